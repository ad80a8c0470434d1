"""Losses that repeat over time, recorded with scalars step by step, for the tests of loops."""

from __future__ import annotations

import random

from autograd import Value, dot, logsumexp, relu, sigmoid, softmax, tanh


def drawn(seed=0):
    """A function from a shape to nested lists of random leaves."""
    draw = random.Random(seed)

    def leaves(*shape):
        if not shape:
            return Value(draw.uniform(-1, 1))
        return [leaves(*shape[1:]) for _ in range(shape[0])]

    return leaves


def layer(rows, x):
    return [dot(row, x) for row in rows]


def rnn(steps, *, many=False, n=4, d=3):
    """hₜ = tanh(W xₜ + R hₜ₋₁ + b), and a loss of the last state, or of every state."""
    leaves = drawn()
    X, W, R, b, V = leaves(steps, d), leaves(n, d), leaves(n, n), leaves(n), leaves(2, n)
    Y = leaves(steps, 2) if many else leaves(2)
    h, loss = None, 0
    for t in range(steps):
        z = [wx + bias for wx, bias in zip(layer(W, X[t]), b, strict=True)]
        if h is not None:
            z = [each + u for each, u in zip(z, layer(R, h), strict=True)]
        h = [tanh(each) for each in z]
        if many or t == steps - 1:
            wanted = Y[t] if many else Y
            loss += sum([(o - y) ** 2 for o, y in zip(layer(V, h), wanted, strict=True)])
    return loss, {"X": X, "Y": Y}, {"W": W, "R": R, "b": b, "V": V}


def lstm(steps, *, n=4, d=3):
    """Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000)."""
    leaves = drawn()
    X, y, v = leaves(steps, d), leaves(), leaves(n)
    W = {gate: leaves(n, d) for gate in "ifog"}
    U = {gate: leaves(n, n) for gate in "ifog"}
    b = {gate: leaves(n) for gate in "ifog"}
    h = c = None
    for t in range(steps):
        opened = {}
        for gate in "ifog":
            z = [wx + bias for wx, bias in zip(layer(W[gate], X[t]), b[gate], strict=True)]
            if h is not None:
                z = [each + u for each, u in zip(z, layer(U[gate], h), strict=True)]
            opened[gate] = [(tanh if gate == "g" else sigmoid)(each) for each in z]
        new = [i * g for i, g in zip(opened["i"], opened["g"], strict=True)]
        if c is not None:
            new = [each + f * old for each, f, old in zip(new, opened["f"], c, strict=True)]
        c = new
        h = [o * tanh(each) for o, each in zip(opened["o"], c, strict=True)]
    parameters = {
        f"{name}{gate}": each[gate]
        for name, each in zip("WUb", (W, U, b), strict=True)
        for gate in each
    }
    return (dot(v, h) - y) ** 2, {"X": X, "Y": y}, parameters | {"v": v}


def logistic_map(steps):
    """xₜ₊₁ = r xₜ (1 − xₜ)."""
    x0, r = Value(0.3), Value(3.2)
    x = x0
    for _ in range(steps):
        x = r * x * (1 - x)
    return x, {}, {"x0": x0, "r": r}


def lotka_volterra(steps):
    """Euler steps of ẋ = a x − b x y, ẏ = c x y − d y."""
    x0, y0 = Value(1.0), Value(0.5)
    a, b, c, d = Value(1.1), Value(0.4), Value(0.1), Value(0.4)
    x, y, h = x0, y0, 0.01
    for _ in range(steps):
        x, y = x + h * (a * x - b * x * y), y + h * (c * x * y - d * y)
    loss = (x - 1) ** 2 + (y - 2) ** 2
    return loss, {}, {"x0": x0, "y0": y0, "a": a, "b": b, "c": c, "d": d}


def runge_kutta(steps):
    """The classical method of order 4 on ẋ = k x (1 − x)."""
    x0, k = Value(0.2), Value(0.7)
    x, h = x0, 0.1

    def slope(x):
        return k * x * (1 - x)

    for _ in range(steps):
        k1 = slope(x)
        k2 = slope(x + h / 2 * k1)
        k3 = slope(x + h / 2 * k2)
        k4 = slope(x + h * k3)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return (x - 2) ** 2, {}, {"x0": x0, "k": k}


RECURRENCES = {
    "rnn": rnn,
    "rnn of many": lambda steps: rnn(steps, many=True),
    "lstm": lstm,
    "logistic map": logistic_map,
    "Lotka–Volterra": lotka_volterra,
    "Runge–Kutta": runge_kutta,
}


def random_recurrence(seed):
    """Units, steps, gates, a state of two steps ago, lists and losses drawn at random."""
    draw = random.Random(seed)
    leaves = drawn(seed)
    steps, n, d = draw.randint(3, 9), draw.randint(1, 3), draw.randint(1, 3)
    x, W, U, b, v, h0 = (
        leaves(steps, d),
        leaves(n, d),
        leaves(n, n),
        leaves(n),
        leaves(n),
        leaves(n),
    )
    activation = draw.choice([tanh, sigmoid, relu, lambda z: 0.3 * z * z, lambda z: z])
    biased, normal, listed, many, given, skip, gated = [draw.random() < 0.4 for _ in range(7)]
    h = h0 if given else [tanh(z) for z in layer(W, x[0])]
    before, loss = h, 0
    for each in x[0 if given else 1 :]:
        z = [p + q for p, q in zip(layer(W, each), layer(U, h), strict=True)]
        if biased:
            z = [p + q for p, q in zip(z, b, strict=True)]
        new = [activation(p) for p in z]
        if gated:
            open_ = [sigmoid(p) for p in z]
            new = [o * p + (1 - o) * q for o, p, q in zip(open_, new, h, strict=True)]
        if skip:
            new = [p + q for p, q in zip(new, before, strict=True)]
        if normal and n > 1:
            new = softmax(new)
        if listed:
            new = [0.5 * p + 0.1 * logsumexp([p, each[0], 0.3]) for p in new]
        before, h = h, new
        if many:
            loss += (dot(v, h) - each[0]) ** 2
    inputs, parameters = {"X": x}, {"W": W, "U": U, "v": v}
    parameters |= {"b": b} if biased else {}
    (inputs if draw.random() < 0.5 else parameters).update({"h": h0} if given else {})
    return loss + (dot(v, h) - 1) ** 2, inputs, parameters
