"""Progress: a bar for what takes more than a second, and nothing for the rest."""

from __future__ import annotations

import sys
from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATIENCE = 1.0  # seconds


class Progress:
    """Counts steps; after a second it shows a bar on stderr, if tqdm is installed.

    Args:
        total: how many steps there are.
        doing: what the bar says.
    """

    def __init__(self, total: int, doing: str = "checking") -> None:
        self.total = total
        self._doing = doing
        self.done = 0
        self._start = perf_counter()
        self._bar: Any = None

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        if self._bar is not None:
            self._bar.update()
        elif (
            self.done < self.total
            and perf_counter() - self._start >= PATIENCE
            and sys.stderr is not None  # as in a program without a window for text
        ):
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=self.total, initial=self.done, desc=self._doing, leave=False)

    def more(self, steps: int) -> None:
        """There are more steps than were known."""
        self.total += steps
        if self._bar is not None:
            self._bar.total = self.total
            self._bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
