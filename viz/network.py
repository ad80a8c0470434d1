"""draw_network: a network as neurons in columns, with activations, weights and errors δ."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import graphviz

from autograd.backprop import gradients, single
from autograd.notation import number
from autograd.primitives import affine, dot
from autograd.tracing import equals
from autograd.value import Value
from viz.canvas import Drawing, below, check_path
from viz.names import escape, italic, printable, typeset
from viz.style import FONT_SIZE, FONTS, Theme, theme_named

if TYPE_CHECKING:
    from autograd.backprop import Output

MOST_ROWS = 10  # units of a layer that are drawn; of a larger one the first and the last
MOST_NUMBERED = 24  # edges that still have room for their weights
MOST_LETTERS = 8  # of a number that fit in a circle at full size

# Inches.
COLUMN, ROW = 3.0, 1.8
CIRCLE = 1.2
BESIDE = 0.75  # from the middle of a circle to what is written above and below it
FADED = "40"  # the opacity of weights that are not at work, in hexadecimal
THINNEST, THICKEST, THICKEST_OF_MANY = 0.5, 5.0, 3.0  # points


class Unit(NamedTuple):
    """A circle: an input, or a neuron with its weighted sum z, bias and weights."""

    a: Value
    name: str
    z: Value | None = None
    bias: Value | None = None
    weights: Sequence[Value] = ()


class Column(NamedTuple):
    title: str
    units: list[Unit]

    def rows(self) -> list[int | None]:
        """The units that are drawn, top to bottom; None stands for those left out."""
        n = len(self.units)
        return list(range(n)) if n <= MOST_ROWS else [*range(MOST_ROWS - 2), None, n - 1]


class Work(NamedTuple):
    """A network at work on one example, in numbers that later changes of the model do not reach.

    Attributes:
        slopes: the derivative of the loss by the weighted sum of each neuron, which is its error
            δ, and by its activation.
    """

    columns: list[Column]
    y: Any
    cost: Value | None
    slopes: dict[Value, float]
    theme: Theme


class Moment(NamedTuple):
    """A picture in the middle of the sweeps: what it shows and lights, and the words to it.

    Parts are called as in the DOT source: the unit j of column i is n<i>_<j>, its error
    d<i>_<j>, the weight from unit k before it w<i - 1>_<k>_<j>.

    Attributes:
        unseen: the parts whose numbers are still to come.
        lit: the parts at work.
        weights: the weights at work.
        backward: whether the light is that of the backward sweep.
        caption: lines of text.
    """

    unseen: set[str]
    lit: set[str]
    weights: set[str]
    backward: bool
    caption: list[str]


class NetworkDrawing(Drawing):
    """The picture of a network at work; :func:`viz.step_through` goes through its steps.

    Attributes:
        work: what is drawn.
    """

    work: Work


def draw_network(
    model: Any,
    x: Sequence[float | Value],
    y: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    loss: Callable[[Any, list[Value]], Output] | None = None,
    theme: str = "light",
) -> NetworkDrawing:
    """Draw a network at work on one example, and write it to a file if a path is given.

    Each neuron is a circle with its activation inside. Edges are weights: thicker where they
    are larger, solid where positive, dashed where negative. Given a target, the loss stands
    at the end, and under each neuron its error δ, the derivative of the loss by its weighted
    sum z. Of a layer with more than ten units the first and the last are drawn, and of many
    weights no numbers; the picture says what is left out. Nothing in the model is changed.
    ``step_through(draw_network(model, x, y))`` shows how it comes about.

    Args:
        model: a network with ``layers``, a layer with ``neurons``, or a neuron with
            ``weights`` and a ``bias``.
        x: the inputs of one example.
        y: its target, a number or a list of them; None draws the activations alone.
        path: a file name that ends in .svg, .png, .pdf or .dot.
        loss: the loss as a function of the target and the outputs; by default that with which
            the model was compiled, or else ½(a − y)² summed over the outputs. Of
            ``nn.BinaryCrossentropy()`` the sum over the outputs is shown, so that each has
            δ = a − y.
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
    loss = loss or getattr(getattr(model, "compiled", None), "loss", None)
    # A loss may have another form for a picture: K sigmoids have δ = a − y each, not a K-th of it.
    loss = getattr(loss, "drawn", loss) or _squared_error
    cost = None if y is None else single(loss(y, outputs))
    work = Work(columns, y, cost, _slopes(columns, cost), look)
    drawing = sketch_network(work)
    if path is not None:
        drawing.write(path)
    return drawing


