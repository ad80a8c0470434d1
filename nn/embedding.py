"""Embedding: a row of a table for each letter, word or other class."""

from __future__ import annotations

from numbers import Real
from random import Random
from typing import Any

from autograd import Value, dot
from autograd.value import recorded
from nn.arguments import as_count, as_list, as_values, depth, holds_values, shown
from nn.initializers import Initializer, as_generator, normal
from nn.neuron import Part
from nn.outputs import Outputs


class Embedding(Part):
    """A table with a row of trained numbers for each of n classes.

    An example is a list of classes 0 … n − 1, for which it returns their rows; ``Flatten()``
    after it joins them into one list. A class may also be a one-hot row of Values, which is
    multiplied by the table: this is how a program takes it.

    >>> embedding = Embedding(3, 2, seed=1)
    >>> rows = embedding([2, 0])
    >>> rows[0] == embedding.table[2], rows[1] == embedding.table[0]
    (True, True)

    Args:
        n: how many classes there are.
        width: how many numbers represent one.
        initializer: a name or a function of :mod:`nn.initializers`; normal with deviation 1 by
            default.
        seed: as for Dense.

    Attributes:
        table: n rows of as many Values as the width.

    Raises:
        TypeError, ValueError: a count below 1.
    """

    n_inputs = None

    def __init__(
        self,
        n: int,
        width: int,
        *,
        initializer: Initializer | None = None,
        seed: int | Random | None = None,
    ) -> None:
        self.n, self.width = as_count("n", n), as_count("width", width)
        self.initializer, self.seed = initializer or normal(1.0), seed
        self.number: int | None = None
        self.table: list[list[Value]] = []

    def forward(self, inputs: Any) -> list[list[Value]]:
        """The row of the table for each class in the list.

        Raises:
            TypeError: a class is neither a whole number nor a row of Values.
            ValueError: a class is not among 0 … n − 1, or a row has not n numbers.
        """
        self._prepare()
        items = as_list("the classes of one example", inputs)
        if items and all(isinstance(x, Value) for x in items) and len(items) == self.n:
            items = [items]
        return [self._row(x, place) for place, x in enumerate(items, 1)]

    def _row(self, x: Any, place: int) -> list[Value]:
        if depth(x) == 0:
            return Outputs(self.table[self._class(x)])
        one_hot = as_values(x, f"{place},")
        if len(one_hot) != self.n:
            raise ValueError(f"the one-hot row of a class has {self.n} numbers, not {len(x)}")
        row = []
        for j in range(self.width):
            row.append(recorded(dot, (*one_hot, *[entries[j] for entries in self.table])))
            row[-1].label = f"e{self._layer}_{place},{j + 1}"
        return Outputs(row)

    def _class(self, x: Any) -> int:
        whole = isinstance(x, Real) and float(x).is_integer()
        if not whole:
            raise TypeError(
                f"Embedding takes classes as whole numbers, or as one-hot rows of {self.n} "
                f"Values, not {shown(x)}"
            )
        if not 0 <= int(x) < self.n:
            raise ValueError(f"of {self.n} classes, counted from 0, there is no {x}")
        return int(x)

    def build(self, shape: Any) -> tuple[int, int]:
        """The shape of the outputs for so many classes."""
        self._prepare()
        sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        return as_count("the number of classes in an example", sizes[0]), self.width

    def _prepare(self) -> bool:
        missing = not self.table
        if missing:
            generator = as_generator(self.seed)
            self.table = [
                [
                    Value(
                        self.initializer(generator, self.n, self.width), f"E{self._layer}_{i},{j}"
                    )
                    for j in range(1, self.width + 1)
                ]
                for i in range(1, self.n + 1)
            ]
        return missing

    @property
    def _layer(self) -> str:
        return "" if self.number is None else f"[{self.number}]"

    def _encoded(self, X: Any, name: str) -> Any:
        import numpy as np

        wrong = (np.floor(X) != X) | (X < 0) | (self.n <= X)
        if wrong.any():
            place = np.argwhere(wrong)[0].tolist()
            raise ValueError(
                f"{name}{place} is {X[*place]:g}, but the classes of Embedding({self.n}, "
                f"{self.width}) are the whole numbers 0 to {self.n - 1}"
            )
        return np.eye(self.n)[X.astype(int)]

    def _example_depth(self, inputs: Any) -> int:
        return 2 if holds_values(inputs) else 1

    def _number_from(self, number: int) -> None:
        self.number = number

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        return {("E" if k == "table" else k): p for k, p in super()._named(seen).items()}

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        sizes = str(self.n), str(self.width), "", str(len(self.parameters()))
        return [(f"{name} Embedding".strip(), *sizes)]

    def __repr__(self) -> str:
        return f"Embedding({self.n}, {self.width})"
