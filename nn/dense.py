"""Layer and Dense: neurons that share their inputs."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from random import Random
from typing import Any, Self

from autograd import Value, softmax
from autograd.operations import single
from nn.activations import Activation, activation_name
from nn.arguments import as_count, as_inputs, as_list, as_value
from nn.holder import applied
from nn.initializers import Initializer, initial_weights
from nn.neuron import Neuron, Part, made
from nn.outputs import Outputs
from nn.regularizers import Regularizer, as_regularizer


class Layer(Part):
    """Neurons that share their inputs. It always returns a list, one Value per unit.

    >>> layer = Layer.from_weights([[1, -2], [-1, 1]], [1, 0], activation="sigmoid")
    >>> [round(a.data, 2) for a in layer([1, -1])]
    [0.98, 0.12]

    Args:
        n_inputs: how many numbers it takes.
        n_units: how many neurons it has.
        activation: as for a Neuron, or "softmax" over the units; one for the whole layer.
        initializer: as for a Neuron.
        use_bias: as for a Neuron.
        kernel_regularizer: what large weights cost in training, such as ``nn.L2(0.01)``.
        seed: as for a Neuron.
        number: its place in a network; with it the labels are z[1]_2, without it z_2.

    Attributes:
        neurons: the Neurons, in order. They may be replaced: each applies its own activation.
        activation: the name of the activation of all neurons, or the names of theirs; it may be
            assigned.

    Raises:
        TypeError, ValueError: a number of inputs or units below 1, an unknown name, or softmax
            over one unit, which is always 1.
    """

    neurons: list[Neuron]
    kernel_regularizer: Regularizer | None = None
    _softmax = False
    number: int | None = None

    def __init__(
        self,
        n_inputs: int,
        n_units: int,
        *,
        activation: Activation | None = "linear",
        initializer: str | Initializer = "glorot",
        use_bias: bool = True,
        kernel_regularizer: Regularizer | None = None,
        seed: int | Random | None = None,
        number: int | None = None,
    ) -> None:
        n_inputs, n_units = as_count("n_inputs", n_inputs), as_count("n_units", n_units)
        weights = initial_weights(initializer, n_inputs, n_units, seed)
        self.kernel_regularizer = as_regularizer(kernel_regularizer)
        self._fill(weights, [0.0 if use_bias else None] * n_units, activation, number)

    @classmethod
    def from_weights(
        cls,
        weights: Iterable[Iterable[Any]],
        biases: Any = None,
        *,
        activation: Activation | None = "linear",
        use_bias: bool = True,
        number: int | None = None,
    ) -> Self:
        """A layer with weights given by hand, one row of them per unit, as numbers or Values.

        The biases are a list, one per unit; or one number or Value that all units share.

        Raises:
            TypeError: a weight or a bias is neither a number nor a Value.
            ValueError: there are no units, rows differ in length, or the biases are not as
                many as the units.
        """
        rows = [as_list("a row of weights", row) for row in as_list("weights", weights)]
        if not rows:
            raise ValueError("a layer needs at least one unit, with a row of weights each")
        if len({len(row) for row in rows}) > 1:
            lengths = ", ".join(str(len(row)) for row in rows)
            raise ValueError(f"the rows of weights must have the same length, not {lengths}")
        layer = cls._of_size(max(1, len(rows[0])), len(rows))
        if not use_bias and biases is None:
            biases = [None] * len(rows)
        elif isinstance(biases, (Real, Value)):
            biases = [as_value(biases, f"b{_of_layer(number)}")] * len(rows)
        biases = as_list("biases", biases)
        if len(biases) != len(rows):
            raise ValueError(
                f"{len(rows)} units take {len(rows)} biases, not {len(biases)}: "
                "give one per unit, or one number for all"
            )
        layer._fill(rows, biases, activation, number)
        return layer

    @classmethod
    def _of_size(cls, n_inputs: int, n_units: int) -> Self:
        return made(cls, n_inputs, n_units)

    def _fill(
        self,
        weights: list[list[Any]],
        biases: list[Any],
        activation: Activation | None,
        number: int | None,
    ) -> None:
        neurons = []
        for i, (row, bias) in enumerate(zip(weights, biases, strict=True), 1):
            neuron = Neuron.__new__(Neuron)
            neuron.activation = "linear"
            neuron._fill(row, bias, f"{_of_layer(number)}_{i}")
            neurons.append(neuron)
        self.number = number
        self.neurons = neurons
        self.activation = activation

    @property
    def n_inputs(self) -> int | None:  # type: ignore[override]
        return self.neurons[0].n_inputs if self.neurons else None

    @property
    def activation(self) -> str:
        if self._softmax:
            return "softmax"
        return ", ".join(dict.fromkeys(neuron.activation for neuron in self.neurons))

    @activation.setter
    def activation(self, activation: Activation | None) -> None:
        # Softmax looks at all units at once, so it is the layer's and no neuron's.
        is_softmax = activation_name(activation) == "softmax"
        if is_softmax:
            require_classes(len(self.neurons), self.number)
        for neuron in self.neurons:
            neuron.activation = "linear" if is_softmax else activation
        self._softmax = is_softmax

    def forward(self, inputs: Iterable[Any]) -> list[Value]:
        """The activations of one example, one per unit.

        Raises:
            TypeError: an input is neither a number nor a Value.
            ValueError: there are more or fewer inputs than each unit has weights.
        """
        values = as_inputs(self, inputs)
        outputs = [
            neuron._at(values) if neuron.is_plain(values) else single(applied(neuron, values))
            for neuron in self.neurons
        ]
        if self._softmax:
            require_classes(len(outputs), self.number)
            outputs = softmax(outputs)
            for i, a in enumerate(outputs, 1):
                a.label = f"a{_of_layer(self.number)}_{i}"
        return Outputs(outputs)

    def build(self, shape: Any) -> int:
        """Refuse inputs of another width, and return the number of units."""
        width = flat_width(self, shape)
        if width != self.n_inputs:
            raise ValueError(f"{type(self).__name__} takes {self.n_inputs} inputs, not {width}")
        return len(self.neurons)

    def _number_from(self, number: int) -> None:
        for i, neuron in enumerate(self.neurons, 1):
            if neuron._unit == f"{_of_layer(self.number)}_{i}":
                neuron._rename(f"{_of_layer(number)}_{i}")
        self.number = number

    def _kernels(self) -> list[Value]:
        return [w for neuron in self.neurons for w in neuron.weights]

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        # A bias that the units share stands there for each.
        others = super()._named(seen).items()
        named: dict[str, Any] = {"W": [neuron.weights for neuron in self.neurons]}
        biases = [neuron.bias for neuron in self.neurons if neuron.bias is not None]
        if biases:
            named["b"] = biases
        return named | {name: p for name, p in others if not name.startswith("neurons.")}

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        sizes = str(self.n_inputs), str(len(self.neurons))
        return [(name or type(self).__name__, *sizes, self.activation, str(len(self.parameters())))]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_inputs}, {len(self.neurons)}, {self._options()})"

    def _options(self) -> str:
        options = f"activation={self.activation!r}"
        if self.neurons and all(neuron.bias is None for neuron in self.neurons):
            options += ", use_bias=False"
        if self.kernel_regularizer is not None:
            options += f", kernel_regularizer={self.kernel_regularizer!r}"
        return options


class Dense(Layer):
    """A Layer as in Keras: the first call sets the number of its inputs.

    >>> dense = Dense(units=2, activation="sigmoid", seed=1)
    >>> len(dense([0.5, -1.0, 2.0])), dense.n_inputs
    (2, 3)
    >>> dense
    Dense(2, activation='sigmoid')

    Args:
        units: how many neurons it has.
        activation: as for a Layer.
        use_bias: as for a Neuron.
        kernel_regularizer: as for a Layer.
        input_shape: the number of inputs, to have the weights before the first call; a number,
            or a tuple of one as in Keras.
        initializer: as for a Neuron.
        seed: as for a Neuron; in a Sequential with a seed it may be left out.

    Raises:
        TypeError, ValueError: as a Layer.
    """

    def __init__(
        self,
        units: int,
        activation: Activation | None = "linear",
        use_bias: bool = True,
        *,
        kernel_regularizer: Regularizer | None = None,
        input_shape: Any = None,
        initializer: str | Initializer = "glorot",
        seed: int | Random | None = None,
    ) -> None:
        self.units = as_count("units", units)
        self.use_bias = bool(use_bias)
        self.neurons = []
        self.kernel_regularizer = as_regularizer(kernel_regularizer)
        self.initializer, self.seed = initializer, seed
        self.input_shape = None if input_shape is None else flat_width(self, input_shape)
        self._asked: Activation | None
        self.activation = activation
        initial_weights(initializer, 1, 1, seed=0)  # refuses an unknown one now

    @classmethod
    def _of_size(cls, n_inputs: int, n_units: int) -> Self:
        return made(cls, n_units)

    def _fill(self, weights: list[list[Any]], *rest: Any) -> None:
        super()._fill(weights, *rest)
        self.units = len(self.neurons)

    @property
    def activation(self) -> str:
        return super().activation if self.neurons else activation_name(self._asked)

    @activation.setter
    def activation(self, activation: Activation | None) -> None:
        if self.neurons:
            Layer.activation.fset(self, activation)  # type: ignore[attr-defined]
        elif activation_name(activation) == "softmax":
            require_classes(self.units)
        self._asked = activation

    def build(self, shape: Any) -> int:
        """Draw the weights for inputs of this width, if there are none; return the number of units.

        Raises:
            ValueError: there are weights for another width, or the shape has several axes.
        """
        if not self.neurons:
            width = flat_width(self, shape)
            if self.input_shape not in (None, width):
                raise ValueError(f"Dense was made for {self.input_shape} inputs, not {width}")
            weights = initial_weights(self.initializer, width, self.units, self.seed)
            biases = [0.0 if self.use_bias else None] * self.units
            self._fill(weights, biases, self._asked, self.number)
        return super().build(shape)

    def forward(self, inputs: Iterable[Any]) -> list[Value]:
        """The activations of one example, one per unit; the first example sets the width."""
        if not self.neurons:
            inputs = as_list("the inputs of one example", inputs)
            self.build(len(inputs))
        return super().forward(inputs)

    def _prepare(self) -> bool:
        missing = not self.neurons
        if missing:
            if self.input_shape is None:
                raise ValueError(
                    f"{self!r} has no weights yet, since it does not know how many inputs it "
                    "takes: call the model with an example, fit it, or write "
                    f"model.build(n_inputs) or Dense({self.units}, input_shape=(n_inputs,))"
                )
            self.build(self.input_shape)
        return missing

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.units}, {self._options()})"

    def _options(self) -> str:
        options = super()._options()
        return options if self.neurons or self.use_bias else f"{options}, use_bias=False"


def require_classes(n_units: int, number: int | None = None) -> None:
    """Refuse softmax over one unit."""
    if n_units == 1:
        raise ValueError(
            f"softmax over one unit is always 1{f' (layer {number})' if number else ''}: for "
            "yes or no take 'sigmoid', for K classes take K units"
        )


def flat_width(layer: Any, shape: Any) -> int:
    """The number of inputs in a shape, such as 3 or (3,).

    Raises:
        ValueError: the shape has more axes.
    """
    if isinstance(shape, (tuple, list)):
        if len(shape) != 1:
            raise ValueError(
                f"{type(layer).__name__} takes a list of numbers, not inputs of shape "
                f"{tuple(shape)}: put Flatten() before it"
            )
        [shape] = shape
    return as_count("the number of inputs", shape)


def _of_layer(number: int | None) -> str:
    return "" if number is None else f"[{as_count('number', number)}]"