def _columns(model: Any, x: Sequence[float | Value]) -> list[Column]:
    """The units, layer by layer, as the model computes them from the inputs."""
    values = [v if isinstance(v, Value) else Value(v, f"x_{i}") for i, v in enumerate(x, 1)]
    inputs = [Unit(_copy(v), v.label or f"x_{i}") for i, v in enumerate(values, 1)]
    columns = [Column("", inputs)]
    for layer in getattr(model, "layers", [model]):
        outputs = layer(values) if callable(layer) else []
        neurons = getattr(layer, "neurons", [layer])  # a Dense gets them at its first call
        outputs = [outputs] if isinstance(outputs, Value) else list(outputs)
        flat = all(isinstance(a, Value) for a in outputs)
        if not (flat and all(hasattr(neuron, "weights") for neuron in neurons)):
            if flat and len(outputs) == len(values):  # such as dropout: nothing that could be drawn
                values = outputs
                continue
            raise TypeError(
                "a network is drawn by its layers, their neurons, and their weights, each unit "
                f"with one for all before it; {type(layer).__name__} has none of them: draw the "
                'loss with detail="layers"'
            )
        number_of_layer = len(columns)
        units = [
            Unit(
                a,
                a.label or f"a[{number_of_layer}]_{j}",
                _weighted_sum(a, neuron),
                None if neuron.bias is None else _copy(neuron.bias),
                [_copy(w) for w in neuron.weights],
            )
            for j, (a, neuron) in enumerate(zip(outputs, neurons, strict=True), 1)
        ]
        activation = getattr(layer, "activation", "")
        columns.append(Column(f"layer {number_of_layer}: {activation}".strip(": "), units))
        values = outputs
    return columns


def _copy(x: Value) -> Value:
    return Value(x.data, x.label)


def _weighted_sum(a: Value, neuron: Any) -> Value:
    """z, from which the activation a was computed; a itself where that is linear."""
    assert a.op is not None
    z = a
    while z.inputs and z.op not in (affine, dot):
        z = z.inputs[0]
    weights = tuple(neuron.weights)
    if z.inputs[: len(weights)] == weights:
        return z
    return a.inputs[0] if len(a.inputs) == 1 else a  # a sum that was written out


def _squared_error(y: Any, outputs: list[Value]) -> Value:
    targets = _as_list(y)
    if len(targets) != len(outputs):
        raise ValueError(f"there are {len(targets)} targets for {len(outputs)} outputs")
    cost: Value = sum(0.5 * (a - t) ** 2 for a, t in zip(outputs, targets, strict=True))
    return cost


def _as_list(y: Any) -> list[Any]:
    return list(y) if hasattr(y, "__iter__") else [y]


