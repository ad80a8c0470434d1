"""Metrics by hand."""

import numpy as np
import pytest

from nn.metrics import mean_absolute_error, mean_squared_error, metrics_named, r2

Y = np.array([[1.0], [2.0], [3.0], [6.0]])
A = np.array([[1.0], [2.0], [5.0], [4.0]])


def test_numbers_by_hand():
    assert mean_absolute_error(Y, A) == 1.0
    assert mean_squared_error(Y, A) == 2.0
    assert r2(Y, A) == pytest.approx(1 - 8 / 14)  # Σ(y − 3)² = 4 + 1 + 0 + 9
    assert r2(Y[:1], A[:1]) == 0.0


def test_names_and_functions():
    def mine(y_true, y_pred):
        return 0.0

    class Other:
        def __call__(self, y_true, y_pred):
            return 1.0

    found = metrics_named(["mae", mine, Other(), "acc"], lambda outputs: outputs > 0.5)
    assert list(found) == ["mae", "mine", "Other", "accuracy"]
    assert found["accuracy"](np.array([[1.0], [0.0]]), np.array([[0.9], [0.8]])) == 0.5
    assert list(metrics_named(mine, None)) == ["mine"]
