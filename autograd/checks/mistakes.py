"""Mistakes that need the computation: each is one edit of the slopes of the recorded graph."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.checks.calls import Functions, Leaf, bare
from autograd.checks.patterns import FITS, cleared, factor, grouped, misfit, patterns, sizes_of
from autograd.checks.replaying import Replay, record
from autograd.checks.report import Explanation, Report
from autograd.primitives import constant, multiply, total

if TYPE_CHECKING:
    from autograd.checks.comparing import Numeric

DROPPED = 90  # groups of operations whose inputs are left out by turns, at most
NAMED = {"sigmoid", "tanh", "relu", "leaky_relu", "softplus"}


def explain(
    functions: Functions,
    found: Mapping[Leaf, Any],
    others: Mapping[str, Any],
    report: Report,
    numeric: Numeric,
) -> None:
    """Write into the report the mistakes that explain it, and which array is wrong first."""
    checks = {check.name: check for check in report.arrays}
    theirs = {
        leaf: checks[leaf.name].claimed for leaf in found if checks[leaf.name].claimed is not None
    }
    right = {leaf: checks[leaf.name].numeric for leaf in theirs}
    sizes = sizes_of([
        *((name, x) for name, x in functions.fixed.items()),
        *((leaf.name, functions.at(leaf)) for leaf in functions.leaves if leaf not in found),
        *((leaf.name, functions.at(leaf)) for leaf in found),
    ])  # fmt: skip
    wrong = [leaf for leaf in theirs if not checks[leaf.name].right]
    names = tuple(leaf.name for leaf in wrong)
    explanations = _in_arrays(functions, theirs, right, report, sizes, numeric)
    replay = None
    if not set(names) <= _told(explanations):
        replay = record(functions, list(theirs))
        if replay is None:
            report.notes.append(
                "f could not be recorded on arrays of Values (too large, or not made of arithmetic "
                "and NumPy functions), so mistakes were looked for in the arrays only"
            )
    if replay is not None:
        exact = replay.along(replay.sweep(replay.slopes))
        if all(_agree(exact[leaf], right[leaf]) for leaf in theirs):
            zeros = {n for e in explanations for n in e.arrays if e.all_zeros}
            explanations += _in_computation(
                replay, theirs, exact, wrong, _told(explanations), zeros
            )
        else:
            replay = None  # a part of f is not recorded
    seen: set[str] = set()
    for each in sorted(explanations, key=lambda e: e.rank):
        kind = (
            each.text.split(":", 1)[0] if each.text.startswith(("= for", "a term")) else each.text
        )
        told = _told(report.explanations)
        if kind not in seen and not (each.bare and set(each.arrays) <= told):
            seen.add(kind)
            report.explanations.append(each)
    _first_wrong(functions, report, replay, others, sizes)


def _told(explanations: Iterable[Explanation]) -> set[str]:
    """The arrays that are explained."""
    return {
        name
        for each in explanations
        for name in each.arrays
        if not each.bare and not each.superficial
    }


def _in_computation(
    replay: Replay,
    theirs: Mapping[Leaf, Any],
    right: Mapping[Leaf, Any],
    wrong: Sequence[Leaf],
    told: set[str],
    zeros: set[str],
) -> Iterator[Explanation]:
    for text, off, leaf in _of_biases(replay, theirs, wrong):
        if off <= FITS:
            told.add(leaf.name)
            yield Explanation(text, off, (leaf.name,))
    for family in FAMILIES:
        rest = {
            leaf: array
            for leaf, array in theirs.items()
            if leaf.name not in told and np.shape(array) == right[leaf].shape
        }
        if family is _broadcast_family:
            rest |= {
                leaf: mean
                for leaf, array in theirs.items()
                if leaf not in rest and (mean := _mean_of(array, right[leaf].shape)) is not None
            }
        unknown = [leaf for leaf in wrong if leaf in rest]
        if {leaf.name for leaf in unknown} <= zeros:
            continue  # the families know nothing better
        names = tuple(leaf.name for leaf in unknown)
        for text, candidate in family(replay, rest, right):
            off = max(misfit(array, candidate[leaf]) for leaf, array in rest.items())
            if off <= FITS and any(misfit(right[leaf], candidate[leaf]) > 1e-9 for leaf in unknown):
                told.update(names)
                yield Explanation(text, off, names)


def _mean_of(array: Any, shape: tuple[int, ...]) -> Any:
    """An array with an axis too many, as its mean along that; None if it has none."""
    array = np.asarray(array, float)
    for axis in range(array.ndim):
        mean = array.mean(axis=axis)
        if mean.size == math.prod(shape) != array.size:
            return mean.reshape(shape)
    return None


def _agree(exact: Any, numeric: Any) -> bool:
    known = ~np.isnan(numeric)
    if not known.any():
        return True
    scale = float(np.max(np.abs(exact[known]), initial=0.0))
    return bool(np.all(np.abs(exact[known] - numeric[known]) <= 1e-5 * scale + 1e-9))


def _in_arrays(
    functions: Functions,
    theirs: Mapping[Leaf, Any],
    right: Mapping[Leaf, Any],
    report: Report,
    sizes: Mapping[int, str],
    numeric: Numeric,
) -> list[Explanation]:
    checks = {check.name: check for check in report.arrays}
    gradients = {leaf.name: right[leaf] for leaf in theirs}
    shapes = {np.shape(array) for array in theirs.values()}
    for leaf in functions.leaves:
        array = np.asarray(functions.at(leaf))
        small = array.dtype.kind == "f" and array.size <= 400
        if small and leaf.name not in gradients and shapes & {array.shape, array.shape[::-1]}:
            gradients[leaf.name] = _numeric(numeric, leaf)
    found = []
    for leaf, array in theirs.items():
        if checks[leaf.name].right:
            continue
        rest = {name: g for name, g in gradients.items() if name != leaf.name}
        value = functions.at(leaf)
        every = patterns(leaf.name, array, right[leaf], value, rest, sizes)
        found.append((leaf.name, array, right[leaf], value, every))
    return grouped(found)


def _numeric(numeric: Numeric, leaf: Leaf) -> Any:
    array = np.asarray(numeric.functions.at(leaf))
    usual = float(np.sqrt(np.mean(array**2))) or 0.25
    gradient = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        gradient[place] = numeric.quick(leaf, place, usual)[0]
    return gradient


# --- edits --------------------------------------------------------------------------------


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


def _sigma(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))


_DERIVATIVES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: _sigma(z) * (1.0 - _sigma(z)),
    "tanh": lambda z: 1.0 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0.0) * 1.0,
    "leaky_relu": lambda z: np.where(z > 0.0, 1.0, 0.01),
    "softplus": lambda z: _sigma(z),
    "exp": np.exp, "sin": np.cos, "cos": lambda z: -np.sin(z),
    "sqrt": lambda z: 0.5 / np.sqrt(z), "log": lambda z: 1.0 / z,
}  # fmt: skip


def _scaled(theirs: Mapping[Leaf, Any], candidate: Mapping[Leaf, Any]) -> Mapping[Leaf, Any]:
    """The candidate times the one number that brings it closest."""
    leaf = next(iter(theirs))
    k = factor(np.asarray(theirs[leaf], float), candidate[leaf])
    return {each: k * array for each, array in candidate.items()} if math.isfinite(k) else candidate


def _of_activations(replay: Replay) -> Iterator[tuple[str, Any]]:
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
        derivative = _DERIVATIVES[layer.kind]
        yield f"{g} is left out", layer.edited(1.0)
        yield f"{g} is taken at a in place of z", layer.edited(derivative(a))
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


def _of_units_above(replay: Replay) -> Iterator[tuple[str, Any]]:
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


def _of_what_is_handed(replay: Replay) -> Iterator[tuple[str, Any]]:
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


def _of_softmax(replay: Replay) -> Iterator[tuple[str, Any]]:
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


def _products(replay: Replay, leaf: Leaf) -> list[tuple[int, int, int]]:
    """For each use of an entry in a product: its place in the array, the edge, the other's edge."""
    uses = []
    for k, i in enumerate(replay.leaves[leaf].ravel().tolist()):
        for e in replay.consumers.get(i, ()):
            node = int(replay.source[e])
            op = replay.nodes[node].op
            if op is not None and op.name == "multiply":
                uses.append((k, e, replay.edge[node, 1 - int(replay.slot[e])]))
    return uses


