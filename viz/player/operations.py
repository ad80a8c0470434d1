"""The table read as JavaScript: the value and the slopes of operations as program text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from autograd.primitives import BUILT_IN, LEVEL, TABLE, Primitive, constant
from autograd.symbolic import slope_formulas
from autograd.value import Value


def recorded(values: Mapping[Value, float]) -> str:
    """A recorded graph as a JavaScript expression, ready to be swept.

    Its fields are ``nodes``, with 0 for a leaf and ``[operation, ...inputs]`` for any other;
    ``leaves``, the pairs of their positions and numbers; and ``operations``.

    Args:
        values: the Values but constants in topological order, with their numbers.

    Raises:
        ValueError: the row of an operation has no JavaScript, or two rows have one name.
    """
    ids = {node: i for i, node in enumerate(values)}
    operations: dict[str, int] = {}
    own: dict[str, Primitive] = {}
    nodes: list[int | list[int]] = []
    for node in values:
        if node.inputs:
            assert node.op is not None
            if own.setdefault(node.op.name, node.op) is not node.op:
                raise ValueError(
                    f"two rows of this graph are called {node.op.name}, which a page cannot tell "
                    "apart: give each row a name of its own"
                )
            k = operations.setdefault(operation(node), len(operations))
            nodes.append([k, *[ids[x] for x in node.inputs if x.op is not constant]])
        else:
            nodes.append(0)
    leaves = [[ids[node], x] for node, x in values.items() if not node.inputs]
    listed = ",\n".join(operations)
    return (
        f"(() => {{\n{_definitions(listed, TABLE | BUILT_IN | own)}\n"
        f"return {{nodes: {literal(nodes)}, leaves: {literal(leaves)},\n"
        f"operations: [{listed}]}};\n}})()"
    )


def operation(node: Value) -> str:
    """What made a Value, as a JavaScript object: functions of its inputs that are no constants.

    >>> b, c = Value(3, "b"), Value(2, "c")
    >>> operation(b * c)[:61]
    '{value: (a, b) => multiply(a, b), slopes: (y, a, b) => [b, a]'

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
    slopes = slope_formulas(op, operands, textbook=False)
    arguments = ", ".join(names.values())
    value = _call(op, [x if isinstance(x, str) else _number(x) for x in operands])
    listed = ", ".join(_text(slopes[i]) for i in variables)
    return (
        f"{{value: ({arguments}) => {value}, slopes: (y, {arguments}) => [{listed}], "
        f"about: {literal(f'{op.name}: {op.__doc__}')}{', level: true' * (op in LEVEL)}}}"
    )


def _text(formula: Value) -> str:
    if not formula.inputs:
        return _number(formula.data) if formula.op is constant else formula.label
    assert formula.op is not None
    return _call(formula.op, [_text(x) for x in formula.inputs])


def _call(op: Primitive, arguments: Sequence[str]) -> str:
    return f"{op.name}({', '.join(arguments)})"


def _number(x: float) -> str:
    return json.dumps(x)  # writes NaN and Infinity as JavaScript does


def literal(data: object) -> str:
    """Data for a script inside of a page: no text of it can end the script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _letter(position: int) -> str:
    return "abcdefgh"[position] if position < 8 else f"x{position}"


def _definitions(program: str, table: Mapping[str, Primitive]) -> str:
    """The rows that a program calls, and those that they call, as JavaScript functions."""
    called: dict[str, None] = {}
    waiting = [program]
    while waiting:
        names = re.findall(r"(?<![\w.])(\w+)\(", waiting.pop())
        new = [name for name in names if name in table and name not in called]
        called.update(dict.fromkeys(new))
        waiting += [table[name].javascript for name in new]
    return "\n".join(f"const {name} = {table[name].javascript};" for name in sorted(called))
