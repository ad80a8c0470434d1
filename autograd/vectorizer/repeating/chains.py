"""Chains: groups that do the same, each one step later than the one before.

In a recurrence hₜ = tanh(w xₜ + u hₜ₋₁) every step makes a group of its own, since it reads the
group of the step before. Two groups correspond if they do the same to operands that are the same
or correspond in turn. So, from one pair of groups on, all pairs below it follow, down to
the first step, which has nothing before it: it is at the end of its chain.

>>> from autograd import Value, tanh
>>> from autograd.vectorizer.grouping.groups import group_nodes
>>> from autograd.vectorizer.merging.normal_form import Wanted, normal_form
>>> from autograd.vectorizer.recording.leaves import leaf_arrays, places
>>> x, u = [Value(t / 8, f"x{t}") for t in range(4)], Value(0.5, "u")
>>> h = x[0]
>>> for t in range(1, 4):
...     h = tanh(x[t] + u * h)
>>> leaves = leaf_arrays({"x": x}, {"u": u}, per_example=False)
>>> forms = normal_form([Wanted(h, "h", 0, False)], places([u, *x], leaves)).forms
>>> [[group.number for group in chain] for chain in chains(group_nodes(forms))]
[[3, 6, 9], [4, 7, 10], [5, 8, 11]]
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Hashable, Iterator, Sequence, Set
from typing import Any

from autograd.vectorizer.grouping.groups import Group
from autograd.vectorizer.merging.forms import Function, Leaf, Output, Sum

# How far down two groups must be alike to be tried as a pair, and how many pairs are tried.
ROUNDS, TRIED = 2, 3

# How often each group may be looked at.
EFFORT = 20

# Pairs that do not correspond, at the ends of chains, are at most so many; those that do, at
# least so many in a row.
MOST_ENDS, LEAST_PAIRS = 8, 2

Number = Any  # of a group; or 0 or ("number", data)


def chains(groups: Sequence[Group], forward: Set[int] = frozenset()) -> list[list[Group]]:
    """Groups that correspond to each other, step by step, in the order of their making.

    Args:
        groups: of all nodes.
        forward: the nodes of the loss, which never correspond to those of its gradients.
    """
    own = [None, *[_own(group, forward) for group in groups]]
    look = _looks(groups, own)
    if len(set(look)) == len(look):
        return []
    search = _Search(groups, own, look)
    found: list[list[Group]] = []
    while (pairs := search.most_pairs()) is not None:
        for chain in pairs.chains():
            search.taken.update(chain)
            found.append([groups[n - 1] for n in sorted(chain)])
    return sorted(found, key=lambda chain: chain[0].number)


def _own(group: Group, forward: Set[int]) -> Hashable:
    """What a group is by itself."""
    form = group.form
    if isinstance(form, Leaf):
        return form.array.name
    kind = form.row if isinstance(form, Function) else type(form)
    return kind, len(group.members), group.per_example, group.members[0] in forward


def _looks(groups: Sequence[Group], own: Sequence[Hashable]) -> list[int]:
    """What each group looks like from near, as a number; place 0 is for the number 1."""
    look = _numbered(own)
    for _ in range(ROUNDS):
        seen = _Operands(groups, look)
        look = _numbered([0, *[(look[g.number], seen.of(g.number)[0]) for g in groups]])
    return look


def _numbered(things: Sequence[Hashable]) -> list[int]:
    """A number for each thing, the same for equal things."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(thing, len(numbers)) for thing in things]


class _Operands:
    """The operands of groups, in an order in which they can be compared.

    Args:
        groups: whose operands they are.
        seen: what each group is seen as.
    """

    def __init__(self, groups: Sequence[Group], seen: Sequence[int]) -> None:
        self._groups = groups
        self._seen = seen
        self._found: list[tuple[Hashable, list[Number]] | None] = [None] * len(seen)

    def of(self, number: int) -> tuple[Hashable, list[Number]]:
        """What the operands of a group are seen as, and the operands."""
        found = self._found[number]
        if found is None:
            self._found[number] = found = self._of(self._groups[number - 1])
        return found

    def _of(self, group: Group) -> tuple[Hashable, list[Number]]:
        key: Any = group.key
        seen = self._seen
        if isinstance(group.form, Leaf):
            return (), []
        if isinstance(group.form, Function):
            inputs = [*key[1:]]
            return tuple([seen[x] if isinstance(x, int) else x for x in inputs]), inputs
        kinds = []
        for (a, b, coefficient), count in key[-1] if isinstance(group.form, Output) else key:
            if (seen[a], a) > (seen[b], b):
                a, b = b, a
            kinds.append((coefficient, count, seen[a], seen[b], a, b))
        kinds.sort()
        return tuple([kind[:4] for kind in kinds]), [x for kind in kinds for x in kind[4:]]


class _Search:
    """The search for the pair of groups from which the most pairs follow."""

    def __init__(
        self, groups: Sequence[Group], own: Sequence[Hashable], look: Sequence[int]
    ) -> None:
        self._groups = groups
        self._own = own
        kinds = [(type(group.form), len(group.members)) for group in groups]
        alone = _numbered([None, *kinds])
        self._operands = _Operands(groups, look), _Operands(groups, alone)
        self._alone = alone
        self._budget = EFFORT * len(groups)
        self._earlier: list[list[int]] = []  # that look the same, the nearest first
        alike: dict[int, list[int]] = {}
        for number, each in enumerate(look):
            same = alike.setdefault(each, [])
            self._earlier.append(same[: -TRIED - 1 : -1])
            same.append(number)
        self.taken: set[int] = set()

    def most_pairs(self) -> _Pairs | None:
        """The largest set of pairs among groups that are not taken; None if there is none."""
        best: _Pairs | None = None
        rest = len(self._groups) - len(self.taken)
        for group in reversed(self._groups):
            number = group.number
            if number in self.taken or isinstance(group.form, (Leaf, Output)):
                continue
            for other in self._earlier[number]:
                if other in self.taken or self._budget < 0:
                    continue
                pairs = _Pairs(self._groups, self._own, self._alone, self._operands, self.taken)
                pairs.follow(number, other)
                self._budget -= len(pairs.later)
                if pairs.fit(number) and (best is None or pairs.worth > best.worth):
                    best = pairs
            if best is not None and 2 * best.worth > rest:
                break
        return best


