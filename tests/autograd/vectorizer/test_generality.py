"""Whatever a Value can record: each case against scalar backpropagation."""

import math

import numpy as np
import pytest
from vectorized import assert_agrees, flat, leaves, lines

import autograd
from autograd import (
    Value,
    affine,
    dot,
    exp,
    log,
    logsumexp,
    maximum,
    softmax,
    softmax_cross_entropy_with_logits,
    sqrt,
    tanh,
    total,
    vectorize,
)
from autograd.primitives import TABLE
from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer import candidates
from autograd.vectorizer.formulas import building

CASES = {}


def case(make):
    CASES[make.__name__] = make
    return make


def layer(W, x, b=None):
    if b is None:
        return [dot(w, x) for w in W]
    return [affine(w, x, c) for w, c in zip(W, b, strict=True)]


@case
def scalars_with_names():
    x1, x2, y, w1, w2, b = (leaves(seed=i) for i in range(6))
    loss = (w1 * x1 + w2 * x2 + b - y) ** 2
    return loss, {"x1": x1, "x2": x2, "Y": y}, {"w1": w1, "w2": w2, "b": b}


@case
def convolution():
    x, w, b, v, c, y = leaves(9), leaves(3), leaves(), leaves(4), leaves(seed=1), leaves(seed=2)
    h = [tanh(affine(w, x[2 * p : 2 * p + 3], b)) for p in range(4)]
    return (affine(v, h, c) - y) ** 2, {"X": x, "Y": y}, {"w": w, "b": b, "v": v, "c": c}


@case
def convolution_with_channels():
    x, y, W, b, v = leaves(2, 7), leaves(), leaves(3, 2, 3), leaves(3), leaves(15)
    h = [
        (sum(dot(W[o][i], x[i][p : p + 3]) for i in range(2)) + b[o]).relu()
        for o in range(3)
        for p in range(5)
    ]
    return (dot(v, h) - y) ** 2, {"X": x, "Y": y}, {"W": W, "b": b, "v": v}


@case
def recurrence():
    x, y, W, R, b, v = leaves(3, 3), leaves(), leaves(4, 3), leaves(4, 4), leaves(4), leaves(4)
    h = [tanh(z) for z in layer(W, x[0], b)]
    for t in (1, 2):
        z = zip(layer(W, x[t], b), layer(R, h), strict=True)
        h = [tanh(a + c) for a, c in z]
    return (dot(v, h) - y) ** 2, {"X": x, "Y": y}, {"W": W, "R": R, "b": b, "v": v}


@case
def attention():
    x, y, v = leaves(4, 2), leaves(), leaves(3)
    Q, K, V = leaves(3, 2), leaves(3, 2, seed=1), leaves(3, 2, seed=2)
    q, k, u = [[layer(W, token) for token in x] for W in (Q, K, V)]
    a = [softmax([dot(qi, kj) / math.sqrt(3) for kj in k]) for qi in q]
    o = [[sum(a[i][j] * u[j][d] for j in range(4)) for d in range(3)] for i in range(4)]
    loss = (sum(dot(v, row) for row in o) - y) ** 2
    return loss, {"X": x, "Y": y}, {"Q": Q, "K": K, "V": V, "v": v}


@case
def weight_decay():
    x, y, W1, b1, W2 = leaves(3), leaves(2), leaves(4, 3), leaves(4), leaves(2, 4)
    z = layer(W2, [h.sigmoid() for h in layer(W1, x, b1)])
    loss = softmax_cross_entropy_with_logits(y, z)
    loss = loss + 0.05 * sum(w * w for w in flat([*W1, *W2])) + 0.01 * sum(b**2 for b in b1)
    return loss, {"X": x, "Y": y}, {"W1": W1, "b1": b1, "W2": W2}


@case
def unused_leaves():
    x, unread, W, unused = leaves(3), leaves(2), leaves(4, 3), leaves(2, 2)
    return total(layer(W, x)) ** 2, {"X": x, "E": unread}, {"W": W, "U": unused}


@case
def parts_of_arrays_unused():
    x, W, b = leaves(3), leaves(3, 3), leaves(4)
    return (dot(W[0], x) + W[1][1]) ** 2 + 3 * b[1] + 7, {"X": x}, {"W": W, "b": b}


