"""Slips at sums and products: a factor, a term, a use or an axis that is lost or exchanged."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd.checks.activation_slips import activations, products
from autograd.checks.calls import Leaf
from autograd.checks.patterns import cleared, factor, misfit
from autograd.checks.replaying import Replay
from autograd.primitives import constant, total

DROPPED = 90  # groups of operations whose inputs are left out by turns, at most


def scaled(theirs: Mapping[Leaf, Any], candidate: Mapping[Leaf, Any]) -> Mapping[Leaf, Any]:
    """The candidate times the one number that brings it closest."""
    leaf = next(iter(theirs))
    k = factor(np.asarray(theirs[leaf], float), candidate[leaf])
    return {each: k * array for each, array in candidate.items()} if math.isfinite(k) else candidate


def of_square_weights(replay: Replay) -> Iterator[tuple[str, Any]]:
    """Wᵀ forgotten on the way back: the entries of W and Wᵀ have the same shape."""
    for leaf, places in replay.leaves.items():
        if places.ndim == 2 and places.shape[0] == places.shape[1] > 1:
            slopes = replay.slopes.copy()
            turned = replay.data[places.T].ravel()
            for k, _, other in products(replay, leaf):
                slopes[other] = turned[k]
            yield f"{leaf.short} is used on the way back where its transpose is due", slopes


def of_factors(replay: Replay) -> Iterator[tuple[str, Any]]:
    """The gradient of W is δ times something else than the input of its layer."""
    layers = activations(replay)
    before = {a: z for layer in layers for z, a in zip(layer.z, layer.a, strict=True)}
    uses = {leaf: products(replay, leaf) for leaf in replay.leaves if replay.leaves[leaf].ndim == 2}
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


def of_updates(
    replay: Replay, theirs: Mapping[Leaf, Any], right: Mapping[Leaf, Any]
) -> Iterator[tuple[str, Mapping[Leaf, Any]]]:
    """The weights of a layer are changed before the layer below has its gradient."""
    clean = replay.sweep(replay.slopes)
    for leaf, places in replay.leaves.items():
        gradient = clean[places].ravel()
        slopes = replay.slopes.copy()
        for k, _, other in products(replay, leaf):
            slopes[other] = gradient[k]
        if np.array_equal(slopes, replay.slopes):
            continue
        # With the weights w − α g the gradients below change by −α times this.
        mixed = replay.slopes + (slopes - replay.slopes)
        for k, _, other in products(replay, leaf):
            mixed[other] = replay.slopes[other] + gradient[k]
        change = replay.along(replay.sweep(mixed))
        rates = []
        for each, array in theirs.items():
            moved = change[each] - right[each]
            if np.shape(array) == moved.shape and np.any(moved):
                rates.append(factor(np.asarray(array, float) - right[each], moved))
        if rates and math.isfinite(rates[0]) and abs(rates[0]) > 1e-12:
            rate = rates[0]
            for k, _, other in products(replay, leaf):
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


def of_fan_out(replay: Replay) -> Iterator[tuple[str, Any]]:
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


def of_broadcasting(replay: Replay) -> Iterator[tuple[str, Any]]:
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


def of_terms(replay: Replay) -> Iterator[tuple[str, Any]]:
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


def of_statistics(replay: Replay) -> Iterator[tuple[str, Any]]:
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


def of_biases(
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
