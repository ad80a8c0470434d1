"""Random networks and random expression graphs against scalar backpropagation."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vectorized import assert_agrees, leaves

from autograd import (
    Value,
    affine,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    dot,
    logsumexp,
    maximum,
    minimum,
    softmax,
    softmax_cross_entropy_with_logits,
    total,
)

NEURONS = {
    "plain": lambda w, x, b: b + sum(wj * xj for wj, xj in zip(w, x, strict=True)),
    "reversed": lambda w, x, b: sum([xj * wj for wj, xj in zip(w, x, strict=True)][::-1]) + b,
    "dot": lambda w, x, b: dot(w, x) + b,
    "total": lambda w, x, b: total([*[wj * xj for wj, xj in zip(w, x, strict=True)], b]),
    "affine": affine,
    "numpy": lambda w, x, b: np.dot(np.array(w), np.array(x)) + b,
    "no bias": lambda w, x, b: dot(w, x),
}
ACTIVATIONS = {
    "sigmoid": Value.sigmoid,
    "tanh": Value.tanh,
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "softplus": Value.softplus,
    "gates": lambda z: 1 / (1 + (-z).exp()),
    "linear": lambda z: z,
}
LOSSES = {
    "squared": lambda y, z: sum((zk - yk) ** 2 for yk, zk in zip(y, z, strict=True)),
    "half squared": lambda y, z: 0.5 * sum((yk - zk) ** 2 for yk, zk in zip(y, z, strict=True)),
    "mean squared": lambda y, z: (
        total([(zk - yk) ** 2 for yk, zk in zip(y, z, strict=True)]) / len(y)
    ),
    "binary": lambda y, z: sum(map(binary_cross_entropy_with_logits, y, z)),
    "probabilities": lambda y, z: sum(map(binary_cross_entropy, y, [zk.sigmoid() for zk in z])),
    "softmax": softmax_cross_entropy_with_logits,
    "composed": lambda y, z: logsumexp(z) - dot(y, z),
    "exponentials": lambda y, z: (
        -sum(yk * (zk.exp() / sum(zj.exp() for zj in z)).log() for yk, zk in zip(y, z, strict=True))
    ),
}


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    neuron=st.sampled_from(sorted(NEURONS)),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)),
    decay=st.sampled_from([0.0, 0.01]),
    seed=st.integers(0, 1000),
)
def test_networks(sizes, neuron, activation, loss, decay, seed):
    x, y = leaves(sizes[0], seed=seed, low=0.1), leaves(sizes[-1], seed=seed + 1, low=0.1)
    parameters, a = {}, x
    for i, (n, units) in enumerate(itertools.pairwise(sizes), 1):
        W, b = leaves(units, n, seed=seed), leaves(units, seed=seed)
        parameters |= {f"W{i}": W, f"b{i}": b}
        z = [NEURONS[neuron](row, a, unit) for row, unit in zip(W, b, strict=True)]
        a = [ACTIVATIONS[activation](each) for each in z]
    cost = LOSSES[loss](y, z)
    if decay:
        cost = cost + decay / 2 * sum(w**2 for row in parameters["W1"] for w in row)
    assert_agrees(cost, {"X": x, "Y": y}, parameters, seed=seed, low=0.1)


UNARY = [
    *(Value.sigmoid, Value.tanh, Value.relu, Value.leaky_relu, Value.softplus),
    *(Value.sin, Value.cos, Value.arctan, Value.abs, Value.step, Value.sign),
    lambda a: (a * a + 1).log(),
    lambda a: (a * a).log1p(),
    lambda a: (a * a + 0.5).sqrt(),
    lambda a: a.tanh().exp(),
    lambda a: a.sin().expm1(),
    lambda a: (a.tanh() / 2).tan(),
    lambda a: -a,
    lambda a: a**2,
    lambda a: a**3,
    lambda a: (a * a + 1) ** -0.5,
    lambda a: 3 * a,
    lambda a: a / 7 - 1,
    lambda a: 2 - a,
]
BINARY = [
    *(maximum, minimum),
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a * b,
    lambda a, b: a / (b * b + 1),
    lambda a, b: (a * a + 0.5) ** b.tanh(),
    lambda a, b: binary_cross_entropy(a.sigmoid(), b.sigmoid()),
    lambda a, b: binary_cross_entropy_with_logits(a.sigmoid(), b),
]
MANY = [
    total,
    logsumexp,
    lambda terms: softmax(terms)[0],
    lambda terms: total(s * t for s, t in zip(softmax(terms), reversed(terms), strict=True)),
    lambda terms: dot(terms, terms[::-1]),
    lambda terms: affine(terms[1:], terms[:-1], terms[0]),
    lambda terms: softmax_cross_entropy_with_logits(softmax(terms), terms[::-1]),
    lambda terms: logsumexp([*terms, 0.5, 0]),
    lambda terms: sum(t**2 for t in terms) / len(terms),
]


def random_expression(generator, starts, n_operations):
    """A graph grown by applying random operations to random lists of what is there."""
    made = list(starts)
    for _ in range(n_operations):
        kind = generator.random()
        chosen = generator.sample(made, min(len(made), generator.randint(2, 4)))
        if kind < 0.3:
            f = generator.choice(UNARY)
            made += [f(each) for each in chosen]
        elif kind < 0.7:
            f = generator.choice(BINARY)
            made += [f(a, b) for a, b in itertools.pairwise(chosen)]
        else:
            made.append(generator.choice(MANY)(chosen))
        made = [each if abs(each.data) < 10 else each.tanh() for each in made]
    return total(made[-6:])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), n_operations=st.integers(1, 14))
def test_expressions(seed, n_operations):
    generator = random.Random(seed)
    x, y, w, b = leaves(3, seed=seed), leaves(seed=seed), leaves(4, seed=seed), leaves(2, 2)
    loss = random_expression(generator, [*x, y, *w, *b[0], *b[1]], n_operations)
    assert_agrees(loss, {"X": x, "Y": y}, {"w": w, "b": b}, seed=seed)


@pytest.mark.parametrize("missing", [0.2, 0.5])
def test_networks_with_connections_missing_at_random_are_written_level_by_level(missing):
    generator = random.Random(1)
    x, parameters, a = leaves(8), {}, None
    a = x
    for i in range(1, 4):
        W, b = leaves(8, 8, seed=i), leaves(8, seed=i)
        parameters |= {f"W{i}": W, f"b{i}": b}
        a = [
            sum(
                (w * x for w, x in zip(row, a, strict=True) if generator.random() > missing), c
            ).tanh()
            for row, c in zip(W, b, strict=True)
        ]
    program = assert_agrees(total(a) ** 2, {"X": x}, parameters)
    assert "V1" in [statement.name for statement in program.statements]
    assert len(program.statements) < 100