@case
def one_parameter_in_two_layers():
    x, W, b = leaves(3), leaves(3, 3), leaves(3)
    h = [tanh(z) for z in layer(W, x, b)]
    h = [tanh(z) for z in layer(W, h, b)]
    return total(h) ** 2, {"X": x}, {"W": W, "b": b}


@case
def residual_connections():
    x, W1, b1, W2, b2 = leaves(3), leaves(3, 3), leaves(3), leaves(3, 3, seed=1), leaves(3, seed=1)
    h = [xi + tanh(z) for xi, z in zip(x, layer(W1, x, b1), strict=True)]
    h = [hi + tanh(z) for hi, z in zip(h, layer(W2, h, b2), strict=True)]
    return total(h) ** 2, {"X": x}, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


@case
def numpy_object_arrays():
    x, W, b = [np.array(nested) for nested in (leaves(3), leaves(4, 3), leaves(4))]
    a = 1 / (1 + np.exp(-(W @ x + b)))
    return np.sum(a * a), {"X": x}, {"W": W, "b": b}


@case
def softmax_by_hand():
    x, y, W, b = leaves(3, low=0.1), leaves(3, low=0.1), leaves(3, 3), leaves(3)
    e = [exp(z) for z in layer(W, x, b)]
    loss = -sum(t * log(each / sum(e)) for t, each in zip(y, e, strict=True))
    return loss, {"X": x, "Y": y}, {"W": W, "b": b}


@case
def lists_from_several_arrays():
    x, W, b = leaves(3), leaves(3, 3), leaves(3)
    z = layer(W, x, b)
    return logsumexp([*z, 0.0, x[0] * x[1]]) + logsumexp([z[0], z[0]]), {"X": x}, {"W": W, "b": b}


@case
def layer_normalisation():
    x, g, b = leaves(3), leaves(3), leaves(3)
    mean = sum(x) / 3
    variance = sum((xi - mean) ** 2 for xi in x) / 3
    y = [(xi - mean) / sqrt(variance + 0.1) * gi + bi for xi, gi, bi in zip(x, g, b, strict=True)]
    return sum(yi**3 for yi in y), {"X": x}, {"g": g, "b": b}


@case
def all_parameters_in_one_list():
    x, p = leaves(3), leaves(17)
    h = [tanh(affine(p[4 * j : 4 * j + 3], x, p[4 * j + 3])) for j in range(3)]
    return affine(p[12:15], h, p[15]) ** 2 + p[16], {"X": x}, {"p": p}


@case
def two_loss_terms_and_several_outputs():
    x, y, W, b = leaves(3), leaves(3), leaves(3, 3), leaves(3)
    z = layer(W, x, b)
    squares = sum((zk - yk) ** 2 for zk, yk in zip(z, y, strict=True))
    return squares + softmax_cross_entropy_with_logits(y, z), {"X": x, "Y": y}, {"W": W, "b": b}


@case
def one_neuron_written_in_two_ways():
    x, y, w, b = leaves(2), leaves(), leaves(2), leaves()
    first, second = affine(w, x, b), w[1] * x[1] + b + w[0] * x[0]
    return (first - y) ** 2 + (second + y).sigmoid(), {"X": x, "Y": y}, {"w": w, "b": b}


@case
def steps():
    x, y, w = leaves(4), leaves(4), leaves(4)
    both = [(wi * xi).step() * (xi - yi).step() for wi, xi, yi in zip(w, x, y, strict=True)]
    each = [(wi * xi).step() * wi - yi.step() for wi, xi, yi in zip(w, x, y, strict=True)]
    return total(both) * total(w) + total(each), {"X": x, "Y": y}, {"w": w}


@case
def constants():
    x, W, b = leaves(4), leaves(5, 4), leaves(5)
    z = [sum(0.1 * i * xi for i, xi in enumerate(x)) + w[0] * 2 for w in W]
    z += [maximum(zi, 0.3) for zi in layer(W, x, b)]
    return sum(z) + maximum(x[0], W[0][0]) / 3 - 1e-9, {"X": x}, {"W": W, "b": b}


