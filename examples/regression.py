"""Regression: the course of diabetes in 442 patients, and a curve of one variable."""

from __future__ import annotations

import numpy as np
from reporting import print_table, quick, save
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from nn import L2, Adam, Dense, EarlyStopping, MeanSquaredError, Sequential
from nn.schedules import cosine
from viz import plot_fit

SEED = 1


def patients(short: bool) -> None:
    """A linear unit beside a network of ReLU units; the targets are scaled, and scaled back."""
    data = load_diabetes()
    X_train, X_test, Y_train, Y_test = train_test_split(
        data.data, data.target, test_size=0.25, random_state=SEED
    )
    features, target = StandardScaler().fit(X_train), StandardScaler().fit(Y_train[:, None])
    X_train, X_test = features.transform(X_train), features.transform(X_test)
    scaled = target.transform(Y_train[:, None])

    models = {
        "the mean of the targets": None,
        "one linear unit": [Dense(1)],
        "16 ReLU units, then one": [Dense(16, "relu", kernel_regularizer=L2(3)), Dense(1)],
    }
    rows = []
    for name, layers in models.items():
        if layers is None:
            predicted, parameters = np.full(len(Y_test), Y_train.mean()), 1
        else:
            model = Sequential(layers, seed=SEED)
            model.compile(optimizer=Adam(learning_rate=0.01), loss=MeanSquaredError())
            model.fit(
                X_train,
                scaled,
                epochs=20 if short else 200,
                validation_split=0.2,
                callbacks=EarlyStopping(patience=20),
                seed=SEED,
            )
            predicted = target.inverse_transform(model.predict(X_test))[:, 0]
            parameters = len(model.parameters())
        error = np.sqrt(np.mean((predicted - Y_test) ** 2))
        explained = 1.0 - np.mean((predicted - Y_test) ** 2) / Y_test.var()
        rows.append([name, parameters, f"{error:.1f}", f"{explained:.2f}"])
    print_table(["model", "parameters", "error, held out", "variance explained"], rows)


def curve(short: bool) -> None:
    """One wide hidden layer comes near to any curve."""
    generator = np.random.default_rng(SEED)
    x = generator.uniform(-3.0, 3.0, 300)
    y = np.sin(2.0 * x) + 0.3 * x + generator.normal(0.0, 0.1, 300)
    x_test = np.linspace(-3.0, 3.0, 100)[:, None]
    y_test = np.sin(2.0 * x_test) + 0.3 * x_test
    axes, rows = None, []
    for units in (2, 50):
        epochs = 50 if short else 1000
        model = Sequential([Dense(units, activation="tanh"), Dense(1)], seed=SEED)
        steps = epochs * -(-len(x) // 32)
        model.compile(optimizer=Adam(learning_rate=cosine(0.03, steps)), loss="mse")
        model.fit(x[:, None], y, epochs=epochs, seed=SEED)
        cost = model.evaluate(x_test, y_test)["loss"]
        rows.append([f"{units} tanh units, then one", len(model.parameters()), f"{cost**0.5:.3f}"])
        axes = plot_fit(model, x, y, label=f"{units} hidden units", ax=axes)
    print_table(["model", "parameters", "distance from the curve"], rows)
    save(axes, "regression")


def main() -> None:
    """Both."""
    short = quick(__doc__)
    patients(short)
    curve(short)


if __name__ == "__main__":
    main()
