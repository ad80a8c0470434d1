"""Statements: the program as data, so that it can be printed, run or drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from autograd.vectorizer.formulas.trees import Call, Index, Name, Tree, names, replaced

T = TypeVar("T")

# The length of each axis; "m" is the number of examples.
Shape = tuple[int | str, ...]


@dataclass(frozen=True, eq=False)
class Loop:
    """A ``for`` around lines of the program.

    >>> print(Loop("t", range(1, 10)).header, Loop("t", range(8, -1, -1)).header)
    for t in range(1, 10): for t in reversed(range(9)):

    Attributes:
        letter: its variable.
        rounds: what the variable is in each round, one more or one less than in the round before.
    """

    letter: str
    rounds: range

    @property
    def header(self) -> str:
        """Its first line."""
        first, last = sorted([self.rounds[0], self.rounds[-1]])
        limits = f"{first}, {last + 1}" if first else f"{last + 1}"
        rounds = f"range({limits})" if self.rounds.step > 0 else f"reversed(range({limits}))"
        return f"for {self.letter} in {rounds}:"


@dataclass(frozen=True)
class Statement:
    """One line of the program, ``name = formula``.

    >>> from autograd.vectorizer.formulas.trees import parsed
    >>> line = Statement("Z", parsed("w @ X + b"), ("m",))
    >>> str(line), line.operands
    ('Z = w @ X + b', ('w', 'X', 'b'))

    Attributes:
        name: the array that the line makes.
        tree: its formula.
        shape: of the array; ``"m"`` is the number of examples.
        gradient_of: the array whose gradient this is: of the loss of each example where
            there is an axis of examples, else of the cost. None for the rest.
        loop: the loop that the line stands in.
        place: where the line makes one entry of a list, its index; the shape is then that of
            the entry.
        length: of this list.
    """

    name: str
    tree: Tree
    shape: Shape
    gradient_of: str | None = None
    loop: Loop | None = None
    place: Tree | None = None
    length: int = 0

    @cached_property
    def formula(self) -> str:
        """The formula as NumPy text."""
        return str(self.tree)

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The arrays and the tables in the formula."""
        return names(self.tree)

    @property
    def gathers(self) -> bool:
        """Whether the line makes one array of a list that a loop has filled."""
        return self.tree == Call("np.stack", (Name(self.name),))

    @property
    def assigned(self) -> Tree:
        """What the line assigns to: an array, or an entry of a list."""
        array = Name(self.name)
        return array if self.place is None else Index(array, (self.place,))

    @property
    def target(self) -> str:
        """The same as text."""
        return str(self.assigned)

    def __str__(self) -> str:
        return f"{self.target} = {self.formula}"


@dataclass(frozen=True)
class OutputArray:
    """An array that the program returns.

    Attributes:
        shape: without the axis of examples.
        per_example: whether there is an axis of examples.
        gradient_of: the name of the leaves whose gradient it is; None for the cost.
        key: the name of these leaves in the model.
        loss: where there are several losses, the name of the one that it belongs to.
    """

    shape: tuple[int, ...]
    per_example: bool
    gradient_of: str | None
    key: str = ""
    loss: str = ""


def by_loss(
    outputs: Iterable[OutputArray], items: Iterable[T]
) -> tuple[dict[str, T], dict[str, dict[str, T]]]:
    """What belongs to the outputs of several losses: to each loss, and to the gradients of each.

    >>> outputs = [OutputArray((), False, None, "J", "J"), OutputArray((), False, "w", "w", "J")]
    >>> by_loss(outputs, [3.0, 6.0])
    ({'J': 3.0}, {'J': {'w': 6.0}})
    """
    costs: dict[str, T] = {}
    gradients: dict[str, dict[str, T]] = {}
    for output, item in zip(outputs, items, strict=True):
        if output.gradient_of is None:
            costs[output.loss], gradients[output.loss] = item, {}
        else:
            gradients[output.loss][output.key] = item
    return costs, gradients


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

    def without_claims(self, lines: Iterable[str], names: Names) -> Body:
        """The same under other names for lines that are not the gradients they are called."""
        new = {line: names.numbered("U") for line in lines}
        trees: dict[str, Tree] = {line: Name(name) for line, name in new.items()}
        statements = [
            replace(
                each,
                name=new.get(each.name, each.name),
                tree=replaced(each.tree, trees),
                gradient_of=None if each.name in new else each.gradient_of,
            )
            for each in self.statements
        ]
        results = {output: new.get(name, name) for output, name in self.results.items()}
        return replace(self, statements=statements, results=results)


class Names:
    """The names in use in a program, each once.

    >>> names = Names({"W", "dW", "U2"})
    >>> names.fresh("dW"), names.numbered("U"), names.numbered("U")
    ('dW_', 'U1', 'U3')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def copy(self) -> Names:
        """The same names; what is named from then on by one of the two, the other may name too."""
        return Names(self._taken)

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
