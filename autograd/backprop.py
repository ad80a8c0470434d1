"""Backpropagation: the chain rule, once per operation, in reverse topological order."""

from __future__ import annotations

from autograd.compiled import core
from autograd.marking import marked_order
from autograd.operations import recompute, require_slopes, single
from autograd.primitives import LEVEL, constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.operations import Output
    from autograd.value import Value


def topological_order(*outputs: Value) -> list[Value]:
    """Every Value that the outputs depend on, each once, inputs before what is made of them.

    >>> from autograd import Value
    >>> a = Value(3)
    >>> [v.data for v in topological_order(a * a + a)]
    [3.0, 9.0, 12.0]
    """
    order: list[Value] = []
    seen: set[Value] = set()
    for output in outputs:
        stack: list[Value | None] = [output]
        while stack:
            node = stack.pop()
            if node is None:  # all inputs of the node below are in the order by now
                order.append(stack.pop())  # type: ignore[arg-type]
            elif node not in seen:
                seen.add(node)
                if node.inputs:
                    stack += (node, None)
                    stack += node.inputs[::-1]
                else:
                    order.append(node)
    return order


def backward(output: Output) -> None:
    """Backpropagation: set ``grad`` to the derivative of the output by each Value.

    >>> from autograd import Value
    >>> a, b = Value(2), Value(3)
    >>> J = a * a * b
    >>> backward(J)
    >>> a.grad, b.grad
    (12.0, 4.0)

    (−2)⁻³ has a slope along its base, yet none along its exponent, near which a power of −2 is
    no real number: then the exponent's grad is nan, as is that of what it was made from.

    In leaves the derivative is *added* to what ``grad`` held, so that the gradients of
    several outputs or examples sum up; set it to 0 in between. Other grads are replaced.

    Raises:
        ValueError: a slope is needed where the operation has none; no leaf is changed then.
    """
    output = single(output)
    if core is not None:  # what follows, compiled
        reached = core.sweep(output)
        if reached is not None:  # a gradient is nan
            _refuse_nan(reached)
            core.sweep(output, True)
        return
    leaves: list[Value] = []
    held: list[float] = []
    try:
        _sweep(output, leaves, held)
    except BaseException:
        # Ctrl-C may fall between two lines of the sweep, so that held is one longer than leaves.
        for leaf, grad in zip(leaves, held, strict=False):
            leaf.grad = grad
        raise


def _sweep(output: Value, leaves: list[Value], held: list[float]) -> None:
    """What ``backward`` does; it lists the leaves that it meets, and what their grads held."""
    zero = float("0")  # this sweep's own: a grad that is this object has received nothing yet
    order = marked_order(output, zero, leaves, held)
    output._grad = 1.0
    for node in reversed(order):
        upstream = node._grad
        if upstream is zero:
            continue  # only branches that were not taken, and the like, lead here
        inputs = node.inputs
        if len(inputs) == 2:  # the loop below, written out: most operations have two inputs
            first, second = inputs
            partial, other_partial = node.partials
            first._grad += partial * upstream
            second._grad += other_partial * upstream
            continue
        for x, partial in zip(inputs, node.partials):  # noqa: B905 (strict takes as long again)
            if partial or node.op not in LEVEL:
                x._grad += partial * upstream
    if any(leaf._grad != leaf._grad and leaf.op is None for leaf in leaves):  # nan
        _refuse_nan([node for node in order if node._grad is not zero])
    for leaf, grad in zip(leaves, held, strict=True):
        leaf._grad += grad


def _refuse_nan(met: Sequence[Value]) -> None:
    """Raise if a gradient is nan for want of a slope at one of the operations that were met."""
    require_slopes(met, lambda x: x.op is not constant and x.needs_gradient, exponents=False)


def forward(output: Output) -> float:
    """Recompute a recorded graph from its leaves, values and slopes; return the output's data.

    >>> from autograd import Value
    >>> a, b = Value(2), Value(3)
    >>> J = a * b
    >>> a.data = 10.0
    >>> forward(J), J.partials
    (30.0, (3.0, 10.0))

    Gradients stay as they are until the next ``backward()``.

    Raises:
        ValueError, ZeroDivisionError, OverflowError: an operation has no value at the new
            numbers; the graph keeps its old ones then.
    """
    output = single(output)
    order = [node for node in topological_order(output) if node.inputs]
    held = [(node._data, node.partials) for node in order]
    try:
        for node in order:
            recompute(node)
    except BaseException:
        for node, (data, partials) in zip(order, held, strict=True):
            node._data, node.partials = data, partials
        raise
    return output.data
