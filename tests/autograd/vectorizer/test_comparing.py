"""program.check: a reader's own cost_and_gradients beside the program, line by line."""

import numpy as np
import pytest
from graphs import network_program, softmax_program

from autograd import Value, vectorize

PROGRAM = network_program(3, (4, 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def columns(slip="", arrays=True):
    """Examples as columns, as on the slides."""

    def theirs(X, Y, W1, b1, W2, b2):
        m = X.shape[1]
        A1 = sigmoid(W1 @ X + b1)
        A2 = sigmoid(W2 @ A1 + b2)
        cost = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
        if slip == "cost":
            cost = cost * m
        dZ2 = A2 - Y
        dA1 = (W2.T @ dZ2) if slip != "updated" else (W2 - 0.1 * dZ2 @ A1.T / m).T @ dZ2
        dZ1 = dA1 if slip == "σ′" else dA1 * A1 * (1 - A1)
        gradients = {
            "dW1": dZ1 @ X.T / m,
            "db1": np.sum(dZ1, axis=1, keepdims=True) / (1 if slip == "m" else m),
            "dW2": dZ2 @ A1.T / m * (-1 if slip == "sign" else 1),
            "db2": np.sum(dZ2, axis=1, keepdims=True) / m,
        }
        if slip == "missing":
            del gradients["db2"]
        if slip == "shape":
            gradients["dW1"] = gradients["dW1"][:2]
        return (cost, gradients, {"A1": A1, "dZ1": dZ1}) if arrays else (cost, gradients)

    return theirs


def rows(X, Y, W1, b1, W2, b2):
    """Examples as rows, weights units × inputs, plain vectors; gradients as a tuple."""
    A1 = sigmoid(X @ W1.T + b1)
    A2 = sigmoid(A1 @ W2.T + b2)
    cost = -np.mean(Y.reshape(A2.shape) * np.log(A2) + (1 - Y.reshape(A2.shape)) * np.log(1 - A2))
    dZ2 = (A2 - Y.reshape(A2.shape)) / len(X)
    dZ1 = dZ2 @ W2 * A1 * (1 - A1)
    return cost, (dZ1.T @ X, dZ1.sum(axis=0), dZ2.T @ A1, dZ2.sum(axis=0))


def turned(features, labels, w1, bias1, w2, bias2):
    """Weights as inputs × units, other names."""
    cost, (dW1, db1, dW2, db2) = rows(features, labels, w1.T, bias1, w2.T, bias2)
    return cost, dW1.T, db1, dW2.T, db2


@pytest.mark.parametrize("theirs", [columns(), columns(arrays=False), rows, turned])
def test_right_functions_in_their_own_orientation(theirs):
    report = PROGRAM.check(theirs)
    assert report.right, report
    assert "agree with the program" in str(report)


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("σ′", "your dW1, db1 lack the factor A1 * (1 - A1) in the line dZ1 = W2.T @ dZ2 * A1 *"),
        ("m", "your db1 lacks the factor 1 / m in the line db1 ="),
        ("sign", "your dW2 has the wrong sign in the line dW2 = dZ2 @ A1.T / m"),
        ("missing", "db2, shape (1,): no gradient is returned for it"),
        ("shape", "dW1, shape (4, 3): it has shape (2, 3), not (4, 3)"),
        ("updated", "None of the known mistakes explains it."),
        ("cost", "your cost is "),
    ],
)
def test_slips(slip, words):
    report = PROGRAM.check(columns(slip))
    assert not report.right
    assert words in str(report)


def test_the_line_that_is_wrong_first():
    assert PROGRAM.check(columns("σ′")).first == "dZ1"
    assert not PROGRAM.check(columns("σ′"), hints=False).explanations


def test_given_examples():
    X = np.random.default_rng(0).normal(size=(6, 3))
    [leaf] = [leaf for leaf in PROGRAM.leaves if leaf.key == "Y"]
    assert PROGRAM.check(rows, X, np.ones((6, *leaf.shape))).right


