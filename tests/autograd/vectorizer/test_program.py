"""Program: its calls, its model, its file, its checks and its messages."""

import importlib.util
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from vectorized import leaves

import autograd
from autograd import (
    Value,
    affine,
    dot,
    log,
    sigmoid,
    softmax_cross_entropy_with_logits,
    total,
    vectorize,
)
from autograd.vectorizer import candidates
from nn import MLP


def digits(sizes=(4, 3, 3)):
    model = MLP(sizes[0], sizes[1:], activation="tanh", seed=1)
    x, y = leaves(sizes[0]), leaves(sizes[-1])
    loss = softmax_cross_entropy_with_logits(y, model(x))
    return model, vectorize(loss, {"X": x, "Y": y}, model.named_parameters())


def batch(n=5, n_inputs=4, n_classes=3):
    generator = np.random.default_rng(0)
    return generator.normal(size=(n, n_inputs)), generator.integers(0, n_classes, n)


def test_class_labels_stand_for_one_hot_rows():
    _, program = digits()
    X, labels = batch()
    cost, grads = program(X, labels)
    expected, expected_grads = program(X, np.eye(3)[labels])
    assert cost == expected
    assert all((grads[name] == expected_grads[name]).all() for name in grads)


def test_class_labels_are_in_range():
    _, program = digits()
    X, labels = batch()
    for wrong in (3, -1):
        with pytest.raises(ValueError, match=f"count from 0 to 2.* go from .*{wrong}"):
            program(X, np.where(labels == labels[0], wrong, labels))


def test_integers_are_taken_as_floats():
    w, x = leaves(2, low=0.5), leaves(2, low=0.5)
    program = vectorize(
        total([xi**-1 * wi for xi, wi in zip(x, w, strict=True)]), {"X": x}, {"w": w}
    )
    assert program([[1, 2], [2, 4]])[1]["w"].tolist() == [0.75, 0.375]


def test_gradient_descent_with_a_model():
    model, program = digits()
    X, labels = batch(30)
    first, _ = program(X, labels)
    for _ in range(50):
        cost, grads = program(X, labels)
        for name, gradient in grads.items():
            program.parameters[name] -= 0.5 * gradient
    assert cost < first
    program.write(model)
    assert model.layers[0].neurons[2].weights[1].data == program.parameters["W1"][2, 1]
    model.layers[1].neurons[0].bias.data = 7.0
    program.read(model)
    assert program.parameters["b2"][0] == 7.0


def test_models_that_do_not_fit():
    model, program = digits()
    other, _ = digits((4, 2, 3))
    before = [p.data for p in other.parameters()]
    for method in (program.read, program.write):
        with pytest.raises(ValueError, match=r"W1 has shape \(2, 4\) in the model, \(3, 4\)"):
            method(other)
        with pytest.raises(ValueError, match="the model has no parameter W2: it has W1, b1"):
            method(MLP(4, [3], seed=1))
    program.parameters["b2"] = np.zeros(7)
    with pytest.raises(ValueError, match=r"\['b2'\] has shape \(7,\), the model \(3,\)"):
        program.write(model)
    assert [p.data for p in other.parameters()] == before


@pytest.mark.parametrize("sizes", [(4, 3, 3), (10, 8, 3)])
def test_saved_programs_run_without_glassgrad(tmp_path, sizes, monkeypatch):
    model = MLP(sizes[0], sizes[1:], activation="tanh", seed=1)
    x, y, parameters = leaves(sizes[0]), leaves(sizes[-1]), model.parameters()
    loss = softmax_cross_entropy_with_logits(y, model(x))
    program = vectorize(loss, {"X": x, "Y": y}, {"theta": parameters})
    assert program.tables
    program.save(tmp_path / "saved")
    X, labels = batch(5, sizes[0])
    Y = np.eye(3)[labels]
    np.savez(tmp_path / "batch.npz", X=X, Y=Y)
    script = """
import sys
sys.modules["autograd"] = None  # importing it raises, be it installed or not
import numpy as np
import saved
data = np.load("batch.npz")
cost, grads = saved.cost_and_gradients(data["X"], data["Y"], **saved.parameters)
np.savez("result.npz", cost=cost, **grads)
"""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
    cost, grads = program(X, Y)
    result = np.load(tmp_path / "result.npz")
    assert result["cost"] == cost
    assert (result["theta"] == grads["theta"]).all()


