"""A training step of a small network on two moons, engine against engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from random import Random
from time import thread_time
from typing import Any

from benchmarks.engine import require_agreement
from benchmarks.measuring import fastest, print_table, ratio, with_deep_stack
from benchmarks.peers import Peer, installed

EXAMPLES = 100
UNITS = [16, 16, 1]
LEARNING_RATE = 0.05
ROUNDS = {False: (10, 1), True: (3, 3)}  # collector: rounds and steps per round


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
            for w in neuron.w if peer.name == "micrograd" else neuron.weights:
                w.data = random.uniform(-1, 1)
    return model


def training(peer: Peer, units: list[int], examples: int) -> Callable[[], float]:
    """A function that takes one step of gradient descent and returns the cost before it.

    The cost is the mean squared error, and each engine is used as its readers are told to.
    """
    X, Y = moons(examples)
    model = network(peer, units)
    if peer.name != "micrograd":
        nn = import_module("nn")  # that of the engine that is timed
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


def plain_loops(peer: Peer, units: list[int], examples: int) -> Callable[[], float]:
    """The same step without anybody's layers: loops over Values."""
    X, Y = moons(examples)
    random = Random(1)
    layers = [
        [([peer.Value(random.uniform(-1, 1)) for _ in range(n)], peer.Value(0.0)) for _ in range(m)]
        for n, m in pairwise([2, *units])
    ]
    parameters = [p for layer in layers for weights, bias in layer for p in (*weights, bias)]

    def output(x: list[float]) -> Any:
        activations: list[Any] = [peer.Value(each) for each in x]
        for layer in layers:
            sums = []
            for weights, bias in layer:
                z = bias
                for w, a in zip(weights, activations, strict=True):
                    z = z + w * a
                sums.append(z)
            activations = sums if layer is layers[-1] else [z.relu() for z in sums]
        return activations[0]

    def step() -> float:
        J = None
        for x, y in zip(X, Y, strict=True):
            error = output(x) + peer.Value(-y)
            J = error * error if J is None else J + error * error
        J = J * peer.Value(1.0 / examples)
        for p in parameters:
            p.grad = 0.0
        J.backward()
        for p in parameters:
            p.data = p.data - LEARNING_RATE * p.grad
        return float(J.data)

    return step


def main() -> None:
    """Measure and print."""
    peers = installed()
    kinds = {
        "layers": ([peer for peer in peers if peer.MLP is not None], training),
        "plain loops": ([peer for peer in peers if peer.name != "PyTorch"], plain_loops),
    }
    rows = []
    for kind, (those, made) in kinds.items():
        steps = {
            peer.name: peer.running(peer.running(made)(peer, UNITS, EXAMPLES)) for peer in those
        }
        require_agreement({name: [step() for _ in range(3)] for name, step in steps.items()})
        for collector, (rounds, runs) in ROUNDS.items():
            seconds = fastest(
                steps,
                rounds=rounds,
                runs=runs,
                collector=collector,
                progress="training steps",
                clock=thread_time,
            )
            ours = seconds.pop("glassgrad")
            ratios = {name: ratio(theirs, ours) for name, theirs in seconds.items()}
            times = [ratios.get(peer.name, "–") for peer in peers[1:]]
            rows.append([kind, "on" if collector else "off", f"{ours * 1e3:.1f} ms", *times])
    print_table(
        f"A training step of MLP(2, {UNITS}) on {EXAMPLES} moons",
        ["", "collector", "glassgrad", *(peer.name for peer in peers[1:])],
        rows,
        "Others: how many times as long. Goals: with layers ≥ 5 × (10 ×) our engine in Python, in "
        "plain loops\n≥ 1.5 × (2.5 ×) minigrad. Forward, mean squared error, backward, step; the "
        "same weights,\nand the same costs to nine digits.",
    )


if __name__ == "__main__":
    with_deep_stack(main)
