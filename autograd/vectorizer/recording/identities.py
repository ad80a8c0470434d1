"""Identities: what a learner wrote in two steps, and the table has as one row.

The cross-entropy of a = σ(z) can be computed from z alone, which is shorter, and right where a
is no float any more: at z = −800 and y = 1 it is 800, while log a has no value.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.primitives import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    sigmoid,
)
from autograd.value import Value, recorded


def simplified(order: Sequence[Value]) -> dict[Value, Value]:
    """Each Value of a graph, in topological order, with the one that takes its place.

    >>> y, z = Value(1, "y"), Value(2, "z")
    >>> a = sigmoid(z)
    >>> loss = binary_cross_entropy(y, a)
    >>> simplified([y, z, a, loss])[loss].op
    <primitive binary_cross_entropy_with_logits>
    """
    found: dict[Value, Value] = {}
    for value in order:
        inputs = tuple([found[x] for x in value.inputs])
        if value.op is binary_cross_entropy and inputs[1].op is sigmoid:
            y, a = inputs
            found[value] = recorded(binary_cross_entropy_with_logits, (y, *a.inputs))
        elif inputs != value.inputs:
            assert value.op is not None
            found[value] = recorded(value.op, inputs)
        else:
            found[value] = value
    return found