def _of_square_weights(replay: Replay) -> Iterator[tuple[str, Any]]:
    """Wᵀ forgotten on the way back: the entries of W and Wᵀ have the same shape."""
    for leaf, places in replay.leaves.items():
        if places.ndim == 2 and places.shape[0] == places.shape[1] > 1:
            slopes = replay.slopes.copy()
            turned = replay.data[places.T].ravel()
            for k, _, other in _products(replay, leaf):
                slopes[other] = turned[k]
            yield f"{leaf.short} is used on the way back where its transpose is due", slopes


def _of_factors(replay: Replay) -> Iterator[tuple[str, Any]]:
    """The gradient of W is δ times something else than the input of its layer."""
    layers = activations(replay)
    before = {a: z for layer in layers for z, a in zip(layer.z, layer.a, strict=True)}
    uses = {
        leaf: _products(replay, leaf) for leaf in replay.leaves if replay.leaves[leaf].ndim == 2
    }
    for leaf, its in uses.items():
        slopes = replay.slopes.copy()
        changed = False
        for _, e, other in its:
            z = before.get(int(replay.target[other]))
            if z is not None:
                slopes[e] = replay.data[z]
                changed = True
        if changed:
            yield f"d{leaf.short} is formed with z in place of the activation a", slopes
        for second, theirs in uses.items():
            if (
                second is not leaf
                and len(theirs) == len(its)
                and replay.leaves[second].shape == replay.leaves[leaf].shape
            ):
                slopes = replay.slopes.copy()
                for (_, e, _), (_, f, _) in zip(its, theirs, strict=True):
                    slopes[e] = replay.slopes[f]
                yield (
                    f"d{leaf.short} is formed with the activations that belong to d{second.short}",
                    slopes,
                )


