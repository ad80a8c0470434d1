"""Breast cancer: logistic regression on 569 patients, one sigmoid unit for yes or no."""

from __future__ import annotations

from reporting import print_table, quick, save
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from nn import L2, Adam, BinaryCrossentropy, Dense, EarlyStopping, Sequential

SEED = 1


def main() -> None:
    """Train, print the table, and plot the costs."""
    epochs = 20 if quick(__doc__) else 200
    data = load_breast_cancer()
    X_train, X_test, Y_train, Y_test = train_test_split(
        data.data, data.target, test_size=0.25, stratify=data.target, random_state=SEED
    )
    scaler = StandardScaler().fit(X_train)
    X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

    rows, history = [], None
    for penalty in (0.0, 10.0):  # λ
        model = Sequential(
            [Dense(1, activation="sigmoid", kernel_regularizer=L2(penalty))], seed=SEED
        )
        model.compile(
            optimizer=Adam(learning_rate=0.01), loss=BinaryCrossentropy(), metrics=["accuracy"]
        )
        history = model.fit(
            X_train,
            Y_train,
            epochs=epochs,
            validation_split=0.2,
            callbacks=EarlyStopping(patience=20),
            seed=SEED,
        )
        train, test = model.evaluate(X_train, Y_train), model.evaluate(X_test, Y_test)
        largest = float(abs(model.to_vector()[:-1]).max())
        rows.append([f"{penalty:g}", history.epochs, train["accuracy"], test["accuracy"], largest])
    print_table(["λ", "epochs", "accuracy, trained on", "held out", "largest weight"], rows)
    assert history is not None
    save(history.plot(), "breast-cancer")


if __name__ == "__main__":
    main()
