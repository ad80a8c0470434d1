"""Ten programs: losses written down with scalars, and what ``vectorize`` makes of them.

``python docs/ten_programs.py`` writes the page ``docs/ten-programs.md``, with the times of the
machine that it runs on.
"""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from autograd import (
    Value,
    affine,
    binary_cross_entropy_with_logits,
    dot,
    gradients,
    relu,
    sigmoid,
    softmax,
    softmax_cross_entropy_with_logits,
    tanh,
    vectorize,
)
from autograd.backprop import topological_order

DOCS = Path(__file__).parent
EXAMPLES = 32

# A loss, its inputs and its parameters.
Recorded = tuple[Value, dict[str, Any], dict[str, Any]]


def values(*shape: int) -> Any:
    """A Value, or nested lists of them, with numbers of the size that layers start with."""
    draw = random.Random(str(shape))

    def nested(shape: tuple[int, ...]) -> Any:
        if not shape:
            return Value(draw.uniform(-0.5, 0.5))
        return [nested(shape[1:]) for _ in range(shape[0])]

    return nested(shape)


def logistic_regression() -> Recorded:
    x, y = values(30), values()
    w, b = values(30), values()
    z = affine(w, x, b)
    loss = binary_cross_entropy_with_logits(y, z)
    return loss, {"X": x, "Y": y}, {"w": w, "b": b}


def two_layers() -> Recorded:
    x, y = values(2), values()
    W1, b1, W2, b2 = values(16, 2), values(16), values(16), values()
    a1 = [tanh(affine(row, x, b)) for row, b in zip(W1, b1, strict=True)]
    loss = (affine(W2, a1, b2) - y) ** 2
    return loss, {"X": x, "Y": y}, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def softmax_digits() -> Recorded:
    x, y = values(64), values(10)
    W1, b1, W2, b2 = values(25, 64), values(25), values(10, 25), values(10)
    a1 = [sigmoid(affine(row, x, b)) for row, b in zip(W1, b1, strict=True)]
    z2 = [affine(row, a1, b) for row, b in zip(W2, b2, strict=True)]
    loss = softmax_cross_entropy_with_logits(y, z2)
    return loss, {"X": x, "Y": y}, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def convolution() -> Recorded:
    x, y = values(8, 8), values(10)
    filters, b, V = values(4, 3, 3), values(4), values(10, 36)
    pooled = []
    for f in range(4):
        z = [
            [
                sum(dot(filters[f][k], x[i + k][j : j + 3]) for k in range(3)) + b[f]
                for j in range(6)
            ]
            for i in range(6)
        ]
        for i in range(0, 6, 2):
            for j in range(0, 6, 2):
                near = [z[i][j], z[i][j + 1], z[i + 1][j], z[i + 1][j + 1]]
                pooled.append(sum(relu(each) for each in near) / 4)
    loss = softmax_cross_entropy_with_logits(y, [dot(row, pooled) for row in V])
    return loss, {"X": x, "Y": y}, {"filters": filters, "b": b, "V": V}


def recurrent_network() -> Recorded:
    X, y, h = values(20, 3), values(), values(8)
    W, U, b, v = values(8, 3), values(8, 8), values(8), values(8)
    first = h
    for x in X:
        h = [tanh(dot(w, x) + dot(u, h) + bias) for w, u, bias in zip(W, U, b, strict=True)]
    loss = (dot(v, h) - y) ** 2
    return loss, {"X": X, "Y": y}, {"W": W, "U": U, "b": b, "v": v, "h0": first}


def lstm() -> Recorded:
    X, y, h, c = values(20, 3), values(), values(8), values(8)
    P = {f"{name}{gate}": values(8, size) for gate in "ifog" for name, size in [("W", 3), ("U", 8)]}
    v, first, cell = values(8), h, c
    for x in X:
        z = {
            gate: [dot(w, x) + dot(u, h) for w, u in zip(P[f"W{gate}"], P[f"U{gate}"], strict=True)]
            for gate in "ifog"
        }
        c = [
            sigmoid(f) * old + sigmoid(i) * tanh(g)
            for f, old, i, g in zip(z["f"], c, z["i"], z["g"], strict=True)
        ]
        h = [sigmoid(o) * tanh(each) for o, each in zip(z["o"], c, strict=True)]
    loss = (dot(v, h) - y) ** 2
    return loss, {"X": X, "Y": y}, P | {"v": v, "h0": first, "c0": cell}


def attention() -> Recorded:
    X, Y = values(8, 8), values(8, 8)
    W = {"query": values(8, 8), "key": values(8, 8), "value": values(8, 8)}
    q, k, v = ([[dot(row, x) for row in W[name]] for x in X] for name in W)
    loss = 0.0
    for query, wanted in zip(q, Y, strict=True):
        shares = softmax([dot(query, key) / 8**0.5 for key in k])
        for i in range(8):
            loss += (dot(shares, [value[i] for value in v]) - wanted[i]) ** 2
    return loss, {"X": X, "Y": Y}, W


def character_gpt() -> Recorded:
    sys.path.insert(0, str(DOCS.parent / "examples"))
    import gpt

    loss, _, inputs, parameters = gpt.recorded()
    return loss, inputs, parameters


