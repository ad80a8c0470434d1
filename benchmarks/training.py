"""A training step of a small network on two moons, engine against engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import nn
from benchmarks.engine import require_agreement
from benchmarks.measuring import fastest, print_table, ratio, with_deep_stack
from benchmarks.peers import Peer, installed

EXAMPLES = 100
UNITS = [16, 16, 1]
LEARNING_RATE = 0.05
CASES = [  # collector, rounds, steps per round, goal
    (False, 10, 1, "≥ 5 ×"),
    (True, 3, 3, "≥ 20 ×"),
]


def moons(n: int) -> tuple[list[list[float]], list[float]]:
    """Two half circles that interlock, with noise, and targets of 1 and −1."""
    random = Random(0)
    X, Y = [], []
    for i in range(n):
        angle = math.pi * random.random()
        x, y = math.cos(angle), math.sin(angle)
        if i % 2:
            x, y = 1 - x, 0.5 - y
        X.append([x + random.gauss(0, 0.1), y + random.gauss(0, 0.1)])
        Y.append(1.0 if i % 2 else -1.0)
    return X, Y


def network(peer: Peer, units: list[int]) -> Any:
    """A network of ReLU units with a linear output; all peers get the same weights."""
    assert peer.MLP is not None
    model = peer.MLP(2, units)
    random = Random(1)
    for layer in model.layers:
        for neuron in layer.neurons:
            for w in neuron.weights if peer.name == "glassgrad" else neuron.w:
                w.data = random.uniform(-1, 1)
    return model


def training(peer: Peer, units: list[int], examples: int) -> Callable[[], float]:
    """A function that takes one step of gradient descent and returns the cost before it.

    The cost is the mean squared error, and each engine is used as its readers are told to.
    """
    X, Y = moons(examples)
    model = network(peer, units)
    if peer.name == "glassgrad":
        loss = nn.MeanSquaredError()
        optimizer = nn.SGD(model.parameters(), learning_rate=LEARNING_RATE)

        def step() -> float:
            J = loss(Y, [model(x) for x in X])
            optimizer.zero_grad()
            J.backward()
            optimizer.step()
            return J.data

    else:

        def step() -> float:
            losses = [(model(x) - y) ** 2.0 for x, y in zip(X, Y, strict=True)]
            J = sum(losses[1:], losses[0]) * (1.0 / examples)
            model.zero_grad()
            J.backward()
            for p in model.parameters():
                p.data -= LEARNING_RATE * p.grad
            return float(J.data)

    return step


def costs(peer: Peer, units: list[int], examples: int, steps: int) -> list[float]:
    """The costs of the first steps."""
    step = training(peer, units, examples)
    return [step() for _ in range(steps)]


def main() -> None:
    """Measure and print."""
    peers = [peer for peer in installed() if peer.MLP is not None]
    require_agreement({peer.name: costs(peer, UNITS, EXAMPLES, 3) for peer in peers})
    rows = []
    for collector, rounds, runs, goal in CASES:
        steps = {peer.name: training(peer, UNITS, EXAMPLES) for peer in peers}
        seconds = fastest(
            steps, rounds=rounds, runs=runs, collector=collector, progress="training steps"
        )
        ours = seconds.pop("glassgrad")
        times = [ratio(theirs, ours) for theirs in seconds.values()]
        rows.append(["on" if collector else "off", f"{ours * 1e3:.1f} ms", *times, goal])
    print_table(
        f"A training step of MLP(2, {UNITS}) on {EXAMPLES} moons",
        ["collector", "glassgrad", *(peer.name for peer in peers[1:]), "goal"],
        rows,
        "Others: how many times as long. The goal is against micrograd. Forward, mean squared "
        "error, backward, step;\nthe same weights, and the same costs to nine digits.",
    )


if __name__ == "__main__":
    with_deep_stack(main)
