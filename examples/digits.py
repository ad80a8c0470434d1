"""Digits: 64-25-15-10 reads 8 × 8 images of handwritten digits, on five splits of the data."""

from __future__ import annotations

from time import perf_counter

from reporting import print_table, quick, save
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from nn import L2, Adam, Dense, Sequential, SparseCategoricalCrossentropy
from nn.schedules import cosine
from viz import plot_weights

SPLITS = 5
EPOCHS = 40
BATCH = 32


def main() -> None:
    """Train on each split, print the table, and plot what the first layer looks for."""
    short = quick(__doc__)
    splits, epochs = (2, 10) if short else (SPLITS, EPOCHS)
    X, Y = load_digits(return_X_y=True)
    X = X / 16.0
    rows = []
    for split in range(1, splits + 1):
        X_train, X_test, Y_train, Y_test = train_test_split(
            X, Y, test_size=0.2, stratify=Y, random_state=split
        )
        model = Sequential(
            [
                Dense(units=25, activation="relu", kernel_regularizer=L2(0.1)),
                Dense(units=15, activation="relu", kernel_regularizer=L2(0.1)),
                Dense(units=10, activation="linear", kernel_regularizer=L2(0.1)),
            ],
            seed=split,
        )
        steps = epochs * -(-len(X_train) // BATCH)
        model.compile(
            optimizer=Adam(learning_rate=cosine(0.01, steps)),
            loss=SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        start = perf_counter()
        model.fit(X_train, Y_train, epochs=epochs, batch_size=BATCH, seed=split)
        seconds = perf_counter() - start
        train, test = model.evaluate(X_train, Y_train), model.evaluate(X_test, Y_test)
        rows.append([split, train["accuracy"], test["accuracy"], f"{seconds:.1f} s"])
    held_out = [row[2] for row in rows]
    rows.append(["mean", "", sum(held_out) / len(held_out), ""])
    print_table(["split", "accuracy, trained on", "held out", "training"], rows)
    save(plot_weights(model.named_parameters()["W1"], shape=(8, 8)), "digits")


if __name__ == "__main__":
    main()
