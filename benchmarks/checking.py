"""Checks of gradients: a two-layer network in NumPy, every entry and a sample."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autograd import check_gradients
from benchmarks.measuring import fastest, print_table

EXAMPLES = 32

Arrays = dict[str, Any]


def cost(parameters: Arrays, X: Any, Y: Any) -> tuple[Any, Arrays]:
    """Two layers of sigmoid units, columns are examples, and what the way back needs."""
    A1 = 1.0 / (1.0 + np.exp(-(parameters["W1"] @ X + parameters["b1"])))
    A2 = 1.0 / (1.0 + np.exp(-(parameters["W2"] @ A1 + parameters["b2"])))
    loss = Y * np.log(A2) + (1.0 - Y) * np.log(1.0 - A2)
    return -np.sum(loss) / X.shape[1], {"A1": A1, "A2": A2}


def gradient(parameters: Arrays, cache: Arrays, X: Any, Y: Any, slip: bool = False) -> Arrays:
    """The way back; with a slip, without σ′ in the hidden layer."""
    m = X.shape[1]
    dZ2 = (cache["A2"] - Y) / m
    dZ1 = parameters["W2"].T @ dZ2
    if not slip:
        dZ1 = dZ1 * cache["A1"] * (1.0 - cache["A1"])
    return {
        "dW1": dZ1 @ X.T,
        "db1": np.sum(dZ1, axis=1, keepdims=True),
        "dW2": dZ2 @ cache["A1"].T,
        "db2": np.sum(dZ2, axis=1, keepdims=True),
    }


def network(inputs: int, units: int) -> tuple[Arrays, Any, Any]:
    """Parameters and examples of a network inputs-units-1."""
    generator = np.random.default_rng(0)
    parameters = {
        "W1": generator.normal(size=(units, inputs)) / np.sqrt(inputs),
        "b1": generator.normal(size=(units, 1)),
        "W2": generator.normal(size=(1, units)) / np.sqrt(units),
        "b2": generator.normal(size=(1, 1)),
    }
    X = generator.normal(size=(inputs, EXAMPLES))
    return parameters, X, generator.integers(0, 2, (1, EXAMPLES)) * 1.0


def row(inputs: int, units: int, slip: bool) -> list[str]:
    """A network checked: its size, the entries nudged, the time, and what was found."""
    parameters, X, Y = network(inputs, units)

    def df(parameters: Arrays, cache: Arrays, X: Any, Y: Any) -> Arrays:
        return gradient(parameters, cache, X, Y, slip)

    check = partial(check_gradients, cost, df, parameters, X=X, Y=Y)
    report = check()
    if report.right is slip:
        raise AssertionError(f"the check is wrong: {report}")
    size = sum(int(array.size) for array in parameters.values())
    nudged = sum(int(array.nudged.sum()) for array in report.arrays)
    seconds = fastest({"check": check}, rounds=3)["check"]
    found = report.explanations[0].text if report.explanations else ""
    return [
        f"{inputs}-{units}-1",
        f"{size:,}",
        f"{nudged:,}",
        f"{seconds:.2f} s",
        "right" if not slip else found or "wrong",
    ]


def main() -> None:
    """Measure and print."""
    print_table(
        "check_gradients: a two-layer network in NumPy, 32 examples",
        ["network", "parameters", "nudged", "time", "found"],
        [
            row(38, 50, slip=False),
            row(38, 50, slip=True),
            row(398, 500, slip=False),
            row(398, 500, slip=True),
        ],
        "Goals: 2,000 parameters in under two seconds, 200,000 sampled in under five.",
    )


if __name__ == "__main__":
    main()