def _of_updates(
    replay: Replay, theirs: Mapping[Leaf, Any], right: Mapping[Leaf, Any]
) -> Iterator[tuple[str, Mapping[Leaf, Any]]]:
    """The weights of a layer are changed before the layer below has its gradient."""
    clean = replay.sweep(replay.slopes)
    for leaf, places in replay.leaves.items():
        gradient = clean[places].ravel()
        slopes = replay.slopes.copy()
        for k, _, other in _products(replay, leaf):
            slopes[other] = gradient[k]
        if np.array_equal(slopes, replay.slopes):
            continue
        # With the weights w − α g the gradients below change by −α times this.
        mixed = replay.slopes + (slopes - replay.slopes)
        for k, _, other in _products(replay, leaf):
            mixed[other] = replay.slopes[other] + gradient[k]
        change = replay.along(replay.sweep(mixed))
        rates = []
        for each, array in theirs.items():
            moved = change[each] - right[each]
            if np.shape(array) == moved.shape and np.any(moved):
                rates.append(factor(np.asarray(array, float) - right[each], moved))
        if rates and math.isfinite(rates[0]) and abs(rates[0]) > 1e-12:
            rate = rates[0]
            for k, _, other in _products(replay, leaf):
                mixed[other] = replay.slopes[other] + rate * gradient[k]
            yield (
                f"{leaf.short} is updated before the layer below has its gradient (learning rate "
                f"{-rate:.4g}): take all gradients first, then step",
                replay.along(replay.sweep(mixed)),
            )


def _groups(replay: Replay, edges: Iterable[int]) -> dict[tuple[str, int, int], list[int]]:
    groups: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for e in edges:
        node = int(replay.source[e])
        op = replay.nodes[node].op
        assert op is not None
        groups[op.name, int(replay.level[node]), int(replay.slot[e])].append(e)
    return groups


def _of_fan_out(replay: Replay) -> Iterator[tuple[str, Any]]:
    """``=`` for ``+=`` where a number is used more than once."""
    arrays: dict[str, list[int]] = {
        leaf.short: places.ravel().tolist() for leaf, places in replay.leaves.items()
    }
    inner: dict[tuple[str, int], list[int]] = defaultdict(list)
    for i, node in enumerate(replay.nodes):
        if node.inputs and len(replay.consumers.get(i, ())) > 1:
            assert node.op is not None
            inner[node.op.name, int(replay.level[i])].append(i)
    arrays |= {f"an inner array ({name})": places for (name, _), places in inner.items()}
    for name, places in list(arrays.items())[:DROPPED]:
        uses = [e for i in places for e in replay.consumers.get(i, ())]
        groups = list(_groups(replay, uses).values())
        if 2 <= len(groups) <= 8:
            for kept in groups:
                slopes = replay.slopes.copy()
                slopes[uses] = 0.0
                slopes[kept] = replay.slopes[kept]
                yield (
                    f"= for +=: of the {len(groups)} uses of {name} one counts, others are lost",
                    slopes,
                )
            if len(groups) > 2:
                for lost in groups:
                    slopes = replay.slopes.copy()
                    slopes[lost] = 0.0
                    yield f"one of the {len(groups)} uses of {name} is forgotten", slopes
        counts = {len(replay.consumers.get(i, ())) for i in places}
        n = max(counts)
        if n > 1:
            number = f"{n}" if len(counts) == 1 else f"up to {n}"
            also = "" if len(counts) == 1 else "; += adds, and np.add.at where an index comes twice"
            for which, what in ((-1, "last"), (0, "first")):
                slopes = replay.slopes.copy()
                slopes[uses] = 0.0
                for i in places:
                    for e in sorted(replay.consumers.get(i, ()), key=lambda e: replay.source[e])[
                        which:
                    ][:1]:
                        slopes[e] = replay.slopes[e]
                yield (
                    f"= for +=: of the {number} uses of {name} only the {what} counts{also}",
                    slopes,
                )


