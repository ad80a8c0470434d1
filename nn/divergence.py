"""Divergence: the error that fit raises when the loss becomes nan or infinite."""

from __future__ import annotations

import copy
import math
import re
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.backprop import topological_order
from autograd.operations import compute

if TYPE_CHECKING:
    from nn.engines import StepError
    from nn.history import History
    from nn.recorded import Parameters, Recorded


class DivergenceError(ArithmeticError):
    """Training was stopped: the loss, a gradient or a weight became nan or infinite.

    The model keeps the weights from before that step. ``viz.draw(error)`` draws the example with
    which it happened, and marks the place.

    Attributes:
        history: of the epochs before.
        epoch, step: the epoch, and the step within it; both are counted from 1.
        example: the row of X, counted from 0.
        output: the loss of that example, recorded, with the weights that went too far.
        notes: a description of what is wrong, at the first Value that is wrong.
    """

    history: History
    epoch: int
    step: int
    example: int
    output: Value
    notes: dict[Value, list[str]]


def diverged(
    failure: StepError,
    history: History,
    trainer: Any,
    weights: Any,
    recorded: Recorded,
    parameters: Parameters,
) -> DivergenceError:
    """The error, with the graph of the example that shows what happened."""
    trainer.write(weights)
    row, value = _first(failure, trainer, recorded)
    output = recorded.loss
    order = topological_order(output)
    twin = dict(zip(order, topological_order(copied := copy.deepcopy(output)), strict=True))
    where = ""
    notes: dict[Value, list[str]] = {}
    if value is not None:
        inside = value in topological_order(*recorded.outputs)
        where = f", first in {'' if inside else 'the loss, behind '}{_place(value, parameters)}"
        notes[twin[value]] = ["no number, from here on"]
    epoch, step = history.epochs + 1, failure.step
    lines = [
        f"{failure} in epoch {epoch}, step {step}, with the example X[{row}]{where}",
        "training has stopped, and the model keeps its last good weights",
        "what usually helps: a smaller learning_rate, inputs scaled to about -1 … 1, clipnorm=1.0 "
        "in the optimizer, a loss from logits",
        "to look at that example: viz.draw(error)",
    ]
    error = DivergenceError("\n  ".join(lines))
    error.history, error.epoch, error.step, error.example = history, epoch, step, row
    error.output, error.notes = copied, notes
    return error


def _first(failure: StepError, trainer: Any, recorded: Recorded) -> tuple[int, Value | None]:
    """The example of the batch in which a number is none, and the first such Value of it.

    Where all numbers of the forward pass exist, the example with the largest loss.
    """
    order = [node for node in topological_order(recorded.loss) if node.inputs]
    largest, worst = -math.inf, 0
    for i, row in enumerate(map(int, failure.rows)):
        trainer.show(row, failure.masks, i)
        value = _recompute(order)
        if value is not None:
            return row, value
        if recorded.loss.data > largest:
            largest, worst = recorded.loss.data, i
    trainer.show(failure.rows[worst], failure.masks, worst)
    _recompute(order)
    return int(failure.rows[worst]), None


def _recompute(order: list[Value]) -> Value | None:
    """Recompute a graph to its end, also past what has no value; the first Value that has none."""
    first = None
    for node in order:
        assert node.op is not None
        try:
            node.data, node.partials = compute(node.op, node.inputs)
        except (ArithmeticError, ValueError) as error:
            node.data = value_for(error)
            node.partials = (math.nan,) * len(node.inputs)
        if first is None and not math.isfinite(node.data):
            first = node
    return first


def value_for(error: Exception) -> float:
    """What stands for the value of an operation that has none: ∞ where it would be too large."""
    return math.inf if isinstance(error, OverflowError) else math.nan


def _place(value: Value, parameters: Parameters) -> str:
    """In which layer a Value is computed, by the parameters nearest to it."""
    names = parameters.names()
    level = [value]
    while level:
        found = [names[x] for node in level for x in node.inputs if x in names]
        if found:
            near = list(dict.fromkeys(found))
            layer = re.fullmatch(r"W(\d+)", near[0])
            told = f"layer {layer[1]} ({', '.join(near)})" if layer else ", ".join(near)
            named = f", where {value.label} is {value.data}" if value.label else ""
            return f"{told}{named}"
        level = [x for node in level for x in node.inputs if x.inputs]
    return f"{value.label or 'a number'}, which is {value.data}"
