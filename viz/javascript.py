"""The table read as JavaScript: the value and the slopes of operations as program text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from autograd.primitives import TABLE, Primitive, constant
from autograd.symbolic import slope_formulas
from autograd.value import Value


def operation(node: Value) -> str:
    """What made a Value, as a JavaScript object: functions of its inputs that are no constants.

    >>> v = Value(2, "v")
    >>> operation(3 * v.sigmoid())
    '{value: (a) => multiply(3.0, a), slopes: (y, a) => [3.0]}'

    Raises:
        ValueError: the row of the operation has no JavaScript.
    """
    op = node.op
    assert op is not None
    if not op.javascript:
        raise ValueError(
            f"the operation {op.name} cannot be computed in a page: its row of the table has no "
            "`javascript`; give it the value as a JavaScript function"
        )
    variables = [i for i, x in enumerate(node.inputs) if x.op is not constant]
    names = {i: _letter(position) for position, i in enumerate(variables)}
    operands = [names.get(i, x.data) for i, x in enumerate(node.inputs)]
    slopes = slope_formulas(op, operands)
    arguments = ", ".join(names.values())
    value = _call(op, [x if isinstance(x, str) else _number(x) for x in operands])
    listed = ", ".join(_text(slopes[i]) for i in variables)
    return f"{{value: ({arguments}) => {value}, slopes: (y, {arguments}) => [{listed}]}}"


def _text(formula: Value) -> str:
    if not formula.inputs:
        return _number(formula.data) if formula.op is constant else formula.label
    assert formula.op is not None
    return _call(formula.op, [_text(x) for x in formula.inputs])


def _call(op: Primitive, arguments: Sequence[str]) -> str:
    return f"{op.name}({', '.join(arguments)})"


def _number(x: float) -> str:
    return json.dumps(x)  # writes NaN and Infinity as JavaScript does


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