@case
def quadratic_form():
    x, S = leaves(3), leaves(3, 3)
    return sum(x[i] * S[i][j] * x[j] for i in range(3) for j in range(3)), {"X": x}, {"S": S}


@case
def gradient_the_same_for_all_entries():
    x, W, b = leaves(3), leaves(2, 3), leaves(2)
    return total(x) * total(flat(W)) - total(b), {"X": x}, {"W": W, "b": b}


@case
def no_inputs():
    b = leaves(3)
    return sum(p * p for p in b), {}, {"b": b}


@case
def rows_reversed_and_skipped():
    x, W = leaves(6), leaves(4, 6)
    z = layer([row[::-1] for row in W[::2]], x) + layer([row[::2] for row in W[1::2]], x[3:])
    return sum(tanh(zi) ** 2 for zi in z), {"X": x}, {"W": W}


@case
def names_that_the_program_needs_itself():
    m, x, J, dm, sigmoid, step = (leaves(seed=i) for i in range(6))
    loss = (m * x + J * dm + sigmoid * step).sigmoid()
    parameters = {"m": m, "dm": dm, "sigmoid": sigmoid, "np": step}
    return loss, {"lambda": x, "J": J}, parameters


@case
def names_of_nested_modules():
    x, W, b = leaves(2), leaves(2), leaves()
    return affine(W, x, b) ** 2, {"X": x}, {"encoder.1.W": W, "1.b": b}


@case
def names_that_are_no_names():
    names = ["", "x²", "x2", 'a"b', "it's\\", "two\nlines", "file", "check", "axis", "∂L/∂w"]
    p, x = leaves(len(names)), leaves(2)
    loss = sum((pi * x[0] + x[1]).sigmoid() for pi in p) ** 2
    return loss, {"keepdims": x}, dict(zip(names, p, strict=True))


@case
def lists_of_one_number():
    x, y, W, w, b = leaves(1), leaves(1), leaves(3, 1), leaves(1), leaves(1)
    h = [tanh(z) for z in layer(W, x)]
    loss = (total(h) * x[0] - y[0]) ** 2 + softmax_cross_entropy_with_logits(y, layer([w], x, b))
    return loss + (w[0] * x[0] - y[0]).sigmoid(), {"X": x, "Y": y}, {"W": W, "w": w, "b": b}


@case
def a_long_chain():
    x, w = leaves(2), leaves(2)
    a = x[0]
    for _ in range(110):  # so that dw has more terms than are written in one go
        a = (w[0] * a + w[1] * x[1]).tanh()
    return a, {"X": x}, {"w": w}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("n_examples", [1, 4])
def test_case(name, n_examples):
    assert_agrees(*CASES[name](), n_examples=n_examples)


@pytest.mark.parametrize("name", [name for name in CASES if name != "no_inputs"])
def test_case_level_by_level(name, monkeypatch):
    monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)
    assert_agrees(*CASES[name]())


def test_no_inputs_level_by_level(monkeypatch):
    monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)
    assert_agrees(*CASES["no_inputs"](), n_examples=1)


def test_python_takes_sums_of_any_length():
    tree = building.total([building.number(float(n)) for n in range(20_000)])
    assert eval(str(tree)) == 20_000 * 19_999 / 2


def test_a_parameter_list_is_told_apart_by_its_readers():
    program = vectorize(*CASES["all_parameters_in_one_list"]())
    assert "Z1 = p[np.arange(0, 12, 4)[:, None] + np.arange(3)] @ X + p[3:15:4][:, None]" in lines(
        program
    )
    assert "dp_1 = dZ1 @ X.T / m" in lines(program)


def test_attention_is_a_handful_of_products():
    program = vectorize(*CASES["attention"]())
    assert program.tables == {}
    assert any("softmax(" in line for line in lines(program))


