"""The report: what agrees, what does not, and what explains it; as text and as a page."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import numpy as np

from autograd.differences import agreeing_digits

MOST = 6  # explanations that are shown
ROWS, COLUMNS = 24, 32  # of a grid that is drawn
ALL_DIGITS = 9  # as many as are drawn; more are all
CUT = '<td style="background:#fff;color:#000">…</td>'
# From no digit to all, legible with black text.
SHADES = ("#F4A582", "#F9C0A4", "#FBD5BF", "#FAE6D8", "#F5F1E6", "#E6EEF3", "#D3E5F0",
          "#BBD9EA", "#A2CDE3", "#8CC2DC")  # fmt: skip


class Explanation:
    """A known mistake, and how well it fits.

    Attributes:
        text: what may be wrong, in a sentence.
        misfit: how far the gradient with this mistake is from the one that was returned, as
            part of the size of that.
        arrays: the names of the arrays that it explains.
    """

    def __init__(self, text: str, misfit: float, arrays: tuple[str, ...] = ()) -> None:
        self.text = text
        self.misfit = misfit
        self.arrays = arrays

    @property
    def bare(self) -> bool:
        """Whether it is a factor without a known reason."""
        return self.text.endswith(("times what it should be", "times what they should be"))

    @property
    def superficial(self) -> bool:
        """Whether it says where zeros are, and a mistake may be behind them."""
        return self.all_zeros or "right elsewhere" in self.text

    @property
    def all_zeros(self) -> bool:
        """Whether it says that there is nothing but zeros."""
        return "all zeros" in self.text

    @property
    def rank(self) -> tuple[Any, ...]:
        """What sorts explanations, the best first."""
        off = 0.0 if self.misfit < 1e-9 else float(f"{self.misfit:.1e}")  # that is rounding
        return self.bare, self.superficial, off, -len(self.arrays)

    def __repr__(self) -> str:
        shown = f"{self.misfit:.1g}" if self.misfit > 1e-9 else "0"  # that is rounding
        return f"{shown:<9} {self.text}"


class ArrayCheck:
    """One array of the arguments, and its gradient.

    Attributes:
        name, shape: of the array.
        claimed: the gradient that was returned.
        numeric: by central differences; nan where no difference was taken.
        nudged, wrong: which entries were nudged, and which of those disagree.
        kinks: entries that lie on a kink, with the slopes of the two sides.
        edges: entries at the edge of where f has a value.
        trouble: what else is wrong, such as the shape.
    """

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name = name
        self.shape = shape
        self.claimed: Any = None
        self.numeric: Any = np.full(shape, math.nan)
        self.nudged: Any = np.zeros(shape, bool)
        self.wrong: Any = np.zeros(shape, bool)
        self.kinks: list[tuple[tuple[int, ...], float, float]] = []
        self.edges: list[tuple[int, ...]] = []
        self.trouble = ""

    @classmethod
    def missing(cls, name: str, shape: tuple[int, ...]) -> ArrayCheck:
        """An array whose gradient was not returned, though others beside it have one."""
        array = cls(name, shape)
        array.trouble = "no gradient is returned for it"
        return array

    @property
    def short(self) -> str:
        """The last part of its name: W1 of parameters["W1"]."""
        return self.name.rsplit('["', 1)[1].removesuffix('"]') if '["' in self.name else self.name

    @property
    def right(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.trouble and not self.wrong.any()

    @property
    def worst(self) -> tuple[int, ...] | None:
        """The index of the entry that is furthest off."""
        if not self.wrong.any():
            return None
        apart = np.where(self.wrong, np.abs(self.claimed - self.numeric), -1.0)
        apart = np.where(np.isnan(apart), math.inf, apart)
        return tuple(int(i) for i in np.unravel_index(np.argmax(apart), self.shape))

    @property
    def digits(self) -> Any:
        """How many leading digits agree at each entry; nan where it was not nudged."""
        grid = np.full(self.shape, math.nan)
        if self.claimed is None or np.shape(self.claimed) != self.shape:
            return grid
        for place in np.ndindex(self.shape):
            a, b = float(self.claimed[place]), float(self.numeric[place])
            if self.nudged[place] and not math.isnan(b):
                agreed = ALL_DIGITS if a == b else agreeing_digits(a, b)
                grid[place] = min(agreed, ALL_DIGITS)
                if not self.wrong[place]:
                    grid[place] = ALL_DIGITS
        return grid

    def lines(self, says: str) -> list[str]:
        """What there is to say of it, in lines of text."""
        place = self.worst
        if place is None:
            return [f"  {self.name}, shape {self.shape}: {self.trouble}"]
        a, b = float(self.claimed[place]), float(self.numeric[place])
        agreed = agreeing_digits(a, b)
        digits = "1 digit agrees" if agreed == 1 else f"{agreed or 'no'} digits agree"
        worst = f"{says} {a:.10g}, the central difference {b:.10g}: {digits}"
        if not self.shape:
            return [f"  {self.name}, a number: {worst}"]
        nudged, wrong = int(self.nudged.sum()), int(self.wrong.sum())
        of = f"{nudged}" if nudged == self.wrong.size else f"{nudged} nudged"
        index = ", ".join(map(str, place))
        lines = [
            f"  {self.name}, shape {self.shape}: {nudged - wrong} of {of} entries agree",
            f"    worst at {self.name}[{index}]: {worst}",
        ]
        return [*lines, f"    {self.trouble}"] if self.trouble else lines


class Report:
    """What a check of gradients found. It is true if all of them are right.

    Printed, it lists what is wrong; in a notebook, it shows each array as a grid of the digits
    that agree; ``viz.plot_check`` draws the entries of both.

    Attributes:
        right: whether nothing speaks against any gradient.
        arrays: one :class:`ArrayCheck` for each array that a gradient was returned for.
        explanations: known mistakes that fit, best first.
        first: the array that is wrong first on the way back, where that could be told.
        problems: what is wrong beside single entries, by what it concerns: a stale cache of an
            array, another cost.
        notes: what else there is to know: kinks, round-off, float32, integers.
    """

    def __init__(self, hints: bool = True) -> None:
        self.arrays: list[ArrayCheck] = []
        self.explanations: list[Explanation] = []
        self.first = ""
        self.notes: list[str] = []
        self.hints = hints
        self.problems: dict[str, str] = {}
        self.says = "df says"
        self.reference = "the central difference"
        self._not_the_same = ""

    @property
    def right(self) -> bool:
        """Whether nothing speaks against any gradient."""
        return not (self._not_the_same or self.problems) and all(a.right for a in self.arrays)

    def __bool__(self) -> bool:
        return self.right

    def unrepeatable(self, what: str, first: float, second: float) -> None:
        """Note that a function answers differently twice."""
        self._not_the_same = (
            f"{what} is not the same twice: at the same arguments it answers {first!r} and "
            f"then {second!r}, so there is nothing to compare. Give its random numbers a fixed "
            "seed, or switch dropout off while checking"
        )

    def settle(self, two_functions: bool) -> None:
        """Write the notes on kinks and edges."""
        if not two_functions:
            self.says = "f says"
        for array in self.arrays:
            if array.kinks:
                place, left, right = array.kinks[0]
                index = f"[{', '.join(map(str, place))}]" if place else ""
                self.notes.append(
                    f"{array.name}{index} lies on a kink (slopes {left:.6g} and {right:.6g}); "
                    f"{len(array.kinks)} such entries of {array.name} count as right where the "
                    "gradient lies between"
                )
            if array.edges:
                index = ", ".join(map(str, array.edges[0]))
                self.notes.append(
                    f"{array.name}[{index}] lies at the edge of where f has a value: left out"
                )

    def __str__(self) -> str:
        if self._not_the_same:
            return self._not_the_same + "."
        wrong = [array for array in self.arrays if not array.right]
        if self.right:
            n = sum(int(array.nudged.sum()) for array in self.arrays)
            names = ", ".join(array.name for array in self.arrays)
            lines = [f"The gradient is right: {n} entries of {names} agree with {self.reference}."]
        elif not self.hints:
            names = ", ".join(dict.fromkeys([*(array.name for array in wrong), *self.problems]))
            return f"The gradient is wrong along {names}."
        elif not wrong:
            lines = ["The gradient agrees, and yet:"]
        else:
            lines = [f"The gradient is wrong in {len(wrong)} of {len(self.arrays)} arrays."]
            for array in wrong:
                lines += [line.replace("the central difference", self.reference)
                          for line in array.lines(self.says)]  # fmt: skip
        lines += [f"  {problem}" for problem in self.problems.values()]
        lines += [f"Note: {note}." for note in self.notes]
        if wrong and self.first and len(self.arrays) > 1 and self.hints:
            lines.append(f"First wrong on the way back: {self.first}.")
        if any(array.claimed is not None for array in wrong) and self.hints:
            if self.explanations:
                lines.append(
                    "What explains it, best first (how far it is off, as part of the gradient):"
                )
                lines += [f"  {each!r}" for each in self.explanations[:MOST]]
            else:
                lines.append("None of the known mistakes explains it.")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The text, and each array as a grid of the digits that agree."""
        shown = sorted(self.arrays, key=lambda array: array.right)
        grids = "".join(map(_grid, shown)) if self.hints or self.right else ""
        legend = "Digits that agree: 0 none … ✓ all; · not nudged" if grids else ""
        return (
            '<div style="font-family:DejaVu Sans,Verdana,sans-serif;color:#000;background:#fff;'
            'padding:8px;font-size:13px">'
            f'<pre style="white-space:pre-wrap;margin:0 0 8px">{escape(str(self))}</pre>'
            f'<div style="margin:0 0 4px">{legend}</div>'
            '<div style="display:flex;flex-wrap:wrap;gap:18px;align-items:flex-start">'
            f"{grids}</div></div>"
        )


