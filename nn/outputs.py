"""Outputs: the list of Values that a layer returns, with helpful errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from autograd import Value


class Outputs(list[Value]):
    """A list of Values, one per unit. An operation that lists lack is refused with a remedy.

    >>> outputs = Outputs([Value(0.25)])
    >>> outputs[0] > 0.5
    False
    >>> outputs > 0.5
    Traceback (most recent call last):
    ...
    TypeError: model(x) is a list of 1 Value, so > means nothing: write model(x)[0] > 0.5
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> NoReturn:
        message = f"a list of {_counted(self)} has no {name}"
        if not name.startswith("_") and hasattr(Value, name):
            call = "()" if callable(getattr(Value, name)) else ""
            message += f": write model(x)[0].{name}{call}"
            if len(self) != 1:
                message += f", or [a.{name}{call} for a in model(x)]"
        raise AttributeError(message)

    def __add__(self, other: Any) -> list[Any]:
        return list.__add__(self, other) if isinstance(other, list) else self._refuse("+", other)

    def __radd__(self, other: Any) -> list[Any]:
        if isinstance(other, list):
            return list.__add__(other, self)
        return self._refuse("+", other, reflected=True)

    def _refuse(self, sign: str, other: Any, *, reflected: bool = False) -> NoReturn:
        def written(a: str) -> str:
            number = f"{other!r:.20}" if isinstance(other, (int, float)) else "…"
            return f"{number} {sign} {a}" if reflected else f"{a} {sign} {number}"

        message = f"model(x) is a list of {_counted(self)}, so {sign} means nothing: write "
        message += written("model(x)[0]")
        if len(self) != 1:
            message += f", or [{written('a')} for a in model(x)]"
        raise TypeError(message)


def _counted(outputs: list[Value]) -> str:
    return f"{len(outputs)} Value{'s' * (len(outputs) != 1)}"


def _refusing(sign: str, *, reflected: bool = False) -> Callable[[Outputs, Any], NoReturn]:
    """A method that Python refuses less clearly, or that would repeat the list."""

    def method(self: Outputs, other: Any) -> NoReturn:
        self._refuse(sign, other, reflected=reflected)

    return method


def _comparing(name: str, sign: str) -> Callable[[Outputs, Any], bool]:
    def method(self: Outputs, other: Any) -> bool:
        if isinstance(other, list):
            smaller: bool = getattr(list, name)(self, other)
            return smaller
        self._refuse(sign, other)

    return method


def _applying(written: str) -> Callable[[Outputs], NoReturn]:
    def method(self: Outputs) -> NoReturn:
        raise TypeError(f"a list of {_counted(self)} is not a number: write {written}")

    return method


for _name, _sign in {"sub": "-", "mul": "*", "truediv": "/", "pow": "**", "matmul": "@"}.items():
    setattr(Outputs, f"__{_name}__", _refusing(_sign))
    setattr(Outputs, f"__r{_name}__", _refusing(_sign, reflected=True))
for _name, _sign in {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}.items():
    setattr(Outputs, _name, _comparing(_name, _sign))
for _name, _written in {
    "neg": "-model(x)[0]",
    "abs": "abs(model(x)[0])",
    "float": "float(model(x)[0])",
    "int": "int(model(x)[0].data)",
}.items():
    setattr(Outputs, f"__{_name}__", _applying(_written))
