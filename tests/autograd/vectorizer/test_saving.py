"""Saved and pickled programs: the same results, whole files or none, and class labels."""

import copy
import os
import pickle
import runpy
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from vectorized import flat, leaves

import autograd
from autograd import (
    Value,
    affine,
    dot,
    sigmoid,
    softmax_cross_entropy_with_logits,
    tanh,
    total,
    vectorize,
)
from autograd.vectorizer import ProofError, candidates
from autograd.vectorizer.running import program, saving
from nn import MLP

ROOT = os.path.dirname(os.path.dirname(autograd.__file__))


def digits():
    model = MLP(4, [3, 3], activation="tanh", seed=1)
    x, y = leaves(4), leaves(3)
    loss = softmax_cross_entropy_with_logits(y, model(x))
    return vectorize(loss, {"X": x, "Y": y}, model.named_parameters())


def line(slope=2.0):
    x, w, b = leaves(2), [Value(slope), Value(-1.0)], Value(0.5)
    return vectorize(tanh(affine(w, x, b)), {"X": x}, {"w": w, "b": b})


X = np.random.default_rng(0).normal(size=(5, 4))
LABELS = [0, 2, 1, 1, 0]


def run(path, *inputs, **parameters):
    saved = runpy.run_path(os.fspath(path))
    arguments = saved["parameters"] | parameters
    return saved["cost_and_gradients"](*inputs, *arguments.values())


def same(found, expected):
    assert found[0] == expected[0]
    assert list(found[1]) == list(expected[1])
    for key, array in expected[1].items():
        np.testing.assert_array_equal(found[1][key], array)


# --- the arguments of a saved program ---


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        tuple(LABELS),
        np.array(LABELS),
        np.array(LABELS, np.int8),
        np.array(LABELS, np.uint64),
        np.eye(3)[LABELS],
        np.eye(3, dtype=int)[LABELS].tolist(),
        np.eye(3)[LABELS].astype(object),
    ],
)
def test_saved_programs_take_class_labels_as_programs_do(tmp_path, labels):
    made = digits()
    made.save(tmp_path / "saved")
    same(run(tmp_path / "saved.py", X, labels), made(X, labels))


@pytest.mark.parametrize(
    "labels",
    [
        [0, 2, 1, 1, 3],
        [0, 2, 1, 1, -1],
        [0.0, 2.0, 1.0, 1.0, 0.0],
        [True, False, True, True, True],
        [0, 1],
        np.eye(3)[[0, 1]],
        np.ones((5, 3, 1)),
        np.ones((5, 4)),
        1,
        ["a"] * 5,
        np.ones((5, 3)) * 1j,
        [],
    ],
)
def test_saved_programs_refuse_what_programs_refuse(tmp_path, labels):
    made = digits()
    made.save(tmp_path / "saved")
    with pytest.raises((ValueError, TypeError)) as expected:
        made(X, labels)
    with pytest.raises(expected.type, match="Y"):
        run(tmp_path / "saved.py", X, labels)


def test_saved_programs_take_lists_integers_and_half_the_digits(tmp_path):
    x, w = Value(2.0), Value(0.5)
    made = vectorize(w * x**-1, {"x": x}, {"w": w})
    made.save(tmp_path / "saved")
    assert run(tmp_path / "saved.py", [1, 2], w=2)[0] == made([1, 2])[0] * 4 == 1.5
    assert run(tmp_path / "saved.py", np.ones(2, "float32"), w=np.float32(2))[0].dtype == "float32"
    for wrong in (1.0, [[1.0]], []):
        with pytest.raises(ValueError, match="x has shape"):
            run(tmp_path / "saved.py", wrong)
    with pytest.raises(ValueError, match=r"w has shape \(1,\), but \(\) is needed"):
        run(tmp_path / "saved.py", [1.0], w=[2.0])


def test_saved_programs_of_a_whole_batch_and_by_an_input(tmp_path):
    x, w = leaves(3, 2), leaves(2)
    loss = total([dot(w, row) ** 2 for row in x])
    whole = vectorize(loss, {"X": x}, {"w": w}, whole_batch=True)
    whole.save(tmp_path / "whole")
    same(run(tmp_path / "whole.py", np.ones((3, 2))), whole(np.ones((3, 2))))
    [row, *_] = x
    by_input = vectorize(dot(w, row) ** 2, {"X": row}, {"w": w}, with_respect_to="X")
    by_input.save(tmp_path / "by_input")
    found, expected = run(tmp_path / "by_input.py", X[:, :2]), by_input(X[:, :2])
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_a_program_without_arguments_is_saved(tmp_path):
    made = vectorize(Value.constant(3.0) * 2, {})
    made.save(tmp_path / "saved")
    assert runpy.run_path(os.fspath(tmp_path / "saved.py"))["cost_and_gradients"]() == made()


