"""plot_history: the course of training."""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from autograd.notation import number
from viz.figures import saved
from viz.names import plot_text
from viz.style import DASHES, MARKS, SERIES, series_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

from viz.plots.axes import BESIDE, LINE, SMALL, TEXT, axes_for, beside_of, finish


def plot_history(
    history: Mapping[str, Sequence[float]] | Sequence[float],
    *,
    ax: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Plot the loss and the metrics of each epoch.

    Losses have the scale on the left. Metrics, which are all names without "loss", have a
    separate scale on the right.

    Args:
        history: the numbers of each epoch by name, as ``{"loss": […], "accuracy": […]}``; or
            the losses alone.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: the history has no numbers in it.
        OSError: the file cannot be written.
    """
    named = history if isinstance(history, Mapping) else {"loss": history}
    series = {name: [float(x) for x in numbers] for name, numbers in named.items()}
    if not any(series.values()):
        raise ValueError("this history has no numbers in it: train for at least one epoch")
    ax = axes_for(ax)
    losses = [name for name in series if "loss" in name] or list(series)
    metrics = [name for name in series if name not in losses]
    sides = [(ax, losses)]
    if metrics:
        right = beside_of(ax) or ax.twinx()
        BESIDE[ax] = weakref.ref(right)
        sides.append((right, metrics))
    lines: list[Line2D] = []
    for axes, names in sides:
        for name in names:
            i = len(lines) % len(SERIES)
            epochs = range(1, len(series[name]) + 1)
            lines += axes.plot(
                epochs,
                series[name],
                color=series_on(ax)[i],
                linestyle=DASHES[i],
                linewidth=LINE,
                marker=MARKS[i] if len(epochs) <= 20 else None,
                label=plot_text(name.replace("_", " ") + _lost(series[name])),
            )
        axes.set_ylabel(plot_text(" and ".join(names[:2]).replace("_", " ")), fontsize=TEXT)
        axes.tick_params(labelsize=SMALL)
    finish(ax, "", "epoch", ax.get_ylabel())
    ax.locator_params(axis="x", integer=True)
    ax.legend(handles=lines, fontsize=SMALL, loc="center right")
    return saved(ax, path)


def _lost(numbers: Sequence[float]) -> str:
    """From where on a curve cannot be drawn."""
    lost = [i for i, x in enumerate(numbers, 1) if not math.isfinite(x)]
    return f" ({number(numbers[lost[0] - 1])} in epoch {lost[0]})" if lost else ""
