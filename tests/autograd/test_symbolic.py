"""Formulas of local derivatives: the same numbers as the rows, and no parenthesis missing."""

from __future__ import annotations

import ast
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.backprop import forward, topological_order
from autograd.notation import number
from autograd.primitives import TABLE, Primitive, constant
from autograd.symbolic import fill, slope_formulas, written

ROWS = [
    pytest.param(op, sample, id=f"{op.name}{sample}")
    for op in TABLE.values()
    for sample in op.samples
]


@pytest.mark.parametrize(("op", "sample"), ROWS)
def test_with_numbers_put_in_a_formula_is_the_slope(op: Primitive, sample: tuple[float, ...]):
    y = op.value(*sample)
    inputs: list[str | float] = [f"x{i}" for i in range(len(sample))]
    if op.name == "power_constant":
        inputs[1] = sample[1]
    numbers = {"y": y} | {f"x{i}": x for i, x in enumerate(sample)}
    computed = slope_formulas(op, inputs, textbook=False)
    for formula, slope in zip(computed, op.slopes(y, *sample), strict=True):
        for node in topological_order(formula):
            if not node.inputs and node.op is not constant:
                node.data = numbers[node.label]
        forward(formula)
        assert formula.data == slope
    for formula, same in zip(slope_formulas(op, inputs), computed, strict=True):
        for node in topological_order(formula):
            if not node.inputs and node.op is not constant:
                node.data = numbers[node.label]
        assert forward(formula) == pytest.approx(same.data, rel=1e-14, abs=1e-15)


def test_formulas_are_those_of_a_slide():
    slopes = {
        op: [written(slope) for slope in slope_formulas(TABLE[op], inputs, "y")]
        for op, inputs in {
            "add": ["a", "b"],
            "multiply": ["a", "b"],
            "divide": ["a", "b"],
            "power_constant": ["x", 3.0],
            "exp": ["x"],
            "log": ["x"],
            "tanh": ["z"],
            "relu": ["z"],
            "binary_cross_entropy_with_logits": ["y", "z"],
        }.items()
    }
    assert slopes == {
        "add": ["1", "1"],
        "multiply": ["b", "a"],
        "divide": ["1 / b", "−y / b"],
        "power_constant": ["3x²", "0"],
        "exp": ["y"],
        "log": ["1 / x"],
        "tanh": ["1 − y·y"],
        "relu": ["(z > 0)"],
        "binary_cross_entropy_with_logits": ["−z", "σ(z) − y"],
    }


def test_a_constant_stands_in_the_formula_with_its_number():
    assert written(slope_formulas(TABLE["divide"], ["a", 3.0])[0]) == "1 / 3"


def test_where_a_slope_does_not_exist_its_formula_does():
    """At 0 sqrt has no slope, and reading the row on the number 0 would raise."""
    assert written(slope_formulas(TABLE["sqrt"], ["x"], "y")[0]) == "0.5 / y"


def latex(formula: Value) -> str:
    return fill(
        formula, lambda op: op.latex, lambda x: number(x.data) if x.op is constant else x.label
    )


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda a, b: (a + b) * a, r"\left(a + b\right) \cdot a"),
        (lambda a, b: a - (b - a), "a - (b - a)"),
        (lambda a, b: (a - b) - a, "a - b - a"),
        (lambda a, b: -a * b, r"-a \cdot b"),
        (lambda a, b: a * -b, r"a \cdot \left(-b\right)"),
        (lambda a, b: (a * b) / (a + b), r"\frac{a \cdot b}{a + b}"),
        (lambda a, b: (a / b) * a, r"\frac{a}{b} \cdot a"),
        (lambda a, b: (a / b) ** 2, r"\left(\frac{a}{b}\right)^{2}"),
        (lambda a, b: (a**2) ** 3, "(a^{2})^{3}"),
        (lambda a, b: a.exp() ** 2, "(e^{a})^{2}"),
        (lambda a, b: (a + b).sigmoid(), r"\sigma\left(a + b\right)"),
        (lambda a, b: a ** (b - 1), "a^{b - 1}"),
    ],
)
def test_parentheses_in_latex(build, expected):
    assert latex(build(Value(2, "a"), Value(3, "b"))) == expected


def test_a_name_that_has_a_superscript_is_put_in_parentheses_under_another_one():
    assert latex(Value(2, "W^{(1)}") ** 2) == "(W^{(1)})^{2}"


PYTHON = {
    "add": "#1 + #2",
    "subtract": "#1 - #2",
    "multiply": "#1 * #2",
    "divide": "#1 / #2",
    "negative": "-#1",
    "maximum": "max(#1, #2)",
    "total": lambda n: " + ".join(f"#{i}" for i in range(1, n + 1)),
}


def program(formula: Value) -> str:
    return fill(
        formula,
        lambda op: PYTHON[op.name],
        lambda x: repr(x.data) if x.op is constant else x.label,
    )


@st.composite
def formulas(draw, depth=4):
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return Value(draw(st.sampled_from([-3.0, -0.5, 0.25, 2.0, 7.0])))
    op = TABLE[draw(st.sampled_from(sorted(PYTHON)))]
    n = {"negative": 1, "total": 3}.get(op.name, 2)
    inputs = [draw(formulas(depth=depth - 1)) for _ in range(n)]
    if op.name == "divide" and inputs[1].data == 0.0:
        inputs[1] = Value(2.0)
    return Value.record(op, inputs)


@settings(derandomize=True, deadline=None)
@given(formulas())
def test_a_program_text_computes_what_was_recorded(formula):
    names = {}
    for i, node in enumerate(topological_order(formula)):
        if not node.inputs:
            node.label = f"x{i}"
            names[node.label] = node.data
    text = program(formula)
    assert math.isclose(eval(text, {}, names | {"max": max}), formula.data, rel_tol=1e-12)
    assert ast.unparse(ast.parse(text, mode="eval"))


def test_no_parenthesis_is_written_without_need():
    a, b = Value(2, "a"), Value(3, "b")
    assert program((a + b + a * b) / (a * b)) == "(a + b + a * b) / (a * b)"