def _grid(array: ArrayCheck) -> str:
    digits = array.digits
    grid = digits.reshape(1, -1) if digits.ndim < 2 else digits.reshape(len(digits), -1)
    rows = []
    for row in grid[:ROWS]:
        cells = []
        for each in row[:COLUMNS].tolist():
            shade = "#FFFFFF" if math.isnan(each) else SHADES[int(each)]
            shown = "·" if math.isnan(each) else "✓" if each >= ALL_DIGITS else f"{each:.0f}"
            cells.append(
                f'<td style="background:{shade};color:#000;border:1px solid #bbb;'
                f'min-width:1.4em;text-align:center;padding:1px 3px">{shown}</td>'
            )
        cut = CUT if len(row) > COLUMNS else ""
        rows.append(f"<tr>{''.join(cells)}{cut}</tr>")
    if len(grid) > ROWS:
        rows.append(f"<tr>{CUT}</tr>")
    state = "right" if array.right else escape(array.trouble or "wrong")
    caption = f"{escape(array.short)} {array.shape}: {state}"
    return (
        '<div><div style="font-weight:bold;padding:2px 0;white-space:nowrap">'
        f'{caption}</div><table style="border-collapse:collapse;margin:0">{"".join(rows)}</table>'
        "</div>"
    )


class GradientMismatchError(AssertionError):
    """A gradient is wrong; the message is the report.

    Attributes:
        report: the :class:`Report`.
    """

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report
