"""Metrics: numbers beside the loss that measure how good predictions are.

A custom metric is a function of two arrays with one row per example; its name is that in
the history:

>>> import numpy as np
>>> def largest_error(y_true, y_pred):
...     return np.abs(y_true - y_pred).max()
>>> largest_error(np.array([[1.0], [2.0]]), np.array([[1.5], [2.0]])).item()
0.5
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nn.arguments import shown

# From targets and predictions, one row per example, to a number.
Metric = Callable[[Any, Any], Any]


def mean_absolute_error(y_true: Any, y_pred: Any) -> float:
    """The mean of |y − a| over outputs and examples."""
    import numpy as np

    return float(np.mean(np.abs(y_true - y_pred)))


def mean_squared_error(y_true: Any, y_pred: Any) -> float:
    """The mean of (y − a)² over outputs and examples."""
    import numpy as np

    return float(np.mean(np.square(y_true - y_pred)))


def r2(y_true: Any, y_pred: Any) -> float:
    """The share of the variance of y that is explained: 1 is best; predicting the mean gives 0."""
    import numpy as np

    spread = float(np.sum(np.square(y_true - y_true.mean(axis=0))))
    return 1.0 - float(np.sum(np.square(y_true - y_pred))) / spread if spread else 0.0


METRICS: dict[str, Metric] = {
    "mae": mean_absolute_error,
    "mean_absolute_error": mean_absolute_error,
    "mse": mean_squared_error,
    "mean_squared_error": mean_squared_error,
    "r2": r2,
}


class Accuracy:
    """The share of correct predictions, given how predictions become classes.

    >>> import numpy as np
    >>> share = Accuracy(lambda a: (a > 0.5) * 1)
    >>> share(np.array([[1.0], [0.0]]), np.array([[0.9], [0.8]]))
    0.5
    """

    def __init__(self, decide: Callable[[Any], Any]) -> None:
        self.decide = decide

    def __call__(self, y_true: Any, y_pred: Any) -> float:
        import numpy as np

        return float(np.mean(self.decide(y_true) == self.decide(y_pred)))


def metrics_named(names: Any, decide: Callable[[Any], Any] | None) -> dict[str, Metric]:
    """The metrics by their names in the history.

    Args:
        names: a name or a function, or a list of them; None for none.
        decide: how predictions and targets become classes; None where they are no classes.

    Raises:
        ValueError: a name is unknown, comes twice, or is "accuracy" where there are no classes.
        TypeError: an entry is neither a name nor a function.
    """
    found: dict[str, Metric] = {}
    for each in [names] if isinstance(names, str) or callable(names) else names or ():
        if callable(each):
            name, metric = getattr(each, "__name__", type(each).__name__), each
        elif not isinstance(each, str):
            raise TypeError(f"a metric must be a name or a function, not {shown(each)}")
        elif each in ("accuracy", "acc"):
            if decide is None:
                raise ValueError(
                    "accuracy counts classes that are right, and this loss is one of numbers: "
                    f"choose one of {', '.join(METRICS)}"
                )
            name, metric = "accuracy", Accuracy(decide)
        elif each in METRICS:
            name, metric = each, METRICS[each]
        else:
            known = ", ".join(["accuracy", *METRICS])
            raise ValueError(f"unknown metric {each!r}: choose one of {known}, or give a function")
        if name in found or name == "loss":
            raise ValueError(f"{name} is measured already: give each metric its own name")
        found[name] = metric
    return found
