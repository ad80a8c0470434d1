"""Vectorised programs: loss and all gradients, against NumPy by hand and other libraries."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any
from unittest import mock

import numpy as np

from autograd import (
    Value,
    dot,
    gradients,
    softmax,
    softmax_cross_entropy_with_logits,
    total,
    vectorize,
)
from autograd.backprop import topological_order
from autograd.vectorizer import pipeline
from autograd.vectorizer.proving.proof import Proof
from benchmarks.measuring import fastest, print_table, ratio
from nn import MLP

ROUNDS = 60
ONE_THREAD = {
    **{"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    **{"JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1"},
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}

Arrays = dict[str, Any]
Numbers = tuple[Any, Arrays]


# --- NumPy by hand: rows are examples; no array is written to that is still needed ------------


def squared_error_by_hand(X: Any, Y: Any, p: Arrays) -> Numbers:
    """Two layers of ReLU, one linear unit, ½(a − y)²."""
    m = len(X)
    z1 = X @ p["W1"].T + p["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ p["W2"].T + p["b2"]
    a2 = np.maximum(z2, 0)
    error = a2 @ p["W3"].T + p["b3"] - Y
    cost = np.vdot(error, error) / (2 * m)
    error /= m
    d2 = (error @ p["W3"]) * (z2 >= 0)
    d1 = (d2 @ p["W2"]) * (z1 >= 0)
    weights = {"W1": d1.T @ X, "W2": d2.T @ a1, "W3": error.T @ a2}
    return cost, weights | {"b1": d1.sum(0), "b2": d2.sum(0), "b3": error.sum(0)}


def sigmoid(z: Any) -> Any:
    """The logistic function, without a warning at −1000."""
    return 1.0 / (1.0 + np.exp(-np.maximum(z, -700.0)))


def softmax_by_hand(X: Any, Y: Any, p: Arrays) -> Numbers:
    """Two layers of sigmoid units, then softmax cross-entropy, with one exponential for both."""
    m = len(X)
    a1 = sigmoid(X @ p["W1"].T + p["b1"])
    a2 = sigmoid(a1 @ p["W2"].T + p["b2"])
    z = a2 @ p["W3"].T + p["b3"]
    z -= z.max(1, keepdims=True)
    error = np.exp(z)
    sums = error.sum(1, keepdims=True)
    cost = (np.log(sums).sum() - np.vdot(Y, z)) / m
    error /= sums
    error -= Y
    error /= m
    d2 = (error @ p["W3"]) * a2 * (1 - a2)
    d1 = (d2 @ p["W2"]) * a1 * (1 - a1)
    weights = {"W1": d1.T @ X, "W2": d2.T @ a1, "W3": error.T @ a2}
    return cost, weights | {"b1": d1.sum(0), "b2": d2.sum(0), "b3": error.sum(0)}


def rosenbrock_by_hand(X: Any) -> tuple[Any, Any]:
    """Value and gradient of each row."""
    u, v = X[:, 1:] - X[:, :-1] ** 2, 1 - X[:, :-1]
    gradient = np.zeros_like(X)
    gradient[:, :-1] = -400 * u * X[:, :-1] - 2 * v
    gradient[:, 1:] += 200 * u
    return 100 * np.einsum("ij,ij->i", u, u) + np.einsum("ij,ij->i", v, v), gradient


# --- other libraries --------------------------------------------------------------------------


def with_pytorch(X: Any, Y: Any, p: Arrays, softmax: bool) -> Callable[[], Numbers]:
    import torch

    torch.set_num_threads(1)
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in p.items()}
    a0, y = torch.tensor(X), torch.tensor(Y)
    g = torch.sigmoid if softmax else torch.relu
    linear, losses = torch.nn.functional.linear, torch.nn.functional

    def call() -> Numbers:
        a1 = g(linear(a0, leaves["W1"], leaves["b1"]))
        z = linear(g(linear(a1, leaves["W2"], leaves["b2"])), leaves["W3"], leaves["b3"])
        cost = losses.cross_entropy(z, y) if softmax else 0.5 * losses.mse_loss(z, y)
        slopes = torch.autograd.grad(cost, list(leaves.values()))
        return cost.detach(), dict(zip(leaves, slopes, strict=True))

    return call


def with_jax(X: Any, Y: Any, p: Arrays, softmax: bool) -> Callable[[], Numbers]:
    import jax

    g = jax.nn.sigmoid if softmax else jax.nn.relu

    def mean_loss(p: Arrays, X: Any, Y: Any) -> Any:
        a = g(g(X @ p["W1"].T + p["b1"]) @ p["W2"].T + p["b2"])
        z = a @ p["W3"].T + p["b3"]
        if softmax:
            return jax.numpy.mean(jax.nn.logsumexp(z, axis=1) - jax.numpy.sum(Y * z, axis=1))
        return 0.5 * jax.numpy.mean((z - Y) ** 2)

    step = jax.jit(jax.value_and_grad(mean_loss))
    arguments = [jax.tree.map(jax.numpy.asarray, each) for each in (p, X, Y)]
    return lambda: jax.block_until_ready(step(*arguments))  # type: ignore[no-any-return]


def rosenbrock_with_jax(X: Any) -> Callable[[], Any]:
    import jax

    def f(x: Any) -> Any:
        return jax.numpy.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    step, points = jax.jit(jax.vmap(jax.value_and_grad(f))), jax.numpy.asarray(X)
    return lambda: jax.block_until_ready(step(points))


def rosenbrock_with_casadi(X: Any) -> Callable[[], Any]:
    import casadi

    x = casadi.SX.sym("x", X.shape[1])
    f = rosenbrock([x[i] for i in range(X.shape[1])])
    function = casadi.Function("f", [x], [f, casadi.gradient(f, x)]).map(len(X))

    def call() -> Any:
        values, gradient = function(X.T)
        return np.asarray(values)[0], np.asarray(gradient).T

    return call


def with_micrograd(sizes: list[int], batch: int) -> float | None:
    """Seconds for a batch, one example after the other; None where it is not installed."""
    if find_spec("micrograd") is None:
        return None
    from micrograd import nn as micrograd

    network = micrograd.MLP(sizes[0], sizes[1:])

    def call() -> None:
        cost = 0.0
        for _ in range(batch):
            z = network([0.1] * sizes[0])
            cost = cost + sum((each - 1.0) ** 2 for each in (z if isinstance(z, list) else [z]))
        network.zero_grad()
        cost.backward()

    return fastest({"micrograd": call}, rounds=2)["micrograd"]


# --- the tables -------------------------------------------------------------------------------


def same(found: Any, expected: Any, name: str) -> None:
    """Raise unless the numbers are those of the program."""
    for key in expected[1] if isinstance(expected[1], dict) else [...]:
        if not np.allclose(np.asarray(found[1][key]), expected[1][key], rtol=1e-7, atol=1e-8):
            raise AssertionError(f"{name}: another gradient {key}")
    if not np.allclose(np.asarray(found[0]), expected[0], rtol=1e-9):
        raise AssertionError(f"{name}: another loss")


def measure(rivals: dict[str, Callable[[], Any]]) -> dict[str, float]:
    expected = rivals["program"]()
    for name, call in rivals.items():
        same(call(), expected, name)
    once = fastest(rivals, rounds=3)["program"]
    runs = max(1, int(2e-2 / once))
    return fastest(rivals, rounds=ROUNDS, runs=runs, progress="vectorize")


def network(sizes: list[int], softmax: bool) -> tuple[Value, dict[str, Any], MLP]:
    """The loss of one example, its inputs and the model."""
    model = MLP(sizes[0], sizes[1:], activation="sigmoid" if softmax else "relu", seed=1)
    x, y = [Value(0.1) for _ in range(sizes[0])], [Value(0.0) for _ in range(sizes[-1])]
    z = model(x)
    loss = softmax_cross_entropy_with_logits(y, z) if softmax else 0.5 * (z[0] - y[0]) ** 2
    return loss, {"X": x, "Y": y}, model


def network_row(sizes: list[int], batch: int, softmax: bool) -> list[str]:
    loss, inputs, model = network(sizes, softmax)
    make = partial(vectorize, loss, inputs, model.named_parameters())
    seconds = fastest({"vectorize": make}, rounds=3)["vectorize"]
    nodes = len(topological_order(loss, *gradients(loss, model.parameters())))

    program, generator = make(), np.random.default_rng(0)
    X = generator.normal(size=(batch, sizes[0]))
    Y = generator.normal(size=(batch, 1))
    if softmax:
        Y = np.eye(sizes[-1])[generator.integers(0, sizes[-1], batch)]
    p = program.parameters
    by_hand = softmax_by_hand if softmax else squared_error_by_hand
    rivals = {"program": partial(program, X, Y), "by hand": partial(by_hand, X, Y, p)}
    if find_spec("torch"):
        rivals["PyTorch"] = with_pytorch(X, Y, p, softmax)
    if find_spec("jax"):
        rivals["jax.jit"] = with_jax(X, Y, p, softmax)
    best = measure(rivals)
    ours = best["program"]
    micrograd = with_micrograd(sizes, batch) if sizes[0] < 100 else None
    return [
        f"{'-'.join(map(str, sizes))}, {'softmax' if softmax else 'squared error'}, {batch}",
        f"{ours * 1e6:.0f} µs",
        f"{ours / best['by hand']:.2f} ×",
        *[ratio(best[name], ours) if name in best else "" for name in ("PyTorch", "jax.jit")],
        "" if micrograd is None else f"{micrograd / ours:.0f} ×",
        f"{seconds:.2f} s, {seconds / nodes * 1e6:.0f} µs",
    ]


class Unproven(Proof):
    """What `vectorize` would take if it believed what it wrote."""

    def __init__(self, *_: Any) -> None:
        self.possible = True

    def problem(self, program: Any) -> str:
        return ""

    def problem_as_printed(self, program: Any, named: Any) -> tuple[str, list[str]]:
        return "", []


def proof_row(name: str, loss: Value, inputs: Arrays, parameters: Any) -> list[str]:
    if isinstance(parameters, MLP):
        parameters = parameters.named_parameters()
    make = partial(vectorize, loss, inputs, parameters)

    def unproven() -> None:
        with mock.patch.object(pipeline, "Proof", Unproven):
            make()

    best = fastest({"proven": make, "unproven": unproven}, rounds=5, progress="proof")
    share = 1.0 - best["unproven"] / best["proven"]
    return [name, f"{best['proven'] * 1e3:.0f} ms", f"{share:.0%}"]


def chain(steps: int) -> tuple[Value, dict[str, Any], dict[str, Any]]:
    x, w = Value(0.3), Value(0.5)
    a = x
    for _ in range(steps):
        a = (w * a).tanh()
    return a, {"x": x}, {"w": w}


def attention(
    tokens: int, features: int, size: int
) -> tuple[Value, dict[str, Any], dict[str, Any]]:
    draw = random.Random(0)

    def values(rows: int, columns: int) -> list[list[Value]]:
        return [[Value(draw.uniform(-1, 1)) for _ in range(columns)] for _ in range(rows)]

    x, [v] = values(tokens, features), values(1, size)
    matrices = {name: values(size, features) for name in "QKV"}
    q, k, u = [[[dot(w, token) for w in W] for token in x] for W in matrices.values()]
    weights = [softmax([dot(each, other) / math.sqrt(size) for other in k]) for each in q]
    mixed = [dot(v, [dot(each, column) for column in zip(*u, strict=True)]) for each in weights]
    return total(mixed) ** 2, {"X": x}, matrices | {"v": v}


def rosenbrock(x: Any) -> Any:
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def rosenbrock_row(points: int) -> list[str]:
    x = [Value(0.1 * i) for i in range(20)]
    program = vectorize(rosenbrock(x), {"X": x}, with_respect_to="X")
    X = np.random.default_rng(0).normal(size=(points, len(x)))
    rivals = {"program": partial(program, X), "by hand": partial(rosenbrock_by_hand, X)}
    if find_spec("casadi"):
        rivals["CasADi"] = rosenbrock_with_casadi(X)
    if find_spec("jax"):
        rivals["jax.jit"] = rosenbrock_with_jax(X)
    best = measure(rivals)
    ours = best["program"]
    return [
        f"{points}",
        f"{ours * 1e6:.0f} µs",
        f"{ours / best['by hand']:.2f} ×",
        *[ratio(best[name], ours) if name in best else "" for name in ("CasADi", "jax.jit")],
    ]


def main() -> None:
    """Measure and print."""
    print_table(
        "Vectorised networks: loss and all gradients of a batch, one thread, float64",
        [
            "network, batch",
            "program",
            "of NumPy",
            "PyTorch",
            "jax.jit",
            "micrograd",
            "made",
        ],
        [
            network_row([2, 16, 16, 1], 100, softmax=False),
            network_row([64, 25, 15, 10], 32, softmax=True),
            network_row([784, 25, 15, 10], 128, softmax=True),
        ],
        "Of NumPy: how many times the time of NumPy by hand the program takes.\n"
        "Others: how many times the program's time they take.\n"
        "Made: the time to vectorise, in all and per scalar node.",
    )
    print_table(
        "What the proof takes of vectorize",
        ["graph", "vectorize", "proof"],
        [
            proof_row("2-16-16-1, relu", *network([2, 16, 16, 1], softmax=False)),
            proof_row("64-25-15-10", *network([64, 25, 15, 10], softmax=True)),
            proof_row("784-25-15-10", *network([784, 25, 15, 10], softmax=True)),
            proof_row("a chain of 300", *chain(300)),
            proof_row("attention, 4 tokens", *attention(4, 2, 3)),
            proof_row("attention, 12 tokens", *attention(12, 6, 6)),
        ],
        "Proof: the share of the time that goes into it.",
    )
    print_table(
        "Rosenbrock's function in 20 dimensions: value and gradient",
        ["points", "program", "of NumPy", "CasADi", "jax.jit"],
        [rosenbrock_row(points) for points in (1, 100, 10_000)],
    )


if __name__ == "__main__":
    if all(os.environ.get(name) == value for name, value in ONE_THREAD.items()):
        main()
    else:  # BLAS reads how many threads to use when NumPy is imported
        command = [sys.executable, "-m", "benchmarks.vectorizing"]
        subprocess.run(command, env=os.environ | ONE_THREAD, check=True)
