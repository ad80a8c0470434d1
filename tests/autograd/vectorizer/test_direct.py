"""What runs is what is printed, by shorter ways."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.primitives import NUMPY_HELPERS
from autograd.vectorizer.direct import direct
from autograd.vectorizer.source import helpers

NUMBERS = np.array([[-1000.0, -2.0, -0.5], [-0.0, 0.0, 0.5], [1.0, 3.0, 1000.0]])
TWO = ("binary_cross_entropy_with_logits", "softmax_cross_entropy_with_logits", "softmax_unit")
TWO += ("sigmoid_error",)
THREE = ("softmax_error",)
POSITIVE = ("binary_cross_entropy", "power_or_nan", "xlogy", "xdivy")


def function(source, **scope):
    scope["np"] = np
    exec("\n".join([*helpers(source), source]), scope)
    return scope["f"]


@pytest.mark.parametrize("name", NUMPY_HELPERS)
def test_helpers_compute_the_same_bits(name):
    second = ", A, A" if name in THREE else ", A" if name in TWO + POSITIVE else ""
    source = (
        f"def f(Z, A):\n    B = {name}(Z{second})\n    return np.sum(B, axis=0), np.mean(1 - B)"
    )
    shorter = direct(source)
    if name != "binary_cross_entropy":  # it has a function in it
        assert f"{name}(" not in shorter
    other = np.abs(np.sin(NUMBERS))
    for z, a in [(NUMBERS, other), (other, NUMBERS[::-1])]:
        with np.errstate(all="ignore"):
            found, expected = function(shorter)(z, a), function(source)(z, a)
        for each, printed in zip(found, expected, strict=True):
            np.testing.assert_array_equal(each, printed)


def test_alike_is_computed_once_and_names_stay_apart():
    source = (
        "def f(Z, top):\n    return softmax(Z) + softmax(top) + logsumexp(Z), softmax(Z, axis=1)"
    )
    shorter = direct(source)
    assert shorter.count("np.exp(") == 3  # of Z by columns, of top, of Z by rows
    for found, expected in zip(
        function(shorter)(NUMBERS, -NUMBERS), function(source)(NUMBERS, -NUMBERS), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["softmax", "logsumexp", "softmax_cross_entropy_with_logits"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_infinite_logits_and_ties_take_the_longer_way_to_the_same_bits(name, axis):
    first = "A, " * name.endswith("logits")
    source = f"def f(Z, A):\n    return {name}({first}Z, axis={axis})"
    shorter = direct(source)
    assert shorter.count(" if usual ") == shorter.count(" else ") >= 2
    run, printed = function(shorter), function(source)
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
    source = "def f(A, B):\n    return softplus(A - 2 * B)"
    assert direct(source).splitlines()[1] == "    z = A - 2.0 * B"


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
    assert direct(f"def f(A, m):\n    return {formula}").endswith(f"return {shorter}")
