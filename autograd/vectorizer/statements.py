"""Statements: the program as data, so that it can be printed, run or drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# The length of each axis; "m" is the number of examples.
Shape = tuple[int | str, ...]


@dataclass(frozen=True)
class Statement:
    """One line of the program, ``name = formula``.

    >>> str(Statement("Z", "w @ X + b", ("w", "X", "b"), ("m",), None))
    'Z = w @ X + b'

    Attributes:
        name: the array that the line makes.
        formula: NumPy text.
        operands: the arrays in the formula.
        shape: of the array; ``"m"`` is the number of examples.
        gradient_of: the array whose gradient this is: of the loss of each example where
            there is an axis of examples, else of the cost. None for the rest.
    """

    name: str
    formula: str
    operands: tuple[str, ...]
    shape: Shape
    gradient_of: str | None

    def __str__(self) -> str:
        return f"{self.name} = {self.formula}"


def words(formula: str) -> list[str]:
    """The names in a formula, each once: no methods, no keywords of calls, nothing in quotes.

    >>> words('np.sum(axis * dZ, axis=1) + np.einsum("k,m->m", k, X.T)')
    ['np', 'axis', 'dZ', 'k', 'X']
    """
    found = re.findall(r"(?<![.\w])[^\W\d]\w*\b(?!=)", re.sub('"[^"]*"', "", formula))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class OutputArray:
    """An array that the program returns.

    Attributes:
        shape: without the axis of examples.
        per_example: whether there is an axis of examples.
        gradient_of: the name of the leaves whose gradient it is; None for the cost.
        key: the name of these leaves in the model.
    """

    shape: tuple[int, ...]
    per_example: bool
    gradient_of: str | None
    key: str = ""


@dataclass
class Body:
    """The statements of a program, and what goes with them.

    Attributes:
        examples: the name of the number of examples.
        statements: the lines, in order.
        results: the name of each output, to the name of the array that holds it.
        columns: one-dimensional parameters that the statements hold as columns.
        singles: inputs of one number in a list, which the statements hold without the list.
        tables: index tables, and tables of numbers, by name.
    """

    examples: str
    statements: list[Statement] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    singles: set[str] = field(default_factory=set)
    tables: dict[str, Any] = field(default_factory=dict)


class Names:
    """The names in use in a program, each once.

    >>> names = Names({"W", "dW", "U2"})
    >>> names.fresh("dW"), names.numbered("U"), names.numbered("U")
    ('dW_', 'U1', 'U3')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def fresh(self, name: str) -> str:
        """The name, with underscores behind it as long as it is taken."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def numbered(self, name: str) -> str:
        """The name with the first number behind it that is not taken."""
        n = self._last.get(name, 0) + 1
        while f"{name}{n}" in self._taken:
            n += 1
        self._last[name] = n
        return self.fresh(f"{name}{n}")
