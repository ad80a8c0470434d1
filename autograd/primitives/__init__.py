"""The table: one row per operation, with its value, its slopes and the ways to write it.

Everything else in glassgrad is derived from this table. Evaluated on floats, the slopes give
``backward()``; evaluated on Values, they give derivatives that can be differentiated again; the
notations become formulas in pictures. A new operation is one new row.

The rules of the table:

1. ``slopes(y, *inputs)`` returns one partial derivative per input; ``y`` is the output.
2. Slopes are written with operators and rows of this table, never with ``math``. So they
   run on floats and on Values alike, and the table is closed under differentiation. Where
   a branch on data would be needed they use rows that branch, such as ``step`` and ``where``.
3. What would be inaccurate when composed has its own row: a(1 − a) is 0 where σ has
   rounded to 1, ``sigmoid_slope`` is not. ``textbook`` keeps what lectures write.
4. ``value`` takes and returns floats and raises what Python raises: ``log(0)`` is a
   ValueError, ``1 / 0`` a ZeroDivisionError, ``exp(1000)`` an OverflowError. A nan among the
   inputs gives nan, except for ``x ** 0`` and ``1 ** x``, which Python defines as 1 even for nan,
   and for the branch that ``where`` does not take.
5. Where a value exists but a slope does not (``sqrt`` at 0), ``slopes`` raises or gives nan.

Rows whose names are long sums (``total``, ``dot``, ``affine``, the cross-entropies) are one
node in a graph, as on a slide. Their inputs are stored flat, in the order of the arguments.
"""

from __future__ import annotations

from autograd.primitives.activations import (
    elu,
    gelu,
    leaky_relu,
    relu,
    sigmoid,
    sigmoid_slope,
    silu,
    softplus,
    tanh,
    tanh_slope,
)
from autograd.primitives.arithmetic import (
    add,
    constant,
    divide,
    multiply,
    negative,
    power_constant,
    subtract,
)
from autograd.primitives.elementary import (
    arccos,
    arcsin,
    arctan,
    arctan2,
    cos,
    cosh,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    log2,
    log10,
    sin,
    sinh,
    sqrt,
    tan,
)
from autograd.primitives.kinks import (
    LEVEL,
    abs,
    is_positive,
    maximum,
    minimum,
    sign,
    step,
    stop_gradient,
    where,
)
from autograd.primitives.logits import (
    log_softmax,
    log_softmax_unit,
    logsumexp,
    softmax,
    softmax_error,
    softmax_unit,
)
from autograd.primitives.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    sigmoid_error,
    softmax_cross_entropy_with_logits,
)
from autograd.primitives.powers import (
    log_or_nan,
    power,
    power_or_nan,
    xdivy,
    xlogy,
)
from autograd.primitives.row import (
    BUILT_IN,
    CALL,
    FLOATS,
    POWER,
    PRODUCT,
    QUOTIENT,
    SUM,
    TABLE,
    Primitive,
    complete,
)
from autograd.primitives.sums import (
    affine,
    dot,
    total,
)

# From here on, a new row is one of a user.
complete()