def test_a_leaf_may_have_any_name_that_the_module_uses(tmp_path):
    names = ["as_floats", "shapes", "saved", "parameters", "parameter_names", "Path", "file"]
    p, x = leaves(len(names)), leaves(2)
    loss = sum(sigmoid(pi * x[0] + x[1]) for pi in p)
    made = vectorize(loss, {"arrays": x}, dict(zip(names, p, strict=True)))
    made.save(tmp_path / "saved")
    same(run(tmp_path / "saved.py", X[:, :2]), made(X[:, :2]))


# --- the files ---


@pytest.mark.parametrize(
    ("path", "module", "arrays"),
    [
        ("digits", "digits.py", "digits.npz"),
        ("digits.py", "digits.py", "digits.npz"),
        ("digits.npz", "digits.py", "digits.npz"),
        ("lr_0.1", "lr_0.1.py", "lr_0.1.npz"),
        ("lr_0.15.py", "lr_0.15.py", "lr_0.15.npz"),
        ("v1.tar", "v1.tar.py", "v1.tar.npz"),
        (".hidden", ".hidden.py", ".hidden.npz"),
        (".py", ".py.py", ".py.npz"),
        ("ziffern größer 損失.1", "ziffern größer 損失.1.py", "ziffern größer 損失.1.npz"),
        ("with spaces '\".2", "with spaces '\".2.py", "with spaces '\".2.npz"),
        ("n" * 250, "n" * 250 + ".py", "n" * 250 + ".npz"),
    ],
)
def test_endings_are_added_to_names(tmp_path, path, module, arrays):
    made = line()
    made.save(tmp_path / path)
    assert sorted(os.listdir(tmp_path)) == sorted([module, arrays])
    same(run(tmp_path / module, X[:, :2]), made(X[:, :2]))


def test_two_learning_rates_are_two_programs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = line(1.0), line(3.0)
    first.save("lr_0.1")
    second.save(Path("lr_0.15"))
    same(run("lr_0.1.py", X[:, :2]), first(X[:, :2]))
    same(run("lr_0.15.py", X[:, :2]), second(X[:, :2]))


@pytest.mark.parametrize("path", ["", ".", "..", "/"])
def test_a_folder_is_no_name_for_a_program(path):
    with pytest.raises(ValueError, match="is a folder: add a name"):
        line().save(path)


def files_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_a_saved_program_is_replaced_by_another(tmp_path):
    line(1.0).save(tmp_path / "saved")
    os.chmod(tmp_path / "saved.py", 0o600)
    other = line(3.0)
    other.save(tmp_path / "saved")
    same(run(tmp_path / "saved.py", X[:, :2]), other(X[:, :2]))
    assert os.stat(tmp_path / "saved.py").st_mode & 0o777 == 0o600
    assert len(os.listdir(tmp_path)) == 2


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    for ending in ("py", "npz"):
        (tmp_path / f"saved.{ending}").symlink_to(tmp_path / "real" / f"there.{ending}")
    made = line()
    made.save(tmp_path / "saved")
    assert (tmp_path / "saved.py").is_symlink()
    same(run(tmp_path / "real" / "there.py", X[:, :2]), made(X[:, :2]))


@pytest.mark.parametrize("blocked", ["py", "npz"])
@pytest.mark.parametrize("before", [False, True])
def test_where_one_file_cannot_be_written_neither_is(tmp_path, blocked, before):
    other = {"py": "npz", "npz": "py"}[blocked]
    if before:
        line(1.0).save(tmp_path / "saved")
        (tmp_path / f"saved.{blocked}").unlink()
    (tmp_path / f"saved.{blocked}").mkdir()  # no file can take this name
    held = files_of(tmp_path)
    with pytest.raises(OSError, match=r"cannot save .*saved: .+"):
        line(3.0).save(tmp_path / "saved")
    assert files_of(tmp_path) == held
    assert (f"saved.{other}" in held) == before


@pytest.mark.parametrize("call", [1, 2])
def test_a_disk_that_is_full_leaves_what_was_there(tmp_path, monkeypatch, call):
    line(1.0).save(tmp_path / "saved")
    held, right, calls = files_of(tmp_path), Path.write_bytes, []

    def write(self, content):
        calls.append(self)
        if len(calls) == call:
            right(self, content[:10])
            raise OSError(28, "No space left on device")
        return right(self, content)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(OSError, match=r"cannot save .*saved: No space left on device"):
        line(3.0).save(tmp_path / "saved")
    assert files_of(tmp_path) == held


