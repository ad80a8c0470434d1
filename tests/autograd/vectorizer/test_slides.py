"""The program's text: worked examples 7, 8, 13 and 15 as the decks write them."""

import math

import numpy as np
import pytest
from vectorized import SUPERFLUOUS, assert_agrees, leaves, lines

from autograd import (
    Value,
    affine,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    leaky_relu,
    log,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softmax_cross_entropy_with_logits,
    tanh,
    total,
    vectorize,
)
from autograd.primitives import softmax_unit
from nn import MLP, BinaryCrossentropy, SquaredError

EXAMPLE_7 = """\
Z = w @ X + b
A = sigmoid(Z)
J = np.mean(binary_cross_entropy_with_logits(Y, Z))
dZ = A - Y
dw = X @ dZ / m
db = np.sum(dZ) / m"""

EXAMPLE_8 = """\
Z1 = W1 @ X + b1
A1 = sigmoid(Z1)
Z2 = W2 @ A1 + b2
A2 = sigmoid(Z2)
J = np.mean(binary_cross_entropy_with_logits(Y, Z2))
dZ2 = A2 - Y
dW2 = dZ2 @ A1.T / m
db2 = np.sum(dZ2, axis=1, keepdims=True) / m
dZ1 = W2.T @ dZ2 * A1 * (1 - A1)
dW1 = dZ1 @ X.T / m
db1 = np.sum(dZ1, axis=1, keepdims=True) / m"""


def body(program):
    return "\n".join(lines(program))


def logistic_regression(loss):
    x, y, w, b = leaves(3), Value(1), leaves(3, seed=1), Value(0.5)
    return loss(y, affine(w, x, b)), {"X": x, "Y": y}, {"w": w, "b": b}


def two_layers(n_inputs=3, n_hidden=4):
    x, y = leaves(n_inputs), [Value(1)]
    W1, b1 = leaves(n_hidden, n_inputs), leaves(n_hidden)
    W2, b2 = leaves(1, n_hidden), leaves(1)
    a1 = [sigmoid(affine(w, x, b)) for w, b in zip(W1, b1, strict=True)]
    loss = binary_cross_entropy_with_logits(y[0], affine(W2[0], a1, b2[0]))
    return loss, {"X": x, "Y": y}, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def test_example_7():
    program = assert_agrees(*logistic_regression(binary_cross_entropy_with_logits), low=0.1)
    assert body(program) == EXAMPLE_7
    assert EXAMPLE_7.replace("\n", "\n    ") in program.source


def test_example_8():
    program = assert_agrees(*two_layers(), low=0.1)
    assert body(program) == EXAMPLE_8
    assert EXAMPLE_8.replace("\n", "\n    ") in program.source


def test_example_8_with_one_target_that_is_no_list():
    loss, inputs, parameters = two_layers()
    program = assert_agrees(loss, {**inputs, "Y": inputs["Y"][0]}, parameters, low=0.1)
    assert body(program) == EXAMPLE_8


def test_example_8_through_nn():
    model = MLP(3, [4, 1], activation="sigmoid", seed=1)
    x, y = leaves(3), [Value(1)]
    loss = BinaryCrossentropy(from_logits=True)(y, model(x))
    program = assert_agrees(loss, {"X": x, "Y": y}, model.named_parameters(), low=0.1)
    assert body(program) == EXAMPLE_8


@pytest.mark.parametrize("n_hidden", [1, 2])
@pytest.mark.parametrize("n_inputs", [1, 2])
def test_layers_of_one_unit_look_like_the_others(n_inputs, n_hidden):
    text = body(assert_agrees(*two_layers(n_inputs, n_hidden), low=0.1))
    # Of one weight alone, nobody can tell whether it is transposed.
    assert text.replace("W2 @ dZ2", "W2.T @ dZ2") == EXAMPLE_8


