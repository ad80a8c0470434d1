"""Formulas: what each function of NumPy is entry by entry, and how C writes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from autograd.vectorizer.compiling.arrays import Array, bare, mapped

# NumPy's functions of one and of two numbers, by their names in C or in prelude.h.
FUNCTIONS = {
    **{f"np.{name}": name for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt")},
    **{f"np.{name}": name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "floor")},
    "np.arcsin": "asin",
    "np.arccos": "acos",
    "np.arctan": "atan",
    "np.arcsinh": "asinh",
    "np.arccosh": "acosh",
    "np.arctanh": "atanh",
    "np.arctan2": "atan2",
    "np.hypot": "hypot",
    "np.abs": "fabs",
    "np.sign": "sign",
    "np.heaviside": "heaviside",
    "np.maximum": "larger",
    "np.minimum": "smaller",
}
TESTS = {"np.isinf": "isinf", "np.isnan": "isnan", "np.isfinite": "isfinite"}
CONDITIONS = {">", ">=", "<", "<=", "==", "!=", "&", "|"}


def number(data: float) -> str:
    """A number as C has it.

    >>> number(2), number(-0.5), number(float("inf"))
    ('2.0', '(-0.5)', 'INFINITY')
    """
    if math.isnan(data):
        return "NAN"
    if math.isinf(data):
        return "INFINITY" if data > 0 else "(-INFINITY)"
    return repr(float(data)) if data >= 0 else f"({float(data)!r})"


def called(function: str, arrays: Sequence[Array]) -> Array | None:
    """A function of NumPy at each entry; None if it is none of these."""
    if function == "np.where":
        return mapped(arrays, lambda x: f"({x[0]} ? {x[1]} : {x[2]})")
    if function in TESTS:
        return mapped(arrays, lambda x: f"({TESTS[function]}({bare(x[0])}) != 0)", "int")
    if function in FUNCTIONS:
        return mapped(arrays, lambda x: f"{FUNCTIONS[function]}({', '.join(map(bare, x))})")
    return None


def operator(sign: str, a: Array, b: Array) -> Array:
    """An operator between the entries of two arrays."""
    kind = "int" if sign in CONDITIONS else "double"
    cast = "(double)" if kind == "double" and a.kind == b.kind == "int" else ""
    return mapped([a, b], lambda x: f"({cast}{x[0]} {sign} {x[1]})", kind)


def power(a: Array, b: Array, exponent: float | None) -> Array:
    """``a ** b``, by multiplication where the exponent is a small number, as in NumPy."""
    write: dict[float | None, Callable[[Sequence[str]], str]] = {
        -1: lambda x: f"(1.0 / {x[0]})",
        0.5: lambda x: f"sqrt({bare(x[0])})",
        1: lambda x: x[0],
        2: lambda x: f"square({bare(x[0])})",
        3: lambda x: f"cube({bare(x[0])})",
    }
    if exponent in write:
        return mapped([a], write[exponent])
    return mapped([a, b], lambda x: f"pow({bare(x[0])}, {bare(x[1])})")
