"""Backpropagation: the chain rule, once per operation, in reverse topological order."""

from __future__ import annotations

import math

from autograd.compiled import core
from autograd.primitives import LEVEL, constant, power, where
from autograd.value import Given, Value, describe, recompute

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

    (−2)⁻³ has a slope along its base, yet none along its exponent, near which a power of −2 is
    no real number: then the exponent's grad is nan, as is that of what it was made from.

    In leaves the derivative is *added* to what ``grad`` held, so that the gradients of
    several outputs or examples sum up; set it to 0 in between. All other grads start anew.

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
    # Each sweep has a zero of its own: a node whose grad is that very object has been met.
    zero = float("0")
    order: list[Value] = []
    stack: list[Any] = [output]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node._grad is not zero:
            if node.inputs:
                node._grad = zero
                stack += (node, None)
                # Of many inputs most have been met already: no turn for those.
                few = len(node.inputs) <= 2
                stack += node.inputs if few else [x for x in node.inputs if x._grad is not zero]
            else:
                held.append(node._grad)
                leaves.append(node)
                node._grad = zero
    output._grad = 1.0
    for node in reversed(order):
        upstream = node._grad
        if upstream is zero:
            continue  # only branches that were not taken, and the like, lead here
        inputs = node.inputs
        if len(inputs) == 2:  # the loop below, written out for the commonest cases
            first, second = inputs
            slope, other_slope = node.partials
            first._grad += slope * upstream
            second._grad += other_slope * upstream
        elif len(inputs) == 1:
            slope = node.partials[0]
            if slope or node.op not in LEVEL:
                inputs[0]._grad += slope * upstream
        else:
            pairs: Iterable[tuple[Value, float]] = zip(inputs, node.partials, strict=True)
            if node.op is where:  # the one row of several inputs that is in LEVEL
                pairs = [(x, slope) for x, slope in pairs if slope]
            for x, slope in pairs:
                x._grad += slope * upstream
    if any(leaf._grad != leaf._grad and leaf.op is None for leaf in leaves):  # nan
        _refuse_nan([node for node in order if node._grad is not zero])
    for leaf, grad in zip(leaves, held, strict=True):
        leaf._grad += grad


def _refuse_nan(met: Sequence[Value]) -> None:
    """Raise if a gradient is nan for want of a slope at one of the operations that were met."""
    require_slopes(
        met, lambda x: x.op is not constant and x.__class__ is not Given, exponents=False
    )


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
    held = [(node._data, node.partials) for node in order]
    try:
        for node in order:
            recompute(node)
    except BaseException:
        for node, (data, partials) in zip(order, held, strict=True):
            node._data, node.partials = data, partials
        raise
    return output.data


def is_fresh(node: Value) -> bool:
    """Whether the data of a Value is what its inputs give; nan where they give none."""
    assert node.op is not None
    try:
        y = node.op.value(*[x._data for x in node.inputs])
    except (ArithmeticError, ValueError):
        y = math.nan
    return y == node.data or (y != y and node.data != node.data)


def require_slopes(
    order: Sequence[Value], wanted: Callable[[Value], bool], *, exponents: bool = True
) -> None:
    """Raise if an operation has no slope along one of the wanted Values."""
    for node in order:
        by_base = node.op is power and wanted(node.inputs[0]) and not math.isnan(node.partials[0])
        if by_base and not exponents:
            continue
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
