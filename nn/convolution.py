"""Conv1D and Flatten: convolution over a signal, and nested rows joined into one list."""

from __future__ import annotations

from random import Random
from typing import Any

from autograd import Value, softmax
from nn.activations import Activation, activation_name
from nn.arguments import as_count, as_values, depth, holds_values
from nn.dense import require_classes
from nn.holder import flat
from nn.initializers import Initializer, initial_weights
from nn.neuron import Neuron, Part
from nn.outputs import Outputs
from nn.regularizers import Regularizer, as_regularizer


class Conv1D(Part):
    """Convolution in one dimension: filters slide over a signal, a stride at each step.

    A filter is a Neuron with one weight for each number in its window; all steps share it.
    The input is a list of numbers, or of rows with one number per channel. The output has a row
    per step, with one number per filter. There are (n − kernel_size) // strides + 1 steps, none
    of which extends beyond an end of the signal.

    >>> conv = Conv1D(filters=1, kernel_size=20, strides=10, seed=1)
    >>> len(conv([0.0] * 100)), len(conv.parameters())
    (9, 21)

    Args:
        filters: how many filters there are.
        kernel_size: the length of the window.
        strides: how far it moves from step to step.
        activation, use_bias, kernel_regularizer, initializer, seed: as for Dense.
        input_shape: the number of steps, or a pair (steps, channels), to have the weights before
            the first call.

    Attributes:
        neurons: the filters; the weights of one go step by step, in each channel by channel.

    Raises:
        TypeError, ValueError: a count below 1, or an unknown name.
    """

    n_inputs: int | None = None
    neurons: list[Neuron]
    number: int | None = None

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        *,
        activation: Activation | None = "linear",
        use_bias: bool = True,
        kernel_regularizer: Regularizer | None = None,
        input_shape: Any = None,
        initializer: str | Initializer = "glorot",
        seed: int | Random | None = None,
    ) -> None:
        self.filters = as_count("filters", filters)
        self.kernel_size = as_count("kernel_size", _only(kernel_size))
        self.strides = as_count("strides", _only(strides))
        self.activation = activation_name(activation)
        self._asked = "linear" if self.activation == "softmax" else activation
        if self.activation == "softmax":
            require_classes(self.filters)
        self.use_bias = bool(use_bias)
        self.kernel_regularizer = as_regularizer(kernel_regularizer)
        self.initializer, self.seed = initializer, seed
        self.input_shape = None if input_shape is None else _signal(input_shape)
        self.channels: int | None = None
        self.neurons = []

    def build(self, shape: Any) -> tuple[int, int]:
        """Draw the weights for signals of this shape, if there are none yet; the outputs' shape.

        Raises:
            ValueError: the signal is shorter than the window, or has not one row per step, or
                as many channels as the weights were drawn for.
        """
        steps, channels = _signal(shape)
        if steps < self.kernel_size:
            raise ValueError(
                f"Conv1D looks at {self.kernel_size} steps at a time: a signal of {steps} is too "
                "short"
            )
        if not self.neurons:
            size = self.kernel_size * channels
            rows = initial_weights(self.initializer, size, self.filters, self.seed)
            for k, weights in enumerate(rows, 1):
                neuron = Neuron.__new__(Neuron)
                neuron.activation = self._asked
                neuron._fill(weights, 0.0 if self.use_bias else None, self._place(k))
                self.neurons.append(neuron)
            self.channels = channels
        if channels != self.channels:
            raise ValueError(f"Conv1D takes signals of {self.channels} channels, not {channels}")
        return (steps - self.kernel_size) // self.strides + 1, self.filters

    def forward(self, inputs: Any) -> list[list[Value]]:
        """A row per step with the activations of the filters.

        Raises:
            TypeError: an input is neither a number nor a Value.
            ValueError: as :meth:`build`.
        """
        rows = [row if isinstance(row, list) else [row] for row in as_values(inputs)]
        if len({len(row) for row in rows}) > 1:
            raise ValueError("the rows of a signal have one number per channel, all as many")
        steps, _ = self.build((len(rows), len(rows[0])) if rows else (0, 1))
        outputs: list[list[Value]] = []
        for t in range(steps):
            window = flat(rows[t * self.strides : t * self.strides + self.kernel_size])
            places = [self._place(f"{t + 1},{k}") for k in range(1, self.filters + 1)]
            if self.filters == 1:
                places = [self._place(t + 1)]
            units = [f._at(window, at) for f, at in zip(self.neurons, places, strict=True)]
            if self.activation == "softmax":
                units = softmax(units)
                for a, place in zip(units, places, strict=True):
                    a.label = f"a{place}"
            outputs.append(Outputs(units))
        return outputs

    def _place(self, unit: Any) -> str:
        return f"{'' if self.number is None else f'[{self.number}]'}_{unit}"

    def _example_depth(self, inputs: Any) -> int:
        channels = self.channels or (self.input_shape[1] if self.input_shape else None)
        if channels is None:  # rows of Values are what another Conv1D returned
            return 2 if holds_values(inputs) else 1
        return 2 if channels > 1 or (depth(inputs) == 2 and len(inputs[0]) == 1) else 1

    def _prepare(self) -> bool:
        missing = not self.neurons
        if missing:
            if self.input_shape is None:
                raise ValueError(
                    f"{self!r} has no weights yet, since it does not know how many channels it "
                    "takes: call the model with an example, or write model.build((steps, channels))"
                )
            self.build(self.input_shape)
        return missing

    def _number_from(self, number: int) -> None:
        before, self.number = [self._place(k) for k in range(1, self.filters + 1)], number
        for k, (neuron, place) in enumerate(zip(self.neurons, before, strict=False), 1):
            if neuron._unit == place:
                neuron._rename(self._place(k))

    def _kernels(self) -> list[Value]:
        return [w for neuron in self.neurons for w in neuron.weights]

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        others = super()._named(seen).items()
        named: dict[str, Any] = {"W": [neuron.weights for neuron in self.neurons]}
        if self.use_bias:
            named["b"] = [neuron.bias for neuron in self.neurons]
        return named | {name: p for name, p in others if not name.startswith("neurons.")}

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        window = f"{self.kernel_size} × {self.channels}" if self.channels else "?"
        parameters = str(len(self.parameters()))
        return [(f"{name} Conv1D".strip(), window, str(self.filters), self.activation, parameters)]

    def __repr__(self) -> str:
        sizes = f"{self.filters}, {self.kernel_size}, strides={self.strides}"
        bias = "" if self.use_bias else ", use_bias=False"
        return f"Conv1D({sizes}, activation={self.activation!r}{bias})"