def test_the_cross_entropy_of_a_probability_is_that_of_its_logit():
    program = assert_agrees(
        *logistic_regression(lambda y, z: binary_cross_entropy(y, sigmoid(z))), low=0.1
    )
    assert lines(program)[1:4] == [
        "A = sigmoid(Z)",
        "J = np.mean(binary_cross_entropy_with_logits(Y, Z))",
        "dZ = A - Y",
    ]


def test_the_cross_entropy_of_a_slide_written_out():
    def loss(y, z):
        a = sigmoid(z)
        return -y * log(a) - (1 - y) * log(1 - a)

    program = assert_agrees(*logistic_regression(loss), low=0.1)
    assert lines(program)[1:4] == [
        "A = sigmoid(Z)",
        "J = np.mean(binary_cross_entropy_with_logits(Y, Z))",
        "dZ = A - Y",
    ]
    as_derived = vectorize(*logistic_regression(loss), as_written=True)
    assert lines(as_derived)[3:6] == [
        "J = -np.mean(np.log(A) * Y) - np.mean(np.log(U1) * (1 - Y))",
        "dA = (1 - Y) / U1 - Y / A",
        "dZ = dA * A * U1",
    ]


def test_a_list_of_one_target_is_that_target():
    x, y, w, b = leaves(3), [Value(1)], leaves(3, seed=1), Value(0.5)
    loss = binary_cross_entropy_with_logits(y[0], affine(w, x, b))
    program = assert_agrees(loss, {"X": x, "Y": y}, {"w": w, "b": b}, low=0.1)
    assert body(program) == EXAMPLE_7
    assert "    Y = Y[:, 0]\n" in program.source


def test_softmax_cross_entropy_gives_s_minus_y():
    model = MLP(4, [3, 5], activation="tanh", seed=1)
    x, y = leaves(4), leaves(5)
    loss = softmax_cross_entropy_with_logits(y, model(x))
    program = assert_agrees(loss, {"X": x, "Y": y}, model.named_parameters(), low=0.1)
    assert lines(program) == [
        "Z1 = W1 @ X + b1",
        "A1 = np.tanh(Z1)",
        "Z2 = W2 @ A1 + b2",
        "A2 = softmax(Z2)",
        "J = np.mean(softmax_cross_entropy_with_logits(Y, Z2))",
        "dZ2 = A2 - Y",
        "dW2 = dZ2 @ A1.T / m",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / m",
        "dZ1 = W2.T @ dZ2 * (1 - A1 ** 2)",
        "dW1 = dZ1 @ X.T / m",
        "db1 = np.sum(dZ1, axis=1, keepdims=True) / m",
    ]


def test_squared_error_keeps_its_z():
    model = MLP(3, [4, 1], seed=1)
    x, y = leaves(3), [Value(1)]
    loss = SquaredError()(y, model(x))
    program = assert_agrees(loss, {"X": x, "Y": y}, model.named_parameters())
    assert lines(program) == [
        "Z1 = W1 @ X + b1",
        "A1 = relu(Z1)",
        "Z2 = W2 @ A1 + b2",
        "J = np.mean((Z2 - Y) ** 2) / 2",
        "dZ2 = Z2 - Y",
        "dW2 = dZ2 @ A1.T / m",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / m",
        "dZ1 = W2.T @ dZ2 * (Z1 > 0)",
        "dW1 = dZ1 @ X.T / m",
        "db1 = np.sum(dZ1, axis=1, keepdims=True) / m",
    ]


def test_weight_decay_has_no_axis_of_examples():
    loss, inputs, parameters = logistic_regression(binary_cross_entropy_with_logits)
    loss = loss + 0.01 * sum(w * w for w in parameters["w"])
    program = assert_agrees(loss, inputs, parameters, low=0.1)
    assert lines(program)[2] == (
        "J = np.mean(binary_cross_entropy_with_logits(Y, Z)) + 0.01 * w @ w"
    )
    assert "dw = X @ dZ / m + 0.02 * w" in lines(program)


