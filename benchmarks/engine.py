"""Plain expressions: record them and run backward, engine against engine."""

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

    expression: Expression
    operations: int
    collector: bool
    rounds: int
    runs: int
    goal: str


def chain(Value: Callable[[float], Any], operations: int) -> tuple[Any, list[Any]]:  # noqa: N803
    """The end of v ← v·w, v ← v + x, …, and the leaves w and x that it takes in turns."""
    factors, terms = [Value(w) for w in FACTORS], [Value(x) for x in TERMS]
    v = Value(1.0)
    for w, x in islice(cycle(zip(factors, terms, strict=True)), operations // 2):
        v = v * w
        v = v + x
    return v, factors + terms


def lattice(Value: Callable[[float], Any], operations: int) -> tuple[Any, list[Any]]:  # noqa: N803
    """The sum of four v, each of which in turn becomes its neighbour·w + x; and the leaves."""
    factors, terms = [Value(w) for w in FACTORS], [Value(x) for x in TERMS]
    v = [Value(1.0) for _ in range(4)]
    for i in range((operations - 3) // 2):
        v[i % 4] = v[(i + 1) % 4] * factors[i % 4] + terms[i % 4]
    return v[0] + v[1] + v[2] + v[3], factors + terms


Expression = Callable[[Callable[[float], Any], int], tuple[Any, list[Any]]]

CASES = [
    Case(chain, 1_000, collector=False, rounds=10, runs=20, goal="≥ 1.5 × (2 ×)"),
    Case(chain, 1_000, collector=True, rounds=5, runs=100, goal=""),
    Case(chain, 100_000, collector=False, rounds=10, runs=1, goal="≥ 1.5 × (2 ×)"),
    Case(chain, 100_000, collector=True, rounds=4, runs=8, goal="≥ 5 × (7 ×)"),
    Case(lattice, 100_000, collector=False, rounds=5, runs=1, goal="≥ 1.5 × (2 ×)"),
    Case(lattice, 100_000, collector=True, rounds=4, runs=8, goal="≥ 5 × (7 ×)"),
]


def build_and_backward(peer: Peer, expression: Expression, operations: int) -> list[float]:
    """The value and the gradients of an expression; its graph is dropped on return."""
    v, leaves = expression(peer.Value, operations)
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
    for expression, operations, collector, rounds, runs, goal in CASES:
        work = {
            peer.name: partial(build_and_backward, peer, expression, operations) for peer in peers
        }
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
                expression.__name__,
                f"{operations:,}",
                "on" if collector else "off",
                f"{ours / operations * 1e6:.2f} µs",
                *(ratio(theirs, ours) for theirs in seconds.values()),
                goal,
            ]
        )
    others = [peer.name for peer in peers[1:]]
    print_table(
        "Plain expressions of products and sums, build and backward",
        ["shape", "operations", "collector", "glassgrad, each", *others, "goal (stretch)"],
        rows,
        "Others: how many times as long. Goals are against micrograd. In a chain each operation "
        "reads the one before,\nin a lattice the one three before. All run with a recursion limit "
        "of 10⁶ and a stack of 512 MB, without which\nmicrograd fails at 1,000 operations in a "
        "row. With the collector on, several runs follow each other, and what\none leaves behind "
        "is collected while the next is timed.",
    )


if __name__ == "__main__":
    with_deep_stack(main)
