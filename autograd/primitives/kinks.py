"""Functions with a kink or a jump, which slopes use where they would need a branch on data."""

from __future__ import annotations

import math

from autograd.primitives.row import Primitive

abs = Primitive(
    "abs",
    "The absolute value |x|. Slope 0 at 0.",
    family="kink",
    value=math.fabs,
    slopes=lambda y, x: (sign(x),),
    symbol="|x|",
    javascript="x => Math.abs(x)",
    notation="|{0}|",
    latex=r"\left|#1\right|",
    numpy="np.abs({0})",
    samples=((1.5,), (-2.0,)),
)

sign: Primitive = Primitive(
    "sign",
    "−1, 0 or 1. Slope 0 everywhere.",
    family="kink",
    value=lambda x: x if math.isnan(x) else float((x > 0.0) - (x < 0.0)),
    slopes=lambda y, x: (0.0,),
    javascript="x => Math.sign(x)",
    notation="sign({0})",
    latex=r"\mathrm{sign}\left(#1\right)",
    numpy="np.sign({0})",
    samples=((1.5,), (-2.0,)),
)

step: Primitive = Primitive(
    "step",
    "The threshold unit: 1 where x ≥ 0, else 0. Slope 0: it cannot be trained by gradients.",
    family="kink",
    value=lambda x: 1.0 if x >= 0.0 else 0.0 if x < 0.0 else x,  # the last x is nan
    slopes=lambda y, x: (0.0,),
    javascript="x => (x !== x ? x : x >= 0 ? 1 : 0)",
    notation="step({0})",
    latex=r"\mathrm{step}\left(#1\right)",
    numpy="step({0})",
    condition="{0} >= 0",
    samples=((1.5,), (-2.0,)),
)

is_positive: Primitive = Primitive(
    "is_positive",
    "1 where x > 0, else 0: the slope of ReLU. Slope 0 everywhere.",
    family="slope",
    value=lambda x: 1.0 if x > 0.0 else 0.0 if x <= 0.0 else x,  # the last x is nan
    slopes=lambda y, x: (0.0,),
    symbol="> 0",
    javascript="x => (x !== x ? x : x > 0 ? 1 : 0)",
    notation="({0} > 0)",
    latex=r"\left(#1 > 0\right)",
    numpy="is_positive({0})",
    condition="{0} > 0",
    samples=((1.5,), (-2.0,)),
)

where: Primitive = Primitive(
    "where",
    "where(condition, a, b): a where the condition is not 0, else b, whose slopes do not count.",
    family="kink",
    value=lambda condition, a, b: a if condition != 0.0 else b,
    slopes=lambda y, condition, a, b: (
        0.0,
        where(condition, 1.0, 0.0),
        where(condition, 0.0, 1.0),
    ),
    javascript="(condition, a, b) => (condition !== 0 ? a : b)",
    notation="where({0}, {1}, {2})",
    latex=r"\mathrm{where}\left(#1, #2, #3\right)",
    numpy="np.where({0}, {1}, {2})",
    samples=((1.0, 2.0, 3.0), (-2.0, 1.5, -0.5)),
)

stop_gradient = Primitive(
    "stop_gradient",
    "x itself, taken for a constant: slope 0.",
    family="slope",
    value=lambda x: x,
    slopes=lambda y, x: (0.0,),
    symbol="stop",
    javascript="x => x",
    notation="stop({0})",
    latex=r"\mathrm{stop}\left(#1\right)",
    numpy="stop_gradient({0})",
    samples=((1.5,), (-2.0,)),
)

# What cannot change with an input, however the slopes beyond it are: backward passes nothing
# through a slope of 0 of these, not even 0 · nan.
LEVEL = frozenset((sign, step, is_positive, where, stop_gradient))

maximum = Primitive(
    "maximum",
    "The larger of a and b. At a tie the slope goes to a.",
    family="kink",
    value=lambda a, b: a if a >= b or math.isnan(a) else b,
    slopes=lambda y, a, b: (step(a - b), 1.0 - step(a - b)),
    symbol="max",
    javascript="(a, b) => (a >= b || a !== a ? a : b)",
    notation="max({0}, {1})",
    latex=r"\max\left(#1, #2\right)",
    numpy="np.maximum({0}, {1})",
    samples=((2.0, 3.0), (1.5, -0.25)),
)

minimum = Primitive(
    "minimum",
    "The smaller of a and b. At a tie the slope goes to a.",
    family="kink",
    value=lambda a, b: a if a <= b or math.isnan(a) else b,
    slopes=lambda y, a, b: (step(b - a), 1.0 - step(b - a)),
    symbol="min",
    javascript="(a, b) => (a <= b || a !== a ? a : b)",
    notation="min({0}, {1})",
    latex=r"\min\left(#1, #2\right)",
    numpy="np.minimum({0}, {1})",
    samples=((2.0, 3.0), (1.5, -0.25)),
)
