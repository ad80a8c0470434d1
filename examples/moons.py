"""Two moons: MLP(2, [16, 16, 1]) learns a boundary that no straight line could be."""

from __future__ import annotations

from reporting import print_table, quick, save
from sklearn.datasets import make_moons

from nn import MLP, Adam, BinaryCrossentropy
from viz import plot_boundary

SEED = 1


def main() -> None:
    """Train, print the table, and plot the boundary."""
    epochs = 30 if quick(__doc__) else 200
    X, Y = make_moons(600, noise=0.15, random_state=SEED)
    X_train, Y_train, X_test, Y_test = X[:400], Y[:400], X[400:], Y[400:]
    rows = []
    for name, units in (("one unit, a line", [1]), ("MLP(2, [16, 16, 1])", [16, 16, 1])):
        model = MLP(2, units, output_activation="sigmoid", seed=SEED)
        model.compile(
            optimizer=Adam(learning_rate=0.01), loss=BinaryCrossentropy(), metrics=["accuracy"]
        )
        model.fit(X_train, Y_train, epochs=epochs, seed=SEED)
        train, test = model.evaluate(X_train, Y_train), model.evaluate(X_test, Y_test)
        rows.append([name, len(model.parameters()), train["accuracy"], test["accuracy"]])
    print_table(["model", "parameters", "accuracy, trained on", "held out"], rows)
    save(plot_boundary(model, X_test, Y_test), "moons")


if __name__ == "__main__":
    main()
