"""A progress bar for what takes longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")

SECONDS = 1.0  # until the bar appears


def progress(items: Sequence[T], unit: str) -> Iterable[T]:
    """The items, one after the other; from the first second on, a bar counts them.

    In a notebook it is a line, of which nothing is stored.

    Args:
        unit: what they are, in the plural.
    """
    if sys.stderr is None or sys.stderr.closed:  # as in a program without a window for text
        return items
    shell = sys.modules.get("IPython")
    if shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell":
        return _in_notebook(items, unit)
    from tqdm import tqdm

    return tqdm(items, unit=f" {unit}", delay=SECONDS, leave=False)


def _in_notebook(items: Sequence[T], unit: str) -> Iterator[T]:
    display = import_module("IPython.display").display
    started = monotonic()
    line: Any = None
    try:
        for done, item in enumerate(items):
            if monotonic() - started >= SECONDS:
                line = line or display({"text/plain": ""}, raw=True, display_id=True)
                line.update({"text/plain": f"{done} of {len(items)} {unit}"}, raw=True)
            yield item
    finally:
        if line is not None:
            line.update({"text/plain": ""}, raw=True)
