"""What callers give, checked: counts, numbers in a range, and numbers that become Values."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any

from autograd import Value
from autograd.backprop import single


def as_count(name: str, count: Any) -> int:
    """A whole number of at least 1, as an int.

    Raises:
        TypeError: it is not a whole number.
        ValueError: it is less than 1.
    """
    try:
        whole = operator.index(count)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {shown(count)}") from None
    if whole < 1:
        raise ValueError(f"{name} is at least 1, not {whole}")
    return whole


def as_number(name: str, number: Any, minimum: float, below: float = math.inf) -> float:
    """A number from ``minimum`` up to, but not including, ``below``, as a float.

    Raises:
        TypeError: it is not a number.
        ValueError: it lies outside of the range, or is nan.
    """
    if not isinstance(number, Real):
        raise TypeError(f"{name} is a number, not {shown(number)}")
    if not minimum <= float(number) < below:
        bound = "finite" if below == math.inf else f"less than {below:g}"
        raise ValueError(f"{name} is at least {minimum:g} and {bound}, not {number!r}")
    return float(number)


def as_list(name: str, numbers: Any) -> list[Any]:
    """The items of a list, a tuple or a NumPy array.

    Raises:
        TypeError: it has no items, or is a string.
    """
    try:
        if not isinstance(numbers, str):
            return list(numbers)
    except TypeError:
        pass
    raise TypeError(f"{name} is a list, not {shown(numbers)}")


def as_value(number: Any, label: str) -> Value:
    """A number as a leaf with that label; a Value, also the only one in a list, as it is.

    Raises:
        TypeError: it is neither a number nor a Value.
    """
    try:
        if isinstance(number, (Value, list, tuple)):
            return single(number)
        return Value(number, label)
    except (TypeError, ValueError):
        raise TypeError(f"{label} is one number or Value, not {shown(number)}") from None


def as_inputs(module: Any, inputs: Any) -> list[Value]:
    """The inputs of a module as Values: numbers become leaves x_1, x_2, ….

    Raises:
        TypeError: the inputs are not a list of numbers and Values.
        ValueError: they are not as many as the module takes.
    """
    try:
        values = as_list("the argument", inputs)
        if {*map(type, values)} != {Value}:
            values = [as_value(x, f"x_{i}") for i, x in enumerate(values, 1)]
    except TypeError as error:
        name = type(module).__name__
        raise TypeError(
            f"{name} takes the {module.n_inputs} inputs of one example: {error}. "
            "For several examples, write [model(x) for x in X]"
        ) from None
    if len(values) != module.n_inputs:
        name = type(module).__name__
        raise ValueError(f"{name} takes {module.n_inputs} inputs, not {len(values)}")
    return values


def shown(thing: Any) -> str:
    """Something for a message, with its type, in one line, cut short."""
    text = " ".join(repr(thing).split())
    return f"{text:.60} ({type(thing).__name__})"
