"""Local derivatives as formulas: the slopes of a row, read on operands that have no number."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from autograd.notation import expression
from autograd.primitives import (
    CALL,
    POWER,
    PRODUCT,
    QUOTIENT,
    SUM,
    Primitive,
    constant,
    logsumexp,
    power_constant,
)
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.primitives.row import Notation


def slope_formulas(
    op: Primitive, inputs: Sequence[str | float], output: str = "y", *, textbook: bool = True
) -> tuple[Value, ...]:
    """The partial derivatives of an operation, as recorded formulas without numbers.

    >>> from autograd.primitives import multiply, sigmoid
    >>> [written(slope) for slope in slope_formulas(multiply, ["b", "c"])]
    ['c', 'b']
    >>> [slope] = slope_formulas(sigmoid, ["z"], "a")
    >>> written(slope)
    'a·(1 − a)'

    Args:
        op: a row of the table.
        inputs: a name for each input, or its number where it is a constant.
        output: the name of what the operation gives.
        textbook: whether they are written as in lectures, or in the form that is computed.

    Returns:
        one Value per input, whose leaves are labelled with the names.
    """
    slopes_of = op.textbook if textbook and op.textbook else op.slopes
    slopes = slopes_of(_unknown(output), *_operands(op, inputs))
    return tuple([x if isinstance(x, Value) else Value.constant(x) for x in slopes])


def operation_formula(op: Primitive, inputs: Sequence[str | float]) -> Value:
    """The operation itself, as a recorded formula without numbers.

    >>> from autograd.primitives import multiply
    >>> written(operation_formula(multiply, ["b", "c"]))
    'bc'
    """
    return Value.record(op, _operands(op, inputs))


def _operands(op: Primitive, inputs: Sequence[str | float]) -> list[Value | float]:
    # Slopes may branch on a constant exponent, so that stays a number.
    keep = float if op is power_constant else Value.constant
    return [_unknown(x) if isinstance(x, str) else keep(x) for x in inputs]


def _unknown(name: str) -> Value:
    # An operation on nan has a value everywhere (rule 4 of the table), and slopes never
    # branch on data (rule 2): so everything can be recorded, and nothing depends on numbers.
    return Value(math.nan, name)


def written(formula: Value) -> str:
    """A formula as plain text; every leaf is written as its label.

    >>> from autograd.primitives import divide
    >>> written(slope_formulas(divide, ["a", "b"])[1])
    '−y / b'
    """
    return expression(formula, {x: x.label for x in _leaves(formula)})


def fill(
    formula: Value, column: Callable[[Primitive], Notation], operand: Callable[[Value], str]
) -> str:
    r"""A formula in another medium, such as LaTeX or the text of a program.

    >>> from autograd.primitives import divide
    >>> slope = slope_formulas(divide, ["a", "b"])[1]
    >>> fill(slope, lambda op: op.latex, lambda x: x.label)
    '\\frac{-y}{b}'

    Args:
        formula: a Value whose operations are to be written out; it recurses, so small.
        column: the text of an operation in that medium, where ``#1`` is the first input.
        operand: the text of a leaf or of a constant.
    """
    return _fill(formula, column, operand)[0]


_PLACEHOLDER = re.compile(r"(#\d+)")


def _fill(
    node: Value, column: Callable[[Primitive], Notation], operand: Callable[[Value], str]
) -> tuple[str, int]:
    """The text of a node, and how tightly it binds."""
    if not node.inputs:
        return operand(node), CALL
    assert node.op is not None
    notation = column(node.op)
    template = notation if isinstance(notation, str) else notation(len(node.inputs))
    pieces = _PLACEHOLDER.split(template)
    for i in range(1, len(pieces), 2):
        left, right = pieces[i - 1], pieces[i + 1]
        x = node.inputs[int(pieces[i][1:]) - 1]
        text, binds = _fill(x, column, operand)
        if x.op is logsumexp and left.endswith("e^{"):  # e to a logarithm
            pieces[i - 1], pieces[i + 1] = left[: -len("e^{")], right[1:]
            text = text.removeprefix(r"\log\left(").removesuffix(r"\right)")
        enclosed = left.endswith(_OPENING) and right.startswith(_CLOSING)
        first = i == 1 and not left
        # No text may start with a sign after another one, nor have two superscripts.
        loose = binds < _required(left, right) or (text.startswith("-") and not first)
        if not enclosed and (loose or (right.startswith("^") and (x.inputs or "^" in text))):
            text = rf"\left({text}\right)" if "\\" in template + text else f"({text})"
        pieces[i] = text
    return "".join(pieces), PRODUCT if template.startswith(r"\frac") else node.op.binds


_OPENING = ("{", "(", "[", "|", ", ")
_CLOSING = ("}", ")", "]", "|", ", ", r"\right")


def _required(left: str, right: str) -> int:
    """How tightly an operand must bind between these two texts to need no parentheses."""
    if right.startswith("^") or left.endswith(r"\log "):
        return CALL
    if left.endswith("/ "):
        return POWER
    if (
        left.endswith(("* ", r"\cdot "))
        or right.startswith((" *", " /", r" \cdot", r" \log"))
        or left == " "
    ):
        return PRODUCT
    return QUOTIENT if left.endswith(("- ", "-")) else SUM


def _leaves(formula: Value) -> list[Value]:
    if not formula.inputs:
        return [] if formula.op is constant else [formula]
    return [leaf for x in formula.inputs for leaf in _leaves(x)]