def test_saved_programs_keep_any_name(tmp_path):
    names = ["file", "allow_pickle", "a/b", "", 'a"b', "it's", "two\nlines", "∂L/∂w"]
    p, x = leaves(len(names)), leaves(2)
    loss = sum((pi * x[0] + x[1]).sigmoid() for pi in p)
    program = vectorize(loss, {"saved": x}, dict(zip(names, p, strict=True)))
    program.parameters["file"] = 3  # a number of Python's is as good as an array
    program.save(tmp_path / "saved.py")
    spec = importlib.util.spec_from_file_location("saved", tmp_path / "saved.py")
    saved = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(saved)
    X = np.arange(6.0).reshape(3, 2)
    assert list(saved.parameters) == names
    assert saved.cost_and_gradients(X, *saved.parameters.values()) == program(X)


def test_the_source_runs_as_it_stands():
    _, program = digits()
    scope = {}
    exec(program.source, scope)
    X, labels = batch()
    Y = np.eye(3)[labels]
    cost, grads = scope["cost_and_gradients"](X, Y, **program.parameters)
    expected, expected_grads = program(X, Y)
    assert cost == expected
    assert all((grads[name] == expected_grads[name]).all() for name in grads)


def test_check_names_the_first_statement_that_went_wrong():
    x, w = leaves(2, low=0.5), leaves(2, low=0.5)
    z = dot(w, x)
    program = vectorize(log(z) ** 2, {"X": x}, {"w": w})
    assert program([[1.0, 2.0]], check=True)[0] == program([[1.0, 2.0]])[0]
    with np.errstate(all="ignore"):
        cost, _ = program([[1.0, 2.0], [-5.0, -5.0]])
    assert np.isnan(cost)
    with pytest.raises(FloatingPointError, match=r"U1 = np.log\(Z\)\nU1 is nan at \[1\]: .* Z"):
        program([[1.0, 2.0], [-5.0, -5.0]], check=True)


def test_wrong_inputs():
    _, program = digits()
    X, labels = batch()
    with pytest.raises(TypeError, match="the program takes X, Y, one array each: Y is missing"):
        program(X)
    with pytest.raises(TypeError, match="3 arrays came"):
        program(X, labels, labels)
    with pytest.raises(ValueError, match=r"X has shape \(5, 3\), but one row.*\(m, 4\) is needed"):
        program(X[:, :3], labels)
    with pytest.raises(ValueError, match=r"X has shape \(4,\)"):
        program(X[0], labels)
    with pytest.raises(ValueError, match=r"Y has shape \(5,\)"):
        program(X, labels.astype(float))
    with pytest.raises(ValueError, match="Y has 4 examples, X has 5"):
        program(X, labels[:4])
    with pytest.raises(ValueError, match=r"X has no examples: at least one"):
        program(X[:0], labels[:0])
    with pytest.raises(ValueError, match=r"X has shape \(4,\).*\(m, 4\) .*labels.* 1 to 4"):
        program([1, 2, 3, 4], [0])
    for wrong in ([["a"] * 4], [[1, 2], [3]], [[1j] * 4]):
        with pytest.raises(TypeError, match=r"X is made of (real )?numbers, "):
            program(wrong, [0])
    assert program(X.astype(object), labels)[0] == program(X, labels)[0]
    w, x = leaves(2), leaves(3, 2)
    whole = vectorize(total([dot(w, row) for row in x]), {"X": x}, {"w": w}, whole_batch=True)
    with pytest.raises(ValueError, match=r"X has shape \(4, 2\), but \(3, 2\) is needed"):
        whole(np.ones((4, 2)))


def test_parameters_are_known_by_their_names_and_not_by_their_order():
    _, program = digits()
    X, labels = batch()
    expected = program(X, labels)[0]
    program.parameters = dict(sorted(program.parameters.items(), reverse=True))
    assert program(X, labels)[0] == expected
    program.parameters = {key: array.tolist() for key, array in program.parameters.items()}
    assert program(X, labels)[0] == expected
    program.parameters["b1"] = [1, 1, 1]
    assert program(X, labels)[0] != expected
    program.parameters["b1"] = np.zeros((3, 1))
    with pytest.raises(ValueError, match=r"\['b1'\] has shape \(3, 1\), but \(3,\) is needed"):
        program(X, labels)
    program.parameters["b1"] = "three"
    with pytest.raises(TypeError, match=r"\['b1'\] is made of real numbers"):
        program(X, labels)
    del program.parameters["b1"]
    with pytest.raises(ValueError, match="parameters has no b1"):
        program(X, labels)


def test_a_mistyped_parameter_is_refused_by_name(tmp_path):
    model, program = digits()
    X, labels = batch()
    program.parameters["w1"] = program.parameters["W1"]
    before = [p.data for p in model.parameters()]
    program.parameters["W1"] = 2 * program.parameters["W1"]
    refused = r"\['w1'\] was set, but the program has no such parameter: it has W1, b1, W2, b2"
    for use in (
        lambda: program(X, labels),
        lambda: pickle.loads(pickle.dumps(program))(X, labels),
        lambda: program.write(model),
        lambda: program.save(tmp_path / "saved"),
    ):
        with pytest.raises(ValueError, match=refused):
            use()
    assert [p.data for p in model.parameters()] == before
    assert not list(tmp_path.iterdir())
    del program.parameters["w1"]
    program(X, labels)


