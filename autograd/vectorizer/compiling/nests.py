"""Loops: what a program does in C, in order, before it is text.

Nests of the same loops, one after the other, become one where each entry needs no other entry
than its own; what is then read nowhere else stays in a register.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from autograd.vectorizer.compiling.arrays import Lines, bare


@dataclass
class Store:
    """An assignment to an entry of a buffer."""

    buffer: str
    address: str
    text: str

    @property
    def target(self) -> str:
        """What it assigns to."""
        return f"{self.buffer}[{self.address}]"

    @property
    def here(self) -> str:
        """The name of what is assigned."""
        return f"{self.buffer}_here"


@dataclass
class Nest:
    """Loops, one inside of the other, around lines and assignments.

    Attributes:
        loops: the variables, and up to what they count.
        lines: in the innermost loop.
        reads: the buffers that they read, and where.
        comment: what the nest computes.
        makes: the buffers that lines write to, if they are more than definitions and Stores; such
            a nest cannot be joined.
    """

    loops: tuple[tuple[str, str], ...]
    lines: list[str | Store]
    reads: set[tuple[str, str]]
    comment: str = ""
    makes: frozenset[str] = frozenset()

    @property
    def simple(self) -> bool:
        """Whether each entry is on its own, so that the nest can be joined."""
        return not self.makes

    def stores(self) -> dict[str, str]:
        """The buffers that it writes, and where."""
        return {each.buffer: each.address for each in self.lines if isinstance(each, Store)}

    def text(self, kept: set[str]) -> Iterator[str]:
        """The lines of C; only what is kept is written to memory."""
        if self.comment:
            yield f"// {self.comment}"
        for variable, limit in self.loops:
            if self.simple and (variable, limit) == self.loops[-1]:
                yield "#pragma omp simd"  # each entry is on its own
            yield f"for (Count {variable} = 0; {variable} < {limit}; {variable}++) {{"
        alone = not self.loops and len(self.lines) > 1  # names of its own
        yield from "{" * alone
        for i, line in enumerate(self.lines):
            if isinstance(line, str):
                yield line
            elif line.buffer in kept and line.here not in str(self.lines[i + 1 :]):
                yield f"{line.target} = {bare(line.text)};"
            else:
                yield f"const double {line.here} = {bare(line.text)};"
                if line.buffer in kept:
                    yield f"{line.target} = {line.here};"
        yield from "}" * (len(self.loops) + alone)


@dataclass
class Steps:
    """What is done one after the other, in a loop over time or in none."""

    header: str = ""
    items: list[Nest | Steps] = field(default_factory=list)

    def text(self, kept: set[str]) -> Iterator[str]:
        """The lines of C."""
        yield from [f"{self.header} {{"] * bool(self.header)
        for item in self.items:
            yield from item.text(kept)
        yield from "}" * bool(self.header)

    def join(self) -> None:
        """Join nests that can be one."""
        joined: list[Nest | Steps] = []
        for item in self.items:
            if isinstance(item, Steps):
                item.join()
                joined.append(item)
            elif not _join(item, joined):
                joined.append(item)
        self.items = joined

    def nests(self) -> Iterator[Nest]:
        """All nests, those in loops over time, too."""
        for item in self.items:
            if isinstance(item, Steps):
                yield from item.nests()
            else:
                yield item


def read_anywhere(steps: Iterable[Steps]) -> set[str]:
    """The buffers that are read from memory after all."""
    found: set[str] = set()
    for nest in [nest for each in steps for nest in each.nests()]:
        own = nest.stores().items() if nest.simple else ()
        found |= {buffer for buffer, _ in nest.reads - set(own)}
    return found


def _join(item: Nest, earlier: list[Nest | Steps]) -> bool:
    """Make a nest a part of an earlier one, if nothing behind that one makes what it reads."""
    for place in range(len(earlier) - 1, -1, -1):
        other = earlier[place]
        if isinstance(other, Steps):
            return False
        if _fit(other, item):
            earlier[place] = _joined(other, item)
            return True
        touched = {buffer for buffer, _ in other.reads}
        made = other.stores().keys() | other.makes
        if {buffer for buffer, _ in item.reads} & made or item.stores().keys() & (touched | made):
            return False
    return False


def _fit(first: Nest, second: Nest) -> bool:
    """Whether the second needs of what the first writes only the entry of the same round."""
    stores, later = first.stores(), second.stores()
    return (
        first.simple
        and second.simple
        and first.loops == second.loops
        and not stores.keys() & later.keys()
        and all(stores.get(buffer, at) == at for buffer, at in second.reads)
        and all(later.get(buffer, at) == at for buffer, at in first.reads)
    )


def _joined(first: Nest, second: Nest) -> Nest:
    stores = {each.target: each.here for each in first.lines if isinstance(each, Store)}
    names = len([each for each in first.lines if isinstance(each, str)])
    lines: list[str | Store] = list(first.lines)
    for line in second.lines:
        text = line if isinstance(line, str) else line.text
        for target, name in stores.items():
            text = re.sub(rf"\b{re.escape(target)}", name, text)
        text = renumbered(text, names)
        lines.append(text if isinstance(line, str) else Store(line.buffer, line.address, text))
    comment = "; ".join([each for each in (first.comment, second.comment) if each])
    return Nest(first.loops, lines, first.reads | second.reads, comment)


def renumbered(text: str, more: int) -> str:
    """The text with v0 as v3, if there are three more names in front.

    >>> renumbered("const double v0 = exp(v1x + v1);", 3)
    'const double v3 = exp(v1x + v4);'
    """
    return re.sub(r"\bv(\d+)\b", lambda found: f"v{int(found[1]) + more}", text)


def filling(
    buffer: str,
    loops: Iterable[tuple[str, str]],
    lines: list[str | Store],
    reads: Iterable[tuple[str, str]] = (),
) -> Nest:
    """The nest of lines that write to a buffer, and may read what is there already."""
    return Nest(tuple(loops), lines, {*reads, (buffer, "")}, makes=frozenset([buffer]))


def nest(loops: Iterable[tuple[str, str]], lines: Lines, store: Store, comment: str = "") -> Nest:
    """The nest of an array that is computed entry by entry."""
    return Nest(tuple(loops), [*lines.lines, store], lines.reads, comment)
