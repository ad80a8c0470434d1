"""The lines of a program in matrix notation, as on a slide."""

from __future__ import annotations

from autograd.vectorizer.formulas.statements import Shape, Statement
from autograd.vectorizer.running.program import Program
from viz.derivations import Derivation, Equation, Explanation, Written
from viz.programs.naming import written_names
from viz.programs.notation import LATEX, TEXT, MatrixNotation


class Lines(Explanation):
    """A program: its forward lines, and its backward lines."""

    def _groups(self) -> list[list[Derivation]]:
        return [lines for lines in (self.values, self.derivations) if lines]


def explain_program(program: Program) -> Lines:
    """The forward and the backward lines of a program, as text and as LaTeX."""
    shapes: dict[str, Shape] = {
        leaf.name: (*leaf.shape, "m") if leaf.per_example else leaf.shape for leaf in program.leaves
    }
    shapes |= {statement.name: statement.shape for statement in program.statements}
    text, latex = (
        MatrixNotation(written_names(program, style), shapes, style) for style in (TEXT, LATEX)
    )

    def line(statement: Statement) -> Derivation:
        left = Written(text.name(statement.name), latex.name(statement.name))
        right = Written(text.write(statement.tree), latex.write(statement.tree))
        return Derivation(left, [Equation("=", [right])], one_line=True)

    cost = next(iter(program.results.values()))
    lines = {statement.name: line(statement) for statement in program.statements}
    forward = list(lines).index(cost) + 1
    return Lines(list(lines.values())[:forward], list(lines.values())[forward:])