def test_half_the_digits_stay_half_the_digits():
    _, program = digits()
    X, labels = batch()
    program.parameters = {key: a.astype("float32") for key, a in program.parameters.items()}
    _, grads = program(X.astype("float32"), np.eye(3, dtype="float32")[labels])
    assert {gradient.dtype.name for gradient in grads.values()} == {"float32"}


def programs_that_pass_on_what_they_read():
    """With the arrays to call them with."""
    c, d, x, y = leaves(3), leaves(3), leaves(3), leaves(3)
    row, rows = np.ones(3), np.ones((2, 3))
    shifts = total([(ci + di - xi) ** 2 for ci, di, xi in zip(c, d, x, strict=True)])
    yield vectorize(dot(c, d), {"X": x}, {"c": c, "d": d}), [rows]
    yield vectorize(shifts, {"X": x}, {"c": c, "d": d}, whole_batch=True), [row]
    yield vectorize(dot(x, y), {"X": x, "Y": y}, with_respect_to="X"), [rows, rows.copy()]
    yield vectorize(c[1] * x[0], {"X": x}, {"c": c}, with_respect_to="X"), [rows]


@pytest.mark.parametrize("levels", [False, True])
def test_what_a_program_returns_is_nobody_elses(levels, monkeypatch):
    if levels:
        monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)
    for program, inputs in programs_that_pass_on_what_they_read():
        _, grads = program(*inputs)
        returned = list(grads.values()) if isinstance(grads, dict) else [grads]
        for i, array in enumerate(returned):
            others = [*returned[:i], *inputs, *program.parameters.values()]
            assert not any(np.shares_memory(array, other) for other in others)
            array += 1.0  # nor is it read-only


def test_gradients_by_an_input_that_are_another_input():
    x, y = leaves(3), leaves(3)
    program = vectorize(dot(x, y), {"X": x, "Y": y}, with_respect_to="X")
    X, Y = np.arange(12.0).reshape(2, 2, 3)
    assert program(X, Y)[1].tolist() == Y.tolist()


def test_wrong_leaves():
    x, w, b = [Value(1, "x")], [Value(2, "w")], Value(3, "b")
    z = affine(w, x, b)
    with pytest.raises(ValueError, match=r"depends on Value\(3.0, 'b'.*neither inputs nor param"):
        vectorize(z, {"X": x}, {"w": w})
    with pytest.raises(ValueError, match=r"'w'.* is both w\[0\] and v\[0\]\[1\]"):
        vectorize(z, {"X": x}, {"w": w, "v": [[b, w[0]]]})
    with pytest.raises(ValueError, match="X is the name of two arrays"):
        vectorize(z, {"X": x}, {"X": w, "b": b})
    with pytest.raises(ValueError, match=r"Z holds Value.*made by affine"):
        vectorize(z, {"X": x, "Z": [z]}, {"w": w, "b": b})
    with pytest.raises(ValueError, match=r"rows of W differ.*W\[0\] has \(1,\), W\[1\] \(2,\)"):
        vectorize(z, {"X": x}, {"W": [w, [b, Value(1)]]})
    with pytest.raises(ValueError, match="W holds no Value"):
        vectorize(z, {"X": x}, {"W": []})
    for wrong in (1.0, "w", {"w": w}):
        with pytest.raises(TypeError, match=r"W\[0\] is made of Values"):
            vectorize(z, {"X": x}, {"W": [wrong]})
    with pytest.raises(ValueError, match="with_respect_to='w' is not one of the inputs: X"):
        vectorize(z, {"X": x}, {"w": w, "b": b}, with_respect_to="w")
    with pytest.raises(TypeError, match="a Value is needed"):
        vectorize(3.0, {"X": x})
    with pytest.raises(TypeError, match="inputs must map names to Values, not be a list"):
        vectorize(z, x, {"w": w, "b": b})
    with pytest.raises(TypeError, match="inputs must map names to Values, not be a MLP"):
        vectorize(z, MLP(1, [1], seed=1))
    with pytest.raises(TypeError, match="the names of inputs must be strings, not 1"):
        vectorize(z, {1: x}, {"w": w, "b": b})


def test_the_collector_is_left_as_it_was():
    import gc

    gc.disable()
    try:
        digits()
        assert not gc.isenabled()
    finally:
        gc.enable()
    digits()
    assert gc.isenabled()


