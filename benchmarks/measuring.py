"""Measure competing workloads fairly, and print what was measured."""

from __future__ import annotations

import gc
import math
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

from tqdm import tqdm

STACK = 512 * 2**20  # bytes; the system provides only those that are used


def fastest(
    workloads: Mapping[str, Callable[[], Any]],
    *,
    rounds: int,
    runs: int = 1,
    collector: bool = True,
    progress: str = "",
    clock: Callable[[], float] = perf_counter,
) -> dict[str, float]:
    """Seconds that a run of each workload takes: the least over interleaved rounds.

    With the collector on, a round times all its runs as one, because what a run leaves behind
    is collected during the next ones. With it off, each run is timed by itself, and what it
    left is collected in between, on nobody's time.

    Either way the collector leaves alone what was there before, such as the modules of all
    the rivals: nobody who uses one of them has the others in memory. What runs in one thread
    may be timed by the clock ``thread_time``, which stands still while others use the machine.
    """
    measure = _together if collector else _singly
    least = dict.fromkeys(workloads, math.inf)
    order = list(workloads)
    gc.collect()
    gc.freeze()
    try:
        for _ in tqdm(range(rounds), desc=progress, leave=False):
            for name in order:
                least[name] = min(least[name], measure(workloads[name], runs, clock))
            order.reverse()  # some leave threads behind that slow down whoever comes next
    finally:
        gc.unfreeze()
    return least


def _together(workload: Callable[[], Any], runs: int, clock: Callable[[], float]) -> float:
    gc.collect()
    start = clock()
    for _ in range(runs):
        workload()
    return (clock() - start) / runs


def _singly(workload: Callable[[], Any], runs: int, clock: Callable[[], float]) -> float:
    least = math.inf
    gc.disable()
    try:
        for _ in range(runs):
            start = clock()
            workload()
            least = min(least, clock() - start)
            gc.collect()
    finally:
        gc.enable()
    return least


def with_deep_stack(function: Callable[[], None]) -> None:
    """Call a function where recursion may go a million deep: some peers need it."""
    failures: list[BaseException] = []

    def target() -> None:
        try:
            function()
        except BaseException as error:
            failures.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
    sys.setrecursionlimit(1_000_000)
    try:
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    if failures:
        raise failures[0]


def ratio(peer: float, ours: float) -> str:
    """How many times as much the peer takes."""
    return f"{peer / ours:.2g} ×" if peer < 100 * ours else f"{peer / ours:.0f} ×"


def print_table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], note: str = ""
) -> None:
    """Print rows under headings, as Markdown that is aligned for reading as it stands."""
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    written = [
        "| " + " | ".join(f"{x:<{n}}" for x, n in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    written.insert(1, "|" + "|".join("-" * (n + 2) for n in widths) + "|")
    print(f"\n{title}\n", *written, *([f"\n{note}"] if note else []), sep="\n", flush=True)
