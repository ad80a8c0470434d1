"""Derivations: lines of equations, which become text, LaTeX, Markdown and pages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import escape as escape_markup
from pathlib import Path
from typing import NamedTuple

from viz.files import write_as
from viz.scenes.page import page

WIDTH = 76  # of a line of text; a longer sum has one term on each

_LATEX_SIGN = {"=": "=", "≈": r"\approx"}


class Written(NamedTuple):
    """An expression in text and in LaTeX, and whether it is a sum or a quotient there.

    Of a product, there are its factors and the sign between them in LaTeX.
    """

    text: str
    latex: str
    loose: bool = False
    latex_loose: bool = False
    factors: tuple[Written, ...] = ()
    latex_times: str = ""

    def lines(self, *, latex: bool = False) -> list[str]:
        """A product in lines that are no longer than ``WIDTH``, each further one with its sign."""
        if len(self.text) <= WIDTH or len(self.factors) < 2:
            return [self.latex if latex else self.text]
        times = self.latex_times if latex else " × "
        lines: list[str] = []
        room = 0
        for factor in self.factors:
            written = factor.latex if latex else factor.text
            room -= len(factor.text) + 3
            if not lines or room < 0:
                lines.append(f"{times.lstrip()}{written}" if lines else written)
                room = WIDTH - len(factor.text) - 3
            else:
                lines[-1] += times + written
        return lines

    def placed(self, *, alone: bool, first: bool) -> Written:
        """The expression in parentheses, where it needs them beside other factors."""
        text, latex = self.text, self.latex
        if (self.loose and not alone) or (text.startswith("−") and not first):
            text = f"({text})"
        if (self.latex_loose and not alone) or (latex.startswith("-") and not first):
            latex = rf"\left({latex}\right)"
        return Written(text, latex)


class Equation(NamedTuple):
    """One line: a sign, = where it is exact and ≈ where it is rounded, and a sum of terms."""

    sign: str
    terms: list[Written]

    @property
    def breaks(self) -> bool:
        """Whether each term gets a separate line."""
        return len(" + ".join(term.text for term in self.terms)) > WIDTH


class Derivation(NamedTuple):
    """What stands on the left, and the equations that lead from there to a number.

    Attributes:
        one_line: whether they stand in one line, as in u = bc = 6.
    """

    left: Written
    lines: list[Equation]
    one_line: bool = False

    def __str__(self) -> str:
        if self.one_line:
            return " ".join([self.left.text, *(f"{e.sign} {e.terms[0].text}" for e in self.lines)])
        told: list[str] = []
        for line in self.lines:
            start = self.left.text if not told else " " * len(self.left.text)
            room = " " * len(self.left.text)
            between = f"\n{room} + " if line.breaks else " + "
            terms = [f"\n{room}   ".join(term.lines()) for term in line.terms]
            told.append(f"{start} {line.sign} {between.join(terms)}")
        return "\n".join(told)

    @property
    def latex(self) -> str:
        """The rows of an ``aligned`` environment."""
        if self.one_line:
            chain = [f"{_LATEX_SIGN[e.sign]} {e.terms[0].latex}" for e in self.lines]
            return f"{self.left.latex} &{' '.join(chain)}"
        rows: list[str] = []
        for line in self.lines:
            between = " \\\\\n&\\quad + " if line.breaks else " + "
            broken = " \\\\\n&\\qquad "
            terms = between.join(broken.join(t.lines(latex=True)) for t in line.terms)
            rows.append(
                f"{'' if rows else self.left.latex} &{_LATEX_SIGN[line.sign]} {terms}".lstrip()
            )
        return " \\\\\n".join(rows)


class Explanation:
    """A derivation: text in a terminal, LaTeX in a notebook, and files of either kind.

    Attributes:
        values: the Values that it mentions, with their numbers.
        derivations: one for each gradient.
    """

    def __init__(self, values: list[Derivation], derivations: list[Derivation]) -> None:
        self.values = values
        self.derivations = derivations

    def __str__(self) -> str:
        return "\n\n".join(["\n".join(map(str, group)) for group in self._groups()])

    __repr__ = __str__

    @property
    def markdown(self) -> str:
        """The derivation for Markdown cells and pages, in display mathematics."""
        return "\n\n".join(
            f"$$\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n$$" for rows in self._blocks()
        )

    @property
    def latex(self) -> str:
        r"""The derivation for a LaTeX document, to be taken in by ``\input``.

        Letters that pdflatex does not know, such as Chinese ones, stand there by their code.
        """
        text = "% needs \\usepackage{amsmath}\n" + "\n".join(
            f"\\begin{{align*}}\n{rows}\n\\end{{align*}}" for rows in self._blocks()
        )
        return re.sub(r"[^\x00-\x7f]", lambda sign: rf"\text{{U+{ord(sign[0]):04X}}}", text)

    def _repr_latex_(self) -> str:
        return self.markdown

    def _blocks(self) -> Iterator[str]:
        for group in self._groups():
            yield " \\\\\n".join([derivation.latex for derivation in group])

    def _groups(self) -> list[list[Derivation]]:
        """What is set apart from what comes before: first the Values, then each derivation."""
        return [self.values, *[[derivation] for derivation in self.derivations]]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the derivation as text, Markdown, LaTeX or a page, by the ending of the file name.

        Raises:
            ValueError: the ending is not .txt, .md, .tex or .html.
            OSError: the file cannot be written; an existing file is then unchanged.
        """
        return write_as(
            path,
            txt=lambda: f"{self}\n".encode(),
            md=lambda: f"{self.markdown}\n".encode(),
            tex=lambda: f"{self.latex}\n".encode(),
            html=lambda: page("A derivation", f"<pre>{escape_markup(str(self))}</pre>").encode(),
        )
