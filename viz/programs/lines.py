"""The lines of a program in matrix notation, as on a slide."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.vectorizer.formulas.statements import Shape, Statement
from autograd.vectorizer.formulas.trees import Binary, walk
from autograd.vectorizer.running.program import Program
from viz.derivations import Derivation, Equation, Explanation, Written
from viz.programs.entries import Entries, UnknownEntryError
from viz.programs.naming import shapes_of, told, written_names
from viz.programs.notation import LATEX, TEXT, MatrixNotation


class Lines(Explanation):
    """A program: its forward lines, and its backward lines."""

    def _groups(self) -> list[list[Derivation]]:
        return [lines for lines in (self.values, self.derivations) if lines]


def explain_program(program: Program) -> Lines:
    """The forward and the backward lines of a program, as text and as LaTeX."""
    line = _Line(program)
    costs = program.costs.values()
    statements = told(program)
    first = max([i for i, each in enumerate(statements) if each.name in costs])
    forward, backward = statements[: first + 1], statements[first + 1 :]
    return Lines(line.block(forward), line.block(backward))


def explain_line(program: Program, name: str) -> Lines:
    """Why a line of a program is what it is: one entry, its indices, the line, the shapes.

    Raises:
        ValueError: there is no such line.
    """
    lines = {statement.name: statement for statement in told(program)}
    if name not in lines:
        raise ValueError(f"the program has no line {name!r}: choose one of {', '.join(lines)}")
    statement, line = lines[name], _Line(program)
    whole = [line.of(statement), *line.shapes(statement)]
    try:
        return Lines(line.entry(statement), whole)
    except UnknownEntryError:  # a formula that is no sum of products along axes
        return Lines([], whole)


class _Line:
    """Writes the lines of one program."""

    def __init__(self, program: Program) -> None:
        self._shapes = shapes_of(program)
        self._text, self._latex = (
            MatrixNotation(written_names(program, style), self._shapes, style)
            for style in (TEXT, LATEX)
        )
        raw = written_names(program, TEXT._replace(name=str))
        columns = {name: (*self._shapes[name], 1) for name in program.columns}
        self._entries = Entries(raw, self._shapes | columns)

    def block(self, statements: Sequence[Statement]) -> list[Derivation]:
        """The lines in matrix notation, those of a loop below its rounds."""
        found = []
        loop = None
        for statement in statements:
            if statement.loop is not loop and statement.loop is not None:
                letter, rounds = statement.loop.letter, statement.loop.rounds
                first, last = rounds[0], rounds[-1]
                text = f"for {letter} = {first}, …, {last}:"
                latex = rf"\text{{for }} {letter} = {first}, \dots, {last}\text{{:}}"
                found.append(Derivation(Written(text, latex), [], one_line=True))
            loop = statement.loop
            found.append(self.of(statement))
        return found

    def of(self, statement: Statement) -> Derivation:
        """The line in matrix notation."""
        target = statement.assigned
        left = Written(self._text.write(target), self._latex.write(target))
        if statement.loop is not None:
            left = Written(f"  {left.text}", rf"\quad {left.latex}")
        right = Written(self._text.write(statement.tree), self._latex.write(statement.tree))
        return Derivation(left, [Equation("=", [right])], one_line=True)

    def entry(self, statement: Statement) -> list[Derivation]:
        """One entry of the line as a formula of scalars, and what its indices are."""
        sizes = statement.shape
        indices = ["i" if size == "m" else "1" for size in sizes]
        if len(sizes) == 2 and isinstance(sizes[1], int) and sizes[1] > 1:
            indices[1] = "2"
        found = self._entries.entry(statement.tree, tuple(indices))
        kept = tuple([i for i, size in zip(indices, sizes, strict=True) if size != 1])
        left = self._entries.named(statement.name, kept).written
        told = [f"{index} is summed over {counted}" for index, counted in found.summed]
        places = ["row", "column"] if len(sizes) == 2 else ["entry"]
        free = [
            "example i" if size == "m" else place
            for place, size in zip(places, sizes, strict=False)
            if size != 1
        ]
        sentence = "; ".join([*told, *[f"the same for each {' and '.join(free)}"] * bool(free)])
        lines = [Derivation(left, [Equation("=", [found.written])], one_line=True)]
        if sentence:
            lines.append(Derivation(Written(sentence, rf"\text{{{sentence}}}"), [], one_line=True))
        return lines

    def shapes(self, statement: Statement) -> list[Derivation]:
        """The shapes of a matrix product: 4 × m times m × 3 gives 4 × 3."""
        for part in walk(statement.tree):
            if isinstance(part, Binary) and part.sign == "@":
                sides = [self._entries.shape(side) for side in (part.left, part.right)]
                one, other, made = map(_size, [*sides, self._entries.shape(part)])
                text = f"{one} times {other} gives {made}"
                latex = rf"{one} \text{{ times }} {other} \text{{ gives }} {made}"
                latex = latex.replace("×", r"\times")
                return [Derivation(Written(text, latex), [], one_line=True)]
        return []


def _size(shape: Shape) -> str:
    return " × ".join(map(str, shape)) or "a number"
