"""What all examples share: the option --quick, the table, and where pictures go."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

PICTURES = Path(__file__).resolve().parents[1] / "pictures"


def quick(description: str | None) -> bool:
    """Whether the script was asked, by --quick, to train for less."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="train for less, to see that it runs")
    return bool(parser.parse_args().quick)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings, in columns."""
    table = [list(headings), *[[_text(cell) for cell in row] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    print(lines[0], "─" * len(lines[0]), *lines[1:], sep="\n")


def save(axes: object, name: str) -> None:
    """Write a plot into the folder of pictures, and say where."""
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{name}.png"
    axes.figure.savefig(path, dpi=120)  # type: ignore[attr-defined]
    print(f"drew {path.relative_to(PICTURES.parent)}")


def _text(cell: object) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
