"""What a model makes of its inputs: plot_boundary of two, plot_fit of one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from autograd.notation import number
from viz.figures import saved
from viz.names import plot_text
from viz.progress import progress
from viz.style import DASHES, MARKS, SERIES, is_dark, series_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from viz.plots.axes import AXIS, INK, LINE, OPEN, SMALL, around, axes_for, finish, in_range, spread


def plot_boundary(
    model: Callable[[list[float]], Any],
    X: Iterable[Sequence[float]],
    Y: Iterable[float | Sequence[float]],
    *,
    level: float | None = None,
    ax: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Plot the decision boundary of a model in two dimensions, with the data.

    With one output, the boundary lies where it is halfway between the smallest and the largest
    label (0.5 for labels 0 and 1); where the model was compiled with a loss from logits, at the
    logit 0. With several, each region is that of the largest output, and a label is the
    number of a class, counted from 0, or one-hot.

    Args:
        model: a network, or any function of a list of two numbers that returns a Value, a
            number, or a list of them.
        X: the points, two numbers each.
        Y: their labels; a label may be a list.
        level: the output at the boundary, where it is another one.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: there are no points, points do not have two coordinates, there are not
            as many labels, or a label is not what the outputs of the model ask for.
        OSError: the file cannot be written.
    """
    points = [_as_list(point) for point in X]
    labels = [_as_list(y) for y in Y]
    if not points or {len(point) for point in points} != {2} or len(labels) != len(points):
        raise ValueError(
            "a decision boundary takes points of two coordinates, with one label each; not "
            f"{len(points)} points and {len(labels)} labels"
        )
    _check_finite(points, "the point")
    _check_finite(labels, "the label")
    across, up = (around([point[i] for point in points]) for i in range(2))
    outputs = [
        _outputs(model, [[x1, x2] for x1 in across]) for x2 in progress(up, "rows of points")
    ]
    ax = axes_for(ax)
    n = len(outputs[0][0])
    series, ink = series_on(ax), (OPEN if is_dark(ax) else INK)
    chosen_of = [_class(label, n) for label in labels]
    if n == 1:
        classes = sorted(set(chosen_of))
        if level is None:
            loss = getattr(getattr(model, "compiled", None), "loss", None)
            halfway = (classes[0] + classes[-1]) / 2.0
            level = 0.0 if getattr(loss, "from_logits", False) else halfway
        margins = [[[level - y, y - level] for [y] in row] for row in outputs]
    else:
        classes = [float(i) for i in range(n)]
        margins = [[_margins(output) for output in row] for row in outputs]
    for i in range(max(2, n)):
        above = _drawable([[margin[i] for margin in row] for row in margins])
        known = [x for row in above for x in row if not math.isnan(x)]
        if max(known, default=0.0) > 0.0:
            color = series[i % len(series)]
            ax.contourf(across, up, above, levels=[0.0, math.inf], colors=[color], alpha=0.25)
        if i > 0 and known and min(known) < 0.0 < max(known):
            ax.contour(across, up, above, levels=[0.0], colors=ink, linewidths=LINE)
    for i, label in enumerate(classes):
        chosen = [point for point, y in zip(points, chosen_of, strict=True) if y == label]
        ax.plot(
            [point[0] for point in chosen],
            [point[1] for point in chosen],
            MARKS[i % len(MARKS)],
            color=series[i % len(series)],
            markeredgecolor="#FFFFFF",
            markersize=10,
            label=f"y = {number(label)}",
        )
    finish(ax, "", "$x_1$", "$x_2$")
    ax.legend(fontsize=SMALL, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(classes))
    return saved(ax, path)


def _class(label: list[float], outputs: int) -> float:
    """The class that a label means, for a model with that many outputs."""
    if len(label) == 1 and (outputs == 1 or label[0] in range(outputs)):
        return label[0]
    if len(label) == outputs and sorted(label) == [0.0] * (outputs - 1) + [1.0]:
        return float(label.index(1.0))
    wanted = (
        "one number for a model with one output"
        if outputs == 1
        else f"the number of a class, counted from 0 to {outputs - 1}, or {outputs} numbers "
        "of which one is 1 and the others are 0"
    )
    told = number(label[0]) if len(label) == 1 else [number(x) for x in label]
    raise ValueError(f"the label {told} should be {wanted}")


