"""Idea 1: do not differentiate arrays; record the gradients as scalars, beside the loss.

``gradients`` writes backpropagation down as a graph of Values, like any other computation.
So the vectoriser never needs a rule for the derivative of a matrix product: it reads one
graph with many outputs, the loss and its derivatives, and that the derivative of
``W @ X`` by W is a matrix product again comes out by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from autograd.backprop import derivatives, topological_order
from autograd.value import Value
from autograd.vectorizer.normal_form import NormalForm


def record_gradients(loss: Value, leaves: Sequence[Value]) -> dict[Value, Value]:
    """The derivative of the loss by each leaf and by each Value between them and the loss.

    >>> w, x = Value(2, "w"), Value(3, "x")
    >>> z = w * x
    >>> loss = z * z
    >>> derivatives = record_gradients(loss, [w])
    >>> derivatives[z].data, derivatives[w].data  # 2z and 2zx
    (12.0, 36.0)
    """
    dependent = set(leaves)
    wanted = list(leaves)
    for value in topological_order(loss):
        if value.inputs and not dependent.isdisjoint(value.inputs):
            dependent.add(value)
            wanted.append(value)
    return dict(zip(wanted, derivatives(loss, wanted, textbook=True), strict=True))


def written_once(order: Sequence[Value], normal: NormalForm) -> dict[Value, Value]:
    """A graph in which Values that are the same in normal form are one; each Value's in it.

    The derivative by what was written twice is that by both, and so there is a line for it.

    Args:
        order: the Values of the loss, in topological order.
        normal: their normal form.
    """
    first: dict[int, Value] = {}
    found: dict[Value, Value] = {}
    for value in order:
        node = normal.node_of[value]
        known = first.get(node)
        if known is None:
            inputs = tuple([found[x] for x in value.inputs])
            known = value
            if inputs != value.inputs:
                known = copy(value)
                known.inputs = inputs
            if node not in normal.numbers:  # exponents stay constants
                first[node] = known
        found[value] = known
    return found