class Flatten(Part):
    """The numbers of nested rows as one list, as between a Conv1D and a Dense.

    >>> [a.data for a in Flatten()([[1, 2], [3, 4]])]
    [1.0, 2.0, 3.0, 4.0]

    Args:
        input_shape: that of one example, if it comes first in a model, as in (28, 28).
    """

    n_inputs = None

    def __init__(self, *, input_shape: Any = None) -> None:
        self.input_shape = input_shape

    def forward(self, inputs: Any) -> list[Value]:
        """The Values of all rows.

        Raises:
            TypeError: an input is neither a number nor a Value.
        """
        return Outputs(flat(as_values(inputs)))

    def build(self, shape: Any) -> int:
        """How many numbers inputs of this shape are."""
        size = 1
        for length in shape if isinstance(shape, (tuple, list)) else (shape,):
            size *= as_count("the length of an axis", length)
        return size

    def _example_depth(self, inputs: Any) -> int:
        if isinstance(self.input_shape, (tuple, list)):
            return len(self.input_shape)
        return max(1, depth(inputs) - 1) if depth(inputs) > 2 else depth(inputs)

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        return [(f"{name} Flatten".strip(), "", "", "", "0")]

    def _count(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "Flatten()"


def _only(size: Any) -> Any:
    """Keras writes sizes of one dimension as a number or a tuple of one."""
    return size[0] if isinstance(size, (tuple, list)) and len(size) == 1 else size


def _signal(shape: Any) -> tuple[int, int]:
    """Steps and channels, of a number of steps, (steps,) or (steps, channels)."""
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not 1 <= len(sizes) <= 2:
        raise ValueError(f"Conv1D takes (steps, channels), not inputs of shape {sizes}")
    steps, channels = (*sizes, 1)[:2]
    return as_count("steps", steps), as_count("channels", channels)
