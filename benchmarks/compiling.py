"""Programs compiled as C, against NumPy by hand, the program in NumPy, and other compilers."""

from __future__ import annotations

import math
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from autograd import (
    Value,
    binary_cross_entropy_with_logits,
    dot,
    relu,
    softmax,
    tanh,
    total,
    vectorize,
)
from autograd import sigmoid as sigmoid_of
from autograd.vectorizer.running.program import Program
from benchmarks.measuring import fastest, print_table, ratio
from benchmarks.vectorizing import (
    ONE_THREAD,
    Arrays,
    Numbers,
    network,
    rosenbrock,
    rosenbrock_by_hand,
    rosenbrock_with_casadi,
    rosenbrock_with_jax,
    same,
    sigmoid,
    softmax_by_hand,
    squared_error_by_hand,
    with_jax,
    with_pytorch,
)

RUNS, ROUNDS = 5, 12

Recorded = tuple[Value, dict[str, Any], dict[str, Any]]
ByHand = Callable[..., Numbers]


# --- losses of one example, and the same in NumPy by hand ---------------------------------------


def values(*sizes: int, draw: random.Random) -> Any:
    """Nested lists of random leaves."""
    if not sizes:
        return Value(draw.uniform(-1, 1))
    return [values(*sizes[1:], draw=draw) for _ in range(sizes[0])]


def logistic_regression(features: int = 30) -> Recorded:
    """The cross-entropy of one unit."""
    new = partial(values, draw=random.Random(0))
    x, y, w, b = new(features), new(), new(features), new()
    loss = binary_cross_entropy_with_logits(y, dot(w, x) + b)
    return loss, {"X": x, "Y": y}, {"w": w, "b": b}


def logistic_regression_by_hand(X: Any, Y: Any, p: Arrays) -> Numbers:
    """With one exponential for the cost and the error."""
    z = X @ p["w"] + p["b"]
    e = np.exp(-np.abs(z))
    positive = z >= 0
    cost = np.mean((positive - Y) * z + np.log1p(e))
    error = np.where(positive, 1.0, e) / (1.0 + e)
    error -= Y
    error /= len(X)
    return cost, {"w": error @ X, "b": error.sum()}


def convolution(n: int = 28, width: int = 20) -> Recorded:
    """One filter of ReLU over windows, and a linear unit."""
    new = partial(values, draw=random.Random(0))
    windows = n - width + 1
    x, y, k, b, v = new(n), new(), new(width), new(), new(windows)
    a = [relu(dot(k, x[i : i + width]) + b) for i in range(windows)]
    return (dot(v, a) - y) ** 2, {"X": x, "Y": y}, {"k": k, "b": b, "v": v}


def convolution_by_hand(X: Any, Y: Any, p: Arrays) -> Numbers:
    """With windows that are views."""
    m = len(X)
    windows = np.lib.stride_tricks.sliding_window_view(X, len(p["k"]), axis=1)
    z = windows @ p["k"] + p["b"]
    a = np.maximum(z, 0.0)
    error = a @ p["v"] - Y
    cost = error @ error / m
    error *= 2.0 / m
    dz = error[:, None] * p["v"] * (z > 0)
    dk = np.tensordot(dz, windows, ((0, 1), (0, 1)))
    return cost, {"k": dk, "b": dz.sum(), "v": error @ a}


def attention(tokens: int = 8, width: int = 8) -> Recorded:
    """One head of attention, and the square of what it gives."""
    new = partial(values, draw=random.Random(0))
    x = new(tokens, width)
    matrices = {name: new(width, width) for name in "QKV"}
    q, k, u = [[[dot(w, token) for w in W] for token in x] for W in matrices.values()]
    shares = [softmax([dot(each, other) / math.sqrt(width) for other in k]) for each in q]
    mixed = [dot(share, column) for share in shares for column in zip(*u, strict=True)]
    return total([each**2 for each in mixed]), {"X": x}, matrices


def attention_by_hand(X: Any, p: Arrays) -> Numbers:
    """Batched products."""
    m, root = len(X), math.sqrt(X.shape[2])
    q, k, v = X @ p["Q"].T, X @ p["K"].T, X @ p["V"].T
    s = q @ k.transpose(0, 2, 1)
    s /= root
    s -= s.max(2, keepdims=True)
    a = np.exp(s)
    a /= a.sum(2, keepdims=True)
    o = a @ v
    cost = np.vdot(o, o) / m
    do = o * (2.0 / m)
    da = do @ v.transpose(0, 2, 1)
    ds = a * (da - np.einsum("ijk,ijk->ij", da, a)[:, :, None])
    ds /= root
    slopes = ds @ k, ds.transpose(0, 2, 1) @ q, a.transpose(0, 2, 1) @ do
    flat = X.reshape(-1, X.shape[2])
    gradients = [each.reshape(-1, each.shape[2]).T @ flat for each in slopes]
    return cost, dict(zip("QKV", gradients, strict=True))