def test_every_way_to_write_a_neuron_is_the_same_program():
    x, y, w, b = leaves(3), Value(1), leaves(3, seed=1), Value(0.5)
    written = [
        affine(w, x, b),
        w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + b,
        b + sum([xj * wj for wj, xj in zip(w, x, strict=True)][::-1]),
        np.dot(np.array(w), np.array(x)) + b,
        -(-(w[0] * x[0]) - (w[1] * x[1] + (1.0 * w[2]) * (x[2] / 1))) + b,
    ]
    programs = [assert_agrees((z - y) ** 2, {"X": x, "Y": y}, {"w": w, "b": b}) for z in written]
    assert {body(program) for program in programs} == {
        "Z = w @ X + b\nJ = np.mean((Z - Y) ** 2)\ndZ = 2 * (Z - Y)\n"
        "dw = X @ dZ / m\ndb = np.sum(dZ) / m"
    }


def test_statements_are_data():
    program = vectorize(*two_layers())
    by_name = {statement.name: statement for statement in program.statements}
    assert by_name["Z1"].formula == "W1 @ X + b1"
    assert by_name["Z1"].operands == ("W1", "X", "b1")
    assert by_name["Z1"].shape == (4, "m")
    assert by_name["J"].shape == ()
    assert by_name["db1"].shape == (4, 1)
    gradients = {s.name: s.gradient_of for s in program.statements if s.gradient_of}
    assert gradients == {
        **{"dZ2": "Z2", "dW2": "W2", "db2": "b2"},
        **{"dZ1": "Z1", "dW1": "W1", "db1": "b1"},
    }


def test_what_a_person_would_leave_out_is_found():
    superfluous = ["-(-x)", "-(-2 * x)", "a --b", "x * (-y)", "a + -b", "1 * x", "1.0 * x", "x * 1"]
    assert all(SUPERFLUOUS.search(formula) for formula in superfluous)
    needed = ["0.1 * x", "x * 1.5", "A * (1 - A)", "np.exp(-Z)", "-(-x + y)", "W1 * x", "x ** -1"]
    needed += ["2 * (-x / y - 1)", "-y * (-y * z >= 0)"]
    assert not any(SUPERFLUOUS.search(formula) for formula in needed)


def softmax_layer(classes, n_hidden=3):
    model = MLP(4, [n_hidden, classes], activation=["tanh", "softmax"], seed=1)
    x, y = leaves(4), [Value(i == 2) for i in range(classes)]
    loss = sum((a - t) ** 2 for a, t in zip(model(x), y, strict=True))
    return loss, {"X": x, "Y": y}, model.named_parameters()


def test_the_backward_pass_of_a_softmax_layer():
    program = assert_agrees(*softmax_layer(5))
    assert lines(program) == [
        "Z1 = W1 @ X + b1",
        "A1 = np.tanh(Z1)",
        "Z2 = W2 @ A1 + b2",
        "A2 = softmax(Z2)",
        "J = np.sum((A2 - Y) ** 2) / m",
        "dA2 = 2 * (A2 - Y)",
        "dZ2 = A2 * (dA2 - np.sum(dA2 * A2, axis=0))",
        "dW2 = dZ2 @ A1.T / m",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / m",
        "dZ1 = W2.T @ dZ2 * (1 - A1 ** 2)",
        "dW1 = dZ1 @ X.T / m",
        "db1 = np.sum(dZ1, axis=1, keepdims=True) / m",
    ]


def test_the_program_of_a_hundred_classes_is_the_same():
    assert lines(vectorize(*softmax_layer(100, 10))) == lines(vectorize(*softmax_layer(5, 10)))


