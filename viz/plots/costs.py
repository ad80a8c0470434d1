"""A cost as a function of its parameters: plot_descent over two, plot_slice along one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from autograd.backprop import forward, topological_order
from autograd.derivatives import gradients
from autograd.notation import name_values, number
from autograd.operations import single
from autograd.tracing import equals
from viz.callers import callers_variables
from viz.figures import saved
from viz.names import distinct, mathtext, plot_text
from viz.progress import progress
from viz.style import DASHES, MARKS, SERIES, is_dark, series_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autograd.operations import Output
from viz.plots.axes import (
    AXIS,
    INK,
    LINE,
    OPEN,
    SMALL,
    TEXT,
    around,
    axes_for,
    finish,
    or_nan,
    spread,
)


def plot_descent(
    cost: Callable[[float, float], Any],
    paths: Mapping[str, Sequence[Sequence[float]]],
    *,
    names: tuple[str, str] = ("w_1", "w_2"),
    ax: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Plot the paths of optimizers on the contours of a cost of two parameters.

    Args:
        cost: a function of two numbers.
        paths: name to the points that an optimizer came through, two numbers each.
        names: of the parameters.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: there is no path, or a point has not two coordinates.
        OSError: the file cannot be written.
    """
    points = [tuple(map(float, point)) for way in paths.values() for point in way]
    if not points or {len(point) for point in points} != {2}:
        raise ValueError("paths are lists of points of two coordinates, at least one of them")
    places = [point for point in points if all(map(math.isfinite, point))] or [(0.0, 0.0)]
    across, up = (around([point[i] for point in places]) for i in range(2))
    heights = [
        [or_nan(partial(_height, cost, y), x) for x in across]
        for y in progress(up, "rows of points")
    ]
    known = [height for row in heights for height in row if math.isfinite(height)]
    lowest, highest = min(known, default=0.0), max(known, default=0.0)
    # Closer together near the bottom, as the walls of a bowl are steep.
    levels = [lowest + (highest - lowest) * (i / 14.0) ** 3 for i in range(1, 15)]
    ax = axes_for(ax)
    if math.inf > highest - lowest > 0.0:
        ax.contour(across, up, heights, levels=levels, colors=AXIS, linewidths=1.0)
    for i, (name, way) in enumerate(paths.items()):
        color = series_on(ax)[i % len(SERIES)]
        lost = [k for k, point in enumerate(way) if not all(map(math.isfinite, map(float, point)))]
        told = f"{plot_text(name)}, {len(way) - 1} steps"
        told += f", not finite from step {lost[0]}" if lost else ""
        xs, ys = zip(*way, strict=True)
        style: dict[str, Any] = {
            "color": color,
            "linestyle": DASHES[i % len(DASHES)],
            "linewidth": LINE,
        }
        mark = MARKS[i % len(MARKS)]
        ax.plot(xs, ys, marker=mark, markersize=4, label=told, **style)
        ax.plot(
            xs[-1:],
            ys[-1:],
            mark,
            color=color,
            markeredgecolor=OPEN if is_dark(ax) else INK,
            markersize=10,
        )
    finish(ax, "", *(_math(name) for name in names))
    ax.legend(fontsize=SMALL)
    return saved(ax, path)


def _height(cost: Callable[[float, float], Any], y: float, x: float) -> float:
    return float(cost(x, y))


def plot_slice(
    output: Output,
    parameter: Output,
    *,
    reach: float = 1.0,
    ax: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Plot a cost along one of its parameters, all others held, with the tangent here.

    The slope of the tangent is the gradient. The graph is recomputed by ``forward()`` at each
    point, and put back as it was; where an operation has no value the curve has a gap.

    Args:
        output: the cost, recorded.
        parameter: the leaf that is moved.
        reach: how far to each side.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: the parameter is no leaf of the graph, or there is no slope here.
        OSError: the file cannot be written.
    """
    output, parameter = single(output), single(parameter)
    order = topological_order(output)
    if parameter.inputs or parameter not in order:
        raise ValueError(f"{parameter!r} is not a leaf that the output is computed from")
    names = distinct(name_values(order, callers_variables()))
    J, w = mathtext(names[output]), mathtext(names[parameter])
    held = [(node.data, node.partials) for node in order]
    here = parameter.data
    points = spread(here, reach)

    def cost(x: float) -> float:
        parameter.data = x
        return forward(output)

    try:
        height = cost(here)  # the leaves may be ahead of the graph
        [gradient] = gradients(output, [parameter])
        slope = gradient.data
        heights = [or_nan(cost, x) for x in points]
    finally:
        for node, (data, partials) in zip(order, held, strict=True):
            node.data, node.partials = data, partials
    ax = axes_for(ax)
    series = series_on(ax)
    ax.plot(points, heights, color=series[0], linewidth=LINE, label=f"${J}({w})$")
    limits = ax.get_ylim()
    ax.plot(
        [points[0], points[-1]],
        [height - slope * reach, height + slope * reach],
        color=series[1],
        linestyle=DASHES[1],
        linewidth=LINE,
        label=rf"tangent: $\frac{{d{J}}}{{d{w}}}$ {equals(slope)} {number(slope)}",
    )
    ax.plot(here, height, MARKS[0], color=series[1], markersize=9)
    ax.set_ylim(limits)
    finish(ax, "", f"${w}$", f"${J}$")
    ax.legend(fontsize=TEXT)
    return saved(ax, path)


def _math(name: str) -> str:
    """A name as a formula: what is one for matplotlib, or else any text."""
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(f"${name}$")
    except ValueError:
        return f"${mathtext(name)}$"
    return f"${name}$"
