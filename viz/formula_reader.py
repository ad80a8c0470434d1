"""Read a formula from text into a recorded graph, without executing the text."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import autograd
from autograd import Value
from autograd.primitives import Primitive, constant

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}

_FUNCTIONS = {
    name: getattr(autograd, name)
    for name in autograd.__all__
    if isinstance(getattr(autograd, name), Primitive) or name == "softmax"
}

LONGEST = 2000  # characters

_AS_PRINTED = str.maketrans("−×·", "-**")  # as pictures write them


class FormulaError(ValueError):
    """A formula that cannot be read; the message points at the character."""


def read_formula(text: str, numbers: Mapping[str, float]) -> Value:
    """The Value that a formula describes, recorded from leaves with the given numbers.

    A formula is one or several steps, separated by semicolons or lines; each step may be given
    a name, and the last one is the output. It may use names, numbers, lists, ``+ - * / **``,
    the signs ``− × ·`` as pictures write them, parentheses and the functions of ``autograd``.

    >>> J = read_formula("u = b*c; J = 3*(a + u)", {"a": 5, "b": 3, "c": 2})
    >>> J.label, J.data
    ('J', 33.0)

    Raises:
        FormulaError: the text is not a formula, or a name in it has no number.
        ValueError, ZeroDivisionError, OverflowError: an operation has no value there.
    """
    return _Reader(text.strip(), numbers).read()


class _Reader:
    def __init__(self, text: str, numbers: Mapping[str, float]) -> None:
        self.text = text.translate(_AS_PRINTED)
        self.names: dict[str, Any] = {name: Value(x, name) for name, x in numbers.items()}
        self.unused = set(numbers)

    def read(self) -> Value:
        if len(self.text) > LONGEST:
            raise FormulaError(f"a formula has at most {LONGEST} characters")
        try:
            steps = ast.parse(self.text).body
        except SyntaxError as error:
            raise self.error("this is not a formula", error.lineno, error.offset) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise FormulaError(f"this formula cannot be read: {error}") from None
        output: Any = None
        try:
            for step in steps:
                output = self.step(step, is_last=step is steps[-1])
        except RecursionError:
            raise FormulaError("this formula is nested too deeply") from None
        if isinstance(output, list):
            raise FormulaError("the output is a list: make one number of it, for example by total")
        if not isinstance(output, Value) or output.op is constant:
            raise FormulaError('the output is not a Value: a formula is like "J = 3*a", with a=5')
        if self.unused:
            raise FormulaError(
                f"{', '.join(sorted(self.unused))} is given but is not in the formula"
            )
        return output

    def step(self, step: ast.stmt, is_last: bool) -> Any:
        if isinstance(step, ast.Expr) and is_last:
            return self.value(step.value)
        if not isinstance(step, ast.Assign):
            raise self.refusal(step, "a step is a formula or name = formula")
        target = step.targets[-1]
        if len(step.targets) > 1 or not isinstance(target, ast.Name):
            raise self.refusal(target, "one name is needed before the =")
        if target.id in self.names or target.id in _FUNCTIONS:
            raise self.refusal(target, f"{target.id} already means something else")
        result = self.names[target.id] = self.value(step.value)
        if isinstance(result, Value) and not result.label:
            result.label = target.id
        return result

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=float() | int() as number) if not isinstance(number, bool):
                return float(number)
            case ast.Name(id=name) if name in self.names:
                self.unused.discard(name)
                return self.names[name]
            case ast.Name(id=name):
                raise self.refusal(node, f"{name} has no number: give one, as in {name}=2")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.number(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.number(operand)
            case ast.BinOp(left=left, op=operation, right=right):
                if type(operation) not in _OPERATORS:
                    raise self.refusal(left, "the operators are + - * / **", at_end=True)
                return self.operation(type(operation), self.number(left), self.number(right))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                if name not in _FUNCTIONS:
                    known = ", ".join(_FUNCTIONS)
                    raise self.refusal(node, f"there is no function {name}; there are {known}")
                values = [self.value(argument) for argument in arguments]
                try:
                    return _FUNCTIONS[name](*values)
                except TypeError as error:
                    raise self.refusal(node, str(error)) from None
            case ast.Call(func=function) if not isinstance(function, ast.Name):
                raise self.refusal(function, "a product is written with *", at_end=True)
            case ast.List(elts=elements):
                return [self.number(element) for element in elements]
        raise self.refusal(node, "this is not allowed in a formula")

    def operation(self, kind: type[ast.operator], left: Any, right: Any) -> Any:
        if isinstance(left, float) and isinstance(right, float):
            # As a Value computes it, which refuses in words what has no real number.
            return float(_OPERATORS[kind](Value.constant(left), right))
        return _OPERATORS[kind](left, right)

    def number(self, node: ast.expr) -> Any:
        value = self.value(node)
        if isinstance(value, list):
            raise self.refusal(node, "a list can only be an argument of a function")
        return value

    def refusal(
        self, node: ast.stmt | ast.expr, message: str, at_end: bool = False
    ) -> FormulaError:
        line, offset = node.lineno, node.col_offset
        if at_end and node.end_lineno is not None and node.end_col_offset is not None:
            line, offset = node.end_lineno, node.end_col_offset
        before = self.text.splitlines()[line - 1].encode()[:offset]  # ast counts bytes
        return self.error(message, line, len(before.decode()) + 1)

    def error(self, message: str, line: int | None, column: int | None) -> FormulaError:
        shown = self.text.splitlines()[(line or 1) - 1] if self.text else ""
        return FormulaError(f"{message}\n  {shown}\n  {' ' * ((column or 1) - 1)}^")