def test_a_whole_batch_in_one_graph():
    X, Y = leaves(5, 3), leaves(5)
    W1, b1, W2, b2 = leaves(4, 3), leaves(4), leaves(1, 4), leaves(1)
    losses = [
        (affine(W2[0], [tanh(z) for z in layer(W1, x, b1)], b2[0]) - y) ** 2
        for x, y in zip(X, Y, strict=True)
    ]
    loss = total(losses) / 5
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    program = vectorize(loss, {"X": X, "Y": Y}, parameters, whole_batch=True)
    assert lines(program)[0] == "Z1 = W1 @ X.T + b1[:, None]"
    numbers = [np.array([[v.data for v in row] for row in X]), np.array([v.data for v in Y])]
    cost, grads = program(*numbers)
    loss.backward()
    assert cost == pytest.approx(loss.data, rel=1e-13)
    for name, nested in parameters.items():
        expected = [leaf.grad for leaf in flat(nested)]
        np.testing.assert_allclose(np.ravel(grads[name]), expected, rtol=1e-12, atol=1e-14)


def test_columns_of_a_whole_batch_stay_columns():
    W, b, V, c = leaves(3, 2), leaves(3, 1), leaves(2, 3), leaves(2, 1)
    X, Y = leaves(2, 4), leaves(2, 4)
    arrays = [np.array(nested, dtype=object) for nested in (W, b, V, c, X, Y)]
    Z = arrays[2] @ tanh(arrays[0] @ arrays[4] + arrays[1]) + arrays[3] - arrays[5]
    loss = np.sum(Z * Z) + np.sum(arrays[1] * arrays[1])
    parameters = {"W": W, "b": b, "V": V, "c": c}
    program = vectorize(loss, {"X": X, "Y": Y}, parameters, whole_batch=True)
    found = lines(program)
    assert found[0] == "Z1 = W @ X + b"
    assert "dc = np.sum(dZ2, axis=1, keepdims=True)" in found
    assert "db = 2 * b + np.sum(dZ1, axis=1, keepdims=True)" in found
    _, grads = program(*[array.astype(float) for array in arrays[4:]])
    loss.backward()
    for name, nested in parameters.items():
        expected = [[leaf.grad for leaf in row] for row in nested]
        np.testing.assert_allclose(grads[name], expected, rtol=1e-12)
        assert grads[name].flags.writeable


def test_a_whole_batch_of_plain_numbers():
    generator = np.random.default_rng(0)
    X, Y = generator.normal(size=(6, 3)), generator.normal(size=6)
    W, b = leaves(4, 3), leaves(4)
    loss = sum(
        (total([tanh(z) for z in layer(W, x.tolist(), b)]) - y) ** 2
        for x, y in zip(X, Y.tolist(), strict=True)
    )
    assert_agrees(loss, {}, {"W": W, "b": b})


def test_losses_and_gradients_by_an_input():
    x, W, b, y = leaves(3), leaves(4, 3), leaves(4), leaves()
    loss = (total([tanh(z) for z in layer(W, x, b)]) - y) ** 2
    program = vectorize(loss, {"X": x, "Y": y}, {"W": W, "b": b}, with_respect_to="X")
    X, Y = np.random.default_rng(0).normal(size=(5, 3)), np.arange(5.0)
    losses, rows = program(X, Y)
    assert losses.shape == (5,)
    assert rows.shape == (5, 3)
    for i in range(5):
        for leaf, number in zip([*x, y], [*X[i], Y[i]], strict=True):
            leaf.data, leaf.grad = float(number), 0.0
        assert loss.forward() == pytest.approx(losses[i], rel=1e-12)
        loss.backward()
        np.testing.assert_allclose(rows[i], [leaf.grad for leaf in x], rtol=1e-12)


@pytest.mark.parametrize("levels", [False, True])
def test_rosenbrock(levels, monkeypatch):
    if levels:
        monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)
    x = leaves(5)
    loss = sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(4))
    program = vectorize(loss, {"X": x}, with_respect_to="X")
    values, gradient = program([[1.0] * 5, [0.0] * 5])
    assert values.tolist() == [0.0, 4.0]
    np.testing.assert_allclose(gradient, [[0.0] * 5, [-2.0] * 4 + [0.0]], atol=1e-13)