def sketch_network(work: Work, moment: Moment | None = None) -> NetworkDrawing:
    """The picture of a network at work: finished, or at a moment of it in the same places."""
    columns, cost, theme = work.columns, work.cost, work.theme
    drawing = NetworkDrawing(
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
    drawing.work = work
    rows = [len(column.rows()) for column in columns]
    numbered = sum(n * m for n, m in pairwise(rows)) <= MOST_NUMBERED
    places = [_places(column, i) for i, column in enumerate(columns)]
    _draw_edges(drawing, work, places, numbered, moment)
    top = max(y for column in places for _, y in column.values()) + 1.3
    for i, (column, place) in enumerate(zip(columns, places, strict=True)):
        _draw_text(drawing, f"t{i}", (COLUMN * i, top), _title(column))
        for j, unit in enumerate(column.units):
            if j in place:
                _draw_unit(drawing, (i, j), unit, place[j], theme, moment)
                _draw_notes(drawing, (i, j), unit, place[j], work, numbered, moment)
        if None in place:
            left_out = len(column.units) - len(place) + 1
            _draw_text(drawing, f"m{i}", place[None], f"⋮<BR/>{left_out} more")
    legend = ["weights: solid positive, dashed negative, thick large"]
    if not numbered:
        legend.append("no room for the numbers of weights and biases")
    if cost is not None:
        _draw_loss(drawing, work, cost, places[-1], moment)
        legend.append(f"δ = d{italic(cost.label or 'L')}/d<I>z</I>")
    if moment:
        legend = list(map(escape, moment.caption))
    drawing.attr(label=f"<{'<BR/>'.join(map(below, legend))}>")
    drawing.description = " ".join(moment.caption) if moment else _description(work)
    return drawing


def _slopes(columns: Sequence[Column], cost: Value | None) -> dict[Value, float]:
    """The derivative of the loss by the weighted sum and the activation of each neuron."""
    if cost is None:
        return {}
    units = [unit for column in columns[1:] for unit in column.units]
    nodes = list(dict.fromkeys(chain.from_iterable((unit.z, unit.a) for unit in units)))
    inner = [node for node in nodes if node is not None]
    return dict(zip(inner, [slope.data for slope in gradients(cost, inner)], strict=True))


def _places(column: Column, i: int) -> dict[int | None, tuple[float, float]]:
    """Where the units of a column stand, around a middle line."""
    rows = column.rows()
    return {j: (COLUMN * i, ROW * ((len(rows) - 1) / 2 - k)) for k, j in enumerate(rows)}


def _title(column: Column) -> str:
    n = len(column.units)
    if column.units[0].z is None:
        return f"{n} input{'s' * (n > 1)}"
    return f"{escape(column.title)}<BR/>{n} unit{'s' * (n > 1)}"


def _draw_edges(
    drawing: Drawing,
    work: Work,
    places: Sequence[dict[int | None, tuple[float, float]]],
    numbered: bool,
    moment: Moment | None,
) -> None:
    theme = work.theme
    drawn = [
        (i, j, k, unit.weights[k])
        for i, (before, column) in enumerate(zip(places, work.columns[1:], strict=False))
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
        part = f"w{i}_{k}_{j}"
        if moment and part not in moment.weights:
            look["color"] += FADED
        drawing.edge(
            f"n{i}_{k}",
            f"n{i + 1}_{j}",
            **{"class": part},
            penwidth=f"{THINNEST + (thickest - THINNEST) * abs(w.data) / largest:.2f}",
            tooltip=_plain(f"{typeset(w.label or 'w')} = {w.data!r}"),
            **look,
        )
        if numbered:
            start, end = places[i][k], places[i + 1][j]
            near = 0.3  # of the way, where the edges from one unit have parted
            place = tuple(a + near * (b - a) for a, b in zip(start, end, strict=True))
            text = f'<FONT COLOR="{look["color"]}">{number(w.data)}</FONT>'
            _draw_text(drawing, part, (place[0], place[1]), text)


def _draw_unit(
    drawing: Drawing,
    position: tuple[int, int],
    unit: Unit,
    place: tuple[float, float],
    theme: Theme,
    moment: Moment | None,
) -> None:
    part = f"n{position[0]}_{position[1]}"
    color = "transparent" if moment and part in moment.unseen else theme.value
    shown = number(unit.a.data)
    size = f' POINT-SIZE="{FONT_SIZE - 3}"' if len(shown) > MOST_LETTERS else ""
    value = f'<FONT COLOR="{color}"{size}>{shown}</FONT>'
    drawing.node(
        part,
        f"<{italic(unit.name)}<BR/>{value}>",
        shape="circle",
        width=str(CIRCLE),
        fixedsize="shape",
        pos=_position(place),
        tooltip=_plain(f"{typeset(unit.name)} = {unit.a.data!r}"),
        **{"penwidth": "0.75" if unit.z is None else "1.5"} | _light(part, theme, moment),
    )


def _light(part: str, theme: Theme, moment: Moment | None) -> dict[str, str]:
    if moment is None or part not in moment.lit:
        return {}
    color = theme.gradient if moment.backward else theme.value
    return {"fillcolor": theme.lit, "color": color, "penwidth": "3"}


def _draw_notes(
    drawing: Drawing,
    position: tuple[int, int],
    unit: Unit,
    place: tuple[float, float],
    work: Work,
    numbered: bool,
    moment: Moment | None,
) -> None:
    """The bias above a neuron, and δ below."""
    (i, j), (x, y) = position, place
    if numbered and unit.bias is not None:
        text = f"<I>b</I> {equals(unit.bias.data)} {number(unit.bias.data)}"
        _draw_text(drawing, f"b{i}_{j}", (x, y + BESIDE), text)
    if unit.z in work.slopes:
        delta = work.slopes[unit.z]
        part = f"d{i}_{j}"
        color, ground = work.theme.gradient, {}
        if moment and part in moment.unseen:
            color, ground = "transparent", {"style": ""}  # weights are seen through it
        text = f'<FONT COLOR="{color}">δ {equals(delta)} {number(delta)}</FONT>'
        _draw_text(drawing, part, (x, y - BESIDE), text, _plain(f"δ = {delta!r}"), **ground)


def _draw_loss(
    drawing: Drawing,
    work: Work,
    cost: Value,
    outputs: dict[int | None, tuple[float, float]],
    moment: Moment | None,
) -> None:
    """The loss in a box at the end, and the target of each output on the wire to it."""
    last = len(work.columns) - 1
    end = (COLUMN * (last + 1), 0.0)
    color = "transparent" if moment and "loss" in moment.unseen else work.theme.value
    value = f'<FONT COLOR="{color}">{equals(cost.data)} {number(cost.data)}</FONT>'
    name = cost.label or "L"
    text = f"{italic(name)} {value}"
    targets = _as_list(work.y)
    one_each = len(targets) == len(work.columns[last].units)
    if not one_each:  # such as the number of a class
        text += f"<BR/><I>y</I> = {', '.join(number(float(target)) for target in targets)}"
    drawing.node(
        "loss",
        f"<{text}>",
        shape="box",
        style="rounded,filled",
        pos=_position(end),
        tooltip=_plain(f"{typeset(name)} = {cost.data!r}"),
        **_light("loss", work.theme, moment),
    )
    for j, start in outputs.items():
        if j is not None:
            drawing.edge(f"n{last}_{j}", "loss")
            if one_each:
                near = 0.4  # of the way from an output
                target = float(targets[j])
                text = f"<I>y</I> {equals(target)} {number(target)}"
                place = (start[0] + near * COLUMN, (1.0 - near) * start[1])
                _draw_text(drawing, f"y{j}", place, text)


def _draw_text(
    drawing: Drawing,
    node: str,
    place: tuple[float, float],
    text: str,
    tooltip: str = "",
    **ground: str,
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
        **ground,
    )


def _position(place: tuple[float, float]) -> str:
    return f"{place[0]:.3f},{place[1]:.3f}!"


def _plain(text: str) -> str:
    return str(graphviz.escape(printable(text)))


def _description(work: Work) -> str:
    """The picture in words: what each drawn neuron computes, from left to right."""
    columns, slopes, cost = work.columns, work.slopes, work.cost
    sizes = "-".join(str(len(column.units)) for column in columns)
    told = [f"Network {sizes}"]
    for column in columns:
        for j in column.rows():
            if j is not None:
                unit = column.units[j]
                text = f"{typeset(unit.name)} = {unit.a.data!r}"
                if unit.z in slopes:
                    text += f", δ = {slopes[unit.z]!r}"
                told.append(text)
    if cost is not None:
        told.append(f"{typeset(cost.label or 'L')} = {cost.data!r}")
    return printable(". ".join(told) + ".")
