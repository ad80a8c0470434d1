"""What callers give, checked: counts, numbers in a range, and numbers that become Values."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Set
from numbers import Real
from typing import Any

from autograd import Value
from autograd.operations import single
from autograd.value import Given

_PLAIN = (float, int)


def as_count(name: str, count: Any) -> int:
    """A whole number of at least 1, as an int.

    Raises:
        TypeError: it is not a whole number.
        ValueError: it is less than 1.
    """
    try:
        whole = operator.index(count)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {shown(count)}") from None
    if whole < 1:
        raise ValueError(f"{name} must be at least 1, not {whole}")
    return whole


def as_number(name: str, number: Any, minimum: float, below: float = math.inf) -> float:
    """A number from ``minimum`` up to, but not including, ``below``, as a float.

    Raises:
        TypeError: it is not a number.
        ValueError: it lies outside of the range, or is nan.
    """
    if not isinstance(number, Real):
        raise TypeError(f"{name} must be a number, not {shown(number)}")
    if not minimum <= float(number) < below:
        bound = "finite" if below == math.inf else f"less than {below:g}"
        raise ValueError(f"{name} must be at least {minimum:g} and {bound}, not {number!r}")
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
    raise TypeError(f"{name} must be a list, not {shown(numbers)}")


def as_value(number: Any, label: str, kind: type[Value] = Value) -> Value:
    """A number as a leaf with that label; a Value, also the only one in a list, as it is.

    NumPy's booleans and arrays without dimensions are numbers, too. The kind of the leaf is
    Value, or Given for what no gradient is asked for.

    Raises:
        TypeError: it is neither a number nor a Value.
    """
    try:
        if isinstance(number, (Value, list, tuple)):
            return single(number)
        if getattr(number, "ndim", None) == 0 and hasattr(number, "item"):
            number = number.item()
        return kind(number, label)
    except (TypeError, ValueError):
        raise TypeError(f"{label} must be one number or Value, not {shown(number)}") from None


def as_inputs(module: Any, inputs: Any) -> list[Value]:
    """The inputs of a module as Values: numbers become leaves x_1, x_2, ….

    Raises:
        TypeError: the inputs are not a list of numbers and Values.
        ValueError: they are not as many as the module takes.
    """
    name = type(module).__name__
    try:
        values = as_values(inputs)
        for i, value in enumerate(values, 1) if list in map(type, values) else ():
            if isinstance(value, list):
                raise TypeError(
                    f"x_{i} must be one number or Value, not a list (after a Conv1D or an "
                    "Embedding, Flatten() makes one list)"
                )
    except TypeError as error:
        raise TypeError(
            f"{name} takes the {module.n_inputs} inputs of one example: {error}. "
            "For several examples, write [model(x) for x in X]"
        ) from None
    if len(values) != module.n_inputs:
        raise ValueError(f"{name} takes {module.n_inputs} inputs, not {len(values)}")
    return values


def as_values(inputs: Any, after: str = "") -> list[Any]:
    """The inputs of one example as Values, in rows as they came; ``after`` goes into the labels.

    Raises:
        TypeError: they are not a list of numbers and Values.
    """
    items = as_list("the argument", inputs)
    if {*map(type, items)} == {Value}:
        return items
    return [
        Given(item, f"x_{after}{i}")
        if item.__class__ in _PLAIN  # by far the commonest
        else as_values(item, f"{after}{i},")
        if depth(item) and not _is_single(item)
        else as_value(item, f"x_{after}{i}", Given)
        for i, item in enumerate(items, 1)
    ]


def _is_single(item: Any) -> bool:
    """Whether it is a list of one Value, as a layer of one unit returns it."""
    return isinstance(item, (list, tuple)) and len(item) == 1 and isinstance(item[0], Value)


def depth(numbers: Any) -> int:
    """How many lists are one in the other, going by the first items; that of a number is 0.

    >>> depth(0.5), depth([0.5, 1.0]), depth([[0.5, 1.0], [2.0, 3.0]])
    (0, 1, 2)
    """
    levels = 0
    while hasattr(numbers, "__len__") and not isinstance(numbers, str):
        if isinstance(ndim := getattr(numbers, "ndim", None), int):
            return levels + ndim
        levels += 1
        if not len(numbers) or isinstance(numbers, (Mapping, Set)):
            break
        numbers = numbers[0]
    return levels


def holds_values(numbers: Any) -> bool:
    """Whether there is a Value among the numbers of nested lists."""
    dtype = getattr(numbers, "dtype", None)
    if isinstance(numbers, Value) or (dtype is not None and dtype.kind != "O"):
        return isinstance(numbers, Value)
    return depth(numbers) > 0 and any(map(holds_values, numbers))


def shown(thing: Any) -> str:
    """Something for a message, with its type, in one line, cut short."""
    text = " ".join(repr(thing).split())
    return f"{text:.60} ({type(thing).__name__})"
