"""Plots: activations, training, descent, boundaries, fitted curves, weights, gradients, slices."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from autograd.backprop import forward, topological_order
from autograd.derivatives import gradients
from autograd.notation import name_values, number
from autograd.operations import single
from autograd.primitives import TABLE, Primitive
from autograd.tracing import equals
from autograd.value import Value
from viz.callers import callers_variables
from viz.figures import saved
from viz.names import distinct, mathtext, plot_text
from viz.progress import progress
from viz.style import DASHES, MARKS, SERIES, THEMES, is_dark, series_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from autograd.operations import Output

ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "step")

# Legible on a projector.
SIZE = (8.0, 5.0)  # inches
TEXT, SMALL = 16, 13  # points
LINE = 2.5

GRID = 51  # points along each side of a decision boundary
JUMP = 0.3
INK, AXIS = "#000000", "#BBBBBB"
OPEN = "#FFFFFF"  # inside of a ring
CURVE = 401  # points of a curve, an odd number so that its middle is one of them
MOST_NUMBERED = 12  # rows and columns of weights that still have room for numbers


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
            default all that are common in networks, in small axes inside the returned one.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: there is no such function of one number.
        OSError: the file cannot be written.
    """
    if function is not None:
        name = function.name if isinstance(function, Primitive) else function
        ax = _axes(ax)
        _plot_curve(ax, *_activation(name))
        _finish(ax, _title(name), r"$z$", "")
        ax.legend(fontsize=SMALL)
        return saved(ax, path)
    ax = _axes(ax, (12.0, 6.0))
    ax.axis("off")
    columns = 4
    for i, name in enumerate(ACTIVATIONS):
        row, column = divmod(i, columns)
        place = (column / columns, 0.55 - 0.55 * row, 0.8 / columns, 0.4)
        small = ax.inset_axes(place)
        _plot_curve(small, *_activation(name))
        _finish(small, _title(name), "", "")
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
        for z in _spread(0.0, 5.0):
            height = _or_nan(curve, z)
            # Activation functions rise by less than this between two points without a jump.
            if heights and abs(height - heights[-1]) > JUMP:
                at, beside = _jump(curve, points[-1], z)
                dot: dict[str, Any] = {
                    "marker": MARKS[i],
                    "color": series[i],
                    "markersize": 7,
                    "zorder": 3,
                }
                ax.plot(at, _or_nan(curve, at), linestyle="", **dot)
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
    ax = _axes(ax)
    losses = [name for name in series if "loss" in name] or list(series)
    metrics = [name for name in series if name not in losses]
    sides = [(ax, losses)]
    if metrics:
        right = _beside(ax) or ax.twinx()
        _BESIDE[ax] = weakref.ref(right)
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
    _finish(ax, "", "epoch", ax.get_ylabel())
    ax.locator_params(axis="x", integer=True)
    ax.legend(handles=lines, fontsize=SMALL, loc="center right")
    return saved(ax, path)


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
    across, up = (_around([point[i] for point in points]) for i in range(2))
    outputs = [
        _outputs(model, [[x1, x2] for x1 in across]) for x2 in progress(up, "rows of points")
    ]
    ax = _axes(ax)
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
    _finish(ax, "", "$x_1$", "$x_2$")
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
    along = _spread(middle, reach)
    curves = list(zip(*_outputs(model, [[x] for x in along]), strict=True))
    label = plot_text(label)
    first = ax is None or not ax.lines
    ax = _axes(ax)
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
            list(map(_in_range, heights)),
            color=series_on(ax)[k],
            linestyle=DASHES[k % len(DASHES)],
            linewidth=LINE,
            label=name,
        )
    _finish(ax, "", "$x$", "$y$")
    ax.legend(fontsize=SMALL)
    return saved(ax, path)


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
    across, up = (_around([point[i] for point in places]) for i in range(2))
    heights = [
        [_or_nan(partial(_height, cost, y), x) for x in across]
        for y in progress(up, "rows of points")
    ]
    known = [height for row in heights for height in row if math.isfinite(height)]
    lowest, highest = min(known, default=0.0), max(known, default=0.0)
    # Closer together near the bottom, as the walls of a bowl are steep.
    levels = [lowest + (highest - lowest) * (i / 14.0) ** 3 for i in range(1, 15)]
    ax = _axes(ax)
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
    _finish(ax, "", *(_math(name) for name in names))
    ax.legend(fontsize=SMALL)
    return saved(ax, path)


def _height(cost: Callable[[float, float], Any], y: float, x: float) -> float:
    return float(cost(x, y))


def _margins(outputs: Sequence[float]) -> list[float]:
    """By how much each output exceeds the largest of the others."""
    if any(map(math.isnan, outputs)):
        return [math.nan] * len(outputs)
    first, second = sorted(outputs)[-1:-3:-1]
    others = [second if y == first else first for y in outputs]
    return [0.0 if y == other else y - other for y, other in zip(outputs, others, strict=True)]


