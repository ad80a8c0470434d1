"""Slips at activations: the slope of another function, at another place, or of no function."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.checks.calls import Leaf
from autograd.checks.replaying import Replay
from autograd.primitives import TABLE, constant, multiply

NAMED = {"sigmoid", "tanh", "relu", "leaky_relu", "softplus"}


class Activation:
    """One layer of an activation function in the graph: its inputs, outputs and edges."""

    def __init__(self, kind: str, replay: Replay) -> None:
        self.kind = kind
        self.replay = replay
        self.z: list[int] = []
        self.a: list[int] = []
        self.edges: list[list[tuple[int, float]]] = []  # the last factor is the slope itself

    def add(self, z: int, a: int, edges: list[tuple[int, float]]) -> None:
        self.z.append(z)
        self.a.append(a)
        self.edges.append(edges)

    @property
    def slopes(self) -> Any:
        """da/dz."""
        return np.array([
            math.prod(self.replay.slopes[e] for e, _ in edges) for edges in self.edges
        ])  # fmt: skip

    def edited(self, new: Any) -> Any:
        """The slopes of the graph with other ones of this layer."""
        slopes = self.replay.slopes.copy()
        for edges, slope in zip(self.edges, np.broadcast_to(new, len(self.edges)), strict=True):
            for e, kept in edges:
                slopes[e] = kept
            slopes[edges[0][0]] = slope * edges[0][1]
        return slopes


def activations(replay: Replay) -> list[Activation]:
    """The layers of activation functions, those nearest to the output first."""
    layers: dict[tuple[str, int], Activation] = {}
    masked: dict[int, list[tuple[int, int, float]]] = defaultdict(list)

    def layer(kind: str, node: int) -> Activation:
        key = (kind, int(replay.level[node]))
        return layers.setdefault(key, Activation(kind, replay))

    for i, node in enumerate(replay.nodes):
        name = node.op.name if node.op is not None else ""
        inputs = node.inputs
        if name in NAMED or name in ("exp", "sin", "cos", "sqrt", "log"):
            kind = name
            layer(kind, i).add(replay.place[inputs[0]], i, [(replay.edge[i, 0], 1.0)])
        elif name in ("maximum", "minimum"):
            for s, other in ((0, 1), (1, 0)):
                if inputs[other].op is constant and inputs[s].op is not constant:
                    layer("relu", i).add(replay.place[inputs[s]], i, [(replay.edge[i, s], 1.0)])
        elif name == "multiply":
            for s, other in ((0, 1), (1, 0)):
                if inputs[other].op is constant and inputs[s].op is not constant:
                    masked[int(replay.level[i])].append((i, s, inputs[other].data))
        elif name == "divide" and inputs[0].op is constant and inputs[0].data == 1.0:
            found = _sigmoid(replay, i)
            if found is not None:
                layer("sigmoid", i).add(*found)
    for members in masked.values():
        low, high = min(f for *_, f in members), max(f for *_, f in members)
        z = [replay.place[replay.nodes[i].inputs[s]] for i, s, _ in members]
        follows = all(
            (f == 1.0) == (replay.data[k] > 0.0) for k, (*_, f) in zip(z, members, strict=True)
        )
        if follows and high <= 1.0 and {f for *_, f in members} <= {low, 1.0}:
            kind = "relu" if low in (0.0, 1.0) else "leaky_relu"
            for k, (i, s, _) in zip(z, members, strict=True):
                layer(kind, i).add(k, i, [(replay.edge[i, s], 1.0)])
    return sorted(layers.values(), key=lambda x: -int(replay.level[x.a[0]]))


def _sigmoid(replay: Replay, i: int) -> tuple[int, int, list[tuple[int, float]]] | None:
    """1 / (1 + exp(−z)) as z, a and its four edges."""
    below = replay.nodes[i].inputs[1]
    if below.op is None or below.op.name != "add":
        return None
    for s in (0, 1):
        e, one = below.inputs[s], below.inputs[1 - s]
        if one.op is constant and one.data == 1.0 and e.op is not None and e.op.name == "exp":
            [n] = e.inputs
            sign = None
            if n.op is not None and n.op.name == "negative":
                sign, z = 0, n.inputs[0]
            elif n.op is not None and n.op.name == "multiply":
                for t in (0, 1):
                    if n.inputs[1 - t].op is constant and n.inputs[1 - t].data == -1.0:
                        sign, z = t, n.inputs[t]
            if sign is None:
                return None
            place = replay.place
            edges = [
                (replay.edge[i, 1], -1.0),
                (replay.edge[place[below], s], 1.0),
                (replay.edge[place[e], 0], 1.0),
                (replay.edge[place[n], sign], -1.0),
            ]
            return place[z], i, edges
    return None


def _derivative(kind: str, z: Any) -> Any:
    """The derivative of an activation at each entry of an array, by its row; nan where none is."""
    row = TABLE[kind]

    def at(x: float) -> float:
        try:
            return row.slopes_of_floats(row.value(x), x)[0]
        except (ArithmeticError, ValueError):
            return math.nan

    return np.vectorize(at, otypes=[float])(z)


def of_activations(replay: Replay) -> Iterator[tuple[str, Any]]:
    clean = replay.sweep(replay.slopes)
    layers = activations(replay)
    counted: dict[str, int] = defaultdict(int)
    names = []
    edits: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for layer in layers:
        counted[layer.kind] += 1
        names.append(f"{layer.kind}, layer {counted[layer.kind]} from the output")
    for layer, name in zip(layers, names, strict=True):
        for what, slopes in _of_activation(layer, clean):
            edits[what, layer.kind].append(slopes)
            yield f"{what} ({name})", slopes
        for other, its_name in zip(layers, names, strict=True):
            both = other.kind in NAMED and layer.kind in NAMED
            if both and other is not layer and len(other.z) == len(layer.z):
                what = "the mask" if layer.kind == "relu" else "g′"
                yield f"{what} of {its_name} is used in {name}", layer.edited(other.slopes)
    for (what, kind), each in edits.items():
        if len(each) > 1:
            changes = sum((slopes - replay.slopes for slopes in each), np.zeros(()))
            yield f"{what} ({kind}, all {len(each)} layers)", replay.slopes + changes


def _of_activation(layer: Activation, clean: Any) -> Iterator[tuple[str, Any]]:
    """The slips with one layer's derivative; ``clean`` is the gradient by every node."""
    slopes, z, a = layer.slopes, layer.replay.data[layer.z], layer.replay.data[layer.a]
    g = "the mask" if layer.kind == "relu" else "g′(z)"
    with np.errstate(all="ignore"):
        yield f"{g} is left out", layer.edited(1.0)
        yield f"{g} is taken at a in place of z", layer.edited(_derivative(layer.kind, a))
        yield f"{g} is there twice", layer.edited(slopes**2)
        yield f"{g} has the wrong sign", layer.edited(-slopes)
        yield "a function of a is taken at z: z(1 − z)", layer.edited(z * (1 - z))
        yield "a function of a is taken at z: 1 − z²", layer.edited(1 - z * z)
        for wrong, its in (("a(1 − a)", a * (1 - a)), ("1 − a²", 1 - a * a),
                           ("1 − a", 1 - a), ("a²", a * a), ("1 + a²", 1 + a * a),
                           ("a(1 + a)", a * (1 + a))):  # fmt: skip
            yield f"g′ is written as {wrong}", layer.edited(its)
        yield "the function itself stands for its derivative", layer.edited(a)
        if layer.kind == "tanh" and np.any(z <= 0.0):  # else it is 1 everywhere
            yield "g′ is written as the mask of ReLU", layer.edited((z > 0.0) * 1.0)
        if layer.kind in ("relu", "leaky_relu"):
            yield "the mask is turned round", layer.edited((z <= 0.0) * 1.0)
            yield (
                "the mask is taken from the gradient, not from z",
                layer.edited((clean[layer.a] > 0.0) * slopes),
            )
            yield (
                "the gradient is masked by its own sign",
                layer.edited((clean[layer.a] > 0.0) * 1.0),
            )
        if layer.kind == "leaky_relu":
            yield "the mask is that of ReLU", layer.edited((z > 0.0) * 1.0)


