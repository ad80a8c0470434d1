"""Programs of outputs: forward only, as many outputs as a model has."""

import importlib.util
import random

import numpy as np
import pytest
from vectorized import assert_same_bits, leaves, lines

from autograd import Value, affine, log, sigmoid, tanh, total, vectorize
from nn import MLP, BinaryCrossentropy, SquaredError
from viz import draw


def rows_of(function, X):
    """What a function of one example returns, row by row."""
    return np.array([[a.data for a in function(row.tolist())] for row in X])


@pytest.mark.parametrize("output_activation", ["linear", "sigmoid", "softmax"])
def test_a_program_of_outputs_is_the_forward_pass_of_the_slide(output_activation):
    model = MLP(4, [3, 3], activation="tanh", output_activation=output_activation, seed=1)
    x = leaves(4)
    program = vectorize(model(x), inputs={"X": x}, parameters=model)
    expected = ["Z1 = W1 @ X + b1", "A1 = np.tanh(Z1)", "Z2 = W2 @ A1 + b2"]
    if output_activation != "linear":
        expected.append(f"A2 = {output_activation}(Z2)")
    assert lines(program) == expected
    assert program.forward_only
    X = np.random.default_rng(0).normal(size=(7, 4))
    np.testing.assert_allclose(program(X), rows_of(model, X), rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(program(X, check=True), program(X))


def test_a_model_whose_units_share_a_bias_gives_its_parameters_once():
    """The network of Mazur's example: its program moves one bias per layer."""
    model = MLP.from_weights(
        [([[0.15, 0.2], [0.25, 0.3]], 0.35), ([[0.4, 0.45], [0.5, 0.55]], 0.6)],
        activation="sigmoid",
        output_activation="sigmoid",
    )
    x, y = leaves(2), leaves(2)
    program = vectorize(SquaredError()(y, model(x)), {"X": x, "Y": y}, parameters=model)
    cost, grads = program([[0.05, 0.1]], [[0.01, 0.99]])
    assert cost == pytest.approx(0.298371109, abs=1e-9)
    assert grads["W2"][0, 0] == pytest.approx(0.082167041, abs=1e-9)
    assert {name: grad.shape for name, grad in grads.items()} == {
        "W1": (2, 2), "b1": (1,), "W2": (2, 2), "b2": (1,)
    }  # fmt: skip
    for leaf, number in zip([*x, *y], [0.05, 0.1, 0.01, 0.99], strict=True):
        leaf.data = number
    L = SquaredError()(y, model(x))
    L.backward()
    b1 = model.layers[0].neurons[0].bias
    assert grads["b1"][0] == pytest.approx(b1.grad, rel=1e-12)
    program.parameters["b1"] -= grads["b1"]
    program.write(model)
    assert b1.data == pytest.approx(0.35 - grads["b1"][0])
    program.read(model)


def test_a_list_of_one_is_a_loss_unless_it_is_asked_for_forward_only():
    model = MLP(2, [3, 1], activation="tanh", output_activation="sigmoid", seed=1)
    x = leaves(2)
    X = np.random.default_rng(0).normal(size=(5, 2))
    cost, gradient = vectorize(model(x), {"X": x}, model)(X)
    program = vectorize(model(x), {"X": x}, model, forward_only=True)
    assert program(X).shape == (5, 1)
    np.testing.assert_allclose(program(X), rows_of(model, X), rtol=1e-13)
    assert cost == pytest.approx(program(X).mean())
    assert list(gradient) == ["W1", "b1", "W2", "b2"]
    # A Value, which stands in no list, is one number for each example.
    flat = vectorize(model(x)[0], {"X": x}, model, forward_only=True)
    np.testing.assert_array_equal(flat(X), program(X)[:, 0])


def test_the_losses_of_each_example_are_a_forward_program():
    model = MLP(2, [1], seed=1)
    x, y = leaves(2), leaves()
    L = BinaryCrossentropy(from_logits=True)(y, model(x))
    X, Y = np.random.default_rng(0).normal(size=(5, 2)), np.array([0.0, 1, 1, 0, 1])
    each = vectorize(L, {"X": x, "Y": y}, model, forward_only=True)(X, Y)
    cost, _ = vectorize(L, {"X": x, "Y": y}, parameters=model)(X, Y)
    assert each.shape == (5,)
    assert each.mean() == pytest.approx(cost)


def test_outputs_have_the_shape_of_the_lists_they_come_in():
    x = leaves(3)
    program = vectorize([[x[0] + x[1], x[1] * x[2]], [sigmoid(x[2]), x[0]]], {"X": x})
    a, b, c = X = np.random.default_rng(0).normal(size=(3, 4))
    expected = np.moveaxis(np.array([[a + b, b * c], [1 / (1 + np.exp(-c)), a]]), -1, 0)
    np.testing.assert_allclose(program(X.T), expected, rtol=1e-13)
    swapped = vectorize(np.array([x[2], x[0]]), {"X": x})
    np.testing.assert_array_equal(swapped(X.T), X.T[:, [2, 0]])
    whole = vectorize([x[2] + x[0], x[0]], {"x": x}, whole_batch=True)
    np.testing.assert_array_equal(whole([1.0, 2.0, 3.0]), [4, 1])


def test_what_an_input_is_returned_as_belongs_to_the_caller():
    x = leaves(2)
    program = vectorize(x, {"X": x})
    X = np.ones((3, 2))
    program(X)[:] = 5
    assert (X == 1).all()


def test_irregular_outputs_are_computed_level_by_level():
    generator = random.Random(1)
    x, w = leaves(6), leaves(60)
    nodes = list(x)
    for i in range(60):
        a, b = generator.sample(nodes, 2)
        nodes.append((tanh, sigmoid)[i % 2](affine(w[i : i + 1], [a], b) * generator.choice(w)))
    outputs = nodes[-5:]
    program = vectorize(outputs, {"X": x}, {"w": w})
    assert program.tables
    X = np.random.default_rng(0).normal(size=(4, 6))
    found = program(X)
    for row, numbers in zip(found, X, strict=True):
        for leaf, number in zip(x, numbers, strict=True):
            leaf.data = float(number)
        [total(outputs).forward()]
        np.testing.assert_allclose(row, [a.data for a in outputs], rtol=1e-12)


def test_what_runs_is_what_is_printed():
    model = MLP(3, [4, 3], activation="sigmoid", output_activation="softmax", seed=2)
    x = leaves(3)
    program = vectorize(model(x), {"X": x}, model)
    scope = {}
    exec(program.source, scope)
    X = np.random.default_rng(0).normal(size=(5, 3))
    printed = scope["outputs"](X, *program.parameters.values())
    assert_same_bits((program(X), {}), (printed, {}))


def test_a_saved_program_of_outputs_needs_numpy_only(tmp_path):
    model = MLP(3, [2], seed=2)
    x = leaves(3)
    program = vectorize(model(x), {"X": x}, model)
    program.save(tmp_path / "forward.py")
    spec = importlib.util.spec_from_file_location("forward", tmp_path / "forward.py")
    saved = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(saved)
    X = np.ones((2, 3))
    np.testing.assert_array_equal(saved.outputs(X, *saved.parameters.values()), program(X))


def test_check_names_the_line_where_an_output_is_no_number():
    x = leaves(2, low=0.5)
    program = vectorize([log(x[0]) + 1, log(x[1]) * 2], {"X": x})
    with pytest.raises(FloatingPointError, match=r"log\(X\).* is nan|nan"):
        program([[1.0, -1.0]], check=True)


def test_a_program_of_outputs_is_drawn_without_gradients():
    model = MLP(2, [2, 3], activation="tanh", output_activation="softmax", seed=1)
    x = leaves(2)
    source = draw(vectorize(model(x), {"X": x}, model)).source
    assert "softmax" in source
    assert "hat" not in source
    assert "dZ" not in source.replace("dZ1 = ", "")


def test_outputs_that_cannot_be():
    x = leaves(2)
    with pytest.raises(ValueError, match="with_respect_to asks for the derivatives of one loss"):
        vectorize(x, {"X": x}, with_respect_to="X")
    with pytest.raises(TypeError, match=r"the output\[1\] is made of Values"):
        vectorize([x[0], 3.0], {"X": x})
    with pytest.raises(ValueError, match="not a list of 0"):
        vectorize([], {"X": x})
    with pytest.raises(ValueError, match="in neither inputs nor parameters"):
        vectorize([x[0], Value(1)], {"X": x})
