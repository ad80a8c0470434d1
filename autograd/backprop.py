"""Backpropagation: the chain rule, once per operation, in reverse topological order."""

from __future__ import annotations

import math

from autograd.primitives import constant
from autograd.value import Given, Value, compute, describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    # A layer returns a list, so a list of one Value stands for that Value.
    Output = Value | Sequence[Value]


def topological_order(*outputs: Value) -> list[Value]:
    """Every Value that the outputs depend on, each once, inputs before what is made of them.

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

    >>> a, b = Value(2), Value(3)
    >>> J = a * a * b
    >>> backward(J)
    >>> a.grad, b.grad
    (12.0, 4.0)

    In leaves the derivative is *added* to what ``grad`` held, so that the gradients of
    several outputs or examples sum up; set it to 0 in between. All other grads start anew.

    Raises:
        ValueError: a slope is needed where the operation has none; no leaf is changed then.
    """
    leaves: list[Value] = []
    held: list[float] = []
    try:
        _sweep(single(output), leaves, held)
    except BaseException:
        # Ctrl-C may fall between two lines of the sweep, so that held is one longer than leaves.
        for leaf, grad in zip(leaves, held, strict=False):
            leaf.grad = grad
        raise


def _sweep(output: Value, leaves: list[Value], held: list[float]) -> None:
    """What ``backward`` does; it lists the leaves that it meets, and what their grads held."""
    # Each sweep has a zero of its own: a node whose grad is that very object has been met.
    zero = float("0")
    order: list[Value] = []
    stack: list[Any] = [output]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node.grad is not zero:
            if node.inputs:
                node.grad = zero
                stack += (node, None)
                # Of many inputs most have been met already: no turn for those.
                few = len(node.inputs) <= 2
                stack += node.inputs if few else [x for x in node.inputs if x.grad is not zero]
            else:
                held.append(node.grad)
                leaves.append(node)
                node.grad = zero
    output.grad = 1.0
    for node in reversed(order):
        upstream = node.grad
        inputs = node.inputs
        if len(inputs) == 2:  # the loop below, written out for the commonest cases
            first, second = inputs
            slope, other_slope = node.partials
            first.grad += slope * upstream
            second.grad += other_slope * upstream
        elif len(inputs) == 1:
            inputs[0].grad += node.partials[0] * upstream
        else:
            for x, slope in zip(inputs, node.partials, strict=True):
                x.grad += slope * upstream
    if any(leaf.grad != leaf.grad and leaf.op is None for leaf in leaves):  # nan
        _require_slopes(order, lambda x: x.op is not constant and x.__class__ is not Given)
    for leaf, grad in zip(leaves, held, strict=True):
        leaf.grad += grad


def forward(output: Output) -> float:
    """Recompute a recorded graph from its leaves, values and slopes; return the output's data.

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
    held = [(node.data, node.partials) for node in order]
    try:
        for node in order:
            node.data, node.partials = compute(node.op, node.inputs)  # type: ignore[arg-type]
    except BaseException:
        for node, (data, partials) in zip(order, held, strict=True):
            node.data, node.partials = data, partials
        raise
    return output.data


def gradients(output: Output, inputs: Iterable[Output]) -> list[Value]:
    """The derivatives of the output by each of the inputs, recorded as Values themselves.

    So they can be drawn, compiled and differentiated again.

    >>> x = Value(2, "x")
    >>> [slope] = gradients(x**3, [x])
    >>> [curvature] = gradients(slope, [x])
    >>> slope.data, curvature.data  # 3x² and 6x
    (12.0, 12.0)

    An input that the output does not depend on has the derivative 0.

    Raises:
        TypeError: an input is no Value, or ``inputs`` is no list of them.
        ValueError: a slope is needed where an operation has none.
    """
    output = single(output)
    asked = several(inputs)
    order = topological_order(output)
    wanted = set(asked)
    for node in order:
        if not wanted.isdisjoint(node.inputs):
            wanted.add(node)  # it lies on a path from the inputs to the output
    _require_slopes(order, wanted.__contains__)
    upstreams: dict[Value, Any] = {output: 1.0}  # numbers stay numbers as long as they can
    for node in reversed(order):
        if node in wanted and node in upstreams and node.op is not None:
            # Constants go in as numbers: nobody asks for a slope along them.
            numbers = [x.data if x.op is constant else x for x in node.inputs]
            slopes = node.op.slopes(node, *numbers)
            for x, slope in zip(node.inputs, slopes, strict=True):
                if x in wanted and slope != 0.0:
                    product = _product(upstreams[node], slope)
                    upstreams[x] = upstreams[x] + product if x in upstreams else product
    derivatives = [upstreams.get(x, 0.0) for x in asked]
    return [d if isinstance(d, Value) else Value.constant(d) for d in derivatives]


def _product(upstream: Any, slope: Any) -> Any:
    if upstream.__class__ is float and upstream == 1.0:
        return slope
    if slope.__class__ is float and slope == 1.0:
        return upstream
    return upstream * slope


def hessian(output: Output, inputs: Iterable[Output]) -> list[list[Value]]:
    """The second derivatives of the output: row i holds those of d output / d inputs[i].

    >>> x, y = Value(2, "x"), Value(3, "y")
    >>> [[entry.data for entry in row] for row in hessian(x * x * y, [x, y])]
    [[6.0, 4.0], [4.0, 0.0]]

    Raises:
        TypeError, ValueError: as :func:`gradients`.
    """
    asked = several(inputs)
    return [gradients(slope, asked) for slope in gradients(output, asked)]


def _require_slopes(order: Sequence[Value], wanted: Callable[[Value], bool]) -> None:
    """Raise if an operation has no slope along one of the wanted Values."""
    for node in order:
        for x, slope in zip(node.inputs, node.partials, strict=True):
            if not math.isnan(slope) or not wanted(x) or node.op is None:
                continue
            if any(math.isnan(each.data) for each in (node, *node.inputs)):
                continue  # nan in, nan out
            raise ValueError(
                f"{describe(node.op, node.inputs)} has a value but no slope along "
                f"{x.label or 'its input'}, so there is no gradient here: move that input. "
                f"{node.op.name}: {node.op.__doc__}"
            )


def single(output: Output) -> Value:
    """The Value itself, or the only one in a list, as layers return them.

    Raises:
        TypeError: it is no Value.
        ValueError: the list does not hold exactly one.
    """
    if isinstance(output, (list, tuple)):
        if len(output) != 1:
            raise ValueError(f"one Value is needed, not a list of {len(output)}: choose one of it")
        output = output[0]
    if not isinstance(output, Value):
        kind = type(output).__name__
        raise TypeError(f"a Value is needed, not {output!r:.60} ({kind})")
    return output


def several(inputs: Iterable[Output]) -> list[Value]:
    """The Values that derivatives are asked for, each also as the only one in a list.

    Raises:
        TypeError: they are no list of Values.
        ValueError: a list in it does not hold exactly one.
    """
    if not hasattr(inputs, "__iter__"):
        kind = type(inputs).__name__
        raise TypeError(f"a list of Values is needed, not {inputs!r:.60} ({kind})")
    return [single(x) for x in inputs]
