"""Activations: the function of a unit, given by name, by row of the table, or as a function."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from autograd import Value, softmax
from autograd.primitives import TABLE, Primitive
from nn.arguments import shown

# A name; the function itself: a row of the table, one's own too, or softmax; or a function of
# one's own from a Value to a Value.
Activation = str | Callable[..., Any]


def activation_name(activation: Activation | None) -> str:
    """The name of an activation function.

    >>> from autograd import tanh
    >>> activation_name(tanh), activation_name("relu"), activation_name(None)
    ('tanh', 'relu', 'linear')

    Raises:
        TypeError, ValueError: as :func:`activation_function`.
    """
    return activation_function(activation)[0]


def activation_function(activation: Activation | None) -> tuple[str, Callable[..., Any] | None]:
    """The name of an activation and the function, which is None for linear and for softmax.

    Raises:
        ValueError: the name is not that of a function of one number, nor "linear" or "softmax".
        TypeError: it is neither a name nor a row nor a function from a Value to a Value.
    """
    if activation is softmax:
        return "softmax", None
    if isinstance(activation, Primitive):
        if activation.n_inputs != 1:
            raise ValueError(
                f"{activation.name} is no function of one number, so it is no activation: "
                f"{activation.__doc__}"
            )
        return activation.name, activation
    if activation is None or isinstance(activation, str):
        return _by_name("linear" if activation is None else activation)
    if not callable(activation) or not _returns_values(activation):
        raise TypeError(
            "an activation must be a name such as 'sigmoid', a row such as autograd.sigmoid, or a "
            f"function from a Value to a Value, not {shown(activation)}"
        )
    return getattr(activation, "__name__", type(activation).__name__), activation


# The families of rows that are no functions of a unit: −x is none, nor is σ′.
_NO_ACTIVATIONS = ("arithmetic", "slope")


def _by_name(name: str) -> tuple[str, Callable[..., Any] | None]:
    functions: dict[str, Primitive | None] = {"linear": None, "softmax": None}
    functions |= {
        row.name: row
        for row in TABLE.values()
        if row.n_inputs == 1 and row.family not in _NO_ACTIVATIONS
    }
    if name not in functions:
        near = get_close_matches(name.lower(), functions, n=1)
        guess = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(
            f"unknown activation {name!r}: choose one of {', '.join(functions)}{guess}"
        )
    return name, functions[name]


def _returns_values(function: Callable[..., Any]) -> bool:
    try:
        return isinstance(function(Value(0.5)), Value)
    except (ArithmeticError, ValueError):
        return True  # not at 0.5, but perhaps elsewhere
    except TypeError:
        return False
