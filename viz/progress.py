"""A progress bar for what takes longer than a second."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

SECONDS = 1.0  # until the bar appears


def progress(items: Sequence[T], unit: str) -> Iterable[T]:
    """The items, one after the other; from the first second on, a bar counts them.

    Args:
        unit: what they are, in the plural.
    """
    from tqdm import tqdm

    return tqdm(items, unit=f" {unit}", delay=SECONDS, leave=False)