def _of_broadcasting(replay: Replay) -> Iterator[tuple[str, Any]]:
    """(n,) against (n, 1): each difference a − y becomes one with every y, or with every a."""
    groups: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, node in enumerate(replay.nodes):
        if node.op is not None and node.op.name == "subtract":
            for s in (0, 1):
                if node.inputs[s].op is constant and node.inputs[1 - s].op is not constant:
                    groups[int(replay.level[i])].append((i, 1 - s))
    for members in groups.values():
        if len(members) < 2:
            continue
        nodes = [i for i, _ in members]
        sign = -1.0 if members[0][1] == 1 else 1.0  # d = a − y, or y − a
        d = replay.data[nodes]
        a = np.array([replay.data[replay.place[replay.nodes[i].inputs[s]]] for i, s in members])
        y = a - sign * d
        for what, new in (("y", a - y.mean()), ("the output", a.mean() - y)):
            slopes = replay.slopes.copy()
            for i, change in zip(nodes, sign * new - d, strict=True):
                for e in replay.consumers[i]:
                    node = replay.nodes[int(replay.source[e])]
                    assert node.op is not None
                    if node.op.name == "power_constant" and node.inputs[1].data == 2.0:
                        slopes[e] += 2.0 * change
                    elif node.op.name == "multiply" and node.inputs[0] is node.inputs[1]:
                        slopes[e] += change
            if not np.array_equal(slopes, replay.slopes):
                yield (
                    "an array of shape (n,) meets one of shape (n, 1), and each error is formed "
                    f"with every entry of {what}",
                    slopes,
                )


def _of_terms(replay: Replay) -> Iterator[tuple[str, Any]]:
    """One input of a group of operations is forgotten on the way back."""
    length: dict[int, int] = {}
    for i, node in enumerate(replay.nodes):
        if node.op is not None and node.op.name in ("add", "subtract"):
            length[i] = 1 + max(length.get(replay.place[x], 0) for x in node.inputs)
    groups = _groups(replay, range(len(replay.slopes)))
    wanted = []
    for (name, level, slot), edges in groups.items():
        nodes = [int(replay.source[e]) for e in edges]
        if all(replay.nodes[int(replay.target[e])].op is constant for e in edges):
            continue
        if len(replay.nodes[nodes[0]].inputs) < 2 or length.get(nodes[0], 0) > 4:
            continue
        wanted.append((name, level, slot, edges))
    for name, _, _, edges in wanted[:DROPPED]:
        slopes = replay.slopes.copy()
        slopes[edges] = 0.0
        lost = replay.nodes[int(replay.target[edges[0]])]
        yield f"a term is forgotten on the way back: {_described(replay, lost)} in {name}", slopes


def _of_statistics(replay: Replay) -> Iterator[tuple[str, Any]]:
    """Sums over many numbers, such as a mean and a variance, that are taken as constants."""
    groups: dict[int, list[int]] = defaultdict(list)
    for i, node in enumerate(replay.nodes):
        if node.op is total and len(node.inputs) > 1:
            first = node.inputs[0].op
            user = i
            while len(replay.consumers.get(user, ())) == 1:
                user = int(replay.source[replay.consumers[user][0]])
            if replay.consumers.get(user) and (first is None or first.name != "multiply"):
                groups[int(replay.level[i])] += [replay.edge[i, s] for s in range(len(node.inputs))]
    every = [e for edges in groups.values() for e in edges]
    for edges, which in [(every, "all sums"), *[(edges, "a sum") for edges in groups.values()]]:
        slopes = replay.slopes.copy()
        slopes[edges] = 0.0
        yield f"{which} (such as a mean, a variance) on the way taken as constant", slopes


def _described(replay: Replay, node: Any, depth: int = 2) -> str:
    """A node in a few signs, such as log(1 − …)."""
    if not node.inputs:
        return node.label or f"{node.data:.4g}"
    if depth == 0:
        return "…"
    parts = [_described(replay, x, depth - 1) for x in node.inputs[:3]]
    symbol = node.op.symbol
    if len(parts) == 1:
        return f"{symbol}({parts[0]})"
    return f"({f' {symbol} '.join(parts)})" if len(symbol) == 1 else f"{symbol}({', '.join(parts)})"


