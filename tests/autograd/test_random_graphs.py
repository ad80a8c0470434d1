"""Random graphs against an evaluator of another kind: forward mode, on dual numbers."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, gradcheck, gradients, hessian
from autograd.backprop import topological_order


class Dual:
    """A number with its derivative, after the sum, product, quotient and chain rules."""

    def __init__(self, data, slope=0.0):
        self.data = data
        self.slope = slope

    def __add__(self, other):
        return Dual(self.data + other.data, self.slope + other.slope)

    def __sub__(self, other):
        return Dual(self.data - other.data, self.slope - other.slope)

    def __mul__(self, other):
        return Dual(self.data * other.data, self.slope * other.data + self.data * other.slope)

    def __truediv__(self, other):
        return Dual(
            self.data / other.data,
            (self.slope * other.data - self.data * other.slope) / other.data**2,
        )

    def __neg__(self):
        return Dual(-self.data, -self.slope)

    def chain(self, f, df):
        return Dual(f(self.data), df(self.data) * self.slope)


def logistic(x):
    return 1 / (1 + math.exp(-x))


# How to do each operation on Values, and on dual numbers without the table.
OPERATIONS = {
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: a - b, lambda a, b: a - b),
    "*": (lambda a, b: a * b, lambda a, b: a * b),
    "/": (lambda a, b: a / (b * b + 1), lambda a, b: a / (b * b + Dual(1.0))),
    "neg": (lambda a, b: -a, lambda a, b: -a),
    "square": (lambda a, b: a**2, lambda a, b: a * a),
    "sin": (lambda a, b: autograd.sin(a), lambda a, b: a.chain(math.sin, math.cos)),
    "cos": (lambda a, b: a.cos(), lambda a, b: a.chain(math.cos, lambda x: -math.sin(x))),
    "tanh": (
        lambda a, b: a.tanh(),
        lambda a, b: a.chain(math.tanh, lambda x: 1 / math.cosh(x) ** 2),
    ),
    "sigmoid": (
        lambda a, b: a.sigmoid(),
        lambda a, b: a.chain(logistic, lambda x: logistic(x) * logistic(-x)),
    ),
    "arctan": (lambda a, b: a.arctan(), lambda a, b: a.chain(math.atan, lambda x: 1 / (1 + x * x))),
    "softplus": (
        lambda a, b: a.softplus(),
        lambda a, b: a.chain(lambda x: math.log(1 + math.exp(x)), logistic),
    ),
    "dot": (
        lambda a, b: autograd.dot([a, b], [b, b]),
        lambda a, b: a * b + b * b,
    ),
    "logsumexp": (
        lambda a, b: autograd.logsumexp([a, b]),
        lambda a, b: (a.chain(math.exp, math.exp) + b.chain(math.exp, math.exp)).chain(
            math.log, lambda x: 1 / x
        ),
    ),
}

leaves = st.lists(st.integers(-8, 8).map(lambda n: n / 4), min_size=1, max_size=3)
steps = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=12,
)


def run(column, start, program):
    """Every number of the program: the leaves, then one for each step."""
    numbers = list(start)
    for name, i, j in program:
        operate = OPERATIONS[name][column]
        # Chosen from the end: most steps build on the latest ones, and the graph is deep.
        numbers.append(operate(numbers[-1 - i % len(numbers)], numbers[-1 - j % len(numbers)]))
        assume(abs(numbers[-1].data) < 20)
    return numbers


@settings(derandomize=True, deadline=None, max_examples=500)
@given(leaves, steps)
def test_backward_against_forward_mode(point, program):
    values = [Value(x) for x in point]
    output = run(0, values, program)[-1]
    output.backward()
    recorded = gradients(output, values)
    for i, leaf in enumerate(values):
        duals = run(1, [Dual(x, float(i == k)) for k, x in enumerate(point)], program)
        assert output.data == pytest.approx(duals[-1].data, rel=1e-9, abs=1e-9)
        # Rounding errors are as large as the largest derivative on the way allows.
        largest = max(abs(dual.slope) for dual in duals)
        assert leaf.grad == pytest.approx(duals[-1].slope, rel=1e-9, abs=1e-11 * (1 + largest))
        assert recorded[i].data == pytest.approx(leaf.grad, rel=1e-9, abs=1e-11 * (1 + largest))


@settings(derandomize=True, deadline=None, max_examples=150)
@given(leaves, steps)
def test_gradcheck_has_no_false_alarm(point, program):
    assert gradcheck(lambda *values: run(0, values, program)[-1], *point)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(leaves, steps.filter(lambda program: len(program) < 7))
def test_second_derivatives_against_differences(point, program):
    values = [Value(x) for x in point]
    output = run(0, values, program)[-1]
    for slope in gradients(output, values):
        gradcheck([slope], inputs=values)
    entries = hessian(output, values)
    for i, row in enumerate(entries):
        for j, entry in enumerate(row):
            assert entry.data == pytest.approx(entries[j][i].data, rel=1e-9, abs=1e-9)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(leaves, leaves, steps)
def test_forward_is_recording_again(point, other, program):
    point, other = zip(*zip(point, other, strict=False), strict=True)
    values = [Value(x) for x in point]
    output = run(0, values, program)[-1]
    fresh = run(0, [Value(x) for x in other], program)[-1]
    for leaf, x in zip(values, other, strict=True):
        leaf.data = x
    assert output.forward() == fresh.data
    again = [(node.data, node.partials) for node in topological_order(output)]
    assert again == [(node.data, node.partials) for node in topological_order(fresh)]