@pytest.mark.parametrize("levels", [False, True])
def test_gradients_by_an_input_of_several_kinds_and_shapes(levels, monkeypatch):
    if levels:
        monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)
    x, c = leaves(2, 2), leaves(2)
    loss = 3 * x[0][0] + c[1] * x[0][1] + x[1][0] * x[1][1] ** 2
    program = vectorize(loss, {"X": x}, {"c": c}, with_respect_to="X")
    losses, gradient = program([[[1.0, 2.0], [3.0, 4.0]]])
    assert losses == pytest.approx(3 + 2 * c[1].data + 48)
    np.testing.assert_allclose(gradient, [[[3.0, c[1].data], [16.0, 24.0]]])
    [flat_gradient] = vectorize(c[0] * 2 + 3, {"C": c}, with_respect_to="C")([[0.0, 0.0]])[1]
    assert flat_gradient.tolist() == [2.0, 0.0]


def test_second_derivatives_are_a_program_too():
    x, w = leaves(), leaves(2)
    f = (w[0] * x).sigmoid() * w[1]
    [slope] = autograd.gradients(f, [x])
    assert_agrees(slope**2, {"X": x}, {"w": w})


def test_a_constant_loss():
    x, w = leaves(2), leaves(2)
    assert_agrees(0 * (x[0] * w[0]) + 3, {"X": x}, {"w": w})


ROWS = [row for row in TABLE.values() if row.samples]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_of_the_table(row):
    for sample in row.samples:
        x = [Value(number) for number in sample]
        inputs = [x[0], sample[1]] if row.name == "power_constant" else x
        loss = Value.record(row, inputs)
        program = vectorize(loss, {"X": x}, with_respect_to="X")
        [value], [slopes] = program([sample])
        assert value == pytest.approx(loss.data, rel=1e-13)
        loss.backward()
        np.testing.assert_allclose(slopes, [leaf.grad for leaf in x], rtol=1e-12, atol=1e-15)


def test_every_row_has_its_numpy_text():
    for row in ROWS:
        assert (row.terms is None) != (row.numpy == "")
        name = row.numpy.split("(")[0]
        assert name.startswith(("np.", "{0}")) or row.terms or name in NUMPY_HELPERS


HELPERS = {name: row for name, row in TABLE.items() if name in NUMPY_HELPERS}


@pytest.mark.parametrize("name", HELPERS)
def test_helpers_are_stable_and_silent_far_out(name):
    row = HELPERS[name]
    points = {
        "softmax_unit": [(1000, 1000), (-1000, 1000), (math.inf, math.inf), (-math.inf, 0)],
        "softmax_error": [(1, 1000, 1000), (0, -1000, 1000), (0, -math.inf, 0)],
        "sigmoid_error": [(1, 1000), (0, 1000), (1, -1000), (0.3, 2)],
        "logsumexp": [(1000, -1000), (-1000, -1000)],
        "softmax_cross_entropy_with_logits": [(1, 0, 1000, -1000), (0, 1, 1000, -1000)],
        "binary_cross_entropy_with_logits": [(1, 1000), (0, 1000), (1, -1000), (0.3, -1000)],
        "binary_cross_entropy": [(1, 1.0), (0, 0.0), (0.5, 1e-300)],
        "power_or_nan": [(0.0, -1.0), (-2.0, 0.5), (-2.0, 3.0), (0.0, 0.0)],
        "xlogy": [(0.0, 0.0), (2.0, -1.0), (1.0, 1e-300)],
        "xdivy": [(0.0, 0.0), (2.0, -1000.0)],
        "log_or_nan": [(0.0,), (-1.0,), (1000.0,)],
    }.get(name, [(1000,), (-1000,), (0,)])
    scope = {"np": np}
    exec("\n".join(NUMPY_HELPERS.values()), scope)
    for point in points:
        numbers = [np.array([float(number)]) for number in point]
        arguments = [
            np.array(each) if isinstance(each, tuple) else each for each in row.arguments(*numbers)
        ]
        scope["arguments"] = arguments
        texts = [f"arguments[{i}]" for i in range(len(arguments))]
        with np.errstate(all="raise", under="ignore"):
            found = eval(row.numpy.format(*texts), scope)
        expected = row.value(*map(float, point))
        np.testing.assert_allclose(np.ravel(found), [expected], rtol=1e-12, atol=1e-300)
