"""trace: both sweeps, told step by step."""

from __future__ import annotations

import math

import pytest

from autograd import Value, trace
from autograd.backprop import topological_order
from autograd.tracing import BackwardStep, ForwardStep


def test_the_slide_step_by_step(J):
    assert str(trace(J)).splitlines() == [
        "a = 5",
        "b = 3",
        "c = 2",
        "u = bc = 6",
        "v = a + u = 11",
        "J = 3v = 33",
        "dJ/dv = 3",
        "dJ/da = dJ/dv × dv/da = 3 × 1 = 3",
        "dJ/du = dJ/dv × dv/du = 3 × 1 = 3",
        "dJ/db = dJ/du × du/db = 3 × 2 = 6",
        "dJ/dc = dJ/du × du/dc = 3 × 3 = 9",
    ]


def test_the_products_sum_to_what_backward_gives(graph):
    output = graph()
    steps = trace(output)
    output.backward()
    nodes = topological_order(output)
    for node in nodes:
        products = [s.product for s in steps if isinstance(s, BackwardStep) and s.input is node]
        if products:
            assert sum(products) == pytest.approx(node.grad, rel=1e-15)
            assert steps.gradients[node] == pytest.approx(node.grad, rel=1e-15)
    told = [s for s in steps if isinstance(s, ForwardStep)]
    assert [(s.node, s.value) for s in told] == [
        (node, node.data) for node in nodes if node.op is None or node.inputs
    ]


def test_a_step_holds_upstream_local_product_and_running_sum():
    x = Value(2, "x")
    steps = trace(x * x * 3)
    of_x = [s for s in steps if isinstance(s, BackwardStep) and s.input is x]
    assert [(s.upstream, s.local, s.product, s.total) for s in of_x] == [
        (3, 2, 6, 6),
        (3, 2, 6, 12),
    ]
    assert str(of_x[1]) == "dJ/dx = dJ/du × du/dx = 3 × 2 = 6; with the other paths = 12"


def test_rounded_numbers_have_the_sign_for_it():
    x = Value(1 / 3, "x")
    assert str(trace(0.5 * x)).splitlines() == [
        "x ≈ 0.3333",
        "J = 0.5x ≈ 0.1667",
        "dJ/dx = 0.5",
    ]


def test_nan_is_told_once():
    steps = str(trace(Value(math.nan, "a") * Value(2, "b"))).splitlines()
    assert steps[-1] == "dJ/db = nan"


def test_tracing_changes_nothing(J):
    J.backward()
    before = [(node.data, node.grad, node.partials) for node in topological_order(J)]
    trace([J])
    assert before == [(node.data, node.grad, node.partials) for node in topological_order(J)]


def test_names_given_and_letters():
    x, y = Value(1), Value(2, "y")
    assert str(trace(x * y, {x: "width"})).startswith("width = 1\ny = 2\nJ = width·y = 2\n")


def test_what_is_no_value():
    with pytest.raises(TypeError, match="Value is needed"):
        trace(3)