def test_other_programs():
    x, y, w, b = Value(0.5, "x"), Value(2.0, "y"), Value(1.5, "w"), Value(0.1, "b")
    program = vectorize((w * x + b - y) ** 2, {"x": x, "y": y}, {"w": w, "b": b})

    def theirs(x, y, w, b):
        error = w * x + b - y
        return np.mean(error**2), {"w": 2 * np.mean(error * x), "b": np.mean(error)}

    report = program.check(theirs)
    assert [check.name for check in report.arrays if not check.right] == ["db"]
    assert "2" in str(report.explanations)
    zs = [Value(0.2), Value(0.1), Value(-0.4)]
    ys = [Value(0.0), Value(1.0), Value(0.0)]
    v = [Value(1.0), Value(2.0), Value(0.5)]
    loss = sum((a * z - t) ** 2 for a, z, t in zip(v, zs, ys, strict=True))
    program = vectorize(loss, {"Z": zs, "Y": ys}, {"v": v})
    report = program.check(
        lambda Z, Y, v: (
            np.mean(np.sum((v * Z - Y) ** 2, axis=1)),
            np.mean(2 * (v * Z - Y) * Z, axis=0),
        )
    )
    assert report.right, report


def test_functions_that_cannot_be_compared():
    with pytest.raises(TypeError, match=r"cannot be called with \(X, Y, W1, b1, W2, b2\)"):
        PROGRAM.check(lambda X, Y, W1, b1, W2, b2: np.ones((2, 3)) @ np.ones((2, 3)))
    with pytest.raises(TypeError, match=r"returns \(cost, gradients\)"):
        PROGRAM.check(lambda X, Y, W1, b1, W2, b2: 3.0)


def test_intermediate_arrays_the_other_way_and_without_an_axis():
    def theirs(X, Y, W1, b1, W2, b2):
        cost, gradients, arrays = columns()(X, Y, W1, b1, W2, b2)
        return cost, gradients, {"A1": arrays["A1"].T, "dZ2": np.zeros(5), "note": 1.0}

    report = PROGRAM.check(theirs)
    assert [check.name for check in report.arrays if not check.right] == ["dZ2"]


def units(X, Y, W1, b1, W2, b2, slip=""):
    """Examples as rows, weights inputs × units; each delta has its 1/m at once."""
    A1 = np.tanh(X @ W1 + b1)
    E = np.exp(A1 @ W2 + b2)
    P = E / E.sum(axis=1, keepdims=True)
    dZ2 = (P - Y) / len(X)
    dZ1 = dZ2 @ W2.T * (1 - (A1 if slip == "square" else A1**2))
    dW2 = A1.T @ dZ2
    gradients = {
        "dW1": X.T @ dZ1,
        "db1": dZ1.sum(axis=1 if slip == "axis" else 0),
        "dW2": dW2.T if slip == "turned" else dW2,
        "db2": dZ2.sum(axis=0),
    }
    if slip == "m":
        gradients = {name: len(X) * array for name, array in gradients.items()}
    return -np.sum(Y * np.log(P)) / len(X), gradients, {"dZ1": dZ1, "A1": A1}


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("square", "your dW1, db1 have A1 where A1 ** 2 is due, in the line dZ1 ="),
        ("axis", "your db1 is summed over the wrong axis in the line db1 ="),
        ("turned", "dW2, shape (5, 3): it has shape (5, 3), not (3, 5)"),
        ("turned", "your dW2 is transposed"),
        ("m", "your dW1, db1, dW2, db2 are 5 times what they should be"),
    ],
)
def test_slips_in_the_layout_of_the_reader(slip, words):
    program = softmax_program()
    assert program.check(units).right
    report = program.check(lambda *arrays: units(*arrays, slip=slip))
    assert words in str(report)
    if slip == "axis":
        assert [each.text for each in report.explanations] == [
            "your db1 is summed over the wrong axis in the line "
            "db1 = np.sum(dZ1, axis=1, keepdims=True) / m"
        ]


def test_an_activation_that_is_left_out_of_the_gradient_of_the_weights():
    def theirs(X, Y, W1, b1, W2, b2):
        cost, gradients = columns(arrays=False)(X, Y, W1, b1, W2, b2)
        Z1 = W1 @ X + b1
        dZ2 = sigmoid(W2 @ sigmoid(Z1) + b2) - Y
        return cost, gradients | {"dW2": dZ2 @ Z1.T / X.shape[1]}

    assert "your dW2 has Z1 where A1 is due" in str(PROGRAM.check(theirs))
