"""draw_network: a network as neurons in columns, with activations, weights and the errors δ."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import graphviz

from autograd.backprop import gradients, single
from autograd.notation import number
from autograd.tracing import equals
from autograd.value import Value
from viz.canvas import Drawing, check_path
from viz.names import escape, italic, printable, typeset
from viz.style import FONT_SIZE, FONTS, Theme, theme_named

if TYPE_CHECKING:
    from autograd.backprop import Output

MOST_ROWS = 10  # units of a layer that are drawn; of a larger one the first and the last
MOST_NUMBERED = 24  # edges that still have room for their weights

# Inches.
COLUMN, ROW = 3.0, 1.8
CIRCLE = 1.2
BESIDE = 0.75  # from the middle of a circle to what is written above and below it
THINNEST, THICKEST, THICKEST_OF_MANY = 0.5, 5.0, 3.0  # points


class _Unit(NamedTuple):
    """A circle: an input, or a neuron with its weighted sum z, bias and weights."""

    a: Value
    name: str
    z: Value | None = None
    bias: Value | None = None
    weights: Sequence[Value] = ()


class _Column(NamedTuple):
    title: str
    units: list[_Unit]

    def rows(self) -> list[int | None]:
        """The units that are drawn, top to bottom; None stands for those left out."""
        n = len(self.units)
        return list(range(n)) if n <= MOST_ROWS else [*range(MOST_ROWS - 2), None, n - 1]


def draw_network(
    model: Any,
    x: Sequence[float | Value],
    y: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    loss: Callable[[Any, list[Value]], Output] | None = None,
    theme: str = "light",
) -> Drawing:
    """Draw a network at work on one example, and write it to a file if a path is given.

    Each neuron is a circle with its activation inside. Edges are weights: thicker where they
    are larger, solid where positive, dashed where negative. Given a target, the loss stands
    at the end, and under each neuron its error δ, the derivative of the loss by its weighted
    sum z. Of a layer with more than ten units the first and the last are drawn, and the
    picture says how many are left out. Nothing in the model is changed.

    Args:
        model: a network with ``layers``, a layer with ``neurons``, or a neuron with
            ``weights`` and a ``bias``.
        x: the inputs of one example.
        y: its target, a number or a list of them; None draws the activations alone.
        path: a file name that ends in .svg, .png, .pdf or .dot.
        loss: the loss as a function of the target and the outputs; by default ½(a − y)²
            summed over the outputs.
        theme: "light", "dark" or "circuit".

    Raises:
        TypeError: the model has neither layers nor neurons nor weights.
        ValueError: unknown format or theme; inputs or targets are not as many as the model
            needs; or the loss has no slope here.
        OSError: the file cannot be written.
        RuntimeError: there is no Graphviz to draw with.
    """
    check_path(path)
    look = theme_named(theme)
    columns = _columns(model, x)
    outputs = [unit.a for unit in columns[-1].units]
    cost = None if y is None else single((loss or _squared_error)(y, outputs))
    drawing = _sketch(columns, y, cost, look)
    if path is not None:
        drawing.write(path)
    return drawing


def _columns(model: Any, x: Sequence[float | Value]) -> list[_Column]:
    """The units, layer by layer, as the model computes them from the inputs."""
    values = [v if isinstance(v, Value) else Value(v, f"x_{i}") for i, v in enumerate(x, 1)]
    inputs = [_Unit(v, v.label or f"x_{i}") for i, v in enumerate(values, 1)]
    columns = [_Column("", inputs)]
    for layer in getattr(model, "layers", [model]):
        neurons = getattr(layer, "neurons", [layer])
        outputs = layer(values) if callable(layer) else []
        outputs = [outputs] if isinstance(outputs, Value) else list(outputs)
        if not all(hasattr(neuron, "weights") for neuron in neurons):
            if len(outputs) == len(values):  # such as dropout: nothing that could be drawn
                values = outputs
                continue
            raise TypeError(
                "a network is drawn by its layers, their neurons, and their weights; "
                f"{type(layer).__name__} has none of them"
            )
        number_of_layer = len(columns)
        units = [
            _Unit(
                a,
                a.label or f"a[{number_of_layer}]_{j}",
                _weighted_sum(a),
                neuron.bias,
                neuron.weights,
            )
            for j, (a, neuron) in enumerate(zip(outputs, neurons, strict=True), 1)
        ]
        activation = getattr(layer, "activation", "")
        columns.append(_Column(f"layer {number_of_layer}: {activation}".strip(": "), units))
        values = outputs
    return columns


def _weighted_sum(a: Value) -> Value:
    """z, from which the activation a was computed; a itself where that is linear."""
    assert a.op is not None
    is_activation = len(a.inputs) == 1 or a.op.name == "softmax_unit"
    return a.inputs[0] if is_activation else a


def _squared_error(y: Any, outputs: list[Value]) -> Value:
    targets = _as_list(y)
    if len(targets) != len(outputs):
        raise ValueError(f"there are {len(targets)} targets for {len(outputs)} outputs")
    cost: Value = sum(0.5 * (a - t) ** 2 for a, t in zip(outputs, targets, strict=True))
    return cost


def _as_list(y: Any) -> list[Any]:
    return list(y) if hasattr(y, "__iter__") else [y]


def _sketch(columns: Sequence[_Column], y: Any, cost: Value | None, theme: Theme) -> Drawing:
    drawing = Drawing(
        "glassgrad",
        graph_attr={
            "layout": "neato",  # which leaves everything where it is put
            "outputorder": "edgesfirst",
            "pad": "0.2",
            "bgcolor": theme.background,
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE),
            "fontcolor": theme.ink,
            "labelloc": "b",
        },
        node_attr={
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE),
            "fontcolor": theme.ink,
            "color": theme.ink,
            "style": "filled",
            "fillcolor": theme.background,
        },
        edge_attr={"arrowhead": "none", "color": theme.ink},
    )
    deltas = _deltas(columns, cost)
    rows = [len(column.rows()) for column in columns]
    numbered = sum(n * m for n, m in pairwise(rows)) <= MOST_NUMBERED
    places = [_places(column, i) for i, column in enumerate(columns)]
    _draw_edges(drawing, columns, places, theme, numbered)
    top = max(y for column in places for _, y in column.values()) + 1.3
    for i, (column, place) in enumerate(zip(columns, places, strict=True)):
        _draw_text(drawing, f"t{i}", (COLUMN * i, top), _title(column))
        for j, unit in enumerate(column.units):
            if j in place:
                _draw_unit(drawing, f"n{i}_{j}", unit, place[j], theme)
                _draw_notes(drawing, f"{i}_{j}", unit, place[j], deltas, theme, numbered)
        if None in place:
            left_out = len(column.units) - len(place) + 1
            _draw_text(drawing, f"m{i}", place[None], f"⋮<BR/>{left_out} more")
    legend = ["weights: solid positive, dashed negative, thick large"]
    if cost is not None:
        L = cost.label or "L"
        _draw_loss(drawing, columns, places, y, cost, theme)
        legend.append(f"δ = d{italic(L)}/d<I>z</I>")
    drawing.attr(label=f"<{'<BR/>'.join(legend)}>")
    drawing.description = _description(columns, deltas, cost)
    return drawing


def _deltas(columns: Sequence[_Column], cost: Value | None) -> dict[Value, float]:
    """The derivative of the loss by the weighted sum of each neuron."""
    sums = [unit.z for column in columns for unit in column.units if unit.z is not None]
    if cost is None:
        return {}
    slopes = gradients(cost, sums)
    return {z: slope.data for z, slope in zip(sums, slopes, strict=True)}


def _places(column: _Column, i: int) -> dict[int | None, tuple[float, float]]:
    """Where the units of a column stand, around a middle line."""
    rows = column.rows()
    return {j: (COLUMN * i, ROW * ((len(rows) - 1) / 2 - k)) for k, j in enumerate(rows)}


def _title(column: _Column) -> str:
    n = len(column.units)
    if column.units[0].z is None:
        return f"{n} input{'s' * (n > 1)}"
    return f"{escape(column.title)}<BR/>{n} unit{'s' * (n > 1)}"


def _draw_edges(
    drawing: Drawing,
    columns: Sequence[_Column],
    places: Sequence[dict[int | None, tuple[float, float]]],
    theme: Theme,
    numbered: bool,
) -> None:
    drawn = [
        (i, j, k, unit.weights[k])
        for i, (before, column) in enumerate(zip(places, columns[1:], strict=False))
        for j, unit in enumerate(column.units)
        for k in before
        if j in places[i + 1] and k is not None
    ]
    largest = max(abs(w.data) for *_, w in drawn) or 1.0
    thickest = THICKEST if numbered else THICKEST_OF_MANY
    for i, j, k, w in drawn:
        look = {"color": theme.value}
        if w.data < 0.0:
            look = {"color": theme.gradient, "style": "dashed"}
        drawing.edge(
            f"n{i}_{k}",
            f"n{i + 1}_{j}",
            penwidth=f"{THINNEST + (thickest - THINNEST) * abs(w.data) / largest:.2f}",
            tooltip=_plain(f"{typeset(w.label or 'w')} = {w.data!r}"),
            **look,
        )
        if numbered:
            start, end = places[i][k], places[i + 1][j]
            near = 0.3  # of the way, where the edges from one unit have parted
            place = tuple(a + near * (b - a) for a, b in zip(start, end, strict=True))
            text = f'<FONT COLOR="{look["color"]}">{number(w.data)}</FONT>'
            _draw_text(drawing, f"w{i}_{k}_{j}", (place[0], place[1]), text)


def _draw_unit(
    drawing: Drawing, node: str, unit: _Unit, place: tuple[float, float], theme: Theme
) -> None:
    value = f'<FONT COLOR="{theme.value}">{number(unit.a.data)}</FONT>'
    drawing.node(
        node,
        f"<{italic(unit.name)}<BR/>{value}>",
        shape="circle",
        width=str(CIRCLE),
        fixedsize="shape",
        pos=_position(place),
        tooltip=_plain(f"{typeset(unit.name)} = {unit.a.data!r}"),
        penwidth="0.75" if unit.z is None else "1.5",
    )


def _draw_notes(
    drawing: Drawing,
    node: str,
    unit: _Unit,
    place: tuple[float, float],
    deltas: dict[Value, float],
    theme: Theme,
    numbered: bool,
) -> None:
    """The bias above a neuron, and δ below."""
    x, y = place
    if numbered and unit.bias is not None:
        text = f"<I>b</I> {equals(unit.bias.data)} {number(unit.bias.data)}"
        _draw_text(drawing, f"b{node}", (x, y + BESIDE), text)
    if unit.z in deltas:
        delta = deltas[unit.z]
        text = f'<FONT COLOR="{theme.gradient}">δ {equals(delta)} {number(delta)}</FONT>'
        _draw_text(drawing, f"d{node}", (x, y - BESIDE), text, _plain(f"δ = {delta!r}"))


def _draw_loss(
    drawing: Drawing,
    columns: Sequence[_Column],
    places: Sequence[dict[int | None, tuple[float, float]]],
    y: Any,
    cost: Value,
    theme: Theme,
) -> None:
    """The loss in a box at the end, and the target of each output on the wire to it."""
    last = len(columns) - 1
    end = (COLUMN * (last + 1), 0.0)
    value = f'<FONT COLOR="{theme.value}">{equals(cost.data)} {number(cost.data)}</FONT>'
    name = cost.label or "L"
    text = f"{italic(name)} {value}"
    targets = _as_list(y)
    one_each = len(targets) == len(columns[last].units)
    if not one_each:  # such as the number of a class
        text += f"<BR/><I>y</I> = {', '.join(number(float(target)) for target in targets)}"
    drawing.node(
        "loss",
        f"<{text}>",
        shape="box",
        style="rounded,filled",
        pos=_position(end),
        tooltip=_plain(f"{typeset(name)} = {cost.data!r}"),
    )
    for j, start in places[last].items():
        if j is not None:
            drawing.edge(f"n{last}_{j}", "loss")
            if one_each:
                near = 0.4  # of the way from an output
                target = float(targets[j])
                text = f"<I>y</I> {equals(target)} {number(target)}"
                place = (start[0] + near * COLUMN, (1.0 - near) * start[1])
                _draw_text(drawing, f"y{j}", place, text)


def _draw_text(
    drawing: Drawing, node: str, place: tuple[float, float], text: str, tooltip: str = ""
) -> None:
    drawing.node(
        node,
        f"<{text}>",
        shape="plaintext",
        margin="0.02",
        width="0",
        height="0",
        pos=_position(place),
        tooltip=tooltip,
    )


def _position(place: tuple[float, float]) -> str:
    return f"{place[0]:.3f},{place[1]:.3f}!"


def _plain(text: str) -> str:
    return str(graphviz.escape(printable(text)))


def _description(columns: Sequence[_Column], deltas: dict[Value, float], cost: Value | None) -> str:
    """The picture in words: what each drawn neuron computes, from left to right."""
    sizes = "-".join(str(len(column.units)) for column in columns)
    told = [f"Network {sizes}"]
    for column in columns:
        for j in column.rows():
            if j is not None:
                unit = column.units[j]
                text = f"{typeset(unit.name)} = {unit.a.data!r}"
                if unit.z in deltas:
                    text += f", δ = {deltas[unit.z]!r}"
                told.append(text)
    if cost is not None:
        told.append(f"{typeset(cost.label or 'L')} = {cost.data!r}")
    return printable(". ".join(told) + ".")
