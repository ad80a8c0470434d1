"""Callbacks: functions (model, epoch, metrics) that fit calls at the end of each epoch.

``epoch`` counts from 1, and ``metrics`` is a dict of the numbers of that epoch. The weights in
the model are those that the epoch ended with, so that a callback can predict, draw and save.
An exception raised by a callback ends the training; ``StopIteration`` ends it without an error,
and its text is kept in ``history.stopped``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nn.arguments import as_count, as_number

if TYPE_CHECKING:
    from nn.module import Module

Callback = Callable[[Any, int, Mapping[str, float]], Any]


class EarlyStopping:
    """Stop when a monitored number has not improved for some epochs.

    >>> from nn import Neuron
    >>> stopping = EarlyStopping(patience=2, monitor="val_loss")
    >>> for epoch, loss in enumerate([0.9, 0.5, 0.7, 0.6], 1):
    ...     try:
    ...         stopping(Neuron(1), epoch, {"val_loss": loss})
    ...     except StopIteration as reason:
    ...         print(reason)
    val_loss has not become better than 0.5 of epoch 2 for 2 epochs

    Args:
        patience: how many epochs in a row may be no better than the best.
        monitor: the name of the number. For a loss or an error, smaller is better; for anything
            else, such as an accuracy, larger is better. By default the loss on the validation
            data if there are any, or else the loss.
        min_delta: by how much an epoch has to be better to count as better.
        restore_best_weights: whether the model gets back the weights of its best epoch, also
            where training ended by itself.
        smaller_is_better: where the name does not imply it.

    Raises:
        TypeError, ValueError: an argument is not a number, or out of its range; when called,
            there is no number of that name.
    """

    def __init__(
        self,
        patience: int = 5,
        *,
        monitor: str | None = None,
        min_delta: float = 0.0,
        restore_best_weights: bool = True,
        smaller_is_better: bool | None = None,
    ) -> None:
        self.patience = as_count("patience", patience)
        self.monitor = monitor
        self.min_delta = as_number("min_delta", min_delta, 0.0)
        self.restore_best_weights = restore_best_weights
        self.smaller_is_better = smaller_is_better
        self.begin()

    def begin(self) -> None:
        """Reset; fit calls it before the first epoch."""
        self.best_epoch = 0
        self.best = math.nan
        self._weights: list[float] = []

    def __call__(self, model: Module, epoch: int, metrics: Mapping[str, float]) -> None:
        """Compare this epoch with the best.

        Raises:
            StopIteration: it is time to stop.
            ValueError: there is no number of that name.
        """
        name = self.monitor or ("val_loss" if "val_loss" in metrics else "loss")
        if name not in metrics:
            known = ", ".join(metrics)
            raise ValueError(f"EarlyStopping monitors {name!r}, but fit measures {known}")
        smaller = self.smaller_is_better
        if smaller is None:
            smaller = any(word in name for word in ("loss", "error", "mae", "mse"))
        gain = self.best - metrics[name] if smaller else metrics[name] - self.best
        if not self.best_epoch or gain > self.min_delta:
            self.best_epoch, self.best = epoch, metrics[name]
            if self.restore_best_weights:
                self._weights = [p.data for p in model.parameters()]
        elif epoch - self.best_epoch >= self.patience:
            raise StopIteration(
                f"{name} has not become better than {self.best:.4g} of epoch {self.best_epoch} "
                f"for {self.patience} epochs"
            )

    def end(self, model: Module) -> None:
        """Give the model the weights of its best epoch; fit calls it at the end."""
        for parameter, data in zip(model.parameters(), self._weights, strict=False):
            parameter.data = data
