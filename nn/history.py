"""History: what fit measured, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from nn.bar import counted

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.axes import Axes


class History(dict[str, list[float]]):
    """A list of numbers by name: "loss", the metrics, and both with "val_" for validation data.

    In a notebook it shows itself as a plot.

    >>> history = History(loss=[0.7, 0.5], val_loss=[0.8, 0.6])
    >>> history["loss"][-1], history.epochs
    (0.5, 2)

    Attributes:
        steps_per_epoch: how many steps of the optimizer an epoch had.
        stopped: why training ended before the last epoch; "" if it did not.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.steps_per_epoch = 0
        self.stopped = ""

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return max(map(len, self.values()), default=0)

    def add(self, metrics: dict[str, float]) -> None:
        """Append the numbers of an epoch."""
        for name, number in metrics.items():
            self.setdefault(name, []).append(number)

    def __getattr__(self, name: str) -> NoReturn:
        message = f"a History has no {name}"
        if name == "history" or name in self:
            known = "loss" if name == "history" else name
            message += f': it is the dict of numbers itself, write history["{known}"]'
        raise AttributeError(message)

    def plot(self, ax: Axes | None = None, *, path: str | PathLike[str] | None = None) -> Axes:
        """Plot all numbers over the epochs, as :func:`viz.plot_history` does."""
        from viz import plot_history

        return plot_history(self, ax=ax, path=path)

    def _repr_png_(self) -> bytes | None:
        """The plot, for a notebook; None before the first epoch."""
        if not self.epochs:
            return None
        from io import BytesIO

        from matplotlib.figure import Figure

        figure = Figure(figsize=(8.0, 5.0), layout="constrained")
        self.plot(figure.add_subplot())
        file = BytesIO()
        figure.savefig(file, format="png")
        return file.getvalue()

    def __repr__(self) -> str:
        last = ", ".join([f"{name} {numbers[-1]:.4g}" for name, numbers in self.items() if numbers])
        ended = f", stopped: {self.stopped}" if self.stopped else ""
        epochs, steps = counted(self.epochs, "epoch"), counted(self.steps_per_epoch, "step")
        return f"History({epochs} of {steps}: {last}{ended})"
