"""The table read as JavaScript: the value and the slopes of operations as program text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from autograd import primitives as rows
from autograd.primitives import TABLE, Primitive
from autograd.value import Value


class Symbol:
    """A JavaScript expression that stands for a number while a row of the table is read.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> [slope.text for slope in rows.sigmoid.slopes(y, x)]
    ['multiply(y, subtract(1.0, y))']
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @staticmethod
    def record(op: Primitive, inputs: Sequence[Any]) -> Symbol:
        """The call of a row: what ``op`` does when it meets a Symbol, as with a Value."""
        return Symbol(f"{op.name}({', '.join(map(text, inputs))})")

    def __add__(self, other: Any) -> Symbol:
        return self.record(rows.add, (self, other))

    def __radd__(self, other: Any) -> Symbol:
        return self.record(rows.add, (other, self))

    def __sub__(self, other: Any) -> Symbol:
        return self.record(rows.subtract, (self, other))

    def __rsub__(self, other: Any) -> Symbol:
        return self.record(rows.subtract, (other, self))

    def __mul__(self, other: Any) -> Symbol:
        return self.record(rows.multiply, (self, other))

    def __rmul__(self, other: Any) -> Symbol:
        return self.record(rows.multiply, (other, self))

    def __truediv__(self, other: Any) -> Symbol:
        return self.record(rows.divide, (self, other))

    def __rtruediv__(self, other: Any) -> Symbol:
        return self.record(rows.divide, (other, self))

    def __pow__(self, other: Any) -> Symbol:
        return self.record(rows.power, (self, other))

    def __neg__(self) -> Symbol:
        return self.record(rows.negative, (self,))


def text(x: Symbol | float) -> str:
    """A Symbol or a number in JavaScript."""
    return x.text if isinstance(x, Symbol) else json.dumps(float(x))


def operation(node: Value) -> str:
    """What made a Value, as a JavaScript object: functions of its inputs that are no constants.

    >>> v = Value(2, "v")
    >>> print(operation(3 * v))
    {value: (a) => multiply(3.0, a), slopes: (y, a) => [3.0]}

    Raises:
        ValueError: the row of the operation says no JavaScript.
    """
    op = node.op
    assert op is not None
    if not op.javascript:
        raise ValueError(
            f"the operation {op.name} cannot be computed in a page: its row of the table has no "
            "`javascript`; give it the value as a JavaScript function"
        )
    variables = [i for i, x in enumerate(node.inputs) if x.op is not rows.constant]
    names = {i: _letter(position) for position, i in enumerate(variables)}
    inputs = [
        Symbol(names[i]) if i in names else node.inputs[i].data for i in range(len(node.inputs))
    ]
    value = Symbol.record(op, inputs).text
    try:
        slopes = op.slopes(Symbol("y"), *inputs)
    except (ArithmeticError, ValueError):  # a slope along a constant does not exist
        slopes = (math.nan,) * len(inputs)
    arguments = ", ".join(names.values())
    listed = ", ".join(text(slopes[i]) for i in variables)
    return f"{{value: ({arguments}) => {value}, slopes: (y, {arguments}) => [{listed}]}}"


def _letter(position: int) -> str:
    return "abcdefgh"[position] if position < 8 else f"x{position}"


def definitions(program: str) -> str:
    """The rows that a program calls, and those that they call, as JavaScript functions."""
    called: dict[str, None] = {}
    waiting = [program]
    while waiting:
        names = re.findall(r"(?<![\w.])(\w+)\(", waiting.pop())
        new = [name for name in names if name in TABLE and name not in called]
        called.update(dict.fromkeys(new))
        waiting += [TABLE[name].javascript for name in new]
    return "\n".join(f"const {name} = {TABLE[name].javascript};" for name in sorted(called))