def test_importing_autograd_does_not_import_numpy():
    script = "import autograd, sys; assert 'numpy' not in sys.modules; autograd.vectorize"
    root = os.path.dirname(os.path.dirname(autograd.__file__))
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)


def test_one_unit_of_a_sigmoid_layer_from_a_list_of_one():
    x, w, b = leaves(2), leaves(2), leaves()
    program = vectorize([sigmoid(affine(w, x, b))], {"X": x}, {"w": w, "b": b})
    assert program(np.zeros((3, 2)))[0] == pytest.approx(sigmoid(b.data))


JAX = """
import os
import pickle
os.environ.update(XLA_FLAGS="--xla_force_host_platform_device_count=8", JAX_ENABLE_X64="1")
os.environ["JAX_PLATFORMS"] = "cpu"
import sys
sys.path[:0] = [".", "tests"]
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from autograd import softmax_cross_entropy_with_logits, vectorize
from nn import MLP
from vectorized import leaves

model = MLP(6, [5, 3], activation="sigmoid", seed=1)
x, y = leaves(6), leaves(3)
loss = softmax_cross_entropy_with_logits(y, model(x))
generator = np.random.default_rng(0)
X, Y = generator.normal(size=(16, 6)), np.eye(3)[generator.integers(0, 3, 16)]
expected = vectorize(loss, {"X": x, "Y": y}, model.named_parameters())(X, Y)
program = vectorize(loss, {"X": x, "Y": y}, model.named_parameters(), namespace=jax.numpy)
step = jax.jit(program.function)
assert len(jax.devices()) == 8
rows = NamedSharding(Mesh(jax.devices(), ("examples",)), PartitionSpec("examples"))
sharded = jax.device_put(X, rows), jax.device_put(Y, rows)
assert len(sharded[0].sharding.device_set) == 8
for cost, grads in (
    program(X, Y),
    program(X, Y.argmax(1)),
    program(X, Y, check=True),
    step(X, Y, *program.parameters.values()),
    step(*sharded, *program.parameters.values()),
):
    np.testing.assert_allclose(cost, expected[0], rtol=1e-13)
    for name, gradient in grads.items():
        np.testing.assert_allclose(gradient, expected[1][name], rtol=1e-12, atol=1e-15)
print("agreed")
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_jax_jits_the_program_and_shards_it_over_eight_devices():
    root = os.path.dirname(os.path.dirname(autograd.__file__))
    command = [sys.executable, "-c", JAX]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "agreed\n"


@pytest.mark.parametrize("key", ['W"', 'x": print(1), "', "it's", "\\N", "a\nb", "ﬁ", "x²", "é"])
def test_any_name_is_a_key_and_no_code(key):
    w, x, other = Value(2.0), Value(3.0), Value(5.0)
    inputs = {"X": x}
    program = vectorize(w * x + other, inputs, {key: w, "fi": other, "x2": Value(1.0)})
    cost, grads = program([3.0, 4.0])
    assert cost == 12.0  # the mean of 2·3 + 5 and 2·4 + 5
    assert grads == {key: 3.5, "fi": 1.0, "x2": 0.0}


def test_print_shows_the_text_and_repr_what_it_takes():
    x, w = Value(0.5), Value(2.0)
    program = vectorize(w * x, {"x": x}, {"w": w})
    assert str(program) == program.source
    assert repr(program) == "<program cost_and_gradients(x, w), 2 lines: print it to read it>"
    outputs = vectorize([w * x, w], {"x": x}, {"w": w})
    assert repr(outputs).startswith("<program outputs(x, w), ")


def test_inputs_are_taken_by_their_names_too():
    x, y, w = Value(0.5), Value(1.0), Value(2.0)
    program = vectorize((w * x - y) ** 2, {"X": x, "Y": y}, {"w": w})
    cost, gradients = program([1.0, 2.0], [3.0, 5.0])
    for found in (program(Y=[3.0, 5.0], X=[1.0, 2.0]), program([1.0, 2.0], Y=[3.0, 5.0])):
        assert (found[0], found[1]["w"]) == (cost, gradients["w"])


@pytest.mark.parametrize(
    ("inputs", "named", "said"),
    [
        ((), {"X": [1.0], "Z": [1.0]}, "the program has no input 'Z': it takes X, Y"),
        (([1.0],), {"X": [1.0]}, "X is given twice: by its place and by its name"),
        ((), {"Y": [1.0]}, "the program takes X, Y: X is missing"),
    ],
)
def test_names_that_do_not_fit_are_refused(inputs, named, said):
    x, y, w = Value(0.5), Value(1.0), Value(2.0)
    program = vectorize((w * x - y) ** 2, {"X": x, "Y": y}, {"w": w})
    with pytest.raises(TypeError, match=f"^{said}$"):
        program(*inputs, **named)
