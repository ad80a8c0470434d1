"""An operation at the numbers that its inputs hold, or an error that says where it has no value.

What is said here of nodes is all that the chain rule needs: their data, operation, inputs and
partials. A node is a Value, which this module does not have to know.
"""

from __future__ import annotations

import math

from autograd.compiled import core
from autograd.primitives import power

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeAlias

    from autograd.primitives import Primitive
    from autograd.value import Value

    # A layer returns a list, so a list of one Value stands for that Value.
    Output: TypeAlias = "Value | Sequence[Value]"


def compute(op: Primitive, inputs: Sequence[Value]) -> tuple[float, tuple[float, ...]]:
    """The value and the slopes of an operation at the data of its inputs.

    Where the value exists but a slope does not, the slopes are nan.
    """
    numbers = [x._data for x in inputs]
    try:
        data = op.value(*numbers)
    except (ArithmeticError, ValueError) as error:
        call = describe(op, inputs)
        # Python's own words come last in args: some errors put a number before them.
        reason = ("no value", *error.args)[-1]
        failure: Any = type(error)(f"{call}: {reason}. {op.name}: {op.__doc__}")
        failure.op, failure.inputs = op, tuple(inputs)  # so that it can be drawn
        try:
            raise failure from None
        finally:
            del failure  # the error has this frame in its traceback, and would keep itself alive
    try:
        return data, op.slopes_of_floats(data, *numbers)
    except (ArithmeticError, ValueError):
        return data, (math.nan,) * len(numbers)


def recompute(node: Value) -> None:
    """Compute what an operation gives at the numbers that its inputs hold now."""
    assert node.op is not None
    node._data, node.partials = compute(node.op, node.inputs)


def describe(op: Primitive, inputs: Sequence[Value]) -> str:
    """The operation and its operands for a message, as in ``log(z = 0.0)``."""
    operands = [f"{x.label} = {x.data!r}" if x.label else repr(x.data) for x in inputs]
    if len(operands) > 6:
        operands[3:-2] = ["…"]
    return f"{op.name}({', '.join(operands)})"


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
    if not hasattr(output, "partials"):
        kind = type(output).__name__
        raise TypeError(f"a Value is needed, not {output!r:.60} ({kind})")
    return output  # type: ignore[return-value]


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


if core is not None:
    recompute = core.recompute
