"""Fold a large graph: Values that are computed alike, in a neuron or a layer, become one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
from viz.layout.markup import HTML, colored, escape, italic, sized
from viz.names import common_name, position, typeset
from viz.style import Theme

# Rows over lists whose notation reads well with one name for a list: W⁽¹⁾x + b⁽¹⁾.
_OVER_LISTS = {rows.affine: 3, rows.dot: 2}

BADGE = 10.0  # points, of how many Values a box has
ROOM = 0.14  # inches for each wire that enters a box
MOST_LISTED = 3  # of more numbers, the smallest and the largest are shown
MOST_ALIKE = 4  # folds of one name that are told apart by primes


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
    operations read them. Weights that have equal names but belong to different parts of a model
    are in different folds, called W, W′ and so on. No numbers are looked at, so a batch folds
    as its examples do.

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
    folds, numbers = _grouped(names, readers, "layers", {}, {})
    parts = _parts(names, numbers)
    primes: dict[Value, str] = {}
    if parts:
        primes = _primes(_grouped(names, readers, "layers", parts, {})[0])
    if parts or level != "layers":
        folds, _ = _grouped(names, readers, level, parts, primes)
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


def _grouped(
    names: dict[Value, str],
    readers: dict[Value, set[str]],
    level: str,
    parts: Mapping[Value, object],
    primes: Mapping[Value, str],
) -> tuple[list[Fold], dict[Value, int]]:
    """The folds of the Values, and the number of the fold of each.

    Args:
        parts: what tells apart leaves that have equal names.
        primes: what ends the names of Values whose part shares its names with another.
    """
    numbers: dict[Value, int] = {}
    by_key: dict[tuple[object, ...], int] = {}
    folds: list[Fold] = []
    for node, name in names.items():
        name = common_name(name, in_layer=level == "layers") + primes.get(node, "")
        inputs = sorted({numbers[x] for x in node.inputs if x in numbers})
        made = (node.op, *inputs) if node.inputs else () if name else sorted(readers[node])
        i = numbers[node] = by_key.setdefault((name, parts.get(node), *made), len(folds))
        if i == len(folds):
            folds.append(Fold(name, [], inputs))
        folds[i].members.append(node)
    return folds, numbers


def _parts(names: dict[Value, str], numbers: dict[Value, int]) -> dict[Value, object]:
    """What tells apart the leaves of equal names that belong to different parts of a model.

    Copies of a leaf for several examples are read by the same folds. Weights of another part are
    read by other folds, or they weigh the same inputs beside the first part: only ``affine``
    says which of its operands are weights.

    Args:
        names: the Values, by which leaves with a name are known.
        numbers: the fold of each, by names and operations alone.
    """
    used: dict[Value, set[int]] = {node: set() for node in names}
    beside: dict[Value, int] = {}
    units: dict[tuple[object, ...], list[tuple[Value, ...]]] = {}
    for node in names:
        for x in node.inputs:
            if x in used:
                used[x].add(numbers[node])
        if node.op is rows.affine:
            n = len(node.inputs) // 2
            weights = node.inputs[:n] + node.inputs[-1:]
            same = units.setdefault((weights[0].label, *node.inputs[n:-1]), [])
            if weights not in same:
                same.append(weights)
            beside |= {x: max(beside.get(x, 0), same.index(weights)) for x in weights}
    found: dict[Value, object] = {}
    places: dict[str, set[object]] = {}
    for node, name in names.items():
        if name and not node.inputs:
            found[node] = frozenset(used[node]), beside.get(node, 0)
            places.setdefault(node.label, set()).add(found[node])
    apart = {numbers[node] for node in found if node.label and len(places[node.label]) > 1}
    return {node: place for node, place in found.items() if numbers[node] in apart}


def _primes(folds: Sequence[Fold]) -> dict[Value, str]:
    """W, W′, W′′, … for folds that share labels, in the order in which they are used."""
    used = {k: i for i in reversed(range(len(folds))) for k in folds[i].inputs}
    labelled: dict[str, set[int]] = {}
    for i, each in enumerate(folds):
        for node in each.members:
            labelled.setdefault(node.label, set()).add(i)
    alike: dict[str, set[int]] = {}
    for label, indices in labelled.items():
        if label and len(indices) > 1:
            alike.setdefault(folds[min(indices)].name, set()).update(indices)
    primes: dict[Value, str] = {}
    for indices in alike.values():
        order = sorted(indices, key=lambda i: i if folds[i].members[0].inputs else used.get(i, i))
        if len(order) <= MOST_ALIKE:  # more are the steps of a recurrence
            for k, i in enumerate(order):
                primes |= dict.fromkeys(folds[i].members, "′" * k)
    return primes


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
        layers.setdefault(_layer(name), set()).add(name)
    for x, name in names.items():
        layer = _layer(name)
        if len(layers[layer]) > 1:
            names[x] = layer
    each_once = list({names.get(x, x): x for x in example.inputs}.values())
    if _OVER_LISTS.get(example.op) == len(each_once):
        pattern = Value.constant(0.0)
        pattern.op, pattern.inputs = example.op, tuple(each_once)
        return formula(pattern, names, HTML)
    operands = ", ".join(italic(names[x]) if x in names else number(x.data) for x in each_once)
    return f"{example.op.symbol} {operands}"


def _layer(name: str) -> str:
    """The name of the layer in which a fold is; its primes stay."""
    bare = name.rstrip("′")
    return common_name(bare, in_layer=True) + name[len(bare) :]


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
        count = f"<BR/>{sized(extent(each, sweep.names), BADGE)}" if len(each.members) > 1 else ""
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
            # Each wire has a place of its own on the left side.
            size = 0.75, max(0.5, ROOM * len(each.inputs))
            box = Box(f"n{i}", text, tooltip=tooltip, color=color, width=width, size=size)
            boxes.append(box)
        else:
            boxes.append(leaf(f"n{i}", text + count, tooltip))
        below = [] if sweep.unasked.issuperset(each.members) else [colored(gradients, "gradient")]
        below += [colored(f"⚠ {escape(note)}", "alert") for note in notes]
        wires.append(Wire(f"w{i}", colored(values, "value"), below, tooltip))
        edges.append(Edge(f"n{i}", f"w{i}"))
        edges += [Edge(f"w{k}", f"n{i}", arrow=True) for k in each.inputs]
    edges.append(Edge(f"w{len(folds) - 1}", "end", arrow=True))
    diagram = Diagram([*boxes, end()], wires, edges, [told])
    return Drawing(diagram, theme, f"Computation graph of {typeset(J)}, {told}.", html)


def extent(each: Fold, names: Mapping[Value, str]) -> str:
    """How many Values a fold has: the shape of weights, as in 16 × 5, else their number."""
    places = [position(names[node]) for node in each.members]
    if all(len(place) == 2 for place in places):
        rows, columns = (len(set(axis)) for axis in zip(*places, strict=True))
        if rows * columns == len(each.members):
            return f"{rows} × {columns}"
    return f"{len(each.members)} values"


def fold_notes(each: Fold, sweep: Sweep) -> list[str]:
    """What is wrong in a fold: each kind of note once, with how many of its Values have it.

    Dead and saturated units are reported if all units of a layer are: some are in any network.
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
    """Some numbers with two digits; of many, from the smallest to the largest: −0.9 … 0.85.

    >>> span([0.1, -0.3, 0.7]), span([1.0, float("nan"), 3.0, 2.0])
    ('(0.1, −0.3, 0.7)', '1 … 3, ⚠ 1 nan')
    """
    finite = all(map(math.isfinite, numbers))
    if finite and 1 < len(set(numbers)) <= len(numbers) <= MOST_LISTED:
        return f"({', '.join([number(float(f'{x:.2g}')) for x in numbers])})"
    known = [x for x in numbers if not math.isnan(x)]
    unknown = len(numbers) - len(known)
    if not known:
        return number(math.nan)
    low, high = (float(f"{x:.2g}") for x in (min(known), max(known)))
    text = number(min(known)) if low == high else f"{number(low)} … {number(high)}"
    return f"{text}, ⚠ {unknown} nan" if unknown else text
