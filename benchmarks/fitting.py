"""Training through fit and prediction, against NumPy by hand and other libraries."""

from __future__ import annotations

import gc
import itertools
import math
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from tqdm import tqdm

import nn
from benchmarks.measuring import fastest, print_table, ratio
from benchmarks.vectorizing import ONE_THREAD

SIZES = [64, 25, 15, 10]
BATCH = 32
RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
EPOCHS = 8  # of each call: the first one counts apart, as what is done once is in it
ROUNDS = 25
ROWS = 10_000

Arrays = dict[str, Any]
Tick = Callable[[], None]
Trainer = Callable[[int, Tick], list[float]]


def digits() -> tuple[Any, Any]:
    """1,797 images of 8 × 8 and the digits that they show."""
    from sklearn.datasets import load_digits

    X, Y = load_digits(return_X_y=True)
    return X / 16.0, Y


def network(seed: int = 1) -> Any:
    """The network that all rivals train, with the weights that all start from."""
    layers = [nn.Dense(units, activation="relu") for units in SIZES[1:-1]]
    model = nn.Sequential([*layers, nn.Dense(SIZES[-1])], seed=seed)
    model.build(SIZES[0])
    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=nn.Adam(learning_rate=RATE), loss=loss)
    return model


def weights_of(model: Any) -> Arrays:
    """The weights as arrays."""
    return {
        name: np.array([[w.data for w in row] if isinstance(row, list) else row.data for row in p])
        for name, p in model.named_parameters().items()
    }


# --- NumPy by hand ----------------------------------------------------------------------------


def forward_by_hand(X: Any, p: Arrays) -> Any:
    """The outputs of all rows."""
    a1 = np.maximum(X @ p["W1"].T + p["b1"], 0)
    a2 = np.maximum(a1 @ p["W2"].T + p["b2"], 0)
    return a2 @ p["W3"].T + p["b3"]


