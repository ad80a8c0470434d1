"""read_formula: what can be written, and where the finger points when it cannot."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from viz.formula_reader import FormulaError, read_formula


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3*(a + b*c)", 33.0),
        ("u = b*c; v = a + u; J = 3*v", 33.0),
        ("u = b*c\nJ = 3*(a + u)", 33.0),
        ("  J = a - b / c ** 2  ", 5 - 3 / 4),
        ("-a + +b + c*0", -2.0),
        ("2**c + a + b", 12.0),
        ("sigmoid(a - b - c)", 0.5),
        ("maximum(a, b) + abs(-c)", 7.0),
        ("total([a, b, c])", 10.0),
        ("affine([a, b], [c, 1], -1)", 12.0),
        ("two = 2; J = two*a + b - b + c - c", 10.0),
        ("total(softmax([a, b, c]))", 1.0),
        ("logsumexp([a, b, c])", math.log(math.e**5 + math.e**3 + math.e**2)),
    ],
)
def test_formulas(text, expected):
    J = read_formula(text, {"a": 5, "b": 3, "c": 2})
    assert J.data == pytest.approx(expected, rel=1e-15)


def test_steps_and_numbers_are_labelled():
    J = read_formula("u = b*c; J = a + u", {"a": 5, "b": 3, "c": 2})
    assert [node.label for node in (J, *J.inputs, *J.inputs[1].inputs)] == ["J", "a", "u", "b", "c"]
    alias = read_formula("J = a", {"a": 5})
    assert alias.label == "a"


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("J = 3*(a + b.c)", "not allowed in a formula", 11),
        ("J = 3(a + 1)", r"a product is written with \*", 5),
        ("a^2", r"the operators are \+ - \* / \*\*", 1),
        ("a % 2", "the operators are", 1),
        ("__import__('os')", "there is no function __import__", 0),
        ("foo(a)", "there is no function foo; there are abs, affine", 0),
        ("eval('1')", "there is no function eval", 0),
        ("a.__class__", "not allowed in a formula", 0),
        ("a[0]", "not allowed in a formula", 0),
        ("lambda: a", "not allowed in a formula", 0),
        ("[x for x in a]", "not allowed in a formula", 0),
        ("'text'", "not allowed in a formula", 0),
        ("True*a", "not allowed in a formula", 0),
        ("2j*a", "not allowed in a formula", 0),
        ("a if a else a", "not allowed in a formula", 0),
        ("a < 3", "not allowed in a formula", 0),
        ("~a", "not allowed in a formula", 0),
        ("exp(x=a)", "not allowed in a formula", 0),
        ("exp(*a)", "not allowed in a formula", 4),
        ("J = b*2", "b has no number: give one, as in b=2", 4),
        ("σ = a; σ.x", "not allowed in a formula", 7),
        ("J = a +", "this is not a formula", 7),
        ("a = 2", "a already means something else", 0),
        ("exp = 2", "exp already means something else", 0),
        ("u = a; u = a", "u already means something else", 7),
        ("x = y = a", "one name is needed before the =", 4),
        ("(x, y) = a", "one name is needed before the =", 0),
        ("import os", "a step is a formula or name = formula", 0),
        ("a + 1; a", "a step is a formula or name = formula", 0),
        ("del a", "a step is a formula", 0),
        ("[a] + [a]", "a list can only be an argument of a function", 0),
        ("exp(a, a)", r"exp cannot take \(Value", 0),
        ("dot(a, a)", r"dot cannot take \(Value", 0),
        ("u = 2*a\nJ = u + b", "b has no number", 8),
    ],
)
def test_refusals_point_at_the_character(text, message, position):
    with pytest.raises(FormulaError, match=message) as refused:
        read_formula(text, {"a": 5})
    *_, line, finger = str(refused.value).splitlines()
    assert line[2:] in text.splitlines()
    assert finger == " " * (2 + position) + "^"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the output is not a Value"),
        ("1 + 2", "the output is not a Value"),
        ("[a]", "the output is a list"),
        ("softmax([a, 1])", "the output is a list"),
        ("a" * 3000, "at most 2000 characters"),
        ("(" * 900 + "a" + ")" * 900, "this is not a formula|nested too deeply"),
        ("+" * 950 + "a", "nested too deeply"),
        ("a\0", "this is not a formula|this formula cannot be read"),  # by the version of Python
        ("a\ud800", "this formula cannot be read"),
    ],
)
def test_refusals_of_the_whole(text, message):
    with pytest.raises(FormulaError, match=message):
        read_formula(text, {"a": 5} if "a" in text else {})


def test_numbers_without_a_place_are_told():
    with pytest.raises(FormulaError, match="b, d is given but is not in"):
        read_formula("J = 3*a", {"a": 1, "b": 2, "d": 3})


def test_domain_errors_are_the_engines():
    with pytest.raises(ZeroDivisionError, match=r"divide\(1.0, a = 0.0\)"):
        read_formula("1/a", {"a": 0})
    with pytest.raises(OverflowError):
        read_formula("9**9**9**9*a", {"a": 0})
    with pytest.raises(ValueError, match="a negative number has no real power"):
        read_formula("(-8)**0.5*a", {"a": 0})


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(alphabet="ab()+-*/=;.,[]'\"0123456789 exp\n_^", max_size=40))
def test_any_text_gives_a_value_or_a_clear_error(text):
    with contextlib.suppress(ValueError, ArithmeticError):
        assert isinstance(read_formula(text, {"a": 5, "b": 3}), autograd.Value)
