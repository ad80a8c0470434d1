"""Names: a character model with an embedding, one hidden layer and a softmax over 27 letters."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from reporting import print_table, quick, save

from nn import Adam, Dense, EarlyStopping, Embedding, Flatten, Sequential
from nn.schedules import cosine

SEED = 1
LETTERS = ".abcdefghijklmnopqrstuvwxyz"  # the dot begins and ends a name
CONTEXT = 3


def read_names() -> list[str]:
    """The names in names.txt, in an order of their own."""
    text = Path(__file__).with_name("names.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = " ".join(lines).split()
    return [names[i] for i in np.random.default_rng(SEED).permutation(len(names))]


def examples_of(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Three letters each, as classes, and the letter that follows."""
    X, Y = [], []
    for name in names:
        letters = [0] * CONTEXT + [LETTERS.index(letter) for letter in name] + [0]
        for i in range(len(letters) - CONTEXT):
            X.append(letters[i : i + CONTEXT])
            Y.append(letters[i + CONTEXT])
    return np.array(X), np.array(Y)


def sampled(model: Sequential, generator: np.random.Generator) -> str:
    """A name, letter by letter, each drawn with the probability that the model gives it."""
    letters = [0] * CONTEXT
    while True:
        [probabilities] = model.predict([letters[-CONTEXT:]])
        letter = int(generator.choice(27, p=probabilities / probabilities.sum()))
        if letter == 0:
            return "".join(LETTERS[i] for i in letters[CONTEXT:])
        letters.append(letter)


def pairs_loss(X: np.ndarray, Y: np.ndarray, X_test: np.ndarray, Y_test: np.ndarray) -> float:
    """What counting pairs of letters costs: the mean of −log p, each pair counted once more."""
    counts = np.ones((27, 27))
    for (before, after), n in Counter(zip(X[:, -1].tolist(), Y.tolist(), strict=True)).items():
        counts[before, after] += n
    shares = counts / counts.sum(axis=1, keepdims=True)
    return float(-np.log(shares[X_test[:, -1], Y_test]).mean())


def main() -> None:
    """Train, print the table and some names, and plot where the letters stand."""
    epochs = 3 if quick(__doc__) else 30
    names = read_names()
    cut = len(names) * 8 // 10
    (X, Y), (X_test, Y_test) = examples_of(names[:cut]), examples_of(names[cut:])
    model = Sequential(
        [
            Embedding(len(LETTERS), 2),
            Flatten(),
            Dense(50, activation="tanh"),
            Dense(len(LETTERS), activation="softmax"),
        ],
        seed=SEED,
    )
    steps = epochs * -(-len(X) // 32)
    model.compile(
        optimizer=Adam(learning_rate=cosine(0.01, steps)), loss="sparse_categorical_crossentropy"
    )
    model.fit(
        X, Y, epochs=epochs, validation_split=0.1, callbacks=EarlyStopping(patience=5), seed=SEED
    )
    rows = [
        ["all letters alike", 0, float(np.log(27))],
        ["pairs of letters, counted", 27 * 27, pairs_loss(X, Y, X_test, Y_test)],
        ["network", len(model.parameters()), model.evaluate(X_test, Y_test)["loss"]],
    ]
    print_table(["model", "numbers", "loss, held out"], rows)
    generator = np.random.default_rng(SEED)
    print("sampled:", ", ".join(sampled(model, generator) for _ in range(12)))

    plt.rcParams["font.size"] = 14
    _, axes = plt.subplots(figsize=(8.0, 6.0), layout="constrained")
    table = np.array([[value.data for value in row] for row in model.layers[0].table])
    axes.scatter(*table.T, s=0.0)
    for letter, (x, y) in zip(LETTERS, table, strict=True):
        color = "#A84800" if letter in "aeiouy" else "#0072B2"
        axes.text(x, y, letter, fontsize=20, ha="center", va="center", color=color)
    axes.set_title("where the embedding puts the letters")
    save(axes, "names")


if __name__ == "__main__":
    main()
