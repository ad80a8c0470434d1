"""Parameters and their gradients as numbers: plot_weights, plot_gradients."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from autograd.notation import number
from autograd.value import Value
from viz.figures import saved
from viz.names import mathtext
from viz.style import THEMES, series_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from viz.plots.axes import BESIDE, INK, OPEN, SMALL, axes_for, beside_of, finish

MOST_NUMBERED = 12  # rows and columns of weights that still have room for numbers


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

    ax = axes_for(ax, keeps_colors=True)
    bar = beside_of(ax)
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
    BESIDE[ax] = weakref.ref(beside)
    numbered = shape is None and max(lengths[0], len(rows)) <= MOST_NUMBERED
    for i, line in enumerate([] if numbered else holes):
        for j, hole in enumerate(line):
            if hole == 1.0:
                ax.plot(j, i, "x", color=theme.alert, markersize=12, markeredgewidth=2)
    if shape is None:
        finish(ax, "", "input", "unit")
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
        finish(ax, f"weights of {len(rows)} units", "", "")
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
    ax = axes_for(ax)
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
    finish(ax, "", "", "size of the gradient")
    return saved(ax, path)


def _values(parameter: Any) -> Iterator[Value]:
    if isinstance(parameter, Value):
        yield parameter
    else:
        for each in parameter:
            yield from _values(each)