def test_the_cross_entropy_of_softmax_outputs():
    model = MLP(4, [5], activation=["softmax"], seed=1)
    x, y = leaves(4), [Value(i == 2) for i in range(5)]
    loss = -sum(t * a.log() for a, t in zip(model(x), y, strict=True))
    program = assert_agrees(loss, {"X": x, "Y": y}, model.named_parameters())
    assert lines(program)[4] == "dZ = np.sum(Y, axis=0) * A - Y"
    as_derived = vectorize(loss, {"X": x, "Y": y}, model, as_written=True)
    assert lines(as_derived)[3:5] == ["dA = -Y / A", "dZ = A * (dA - np.sum(dA * A, axis=0))"]


def test_masked_classes_and_certain_answers_in_a_program():
    """Logits of −∞ and ∞ that come from the data: costs and gradients as of the scalars."""
    z, y, w = leaves(3), [Value(i == 1) for i in range(3)], Value(1.0)
    loss = softmax_cross_entropy_with_logits(y, [w + each for each in z])
    program = vectorize(loss, {"Z": z, "Y": y}, {"w": w})
    by_z = vectorize(softmax_cross_entropy_with_logits(y, z), {"Z": z, "Y": y}, with_respect_to="Z")
    inf = math.inf
    Z = np.array([[-inf, 0.0, 1.0], [0.0, inf, -inf], [1.0, 2.0, -inf]])
    Y = np.array([[0.0, 1.0, 0.0]] * 3)
    with np.errstate(all="raise", under="ignore"):
        cost, grads = program(Z, Y)
        losses, slopes = by_z(Z, Y)
    expected = [math.log(1 + math.e), 0.0, math.log(1 + 1 / math.e)]
    assert cost == pytest.approx(np.mean(expected))
    assert grads["w"] == pytest.approx(0.0, abs=1e-16)
    np.testing.assert_allclose(losses, expected)
    s = 1 / (1 + math.e)
    np.testing.assert_allclose(slopes, [[0, s - 1, 1 - s], [0, 0, 0], [s, -s, 0]], atol=1e-16)


def test_the_slope_of_relu_is_0_at_0_in_a_program():
    x, w = Value(1.0), Value(2.0)
    program = vectorize(relu(w * x) ** 2 / 2, {"x": x}, {"w": w})
    assert lines(program)[3] == "dZ = A * (Z > 0)"
    _, grads = program(np.array([0.0, 0.0]))
    assert grads["w"] == 0.0
    by_x = vectorize(relu(x) + leaky_relu(x), {"x": x}, with_respect_to="x")
    assert by_x(np.array([-1.0, 0.0, 1.0]))[1].tolist() == [0.01, 0.01, 2.0]


def test_softmax_with_a_number_among_its_logits():
    x, w = leaves(3), leaves(3)
    z = [wi * xi for wi, xi in zip(w, x, strict=True)]
    a = softmax([*z, 0.0])
    assert_agrees(a[0] * 2 + a[3] ** 2, {"X": x}, {"w": w})
    assert_agrees(total(unit**2 for unit in a), {"X": x}, {"w": w})


def test_units_divided_by_the_exponentials_of_another_row_are_no_softmax():
    x, w = [leaves(3) for _ in range(3)], Value(2.0)
    normalizers = [logsumexp(row) for row in x]
    units = [softmax_unit(x[i][j], normalizers[j]) for i in range(3) for j in range(3)]
    program = assert_agrees(total(w * unit for unit in units), {"X": x}, {"w": w})
    assert not any("softmax(" in line for line in lines(program))


def test_an_input_that_is_read_as_its_transpose():
    x, y = [leaves(3) for _ in range(2)], [leaves(2) for _ in range(3)]
    w = Value(0.5)
    terms = [tanh(w * x[i][j] * y[j][i]) for i in range(2) for j in range(3)]
    assert_agrees(total(terms), {"X": x, "Y": y}, {"w": w})
    each = [tanh(x[i][j]) * tanh(y[j][i]) * w for i in range(2) for j in range(3)]
    assert_agrees(total(e**2 for e in each), {"X": x, "Y": y}, {"w": w})
