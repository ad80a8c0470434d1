"""Loops: chains of groups whose steps read each other, and what each of their rounds computes.

The steps of a chain become one group. Where such groups read each other in a circle, they must
be computed step by step: they share a loop, and each round makes one step of each. What does
the same in every step, but is in no circle, needs no loop: it is one array with one more axis.

The first round often differs, since nothing comes before it, and the last one may: the rounds
that are all alike are the loop, and the others are written out before and after it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from autograd.vectorizer.grouping.groups import Group, group_nodes, kind_of
from autograd.vectorizer.merging.forms import (
    ONE,
    Form,
    Function,
    Leaf,
    Output,
    Sum,
    Terms,
    operands,
)
from autograd.vectorizer.repeating.chains import chains

# A loop has at least so many rounds, and all loops together save at least so many groups.
LEAST_ROUNDS, LEAST_SAVED = 2, 3


@dataclass(eq=False)
class Loop:
    """Groups that are computed together, round by round.

    Attributes:
        groups: in the order in which a round computes them; each has ``steps``.
        first: of each group, the round of its first step. Rounds may be negative.
        start: the first of the rounds that are all alike.
        stop: the round behind the last of them.
    """

    groups: list[Group]
    first: dict[Group, int]
    start: int
    stop: int


def with_loops(
    groups: Sequence[Group], forms: Mapping[int, Form], forward: Set[int]
) -> tuple[Sequence[Group], Mapping[int, Form], list[Loop]]:
    """The groups with chains made one, the forms of their nodes, and the loops that compute them.

    The forms are new where a loop starts from leaves: the first entry of its array is a copy.
    """
    chained = [[group.members for group in chain] for chain in chains(groups, forward)]
    if not chained:
        return groups, forms, []
    chained, new = _with_copies(chained, forms)
    exchanges = len(chained)  # at most, since one may undo another
    while True:
        merged = _merged(chained, new)
        parts = _components(merged, new)
        circles = [part for part in parts if len(part) > 1 or _reads_itself(part[0], new)]
        circled = [group for part in circles for group in part]
        if not all(group.steps for group in circled):
            break
        kept = [group.steps for group in circled]
        if len(kept) < len(chained):
            chained = kept
            continue
        ordered = [group for part in parts for group in part]
        for number, group in enumerate(ordered, start=1):
            group.number = number
        numbers = _Numbers(ordered, new)
        usual = {kind_of(group.form, numbers): group for group in ordered if group.steps}
        if exchanges and _exchange(usual, new, numbers):
            exchanges -= 1
            continue
        if _join(ordered, usual, numbers):
            continue
        loops = [_loop(part, new, numbers) for part in circles]
        whole = [loop for loop in loops if loop is not None]
        saved = sum([(loop.stop - loop.start - 1) * len(loop.groups) for loop in whole])
        if len(whole) < len(loops) or saved < LEAST_SAVED:
            break
        return ordered, new, whole
    return groups, forms, []


def _with_copies(
    chained: Sequence[list[list[int]]], forms: Mapping[int, Form]
) -> tuple[list[list[list[int]]], dict[int, Form]]:
    """The same with copies of the leaves that chains start from, which their first steps read."""
    number = itertools.count(max(forms) + 1)
    copies: dict[int, int] = {}
    found = []
    for steps in chained:
        first = steps[0]
        if isinstance(forms[first[0]], Leaf):
            copies |= {node: next(number) for node in first if node not in copies}
            steps = [[copies[node] for node in first], *steps[1:]]
        found.append(steps)
    new: dict[int, Form] = {}
    readers = {node for steps in found for node in steps[0] + steps[1]}
    chain_of = {node: i for i, steps in enumerate(found) for step in steps for node in step}
    for node, form in forms.items():
        read = {chain_of.get(x) for x in operands(form)} if isinstance(form, Output) else set()
        theirs = {x: copy for x, copy in copies.items() if chain_of[copy] in read}
        new[node] = _reading(form, copies if node in readers else theirs)
        if node in copies:
            new[copies[node]] = Sum({(ONE, node): 1.0})
    return found, new


def _reading(form: Form, copies: Mapping[int, int]) -> Form:
    """A form that reads copies in the place of leaves."""
    if not copies:
        return form
    match form:
        case Function(row=row, inputs=inputs):
            return Function(row, tuple([copies.get(x, x) for x in inputs]))
        case Sum(terms=terms):
            return Sum(_terms_of(terms, copies))
    assert isinstance(form, Output)
    return replace(form, terms=_terms_of(form.terms, copies))


def _terms_of(terms: Terms, copies: Mapping[int, int]) -> Terms:
    pairs = [sorted([copies.get(a, a), copies.get(b, b)]) for a, b in terms]
    return {(a, b): c for (a, b), c in zip(pairs, terms.values(), strict=True)}


def _exchange(
    usual: Mapping[Hashable, Group], forms: Mapping[int, Form], numbers: _Numbers
) -> bool:
    """Exchange the first steps of two chains, if each does what the other chain does."""
    for kind, group in usual.items():
        first = kind_of(forms[group.steps[0][0]], numbers)
        other = usual.get(first)
        if (
            first != kind
            and other is not None
            and kind_of(forms[other.steps[0][0]], numbers) != first
            and len(group.steps[0]) == len(other.steps[0])
        ):
            group.steps[0], other.steps[0] = other.steps[0], group.steps[0]
            return True
    return False


def _join(groups: Sequence[Group], usual: Mapping[Hashable, Group], numbers: _Numbers) -> bool:
    """Add last steps, which no other step reads, to the chains that they belong to."""
    joined = False
    for group in groups:
        chain = None if group.steps else usual.get(kind_of(group.form, numbers))
        if chain is not None and len(group.members) == len(chain.steps[0]):
            chain.steps.append(group.members)
            joined = True
    return joined


def _merged(chained: Sequence[list[list[int]]], forms: Mapping[int, Form]) -> list[Group]:
    """The groups of all nodes, with each of the chains as one."""
    repeated: dict[int, Hashable] = {
        node: ("chain", i)
        for i, steps in enumerate(chained)
        for members in steps
        for node in members
    }
    groups = group_nodes(forms, repeated)
    for group in groups:
        match group.key:
            case ("chain", int(i)):
                group.steps = chained[i]
                group.members = [node for members in group.steps for node in members]
                group.form = forms[group.steps[len(group.steps) // 2][0]]
    return groups


def _operand_groups(
    group: Group, forms: Mapping[int, Form], place: Mapping[int, int]
) -> dict[int, None]:
    return dict.fromkeys(
        [
            place[x]
            for node in (group.members if group.steps else group.members[:1])
            for x in operands(forms[node])
            if x in place
        ]
    )


def _reads_itself(group: Group, forms: Mapping[int, Form]) -> bool:
    members = set(group.members) if group.steps else set()
    return any(not members.isdisjoint(operands(forms[node])) for node in members)


def _components(groups: Sequence[Group], forms: Mapping[int, Form]) -> list[list[Group]]:
    """Groups that read each other in a circle, together; what is read before its readers.

    The algorithm is Tarjan's (1972).
    """
    place = {node: i for i, group in enumerate(groups) for node in group.members}
    reads = [list(_operand_groups(group, forms, place)) for group in groups]
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    open_: dict[int, None] = {}
    found: list[list[Group]] = []
    for root in range(len(groups)):
        stack = [(root, iter(reads[root]))] if root not in index else []
        while stack:
            i, rest = stack[-1]
            if i not in index:
                index[i] = low[i] = len(index)
                open_[i] = None
            for other in rest:
                if other not in index:
                    stack.append((other, iter(reads[other])))
                    break
                if other in open_:
                    low[i] = min(low[i], index[other])
            else:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[i])
                if low[i] == index[i]:
                    part: list[int] = []
                    while not part or part[-1] != i:
                        part.append(open_.popitem()[0])
                    found.append([groups[j] for j in sorted(part)])
    return found


@dataclass(frozen=True)
class _Step:
    """What one step of a chain does: its kind, and which steps of its loop it reads."""

    kind: Hashable
    reads: frozenset[tuple[Group, int]]  # a group, and how many steps ago, counted in its chain


def _loop(groups: Sequence[Group], forms: Mapping[int, Form], numbers: _Numbers) -> Loop | None:
    """The loop that computes groups which read each other; None if too few rounds are alike."""
    step_of = {
        node: (group, i) for group in groups for i, step in enumerate(group.steps) for node in step
    }
    steps: dict[Group, list[_Step]] = {}
    for group in groups:
        steps[group] = []
        for i, members in enumerate(group.steps):
            read = [step_of[x] for x in operands(forms[members[0]]) if x in step_of]
            reads = frozenset([(other, i - j) for other, j in read])
            steps[group].append(_Step(kind_of(forms[members[0]], numbers), reads))
    first = _first_rounds(groups, steps)
    alike: set[int] | None = None  # the rounds in which every group does what it usually does
    for group in groups:
        usual, _ = Counter(steps[group]).most_common(1)[0]
        theirs = {first[group] + i for i, step in enumerate(steps[group]) if step == usual}
        alike = theirs if alike is None else alike & theirs
    start, stop = min(alike or {0}), max(alike or {0}) + 1
    if not alike or len(alike) < max(LEAST_ROUNDS, stop - start):
        return None
    return Loop(_in_order(groups, steps, first, start), first, start, stop)


class _Numbers(dict[int, Any]):
    """Of each node, what stands for it in what a reader does: its group, or the number it is."""

    def __init__(self, groups: Sequence[Group], forms: Mapping[int, Form]) -> None:
        super().__init__({node: group.number for group in groups for node in group.members})
        self[ONE] = 0
        self._forms = forms

    def __missing__(self, node: int) -> Hashable:
        return "number", self._forms[node].data  # type: ignore[union-attr]


def _first_rounds(
    groups: Sequence[Group], steps: Mapping[Group, Sequence[_Step]]
) -> dict[Group, int]:
    """The round of the first step of each group: all end in the same round, if they can."""
    first = {group: -len(group.steps) for group in groups}
    for _ in groups:  # what is read must be there
        for group in groups:
            read = [(first[other], ago) for step in steps[group] for other, ago in step.reads]
            first[group] = max([first[group], *[there - ago for there, ago in read]])
    return first


def _in_order(
    groups: Sequence[Group],
    steps: Mapping[Group, Sequence[_Step]],
    first: Mapping[Group, int],
    start: int,
) -> list[Group]:
    """The groups in an order in which a round can compute them."""
    found: list[Group] = []

    def add(group: Group) -> None:
        if group not in found:
            for other in groups:
                for read, ago in steps[group][start - first[group]].reads:
                    if read is other and first[group] + ago == first[other]:
                        add(other)
            found.append(group)

    for group in groups:
        add(group)
    return found
