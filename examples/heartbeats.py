"""Heartbeats: Conv1D tells generated signals with a turned T wave from those without."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from reporting import print_table, quick, save

from nn import Adam, BinaryCrossentropy, Conv1D, Dense, Flatten, Sequential

SEED = 1
STEPS = 100


def heartbeats(m: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Signals of 100 steps, each with one beat: a small P, a sharp QRS and a broad T wave.

    In every second one the T wave points down. Where the beat stands, how large it is, and the
    noise differ from signal to signal.
    """
    t = np.arange(STEPS)
    turned = np.arange(m) % 2
    middle = generator.uniform(20.0, 72.0, (m, 1))

    def wave(after: float, width: float, height: np.ndarray) -> np.ndarray:
        return height * np.exp(-(((t - middle - after) / width) ** 2) / 2.0)

    size = generator.uniform(0.8, 1.2, (m, 1))
    T = size * generator.uniform(0.25, 0.45, (m, 1)) * (1.0 - 2.0 * turned[:, None])
    drift = generator.uniform(-0.2, 0.2, (m, 1)) * np.sin(
        t / 30.0 + generator.uniform(0, 6, (m, 1))
    )
    beat = wave(-12.0, 3.0, 0.15 * size) - wave(-2.5, 1.2, 0.2 * size)
    beat = beat + wave(0.0, 1.5, size) - wave(2.5, 1.2, 0.25 * size) + wave(20.0, 5.0, T)
    return beat + drift + generator.normal(0.0, 0.05, (m, STEPS)), turned


def main() -> None:
    """Train, print the table, and plot two signals with what the first layer makes of them."""
    epochs = 15 if quick(__doc__) else 150
    generator = np.random.default_rng(SEED)
    X_train, Y_train = heartbeats(800, generator)
    X_test, Y_test = heartbeats(400, generator)
    conv = [  # 100 inputs, 9 units of window 20, 3 of window 5
        Conv1D(filters=1, kernel_size=20, strides=10, activation="tanh"),
        Conv1D(filters=1, kernel_size=5, strides=2, activation="tanh"),
        Flatten(),
        Dense(1, activation="sigmoid"),
    ]
    dense = [Dense(1, activation="sigmoid")]
    rows = []
    for name, layers in (("one unit that sees all", dense), ("windows that share weights", conv)):
        model = Sequential(layers, seed=SEED)
        model.compile(
            optimizer=Adam(learning_rate=0.01), loss=BinaryCrossentropy(), metrics=["accuracy"]
        )
        model.fit(X_train, Y_train, epochs=epochs, seed=SEED)
        train, test = model.evaluate(X_train, Y_train), model.evaluate(X_test, Y_test)
        rows.append([name, len(model.parameters()), train["accuracy"], test["accuracy"]])
    print_table(["model", "parameters", "accuracy, trained on", "held out"], rows)

    first = Sequential([conv[0], Flatten()])
    plt.rcParams["font.size"] = 14
    _, (above, below) = plt.subplots(2, 1, figsize=(8.0, 6.0), layout="constrained", sharex=True)
    for row, (name, style) in enumerate({"T wave up": "-", "T wave down": "--"}.items()):
        above.plot(X_test[row], style, label=name)
        below.plot(10 + 10 * np.arange(9), first.predict(X_test[row : row + 1])[0], f"{style}o")
    above.set_title("two signals")
    below.set_title("the nine units of the first layer, at their windows")
    below.set_xlabel("step of the signal")
    above.legend(loc="upper left")
    save(above, "heartbeats")


if __name__ == "__main__":
    main()
