"""Arithmetic: the operators of Value. Page one: how a row says what its operation is."""

from __future__ import annotations

import operator

from autograd.primitives.row import POWER, PRODUCT, QUOTIENT, SUM, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

add = Primitive(
    "add",
    "The sum a + b.",
    family="arithmetic",
    value=operator.add,
    slopes=lambda y, a, b: (1.0, 1.0),
    symbol="+",
    javascript="(a, b) => a + b",
    notation="{0} + {1}",
    latex="#1 + #2",
    terms=lambda a, b: [(1.0, a), (1.0, b)],
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=SUM,
)

subtract = Primitive(
    "subtract",
    "The difference a − b.",
    family="arithmetic",
    value=operator.sub,
    slopes=lambda y, a, b: (1.0, -1.0),
    symbol="−",
    javascript="(a, b) => a - b",
    notation="{0} − {1}",
    latex="#1 - #2",
    terms=lambda a, b: [(1.0, a), (-1.0, b)],
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=SUM,
)

negative = Primitive(
    "negative",
    "The negative −x.",
    family="arithmetic",
    value=operator.neg,
    slopes=lambda y, x: (-1.0,),
    symbol="×(−1)",
    javascript="x => -x",
    notation="−{0}",
    latex="-#1",
    terms=lambda x: [(-1.0, x)],
    samples=((2.0,), (-0.5,)),
    binds=PRODUCT,
)

multiply = Primitive(
    "multiply",
    "The product ab.",
    family="arithmetic",
    value=operator.mul,
    slopes=lambda y, a, b: (b, a),
    symbol="×",
    javascript="(a, b) => a * b",
    notation="{0}·{1}",
    latex=r"#1 \cdot #2",
    terms=lambda a, b: [(1.0, a, b)],
    samples=((2.0, 3.0), (-1.5, 0.25), (0.0, 4.0)),
    binds=PRODUCT,
)

divide = Primitive(
    "divide",
    "The quotient a / b.",
    family="arithmetic",
    value=operator.truediv,
    slopes=lambda y, a, b: (1.0 / b, -y / b),
    symbol="/",
    javascript="(a, b) => checked(a / b, a, b)",
    notation="{0} / {1}",
    latex=r"\frac{#1}{#2}",
    numpy="{0} / {1}",
    samples=((2.0, 3.0), (-1.5, 0.25), (0.0, -4.0)),
    binds=QUOTIENT,
)


def real_power(a: float, b: float) -> float:
    y: float | complex = a**b
    if isinstance(y, complex):
        raise ValueError("a negative number has no real power with a fractional exponent")
    return y


def _power_slopes(y: Any, x: Any, exponent: float) -> tuple[Any, float]:
    # The exponent is a constant, so a branch on it is not a branch on data.
    # x ** 0 is 1 everywhere, so its slope is 0, also at x = 0; the slope of x ** 2 is 2x.
    if exponent == 0.0:
        return 0.0, 0.0
    return exponent * (x if exponent == 2.0 else x ** (exponent - 1.0)), 0.0


power_constant = Primitive(
    "power_constant",
    "The power xⁿ with a constant exponent n.",
    family="arithmetic",
    value=real_power,
    slopes=_power_slopes,
    symbol="xⁿ",
    javascript="(x, n) => checked(x ** n, x, n)",
    notation="{0}^{1}",
    latex="#1^{#2}",
    numpy="{0} ** {1}",
    samples=((2.0, 3.0), (-1.5, 2.0), (0.7, -1.0), (2.0, 0.5), (-3.0, 1.0), (0.0, 0.0)),
    binds=POWER,
)


def _no_value() -> float:
    raise ValueError("a constant cannot change: it keeps the number that was written in the code")


constant = Primitive(
    "constant",
    "A number written in a formula. It has no inputs, so nothing is computed.",
    family="constant",
    value=_no_value,
    slopes=lambda y: (),
    notation="",
    latex="",
    samples=(),
)
