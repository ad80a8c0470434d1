"""MLP and Sequential: layers, each fed by the one before."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any, Self

from nn.activations import Activation, activation_name
from nn.arguments import as_inputs, as_list, shown
from nn.dense import Layer
from nn.holder import Holder, applied
from nn.initializers import Initializer, as_generator
from nn.module import Module, built
from nn.neuron import Part, made


class Network(Part):
    """The base class of MLP and Sequential: layers, their numbers, and how one feeds the next.

    Attributes:
        layers: the layers, in order.
    """

    layers: list[Any]
    _first = 1  # the number of the first layer: another one in a network inside of a network

    @property
    def n_inputs(self) -> int | None:  # type: ignore[override]
        return getattr(self.layers[0], "n_inputs", None) if self.layers else None

    def forward(self, inputs: Iterable[Any]) -> Any:
        """The outputs of one example, one per unit of the last layer.

        Raises:
            TypeError: an input is neither a number nor a Value.
            ValueError: there are more or fewer inputs than the network takes, or no layers.
        """
        if not self.layers:
            raise ValueError(f"{type(self).__name__} has no layers")
        values: Any = inputs
        if isinstance(self.layers[0], Layer) and self.n_inputs is not None:
            values = as_inputs(self, inputs)
        for layer in self.layers:
            values = applied(layer, values)
        return values

    def build(self, shape: Any) -> Any:
        """Let each layer learn the width of its inputs, and return the width of the outputs."""
        for layer in self.layers:
            shape = layer.build(shape) if isinstance(layer, Module) else built(layer, shape)
        return shape

    def _prepare(self) -> bool:
        shape = getattr(self.layers[0], "input_shape", None) if self.layers else None
        if shape is None or all(getattr(layer, "neurons", True) for layer in self.layers):
            return False
        self.build(shape)
        return True

    def _example_depth(self, inputs: Any) -> int:
        first = self.layers[0] if self.layers else None
        return first._example_depth(inputs) if isinstance(first, Part) else 1

    def _encoded(self, X: Any, name: str) -> Any:
        first = self.layers[0] if self.layers else None
        return first._encoded(X, name) if isinstance(first, Module) else X

    def _numbers(self) -> dict[int, int]:
        """The number of each layer, by its id; a layer that is used twice has one."""
        numbers: dict[int, int] = {}
        number = self._first
        for layer in self.layers:
            if id(layer) not in numbers:
                numbers[id(layer)] = number
                number += layer._count() if isinstance(layer, Module) else 0
        return numbers

    def _count(self) -> int:
        layers = {id(layer): layer for layer in self.layers if isinstance(layer, Module)}
        return sum(layer._count() for layer in layers.values())

    def _number_from(self, number: int) -> None:
        self._first = number
        numbers = self._numbers()
        for layer in self.layers:
            if isinstance(layer, Module):
                layer._number_from(numbers[id(layer)])

    def _name(self, name: str, part: Holder, inner: str, taken: dict[str, Any]) -> str:
        """W2 for the W of layer 2; a name that has a number keeps it, with its path in front."""
        short = inner if isinstance(part, Network) else f"{inner}{name}"
        numbered = name.isdigit() and inner.isidentifier()
        if numbered and inner[-1].isdigit() == isinstance(part, Network) and short not in taken:
            return short
        return f"{name}.{inner}".strip(".")

    def _parts(self) -> Iterator[tuple[str, Any]]:
        numbers = self._numbers()
        for name, part in super()._parts():
            if re.fullmatch(r"layers\.\d+", name) and id(part) in numbers:
                yield str(numbers[id(part)]) if part._count() else "", part
            else:
                yield name.removeprefix("layers."), part


class MLP(Network):
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
        activation: of the hidden layers, "relu" by default; or a list with one per layer, the
            output's last.
        output_activation: of the last layer, linear by default.
        initializer: as for a Neuron.
        use_bias: as for a Neuron.
        seed: as for a Neuron.

    Attributes:
        layers: the Layers, in order.

    Raises:
        TypeError, ValueError: there are no layers, a number of inputs or units is below 1, a
            name is unknown, or there are not as many activations as layers.
    """

    layers: list[Layer]

    def __init__(
        self,
        n_inputs: int,
        units: Sequence[int] | None = None,
        *more: Any,
        activation: Activation | Sequence[Activation] | None = None,
        output_activation: Activation | None = None,
        initializer: str | Initializer = "glorot",
        use_bias: bool = True,
        seed: int | Random | None = None,
    ) -> None:
        if more or units is None or isinstance(n_inputs, (list, tuple)):
            sizes = list(n_inputs) if isinstance(n_inputs, (list, tuple)) else [n_inputs]
            if more:
                rest = [*(units if isinstance(units, (list, tuple)) else [units]), *more]
                sizes += [each for each in rest if not isinstance(each, str)]
            named = [f", activation={each!r}" for each in more if isinstance(each, str)]
            raise TypeError(
                "an MLP is made of the number of its inputs and a list with the units of each "
                f"layer: write MLP({sizes[0] if sizes else 2}, {sizes[1:] or [1]}{''.join(named)})"
            )
        sizes = [n_inputs, *as_list("units", units)]
        names = _activations(len(sizes) - 1, activation, output_activation)
        generator = as_generator(seed)
        self.layers = [
            Layer(
                sizes[i],
                sizes[i + 1],
                activation=name,
                initializer=initializer,
                use_bias=use_bias,
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
        activation: Activation | Sequence[Activation] | None = None,
        output_activation: Activation | None = None,
        use_bias: bool = True,
    ) -> Self:
        """A network with weights given by hand: a pair ``(weights, biases)`` per layer.

        Each pair is as in :meth:`Layer.from_weights`: rows of weights, one per unit; and the
        biases, or one that the units of the layer share; None with ``use_bias=False``.

        Raises:
            TypeError: a weight or a bias is neither a number nor a Value.
            ValueError: as for a Layer; or a layer does not have one weight per unit before it.
        """
        pairs = as_list("layers", layers)
        activations = _activations(len(pairs), activation, output_activation)
        made_layers = []
        for i, (pair, each) in enumerate(zip(pairs, activations, strict=True), 1):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise ValueError(f"layer {i} must be a pair (weights, biases), not {shown(pair)}")
            layer = Layer.from_weights(*pair, activation=each, use_bias=use_bias, number=i)
            made_layers.append(layer)
        for i, (layer, following) in enumerate(itertools.pairwise(made_layers), 1):
            if len(layer.neurons) != following.n_inputs:
                raise ValueError(
                    f"layer {i} has {len(layer.neurons)} units, "
                    f"but layer {i + 1} takes {following.n_inputs} inputs"
                )
        units = [len(layer.neurons) for layer in made_layers]
        network = made(cls, made_layers[0].n_inputs, units)
        network.layers = made_layers
        return network


class Sequential(Network):
    """Layers, each fed by the one before, as in Keras. It returns what the last one returns.

    >>> from nn import Dense
    >>> model = Sequential([Dense(units=3, activation="relu"), Dense(units=1)], seed=1)
    >>> len(model([0.5, -1.0]))
    1
    >>> model
    Sequential
      1: Dense(3, activation='relu')
      2: Dense(1, activation='linear')
    >>> [*model.named_parameters()]
    ['W1', 'b1', 'W2', 'b2']

    Args:
        layers: Dense, Conv1D, Flatten, Dropout, Embedding, any Module, or a function from the
            outputs of one layer to the inputs of the next.
        seed: a number, or a ``random.Random``, for all layers that have no seed.

    Attributes:
        layers: the layers, in order.

    Raises:
        TypeError: the layers are not a list, or one is not a layer.
    """

    def __init__(
        self, layers: Iterable[Any] = (), *more: Any, seed: int | Random | None = None
    ) -> None:
        self._generator = None if seed is None else as_generator(seed)
        self.layers = []
        if more or isinstance(layers, Module):
            raise TypeError("the layers of a Sequential must be a list: Sequential([…, …])")
        for layer in as_list("the layers of a Sequential", layers):
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Append a layer.

        Raises:
            TypeError: it is not a layer.
        """
        if isinstance(layer, type) or not callable(layer):
            made = f"{layer.__name__}(…)" if isinstance(layer, type) else "Dense(units)"
            raise TypeError(f"a layer must be a Module such as {made}, not {shown(layer)}")
        for module in layer.modules() if isinstance(layer, Module) else ():
            if isinstance(module, Part) and getattr(module, "seed", 0) is None:
                vars(module)["seed"] = self._generator
        self.layers.append(layer)
        self._number_from(1)


def _activations(
    n_layers: int,
    activation: Activation | Sequence[Activation] | None,
    output_activation: Activation | None,
) -> list[Activation]:
    """One activation per layer.

    Raises:
        ValueError: they are more or fewer than the layers, or one would be ignored.
    """
    if n_layers < 1:
        raise ValueError("a network needs at least one layer")
    if isinstance(activation, Sequence) and not isinstance(activation, str):
        if output_activation is not None:
            raise ValueError("a list of activations already ends with that of the output")
        if len(activation) != n_layers:
            raise ValueError(f"{n_layers} layers take {n_layers} activations, not {activation!r}")
        return list(activation)
    hidden = "relu" if activation is None else activation
    output = "linear" if output_activation is None else output_activation
    name = activation_name(hidden)
    if n_layers == 1 and activation is not None and name != activation_name(output):
        raise ValueError(
            f"activation={name!r} is that of hidden layers, and a network of one layer has none: "
            f"write output_activation={name!r}"
        )
    return [hidden] * (n_layers - 1) + [output]
