"""The NumPy readings of the rows against their values, over the whole range of floats."""

import itertools
import math
import random

import numpy as np
import pytest

from autograd import softmax
from autograd.primitives import TABLE, in_numpy

TINY = 5e-324
NUMBERS = [
    *(0.0, TINY, 1e-310, 2.3e-308, 1e-200, 1e-17, 1e-9, 0.01, 0.3, 0.5, 1.0, 1.0 + 2**-52, 1.5),
    *(2.0, 3.0, 10.0, 30.0, 36.8, 40.0, 700.0, 720.0, 745.2, 800.0, 1000.0, 1e9, 1e17, 1e200),
    *(1e308, 1.7976931348623157e308, math.inf),
]
NUMBERS = [*NUMBERS, *[-x for x in NUMBERS], math.nan]
FEW = [0.0, TINY, 1e-17, 0.3, 1.0, 2.5, 40.0, 720.0, 1000.0, 1e200, math.inf]
FEW = [*FEW, *[-x for x in FEW], math.nan]

SCOPE = {"np": np} | {name: getattr(in_numpy, name) for name in in_numpy.NUMPY_HELPERS}

# Rows whose first input is a target in [0, 1].
OF_TARGETS = {"binary_cross_entropy", "binary_cross_entropy_with_logits", "sigmoid_error"}
# σ(z) − y may lose 12 bits before its row computes it in another way.
LESS_ACCURATE = {"sigmoid_error": 2.0 ** (12 - 52)}
ROWS = {name: row for name, row in TABLE.items() if row.numpy}


def points(row):
    """What a row is applied to: every number, or every pair, or random lists, with ties."""
    draw = random.Random(0)
    if row.n_inputs == 1:
        return [(x,) for x in NUMBERS]
    if row.name in OF_TARGETS:
        return list(itertools.product((0.0, TINY, 1e-17, 0.3, 0.5, 1.0), NUMBERS))
    if row.n_inputs:
        return list(itertools.product(NUMBERS if row.n_inputs == 2 else FEW, repeat=row.n_inputs))
    found = []
    for n in (1, 2, 3):
        for _ in range(1500):
            logits = [draw.choice(FEW) for _ in range(n)]
            logits = draw.choice([logits, [logits[0]] * n, [draw.uniform(-50, 50) for _ in logits]])
            targets = draw.choice([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.3, 0.3, 0.4]])[:n]
            if not all(map(math.isfinite, logits)):  # a share of an infinite cost is only huge
                targets = [*[0.0] * (n - 1), 1.0]
            inputs = {"logsumexp": logits, "softmax_unit": [draw.choice(logits), *logits]}
            found.append(tuple(inputs.get(row.name, [*targets, *logits])))
    return found


def by_numpy(row, inputs):
    """The NumPy reading of one point, in an array of shape (1,)."""
    numbers = row.arguments(*inputs)
    arguments = [np.array(x)[..., None] for x in numbers]
    text = row.numpy.format(*[f"arguments[{i}]" for i in range(len(arguments))])
    with np.errstate(all="ignore"):
        [found] = eval(text, {**SCOPE, "arguments": arguments})
    return float(found)


def by_python(row, inputs):
    try:
        return row.value(*inputs)
    except (ArithmeticError, ValueError):
        return None


@pytest.mark.parametrize("name", ROWS)
def test_a_row_means_the_same_in_numpy(name):
    row = ROWS[name]
    for inputs in points(row):
        found, expected = by_numpy(row, inputs), by_python(row, inputs)
        if expected is None or (row.symbol in ("aᵇ", "xⁿ") and inputs == (-math.inf, 0.5)):
            # Of the square root of −∞ C thinks otherwise.
            assert not math.isfinite(found), (inputs, found)
        elif math.isnan(expected):
            assert math.isnan(found), (inputs, found)
        else:
            # NumPy's elementary functions are their own, and differ in the last digits.
            digits = LESS_ACCURATE.get(name, 2e-14)
            close = math.isclose(found, expected, rel_tol=digits, abs_tol=4 * TINY)
            assert close, (inputs, found, expected)


@pytest.mark.parametrize("logits", [[0.0, 0.0], [1000.0, 990.0, -1e5], [-1e300, 1e300], [3.0]])
def test_softmax_is_that_of_the_scalars(logits):
    found = in_numpy.softmax(np.array(logits)[:, None])[:, 0]
    np.testing.assert_allclose(found, softmax(logits), rtol=1e-15, atol=0)
    assert in_numpy.softmax(np.array([logits]), axis=1).shape == (1, len(logits))
