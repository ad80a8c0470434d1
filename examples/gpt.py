"""A character GPT: 4,192 parameters, written down with scalars for one name, trained as a program.

The network is that of the GPT papers (Radford et al. 2018, 2019) at the smallest size that spells
names: letters and positions as vectors of 16 numbers, one block with four heads of causal
attention and a layer of 64 units, no biases, and the root mean square to normalise (Zhang and
Sennrich 2019). What is recorded is one sequence of 16 letters; ``vectorize`` makes of its 17,000
operations the forward and backward pass for a batch, which one can read: ``print(program)``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from names import LETTERS, read_names
from reporting import print_table, quick, save

from autograd import (
    Value,
    dot,
    relu,
    softmax,
    softmax_cross_entropy_with_logits,
    total,
    vectorize,
)
from nn import Adam
from nn.schedules import cosine

SEED = 1
POSITIONS, WIDTH, HEADS, UNITS = 16, 16, 4, 64

Vector = list[Value]


def weights(rows: int, columns: int, draw: random.Random) -> list[Vector]:
    """A matrix of parameters, small enough for signals to keep their size."""
    size = 1.0 / columns**0.5
    return [[Value(draw.gauss(0.0, size)) for _ in range(columns)] for _ in range(rows)]


def parameters(draw: random.Random) -> dict[str, list[Vector]]:
    """The letters, the positions, attention, the units, and back to letters."""
    shapes = {"letters": (WIDTH, len(LETTERS)), "positions": (POSITIONS, WIDTH)}
    shapes |= dict.fromkeys(("query", "key", "value", "merge"), (WIDTH, WIDTH))
    shapes |= {"up": (UNITS, WIDTH), "down": (WIDTH, UNITS), "logits": (len(LETTERS), WIDTH)}
    return {name: weights(*shape, draw) for name, shape in shapes.items()}


def layer(W: list[Vector], x: Sequence[Value]) -> Vector:
    """W x."""
    return [dot(row, x) for row in W]


def added(x: Sequence[Value], y: Sequence[Value]) -> Vector:
    """Two vectors, entry by entry."""
    return [a + b for a, b in zip(x, y, strict=True)]


def normalized(x: Sequence[Value]) -> Vector:
    """A vector over the root of the mean of its squares."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


def attended(P: dict[str, list[Vector]], x: list[Vector], mask: list[Vector]) -> list[Vector]:
    """What each position takes from those that the mask leaves it, head by head."""
    queries, keys, values = [[layer(P[w], a) for a in x] for w in ("query", "key", "value")]
    size = WIDTH // HEADS
    found = []
    for query, hidden in zip(queries, mask, strict=True):
        merged: Vector = []
        for start in range(0, WIDTH, size):
            head = range(start, start + size)
            scores = [
                dot([query[k] for k in head], [key[k] for k in head]) / size**0.5 + away
                for key, away in zip(keys, hidden, strict=True)
            ]
            shares = softmax(scores)
            merged += [dot(shares, [value[k] for value in values]) for k in head]
        found.append(layer(P["merge"], merged))
    return found


def network(P: dict[str, list[Vector]], x: list[Vector], mask: list[Vector]) -> list[Vector]:
    """The logits of the next letter at each position."""
    states = [
        normalized(added(layer(P["letters"], letter), position))
        for letter, position in zip(x, P["positions"], strict=True)
    ]
    attention = attended(P, [normalized(state) for state in states], mask)
    states = [added(a, b) for a, b in zip(states, attention, strict=True)]
    for i, state in enumerate(states):
        hidden = [relu(z) for z in layer(P["up"], normalized(state))]
        states[i] = added(state, layer(P["down"], hidden))
    return [layer(P["logits"], state) for state in states]