def _drawable(heights: list[list[float]]) -> list[list[float]]:
    """Heights of which the infinite ones are as far as the largest of the others."""
    far = max((abs(x) for row in heights for x in row if math.isfinite(x)), default=0.0) or 1.0
    return [[math.copysign(far, x) if math.isinf(x) else x for x in row] for row in heights]


def _check_finite(examples: Sequence[Sequence[float]], what: str) -> None:
    for i, example in enumerate(examples):
        if not all(map(math.isfinite, example)):
            told = ", ".join(map(number, example))
            raise ValueError(
                f"{what} {told} of example {i} (counted from 0) is not finite, so it has no place "
                "in the plot: leave that example out"
            )


def _outputs(model: Any, points: list[list[float]]) -> list[list[float]]:
    """What a model makes of points, in one call where it can predict."""
    if hasattr(model, "predict"):
        found: list[list[float]] = model.predict(points).tolist()
        return found
    return [_as_list(model(point)) for point in points]


def plot_fit(
    model: Any,
    X: Iterable[Any],
    Y: Iterable[Any],
    *,
    label: str = "model",
    ax: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Plot y against x for one input: the data as dots, and the model's outputs as curves.

    Args:
        model: a network with one input, or any function of a list of one number that returns a
            Value, a number, or a list of them. Each output is a curve.
        X: the inputs, a number or a list of one each.
        Y: the targets, a number or a list each.
        label: what the curve is called.
        ax: where to plot, for example beside the curve of another model; by default in a new
            figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: there are no data, an example has several inputs, or there are not as many
            targets.
        OSError: the file cannot be written.
    """
    points = [_as_list(x) for x in X]
    targets = [_as_list(y) for y in Y]
    if not points or {len(point) for point in points} != {1} or len(targets) != len(points):
        raise ValueError(
            "y is plotted against x for examples of one input and their targets; not for "
            f"{len(points)} examples of {len(points[0]) if points else 0} inputs and "
            f"{len(targets)} targets"
        )
    _check_finite(points, "the input")
    xs = [x for [x] in points]
    low, high = min(xs), max(xs)
    middle, reach = (low + high) / 2.0, (high - low) * 0.55 or 1.0
    along = spread(middle, reach)
    curves = list(zip(*_outputs(model, [[x] for x in along]), strict=True))
    label = plot_text(label)
    first = ax is None or not ax.lines
    ax = axes_for(ax)
    if first:
        for i, ys in enumerate(zip(*targets, strict=True)):
            name = "data" if len(targets[0]) == 1 else f"data $y_{{{i + 1}}}$"
            size = 9 if len(xs) <= 100 else 6
            ax.plot(xs, ys, MARKS[i % len(MARKS)], color=AXIS, markersize=size, label=name)
    for i, heights in enumerate(curves):
        k = sum(line.get_linestyle() != "None" for line in ax.lines) % len(SERIES)
        name = label if len(curves) == 1 else f"{label} $a_{{{i + 1}}}$"
        ax.plot(
            along,
            list(map(in_range, heights)),
            color=series_on(ax)[k],
            linestyle=DASHES[k % len(DASHES)],
            linewidth=LINE,
            label=name,
        )
    finish(ax, "", "$x$", "$y$")
    ax.legend(fontsize=SMALL)
    return saved(ax, path)


def _margins(outputs: Sequence[float]) -> list[float]:
    """By how much each output exceeds the largest of the others."""
    if any(map(math.isnan, outputs)):
        return [math.nan] * len(outputs)
    first, second = sorted(outputs)[-1:-3:-1]
    others = [second if y == first else first for y in outputs]
    return [0.0 if y == other else y - other for y, other in zip(outputs, others, strict=True)]


def _as_list(output: Any) -> list[float]:
    try:
        numbers = iter(output)
    except TypeError:  # also of an array without an axis
        return [float(output)]
    return [float(x) for x in numbers]
