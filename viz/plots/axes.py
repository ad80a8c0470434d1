"""What plots have in common: their axes, words, points, and heights that can be drawn."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Legible on a projector.
SIZE = (8.0, 5.0)  # inches

TEXT, SMALL = 16, 13  # points

LINE = 2.5

GRID = 51  # points along each side of a decision boundary

INK, AXIS = "#000000", "#BBBBBB"

OPEN = "#FFFFFF"  # inside of a ring

CURVE = 401  # points of a curve, an odd number so that its middle is one of them

# What a plot put beside its axes, a scale or colours: one that is made there later takes it over.
BESIDE: WeakKeyDictionary[Axes, weakref.ref[Axes]] = WeakKeyDictionary()


def beside_of(ax: Axes) -> Axes | None:
    beside = BESIDE[ax]() if ax in BESIDE else None
    return beside if beside is not None and beside in ax.figure.axes else None


def _is_bar(beside: Axes) -> bool:
    return beside.get_label() == "<colorbar>"


def axes_for(
    ax: Axes | None, size: tuple[float, float] = SIZE, *, keeps_colors: bool = False
) -> Axes:
    """The axes that were given, cleared of a second scale, or those of a new figure."""
    if ax is not None:
        beside = beside_of(ax)
        if beside is not None and not ax.has_data() and not (keeps_colors and _is_bar(beside)):
            ax.figure.delaxes(beside)  # the plot that it belongs to was cleared
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def finish(ax: Axes, title: str, x: str, y: str) -> None:
    """Words in a size that is legible on a projector, and no frame where nothing is."""
    ax.set_title(title, fontsize=TEXT)
    ax.set_xlabel(x, fontsize=TEXT)
    ax.set_ylabel(y, fontsize=TEXT)
    ax.tick_params(labelsize=SMALL)
    ax.spines["top"].set_visible(False)


def spread(middle: float, reach: float) -> list[float]:
    half = CURVE // 2
    return [middle + reach * i / half for i in range(-half, half + 1)]


def around(coordinates: Sequence[float]) -> list[float]:
    """Points from below the smallest coordinate to above the largest."""
    low, high = min(coordinates), max(coordinates)
    margin = 0.25 * (high - low) or 1.0
    return [low - margin + (high - low + 2.0 * margin) * i / (GRID - 1) for i in range(GRID)]


def or_nan(function: Callable[[float], float], x: float) -> float:
    try:
        return in_range(function(x))
    except (ArithmeticError, ValueError):
        return math.nan


def in_range(height: float) -> float:
    """A height, or nan beyond those that matplotlib can make a scale for."""
    return height if abs(height) < 1e300 else math.nan