def lstm(steps: int = 10, units: int = 4, features: int = 3) -> Recorded:
    """Hochreiter and Schmidhuber (1997) with a forget gate, and a linear unit at the end."""
    new = partial(values, draw=random.Random(0))
    x, y, v = new(steps, features), new(), new(units)
    W, R, b = [
        {g: new(*shape) for g in "ifog"} for shape in ((units, features), (units, units), (units,))
    ]
    h, c = [0.0] * units, [0.0] * units
    for t in range(steps):
        z = {
            g: [dot(W[g][j], x[t]) + b[g][j] + (dot(R[g][j], h) if t else 0) for j in range(units)]
            for g in "ifog"
        }
        i, f, o = [[sigmoid_of(each) for each in z[g]] for g in "ifo"]
        new_c = [i[j] * tanh(z["g"][j]) for j in range(units)]
        c = [new_c[j] + f[j] * c[j] for j in range(units)] if t else new_c
        h = [o[j] * tanh(c[j]) for j in range(units)]
    parameters = {
        f"{n}{g}": each[g] for n, each in zip("WRb", (W, R, b), strict=True) for g in each
    }
    return (dot(v, h) - y) ** 2, {"X": x, "Y": y}, parameters | {"v": v}


def lstm_by_hand(X: Any, Y: Any, p: Arrays) -> Numbers:
    """The four gates as one matrix, and one product for all steps where that is possible."""
    (m, steps, _), n = X.shape, len(p["v"])
    W, R, b = [np.concatenate([p[f"{name}{g}"] for g in "ifog"]) for name in "WRb"]
    u = X @ W.T + b
    h, c = np.zeros((2, steps + 1, m, n))
    a, squashed = np.empty((steps, m, 4 * n)), np.empty((steps, m, n))
    for t in range(steps):
        z = u[:, t] + h[t] @ R.T
        a[t, :, : 3 * n] = sigmoid(z[:, : 3 * n])
        a[t, :, 3 * n :] = np.tanh(z[:, 3 * n :])
        i, f, o, g = np.split(a[t], 4, axis=1)
        c[t + 1] = i * g + f * c[t]
        squashed[t] = np.tanh(c[t + 1])
        h[t + 1] = o * squashed[t]
    error = h[steps] @ p["v"] - Y
    cost = error @ error / m
    error *= 2.0 / m
    dh, dc, dz = np.outer(error, p["v"]), np.zeros((m, n)), np.empty_like(a)
    for t in reversed(range(steps)):
        i, f, o, g = np.split(a[t], 4, axis=1)
        dc = dc + dh * o * (1 - squashed[t] ** 2)
        dz[t, :, :n] = dc * g * i * (1 - i)
        dz[t, :, n : 2 * n] = dc * c[t] * f * (1 - f)
        dz[t, :, 2 * n : 3 * n] = dh * squashed[t] * o * (1 - o)
        dz[t, :, 3 * n :] = dc * i * (1 - g**2)
        dh, dc = dz[t] @ R, dc * f
    flat = dz.reshape(-1, 4 * n).T
    dW = flat @ X.transpose(1, 0, 2).reshape(steps * m, -1)
    dR = flat @ h[:-1].reshape(steps * m, n)
    db = flat.sum(1)
    parts = {name: np.split(d, 4) for name, d in zip("WRb", (dW, dR, db), strict=True)}
    gradients = {
        f"{name}{g}": part[k] for name, part in parts.items() for k, g in enumerate("ifog")
    }
    return cost, gradients | {"v": error @ h[steps]}


def rosenbrock_with_numba(X: Any) -> Callable[[], Any]:
    """Loops by hand, compiled by numba."""
    import numba

    @numba.njit  # type: ignore[untyped-decorator]
    def loops(X: Any) -> Any:
        m, n = X.shape
        values, gradient = np.zeros(m), np.zeros((m, n))
        for i in range(m):
            for j in range(n - 1):
                u, v = X[i, j + 1] - X[i, j] ** 2, 1 - X[i, j]
                values[i] += 100 * u**2 + v**2
                gradient[i, j] += -400 * u * X[i, j] - 2 * v
                gradient[i, j + 1] += 200 * u
        return values, gradient

    return lambda: loops(X)


# --- the table ----------------------------------------------------------------------------------

OTHERS = ["PyTorch", "jax.jit", "CasADi", "numba"]


