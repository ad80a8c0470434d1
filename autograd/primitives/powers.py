"""Powers with a variable exponent, and what their slopes are made of where they may not exist."""

from __future__ import annotations

import math

from autograd.primitives.arithmetic import real_power
from autograd.primitives.row import POWER, PRODUCT, QUOTIENT, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _variable_power_slopes(y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    # Recorded for the number 0 as the base: 0ᵇ is 0 all along b > 0, and so are its slopes.
    nothing = a.__class__ is float and a == 0.0 and y.__class__ is not float
    return b * power_or_nan(a, b - 1.0), 0.0 if nothing else xlogy(y, a)


power = Primitive(
    "power",
    "The power aᵇ with a variable exponent, along which it has no slope where a < 0.",
    family="arithmetic",
    value=real_power,
    slopes=_variable_power_slopes,
    symbol="aᵇ",
    javascript="(a, b) => checked(a ** b, a, b)",
    notation="{0}^{1}",
    latex="#1^{#2}",
    numpy="{0} ** {1}",
    samples=((2.0, 3.0), (0.5, -1.5), (1.0, 0.0)),
    binds=POWER,
)


def _power_or_nan(a: float, b: float) -> float:
    try:
        return real_power(a, b)
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan


power_or_nan: Primitive = Primitive(
    "power_or_nan",
    "The power aᵇ, nan where it does not exist: the slope of aᵇ is made of it.",
    family="slope",
    value=_power_or_nan,
    slopes=_variable_power_slopes,
    symbol="aᵇ",
    javascript="(a, b) => (Number.isFinite(a ** b) ? a ** b : NaN)",
    notation="{0}^{1}",
    latex="#1^{#2}",
    numpy="power_or_nan({0}, {1})",
    samples=((2.0, 3.0), (0.5, -1.5)),
    binds=POWER,
)


def _xlogy(x: float, a: float) -> float:
    if a > 0.0:
        return x * math.log(a)
    return 0.0 if a == x == 0.0 else math.nan


xlogy: Primitive = Primitive(
    "xlogy",
    "The product x log a, 0 at x = a = 0, nan where log a does not exist.",
    family="slope",
    value=_xlogy,
    slopes=lambda y, x, a: (log_or_nan(a), xdivy(x, a)),
    symbol="x log a",
    javascript="(x, a) => (a > 0 ? x * Math.log(a) : a === 0 && x === 0 ? 0 : NaN)",
    notation="{0}·log({1})",
    latex=r"#1 \log #2",
    numpy="xlogy({0}, {1})",
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=PRODUCT,
)

xdivy: Primitive = Primitive(
    "xdivy",
    "The quotient x / a, 0 at x = a = 0: the slope of x log a along a.",
    family="slope",
    value=lambda x, a: 0.0 if x == a == 0.0 else x / a,
    slopes=lambda y, x, a: (1.0 / a, -y / a),
    javascript="(x, a) => (x === 0 && a === 0 ? 0 : checked(x / a, x, a))",
    notation="{0} / {1}",
    latex=r"\frac{#1}{#2}",
    numpy="xdivy({0}, {1})",
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=QUOTIENT,
)

log_or_nan: Primitive = Primitive(
    "log_or_nan",
    "log x, nan where it does not exist: the slope of x log a along x.",
    family="slope",
    value=lambda x: math.log(x) if x > 0.0 else math.nan,
    slopes=lambda y, x: (1.0 / x,),
    javascript="(x) => (x > 0 ? Math.log(x) : NaN)",
    notation="log({0})",
    latex=r"\log\left(#1\right)",
    numpy="log_or_nan({0})",
    samples=((1.0,), (0.25,), (8.0,)),
)
