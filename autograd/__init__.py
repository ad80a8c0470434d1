"""A scalar autograd engine: numbers that remember how they were made, and their derivatives."""

from __future__ import annotations

from autograd.compiled import engine
from autograd.primitives import (
    abs,
    affine,
    arccos,
    arcsin,
    arctan,
    arctan2,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cos,
    cosh,
    dot,
    elu,
    exp,
    expm1,
    gelu,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    relu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softmax,
    softmax_cross_entropy_with_logits,
    softplus,
    sqrt,
    step,
    stop_gradient,
    tan,
    tanh,
    total,
    where,
)
from autograd.value import Value

# What not every program uses is imported at its first use: some of it takes long to import.
_IMPORTED_LATER = {
    "GradientError": "autograd.checking",
    "assert_gradients": "autograd.checks",
    "check_gradients": "autograd.checks",
    "count_steps": "autograd.counting",
    "gradcheck": "autograd.checking",
    "gradients": "autograd.derivatives",
    "hessian": "autograd.derivatives",
    "trace": "autograd.tracing",
    "unfold": "autograd.unfolding",
    "vectorize": "autograd.vectorizer",
}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.checking import GradientError, gradcheck
    from autograd.checks import assert_gradients, check_gradients
    from autograd.counting import count_steps
    from autograd.derivatives import gradients, hessian
    from autograd.tracing import trace
    from autograd.unfolding import unfold
    from autograd.vectorizer import vectorize

__all__ = [
    "GradientError",
    "Value",
    "abs",
    "affine",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "assert_gradients",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "check_gradients",
    "cos",
    "cosh",
    "count_steps",
    "dot",
    "elu",
    "engine",
    "exp",
    "expm1",
    "gelu",
    "gradcheck",
    "gradients",
    "hessian",
    "hypot",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
    "relu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softplus",
    "sqrt",
    "step",
    "stop_gradient",
    "tan",
    "tanh",
    "total",
    "trace",
    "unfold",
    "vectorize",
    "where",
]


def __getattr__(name: str) -> Any:
    if name not in _IMPORTED_LATER:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    from importlib import import_module

    function = globals()[name] = getattr(import_module(_IMPORTED_LATER[name]), name)
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # those that are imported later too
