"""Mistakes that need the computation: each is one edit of the slopes of the recorded graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.checks.activation_slips import (
    of_activations,
    of_softmax,
    of_units_above,
    of_what_is_handed,
)
from autograd.checks.calls import Functions, Leaf, bare
from autograd.checks.operation_slips import (
    of_biases,
    of_broadcasting,
    of_factors,
    of_fan_out,
    of_square_weights,
    of_statistics,
    of_terms,
    of_updates,
    scaled,
)
from autograd.checks.patterns import FITS, factor, grouped, misfit, patterns, sizes_of
from autograd.checks.replaying import Replay, record
from autograd.checks.report import Explanation, Report

if TYPE_CHECKING:
    from autograd.checks.comparing import Numeric


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
    for text, off, leaf in of_biases(replay, theirs, wrong):
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
    for text, slopes in of_broadcasting(replay):
        yield text, scaled(theirs, replay.along(replay.sweep(slopes)))


Family = Callable[
    [Replay, Mapping[Leaf, Any], Mapping[Leaf, Any]], Iterator[tuple[str, Mapping[Leaf, Any]]]
]


# Those that are made most often, and quickest to try, come first.
FAMILIES: tuple[Family, ...] = (
    _family(lambda replay: chain(of_activations(replay), of_units_above(replay))),
    _family(lambda replay: chain(of_softmax(replay), of_what_is_handed(replay))),
    of_updates,
    _family(of_square_weights),
    _family(of_factors),
    _broadcast_family,
    _family(lambda replay: chain(of_terms(replay), of_fan_out(replay), of_statistics(replay))),
)


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