def plot_weights(
    weights: Sequence[Sequence[Value | float]],
    *,
    shape: tuple[int, int] | None = None,
    ax: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Plot weights as an image: blue where they are positive, brown where negative.

    Args:
        weights: one row per unit, such as ``model.named_parameters()["W1"]``.
        shape: the rows and columns of the image that each unit looks at; then its weights are
            shown as that image, one tile per unit. By default, one row per unit.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        ValueError: rows are empty or of different lengths, or do not fill the shape.
        OSError: the file cannot be written.
    """
    rows = [[float(w) for w in row] for row in weights]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) != 1 or not lengths[0]:
        raise ValueError(f"weights must be rows of the same length, one per unit, not of {lengths}")
    if shape is not None and shape[0] * shape[1] != lengths[0]:
        raise ValueError(
            f"each unit has {lengths[0]} weights, which do not fill an image of "
            f"{shape[0]} × {shape[1]}"
        )
    from matplotlib.colors import LinearSegmentedColormap

    ax = _axes(ax, keeps_colors=True)
    bar = _beside(ax)
    if bar is not None:  # of weights that were here before
        bar.clear()
        if ax.images:
            ax.clear()
    sizes = [abs(w) for row in rows for w in row]
    largest = max(filter(math.isfinite, sizes), default=0.0) or 1.0
    # An infinite weight has the colour of the largest; a cross stands where there is no number.
    image = [[max(-largest, min(w, largest)) if w == w else w for w in row] for row in rows]
    holes = [[float(math.isnan(w)) for w in row] for row in rows]
    if shape is not None:
        image, holes = _mosaic(image, shape), _mosaic(holes, shape)
    theme = THEMES["light"]
    colors = LinearSegmentedColormap.from_list(
        "weights", [theme.gradient, theme.background, theme.value]
    ).with_extremes(bad="#DDDDDD")
    shown = ax.imshow(image, cmap=colors, vmin=-largest, vmax=largest)
    beside = ax.figure.colorbar(shown, cax=bar, ax=ax).ax
    beside.tick_params(labelsize=SMALL)
    _BESIDE[ax] = weakref.ref(beside)
    numbered = shape is None and max(lengths[0], len(rows)) <= MOST_NUMBERED
    for i, line in enumerate([] if numbered else holes):
        for j, hole in enumerate(line):
            if hole == 1.0:
                ax.plot(j, i, "x", color=theme.alert, markersize=12, markeredgewidth=2)
    if shape is None:
        _finish(ax, "", "input", "unit")
        ax.set_xticks(range(lengths[0]), map(str, range(1, lengths[0] + 1)))
        ax.set_yticks(range(len(rows)), map(str, range(1, len(rows) + 1)))
        if numbered:
            for i, row in enumerate(rows):
                for j, w in enumerate(row):
                    ink = theme.alert if math.isnan(w) else INK
                    ink = OPEN if abs(w) > 0.75 * largest else ink
                    text = f"{w:.2g}".replace("-", "−").replace("inf", "∞")
                    ax.text(
                        j,
                        i,
                        text,
                        ha="center",
                        va="center",
                        color=ink,
                        fontsize=SMALL,
                    )
        else:
            ax.locator_params(nbins=10)
    else:
        _finish(ax, f"weights of {len(rows)} units", "", "")
        ax.set_xticks([])
        ax.set_yticks([])
    return saved(ax, path)


def _mosaic(rows: Sequence[Sequence[float]], shape: tuple[int, int]) -> list[list[float]]:
    """The images of all units in a square of tiles, with a line between them."""
    height, width = shape
    columns = math.ceil(math.sqrt(len(rows)))
    lines = math.ceil(len(rows) / columns)
    image = [[math.nan] * (columns * (width + 1) - 1) for _ in range(lines * (height + 1) - 1)]
    for unit, row in enumerate(rows):
        top, left = unit // columns * (height + 1), unit % columns * (width + 1)
        for i in range(height):
            image[top + i][left : left + width] = row[i * width : (i + 1) * width]
    return image


def plot_gradients(
    model: Any, *, ax: Axes | None = None, path: str | PathLike[str] | None = None
) -> Axes:
    """Plot how large the gradients are, layer by layer, on a logarithmic scale.

    The size is the root of the mean square over a weight matrix or the biases of a layer. One
    that shrinks towards the input vanishes; one that grows explodes.

    Args:
        model: a network after ``backward()``, or a dict like its ``named_parameters()``.
        ax: where to plot; by default in a new figure.
        path: a file name that ends in .svg, .png or .pdf, to save the figure to.

    Raises:
        TypeError: it is neither.
        ValueError: there is no parameter.
        OSError: the file cannot be written.
    """
    if not isinstance(model, Mapping):
        if not hasattr(model, "named_parameters"):
            raise TypeError(f"a model has named_parameters(); {type(model).__name__} has none")
        model = model.named_parameters()
    bars = []
    for name, parameter in model.items():
        grads = [value.grad for value in _values(parameter)]
        size = math.hypot(*grads) / math.sqrt(len(grads)) if grads else 0.0
        if any(map(math.isnan, grads)):
            size = math.nan
        bars.append((name, size, isinstance(parameter, Sequence) and len(grads) > len(parameter)))
    if not bars:
        raise ValueError("this model has no parameters, so there are no gradients")
    ax = _axes(ax)
    positive = [size for _, size, _ in bars if 0.0 < size < math.inf] or [1.0]
    floor = min(positive) / 10.0
    top = max(positive) * (max(positive) / floor) ** 0.15
    ax.set_yscale("log")
    series = series_on(ax)
    for i, (_, size, is_matrix) in enumerate(bars):
        color, hatch = (series[0], "") if is_matrix else (series[1], "//")
        height = min(max(size, floor), top)
        if not math.isfinite(size):
            color, hatch, height = THEMES["light"].alert, "xx", top
        ax.bar(i, height, color=color, hatch=hatch, edgecolor="#FFFFFF")
        ax.annotate(
            number(float(f"{size:.2g}")),
            (i, height),
            (0, 4),
            textcoords="offset points",
            ha="center",
            rotation="vertical" if len(bars) > 6 else "horizontal",
            fontsize=SMALL,
        )
    ax.set_xticks(range(len(bars)), [f"${mathtext(name)}$" for name, _, _ in bars])
    ax.set_ylim(floor / 2.0, max(positive) * (max(positive) / floor) ** 0.3)
    _finish(ax, "", "", "size of the gradient")
    return saved(ax, path)


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
    points = _spread(here, reach)

    def cost(x: float) -> float:
        parameter.data = x
        return forward(output)

    try:
        height = cost(here)  # the leaves may be ahead of the graph
        [gradient] = gradients(output, [parameter])
        slope = gradient.data
        heights = [_or_nan(cost, x) for x in points]
    finally:
        for node, (data, partials) in zip(order, held, strict=True):
            node.data, node.partials = data, partials
    ax = _axes(ax)
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
    _finish(ax, "", f"${w}$", f"${J}$")
    ax.legend(fontsize=TEXT)
    return saved(ax, path)


# What a plot put beside its axes, a scale or colours: one that is made there later takes it over.
_BESIDE: WeakKeyDictionary[Axes, weakref.ref[Axes]] = WeakKeyDictionary()


def _beside(ax: Axes) -> Axes | None:
    beside = _BESIDE[ax]() if ax in _BESIDE else None
    return beside if beside is not None and beside in ax.figure.axes else None


def _is_bar(beside: Axes) -> bool:
    return beside.get_label() == "<colorbar>"


def _math(name: str) -> str:
    """A name as a formula: what is one for matplotlib, or else any text."""
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(f"${name}$")
    except ValueError:
        return f"${mathtext(name)}$"
    return f"${name}$"


def _lost(numbers: Sequence[float]) -> str:
    """From where on a curve cannot be drawn."""
    lost = [i for i, x in enumerate(numbers, 1) if not math.isfinite(x)]
    return f" ({number(numbers[lost[0] - 1])} in epoch {lost[0]})" if lost else ""


def _axes(ax: Axes | None, size: tuple[float, float] = SIZE, *, keeps_colors: bool = False) -> Axes:
    if ax is not None:
        beside = _beside(ax)
        if beside is not None and not ax.has_data() and not (keeps_colors and _is_bar(beside)):
            ax.figure.delaxes(beside)  # the plot that it belongs to was cleared
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def _finish(ax: Axes, title: str, x: str, y: str) -> None:
    """Words in a size that is legible on a projector, and no frame where nothing is."""
    ax.set_title(title, fontsize=TEXT)
    ax.set_xlabel(x, fontsize=TEXT)
    ax.set_ylabel(y, fontsize=TEXT)
    ax.tick_params(labelsize=SMALL)
    ax.spines["top"].set_visible(False)


def _spread(middle: float, reach: float) -> list[float]:
    half = CURVE // 2
    return [middle + reach * i / half for i in range(-half, half + 1)]


def _around(coordinates: Sequence[float]) -> list[float]:
    """Points from below the smallest coordinate to above the largest."""
    low, high = min(coordinates), max(coordinates)
    margin = 0.25 * (high - low) or 1.0
    return [low - margin + (high - low + 2.0 * margin) * i / (GRID - 1) for i in range(GRID)]


def _or_nan(function: Callable[[float], float], x: float) -> float:
    try:
        return _in_range(function(x))
    except (ArithmeticError, ValueError):
        return math.nan


def _in_range(height: float) -> float:
    """A height, or nan beyond those that matplotlib can make a scale for."""
    return height if abs(height) < 1e300 else math.nan


def _as_list(output: Any) -> list[float]:
    try:
        numbers = iter(output)
    except TypeError:  # also of an array without an axis
        return [float(output)]
    return [float(x) for x in numbers]


def _values(parameter: Any) -> Iterator[Value]:
    if isinstance(parameter, Value):
        yield parameter
    else:
        for each in parameter:
            yield from _values(each)
