"""Neuron, Layer and MLP: units that weigh their inputs, add a bias and activate."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from numbers import Real
from random import Random
from typing import Any, Self

import autograd
from autograd import Value, affine, softmax
from autograd.primitives import TABLE
from autograd.value import recorded
from nn.arguments import as_count, as_inputs, as_list, as_value, shown
from nn.initializers import Initializer, as_generator, initial_weights
from nn.module import Module

# A name, or the function itself: a row of the table, or softmax.
Activation = str | Callable[..., Any]


def activation_name(activation: Any) -> str:
    """The name of an activation function given by name or as a row of the table.

    Raises:
        ValueError: it is not the name of a function of one number, nor "linear" or "softmax".
        TypeError: it is neither a name nor a row.
    """
    name = "softmax" if activation is softmax else getattr(activation, "name", activation)
    if not isinstance(name, str):
        raise TypeError(
            "an activation is a name such as 'sigmoid' or a row such as autograd.sigmoid, "
            f"not {shown(activation)}"
        )
    public = [TABLE[each] for each in autograd.__all__ if each in TABLE]
    names = ["linear", "softmax", *[row.name for row in public if row.n_inputs == 1]]
    if name not in names:
        raise ValueError(f"unknown activation {name!r}: choose one of {', '.join(names)}")
    return name


class Neuron(Module):
    """One unit: z = wᵀx + b as one node, then a = g(z), returned as a Value.

    The default activation is linear: then a is z, and there is no node for it. Numbers among
    the inputs become leaves x_1, x_2, …; Values are taken as they are.

    >>> neuron = Neuron.from_weights([20, 20], -30, activation="sigmoid")  # logical AND
    >>> [round(neuron([x1, x2]).data, 4) for x1 in (0, 1) for x2 in (0, 1)]
    [0.0, 0.0, 0.0, 1.0]

    Args:
        n_inputs: how many numbers it takes.
        activation: a name, such as "sigmoid", or a row of the table, such as autograd.sigmoid.
        initializer: where the weights start, a name or a function of :mod:`nn.initializers`;
            the bias starts at 0.
        seed: a number, or a ``random.Random`` to draw from; None: other weights each time.

    Attributes:
        weights: one Value per input.
        bias: a Value.
        activation: the name of g.

    Raises:
        TypeError, ValueError: a number of inputs below 1, or an unknown name.
    """

    weights: list[Value]
    bias: Value
    activation: str
    _z_label: str
    _a_label: str

    def __init__(
        self,
        n_inputs: int,
        *,
        activation: Activation = "linear",
        initializer: str | Initializer = "glorot",
        seed: int | Random | None = None,
    ) -> None:
        n_inputs = as_count("n_inputs", n_inputs)
        [weights] = initial_weights(initializer, n_inputs, 1, seed)
        self._fill(weights, 0.0, _neuron_activation(activation))

    @classmethod
    def from_weights(
        cls, weights: Iterable[Any], bias: Any, *, activation: Activation = "linear"
    ) -> Self:
        """A neuron with weights given by hand, as numbers or Values.

        Raises:
            TypeError: a weight or the bias is neither a number nor a Value.
            ValueError: there are no weights, or the activation is unknown.
        """
        neuron = cls.__new__(cls)
        neuron._fill(as_list("weights", weights), bias, _neuron_activation(activation))
        return neuron

    def _fill(self, weights: list[Any], bias: Any, activation: str, unit: str = "") -> None:
        if not weights:
            raise ValueError("a neuron has at least one weight")
        name = f"W{unit}," if unit else "w_"
        self.weights = [as_value(w, f"{name}{j}") for j, w in enumerate(weights, 1)]
        self.bias = as_value(bias, f"b{unit}")
        self.activation = activation
        self._z_label, self._a_label = f"z{unit}", f"a{unit}"

    @property
    def n_inputs(self) -> int:
        return len(self.weights)

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        names = {"weights": "w", "bias": "b"}
        return {names.get(name, name): p for name, p in super()._named(seen).items()}

    def __call__(self, inputs: Iterable[Any]) -> Value:
        """The activation a of one example.

        Raises:
            TypeError: an input is neither a number nor a Value.
            ValueError: there are more or fewer inputs than weights.
        """
        return _outputs([self], as_inputs(self, inputs), self.activation)[0]

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        name = name or type(self).__name__
        return [(name, str(self.n_inputs), "1", self.activation, str(len(self.parameters())))]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_inputs}, activation={self.activation!r})"


class Layer(Module):
    """Neurons that share their inputs. It always returns a list, one Value per unit.

    >>> layer = Layer.from_weights([[1, -2], [-1, 1]], [1, 0], activation="sigmoid")
    >>> [round(a.data, 2) for a in layer([1, -1])]
    [0.98, 0.12]

    Args:
        n_inputs: how many numbers it takes.
        n_units: how many neurons it has.
        activation: as for a Neuron, or "softmax" over the units; one for the whole layer.
        initializer: as for a Neuron.
        seed: as for a Neuron.
        number: its place in a network; with it the labels are z[1]_2, without it z_2.

    Attributes:
        neurons: the Neurons, in order.
        activation: the name of the activation that the layer applies.

    Raises:
        TypeError, ValueError: a number of inputs or units below 1, or an unknown name.
    """

    neurons: list[Neuron]
    activation: str

    def __init__(
        self,
        n_inputs: int,
        n_units: int,
        *,
        activation: Activation = "linear",
        initializer: str | Initializer = "glorot",
        seed: int | Random | None = None,
        number: int | None = None,
    ) -> None:
        n_inputs, n_units = as_count("n_inputs", n_inputs), as_count("n_units", n_units)
        weights = initial_weights(initializer, n_inputs, n_units, seed)
        self._fill(weights, [0.0] * n_units, activation_name(activation), number)

    @classmethod
    def from_weights(
        cls,
        weights: Iterable[Iterable[Any]],
        biases: Any,
        *,
        activation: Activation = "linear",
        number: int | None = None,
    ) -> Self:
        """A layer with weights given by hand, one row of them per unit, as numbers or Values.

        The biases are a list, one per unit; or one number or Value that all units share.

        Raises:
            TypeError: a weight or a bias is neither a number nor a Value.
            ValueError: there are no units, rows differ in length, or the biases are not as
                many as the units.
        """
        layer = cls.__new__(cls)
        rows = [as_list("a row of weights", row) for row in as_list("weights", weights)]
        layer._fill(rows, biases, activation_name(activation), number)
        return layer

    def _fill(
        self, weights: list[list[Any]], biases: Any, activation: str, number: int | None
    ) -> None:
        if not weights:
            raise ValueError("a layer has at least one unit, with a row of weights each")
        if len({len(row) for row in weights}) > 1:
            lengths = ", ".join(str(len(row)) for row in weights)
            raise ValueError(f"the rows of weights have one length, not {lengths}")
        layer = "" if number is None else f"[{as_count('number', number)}]"
        if isinstance(biases, (Real, Value)):
            biases = [as_value(biases, f"b{layer}")] * len(weights)
        biases = as_list("biases", biases)
        if len(biases) != len(weights):
            raise ValueError(
                f"{len(weights)} units take {len(weights)} biases, not {len(biases)}: "
                "give one per unit, or one number for all"
            )
        if activation == "softmax" and len(weights) == 1:
            raise ValueError(
                f"softmax over one unit is always 1{f' (layer {number})' if number else ''}: for "
                "yes or no take 'sigmoid', for K classes take K units"
            )
        # Softmax looks at all units at once, so it is the layer's and no neuron's.
        each = "linear" if activation == "softmax" else activation
        self.neurons = []
        for i, (row, bias) in enumerate(zip(weights, biases, strict=True), 1):
            neuron = Neuron.__new__(Neuron)
            neuron._fill(row, bias, each, f"{layer}_{i}")
            self.neurons.append(neuron)
        self.activation = activation

    @property
    def n_inputs(self) -> int:
        return self.neurons[0].n_inputs

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        # A bias that the units share stands there for each.
        others = super()._named(seen).items()
        return {
            "W": [neuron.weights for neuron in self.neurons],
            "b": [neuron.bias for neuron in self.neurons],
            **{name: p for name, p in others if not name.startswith("neurons.")},
        }

    def __call__(self, inputs: Iterable[Any]) -> list[Value]:
        """The activations of one example, one per unit.

        Raises:
            TypeError: an input is neither a number nor a Value.
            ValueError: there are more or fewer inputs than each unit has weights.
        """
        return _outputs(self.neurons, as_inputs(self, inputs), self.activation)

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        sizes = str(self.n_inputs), str(len(self.neurons))
        return [(name or type(self).__name__, *sizes, self.activation, str(len(self.parameters())))]

    def __repr__(self) -> str:
        sizes = f"{self.n_inputs}, {len(self.neurons)}"
        return f"{type(self).__name__}({sizes}, activation={self.activation!r})"


class MLP(Module):
    """A multilayer perceptron: layers, each fed by the one before. It returns a list.

    >>> XNOR = MLP.from_weights(
    ...     [
    ...         ([[20, 20], [-20, -20]], [-30, 10]),  # AND, NOR
    ...         ([[20, 20]], [-10]),  # OR
    ...     ],
    ...     activation="sigmoid",
    ...     output_activation="sigmoid",
    ... )
    >>> [round(XNOR([x1, x2])[0].data) for x1 in (0, 1) for x2 in (0, 1)]
    [1, 0, 0, 1]

    Args:
        n_inputs: how many numbers it takes.
        units: how many units each layer has, as in ``[16, 16, 1]``.
        activation: of the hidden layers; or a list with one per layer, the output's last.
        output_activation: of the last layer, linear by default.
        initializer: as for a Neuron.
        seed: as for a Neuron.

    Attributes:
        layers: the Layers, in order.

    Raises:
        TypeError, ValueError: no layers, a number of inputs or units below 1, an unknown
            name, or more or fewer activations than layers.
    """

    layers: list[Layer]

    def __init__(
        self,
        n_inputs: int,
        units: Sequence[int],
        *,
        activation: Activation | Sequence[Activation] = "relu",
        output_activation: Activation | None = None,
        initializer: str | Initializer = "glorot",
        seed: int | Random | None = None,
    ) -> None:
        sizes = [n_inputs, *as_list("units", units)]
        names = _activation_names(len(sizes) - 1, activation, output_activation)
        generator = as_generator(seed)
        self.layers = [
            Layer(
                sizes[i],
                sizes[i + 1],
                activation=name,
                initializer=initializer,
                seed=generator,
                number=i + 1,
            )
            for i, name in enumerate(names)
        ]

    @classmethod
    def from_weights(
        cls,
        layers: Iterable[tuple[Any, Any]],
        *,
        activation: Activation | Sequence[Activation] = "relu",
        output_activation: Activation | None = None,
    ) -> Self:
        """A network with weights given by hand: a pair ``(weights, biases)`` per layer.

        Each pair is as in :meth:`Layer.from_weights`: rows of weights, one per unit; and the
        biases, or one that the units of the layer share.

        Raises:
            TypeError: a weight or a bias is neither a number nor a Value.
            ValueError: as for a Layer; or a layer has not one weight per unit before it.
        """
        pairs = as_list("layers", layers)
        names = _activation_names(len(pairs), activation, output_activation)
        network = cls.__new__(cls)
        network.layers = []
        for i, (pair, name) in enumerate(zip(pairs, names, strict=True), 1):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise ValueError(f"layer {i} is a pair (weights, biases), not {shown(pair)}")
            network.layers.append(Layer.from_weights(*pair, activation=name, number=i))
        for i, (layer, following) in enumerate(itertools.pairwise(network.layers), 1):
            if len(layer.neurons) != following.n_inputs:
                raise ValueError(
                    f"layer {i} has {len(layer.neurons)} units, "
                    f"but layer {i + 1} takes {following.n_inputs} inputs"
                )
        return network

    @property
    def n_inputs(self) -> int:
        return self.layers[0].n_inputs

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        named = super()._named(seen).items()
        return {re.sub(r"^(\d+)\.(\w+)$", r"\2\1", name): p for name, p in named}

    def _parts(self) -> Iterator[tuple[str, Any]]:
        for name, part in super()._parts():
            yield name.removeprefix("layers."), part

    def __call__(self, inputs: Iterable[Any]) -> list[Value]:
        """The outputs of one example, one per unit of the last layer.

        Raises:
            TypeError: an input is neither a number nor a Value.
            ValueError: there are more or fewer inputs than the network takes.
        """
        values = as_inputs(self, inputs)
        for layer in self.layers:
            values = layer(values)
        return values


def _neuron_activation(activation: Activation) -> str:
    name = activation_name(activation)
    if name == "softmax":
        raise ValueError("softmax compares the units of a layer: a neuron has no others")
    return name


def _outputs(neurons: list[Neuron], inputs: list[Value], activation: str) -> list[Value]:
    """One affine node per neuron, and one node for the activation unless it is linear."""
    row = None if activation in ("linear", "softmax") else TABLE[activation]
    outputs = []
    for neuron in neurons:
        unit = recorded(affine, (*neuron.weights, *inputs, neuron.bias))
        unit.label = neuron._z_label
        if row is not None:
            unit = recorded(row, (unit,))
            unit.label = neuron._a_label
        outputs.append(unit)
    if activation == "softmax":
        outputs = softmax(outputs)
        for neuron, a in zip(neurons, outputs, strict=True):
            a.label = neuron._a_label
    return outputs


def _activation_names(
    n_layers: int,
    activation: Activation | Sequence[Activation],
    output_activation: Activation | None,
) -> list[str]:
    if n_layers < 1:
        raise ValueError("a network has at least one layer")
    if isinstance(activation, (list, tuple)):
        if output_activation is not None:
            raise ValueError("a list of activations has the output's already as its last item")
        activations = list(activation)
        if len(activations) != n_layers:
            raise ValueError(f"{n_layers} layers take {n_layers} activations, not {activation!r}")
    else:
        output = "linear" if output_activation is None else output_activation
        activations = [activation] * (n_layers - 1) + [output]
    return [activation_name(each) for each in activations]
