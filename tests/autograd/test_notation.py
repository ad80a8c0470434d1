"""How numbers, names and formulas are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    Value,
    affine,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    dot,
    exp,
    expm1,
    log1p,
    logsumexp,
    maximum,
    sigmoid,
    softmax,
    softmax_cross_entropy_with_logits,
    sqrt,
    total,
)
from autograd.notation import expression, formula, is_rounded, name_values, number
from autograd.primitives import TABLE

a, b, c, w, x, y, z = (Value(i + 1.5, name) for i, name in enumerate("abcwxyz"))
loss = Value(2, "loss")


@pytest.mark.parametrize(
    ("value", "written", "rounded"),
    [
        (33.0, "33", False),
        (-0.0, "0", False),
        (-4.0, "−4", False),
        (0.25, "0.25", False),
        (0.1, "0.1", False),
        (0.1 + 0.2, "0.3", True),
        (1 / 3, "0.3333", True),
        (-0.19661193324148185, "−0.1966", True),
        (12345.678, "12346", True),
        (1234567.0, "1234567", False),
        (1e10, "1×10¹⁰", False),
        (1.5e-7, "1.5×10⁻⁷", False),
        (-1.23456e-7, "−1.235×10⁻⁷", True),
        (math.inf, "∞", False),
        (-math.inf, "−∞", False),
        (math.nan, "nan", False),
    ],
)
def test_numbers(value, written, rounded):
    assert number(value) == written
    assert is_rounded(value) == rounded


@settings(max_examples=500, derandomize=True)
@given(st.floats(-1e300, 1e300))
def test_four_digits_are_right(value):
    written = number(value).replace("−", "-").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    # Half a unit of the fourth digit: at most 0.5 in 1,000.
    assert float(written.replace("×10", "e")) == pytest.approx(value, rel=5.001e-4, abs=5e-324)


@pytest.mark.parametrize(
    ("node", "written"),
    [
        (3 * (a + b * c), "3(a + bc)"),
        ((x + y) * z, "(x + y)z"),
        (z * (x + y), "z·(x + y)"),
        (a - (b - c), "a − (b − c)"),
        (a - (b + c), "a − (b + c)"),
        (a - b / c, "a − b / c"),
        (a / (b * c), "a / (bc)"),
        (a / b * c, "(a / b)c"),
        (a * b / c, "ab / c"),
        (a / b / c, "(a / b) / c"),
        (-(a + b), "−(a + b)"),
        (-a * b, "−ab"),
        (a + -b, "a + (−b)"),
        (a * -3, "a·(−3)"),
        (a * 2.5 * 4, "a·2.5·4"),
        (a * a, "a·a"),
        (loss * a, "loss·a"),
        (2 * loss, "2·loss"),
        (a**2, "a²"),
        (a**-1, "a⁻¹"),
        ((-a) ** 2, "(−a)²"),
        ((a * b) ** 2, "(ab)²"),
        ((a + b) ** 0.5, "(a + b)^(0.5)"),
        (a**b, "a^b"),
        (2**a, "2^a"),
        (a ** (b + c), "a^(b + c)"),
        (1 / (1 + exp(-(w * x + b))), "1 / (1 + exp(−(wx + b)))"),
        (sqrt(a + b), "√(a + b)"),
        (abs(a - b), "|a − b|"),
        (maximum(a - b, 3), "max(a − b, 3)"),
        (log1p(a + b), "log(1 + a + b)"),
        (expm1(a) * b, "(exp(a) − 1)b"),
        (0.5 * (a - y) ** 2, "0.5(a − y)²"),
        (total([a, b]), "a + b"),
        (total([a]), "a"),
        (total([a, b, c, x, y]), "a + b + … + y"),
        (dot([a, b], [x, y]), "ax + by"),
        (affine([a], [x], b), "ax + b"),
        (affine([a, b, c, w], [x, y, z, a], loss), "ax + by + … + loss"),
        (logsumexp([a, b]), "log(exp(a) + exp(b))"),
        (softmax([a, b])[0], "exp(a) / (exp(a) + exp(b))"),
        (binary_cross_entropy(y, sigmoid(z)), "−y log σ(z) − (1 − y) log(1 − σ(z))"),
        (binary_cross_entropy_with_logits(y, z), "softplus(z) − yz"),
        (softmax_cross_entropy_with_logits([1, 0], [x, y]), "logsumexp(z) − (1x + 0y)"),
    ],
)
def test_expressions(node, written):
    names = {v: v.label for v in (a, b, c, w, x, y, z, loss)}
    assert expression(node, names) == written


def test_a_formula_names_its_inputs():
    u = b * c
    assert formula(a + u, {a: "a", u: "u"}) == "a + u"


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_every_row_can_be_written_in_text_and_in_latex(row):
    from matplotlib.mathtext import MathTextParser

    for sample in row.samples[:1]:
        inputs = [Value(number, f"x_{i}") for i, number in enumerate(sample, start=1)]
        node = Value.record(row, inputs)
        text = formula(node, {v: v.label for v in inputs})
        assert "{" not in text
        latex = row.latex if isinstance(row.latex, str) else row.latex(len(inputs))
        for i in range(len(inputs), 0, -1):
            assert f"#{i}" in latex
            latex = latex.replace(f"#{i}", f"x_{{{i}}}")
        assert "#" not in latex
        MathTextParser("path").parse(f"${latex}$")


def test_names():
    u, v = a * b, Value(1)
    J = u + v
    constants = [node for node in J.inputs if node.inputs == () and node is not v]
    assert constants == []
    assert name_values([a, b, u, v, J]) == {a: "a", b: "b", u: "u", v: "v", J: "J"}
    assert name_values([a, b, u, v, J], {v: "u", J: "K"}) == {
        a: "a",
        b: "b",
        u: "v",
        v: "u",
        J: "K",
    }
    taken = Value(1, "J")
    assert name_values([taken, J])[J] == "u"
    many = [Value(i) for i in range(11)]
    assert list(name_values(many).values()) == [*"uvwpqrst", "u1", "u2", "J"]
    assert name_values([]) == {}
