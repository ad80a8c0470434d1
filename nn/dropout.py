"""Dropout: units left out at random while a network is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from autograd import Value
from autograd.primitives import multiply
from autograd.value import Given, recorded
from nn.arguments import as_number, as_values
from nn.initializers import as_generator
from nn.neuron import Part
from nn.outputs import Outputs


class Dropout(Part):
    """In training, each input is 0 with probability ``rate``, else divided by 1 − rate.

    So the average of the outputs is unchanged (inverted dropout), and in prediction the inputs
    are returned unchanged. It is active only inside ``with model.in_training():``, where
    ``fit`` records. Each call multiplies by a mask of Values 0 or 1 / (1 − rate).

    >>> dropout = Dropout(0.5, seed=1)
    >>> [a.data for a in dropout([1, 2, 3])]
    [1.0, 2.0, 3.0]
    >>> with dropout.in_training():
    ...     [a.data for a in dropout([1, 2, 3])]
    [0.0, 4.0, 6.0]

    Args:
        rate: the probability, at least 0 and less than 1.
        seed: a number, or a ``random.Random`` to draw from; None draws another mask each time. In a
            Sequential with a seed it may be left out.

    Attributes:
        mask: the Values that the calls have multiplied by since training was switched on.

    Raises:
        TypeError, ValueError: the rate is not a number, or outside of its range.
    """

    n_inputs = None

    def __init__(self, rate: float, *, seed: int | Random | None = None) -> None:
        self.rate = as_number("the rate of Dropout", rate, 0.0, below=1.0)
        self.seed = seed if seed is None else as_generator(seed)
        self.mask: list[Value] = []

    def forward(self, inputs: Any) -> Any:
        """The inputs, in training times a new mask.

        Raises:
            TypeError: an input is neither a number nor a Value.
        """
        return self._masked(as_values(inputs))

    def _masked(self, inputs: list[Any]) -> list[Any]:
        outputs: list[Any] = []
        for x in inputs:
            outputs.append(self._masked(x) if isinstance(x, list) else self._dropped(x))
        return Outputs(outputs) if all(isinstance(a, Value) for a in outputs) else outputs

    def _dropped(self, x: Value) -> Value:
        if not self.training:
            return x
        unit = re.search(r"[\[_].*", x.label)  # [1]_2 of a[1]_2
        place = unit.group() if unit else f"_{len(self.mask) + 1}"
        self.mask.append(Given(self.draw(), f"mask{place}"))
        product = recorded(multiply, (x, self.mask[-1]))
        product.label = f"dropped{place}"
        return product

    def draw(self) -> float:
        """One number of a mask: 0, or 1 / (1 − rate)."""
        if self.seed is None:
            self.seed = as_generator(None)
        return 0.0 if self.seed.random() < self.rate else 1.0 / (1.0 - self.rate)

    def build(self, shape: Any) -> Any:
        """The shape of the inputs, which is that of the outputs."""
        return shape

    def _set_training(self, training: bool) -> None:
        if training and not self.training:
            self.mask = []
        super()._set_training(training)

    def _attributes(self) -> Iterator[tuple[str, Any]]:
        yield from ()  # a mask is no parameter

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        return [(f"{name or ''} Dropout({self.rate:g})".strip(), "", "", "", "0")]

    def _count(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g}), {'on' if self.training else 'off except in training'}"
