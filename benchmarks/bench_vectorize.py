"""Vectorised programs against NumPy written by hand, and against other libraries if installed.

    python benchmarks/bench_vectorize.py

All rivals of a row are timed in turns, in one process with one BLAS thread; of each the
fastest round counts. Every rival's numbers are checked against the program's first. Other
libraries, where installed: PyTorch, jax, CasADi and micrograd.
"""

from __future__ import annotations

import importlib.util
import os
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograd import Value, softmax_cross_entropy_with_logits, vectorize
from autograd.backprop import topological_order
from nn import MLP

ROUNDS = 60


def by_hand_squared_error(X, Y, W1, b1, W2, b2, W3, b3):
    """An MLP with ReLU and squared error, as one would write it; examples are rows."""
    m = len(X)
    Z1 = X @ W1.T + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2.T + b2
    A2 = np.maximum(Z2, 0)
    E = A2 @ W3.T + b3 - Y
    cost = np.vdot(E, E) / (2 * m)
    E /= m
    dZ2 = (E @ W3) * (Z2 >= 0)
    dZ1 = (dZ2 @ W2) * (Z1 >= 0)
    return cost, {
        **{"W1": dZ1.T @ X, "b1": dZ1.sum(0)},
        **{"W2": dZ2.T @ A1, "b2": dZ2.sum(0)},
        **{"W3": E.T @ A2, "b3": E.sum(0)},
    }


def by_hand_sigmoid(Z):
    """Without overflow: there would be warnings at z = −1000 otherwise."""
    return 1 / (1 + np.exp(-np.maximum(Z, -700)))


def by_hand_softmax(X, Y, W1, b1, W2, b2, W3, b3):
    """An MLP with sigmoid units and softmax cross-entropy; examples are rows."""
    m = len(X)
    A1 = by_hand_sigmoid(X @ W1.T + b1)
    A2 = by_hand_sigmoid(A1 @ W2.T + b2)
    Z3 = A2 @ W3.T + b3
    Z3 -= Z3.max(1, keepdims=True)
    E = np.exp(Z3)
    total = E.sum(1, keepdims=True)
    cost = (np.log(total).sum() - np.vdot(Y, Z3)) / m
    E /= total
    E -= Y
    E /= m
    dZ2 = (E @ W3) * A2 * (1 - A2)
    dZ1 = (dZ2 @ W2) * A1 * (1 - A1)
    return cost, {
        **{"W1": dZ1.T @ X, "b1": dZ1.sum(0)},
        **{"W2": dZ2.T @ A1, "b2": dZ2.sum(0)},
        **{"W3": E.T @ A2, "b3": E.sum(0)},
    }


def fastest(rivals, rounds=ROUNDS):
    """Seconds of one call of each rival: the best of many rounds, in turns."""
    best, repeats = dict.fromkeys(rivals, float("inf")), {}
    for name, call in rivals.items():
        call()
        start = time.perf_counter()
        call()
        repeats[name] = max(1, int(2e-3 / (time.perf_counter() - start)))
    for _ in range(rounds):
        for name, call in rivals.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                call()
            best[name] = min(best[name], (time.perf_counter() - start) / repeats[name])
    return best


def print_row(title, best):
    """The program's time, and those of its rivals as multiples of it."""
    ours = best.pop("program")
    others = ", ".join(f"{name} {seconds / ours:.3g}" for name, seconds in best.items())
    print(f"{title:<46} {ours * 1e6:9.1f} µs   × {others}")


def check(name, found, expected):
    """Raise unless the numbers of a rival are those of the program."""
    cost, grads = found
    assert np.isclose(float(cost), expected[0], rtol=1e-9), (name, cost, expected[0])
    for key, array in expected[1].items():
        assert np.allclose(np.asarray(grads[key]), array, rtol=1e-7, atol=1e-9), (name, key)


def network_row(title, sizes, batch, activation, softmax, by_hand):
    model = MLP(sizes[0], sizes[1:], activation=activation, seed=1)
    x = [Value(0.1) for _ in range(sizes[0])]
    y = [Value(0.0) for _ in range(sizes[-1])]
    z = model(x)
    if softmax:
        loss = softmax_cross_entropy_with_logits(y, z)
    else:
        loss = 0.5 * (z[0] - y[0]) ** 2
    start = time.perf_counter()
    program = vectorize(loss, {"X": x, "Y": y}, model.named_parameters())
    seconds = time.perf_counter() - start

    generator = np.random.default_rng(0)
    X = generator.normal(size=(batch, sizes[0]))
    Y = generator.normal(size=(batch, sizes[-1]))
    if softmax:
        Y = np.eye(sizes[-1])[generator.integers(0, sizes[-1], batch)]
    P = program.parameters
    expected = program(X, Y)
    rivals = {"program": lambda: program(X, Y), "by hand": lambda: by_hand(X, Y, **P)}
    check("by hand", by_hand(X, Y, **P), expected)
    for name, make in (("PyTorch", torch_rival), ("jax.jit", jax_rival), ("micrograd", None)):
        if make and importlib.util.find_spec({"PyTorch": "torch", "jax.jit": "jax"}[name]):
            rivals[name], numbers = make(X, Y, P, activation, softmax)
            check(name, numbers, expected)
    print_row(f"{title}, batch {batch}", fastest(rivals))
    if importlib.util.find_spec("micrograd") and len(sizes) == 4 and sizes[0] < 100:
        ours = fastest({"program": lambda: program(X, Y)}, 20)["program"]
        per_example = micrograd_seconds(sizes, softmax)
        print(f"{'':<46} micrograd, per example: {per_example * batch / ours:.3g} ×")
    n_nodes = len(topological_order(loss)) + sum(map(np.size, P.values()))
    print(f"{'':<46} vectorised in {seconds:.2f} s, {seconds / n_nodes * 1e6:.0f} µs per node")