def test_a_save_that_is_interrupted_leaves_what_was_there(tmp_path, monkeypatch):
    line(1.0).save(tmp_path / "saved")
    held, right, calls = files_of(tmp_path), Path.replace, []

    def replace(self, target):
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return right(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        line(3.0).save(tmp_path / "saved")
    assert files_of(tmp_path) == held


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot save .*nowhere.*saved: No such file"):
        line().save(tmp_path / "nowhere" / "saved")


def test_parameters_that_do_not_fit_are_not_saved(tmp_path):
    made = line()
    made.parameters["w"] = np.ones(3)
    with pytest.raises(ValueError, match=r"\['w'\] has shape \(3,\)"):
        made.save(tmp_path / "saved")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("np.tanh", "np.sinh", "returns other numbers"),
        ('"w": dw', '"v": dw', "returns other numbers"),
        ("return", "returns", "raises SyntaxError"),
        ("np.tanh", "np.tan_h", "raises AttributeError"),
    ],
)
def test_what_save_writes_is_run_before_it_is_kept(tmp_path, monkeypatch, old, new, said):
    right = saving.module
    monkeypatch.setattr(saving, "module", lambda *arguments: right(*arguments).replace(old, new))
    with pytest.raises(ProofError, match=f"saved module {said}.*nothing was written"):
        line().save(tmp_path / "saved")
    assert not os.listdir(tmp_path)


def test_a_saved_program_may_hold_nan(tmp_path):
    made = line()
    made.parameters["b"] = np.nan
    made.save(tmp_path / "saved")
    assert np.isnan(run(tmp_path / "saved.py", X[:, :2])[0])


# --- pickles and copies ---


def by_levels(monkeypatch):
    monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)


def programs(monkeypatch):
    x, W = leaves(6), leaves(4, 6)
    yield line(), [X[:, :2]]
    yield digits(), [X, LABELS]
    rows = [*W[::2], *[row[::-1] for row in W[1::2]]]
    loss = total([tanh(dot(row, x)) for row in rows])
    yield vectorize(loss, {"X": x}, {"W": W}), [np.ones((3, 6))]
    yield vectorize(loss, {"X": x}, {"W": W}, with_respect_to="X"), [np.ones((3, 6))]
    yield vectorize(loss, {"X": x}, {"W": W}, whole_batch=True), [np.ones(6)]
    by_levels(monkeypatch)
    yield vectorize(loss, {"X": x}, {"W": W}), [np.ones((3, 6))]


def equal(found, expected):
    np.testing.assert_array_equal(found[0], expected[0])
    if isinstance(expected[1], dict):
        same(found, expected)
    else:
        np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize(
    "copied",
    [
        *[
            lambda made, protocol=protocol: pickle.loads(pickle.dumps(made, protocol))
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ],
        copy.copy,
        copy.deepcopy,
    ],
)
def test_programs_are_pickled_and_copied(copied, monkeypatch, tmp_path):
    for made, inputs in programs(monkeypatch):
        made(*inputs, check=True)
        other = copied(made)
        assert other.source == made.source
        equal(other(*inputs), made(*inputs))
        equal(other(*inputs, check=True), made(*inputs))
        equal(copied(other)(*inputs), made(*inputs))
        other.save(tmp_path / "saved")
        assert other.statements == made.statements


def test_a_deep_copy_has_parameters_of_its_own():
    made = line()
    other = copy.deepcopy(made)
    other.parameters["w"] += 1.0
    assert other.parameters["w"].tolist() == [3.0, 0.0]
    assert made.parameters["w"].tolist() == [2.0, -1.0]


