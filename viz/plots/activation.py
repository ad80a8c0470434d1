"""plot_activation: an activation function and its derivative."""

from __future__ import annotations

import math
from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any

from autograd.primitives import TABLE, Primitive
from viz.figures import saved
from viz.style import DASHES, MARKS, is_dark, series_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from viz.plots.axes import AXIS, LINE, OPEN, SMALL, TEXT, axes_for, finish, or_nan, spread

JUMP = 0.3


def plot_activation(
    function: str | Primitive | None = None,
    *,
    ax: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Plot an activation function g(z) with its derivative g′(z), or all of them side by side.

    At a jump, a dot marks the value at that point, and a ring the value that is only beside it.

    Args:
        function: the name of a function of one number, a row of the table, or "linear"; by
            default all of the table, with the step, in small axes inside the returned one.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: there is no such function of one number.
        OSError: the file cannot be written.
    """
    if function is not None:
        name = function.name if isinstance(function, Primitive) else function
        ax = axes_for(ax)
        _plot_curve(ax, *_activation(name))
        finish(ax, _title(name), r"$z$", "")
        ax.legend(fontsize=SMALL)
        return saved(ax, path)
    ax = axes_for(ax, (12.0, 8.5))
    ax.axis("off")
    columns = 4
    names = [row.name for row in TABLE.values() if row.family == "activation"]
    names = ["linear", *names, "step"]
    rows = -(-len(names) // columns)
    for i, name in enumerate(names):
        row, column = divmod(i, columns)
        place = (column / columns, 1.0 - (row + 0.85) / rows, 0.8 / columns, 0.68 / rows)
        small = ax.inset_axes(place)
        _plot_curve(small, *_activation(name))
        finish(small, _title(name), "", "")
    handles, labels = small.get_legend_handles_labels()
    ax.legend(handles, labels, fontsize=TEXT, loc="lower right", frameon=False)
    return saved(ax, path)


def _title(name: str) -> str:
    return name if name == "linear" else TABLE[name].symbol if name != "sigmoid" else "sigmoid σ"


def _activation(name: str) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """The function and its derivative, on floats."""
    if name == "linear":
        return lambda z: z, lambda z: 1.0
    op = TABLE.get(name)
    if op is None or {len(sample) for sample in op.samples} != {1}:
        known = [row for row, op in TABLE.items() if {len(s) for s in op.samples} == {1}]
        raise ValueError(
            f"there is no function {name!r} of one number: choose linear, {', '.join(known)}"
        )
    return op.value, lambda z: float(op.slopes(op.value(z), z)[0])


def _plot_curve(ax: Axes, g: Callable[[float], float], slope: Callable[[float], float]) -> None:
    ax.axhline(0.0, color=AXIS, linewidth=1)
    ax.axvline(0.0, color=AXIS, linewidth=1)
    series = series_on(ax)
    inside = ax.get_facecolor() if is_dark(ax) else OPEN
    for i, (curve, label) in enumerate(((g, r"$g(z)$"), (slope, r"$g^{\prime}(z)$"))):
        points: list[float] = []
        heights: list[float] = []
        for z in spread(0.0, 5.0):
            height = or_nan(curve, z)
            # Activation functions rise by less than this between two points without a jump.
            if heights and abs(height - heights[-1]) > JUMP:
                at, beside = _jump(curve, points[-1], z)
                dot: dict[str, Any] = {
                    "marker": MARKS[i],
                    "color": series[i],
                    "markersize": 7,
                    "zorder": 3,
                }
                ax.plot(at, or_nan(curve, at), linestyle="", **dot)
                ax.plot(at, beside, linestyle="", markerfacecolor=inside, **dot)
                points += (at, at)
                heights += (math.nan, beside) if at < z else (beside, math.nan)
            points.append(z)
            heights.append(height)
        ax.plot(points, heights, color=series[i], linestyle=DASHES[i], linewidth=LINE, label=label)
    ax.set_ylim(-1.25, 2.25)


def _jump(curve: Callable[[float], float], left: float, right: float) -> tuple[float, float]:
    """Where between two points a curve jumps, and its height beside that point; nan if unknown."""
    after, before = curve(math.nextafter(left, right)), curve(math.nextafter(right, left))
    if abs(after - curve(left)) > JUMP:
        return left, after
    return right, before if abs(before - curve(right)) > JUMP else math.nan
