"""What runs is what is printed, by shorter ways."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer.formulas.statements import Statement
from autograd.vectorizer.formulas.trees import parsed
from autograd.vectorizer.writing.direct import direct
from autograd.vectorizer.writing.source import compiled

NUMBERS = np.array([[-1000.0, -2.0, -0.5], [-0.0, 0.0, 0.5], [1.0, 3.0, 1000.0]])
TWO = ("binary_cross_entropy_with_logits", "softmax_cross_entropy_with_logits", "softmax_unit")
TWO += ("sigmoid_error",)
THREE = ("softmax_error",)
POSITIVE = ("binary_cross_entropy", "power_or_nan", "xlogy", "xdivy")


def lines_of(**formulas):
    return [(name, parsed(formula)) for name, formula in formulas.items()]


def shortened(lines):
    found = direct([Statement(name, tree, ()) for name, tree in lines], ("Z", "A"))
    return [(line.name, line.tree) for line in found]


def function(lines, *results):
    """The function of Z and A that returns these lines."""
    body = "".join([f"    {name} = {tree}\n" for name, tree in lines])
    source = f"def f(Z, A):\n{body}    return {', '.join(results)}"
    return compiled(source, [tree for _, tree in lines], np, {})


@pytest.mark.parametrize("name", NUMPY_HELPERS)
def test_helpers_compute_the_same_bits(name):
    second = ", A, A" if name in THREE else ", A" if name in TWO + POSITIVE else ""
    lines = lines_of(B=f"{name}(Z{second})", C="np.sum(B, axis=0)", D="np.mean(1 - B)")
    shorter = shortened(lines)
    if name != "binary_cross_entropy":  # it has a function in it
        assert not any(f"{name}(" in str(tree) for _, tree in shorter)
    other = np.abs(np.sin(NUMBERS))
    for z, a in [(NUMBERS, other), (other, NUMBERS[::-1])]:
        with np.errstate(all="ignore"):
            found, expected = [function(each, "C", "D")(z, a) for each in (shorter, lines)]
        for each, printed in zip(found, expected, strict=True):
            np.testing.assert_array_equal(each, printed)


def test_alike_is_computed_once_and_names_stay_apart():
    lines = lines_of(top="A", B="softmax(Z) + softmax(top) + logsumexp(Z)", C="softmax(Z, axis=1)")
    shorter = shortened(lines)
    text = "\n".join([str(tree) for _, tree in shorter])
    assert text.count("np.exp(") == 3  # of Z by columns, of top, of Z by rows
    found, expected = [function(each, "B", "C")(NUMBERS, -NUMBERS) for each in (shorter, lines)]
    for each, printed in zip(found, expected, strict=True):
        np.testing.assert_array_equal(each, printed)


@pytest.mark.parametrize("name", ["softmax", "logsumexp", "softmax_cross_entropy_with_logits"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_infinite_logits_and_ties_take_the_longer_way_to_the_same_bits(name, axis):
    first = "A, " * name.endswith("logits")
    lines = lines_of(B=f"{name}({first}Z, axis={axis})")
    shorter = shortened(lines)
    text = "\n".join([str(tree) for _, tree in shorter])
    assert text.count(" if usual ") == text.count(" else ") >= 2
    run, printed = function(shorter, "B"), function(lines, "B")
    choose = np.random.default_rng(0)
    special = [np.inf, -np.inf, np.nan, 0.0, 2.0, 2.0, 1e308, -1e308]
    for trial in range(200):
        Z = choose.normal(size=(3, 4))
        if trial % 2:
            Z = np.where(choose.random(Z.shape) < 0.4, choose.choice(special, Z.shape), Z)
        else:
            Z = choose.integers(-1, 2, Z.shape).astype(float)  # ties
        A = choose.choice([0.0, 0.0, 0.5, 1.0], Z.shape)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(run(Z, A), printed(Z, A))


def test_an_operand_is_computed_before_the_helper_that_reads_it_twice():
    name, tree = shortened(lines_of(B="softplus(A - 2 * Z)"))[0]
    assert (name, str(tree)) == ("z", "A - 2.0 * Z")


@pytest.mark.parametrize(
    ("formula", "shorter"),
    [
        ("np.sum(A)", "np.add.reduce(A, None, None, None, False)"),
        ("np.max(A, axis=1, keepdims=True)", "np.maximum.reduce(A, 1, None, None, True)"),
        ("np.mean(A)", "np.add.reduce(A, None) / A.size"),
        ("np.mean(A, axis=0)", "np.mean(A, axis=0)"),
        ("-2 * A ** 2", "-2.0 * A ** 2"),  # NumPy has a way of its own for an integer power
        ("(A >= 0) / 3", "(A >= 0.0) / 3.0"),
        ("A[0].reshape(2, -1)", "A[0].reshape(2, -1)"),
        ("np.broadcast_to(A, (4, m))", "np.broadcast_to(A, (4, m))"),
    ],
)
def test_shorter_ways(formula, shorter):
    [(_, tree)] = shortened(lines_of(B=formula))
    assert str(tree) == shorter
