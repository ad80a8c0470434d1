"""Fold a large graph: Values that are computed alike, in a neuron or a layer, become one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import filterfalse
from typing import NamedTuple

from autograd import primitives as rows
from autograd.notation import formula, letters, number
from autograd.value import Value
from viz.graphs.diagnosis import OF_UNITS
from viz.graphs.sketch import RIGHT, WRONG
from viz.graphs.sweep import Sweep
from viz.layout.diagram import Box, Diagram, Edge, Wire, end, leaf
from viz.layout.drawing import Drawing
from viz.layout.markup import HTML, colored, escape, italic
from viz.names import common_name, typeset
from viz.style import Theme

# Rows over lists whose notation reads well with one name for a list: W⁽¹⁾x + b⁽¹⁾.
_OVER_LISTS = {rows.affine: 3, rows.dot: 2}


class Fold(NamedTuple):
    """Values that are computed alike, to be drawn as one.

    Attributes:
        name: their common name, as W[1] of the weights W[1]_1,1, W[1]_1,2, ….
        members: the Values, in topological order.
        inputs: the numbers of the folds that they are computed from, each once.
    """

    name: str
    members: list[Value]
    inputs: list[int]


def fold(sweep: Sweep, level: str) -> list[Fold]:
    """The folds of a graph, in topological order.

    Two Values are in one fold if the same operation made them from the same folds, and their
    names differ in their indices alone: at the level of layers in all of them, at that of
    neurons in the inputs of a weight. Leaves without a name are in one fold if the same
    operations read them. No numbers are looked at, so a batch folds as its examples do.

    Args:
        sweep: the graph and its names.
        level: "neurons" or "layers".
    """
    names = {node: name if node in sweep.given else "" for node, name in sweep.names.items()}
    readers: dict[Value, set[str]] = {node: set() for node in names}
    for node in names:
        for x in node.inputs:
            if x in readers and node.op is not None:
                readers[x].add(node.op.name)
    numbers: dict[Value, int] = {}
    by_key: dict[tuple[object, ...], int] = {}
    folds: list[Fold] = []
    for node, name in names.items():
        name = common_name(name, in_layer=level == "layers")
        inputs = sorted({numbers[x] for x in node.inputs if x in numbers})
        made = (node.op, *inputs) if node.inputs else () if name else sorted(readers[node])
        i = numbers[node] = by_key.setdefault((name, *made), len(folds))
        if i == len(folds):
            folds.append(Fold(name, [], inputs))
        folds[i].members.append(node)
    if not folds[-1].name:
        folds[-1] = folds[-1]._replace(name=sweep.names[sweep.output])
    # Steps of a recurrence are h_1, h_2, …: folds of their own, which are not all called h.
    count = Counter(each.name for each in folds)
    for i, each in enumerate(folds):
        own = {sweep.names[node] for node in each.members}
        if each.name and count[each.name] > 1 and len(own) == 1:
            folds[i] = each._replace(name=own.pop())
    taken = {each.name for each in folds}
    unused = filterfalse(taken.__contains__, letters())
    return [each if each.name else each._replace(name=next(unused)) for each in folds]


def folded_formula(i: int, folds: Sequence[Fold]) -> str:
    """The operation of a fold in an HTML-like label, with one name for each list of inputs."""
    example = folds[i].members[0]
    assert example.op is not None
    fold_of = {x: folds[k] for k in folds[i].inputs for x in folds[k].members}
    names = {x: fold_of[x].name for x in example.inputs if x in fold_of}
    if isinstance(example.op.notation, str):
        return formula(example, names, HTML)
    # Folds that differ in the unit alone are one list: a₁, a₂, a₃ are a.
    layers: dict[str, set[str]] = {}
    for name in names.values():
        layers.setdefault(common_name(name, in_layer=True), set()).add(name)
    for x, name in names.items():
        layer = common_name(name, in_layer=True)
        if len(layers[layer]) > 1:
            names[x] = layer
    each_once = list({names.get(x, x): x for x in example.inputs}.values())
    if _OVER_LISTS.get(example.op) == len(each_once):
        pattern = Value.constant(0.0)
        pattern.op, pattern.inputs = example.op, tuple(each_once)
        return formula(pattern, names, HTML)
    operands = ", ".join(italic(names[x]) if x in names else number(x.data) for x in each_once)
    return f"{example.op.symbol} {operands}"


def sketch_folded(
    sweep: Sweep,
    level: str,
    folds: Sequence[Fold],
    theme: Theme,
    html: Callable[[], str] | None = None,
) -> Drawing:
    """The picture of a graph in which the Values of a neuron, or of a layer, are one box.

    Above each wire stands the range of the values, below it that of the gradients.

    Args:
        folds: those of the graph at that level.
        html: what writes a page in place of that with the picture alone.
    """
    J = sweep.names[sweep.output]
    told = f"{len(sweep.names)} values in {len(folds)} boxes, folded by {level[:-1]}"
    boxes: list[Box] = []
    wires: list[Wire] = []
    edges: list[Edge] = []
    for i, each in enumerate(folds):
        count = f" × {len(each.members)}" if len(each.members) > 1 else ""
        values = span([sweep.values[node] for node in each.members])
        gradients = span([sweep.gradients[node] for node in each.members]) if sweep.swept else "–"
        tooltip = f"{typeset(each.name)}: {len(each.members)} values {values}"
        notes = fold_notes(each, sweep)
        if sweep.swept:
            tooltip += f", d{typeset(J)}/d{typeset(each.name)}: {gradients}"
        text = italic(each.name)
        if each.inputs:
            text += f" = {folded_formula(i, folds)}{count}"
            color, width = WRONG if notes else RIGHT
            boxes.append(Box(f"n{i}", text, tooltip=tooltip, color=color, width=width))
        else:
            boxes.append(leaf(f"n{i}", text + count, tooltip))
        below = [colored(gradients, "gradient")]
        below += [colored(f"⚠ {escape(note)}", "alert") for note in notes]
        wires.append(Wire(f"w{i}", colored(values, "value"), below, tooltip))
        edges.append(Edge(f"n{i}", f"w{i}"))
        edges += [Edge(f"w{k}", f"n{i}", arrow=True) for k in each.inputs]
    edges.append(Edge(f"w{len(folds) - 1}", "end", arrow=True))
    diagram = Diagram([*boxes, end()], wires, edges, [told])
    return Drawing(diagram, theme, f"Computation graph of {typeset(J)}, {told}.", html)


def fold_notes(each: Fold, sweep: Sweep) -> list[str]:
    """What is wrong in a fold: each kind of note once, with how many of its Values have it.

    Dead and saturated units are told where all of a layer are: some are in any network.
    """
    size = len(each.members)
    if size == 1:
        return sweep.notes.get(each.members[0], [])
    kinds = Counter(
        note.partition(":")[0] for node in each.members for note in sweep.notes.get(node, ())
    )
    return [
        f"{count} of {size}: {kind}"
        for kind, count in kinds.items()
        if count == size or kind not in OF_UNITS
    ]


def span(numbers: Sequence[float]) -> str:
    """From the smallest to the largest of some numbers, with two digits: −0.9 … 0.85.

    >>> span([1.0, float("nan"), 3.0])
    '1 … 3, ⚠ 1 nan'
    """
    known = [x for x in numbers if not math.isnan(x)]
    unknown = len(numbers) - len(known)
    if not known:
        return number(math.nan)
    low, high = (float(f"{x:.2g}") for x in (min(known), max(known)))
    text = number(min(known)) if low == high else f"{number(low)} … {number(high)}"
    return f"{text}, ⚠ {unknown} nan" if unknown else text
