"""Idea 1: do not differentiate arrays; record the gradients as scalars, beside the loss.

``gradients`` writes backpropagation down as a graph of Values, like any other computation.
So the vectoriser never needs a rule for the derivative of a matrix product: it reads one
graph with many outputs, the loss and its derivatives. That the derivative of ``W @ X`` with
respect to W is again a matrix product is a result, not a rule.

>>> from autograd.vectorizer.example import Layer
>>> layer = Layer()
>>> [layer.gradients[z].data for z in layer.z]  # dzᵢ = 1 − aᵢ²
[1.0, 1.0]
>>> dw12 = layer.gradients[layer.W[0][1]]  # dw₁₂ = dz₁ x₂, again a product
>>> dw12.op, dw12.inputs[1].label
(<primitive multiply>, 'x2')
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.backprop import topological_order
from autograd.derivatives import derivatives
from autograd.value import Value


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
