"""Plain expressions: record them and run backward, engine against engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from random import Random
from time import thread_time
from typing import Any, NamedTuple

from autograd import engine
from benchmarks.measuring import fastest, print_table, ratio, with_deep_stack
from benchmarks.peers import Peer, installed

# Factors below 1 in size keep a chain of any length finite.
FACTORS = (0.9, -0.7, 0.8, -0.6)
TERMS = (0.5, -0.3, 0.2, 0.4)


class Shape(NamedTuple):
    """An expression of any length: the numbers of its leaves, and how it is made of these."""

    name: str
    numbers: tuple[float, ...]
    build: Callable[[list[Any], int], Any]


class Case(NamedTuple):
    """A row of the table; the goal and the stretch are against micrograd."""

    shape: Shape
    operations: int
    collector: bool
    rounds: int
    runs: int
    goal: str


def _chain(leaves: list[Any], operations: int) -> Any:
    """The end of v ← v·w, v ← v + x, …, which takes the leaves w and x in turns."""
    v, factors, terms = leaves[0], leaves[1:5], leaves[5:]
    for w, x in islice(cycle(zip(factors, terms, strict=True)), operations // 2):
        v = v * w
        v = v + x
    return v


def _lattice(leaves: list[Any], operations: int) -> Any:
    """The sum of four v, each of which in turn becomes its neighbour·w + x."""
    v, factors, terms = leaves[:4], leaves[4:8], leaves[8:]
    for i in range((operations - 3) // 2):
        v[i % 4] = v[(i + 1) % 4] * factors[i % 4] + terms[i % 4]
    return v[0] + v[1] + v[2] + v[3]


def _balanced(leaves: list[Any], operations: int) -> Any:
    """The sum, in pairs, of relu(a·b + c) over leaves that all share."""
    n = len(leaves)
    row = [
        (leaves[i % n] * leaves[(7 * i + 3) % n] + leaves[(13 * i + 5) % n]).relu()
        for i in range(operations // 4)
    ]
    while len(row) > 1:
        left = [row[-1]] if len(row) % 2 else []
        row = [row[i] + row[i + 1] for i in range(0, len(row) - 1, 2)] + left
    return row[0]


chain = Shape("chain", (1.0, *FACTORS, *TERMS), _chain)
lattice = Shape("lattice", (1.0, 1.0, 1.0, 1.0, *FACTORS, *TERMS), _lattice)
balanced = Shape("balanced", tuple(map(Random(1).uniform, [-1] * 64, [1] * 64)), _balanced)

CASES = [
    Case(balanced, 1_000, collector=False, rounds=10, runs=20, goal="≥ 9 × (14 ×)"),
    Case(balanced, 1_000, collector=True, rounds=5, runs=100, goal=""),
    Case(balanced, 100_000, collector=False, rounds=5, runs=1, goal=""),
    Case(balanced, 100_000, collector=True, rounds=3, runs=4, goal="≥ 60 × (120 ×)"),
    Case(chain, 1_000, collector=False, rounds=10, runs=20, goal=""),
    Case(chain, 100_000, collector=True, rounds=4, runs=4, goal=""),
    Case(lattice, 100_000, collector=False, rounds=5, runs=1, goal=""),
    Case(lattice, 100_000, collector=True, rounds=4, runs=4, goal=""),
]


def build_and_backward(shape: Shape, leaves: list[Any], operations: int) -> Any:
    """The output of an expression, swept: this is what is timed."""
    v = shape.build(leaves, operations)
    v.backward()
    return v


def results(peer: Peer, shape: Shape, operations: int) -> list[float]:
    """The value of an expression, and its gradients along the leaves."""
    leaves = [peer.Value(x) for x in shape.numbers]
    v = build_and_backward(shape, leaves, operations)
    # That of a leaf that is not read is None in PyTorch.
    return [float(v.data), *(float(leaf.grad or 0.0) for leaf in leaves)]


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
    for shape, operations, collector, rounds, runs, goal in CASES:
        require_agreement({peer.name: results(peer, shape, operations) for peer in peers})
        work = {}
        for peer in peers:
            leaves = [peer.Value(x) for x in shape.numbers]
            work[peer.name] = partial(build_and_backward, shape, leaves, operations)
        seconds = fastest(
            work,
            rounds=rounds,
            runs=runs,
            collector=collector,
            progress=f"{operations:,} operations",
            clock=thread_time,
        )
        ours = seconds.pop("glassgrad")
        rows.append(
            [
                shape.name,
                f"{operations:,}",
                "on" if collector else "off",
                f"{ours / operations * 1e6:.2f} µs",
                *(ratio(theirs, ours) for theirs in seconds.values()),
                goal,
            ]
        )
    others = [peer.name for peer in peers[1:]]
    print_table(
        "Plain expressions, build and backward",
        ["shape", "operations", "collector", "glassgrad, each", *others, "goal (stretch)"],
        rows,
        f"{engine()}.\nOthers: how many times as long. Goals are against micrograd; those against "
        "minigrad are ≥ 1.1 × (1.4 ×),\nagainst our engine in Python ≥ 8 × (12 ×). Balanced is the "
        "sum, in pairs, of relu(a·b + c). In a chain each operation reads the one before,\nin a "
        "lattice the one three before. All run with a recursion limit "
        "of 10⁶ and a stack of 512 MB, without which\nmicrograd fails at 1,000 operations in a "
        "row. With the collector on, several runs follow each other, and what\none leaves behind "
        "is collected while the next is timed.",
    )


if __name__ == "__main__":
    with_deep_stack(main)