def recorded() -> tuple[Value, list[Vector], dict[str, Any], dict[str, Any]]:
    """The loss and the logits of one sequence, its inputs, and the parameters."""
    draw = random.Random(SEED)

    def given(rows: int, columns: int) -> list[Vector]:
        return [[Value(draw.random()) for _ in range(columns)] for _ in range(rows)]

    P = parameters(draw)
    x, y = given(POSITIONS, len(LETTERS)), given(POSITIONS, len(LETTERS))
    mask, [share] = given(POSITIONS, POSITIONS), given(1, POSITIONS)
    logits = network(P, x, mask)
    losses = [
        part * softmax_cross_entropy_with_logits(wanted, z)
        for part, wanted, z in zip(share, y, logits, strict=True)
    ]
    return total(losses), logits, {"X": x, "Y": y, "share": share, "mask": mask}, P


def arrays_of(names: Sequence[str]) -> dict[str, np.ndarray]:
    """Letters and next letters as rows of 0 and 1, the share of each position, and the mask."""
    one = np.eye(len(LETTERS))
    X, Y = np.zeros((2, len(names), POSITIONS, len(LETTERS)))
    share = np.zeros((len(names), POSITIONS))
    for i, name in enumerate(names):
        letters = [0, *map(LETTERS.index, name[: POSITIONS - 1]), 0]
        X[i, : len(letters) - 1] = one[letters[:-1]]
        Y[i, : len(letters) - 1] = one[letters[1:]]
        share[i, : len(letters) - 1] = 1.0 / (len(letters) - 1)
    ahead = np.triu(np.full((POSITIONS, POSITIONS), -np.inf), 1)  # no letter sees those behind it
    return {"X": X, "Y": Y, "share": share, "mask": np.repeat(ahead[None], len(names), axis=0)}


def sampled(program: Any, generator: np.random.Generator) -> str:
    """A name, letter by letter, each drawn with the probability that the network gives it."""
    name = ""
    while len(name) < POSITIONS - 1:
        inputs = arrays_of([name])
        [logits] = program(inputs["X"], inputs["mask"])
        p = np.exp(logits[len(name)] - logits[len(name)].max())
        letter = int(generator.choice(len(LETTERS), p=p / p.sum()))
        if letter == 0:
            break
        name += LETTERS[letter]
    return name


def main() -> None:
    """Train, print the loss beside simpler guesses and some names, and plot the loss."""
    steps = 40 if quick(__doc__) else 300
    names = read_names()
    cut = len(names) * 8 // 10
    train, test = arrays_of(names[:cut]), arrays_of(names[cut:])
    loss, logits, inputs, P = recorded()
    program = vectorize(loss, inputs, P)
    optimizer = Adam(program, learning_rate=cosine(0.01, steps))
    generator = np.random.default_rng(SEED)
    costs, held_out = [], []
    for step in range(steps):
        batch = generator.integers(0, cut, 32)
        cost, grads = program(**{name: array[batch] for name, array in train.items()})
        optimizer.step(grads)
        costs.append(cost)
        if step % (steps // 20) == 0 or step == steps - 1:
            held_out.append((step, program(**test)[0]))
            print(f"step {step:4}  loss {cost:.3f}  held out {held_out[-1][1]:.3f}")
    size = sum([array.size for array in program.parameters.values()])
    rows = [["all letters alike", 0, float(np.log(27))], ["GPT", size, float(held_out[-1][1])]]
    print_table(["model", "numbers", "loss, held out"], rows)

    forward = vectorize(logits, {"X": inputs["X"], "mask": inputs["mask"]}, P)
    forward.parameters = program.parameters
    print("sampled:", ", ".join([sampled(forward, generator) for _ in range(12)]))

    plt.rcParams["font.size"] = 14
    _, axes = plt.subplots(figsize=(8.0, 5.0), layout="constrained")
    axes.plot(costs, color="#999999", linewidth=1.0, label="each batch")
    axes.plot(*np.transpose(held_out), color="#0072B2", marker="o", label="held out")
    axes.axhline(np.log(27), color="#A84800", linestyle="dashed", label="all letters alike")
    axes.set_xlabel("steps")
    axes.set_ylabel("loss for each letter")
    axes.legend()
    save(axes, "gpt")


if __name__ == "__main__":
    main()
