"""Draw J = 3(a + bc) and a sigmoid neuron, then train logistic regression and draw a patient."""

from __future__ import annotations

from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tqdm import trange

import nn
from autograd import Value, exp, trace
from viz import draw

PICTURES = Path(__file__).with_name("pictures")
FEATURES = ["worst radius", "worst texture", "worst concave points"]
SEED = 1
EPOCHS = 50


def save(output: Value, name: str, theme: str = "light") -> None:
    """Write the picture of a graph as SVG and PNG, and say where."""
    for ending in ("svg", "png"):
        path = PICTURES / f"{name}.{ending}"
        draw(output, path, theme=theme)
        print(f"  drew {path.relative_to(PICTURES.parent)}")


def slide() -> None:
    """J = 3(a + bc), forward and backward."""
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    u = b * c
    u.label = "u"
    v = a + u
    v.label = "v"
    J = 3 * v
    J.label = "J"
    J.backward()
    print("J = 3(a + bc), step by step:")
    print("  " + str(trace(J)).replace("\n", "\n  "))
    save(J, "J")


def circuit() -> None:
    """A sigmoid neuron, gate by gate."""
    w0, x0 = Value(2, "w0"), Value(-1, "x0")
    w1, x1 = Value(-3, "w1"), Value(-2, "x1")
    w2 = Value(-3, "w2")
    f = 1 / (1 + exp(-1 * (w0 * x0 + w1 * x1 + w2)))
    f.label = "f"
    f.backward()
    print("\nA sigmoid neuron as a circuit:")
    save(f, "sigmoid-circuit", theme="circuit")


def patients() -> None:
    """Logistic regression by the scalar engine on 569 real patients."""
    data = load_breast_cancer()
    columns = [list(data.feature_names).index(feature) for feature in FEATURES]
    X_train, X_test, y_train, y_test = train_test_split(
        data.data[:, columns],
        data.target,
        test_size=0.25,
        stratify=data.target,
        random_state=SEED,
    )
    scaler = StandardScaler().fit(X_train)
    X_train, X_test = scaler.transform(X_train).tolist(), scaler.transform(X_test).tolist()
    y_train, y_test = y_train.tolist(), y_test.tolist()
    print(
        f"\nLogistic regression: is a tumour benign? {len(X_train)} patients to train on, "
        f"{len(X_test)} held out, seed {SEED};\nfeatures: {', '.join(FEATURES)}."
    )
    model = nn.Neuron(len(FEATURES), activation="sigmoid", initializer="zeros", seed=SEED)
    loss = nn.BinaryCrossentropy()
    optimizer = nn.SGD(model.parameters(), learning_rate=1.0)
    with trange(EPOCHS, desc="  gradient descent", unit="epoch") as epochs:
        for _ in epochs:
            J = loss(y_train, [[model(x)] for x in X_train])
            optimizer.zero_grad()
            J.backward()
            optimizer.step()
            epochs.set_postfix(cost=f"{J.data:.4f}")
    correct = sum((model(x) > 0.5) == (y == 1) for x, y in zip(X_test, y_test, strict=True))
    print(f"  test accuracy {correct / len(y_test):.3f} ({correct} of {len(y_test)})")

    # Where the model is sure, little is left to see of the gradients.
    patients = zip(X_test, y_test, strict=True)
    x, y = min(patients, key=lambda patient: abs(model(patient[0]).data - 0.5))
    optimizer.zero_grad()
    a = model(x)
    L = loss(y, a)
    L.backward()
    print(f"  the patient of whom it is least sure: a = {a:.3f}, y = {y}")
    save(L, "patient")


def main() -> None:
    """All of the demonstration."""
    PICTURES.mkdir(exist_ok=True)
    slide()
    circuit()
    patients()


if __name__ == "__main__":
    main()