def gradients_by_hand(X: Any, Y: Any, p: Arrays) -> tuple[float, Arrays]:
    """The cost of a batch with one-hot targets, and its gradients."""
    m = len(X)
    z1 = X @ p["W1"].T + p["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ p["W2"].T + p["b2"]
    a2 = np.maximum(z2, 0)
    z = a2 @ p["W3"].T + p["b3"]
    z -= z.max(1, keepdims=True)
    error = np.exp(z)
    sums = error.sum(1, keepdims=True)
    cost = (np.log(sums).sum() - np.vdot(Y, z)) / m
    error /= sums
    error -= Y
    error /= m
    d2 = (error @ p["W3"]) * (z2 > 0)
    d1 = (d2 @ p["W2"]) * (z1 > 0)
    grads = {"W1": d1.T @ X, "b1": d1.sum(0), "W2": d2.T @ a1, "b2": d2.sum(0)}
    return cost, grads | {"W3": error.T @ a2, "b3": error.sum(0)}


def by_hand(
    X: Any, Y: Any, p: Arrays, epochs: int, tick: Tick, *, joined: bool, seed: int = 0
) -> list[float]:
    """Train; the mean costs of the epochs.

    Adam goes array by array, or, joined, over one vector of which the arrays are parts.
    """
    generator = np.random.default_rng(seed)
    one_hot = np.eye(SIZES[-1])[Y]
    vector = np.concatenate([array.ravel() for array in p.values()])
    places, start = {}, 0
    for name, array in p.items():
        places[name] = vector[start : start + array.size].reshape(array.shape)
        start += array.size
    p = places if joined else {name: array.copy() for name, array in p.items()}
    moved = {"": vector} if joined else p
    m = {name: np.zeros_like(array) for name, array in moved.items()}
    v = {name: np.zeros_like(array) for name, array in moved.items()}
    costs, t = [], 0
    for _ in range(epochs):
        order = generator.permutation(len(X))
        X_now, Y_now, total = X[order], one_hot[order], 0.0
        for start in range(0, len(X), BATCH):
            x, y = X_now[start : start + BATCH], Y_now[start : start + BATCH]
            cost, grads = gradients_by_hand(x, y, p)
            total += cost * len(x)
            if joined:
                grads = {"": np.concatenate([grads[name].ravel() for name in p])}
            t += 1
            for name, g in grads.items():
                m[name] = BETA_1 * m[name] + (1 - BETA_1) * g
                v[name] = BETA_2 * v[name] + (1 - BETA_2) * g * g
                ahead, spread = m[name] / (1 - BETA_1**t), v[name] / (1 - BETA_2**t)
                moved[name] -= RATE * ahead / (np.sqrt(spread) + EPSILON)
        costs.append(total / len(X))
        tick()
    return costs


# --- the others -------------------------------------------------------------------------------


def by_fit(X: Any, Y: Any, epochs: int, tick: Tick, seed: int = 0) -> list[float]:
    """Train through fit, with a callback, for which the weights are written back each time."""
    model = network()
    history = model.fit(
        X,
        Y,
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        verbose=0,
        callbacks=lambda model, epoch, metrics: tick(),
    )
    return history["loss"]  # type: ignore[no-any-return]


def by_pytorch(X: Any, Y: Any, p: Arrays, epochs: int, tick: Tick, seed: int = 0) -> list[float]:
    """Train a torch.nn.Sequential, as its tutorials do."""
    import torch

    torch.set_num_threads(1)
    linear = [torch.nn.Linear(*sizes, dtype=torch.float64) for sizes in zip(SIZES, SIZES[1:])]  # noqa: B905, RUF007
    with torch.no_grad():
        for i, layer in enumerate(linear, 1):
            layer.weight.copy_(torch.tensor(p[f"W{i}"]))
            layer.bias.copy_(torch.tensor(p[f"b{i}"]))
    relu = torch.nn.ReLU()
    model = torch.nn.Sequential(linear[0], relu, linear[1], relu, linear[2])
    loss = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, betas=(BETA_1, BETA_2), eps=EPSILON)
    generator = np.random.default_rng(seed)
    inputs, labels = torch.tensor(X), torch.tensor(Y)
    costs = []
    for _ in range(epochs):
        order = torch.tensor(generator.permutation(len(X)))
        X_now, Y_now, total = inputs[order], labels[order], 0.0
        for start in range(0, len(X), BATCH):
            x, y = X_now[start : start + BATCH], Y_now[start : start + BATCH]
            cost = loss(model(x), y)
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            total += cost.item() * len(x)
        costs.append(total / len(X))
        tick()
    return costs


