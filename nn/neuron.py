"""Neuron: one unit that weighs its inputs, adds a bias and activates."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, Self, TypeVar

from autograd import Value, affine, dot
from autograd.primitives import Primitive
from autograd.value import recorded
from nn.activations import Activation, activation_function
from nn.arguments import as_count, as_inputs, as_list, as_value, depth, holds_values
from nn.initializers import Initializer, initial_weights
from nn.module import Module

Made = TypeVar("Made")


class Part(Module):
    """A Module that knows how many dimensions one example of its inputs has.

    So it recognises a batch, which has one more: it predicts batches of numbers, and computes
    batches of Values one example after the other.
    """

    n_inputs: int | None

    def _is_batch(self, inputs: Any) -> bool:
        if depth(inputs) <= self._example_depth(inputs):
            return False
        if hasattr(inputs, "ndim") and not holds_values(inputs):
            return True  # an array, or a table whose items are its columns
        rows = list(inputs)
        if not all(map(depth, rows)):
            return False
        # Layers of one unit return lists of one: as many as there are inputs are one example.
        single = all(len(row) == 1 for row in rows) and holds_values(rows)
        return not (single and self.n_inputs == len(rows) != 1)

    def _example_depth(self, inputs: Any) -> int:
        """How many lists one example is, one in the other."""
        return 1


class Neuron(Part):
    """One unit: z = wᵀx + b as one node, then a = g(z), returned as a Value.

    The default activation is linear: then a is z, and there is no node for it. Numbers among
    the inputs become leaves x_1, x_2, …; Values are taken as they are.

    >>> neuron = Neuron.from_weights([20, 20], -30, activation="sigmoid")  # logical AND
    >>> [round(neuron([x1, x2]).data, 4) for x1 in (0, 1) for x2 in (0, 1)]
    [0.0, 0.0, 0.0, 1.0]

    Args:
        n_inputs: how many numbers it takes.
        activation: a name, such as "sigmoid"; a row of the table, such as autograd.sigmoid, or
            your own row; or a function from a Value to a Value.
        initializer: where the weights start, a name or a function of :mod:`nn.initializers`;
            the bias starts at 0.
        use_bias: if false, z is wᵀx, and there is no bias.
        seed: a number, or a ``random.Random`` to draw from; None draws new weights each time.

    Attributes:
        weights: one Value per input.
        bias: a Value, or None.
        activation: the name of g; it may be assigned.

    Raises:
        TypeError, ValueError: a number of inputs below 1, or an unknown name.
    """

    weights: list[Value]
    bias: Value | None
    _unit = ""  # of its place in a network, [1]_2; ends its labels
    _z_label, _a_label = "z", "a"
    _function: Callable[..., Any] | None = None

    def __init__(
        self,
        n_inputs: int,
        *,
        activation: Activation | None = "linear",
        initializer: str | Initializer = "glorot",
        use_bias: bool = True,
        seed: int | Random | None = None,
    ) -> None:
        n_inputs = as_count("n_inputs", n_inputs)
        self.activation = activation
        [weights] = initial_weights(initializer, n_inputs, 1, seed)
        self._fill(weights, 0.0 if use_bias else None)

    @classmethod
    def from_weights(
        cls,
        weights: Iterable[Any],
        bias: Any = None,
        *,
        activation: Activation | None = "linear",
        use_bias: bool = True,
    ) -> Self:
        """A neuron with weights given by hand, as numbers or Values.

        Raises:
            TypeError: a weight or the bias is neither a number nor a Value.
            ValueError: there are no weights, or the activation is unknown.
        """
        weights = as_list("weights", weights)
        if use_bias or bias is not None:
            bias = as_value(bias, "b")
        neuron = made(cls, max(1, len(weights)))
        neuron.activation = activation
        neuron._fill(weights, bias)
        return neuron

    def _fill(self, weights: list[Any], bias: Any, unit: str = "") -> None:
        """Take the weights, and the bias unless it is None; ``unit`` ends the labels."""
        if not weights:
            raise ValueError("a neuron needs at least one weight")
        self.weights = [as_value(w, _of_weight(unit, j)) for j, w in enumerate(weights, 1)]
        self.bias = None if bias is None else as_value(bias, f"b{unit}")
        self._place(unit)

    def _rename(self, unit: str) -> None:
        """Give another place in the network to it, and to those of its labels that tell it."""
        for j, w in enumerate(self.weights, 1):
            if w.label == _of_weight(self._unit, j):
                w.label = _of_weight(unit, j)
        if self.bias is not None and self.bias.label == f"b{self._unit}":
            self.bias.label = f"b{unit}"
        self._place(unit)

    def _place(self, unit: str) -> None:
        # Its labels are made once: a network is recorded for each example.
        self._unit, self._z_label, self._a_label = unit, f"z{unit}", f"a{unit}"

    @property
    def n_inputs(self) -> int:  # type: ignore[override]
        return len(self.weights)

    @property
    def activation(self) -> str:
        return self._activation

    @activation.setter
    def activation(self, activation: Activation | None) -> None:
        name, function = activation_function(activation)
        if name == "softmax":
            raise ValueError("softmax compares the units of a layer: a neuron has no others")
        self._activation, self._function = name, function

    def forward(self, inputs: Iterable[Any]) -> Value:
        """The activation a of one example.

        Raises:
            TypeError: an input is neither a number nor a Value.
            ValueError: there are more or fewer inputs than weights.
        """
        return self._at(as_inputs(self, inputs))

    def is_plain(self, inputs: list[Value]) -> bool:
        """Whether it computes what every Neuron does, from as many inputs as it has weights."""
        kind = type(self)
        plain = kind is Neuron or (
            kind.forward is Neuron.forward and kind.__call__ is Module.__call__
        )
        return plain and len(inputs) == len(self.weights)

    def _at(self, inputs: list[Value], place: str = "") -> Value:
        """The activation at as many inputs as there are weights; ``place`` ends the labels."""
        try:
            if self.bias is None:
                unit = recorded(dot, (*self.weights, *inputs))
            else:
                unit = recorded(affine, (*self.weights, *inputs, self.bias))
        except (AttributeError, TypeError):  # a number was put in the place of a Value
            raise TypeError(
                "the weights and the bias of a neuron are Values: to set one to 3, write "
                "neuron.bias.data = 3"
            ) from None
        unit.label = f"z{place}" if place else self._z_label
        function = self._function
        if function is None:
            return unit
        if function.__class__ is Primitive:
            activation = recorded(function, (unit,))
        else:
            activation = function(unit)
        activation.label = f"a{place}" if place else self._a_label
        return activation

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        names = {"weights": "w", "bias": "b"}
        return {names.get(name, name): p for name, p in super()._named(seen).items()}

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        name = name or type(self).__name__
        return [(name, str(self.n_inputs), "1", self.activation, str(len(self.parameters())))]

    def __repr__(self) -> str:
        bias = "" if self.bias is not None else ", use_bias=False"
        return f"{type(self).__name__}({self.n_inputs}, activation={self.activation!r}{bias})"


def _of_weight(unit: str, j: int) -> str:
    return f"W{unit},{j}" if unit else f"w_{j}"


def made(cls: type[Made], *sizes: Any) -> Made:
    """A new object of a class, or of a subclass that defines ``__init__``, which is run.

    Raises:
        TypeError: that takes neither the sizes nor nothing.
    """
    signature = inspect.signature(cls)
    options: Mapping[str, Any]
    for arguments, options in ((sizes, {"initializer": "zeros"}), (sizes, {}), ((), {})):
        try:
            signature.bind(*arguments, **options)
        except TypeError:
            continue
        return cls(*arguments, **options)
    raise TypeError(
        f"from_weights makes a {cls.__name__} of {', '.join(map(repr, sizes))} first, but its "
        f"__init__ takes {signature}: pass the sizes on, as in "
        f"def __init__(self, *sizes, **options): super().__init__(*sizes, **options)"
    )
