"""Arrays: groups with an order and a shape, and how they read each other.

>>> from autograd.vectorizer.example import Layer
>>> W, X, Z, A, dZ, J, dW = Layer().arrays
>>> Z.shape, Z.per_example, [read.array is W for read in Z.reads()]
((2,), True, [True, False])
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autograd.vectorizer.grouping.groups import Group
from autograd.vectorizer.grouping.index_maps import IndexMap
from autograd.vectorizer.merging.forms import Form, Leaf, Output, Sum

# Letters for the axes of an array, for those over which a sum or a list runs, and for the
# examples.
MEMBER_AXES = "ijabcdefgh"
SUMMED_AXES = "klnopqrstu"
LIST_AXIS = "k"
EXAMPLES = "m"


@dataclass(frozen=True, eq=False)
class Read:
    """An operand: an array, and how it is read."""

    array: Array
    map: IndexMap


@dataclass(frozen=True, eq=False)
class Part:
    """One kind of terms of a sum: c·Σ a·b, the sum running over the summed axes.

    Attributes:
        coefficient: the number c.
        factors: none, one or two operands.
        summed: a letter per axis over which the sum runs.
        count: how many terms there are.
    """

    coefficient: float
    factors: tuple[Read, ...]
    summed: str
    count: int


@dataclass(frozen=True, eq=False)
class Stack:
    """An argument that is a list, and whose entries come from several arrays."""

    entries: tuple[Read | float, ...]


Argument = Read | Stack | float


@dataclass(eq=False)
class Array:
    """A group with an order and a shape.

    Attributes:
        group: the group.
        shape: without the axis of examples, which is last in the program.
        arguments: for a function, its arguments.
        parts: for a sum, its terms.
        gradient_of: arrays whose gradient this is, entry by entry.
        entries: for an output, the entries of the returned array that these are.
        whole: for what one round of a loop makes, the array of all rounds, along its first axis.
        rounds: for what each round of a loop makes, the numbers of the rounds, in the order of
            the loop; for what is written out before or behind it, the only one.
        shift: the number of the round that makes the first entry of the whole.
        pieces: of a whole, what is made before, in and behind the loop.
    """

    group: Group
    shape: tuple[int, ...] = ()
    arguments: list[Argument] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    gradient_of: list[Array] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    whole: Array | None = None
    rounds: range = range(0)
    shift: int = 0
    pieces: list[Array] = field(default_factory=list)

    @property
    def looped(self) -> bool:
        """Whether each round of a loop makes it."""
        return len(self.rounds) > 1

    @property
    def axes(self) -> str:
        """A letter per axis, without the axis of examples."""
        return MEMBER_AXES[: len(self.shape)]

    @property
    def all_axes(self) -> str:
        """A letter per axis, with the axis of examples if there is one."""
        return self.axes + EXAMPLES * self.per_example

    @property
    def unit_axes(self) -> str:
        """The axes of size 1."""
        return "".join([a for a, size in zip(self.axes, self.shape, strict=True) if size == 1])

    @property
    def per_example(self) -> bool:
        return self.group.per_example

    @property
    def form(self) -> Form:
        return self.group.form

    @property
    def leaves(self) -> str:
        """The name of an array of leaves, "" for others."""
        return self.form.array.name if isinstance(self.form, Leaf) else ""

    @property
    def averaged(self) -> bool:
        """Whether the array is the mean over the examples of what its parts say."""
        return isinstance(self.form, Output) and self.form.averaged

    def reads(self) -> list[Read]:
        """Every operand."""
        found = [read for part in self.parts for read in part.factors]
        for argument in self.arguments:
            entries = argument.entries if isinstance(argument, Stack) else [argument]
            found += [entry for entry in entries if isinstance(entry, Read)]
        return found


def is_parameter(array: Array) -> bool:
    return isinstance(array.form, Leaf) and array.form.array.parameter


def is_weighted_sum(array: Array) -> bool:
    """Whether it is a sum of parameters times something else, and more."""
    return isinstance(array.form, Sum) and any(
        [is_parameter(read.array) for read in part.factors].count(True) == 1
        for part in array.parts
        if len(part.factors) == 2
    )