def _of_biases(
    replay: Replay, theirs: Mapping[Leaf, Any], wrong: Iterable[Leaf]
) -> Iterator[tuple[str, float, Leaf]]:
    """A bias meets every example: its gradient sums what comes back over the examples."""
    gradient = replay.sweep(replay.slopes)
    for leaf in wrong:
        places = replay.leaves[leaf].ravel().tolist()
        uses = [sorted(replay.consumers.get(i, ()), key=lambda e: replay.source[e]) for i in places]
        counts = {len(each) for each in uses}
        if len(counts) != 1 or (n := counts.pop()) < 2:
            continue
        came = np.array([
            [replay.slopes[e] * gradient[replay.source[e]] for e in each] for each in uses
        ])  # fmt: skip
        array = np.asarray(theirs[leaf], float)
        shape = replay.leaves[leaf].shape
        tiny = 1e-12 * float(np.sum(np.abs(came)))  # softmax's sum over the classes is 0
        for text, candidate in (
            ("is summed over the wrong axis", came.sum(axis=0)),
            ("is averaged over the wrong axis", came.mean(axis=0)),
            ("is not summed over the examples", came),
            ("is not summed over the examples", came.T),
            ("is summed over both axes", np.full(shape, came.sum())),
            ("is averaged over both axes", np.full(shape, came.mean())),
            (f"counts only the last of its {n} uses: = for +=", came[:, -1]),
            (f"counts only the first of its {n} uses: = for +=", came[:, 0]),
            ("is the largest, not the sum", came.max(axis=1)),
        ):
            if candidate.size == array.size and (n > 2 or "largest" not in text):
                yield (
                    f"d{leaf.short} {text}",
                    misfit(cleared(array.ravel(), tiny), cleared(candidate.ravel(), tiny)),
                    leaf,
                )


def _family(slips: Callable[[Replay], Iterator[tuple[str, Any]]]) -> Family:
    """Slips in words with edited slopes, as gradients."""

    def family(
        replay: Replay, theirs: Mapping[Leaf, Any], right: Mapping[Leaf, Any]
    ) -> Iterator[tuple[str, Mapping[Leaf, Any]]]:
        for text, slopes in slips(replay):
            yield text, replay.along(replay.sweep(slopes))

    return family


def _broadcast_family(
    replay: Replay, theirs: Mapping[Leaf, Any], right: Mapping[Leaf, Any]
) -> Iterator[tuple[str, Mapping[Leaf, Any]]]:
    for text, slopes in _of_broadcasting(replay):
        yield text, _scaled(theirs, replay.along(replay.sweep(slopes)))


Family = Callable[
    [Replay, Mapping[Leaf, Any], Mapping[Leaf, Any]], Iterator[tuple[str, Mapping[Leaf, Any]]]
]
# Those that are made most often, and quickest to try, come first.
FAMILIES: tuple[Family, ...] = (
    _family(lambda replay: chain(_of_activations(replay), _of_units_above(replay))),
    _family(lambda replay: chain(_of_softmax(replay), _of_what_is_handed(replay))),
    _of_updates,
    _family(_of_square_weights),
    _family(_of_factors),
    _broadcast_family,
    _family(lambda replay: chain(_of_terms(replay), _of_fan_out(replay), _of_statistics(replay))),
)

# --- the way back -------------------------------------------------------------------------


def _first_wrong(
    functions: Functions,
    report: Report,
    replay: Replay | None,
    others: Mapping[str, Any],
    sizes: Mapping[int, str],
) -> None:
    """Which wrong array is nearest to the output."""
    wrong = [check for check in report.arrays if not check.right]
    if not wrong:
        return
    if replay is None:
        if not report.explanations:
            report.first = wrong[-1].name + " (by the order of the arguments)"
        return
    distance: dict[str, float] = {}
    for leaf, places in replay.leaves.items():
        levels = [
            int(replay.level[replay.source[e]])
            for i in places.ravel().tolist()
            for e in replay.consumers.get(i, ())
        ]
        distance[leaf.name] = max(levels, default=0)
    candidates = [(distance[c.name], c.name) for c in wrong if c.name in distance]
    gradient = replay.sweep(replay.slopes)
    named = replay.named_results()
    for key, array in others.items():
        name = bare(key)
        where = named.get(name)
        if where is None or np.shape(array) != where.shape:
            continue
        its = gradient[where]
        k = factor(np.asarray(array, float), its)
        convention = any(abs(k - n) <= 1e-6 * n for n in (1, *sizes))  # dZ without its 1/m
        if misfit(array, its) > 1e-5 and not (convention and misfit(array, k * its) <= 1e-5):
            candidates.append((float(np.max(replay.level[where])), key))
    report.first = max(candidates)[1]
