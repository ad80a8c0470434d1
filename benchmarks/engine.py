"""A plain expression: record it and run backward, engine against engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple

from benchmarks.measuring import fastest, print_table, ratio, with_deep_stack
from benchmarks.peers import Peer, installed

# Factors below 1 in size keep a chain of any length finite.
FACTORS = (0.9, -0.7, 0.8, -0.6)
TERMS = (0.5, -0.3, 0.2, 0.4)


class Case(NamedTuple):
    """A row of the table; the goal and the stretch are against micrograd."""

    operations: int
    collector: bool
    rounds: int
    runs: int
    goal: str


CASES = [
    Case(1_000, collector=False, rounds=10, runs=20, goal="≥ 1.5 × (2 ×)"),
    Case(1_000, collector=True, rounds=5, runs=100, goal=""),
    Case(100_000, collector=False, rounds=10, runs=1, goal="≥ 1.5 × (2 ×)"),
    Case(100_000, collector=True, rounds=4, runs=8, goal="≥ 5 × (7 ×)"),
]


def chain(Value: Callable[[float], Any], operations: int) -> tuple[Any, list[Any]]:  # noqa: N803
    """The end of v ← v·w, v ← v + x, …, and the leaves w and x that it takes in turns."""
    factors, terms = [Value(w) for w in FACTORS], [Value(x) for x in TERMS]
    v = Value(1.0)
    for w, x in islice(cycle(zip(factors, terms, strict=True)), operations // 2):
        v = v * w
        v = v + x
    return v, factors + terms


def build_and_backward(peer: Peer, operations: int) -> list[float]:
    """The value and the gradients of a chain; its graph is dropped on return."""
    v, leaves = chain(peer.Value, operations)
    v.backward()
    return [float(v.data), *(float(leaf.grad) for leaf in leaves)]


def require_agreement(numbers: dict[str, list[float]]) -> None:
    """Raise if two engines do not compute the same."""
    expected = numbers["glassgrad"]
    for name, found in numbers.items():
        for x, y in zip(found, expected, strict=True):
            # Sums in another order differ by rounding.
            if not math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12):
                raise RuntimeError(f"{name} computes {x}, glassgrad {y}")


def main() -> None:
    """Measure and print."""
    peers = installed()
    rows = []
    for operations, collector, rounds, runs, goal in CASES:
        work = {peer.name: partial(build_and_backward, peer, operations) for peer in peers}
        require_agreement({name: run() for name, run in work.items()})
        seconds = fastest(
            work,
            rounds=rounds,
            runs=runs,
            collector=collector,
            progress=f"{operations:,} operations",
        )
        ours = seconds.pop("glassgrad")
        rows.append(
            [
                f"{operations:,}",
                "on" if collector else "off",
                f"{ours / operations * 1e6:.2f} µs",
                *(ratio(theirs, ours) for theirs in seconds.values()),
                goal,
            ]
        )
    others = [peer.name for peer in peers[1:]]
    print_table(
        "A plain expression, build and backward: a chain of products and sums",
        ["operations", "collector", "glassgrad, per operation", *others, "goal (stretch)"],
        rows,
        "Others: how many times as long. Goals are against micrograd. All run with a recursion "
        "limit of 10⁶ and a stack of\n512 MB, without which micrograd fails at 1,000 operations "
        "in a row. With the collector on, several runs follow\neach other, and what one leaves "
        "behind is collected while the next is timed.",
    )


if __name__ == "__main__":
    with_deep_stack(main)