class _Pairs:
    """Groups that correspond: one to another, one step earlier or later."""

    def __init__(
        self,
        groups: Sequence[Group],
        own: Sequence[Hashable],
        alone: Sequence[int],
        operands: tuple[_Operands, _Operands],
        taken: set[int],
    ) -> None:
        self._groups = groups
        self._own = own
        self._alone = alone
        self._operands = operands
        self._taken = taken
        self.later: dict[int, int] = {}
        self._earlier: dict[int, int] = {}
        self._ends: dict[tuple[int, int], None] = {}

    @property
    def worth(self) -> int:
        """How much speaks for these pairs: the right ones have few ends."""
        return len(self.later) - 3 * len(self._ends)

    def follow(self, number: int, other: int) -> None:
        """Find all pairs that follow from one."""
        todo, doubtful = [(number, other)], deque[tuple[int, int]]()
        while todo or doubtful:
            a, b = pair = todo.pop() if todo else doubtful.popleft()
            if a == b or self.later.get(a) == b:
                continue
            operands = None
            taken = a in self._taken or b in self._taken
            if not (a in self.later or b in self._earlier or taken):
                operands = self._paired(a, b)
            if operands is not None:
                self.later[a] = b
                self._earlier[b] = a
                todo += operands
            elif pair not in self._ends:
                self._ends[pair] = None
                if len(self._ends) > MOST_ENDS + len(self.later) // 4:
                    return
                doubtful += self._in_common(a, b)

    def _paired(self, a: int, b: int) -> list[tuple[int, int]] | None:
        """The pairs of operands of two groups that do the same; None if they do not."""
        if self._own[a] != self._own[b] or isinstance(self._groups[a - 1].form, (Leaf, Output)):
            return None
        for operands in self._operands:  # near an end, they look different from near
            (one, first), (other, second) = operands.of(a), operands.of(b)
            if one == other:
                pairs = zip(first, second, strict=True)
                return [(x, y) for x, y in pairs if x != y and x and y]
        return None

    def _in_common(self, a: int, b: int) -> list[tuple[int, int]]:
        """Operands at the end of a chain, where h₁ = w x₁ is to be like h₂ = w x₂ + u h₁."""
        one, other = self._groups[a - 1], self._groups[b - 1]
        if not isinstance(one.form, Sum) or not isinstance(other.form, Sum):
            return []
        first: Any = one.key
        second: Any = other.key
        rest = list(second)
        found: list[tuple[int, int]] = []
        for (p, q, coefficient), count in first:
            for kind in rest:
                (r, s, same), times = kind
                known = {p, q} & {r, s}
                if (coefficient, count) == (same, times) and (known or self._alike((p, q), (r, s))):
                    rest.remove(kind)
                    left, right = sorted({p, q} - known), sorted({r, s} - known)
                    found += zip(left, right, strict=False)
                    break
        return [(x, y) for x, y in found if x and y]

    def _alike(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        return sorted([self._alone[x] for x in one]) == sorted([self._alone[x] for x in other])

    def fit(self, number: int) -> bool:
        """Whether enough groups correspond, among them those that the first pair began with."""
        length = 0
        while number in self.later and length < LEAST_PAIRS:
            number = self.later[number]
            length += 1
        return length >= LEAST_PAIRS and len(self._ends) <= MOST_ENDS + len(self.later) // 4

    def chains(self) -> Iterator[list[int]]:
        """The chains, and at their ends what was to correspond, but does something else."""
        ends: dict[int, list[int]] = {}
        for a, b in self._ends:
            ends.setdefault(a, []).append(b)
            ends.setdefault(b, []).append(a)
        used = self.later.keys() | self._earlier.keys() | self._taken
        for first in sorted(self.later.keys() - self._earlier.keys()):
            chain = [first]
            while chain[-1] in self.later:
                chain.append(self.later[chain[-1]])
            chain.sort()
            stride = max([b - a for a, b in itertools.pairwise(chain)])
            for end, side in ((chain[0], -1), (chain[-1], 1), (None, -1)):
                end = min(chain) if end is None else end
                beyond = [x for x in ends.get(end, []) if (x - end) * side > 0 and x not in used]
                far = [
                    (self._is_leaf(x), abs(abs(x - end) - stride), x)
                    for x in beyond
                    if self._is_end(x, end, stride)
                ]
                if far and not self._is_leaf(end):
                    used.add(min(far)[-1])
                    chain.append(min(far)[-1])
            yield sorted(chain)

    def _is_leaf(self, number: int) -> bool:
        return isinstance(self._groups[number - 1].form, Leaf)

    def _is_end(self, number: int, other: int, stride: int) -> bool:
        """Whether a group may be at the end of a chain; leaves are what chains start from."""
        group, step = self._groups[number - 1], self._groups[other - 1]
        if isinstance(group.form, Leaf):
            return (len(group.members), group.per_example) == (len(step.members), step.per_example)
        own: Any = self._own[number]
        same: Any = self._own[other]
        near = abs(number - other) <= 2 * stride
        return near and not isinstance(group.form, Output) and own[1:] == same[1:]