def by_sklearn(X: Any, Y: Any, epochs: int, tick: Tick) -> list[float]:
    """Train an MLPClassifier; its weights start elsewhere."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        SIZES[1:-1], batch_size=BATCH, learning_rate_init=RATE, alpha=0.0, random_state=0
    )
    for _ in range(epochs):
        model.partial_fit(X, Y, classes=range(SIZES[-1]))  # an epoch
        tick()
    return list(model.loss_curve_)


# --- the tables -------------------------------------------------------------------------------


def trainers(X: Any, Y: Any) -> dict[str, Trainer]:
    """Who trains, as functions of the number of epochs, and of what to call after each."""
    p = weights_of(network())
    found: dict[str, Trainer] = {
        "glassgrad": partial(by_fit, X, Y),
        "NumPy by hand": partial(by_hand, X, Y, p, joined=False),
        "NumPy, one vector": partial(by_hand, X, Y, p, joined=True),
    }
    if find_spec("torch"):
        found["PyTorch"] = partial(by_pytorch, X, Y, p)
    found["MLPClassifier"] = partial(by_sklearn, X, Y)
    return found


def least_epochs(rivals: dict[str, Trainer], collector: bool) -> dict[str, tuple[float, float]]:
    """Seconds that an epoch of each takes, and its first one: the least over all rounds."""
    least = dict.fromkeys(rivals, (math.inf, math.inf))
    order = list(rivals)
    gc.collect()
    gc.freeze()
    try:
        for _ in tqdm(range(ROUNDS), desc="fit", leave=False):
            for name in order:
                gc.collect()
                if not collector:
                    gc.disable()
                times = [perf_counter()]
                rivals[name](EPOCHS, lambda times=times: times.append(perf_counter()))
                gc.enable()
                first, *epochs = [after - before for before, after in itertools.pairwise(times)]
                epoch, once = least[name]
                least[name] = min(epoch, *epochs), min(once, first)
            order.reverse()
    finally:
        gc.unfreeze()
    return least


def epoch_rows() -> list[list[str]]:
    """What an epoch takes, for both settings of the collector."""
    X, Y = digits()
    rivals = trainers(X, Y)
    expected = rivals["glassgrad"](3, _nothing)
    for name, train in rivals.items():
        if name != "MLPClassifier" and not np.allclose(train(3, _nothing), expected, rtol=1e-9):
            raise AssertionError(f"{name}: other costs than those of fit")
    rows = []
    for collector in (False, True):
        best = least_epochs(rivals, collector)
        each = {name: epoch for name, (epoch, _) in best.items()}
        ours = each.pop("glassgrad")
        once = best["glassgrad"][1] - ours
        rows.append(
            [
                "on" if collector else "off",
                f"{ours * 1e3:.2f} ms",
                *[f"{ours / each[name]:.2f} ×" for name in list(each)[:2]],
                *[ratio(each[n], ours) if n in each else "" for n in ("PyTorch", "MLPClassifier")],
                f"{once * 1e3:.0f} ms",
            ]
        )
    return rows


def _nothing() -> None: ...


def prediction_row() -> list[str]:
    """The outputs for many rows."""
    X = np.random.default_rng(0).normal(size=(ROWS, SIZES[0]))
    model = network()
    p = weights_of(model)
    if not np.allclose(model.predict(X), forward_by_hand(X, p), rtol=1e-9, atol=1e-12):
        raise AssertionError("other predictions than by hand")
    rivals = {"predict": lambda: model.predict(X), "by hand": lambda: forward_by_hand(X, p)}
    best = fastest(rivals, rounds=60, runs=5, progress="predict")
    ours = best["predict"]
    return [f"{ROWS:,}", f"{ours * 1e3:.2f} ms", f"{ours / best['by hand']:.2f} ×"]


def script_row() -> list[str]:
    """The example with the digits, from its start to its end."""
    script = Path(__file__).parents[1] / "examples" / "digits.py"
    seconds = []
    for _ in range(3):
        start = perf_counter()
        subprocess.run([sys.executable, script], check=True, capture_output=True)
        seconds.append(perf_counter() - start)
    return ["examples/digits.py", f"{min(seconds):.1f} s"]


def main() -> None:
    """Measure and print."""
    print_table(
        "An epoch of 1,797 digits, 64-25-15-10, batches of 32, Adam; one thread, float64",
        [
            "collector",
            "fit",
            "of NumPy",
            "of NumPy, one vector",
            "PyTorch",
            "MLPClassifier",
            "once per fit",
        ],
        epoch_rows(),
        "Of NumPy: how many times the time of NumPy by hand it takes, with Adam array by array,\n"
        "or on one vector of all weights. Others: how many times as long as fit they take. The\n"
        "same batches, and the same costs to nine digits, but for MLPClassifier, which starts\n"
        "from weights of its own. Once per fit: to record an example and to vectorise it.",
    )
    print_table("predict", ["rows", "predict", "of NumPy"], [prediction_row()])
    print_table("One run, import to table", ["script", "time"], [script_row()])


if __name__ == "__main__":
    if all(os.environ.get(name) == value for name, value in ONE_THREAD.items()):
        main()
    else:  # BLAS reads how many threads to use when NumPy is imported
        command = [sys.executable, "-m", "benchmarks.fitting"]
        subprocess.run(command, env=os.environ | ONE_THREAD, check=True)
