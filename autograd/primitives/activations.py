"""Activation functions of neurons, with slopes that stay accurate where a unit saturates."""

from __future__ import annotations

import math

from autograd.primitives.elementary import exp
from autograd.primitives.kinks import is_positive, maximum, minimum
from autograd.primitives.row import Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def logistic(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)  # the same number, without overflow for very negative x
    return e / (1.0 + e)


# A smaller difference of numbers around 1 has lost more than 12 of its 53 bits, and is computed
# in another way. A larger one is what a person gets who computes a(1 − a), to the last bit.
CANCELLED = 2.0**-12


def _sigmoid_slope(a: float, x: float) -> float:
    rest = 1.0 - a
    return a * (rest if rest > CANCELLED else logistic(-x))


def _tanh_slope(a: float, x: float) -> float:
    slope = 1.0 - a * a
    if slope > CANCELLED:
        return slope
    e = math.exp(-2.0 * math.fabs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


sigmoid: Primitive = Primitive(
    "sigmoid",
    "The logistic function σ(x) = 1 / (1 + e⁻ˣ).",
    family="activation",
    value=logistic,
    # For floats the same at once: y is there already.
    slopes=lambda y, x: (_sigmoid_slope(y, x) if y.__class__ is float else sigmoid_slope(x),),
    textbook=lambda y, x: (y * (1.0 - y),),
    symbol="σ",
    javascript="x => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))",
    notation="σ({0})",
    latex=r"\sigma\left(#1\right)",
    numpy="sigmoid({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)

sigmoid_slope: Primitive = Primitive(
    "sigmoid_slope",
    "The slope σ′(x) = σ(x)(1 − σ(x)), accurate where σ(x) is near 1.",
    family="slope",
    value=lambda x: _sigmoid_slope(logistic(x), x),
    slopes=lambda y, x: (-y * tanh(0.5 * x),),  # 1 − 2σ(x), accurate near x = 0
    textbook=lambda y, x: (y * (1.0 - 2.0 * sigmoid(x)),),
    symbol="σ′",
    javascript="x => sigmoid(x) * sigmoid(-x)",
    notation="σ′({0})",
    latex=r"\sigma'\left(#1\right)",
    numpy="sigmoid_slope({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)

tanh: Primitive = Primitive(
    "tanh",
    "The hyperbolic tangent of x.",
    family="activation",
    value=math.tanh,
    slopes=lambda y, x: (_tanh_slope(y, x) if y.__class__ is float else tanh_slope(x),),
    textbook=lambda y, x: (1.0 - y * y,),
    javascript="x => Math.tanh(x)",
    notation="tanh({0})",
    latex=r"\tanh\left(#1\right)",
    numpy="np.tanh({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)

tanh_slope: Primitive = Primitive(
    "tanh_slope",
    "The slope tanh′(x) = 1 − tanh² x, accurate where tanh x is near ±1.",
    family="slope",
    value=lambda x: _tanh_slope(math.tanh(x), x),
    slopes=lambda y, x: (-2.0 * tanh(x) * y,),
    symbol="tanh′",
    javascript="x => 4 * sigmoid(2 * x) * sigmoid(-2 * x)",
    notation="tanh′({0})",
    latex=r"\tanh'\left(#1\right)",
    numpy="tanh_slope({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)

relu = Primitive(
    "relu",
    "max(0, x). Slope 0 at 0.",
    family="activation",
    value=lambda x: 0.0 if x < 0.0 else x,
    slopes=lambda y, x: (is_positive(x),),
    symbol="ReLU",
    javascript="x => (x < 0 ? 0 : x)",
    notation="ReLU({0})",
    latex=r"\mathrm{ReLU}\left(#1\right)",
    numpy="relu({0})",
    samples=((1.5,), (-2.0,)),
)

leaky_relu = Primitive(
    "leaky_relu",
    "max(0.01x, x). Slope 0.01 at 0.",
    family="activation",
    value=lambda x: 0.01 * x if x < 0.0 else x,
    slopes=lambda y, x: (0.01 + 0.99 * is_positive(x),),
    symbol="leaky ReLU",
    javascript="x => (x < 0 ? 0.01 * x : x)",
    notation="leakyReLU({0})",
    latex=r"\mathrm{leakyReLU}\left(#1\right)",
    numpy="leaky_relu({0})",
    samples=((1.5,), (-2.0,)),
)


def log_one_plus_exp(x: float) -> float:
    return (0.0 if x < 0.0 else x) + math.log1p(math.exp(-math.fabs(x)))


softplus = Primitive(
    "softplus",
    "log(1 + eˣ), accurate at both ends.",
    family="activation",
    value=log_one_plus_exp,
    slopes=lambda y, x: (sigmoid(x),),
    javascript="x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))",
    notation="softplus({0})",
    latex=r"\mathrm{softplus}\left(#1\right)",
    numpy="softplus({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)
silu = Primitive(
    "silu",
    "The sigmoid linear unit x σ(x), also called swish.",
    family="activation",
    value=lambda x: x * logistic(x) if x > -1000.0 else 0.0 if x <= -1000.0 else x,
    slopes=lambda y, x: (sigmoid(x) + x * sigmoid_slope(x),),
    textbook=lambda y, x: (sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x))),),
    symbol="SiLU",
    javascript="x => (x < -1000 ? 0 : x * sigmoid(x))",
    notation="SiLU({0})",
    latex=r"\mathrm{SiLU}\left(#1\right)",
    numpy="silu({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)


# Beyond ±40, x times the unit's share of it is x or 0 to the last bit.
_FAR = 40.0
# 2 √(2/π), and the cubic term, of the tanh form of gelu.
_STEEP = 1.5957691216057308
_CUBIC = 0.044715


def _gelu(x: float) -> float:
    if x < -_FAR or x > _FAR:
        return 0.0 if x < 0.0 else x
    return x * logistic(_STEEP * (x + _CUBIC * x * x * x))


def _gelu_slope(near: Any) -> Any:
    inside = _STEEP * (near + _CUBIC * near * near * near)
    steepness = _STEEP * (1.0 + 3.0 * _CUBIC * near * near)
    return sigmoid(inside) + near * sigmoid_slope(inside) * steepness


gelu = Primitive(
    "gelu",
    "The Gaussian error linear unit in its tanh form, x (1 + tanh(√(2/π)(x + 0.044715x³))) / 2.",
    family="activation",
    value=_gelu,
    slopes=lambda y, x: (_gelu_slope(minimum(maximum(x, -40.0), 40.0)),),
    textbook=lambda y, x: (_gelu_slope(x),),
    symbol="GELU",
    javascript="x => Math.max(x, -40) * sigmoid(1.5957691216057308 * (x + 0.044715 * x ** 3))",
    notation="GELU({0})",
    latex=r"\mathrm{GELU}\left(#1\right)",
    numpy="gelu({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)
elu = Primitive(
    "elu",
    "The exponential linear unit: x where x > 0, else eˣ − 1.",
    family="activation",
    value=lambda x: x if x > 0.0 else math.expm1(x),
    slopes=lambda y, x: (exp(minimum(x, 0.0)),),
    symbol="ELU",
    javascript="x => (x > 0 ? x : Math.expm1(x))",
    notation="ELU({0})",
    latex=r"\mathrm{ELU}\left(#1\right)",
    numpy="elu({0})",
    samples=((1.5,), (-2.0,)),
)
