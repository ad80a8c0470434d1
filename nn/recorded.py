"""The graph of one example of a model, with its leaves by name: what fit and predict run on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.value import Given
from nn.arguments import shown
from nn.holder import applied

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program
    from nn.data import Array
    from nn.module import Module


class Parameters:
    """The parameters of a model as named arrays in which each Value has one place.

    A Value that is in several places, such as a bias that the units of a layer share, is
    listed where it comes first.

    Attributes:
        named: name to Value, or nested lists of Values.
        values: all of them, in that order.
    """

    def __init__(self, model: Module) -> None:
        from autograd.vectorizer.recording.leaves import each_once

        self.named = each_once(model.named_parameters())
        self.values = flattened(list(self.named.values()))

    def names(self) -> dict[Value, str]:
        """The name of the array that holds each Value."""
        return {value: name for name, nested in self.named.items() for value in flattened(nested)}

    def read(self, program: Program) -> None:
        """Set the arrays of a program to what the Values hold."""
        import numpy as np

        numbers = np.array([v.data for v in self.values], float)
        start = 0
        for key, array in program.parameters.items():
            stop = start + array.size
            program.parameters[key] = numbers[start:stop].reshape(array.shape)
            start = stop

    def write(self, numbers: Sequence[float]) -> None:
        """Set the Values to these numbers."""
        for value, number in zip(self.values, numbers, strict=True):
            value.data = number


class Recorded:
    """The graph of one example.

    Attributes:
        x: the inputs, nested lists of leaves in the shape of an example.
        outputs: what the model made of them, a list or nested lists.
        y: the targets, as many leaves as there are outputs; none without a loss.
        loss: the loss of the example; in training with the penalty on large weights, if any.
        masks: in training, the leaves that the outputs of a layer are multiplied by, and
            that layer, which is a Dropout.
    """

    loss: Value

    def __init__(self, model: Module, x: Array, *, training: bool = False) -> None:
        self.x = _leaves(x, "x")
        self._x = flattened(self.x)
        self.y: list[Value] = []
        self.masks: list[tuple[list[Value], Any]] = []
        if not training:
            self.outputs = as_outputs(model, applied(model, self.x))
            return
        with model.in_training():
            self.outputs = as_outputs(model, applied(model, self.x))
        dropouts: list[Any] = [each for each in model.modules() if getattr(each, "mask", None)]
        self.masks = [(dropout.mask, dropout) for dropout in dropouts]

    def cost(self, loss: Any, y: Any, penalty: Value | None = None) -> None:
        """Record the loss beside the outputs, for these targets."""
        if not all(isinstance(a, Value) for a in self.outputs):
            raise TypeError(
                "a loss takes one list of outputs, and this model returns lists in a list: put "
                "Flatten() at its end"
            )
        numbers = [f"_{k}" for k in range(1, len(y) + 1)] if len(y) > 1 else [""]
        self.y = [Given(float(each), f"y{k}") for each, k in zip(y, numbers, strict=True)]
        self.loss = loss.of_example(self.y, self.outputs)
        if penalty is not None:
            self.loss = self.loss + penalty
            self.loss.label = "J"

    def set(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Put another example into the leaves."""
        for leaf, number in zip(self._x, x, strict=True):
            leaf.data = number
        for leaf, number in zip(self.y, y, strict=True):
            leaf.data = number


def flattened(nested: Any) -> list[Value]:
    """The Values in nested lists, row by row."""
    if isinstance(nested, Value):
        return [nested]
    return [value for each in nested for value in flattened(each)]


def as_outputs(model: Any, outputs: Any) -> list[Value]:
    """What a model returned, as a list of Values.

    Raises:
        TypeError: it is something else.
    """
    found: Any = [outputs] if isinstance(outputs, Value) else outputs
    if not isinstance(found, list) or not found or not _holds_only_values(found):
        raise TypeError(
            f"{type(model).__name__} returns a Value or a list of Values for one example, not "
            f"{shown(outputs)}"
        )
    return found


def _holds_only_values(items: list[Any]) -> bool:
    return all(
        _holds_only_values(each) if isinstance(each, list) else isinstance(each, Value)
        for each in items
    )


def _leaves(numbers: Any, label: str) -> Any:
    """Nested lists of leaves x_1, x_2, …, in the shape of an array."""
    if numbers.ndim == 0:
        return Value(float(numbers), label)
    separator = "," if "_" in label else "_"
    return [_leaves(each, f"{label}{separator}{i}") for i, each in enumerate(numbers, 1)]