def row(
    name: str, program: Program, arrays: list[Any], by_hand: Callable[[], Any], **others: Any
) -> list[str]:
    """Medians of five runs, each the least of interleaved rounds."""
    with TemporaryDirectory() as folder:
        os.environ["GLASSGRAD_CACHE"] = folder  # so that it is built
        start = perf_counter()
        compiled = program.compiled()
        built = perf_counter() - start
    rivals = {
        "compiled": partial(compiled, *arrays),
        "program": partial(program, *arrays),
        "by hand": by_hand,
        **others,
    }
    expected = rivals["program"]()
    for rival, call in rivals.items():
        same(call(), expected, rival)
    runs = max(1, int(5e-3 / fastest(rivals, rounds=3)["compiled"]))
    measured = [fastest(rivals, rounds=ROUNDS, runs=runs, progress=name) for _ in range(RUNS)]
    best = {rival: statistics.median([each[rival] for each in measured]) for rival in rivals}
    ours = best["compiled"]
    return [
        name,
        f"{ours * 1e6:.3g} µs",
        f"{ours / best['by hand']:.2f} ×",
        f"{best['program'] / best['by hand']:.2f} ×",
        *[ratio(best[other], ours) if other in best else "" for other in OTHERS],
        f"{built:.1f} s",
    ]


def rows() -> list[list[str]]:
    """What is measured."""
    draw = np.random.default_rng(0)
    found = []
    for sizes, batch, classes in (([2, 16, 16, 1], 100, False), ([64, 25, 15, 10], 32, True)):
        loss, given, model = network(sizes, classes)
        program = vectorize(loss, given, model)
        X = draw.normal(size=(batch, sizes[0]))
        Y = np.eye(10)[draw.integers(0, 10, batch)] if classes else draw.normal(size=(batch, 1))
        p = program.parameters
        others = {}
        if find_spec("torch"):
            others["PyTorch"] = with_pytorch(X, Y, p, classes)
        if find_spec("jax"):
            others["jax.jit"] = with_jax(X, Y, p, classes)
        function = softmax_by_hand if classes else squared_error_by_hand
        name = f"{'-'.join(map(str, sizes))}, {batch}"
        found.append(row(name, program, [X, Y], partial(function, X, Y, p), **others))
    cases: list[tuple[str, Recorded, int, ByHand]] = [
        ("logistic regression, 569", logistic_regression(), 569, logistic_regression_by_hand),
        ("convolution, 32", convolution(), 32, convolution_by_hand),
        ("attention, 32", attention(), 32, attention_by_hand),
        ("LSTM of 4, 10 steps, 64", lstm(), 64, lstm_by_hand),
        ("LSTM of 16, 10 steps, 64", lstm(units=16, features=8), 64, lstm_by_hand),
    ]
    for name, recorded, batch, by_hand in cases:
        program = vectorize(*recorded)
        shapes = [(batch, *leaf.shape) for leaf in program.leaves if not leaf.parameter]
        arrays = [draw.normal(size=shape) for shape in shapes]
        if name.startswith("logistic"):
            arrays[1] = (arrays[1] > 0) * 1.0
        call = partial(by_hand, *arrays, program.parameters)
        found.append(row(name, program, arrays, call))
    for points in (1, 100, 10_000):
        x = [Value(0.1 * i) for i in range(20)]
        program = vectorize(rosenbrock(x), {"X": x}, with_respect_to="X")
        X = draw.normal(size=(points, 20))
        others = {}
        for library, make in (
            ("jax", rosenbrock_with_jax),
            ("casadi", rosenbrock_with_casadi),
            ("numba", rosenbrock_with_numba),
        ):
            if find_spec(library):
                name = {"jax": "jax.jit", "casadi": "CasADi"}.get(library, library)
                others[name] = make(X)
        name = f"Rosenbrock, {points}"
        found.append(row(name, program, [X], partial(rosenbrock_by_hand, X), **others))
    return found


def main() -> None:
    """Measure and print."""
    print_table(
        "Programs as C: loss and all gradients of a batch, one thread, float64",
        ["what, batch", "compiled", "of NumPy", "program, of NumPy", *OTHERS, "built"],
        rows(),
        "Of NumPy: how many times the time of NumPy by hand it takes; the median of five runs.\n"
        "Others: how many times the compiled program's time they take.\n"
        "Built: the time of compiled(), which is once for each program on a machine.",
    )


if __name__ == "__main__":
    if all(os.environ.get(name) == value for name, value in ONE_THREAD.items()):
        main()
    else:  # BLAS reads how many threads to use when NumPy is imported
        command = [sys.executable, "-m", "benchmarks.compiling"]
        subprocess.run(command, env=os.environ | ONE_THREAD, check=True)
