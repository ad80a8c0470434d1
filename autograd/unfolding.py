"""unfold: rewrite nodes that compute whole sums in elementary operations."""

from __future__ import annotations

import math

from autograd.backprop import topological_order
from autograd.operations import single
from autograd.primitives import add, multiply, negative, subtract
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autograd.operations import Output
    from autograd.primitives import Primitive

_ELEMENTARY = (add, subtract, negative, multiply)


def unfold(output: Output) -> Value:
    """The same computation on the same leaves, with every sum written out.

    ``affine``, ``dot`` and ``total`` become products and sums; the cross-entropies become
    their formulas. The recorded graph is not changed; its labels and gradients are copied.

    >>> from autograd import affine
    >>> w, x, b = Value(2, "w"), Value(3, "x"), Value(1, "b")
    >>> z = unfold(affine([w], [x], b))
    >>> z.op, z.inputs[0].op
    (<primitive add>, <primitive multiply>)

    Raises:
        TypeError, ValueError: ``output`` is not one Value.
    """
    output = single(output)
    written_out: dict[Value, Value] = {}
    for node in topological_order(output):
        inputs = [written_out[x] for x in node.inputs]
        copy = node if node.op is None or not inputs else _written_out(node.op, inputs)
        if copy.inputs and copy not in inputs:
            copy.label, copy.grad = node.label, node.grad
        written_out[node] = copy
    return written_out[output]


def _written_out(op: Primitive, inputs: list[Value]) -> Value:
    copy: Value
    if op.unfolded is not None:
        copy = op.unfolded(*inputs)
    elif op.terms is None or op in _ELEMENTARY:
        copy = Value.record(op, inputs)
    else:
        copy = sum([math.prod(factors[1:], start=factors[0]) for _, *factors in op.terms(*inputs)])
    return copy