def of_units_above(replay: Replay) -> Iterator[tuple[str, Any]]:
    """δ with the factors g′ of the units above, term by term, in place of its own unit's."""
    layers = [layer for layer in activations(replay) if layer.kind in NAMED]
    for upper in layers:
        above = dict(zip(upper.z, upper.slopes, strict=True))
        for lower in layers:
            slopes, met = lower.edited(1.0), False
            for a in lower.a:
                for e in replay.consumers.get(a, ()):
                    node = int(replay.source[e])
                    while node not in above and len(replay.consumers.get(node, ())) == 1:
                        node = int(replay.source[replay.consumers[node][0]])
                    if node in above and lower is not upper:
                        slopes[e] *= above[node]
                        met = True
            if met:
                yield (
                    f"each term of δ has the factor g′ of a unit above ({upper.kind}), and δ lacks "
                    f"that of its own unit ({lower.kind})",
                    slopes,
                )


def of_what_is_handed(replay: Replay) -> Iterator[tuple[str, Any]]:
    """The gradient from above, or a mask that f multiplies by, as dropout does, is left out."""
    if replay.upstream:
        slopes = replay.slopes.copy()
        slopes[replay.upstream] = 1.0
        yield "the upstream gradient (dout) is left out", slopes
    masks: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for i, node in enumerate(replay.nodes):
        if node.op is multiply:
            for s, other in ((0, 1), (1, 0)):
                if node.inputs[other].op is constant:
                    masks[int(replay.level[i])].append((replay.edge[i, s], node.inputs[other].data))
    for members in masks.values():
        edges, factors = [e for e, _ in members], {k for _, k in members if k}
        if len(factors) == 1 and any(k == 0.0 for _, k in members):
            for kept in dict.fromkeys((1.0, *factors)):
                slopes = replay.slopes.copy()
                slopes[edges] = kept
                yield "a mask of zeros and ones that f multiplies by is left out", slopes


def of_softmax(replay: Replay) -> Iterator[tuple[str, Any]]:
    """exp(z) / Σ exp(z), whose derivative is taken entry by entry."""
    entries = []
    for i, node in enumerate(replay.nodes):
        if node.op is not None and node.op.name == "divide":
            top, _ = node.inputs
            if top.op is not None and top.op.name == "exp":
                entries.append(i)
    if entries:
        diagonal, cut = replay.slopes.copy(), replay.slopes.copy()
        for i in entries:
            diagonal[replay.edge[i, 1]] = cut[replay.edge[i, 1]] = 0.0
            diagonal[replay.edge[i, 0]] *= 1.0 - replay.data[i]
        yield "softmax's derivative is taken entry by entry, s(1 − s); it is a matrix", diagonal
        yield "the sum below softmax is taken as a constant", cut


def products(replay: Replay, leaf: Leaf) -> list[tuple[int, int, int]]:
    """For each use of an entry in a product: its place in the array, the edge, the other's edge."""
    uses = []
    for k, i in enumerate(replay.leaves[leaf].ravel().tolist()):
        for e in replay.consumers.get(i, ()):
            node = int(replay.source[e])
            op = replay.nodes[node].op
            if op is not None and op.name == "multiply":
                uses.append((k, e, replay.edge[node, 1 - int(replay.slot[e])]))
    return uses
