"""sweep: the numbers of trace, without its words."""

from __future__ import annotations

import math

import pytest

from autograd import Value, trace
from autograd.primitives import TABLE
from autograd.tracing import BackwardStep
from viz.graphs.sweep import sweep_of


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize("factor", [1.0, -2.5, math.inf, math.nan])
@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_the_chain_rule_of_every_row_is_that_of_trace(row, factor):
    for sample in row.samples:
        leaves = [Value(x) for x in sample]
        output = (Value.record(row, leaves) + leaves[0]) * factor
        told, swept = trace(output), sweep_of(output, {})
        steps = [step for step in told if isinstance(step, BackwardStep)]
        assert [(use.node, use.input) for use in swept.uses] == [(s.node, s.input) for s in steps]
        for use, step in zip(swept.uses, steps, strict=True):
            for name in ("upstream", "local", "product", "total"):
                assert same(getattr(use, name), getattr(step, name)), (row.name, name)
        assert all(same(swept.gradients[x], told.gradients[x]) for x in swept.names)


def test_paths_are_the_uses_that_lead_to_a_value():
    x = Value(3, "x")
    u = 2 * x
    output = u * x
    swept = sweep_of(output, {})
    assert [swept.uses[k].node for k in swept.paths[x]] == [output, u]
    assert swept.paths[output] == []


def test_a_sweep_keeps_the_numbers_of_its_time():
    x = Value(3, "x")
    output = 2 * x
    output.backward()
    swept = sweep_of(output, {})
    x.data, x.grad = 5.0, 7.0
    assert swept.values[x] == 3.0
    assert swept.stored == {}
    assert sweep_of(output, {}).stored == {x: 7.0}
    assert sweep_of(output, {}).stale is output
    assert swept.stale is None
