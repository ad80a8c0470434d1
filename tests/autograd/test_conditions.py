"""where and stop_gradient: what is not taken gives nothing, whatever stands there."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from vectorized import lines

from autograd import (
    Value,
    exp,
    gradients,
    hessian,
    log,
    sqrt,
    step,
    stop_gradient,
    tanh,
    trace,
    vectorize,
    where,
)
from autograd.primitives import LEVEL, TABLE, is_positive


def recipe(x):
    """√x from 0 on, x below: the replacement of np.where in the documentation of Value."""
    return where(step(x), sqrt(where(step(x), x, 1.0)), x)


@pytest.mark.parametrize(("x", "y", "slope"), [(4.0, 2.0, 0.25), (-4.0, -4.0, 1.0)])
def test_a_branch_that_would_raise_is_guarded_inside(x, y, slope):
    v = Value(x)
    J = recipe(v)
    J.backward()
    assert (J.data, v.grad) == (y, slope)
    assert [d.data for d in gradients(J, [v])] == [slope]
    assert hessian(J, [v])[0][0].data == (-1 / 32 if x > 0 else 0)  # −¼x^(−3/2)
    assert trace(J).gradients[v] == slope


def test_at_its_edge_the_branch_that_is_taken_has_no_slope():
    x = Value(0.0, "x")
    J = recipe(x)
    assert J.data == 0.0
    with pytest.raises(ValueError, match=r"sqrt.* has a value but no slope"):
        J.backward()
    with pytest.raises(ValueError, match=r"sqrt.* has a value but no slope"):
        gradients(J, [x])


@pytest.mark.parametrize("recorded_at", [4.0, -4.0])
def test_one_program_takes_the_branch_of_each_example(recorded_at):
    x, w = Value(recorded_at), Value(3.0)
    program = vectorize(recipe(x) * w, {"x": x}, {"w": w})
    text = "\n".join(lines(program))
    assert "np.sqrt(np.where(" in text
    with np.errstate(all="raise"):
        cost, grads = program(np.array([4.0, 0.0, -4.0]), check=True)
    assert cost == pytest.approx(3 * (2 + 0 - 4) / 3)
    assert grads["w"] == pytest.approx((2 + 0 - 4) / 3)
    by_x = vectorize(recipe(x), {"x": x}, with_respect_to="x")
    with np.errstate(all="raise"):
        values, slopes = by_x(np.array([4.0, -4.0]))
    np.testing.assert_allclose(values, [2.0, -4.0])
    np.testing.assert_allclose(slopes, [0.25, 1.0])


# What a branch that is not taken may hold: no slope, nan, and both further down.
HOPELESS = {
    "no slope": lambda x, w: sqrt(x * 0.0) * w,
    "a value of nan": lambda x, w: w * Value(math.nan) * x,
    "nan further down": lambda x, w: exp(w * Value(math.nan)) + sqrt(x * 0.0),
    "an infinite factor": lambda x, w: w * Value(math.inf) * x,
    "another choice": lambda x, w: where(step(x), sqrt(0.0 * w), w / (x - x + 1e-320)),
    "two powers": lambda x, w: (0 * x) ** 0.5 * (w - w) ** 1.5 + (w - w) ** (x * 0.0),
    "a list": lambda x, w: TABLE["dot"]([w, x], [sqrt(x - x), Value(math.nan)]),
}


def used(branch, x, w, *, first):
    fine = tanh(w * x)
    chosen = where(step(x), fine, branch) if first else where(step(-x), branch, fine)
    return chosen * w + x


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", HOPELESS)
def test_nothing_reaches_a_leaf_from_the_branch_that_is_not_taken(name, first):
    x, w = Value(1.5, "x"), Value(-0.5, "w")
    J = used(HOPELESS[name](x, w), x, w, first=first)
    plain_x, plain_w = Value(1.5), Value(-0.5)
    plain = tanh(plain_w * plain_x) * plain_w + plain_x
    J.backward()
    plain.backward()
    assert (J.data, x.grad, w.grad) == (plain.data, plain_x.grad, plain_w.grad)
    told = trace(J).gradients
    assert (told[x], told[w]) == (x.grad, w.grad)
    found, expected = gradients(J, [x, w]), gradients(plain, [plain_x, plain_w])
    assert [d.data for d in found] == pytest.approx([d.data for d in expected], rel=1e-15)
    found, expected = hessian(J, [x, w]), hessian(plain, [plain_x, plain_w])
    for row, right in zip(found, expected, strict=True):
        assert [d.data for d in row] == pytest.approx([d.data for d in right], rel=1e-14)


@pytest.mark.parametrize("name", HOPELESS)
def test_nor_in_a_program(name):
    x, w = Value(1.5), Value(-0.5)
    J = used(HOPELESS[name](x, w), x, w, first=True)
    leaves = [v for v in J.inputs if v.op is None]
    assert leaves
    others = {v for v in graph_leaves(J) if v not in (x, w)}
    inputs = {"x": x} | {f"c{i}": v for i, v in enumerate(others)}
    program = vectorize(J, inputs, {"w": w})
    data = [np.array([1.5, 0.5])] + [np.full(2, v.data) for v in others]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        cost, grads = program(*data)
    each = []
    for number in (1.5, 0.5):
        x.data, w.grad = number, 0.0
        J.forward()
        J.backward()
        each.append((J.data, w.grad))
    assert cost == pytest.approx(np.mean([c for c, _ in each]))
    assert grads["w"] == pytest.approx(np.mean([g for _, g in each]))


def graph_leaves(J):
    from autograd.backprop import topological_order

    return [v for v in topological_order(J) if v.op is None]


def test_missing_numbers_are_masked_in_a_program():
    """Where a number is missing, as nan, its example gives no gradient instead of nan."""
    known, x, w, b = Value(1.0), Value(2.0), Value(3.0), Value(0.5)
    J = where(known, w * x, b) ** 2
    program = vectorize(J, {"known": known, "x": x}, {"w": w, "b": b})
    cost, grads = program(np.array([1.0, 0.0]), np.array([2.0, math.nan]))
    assert cost == (36 + 0.25) / 2
    assert (grads["w"], grads["b"]) == (2 * 6 * 2 / 2, 2 * 0.5 / 2)


def test_the_choice_is_taken_anew_when_leaves_change():
    x = Value(2.0)
    J = where(step(x - 1), x * x, -x)
    [slope] = gradients(J, [x])
    [curvature] = gradients(slope, [x])
    for number, expected in ((2.0, (4.0, 4.0, 2.0)), (0.5, (-0.5, -1.0, 0.0))):
        x.data = number
        assert (J.forward(), slope.forward(), curvature.forward()) == expected


@pytest.mark.parametrize(
    ("condition", "chosen"), [(1, 0), (-2.5, 0), (0, 1), (-0.0, 1), (5e-324, 0)]
)
@pytest.mark.parametrize("kind", [float, Value, Value.constant])
def test_any_number_but_0_chooses_the_first(condition, chosen, kind):
    branches = [Value(7.0), Value(8.0)]
    y = where(kind(condition), *branches)
    y.backward()
    assert y.data == branches[chosen].data
    assert [b.grad for b in branches] == [1.0 - chosen, 0.0 + chosen]
    assert [d.data for d in gradients(y, branches)] == [1.0 - chosen, 0.0 + chosen]
    numbers = where(float(condition), 7, 8)
    assert numbers == y.data


def test_one_value_may_be_both_branches_and_the_condition():
    x = Value(3.0)
    y = where(x, x, x) * where(2 * x, x * x, x * x)
    y.backward()
    assert (y.data, x.grad) == (27.0, 27.0)
    assert gradients(y, [x])[0].data == 27.0


@pytest.mark.parametrize(("a", "b"), list(product([1.0, 0.0], repeat=2)))
def test_what_several_choices_share_counts_where_one_of_them_takes_it(a, b):
    x, c, d = Value(4.0), Value(a), Value(b)
    shared = sqrt(x)
    J = where(c, shared, 1.0) * 2 + where(d, 3.0, shared * shared)
    [slope] = gradients(J, [x])
    expected = 2 * 0.25 * a + (1.0 - b)
    assert slope.data == expected
    J.backward()
    assert x.grad == expected
    x.data, c.data, d.data = 9.0, 1 - a, 1 - b
    assert slope.forward() == pytest.approx(2 * (1 - a) / 6 + b)


@pytest.mark.parametrize("order", [0, 1])
def test_what_is_also_read_outside_of_a_choice_is_not_guarded(order):
    x, c = Value(4.0), Value(0.0)
    shared = sqrt(x)
    terms = [where(c, shared, 1.0), shared]
    J = terms[order] + terms[1 - order]
    [slope] = gradients(J, [x])
    assert slope.data == 0.25
    c.data = 1.0
    assert slope.forward() == 0.5


# --- stop_gradient ------------------------------------------------------------------------


def test_a_stopped_gradient_is_0_and_the_value_goes_on():
    x = Value(3.0)
    y = x * stop_gradient(x)
    y.backward()
    assert (y.data, x.grad) == (9.0, 3.0)
    assert [d.data for d in gradients(y, [x])] == [3.0]
    assert hessian(y, [x])[0][0].data == 0.0  # the 3 is a stopped x, too
    assert stop_gradient(2) == 2.0
    assert TABLE["stop_gradient"].slopes(3.0, 3.0) == (0.0,)


def test_a_program_computes_what_is_stopped_anew():
    x, w = Value(2.0), Value(3.0)
    y = w * x
    program = vectorize(y * stop_gradient(y), {"x": x}, {"w": w})
    cost, grads = program(np.array([5.0]))
    assert cost == 225.0
    assert grads["w"] == 5.0 * 15.0
    assert "stop_gradient(" in "\n".join(lines(program))
    identity = vectorize(stop_gradient(x) + 0 * x, {"x": x}, with_respect_to="x")
    data = np.array([5.0])
    values, slopes = identity(data)
    values *= 2.0
    slopes += 1.0
    assert data[0] == 5.0


@pytest.mark.parametrize("row", sorted(LEVEL, key=lambda row: row.name), ids=lambda row: row.name)
def test_what_is_level_stops_a_missing_slope(row):
    """A slope of 0 whatever the number: what lies below it need not have one."""
    x, w = Value(0.0), Value(2.0)
    below = sqrt(x)
    y = w * (row(below) if row.n_inputs == 1 else row(below, 1.0, 0.0))
    y.backward()
    assert x.grad == 0.0
    assert [d.data for d in gradients(y, [x, w])] == [0.0, w.grad]


def test_a_slope_of_0_that_only_happens_to_be_0_lets_nan_through():
    x, w = Value(0.0, "x"), Value(0.0, "w")
    with pytest.raises(ValueError, match="no slope along x"):
        (w * sqrt(x)).backward()
    x = Value(2.0)
    (log(x) * Value(math.nan)).backward()
    assert math.isnan(x.grad)


def test_is_positive_is_the_slope_of_relu():
    assert [is_positive(x) for x in (-1.0, 0.0, -0.0, 5e-324)] == [0.0, 0.0, 0.0, 1.0]
    assert math.isnan(is_positive(math.nan))
