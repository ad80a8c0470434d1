"""unfold: the same numbers and gradients, by elementary operations alone."""

from __future__ import annotations

import pytest

from autograd import Value, affine, dot, gradients, sigmoid, total, unfold
from autograd.backprop import topological_order
from autograd.primitives import TABLE

FUSED = [row for row in TABLE.values() if row.terms or row.unfolded]


@pytest.mark.parametrize("row", FUSED, ids=[row.name for row in FUSED])
def test_same_value_and_gradients_without_fused_nodes(row):
    for sample in row.samples:
        inputs = [Value(x) for x in sample]
        node = Value.record(row, inputs)
        copy = unfold(node)
        # Written out, a loss may lose digits, but not at these mild points.
        assert copy.data == pytest.approx(node.data, rel=1e-14)
        expected = [slope.data for slope in gradients(node, inputs)]
        assert [slope.data for slope in gradients(copy, inputs)] == pytest.approx(
            expected, rel=1e-14
        )
        made = {x.op.name for x in topological_order(copy) if x.inputs}
        assert not made & {"affine", "dot", "total"}
        assert not any("cross_entropy" in name for name in made)


def test_labels_gradients_and_leaves_are_kept():
    w, x, b = Value(2, "w"), Value(3, "x"), Value(-5, "b")
    z = affine([w], [x], b)
    a = sigmoid(z)
    z.label, a.label = "z", "a"
    a.backward()
    copy = unfold(a)
    assert (copy.label, copy.grad, copy.op) == ("a", 1.0, a.op)
    [z_copy] = copy.inputs
    assert (z_copy.label, z_copy.grad, z_copy.data) == ("z", z.grad, 1.0)
    product, bias = z_copy.inputs
    assert product.inputs == (w, x)
    assert bias is b
    assert a.inputs == (z,)


def test_sums_of_one_or_none():
    x = Value(3, "x")
    assert unfold(total([x])) is x
    assert unfold(total([x]) * 2).data == 6.0
    assert unfold([dot([x], [x])]).data == 9.0


def test_what_is_shared_stays_shared():
    x = Value(3, "x")
    s = total([x, x])
    copy = unfold(s * s)
    assert copy.inputs[0] is copy.inputs[1]
