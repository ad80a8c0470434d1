"""Regularisers: penalties on large weights, added to the loss in training.

A custom regulariser is a function ``(weights, m)`` to a Value, where the weights are the Values of
a layer, without its biases, and m is the number of examples in the training set::

    def L1(weights, m):
        return 0.01 * total([w.abs() for w in weights])

    Dense(25, activation="relu", kernel_regularizer=L1)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, total
from nn.arguments import as_count, as_number, shown

Regularizer = Callable[[Sequence[Value], int], Value]


def as_regularizer(given: Any) -> Regularizer | None:
    """A regulariser as a layer takes it.

    Raises:
        TypeError: it is neither None nor a function of weights and m.
    """
    if given is None or (callable(given) and not isinstance(given, type)):
        return given
    raise TypeError(
        "kernel_regularizer is a function of the weights and m, such as nn.L2(0.1), not "
        f"{shown(given)}"
    )


class L2:
    """λ/2m Σ w², as in the lectures: its gradient adds λ/m w, the decay of the weights.

    >>> w = Value(3)
    >>> penalty = L2(0.5)([w, Value(1)], m=10)
    >>> penalty.data  # 0.5 / 20 × (9 + 1)
    0.25
    >>> penalty.backward()
    >>> round(w.grad, 12)  # 0.5 / 10 × 3
    0.15

    Keras computes λ Σ w² instead, whatever the size of the training set: that is
    ``L2(λ, per_example=False)``.

    Args:
        rate: λ, at least 0.
        per_example: whether the sum is divided by 2m.

    Raises:
        TypeError, ValueError: λ is not a number, or negative or not finite.
    """

    def __init__(self, rate: float = 0.01, *, per_example: bool = True) -> None:
        self.rate = as_number("the rate of L2", rate, 0.0)
        self.per_example = per_example

    def __call__(self, weights: Sequence[Value], m: int) -> Value:
        scale = self.rate / (2 * as_count("m", m)) if self.per_example else self.rate
        penalty: Value = scale * total([w**2 for w in weights])
        return penalty

    def __repr__(self) -> str:
        return f"L2({self.rate:g}{'' if self.per_example else ', per_example=False'})"
