"""plot_check: compare the entries of a gradient with the central differences, in a plot."""

from __future__ import annotations

import math
from os import PathLike
from typing import TYPE_CHECKING, Any

from viz.figures import saved
from viz.names import plot_text
from viz.style import THEMES, is_dark, series_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TEXT, SMALL = 16, 12  # points
PANEL = (4.2, 3.4)  # inches
COLUMNS, PANELS = 3, 6
MOST = 200  # entries of each array; of more, the wrong ones and a regular choice
NAMED = 2  # entries whose index is written, those that are furthest off


def plot_check(
    report: Any, *, ax: Axes | None = None, path: str | PathLike[str] | None = None
) -> Axes:
    """Plot a gradient and its central differences, entry by entry, and mark where they disagree.

    Each array has a panel, wrong ones first, with its entries row by row. A circle is the
    central difference, a cross the returned entry; where they disagree, a line joins them, and
    the entries that are furthest off are labelled with their index.

    Args:
        report: what ``check_gradients`` or ``program.check`` returned.
        ax: where to plot; by default in a new figure. Several panels are drawn inside it.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        TypeError: it is not such a report.
        ValueError: it has no entries to plot, or was made without hints.
        OSError: the file cannot be written.
    """
    if not hasattr(report, "arrays"):
        raise TypeError(f"a report of check_gradients is needed, not {report!r:.60}")
    if not (report.hints or report.right):
        raise ValueError("the report was made with hints=False: it names what is wrong, no more")
    arrays = [array for array in report.arrays if _entries(array)]
    if not arrays:
        raise ValueError("the report has no entries that could be compared: print it instead")
    arrays.sort(key=lambda array: array.right)
    left_out = len(arrays[PANELS:])
    arrays = arrays[:PANELS]
    columns = min(COLUMNS, len(arrays))
    rows = math.ceil(len(arrays) / columns)
    if ax is None:
        import matplotlib.pyplot as plt

        size = (max(6.5, PANEL[0] * columns), PANEL[1] * rows + 1.2)
        _, ax = plt.subplots(figsize=size, layout="constrained")
    wrong = [array.short for array in report.arrays if not array.right]
    title = f"wrong: {', '.join(wrong)}" if wrong else "all entries agree"
    title += f" ({left_out} more arrays)" if left_out else ""
    ax.set_title(plot_text(title), fontsize=TEXT)
    if len(arrays) == 1:
        _panel(ax, arrays[0], report)
        ax.legend(fontsize=SMALL)
        return saved(ax, path)
    ax.axis("off")
    for i, array in enumerate(arrays):
        row, column = divmod(i, columns)
        height = 1.0 / rows
        place = (
            (column + 0.12) / columns,
            1.0 - (row + 0.82) * height,
            0.82 / columns,
            0.62 * height,
        )
        panel = ax.inset_axes(place)
        _panel(panel, array, report)
        state = "right" if array.right else f"{int(array.wrong.sum())} of {array.wrong.size} wrong"
        panel.set_title(plot_text(f"{array.short}: {state}"), fontsize=SMALL)
    handles, labels = panel.get_legend_handles_labels()
    ax.legend(handles, labels, fontsize=SMALL, ncols=2, loc="upper center", frameon=False)
    return saved(ax, path)


def _panel(ax: Axes, array: Any, report: Any) -> None:
    alert = THEMES["dark" if is_dark(ax) else "light"].alert
    entries = _entries(array)
    wrong = [(x, *entry) for x, entry in enumerate(entries) if entry[3]]
    for x, _, claimed, numeric, _ in wrong:
        ax.plot([x, x], [numeric, claimed], color=alert, linewidth=2.0, zorder=1)
    ax.plot([numeric for _, _, numeric, _ in entries], "o", color=series_on(ax)[0],
            markerfacecolor="none", markersize=8, label=report.reference)  # fmt: skip
    ax.plot([claimed for _, claimed, _, _ in entries], "x", color=series_on(ax)[1], markersize=7,
            label=f"what {report.says}")  # fmt: skip
    named: list[float] = []
    for x, place, claimed, numeric, _ in sorted(wrong, key=lambda w: -abs(w[2] - w[3])):
        far = all(abs(x - other) > 0.25 * len(entries) for other in named)
        if place and far and len(named) < NAMED:  # names side by side would cover each other
            named.append(x)
            index, above = f"[{', '.join(map(str, place))}]", claimed > numeric
            edge = x - 0.5 * (len(entries) - 1)
            side = "center" if abs(edge) < 0.3 * len(entries) else "left" if edge < 0 else "right"
            ax.annotate(index, (x, claimed), xytext=(0, 6 if above else -6),
                        textcoords="offset points", ha=side, va="bottom" if above else "top",
                        fontsize=SMALL, color=alert)  # fmt: skip
    ax.axhline(0.0, color="#BBBBBB", linewidth=1.0, zorder=0)
    ax.set_xticks([])
    ax.set_xlabel("entries", fontsize=SMALL)
    ax.tick_params(axis="y", labelsize=SMALL)
    ax.margins(x=0.12, y=0.25)


def _entries(array: Any) -> list[tuple[tuple[int, ...], float, float, bool]]:
    """Index, both numbers, and whether they disagree, of the entries that were compared."""
    import numpy as np

    found: list[tuple[tuple[int, ...], float, float, bool]] = []
    if array.claimed is None or array.claimed.shape != array.shape:
        return found
    for place in np.ndindex(array.shape):
        claimed, numeric = float(array.claimed[place]), float(array.numeric[place])
        if array.nudged[place] and math.isfinite(claimed) and math.isfinite(numeric):
            found.append((place, claimed, numeric, bool(array.wrong[place])))
    if len(found) <= MOST:
        return found
    bad = [each for each in found if each[3]][: MOST // 2]
    good = [each for each in found if not each[3]]
    step = max(1, math.ceil(len(good) / (MOST // 2)))
    return sorted([*bad, *good[::step]], key=lambda each: each[0])
