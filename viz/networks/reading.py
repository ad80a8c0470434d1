"""Read a network with one example: its units, the loss, and the errors δ."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.derivatives import gradients
from autograd.operations import single
from autograd.primitives import (
    affine,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    dot,
    sigmoid,
    softmax_cross_entropy_with_logits,
    softmax_unit,
)
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.operations import Output

MOST_ROWS = 10  # units of a layer that are drawn; of a larger one the first and the last


class Unit(NamedTuple):
    """A circle: an input, or a neuron with its weighted sum z, bias and weights."""

    a: Value
    name: str
    z: Value | None = None
    bias: Value | None = None
    weights: Sequence[Value] = ()


class Column(NamedTuple):
    title: str
    units: list[Unit]

    def rows(self) -> list[int | None]:
        """The units that are drawn, top to bottom; None stands for those left out."""
        n = len(self.units)
        return list(range(n)) if n <= MOST_ROWS else [*range(MOST_ROWS - 2), None, n - 1]


class Work(NamedTuple):
    """A network at work on one example, in numbers that later changes of the model do not reach.

    Attributes:
        targets: what the outputs should be; none where there is no loss.
        slopes: the derivative of the loss by the weighted sum of each neuron, which is its error
            δ, and by its activation.
    """

    columns: list[Column]
    targets: list[Any]
    cost: Value | None
    slopes: dict[Value, float]


def read_network(
    model: Any,
    x: Sequence[float | Value],
    y: Any = None,
    loss: Callable[[Any, list[Value]], Output] | None = None,
) -> Work:
    """A model at work; the arguments and errors are those of :func:`viz.draw_network`."""
    if isinstance(y, (str, os.PathLike)):
        raise TypeError(
            f"y is the target of the example, a number or a list of them, not {os.fspath(y)!r}: "
            f"to save the picture, write path={os.fspath(y)!r}"
        )
    columns = _columns(model, x)
    if y is None:
        return Work(columns, [], None, {})
    loss = loss or getattr(getattr(model, "compiled", None), "loss", None)
    # A loss may have another form for a picture: K sigmoids have δ = a − y each, not a K-th of it.
    loss = getattr(loss, "drawn", loss) or _usual_loss
    cost = single(loss(y, [unit.a for unit in columns[-1].units]))
    return Work(columns, _as_list(y), cost, _slopes(columns, cost))


def _columns(model: Any, x: Sequence[float | Value]) -> list[Column]:
    """The units, layer by layer, as the model computes them from the inputs."""
    values = [v if isinstance(v, Value) else Value(v, f"x_{i}") for i, v in enumerate(x, 1)]
    inputs = [Unit(_copy(v), v.label or f"x_{i}") for i, v in enumerate(values, 1)]
    columns = [Column("", inputs)]
    for layer in getattr(model, "layers", [model]):
        outputs = layer(values) if callable(layer) else []
        neurons = getattr(layer, "neurons", [layer])  # a Dense gets them at its first call
        outputs = [outputs] if isinstance(outputs, Value) else list(outputs)
        flat = all(isinstance(a, Value) for a in outputs)
        if not (flat and all(hasattr(neuron, "weights") for neuron in neurons)):
            if flat and len(outputs) == len(values):  # such as dropout: nothing that could be drawn
                values = outputs
                continue
            raise TypeError(
                "a network is drawn by its layers, their neurons, and their weights, each unit "
                f"with one for all before it; {type(layer).__name__} has none of them: draw the "
                'loss with detail="layers"'
            )
        number_of_layer = len(columns)
        units = [
            Unit(
                a,
                a.label or f"a[{number_of_layer}]_{j}",
                _weighted_sum(a, neuron),
                None if neuron.bias is None else _copy(neuron.bias),
                [_copy(w) for w in neuron.weights],
            )
            for j, (a, neuron) in enumerate(zip(outputs, neurons, strict=True), 1)
        ]
        activation = getattr(layer, "activation", "")
        columns.append(Column(f"layer {number_of_layer}: {activation}".strip(": "), units))
        values = outputs
    return columns


def _copy(x: Value) -> Value:
    return Value(x.data, x.label)


def _weighted_sum(a: Value, neuron: Any) -> Value:
    """z, from which the activation a was computed; a itself where that is linear."""
    assert a.op is not None
    z = a
    while z.inputs and z.op not in (affine, dot):
        z = z.inputs[0]
    weights = tuple(neuron.weights)
    if z.inputs[: len(weights)] == weights:
        return z
    return a.inputs[0] if len(a.inputs) == 1 else a  # a sum that was written out


def _usual_loss(y: Any, outputs: list[Value]) -> Value:
    """The loss that goes with the activation of the outputs, so that δ = a − y for each."""
    targets = _as_list(y)
    if len(targets) != len(outputs):
        raise ValueError(f"there are {len(targets)} targets for {len(outputs)} outputs")
    likely = all(0.0 <= t <= 1.0 for t in targets)
    cost: Value
    if likely and all(a.op is softmax_unit for a in outputs):
        cost = softmax_cross_entropy_with_logits(targets, [a.inputs[0] for a in outputs])
    elif likely and all(a.op is sigmoid for a in outputs):
        cost = sum(map(_cross_entropy, targets, outputs))
    else:
        cost = sum(0.5 * (a - t) ** 2 for a, t in zip(outputs, targets, strict=True))
    return cost


def _cross_entropy(t: Any, a: Value) -> Any:
    """That of a sigmoid; from its logit where it has rounded to 0 or 1, which may cost ∞."""
    if 0.0 < a < 1.0:
        return binary_cross_entropy(t, a)
    return binary_cross_entropy_with_logits(t, a.inputs[0])


def _as_list(y: Any) -> list[Any]:
    return list(y) if hasattr(y, "__iter__") else [y]


def _slopes(columns: Sequence[Column], cost: Value) -> dict[Value, float]:
    """The derivative of the loss by the weighted sum and the activation of each neuron."""
    units = [unit for column in columns[1:] for unit in column.units]
    nodes = list(dict.fromkeys(chain.from_iterable((unit.z, unit.a) for unit in units)))
    inner = [node for node in nodes if node is not None]
    return dict(zip(inner, [slope.data for slope in gradients(cost, inner)], strict=True))
