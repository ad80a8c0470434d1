"""The progress bar of fit: in a terminal, in a notebook, in a log file, or none at all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from io import StringIO
from time import monotonic
from types import TracebackType
from typing import Any, Self

SECONDS = 0.1  # between two updates of a notebook's cell
LINES = 10  # of a log file, at most, beside the last one


class FitBar:
    """What fit shows while it trains: epoch, steps, loss and metrics.

    A terminal and a notebook show a moving bar. Where the output goes into a file, a few lines
    are printed instead, each with its epoch. In both cases a last line says how many epochs of
    how many steps there were; in a notebook it replaces the bar, so that only this line is
    stored. Text goes to standard error, as is usual for progress.

    Args:
        epochs: how many there will be.
        steps: of the optimizer in each epoch.
        verbose: 0 or False for nothing at all, 2 for a line per epoch, else as above.
    """

    def __init__(self, epochs: int, steps: int, verbose: int | bool | str) -> None:
        self._epochs = epochs
        self._steps = steps
        self._verbose = verbose
        self._started = monotonic()
        self._done = 0
        self._epoch = 0
        self._text = ""
        self._bar: Any = None
        self._output: Any = None  # of a notebook's cell
        self._shown = self._started
        if verbose and _is_notebook():
            display = import_module("IPython.display").display
            self._output = display({"text/plain": ""}, raw=True, display_id=True)
        if verbose and verbose != 2 and _is_moving():
            self._bar = _bar(
                total=epochs * steps,
                file=sys.stderr if self._output is None else StringIO(),
                leave=False,
                dynamic_ncols=self._output is None,
                bar_format="{percentage:3.0f}% {bar:20} {elapsed}<{remaining}  {desc}",
                desc="recording and vectorising an example",
            )
        self._lines = bool(verbose) and self._bar is None and self._output is None
        self._every = 1 if verbose == 2 else -(-epochs // LINES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self) -> None:
        """A step was taken."""
        if self._bar is not None:
            self._bar.update()
            if self._output is not None and monotonic() - self._shown > SECONDS:
                self._shown = monotonic()
                self._print(str(self._bar))

    def epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """An epoch, counted from 1, has ended with these numbers."""
        self._epoch = epoch
        self._text = written(metrics)
        if self._bar is not None:
            self._bar.set_description_str(
                f"epoch {epoch}/{self._epochs} of {counted(self._steps, 'step')}: {self._text}"
            )
        elif self._lines and (epoch % self._every == 0 or epoch == 1) and epoch < self._epochs:
            self._print(f"epoch {epoch}/{self._epochs}: {self._text}")

    def end(self, stopped: str) -> None:
        """Training has ended; ``stopped`` says why, if before the last epoch."""
        if self._bar is not None:
            self._bar.close()
        if self._verbose:
            seconds = monotonic() - self._started
            measured = f": {self._text}" if self._text else ""
            why = f"; stopped: {stopped}" if stopped else ""
            self._print(
                f"{counted(self._epoch, 'epoch')} of {counted(self._steps, 'step')} in "
                f"{seconds:.1f} s{measured}{why}"
            )

    def _print(self, text: str) -> None:
        if self._output is not None:
            self._output.update({"text/plain": text}, raw=True)
        elif sys.stderr is not None:  # as in a program without a window for text
            print(text, file=sys.stderr, flush=True)


def _bar(**options: Any) -> Any:
    """A tqdm bar without tqdm's monitoring thread."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        monitor_interval = 0

    return Bar(**options)


def written(metrics: Mapping[str, float]) -> str:
    """The numbers by name, as in "loss 0.25, accuracy 0.9"."""
    return ", ".join([f"{name} {number:.4g}" for name, number in metrics.items()])


def counted(n: int, what: str) -> str:
    """So many of a thing, as in "1 step" and "2 steps"."""
    return f"{n} {what}{'s' * (n != 1)}"


def _is_moving() -> bool:
    """Whether a line may be written over."""
    return _is_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _is_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def quiet_bar(total: int, unit: str, verbose: bool) -> Any:
    """A bar for any other long computation; it appears after one second."""
    return _bar(
        total=total,
        unit=f" {unit}",
        delay=1.0,
        leave=False,
        disable=not verbose or not _is_moving(),
        file=sys.stdout if _is_notebook() else sys.stderr,
    )
