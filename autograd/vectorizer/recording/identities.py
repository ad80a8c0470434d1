"""Identities: what a learner wrote in several steps, and the table has as one row.

The cross-entropy of a = σ(z) can be computed from z alone, which is shorter, and right where a
is no float any more: at z = −800 and y = 1 it is 800, while log a has no value. So it is with the
logarithm of σ and of softmax by themselves. The loss may be a row of the table or be written with
two logarithms, as lectures do: −(y log a + (1 − y) log(1 − a)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd.backprop import topological_order
from autograd.primitives import (
    add,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    constant,
    log,
    log_softmax_unit,
    multiply,
    negative,
    sigmoid,
    softmax_unit,
    softplus,
    subtract,
)
from autograd.value import Value, recorded

# A target and its logarithm have at most so many signs and factors, one after the other.
DEEP = 6


def simplified(order: Sequence[Value]) -> dict[Value, Value]:
    """Each Value of a graph, in topological order, with the one that takes its place.

    >>> y, z = Value(1, "y"), Value(2, "z")
    >>> a = sigmoid(z)
    >>> loss = -y * log(a) - (1 - y) * log(1 - a)
    >>> simplified(topological_order(loss))[loss].op
    <primitive binary_cross_entropy_with_logits>
    """
    losses = _replaced(order, _cross_entropy)
    logarithms = _replaced(topological_order(*losses.values()), _logarithm)
    return {value: logarithms[loss] for value, loss in losses.items()}


def _replaced(
    order: Sequence[Value], identity: Callable[[Value], Value | None]
) -> dict[Value, Value]:
    found: dict[Value, Value] = {}
    for value in order:
        inputs = tuple([found[x] for x in value.inputs])
        same = value
        if inputs != value.inputs:
            assert value.op is not None
            same = recorded(value.op, inputs)
        found[value] = identity(same) or same
    return found


# --- cross-entropies ---


class _Weighted(NamedTuple):
    """(fixed + varying · y) times the logarithm of a probability σ(z), or of 1 − σ(z)."""

    fixed: float
    varying: float
    y: Value | None
    z: Value | None = None
    rest: bool = False

    def times(self, factor: float) -> _Weighted:
        return self._replace(fixed=factor * self.fixed, varying=factor * self.varying)

    def times_weight(self, weight: _Weighted) -> _Weighted | None:
        if self.varying and weight.varying:
            return None
        return self._replace(
            fixed=self.fixed * weight.fixed,
            varying=self.fixed * weight.varying + self.varying * weight.fixed,
            y=self.y if weight.y is None else weight.y,
        )


def _cross_entropy(value: Value) -> Value | None:
    if value.op is binary_cross_entropy and value.inputs[1].op is sigmoid:
        y, a = value.inputs
        return recorded(binary_cross_entropy_with_logits, (y, *a.inputs))
    if value.op is not add and value.op is not subtract:
        return None
    one, other = map(_weighted, value.inputs)
    if one is None or other is None or one.z is not other.z or one.rest == other.rest:
        return None
    if value.op is subtract:
        other = other.times(-1.0)
    first, second = (other, one) if one.rest else (one, other)
    k = -(first.fixed + second.fixed)  # of −k (y log a + (1 − y) log(1 − a))
    balanced = k != 0.0 and first.varying == -second.varying and first.y is second.y
    target = _target(first, k) if balanced else None
    if target is None:
        return None
    assert first.z is not None
    loss: Value = recorded(binary_cross_entropy_with_logits, (target, first.z))
    return loss if k == 1.0 else k * loss


def _target(first: _Weighted, k: float) -> Value | None:
    """The target y whose weight −k y is, or a number y between 0 and 1; None if there is none."""
    if first.varying:
        return first.y if first.fixed == 0.0 and first.varying == -k else None
    y = -first.fixed / k
    return Value.constant(y) if 0.0 <= y <= 1.0 else None


def _weighted(value: Value, deep: int = DEEP) -> _Weighted | None:
    """The value as a weighted logarithm, if it is one."""
    if not deep:
        return None
    if value.op is log:
        a, rest = value.inputs[0], False
        if a.op is subtract and a.inputs[0].op is constant and a.inputs[0].data == 1.0:
            a, rest = a.inputs[1], True
        return _Weighted(1.0, 0.0, None, a.inputs[0], rest) if a.op is sigmoid else None
    if value.op is negative:
        inner = _weighted(value.inputs[0], deep - 1)
        return inner and inner.times(-1.0)
    if value.op is multiply:
        for factor, logarithm in (value.inputs, value.inputs[::-1]):
            inner = _weighted(logarithm, deep - 1)
            weight = None if inner is None else _weight(factor)
            if inner is not None and weight is not None:
                return inner.times_weight(weight)
    return None


def _weight(value: Value, deep: int = DEEP) -> _Weighted | None:
    """The value as a number plus a multiple of a target, which is a leaf."""
    if not deep:
        return None
    if value.op is constant:
        return _Weighted(value.data, 0.0, None)
    if not value.inputs:
        return _Weighted(0.0, 1.0, value)
    if value.op is negative:
        inner = _weight(value.inputs[0], deep - 1)
        return inner and inner.times(-1.0)
    if value.op is multiply:
        one, other = [_weight(x, deep - 1) for x in value.inputs]
        return None if one is None or other is None else one.times_weight(other)
    if value.op is subtract and value.inputs[0].op is constant and not value.inputs[1].inputs:
        return _Weighted(value.inputs[0].data, -1.0, value.inputs[1])
    return None


# --- logarithms ---


def _logarithm(value: Value) -> Value | None:
    if value.op is not log:
        return None
    a = value.inputs[0]
    if a.op is sigmoid:
        return negative(softplus(negative(a.inputs[0])))  # type: ignore[no-any-return]
    if a.op is softmax_unit:
        return recorded(log_softmax_unit, a.inputs)
    if a.op is subtract and a.inputs[0].op is constant and a.inputs[0].data == 1.0:
        b = a.inputs[1]
        return negative(softplus(b.inputs[0])) if b.op is sigmoid else None
    return None