def rosenbrock() -> Recorded:
    x = values(20)
    loss = sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(19))
    return loss, {}, {"x": x}


def lotka_volterra() -> Recorded:
    x0, y0 = Value(1.0), Value(0.5)
    a, b, c, d = Value(1.1), Value(0.4), Value(0.1), Value(0.4)
    x, y, h = x0, y0, 0.01
    for _ in range(500):
        x, y = x + h * (a * x - b * x * y), y + h * (c * x * y - d * y)
    loss = (x - 1.0) ** 2 + (y - 2.0) ** 2
    return loss, {}, {"x0": x0, "y0": y0, "a": a, "b": b, "c": c, "d": d}


TEN: dict[str, tuple[str, Callable[[], Recorded]]] = {
    "Logistic regression": ("Thirty features, as in the breast cancer data.", logistic_regression),
    "Two layers": ("A network 2-16-1 with tanh, and the squared error.", two_layers),
    "Softmax digits": ("A network 64-25-10, as for the handwritten digits.", softmax_digits),
    "Convolution": (
        "Four filters of 3 × 3 on an image of 8 × 8, ReLU, means of 2 × 2, softmax.",
        convolution,
    ),
    "Recurrent network": ("Twenty steps, eight units.", recurrent_network),
    "LSTM": (
        "Twenty steps of eight cells (Hochreiter and Schmidhuber 1997; Gers et al. 2000).",
        lstm,
    ),
    "Attention": ("One head, eight tokens of eight numbers (Vaswani et al. 2017).", attention),
    "GPT": (
        "Sixteen letters, one block with four heads: [examples/gpt.py](../examples/gpt.py) "
        "writes it down.",
        character_gpt,
    ),
    "Rosenbrock's function": ("In twenty dimensions, a point and no examples.", rosenbrock),
    "Lotka and Volterra": (
        "Hunters and prey, 500 steps of Euler: how the end depends on the start and on the rates.",
        lotka_volterra,
    ),
}

OPENING = """\
# Ten programs

Each of these is written down with scalars for one example, and `vectorize` makes the program of it:
the loss and all gradients of a batch. `python docs/ten_programs.py` writes this page.

- *Nodes* are the Values of the loss and of its gradients, as `vectorize` records them.
- *Lines* are those of the function.
- *Made* is the time that `vectorize` takes, for each node.
- *Step* is the time of a call, for each node and each of {examples} examples; without inputs, there
  is one example.
- *Scalars* is the time to record the loss and to call `backward()`, for each node.
"""


def flat(nested: Any) -> list[Value]:
    """The Values of nested lists."""
    return [x for each in nested for x in flat(each)] if isinstance(nested, list) else [nested]


def listing(program: Any) -> str:
    """The function of a program, without the helpers that it calls."""
    source: str = program.source
    return source[source.index("def cost_and_gradients") :]


def written(record: Callable[[], Recorded]) -> str:
    """The scalars as they stand in this file."""
    if record is character_gpt:
        record()
        import gpt

        return "\n\n".join([inspect.getsource(each) for each in (gpt.attended, gpt.network)])
    return inspect.getsource(record)


def least(call: Callable[[], Any], rounds: int = 5) -> float:
    """The seconds of the fastest of several calls."""
    found = []
    for _ in range(rounds):
        start = perf_counter()
        call()
        found.append(perf_counter() - start)
    return min(found)


def measured(record: Callable[[], Recorded]) -> tuple[Any, list[str]]:
    """The program, and its row of the table."""
    loss, inputs, parameters = record()
    leaves = [value for nested in parameters.values() for value in flat(nested)]
    nodes = len(topological_order(loss, *gradients(loss, leaves)))
    program = vectorize(loss, inputs, parameters)
    made = least(lambda: vectorize(loss, inputs, parameters), 2)
    generator = np.random.default_rng(0)
    arrays = [
        generator.uniform(0.0, 1.0, (EXAMPLES, *array.shape))
        for array in program.leaves
        if not array.parameter
    ]
    step = least(lambda: program(*arrays), 50)
    scalars = least(lambda: record()[0].backward(), 3)
    examples = EXAMPLES if arrays else 1
    return program, [
        f"{nodes:,}",
        f"{len(listing(program).splitlines())}",
        f"{made / nodes * 1e6:.0f} µs",
        f"{step / nodes / examples * 1e9:.3g} ns",
        f"{scalars / nodes * 1e9:.0f} ns",
    ]


def page(progress: Callable[[str], Any] = print) -> str:
    """The page, with the times of this machine."""
    rows, parts = [], []
    for title, (about, record) in TEN.items():
        progress(title)
        program, row = measured(record)
        anchor = title.lower().replace(" ", "-").replace("'", "")
        rows.append(f"| [{title}](#{anchor}) | {' | '.join(row)} |")
        parts.append(
            f"## {title}\n\n{about}\n\n```python\n{written(record).rstrip()}\n```\n\n"
            f"```python\n{listing(program).rstrip()}\n```\n"
        )
    table = [
        "| program | nodes | lines | made | step | scalars |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    opening = OPENING.format(examples=EXAMPLES)
    return "\n".join([opening, *table, "", *parts])


if __name__ == "__main__":
    (DOCS / "ten-programs.md").write_text(page(), encoding="utf-8")