def test_a_program_is_loaded_in_a_new_process(tmp_path):
    made = digits()
    made.parameters["b1"] = np.array([1.0, 2.0, 3.0])
    (tmp_path / "program.pickle").write_bytes(pickle.dumps(made))
    script = f"""
import pickle, sys
sys.path.insert(0, {ROOT!r})
with open("program.pickle", "rb") as file:
    program = pickle.load(file)
cost, grads = program({X.tolist()}, {LABELS})
print(repr(float(cost)), float(grads["W1"].sum()))
program.save("again")
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    cost, grads = made(X, LABELS)
    assert done.stdout.split() == [repr(float(cost)), str(float(grads["W1"].sum()))]
    same(run(tmp_path / "again.py", X, LABELS), (cost, grads))


def test_another_namespace_is_pickled_by_its_name(monkeypatch):
    other = types.ModuleType("other_numpy")
    vars(other).update({name: getattr(np, name) for name in dir(np) if name[:2] != "__"})
    monkeypatch.setitem(sys.modules, "other_numpy", other)
    x, w = Value(1.0), Value(2.0)
    made = pickle.loads(pickle.dumps(vectorize(tanh(w * x), {"x": x}, {"w": w}, namespace=other)))
    assert made._namespace is other
    assert made([0.5])[0] == np.tanh(1.0)
    held = types.SimpleNamespace(**vars(other))  # a namespace that is no module is kept itself
    kept = copy.copy(vectorize(tanh(w * x), {"x": x}, {"w": w}, namespace=held))
    assert kept._namespace is held


# --- what a program returns ---


def returned(made, *inputs):
    cost, grads = made(*inputs)
    return [cost, *(grads.values() if isinstance(grads, dict) else [grads])]


@pytest.mark.parametrize("levels", [False, True])
def test_what_is_returned_can_be_changed_in_place(levels, monkeypatch):
    if levels:
        by_levels(monkeypatch)
    x, y, w, W = Value(2.0), leaves(3), leaves(3), leaves(2, 2)
    per_example, rows, whole = np.array([1.0, 2.0]), np.ones((2, 3)), np.array(1.0)
    for made, inputs in [
        (vectorize(total(w) * x, {"x": x}, {"w": w}), [per_example]),
        (vectorize(total(w) * x, {"x": x}, {"w": w}, whole_batch=True), [whole]),
        (vectorize(total(w) + x, {"x": x}, {"w": w}, whole_batch=True), [whole]),
        (
            vectorize(total(w), {"x": x, "w": w}, with_respect_to="w"),
            [per_example, np.ones((2, 3))],
        ),
        (vectorize(total(w), {"x": x}, {"w": w}, with_respect_to="x"), [per_example]),
        (vectorize(total(flat(W)) * x, {"x": x}, {"W": W}), [per_example]),
        (vectorize(dot(w, y), {"Y": y}, {"w": w}, with_respect_to="Y"), [rows]),
        (vectorize(total(y), {"Y": y}, {"w": w}), [rows]),
        (vectorize(x, {"x": x}, with_respect_to="x"), [per_example]),
        (vectorize(x + 0, {"x": x}, {"w": w}, whole_batch=True), [whole]),
    ]:
        expected = [np.copy(each) for each in returned(made, *inputs)]
        for each in returned(made, *inputs):
            each *= 0.5
            if isinstance(each, np.ndarray):
                each[...] = 7.0
        for again, right in zip(returned(made, *inputs), expected, strict=True):
            np.testing.assert_array_equal(again, right)


def test_the_cost_is_a_number_in_every_program(monkeypatch):
    plain = [line(), digits()]
    by_levels(monkeypatch)
    for made, other, inputs in zip(
        plain, [line(), digits()], [[X[:, :2]], [X, LABELS]], strict=True
    ):
        assert "V1" in other.source
        assert type(other(*inputs)[0]) is type(made(*inputs)[0]) is np.float64
        assert {k: type(g) for k, g in other(*inputs)[1].items()} == {
            k: type(g) for k, g in made(*inputs)[1].items()
        }
    assert program.Program is type(plain[0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "cost_and_gradients(X, w, b): the cost, and its derivatives by w, b."),
        (
            {"with_respect_to": "X"},
            "cost_and_gradients(X, w, b): the loss of each example, and its derivatives by X.",
        ),
        ({"forward_only": True}, "outputs(X, w, b): the outputs of m examples, a row for each."),
    ],
)
def test_a_saved_module_says_what_it_is(options, said, tmp_path):
    x, w, b = leaves(2), leaves(2), Value(0.5)
    program = vectorize(tanh(affine(w, x, b)), {"X": x}, {"w": w, "b": b}, **options)
    program.save(tmp_path / "step")
    saved = runpy.run_path(os.fspath(tmp_path / "step.py"))
    assert saved["__doc__"].splitlines()[:5] == [
        said,
        "",
        "- X: array of m × 2",
        "- w: array of 2, a parameter",
        "- b: number, a parameter",
    ]


def test_a_module_without_arguments_says_so(tmp_path):
    program = vectorize(Value.constant(2.0), {})
    program.save(tmp_path / "step")
    saved = runpy.run_path(os.fspath(tmp_path / "step.py"))
    assert (
        saved["__doc__"].splitlines()[0] == "cost_and_gradients(): the cost, and its derivatives."
    )
