"""Convolutions, images and attention, recorded with scalars, for the tests of windows."""

from __future__ import annotations

from recurrences import drawn, layer

from autograd import dot, relu, softmax


def convolution(n=20, width=4, filters=1, stride=1):
    leaves = drawn()
    x, K, b = leaves(n), leaves(filters, width), leaves(filters)
    starts = range(0, n - width + 1, stride)
    v, y = leaves(filters, len(starts)), leaves()
    a = [[relu(dot(K[f], x[i : i + width]) + b[f]) for i in starts] for f in range(filters)]
    return (sum(map(dot, v, a)) - y) ** 2, {"X": x, "Y": y}, {"K": K, "b": b, "v": v}


def image(n=6, width=3, filters=2, stride=1, pool=1):
    leaves = drawn()
    x, K, y = leaves(n, n), leaves(filters, width, width), leaves()
    starts = range(0, n - width + 1, stride)
    size = len(starts) // pool
    v = leaves(filters, size, size)
    output = 0
    for f in range(filters):
        a = [
            [relu(sum(dot(K[f][r], x[p + r][q : q + width]) for r in range(width))) for q in starts]
            for p in starts
        ]
        for p in range(size):
            for q in range(size):
                near = [a[pool * p + i][pool * q + j] for i in range(pool) for j in range(pool)]
                output += v[f][p][q] * (sum(near) / len(near))
    return (output - y) ** 2, {"X": x, "Y": y}, {"K": K, "v": v}


def attention(positions=5, width=4, heads=1):
    leaves = drawn()
    X, Y = leaves(positions, width), leaves(positions, width)
    W = {name: leaves(width, width) for name in ("Wq", "Wk", "Wv")}
    q, k, v = ([layer(W[name], x) for x in X] for name in W)
    size, loss = width // heads, 0
    for i in range(positions):
        for start in range(0, width, size):
            head = range(start, start + size)
            p = softmax([sum(q[i][c] * each[c] for c in head) / size**0.5 for each in k])
            for c in head:
                loss += (sum(s * each[c] for s, each in zip(p, v, strict=True)) - Y[i][c]) ** 2
    return loss, {"X": X, "Y": Y}, W
