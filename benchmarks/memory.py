"""Memory held by a recorded graph, and what a chain of a million operations takes."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from autograd import Value
from benchmarks.engine import chain
from benchmarks.measuring import print_table, ratio, with_deep_stack
from benchmarks.peers import IN_PYTHON, Peer, installed

OPERATIONS = 20_000
MILLION = 1_000_000
MEASURED = (
    "glassgrad",
    IN_PYTHON,
    "micrograd",
)  # the others are C, and partly hidden from tracemalloc


def held(peer: Peer, operations: int) -> list[float]:
    """Bytes per operation that a chain holds once built, after backward, and after it is gone.

    The collector is off, so that only what frees itself is gone.
    """
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        leaves = [peer.Value(x) for x in chain.numbers]
        v = chain.build(leaves, operations)
        sizes = [tracemalloc.get_traced_memory()[0]]
        v.backward()
        sizes.append(tracemalloc.get_traced_memory()[0])
        del v, leaves
        # Empty CPython's stores of freed tuples and floats, but collect no cycle.
        gc.freeze()
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
        gc.unfreeze()
        gc.enable()
        gc.collect()
    return [size / operations for size in sizes]


def million() -> None:
    """Print as JSON the seconds of each stage of a chain of a million operations, and the peak."""
    times = [perf_counter()]
    leaves = [Value(x) for x in chain.numbers]
    v = chain.build(leaves, MILLION)
    times.append(perf_counter())
    v.backward()
    times.append(perf_counter())
    v.forward()
    times.append(perf_counter())
    del v, leaves
    times.append(perf_counter())
    stages = ("build", "backward()", "forward()", "free")
    seconds = {
        stage: after - before
        for stage, (before, after) in zip(stages, pairwise(times), strict=True)
    }
    status = Path("/proc/self/status")
    peak = 0
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text("ascii").splitlines())
        peak = int(fields["VmHWM"].split()[0]) * 1024
    print(json.dumps([seconds, peak]))


def main() -> None:
    """Measure and print."""
    found = {peer.name: held(peer, OPERATIONS) for peer in installed() if peer.name in MEASURED}
    ours = found.pop("glassgrad")
    goals = ["≤ 100 bytes (88)", "", "none"]
    stages = ["built", "after backward", "after del, collector off"]
    rows = []
    for i, (stage, goal) in enumerate(zip(stages, goals, strict=True)):
        # What is left is weighed against what there was.
        base = ours[i] if i < 2 else ours[1]
        rows.append(
            [
                stage,
                f"{ours[i]:.0f} bytes",
                *(ratio(size[i], base) for size in found.values()),
                goal,
            ]
        )
    print_table(
        "Memory per recorded operation: a chain of products and sums",
        ["", "glassgrad", *found, "goal"],
        rows,
        "Others: how many times what glassgrad holds, in the last row what it held after backward.",
    )

    child = subprocess.run(
        [sys.executable, "-c", "from benchmarks.memory import million; million()"],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, peak = json.loads(child.stdout)
    print_table(
        "A chain of a million operations, at the default recursion limit and stack",
        [*seconds, "peak memory of the process"],
        [
            [
                *(f"{x:.2f} s" for x in seconds.values()),
                f"{peak / 1e6:.0f} MB" if peak else "unknown",
            ]
        ],
        "Goal: build and backward() together ≤ 0.5 s.",
    )


if __name__ == "__main__":
    with_deep_stack(main)