def torch_rival(X, Y, P, activation, softmax):
    import torch

    torch.set_num_threads(1)
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in P.items()}
    x, y = torch.tensor(X), torch.tensor(Y)
    g = torch.relu if activation == "relu" else torch.sigmoid

    def call():
        a = x
        for i in (1, 2):
            a = g(torch.nn.functional.linear(a, leaves[f"W{i}"], leaves[f"b{i}"]))
        z = torch.nn.functional.linear(a, leaves["W3"], leaves["b3"])
        cost = (
            torch.nn.functional.cross_entropy(z, y)
            if softmax
            else 0.5 * torch.nn.functional.mse_loss(z, y)
        )
        return cost, torch.autograd.grad(cost, list(leaves.values()))

    cost, grads = call()
    return call, (cost.item(), dict(zip(leaves, [g.numpy() for g in grads], strict=True)))


def jax_rival(X, Y, P, activation, softmax):
    import jax
    import jax.numpy as jnp

    g = jax.nn.relu if activation == "relu" else jax.nn.sigmoid

    def cost(P, X, Y):
        a = g(X @ P["W1"].T + P["b1"])
        a = g(a @ P["W2"].T + P["b2"])
        z = a @ P["W3"].T + P["b3"]
        if softmax:
            return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.sum(Y * z, axis=1))
        return 0.5 * jnp.mean((z - Y) ** 2)

    step = jax.jit(jax.value_and_grad(cost))
    P = {name: jnp.asarray(array) for name, array in P.items()}
    X, Y = jnp.asarray(X), jnp.asarray(Y)
    return lambda: jax.block_until_ready(step(P, X, Y)), step(P, X, Y)


def micrograd_seconds(sizes, softmax):
    """One example, loss and gradients, with micrograd."""
    from micrograd.engine import Value as MicroValue
    from micrograd.nn import MLP as MicroMLP

    model = MicroMLP(sizes[0], sizes[1:])
    x = [MicroValue(0.1) for _ in range(sizes[0])]

    def call():
        z = model(x)
        z = z if isinstance(z, list) else [z]
        cost = sum((zk - 1.0) ** 2 for zk in z)
        model.zero_grad()
        cost.backward()

    return fastest({"micrograd": call}, 3)["micrograd"]


def rosenbrock(x):
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def rosenbrock_by_hand(X):
    u, v = X[:, 1:] - X[:, :-1] ** 2, 1 - X[:, :-1]
    gradient = np.zeros_like(X)
    gradient[:, :-1] = -400 * u * X[:, :-1] - 2 * v
    gradient[:, 1:] += 200 * u
    return 100 * np.einsum("ij,ij->i", u, u) + np.einsum("ij,ij->i", v, v), gradient


def rosenbrock_rows(n=20):
    x = [Value(0.1 * i) for i in range(n)]
    program = vectorize(rosenbrock(x), {"X": x}, with_respect_to="X")
    for points in (1, 100, 10_000):
        X = np.random.default_rng(0).normal(size=(points, n))
        rivals = {"program": lambda X=X: program(X), "by hand": lambda X=X: rosenbrock_by_hand(X)}
        if importlib.util.find_spec("casadi"):
            rivals["CasADi"] = casadi_rival(n, X)
        if importlib.util.find_spec("jax"):
            rivals["jax.jit"] = jax_rosenbrock(X)
        expected = program(X)
        for name, call in rivals.items():
            for found, numbers in zip(call(), expected, strict=True):
                assert np.allclose(found, numbers, rtol=1e-9, atol=1e-7), name
        print_row(f"Rosenbrock in {n} dimensions, {points} points", fastest(rivals))


def casadi_rival(n, X):
    import casadi

    x = casadi.SX.sym("x", n)
    f = rosenbrock([x[i] for i in range(n)])
    function = casadi.Function("f", [x], [f, casadi.gradient(f, x)]).map(len(X))

    def call():
        value, gradient = function(X.T)
        return np.asarray(value)[0], np.asarray(gradient).T

    return call


def jax_rosenbrock(X):
    import jax
    import jax.numpy as jnp

    def f(x):
        return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    step = jax.jit(jax.vmap(jax.value_and_grad(f)))
    X = jnp.asarray(X)
    return lambda: jax.block_until_ready(step(X))


def main() -> None:
    network_row(
        "MLP 2-16-16-1, squared error", [2, 16, 16, 1], 100, "relu", False, by_hand_squared_error
    )
    network_row(
        "64-25-15-10, softmax cross-entropy", [64, 25, 15, 10], 32, "sigmoid", True, by_hand_softmax
    )
    network_row(
        "784-25-15-10, softmax cross-entropy",
        *([784, 25, 15, 10], 128, "sigmoid", True, by_hand_softmax),
    )
    rosenbrock_rows()


if __name__ == "__main__":
    main()
