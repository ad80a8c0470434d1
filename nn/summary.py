"""Summary: the table of a model's layers and of how many parameters they have."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

HEADER = ("Layer", "Inputs", "Units", "Activation", "Parameters")
WIDEST = 32  # a longer cell goes on in the next line


class Summary(str):
    """The table as a string that a notebook and the prompt show as ``print`` does."""

    __slots__ = ()

    def __new__(cls, rows: Sequence[tuple[str, ...]], n_parameters: int) -> Summary:
        """Lay out the rows, and the total below them."""
        table = [HEADER, *rows, ("Total", "", "", "", str(n_parameters))]
        cells = [[textwrap.wrap(cell, WIDEST) or [""] for cell in row] for row in table]
        widths = [max(len(line) for row in cells for line in row[i]) for i in range(len(HEADER))]
        lines = []
        for row in cells:
            for k in range(max(map(len, row))):
                texts = [cell[k] if k < len(cell) else "" for cell in row]
                lines.append("  ".join(map(_align, texts, widths, HEADER)).rstrip())
        rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
        return super().__new__(cls, "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]]))

    def __repr__(self) -> str:
        return str(self)


def _align(text: str, width: int, column: str) -> str:
    numeric = column in ("Inputs", "Units", "Parameters")
    return text.rjust(width) if numeric else text.ljust(width)
