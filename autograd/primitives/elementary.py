"""Elementary functions: exponentials and logarithms, roots, trigonometry, hyperbolas."""

from __future__ import annotations

import math

from autograd.primitives.row import SUM, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _function(name: str, doc: str, *, called: str = "", **columns: Any) -> Primitive:
    """A row whose function has one name in NumPy and in LaTeX, and ``called`` in JavaScript."""
    regular = {
        "latex": rf"\{name}\left(#1\right)",
        "numpy": f"np.{name}({{0}})",
        "javascript": f"x => checked(Math.{called or name}(x), x)",
    }
    return Primitive(name, doc, family="elementary", **(regular | columns))


# log₂ e and log₁₀ e.
LOG2_E = 1.4426950408889634
LOG10_E = 0.4342944819032518

exp = _function(
    "exp",
    "The exponential eˣ.",
    value=math.exp,
    slopes=lambda y, x: (y,),
    latex="e^{#1}",
    samples=((0.0,), (-1.5,), (2.0,)),
)
expm1 = _function(
    "expm1",
    "eˣ − 1, accurate for small x.",
    value=math.expm1,
    slopes=lambda y, x: (exp(x),),  # y + 1 would round a small eˣ away
    symbol="eˣ − 1",
    notation="exp({0}) − 1",
    latex="e^{#1} - 1",
    samples=((0.0,), (-1.5,), (2.0,)),
    binds=SUM,
)
log = _function(
    "log",
    "The natural logarithm log x, for x > 0.",
    value=math.log,
    slopes=lambda y, x: (1.0 / x,),
    samples=((1.0,), (0.25,), (8.0,)),
)
log1p = _function(
    "log1p",
    "log(1 + x), accurate for small x, for x > −1.",
    value=math.log1p,
    slopes=lambda y, x: (1.0 / (1.0 + x),),
    symbol="log(1 + x)",
    notation="log(1 + {0})",
    latex=r"\log\left(1 + #1\right)",
    samples=((0.0,), (-0.5,), (8.0,)),
)
log2 = _function(
    "log2",
    "The logarithm log₂ x to the base 2, for x > 0.",
    value=math.log2,
    slopes=lambda y, x: (LOG2_E / x,),
    symbol="log₂",
    notation="log₂({0})",
    latex=r"\log_2\left(#1\right)",
    samples=((1.0,), (0.25,), (8.0,)),
)
log10 = _function(
    "log10",
    "The logarithm log₁₀ x to the base 10, for x > 0.",
    value=math.log10,
    slopes=lambda y, x: (LOG10_E / x,),
    symbol="log₁₀",
    notation="log₁₀({0})",
    latex=r"\log_{10}\left(#1\right)",
    samples=((1.0,), (0.25,), (8.0,)),
)
sqrt = _function(
    "sqrt",
    "The square root √x, for x ≥ 0; it has no slope at 0.",
    value=math.sqrt,
    slopes=lambda y, x: (0.5 / y,),
    symbol="√",
    notation="√({0})",
    latex=r"\sqrt{#1}",
    samples=((4.0,), (0.25,)),
)
hypot: Primitive = Primitive(
    "hypot",
    "The hypotenuse √(a² + b²), without overflow of the squares; it has no slope at 0, 0.",
    family="elementary",
    value=math.hypot,
    slopes=lambda y, a, b: (a / y, b / y),
    latex=r"\sqrt{#1^2 + #2^2}",
    numpy="np.hypot({0}, {1})",
    javascript="(a, b) => Math.hypot(a, b)",
    samples=((3.0, 4.0), (-0.5, 1.2)),
)
sin = _function(
    "sin",
    "The sine of x, in radians.",
    value=math.sin,
    slopes=lambda y, x: (cos(x),),
    samples=((0.0,), (1.0,), (-2.0,)),
)
cos: Primitive = _function(
    "cos",
    "The cosine of x, in radians.",
    value=math.cos,
    slopes=lambda y, x: (-sin(x),),
    samples=((0.0,), (1.0,), (-2.0,)),
)
tan = _function(
    "tan",
    "The tangent of x, in radians.",
    value=math.tan,
    slopes=lambda y, x: (1.0 + y * y,),
    samples=((0.0,), (1.0,), (-0.5,)),
)
arcsin = _function(
    "arcsin",
    "The angle in radians whose sine is x, for |x| ≤ 1; it has no slope at ±1.",
    called="asin",
    value=math.asin,
    slopes=lambda y, x: (1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    samples=((0.0,), (0.5,), (-0.9,)),
)
arccos = _function(
    "arccos",
    "The angle in radians whose cosine is x, for |x| ≤ 1; it has no slope at ±1.",
    called="acos",
    value=math.acos,
    slopes=lambda y, x: (-1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    samples=((0.0,), (0.5,), (-0.9,)),
)
arctan = _function(
    "arctan",
    "The angle in radians, between ±π/2, whose tangent is x.",
    called="atan",
    value=math.atan,
    slopes=lambda y, x: (1.0 / (1.0 + x * x),),
    samples=((0.0,), (1.0,), (-2.0,)),
)
arctan2: Primitive = Primitive(
    "arctan2",
    "The angle in radians of the point with abscissa b and ordinate a; no slope at 0, 0.",
    family="elementary",
    value=math.atan2,
    slopes=lambda y, a, b: (b / hypot(a, b) / hypot(a, b), -a / hypot(a, b) / hypot(a, b)),
    textbook=lambda y, a, b: (b / (a**2.0 + b**2.0), -a / (a**2.0 + b**2.0)),
    numpy="np.arctan2({0}, {1})",
    javascript="(a, b) => Math.atan2(a, b)",
    samples=((3.0, 4.0), (-0.5, 1.2), (1.0, -2.0)),
)
sinh = _function(
    "sinh",
    "The hyperbolic sine (eˣ − e⁻ˣ) / 2.",
    value=math.sinh,
    slopes=lambda y, x: (cosh(x),),
    samples=((0.0,), (1.0,), (-2.0,)),
)
cosh: Primitive = _function(
    "cosh",
    "The hyperbolic cosine (eˣ + e⁻ˣ) / 2.",
    value=math.cosh,
    slopes=lambda y, x: (sinh(x),),
    samples=((0.0,), (1.0,), (-2.0,)),
)
