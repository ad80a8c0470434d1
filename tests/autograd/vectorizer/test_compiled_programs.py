"""Programs as C return what they return in NumPy, and raise what they raise."""

from __future__ import annotations

import copy
import os
import pickle
import re
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recurrences import RECURRENCES
from vectorized import TOLERANCE, flat, leaves
from windows import attention, convolution, image

from autograd import (
    Value,
    binary_cross_entropy_with_logits,
    dot,
    maximum,
    softmax,
    tanh,
    vectorize,
)
from autograd.primitives import TABLE, Primitive
from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer.compiling import building
from autograd.vectorizer.compiling.arrays import LoweringError
from autograd.vectorizer.compiling.building import CompilerError
from autograd.vectorizer.compiling.calling import CompiledProgram
from autograd.vectorizer.compiling.proof import difference, require_same, results
from autograd.vectorizer.formulas.statements import Body, Loop, OutputArray, Statement
from autograd.vectorizer.formulas.trees import Word, parsed, replaced
from autograd.vectorizer.proving.proof import ProofError
from autograd.vectorizer.recording.leaves import LeafArray
from autograd.vectorizer.running.program import Program
from nn import MLP

HERE = Path(__file__).parents[3]

# What needs no compiler of its own is tested without one, too.
pytestmark = pytest.mark.skipif(
    not (shutil.which("cc") or shutil.which("gcc")), reason="no C compiler is here"
)


def logistic_regression(features=30, *, listed=False):
    x, w = leaves(features), leaves(features, seed=1)
    b, y = leaves(), leaves(seed=2)
    loss = binary_cross_entropy_with_logits(y, dot(w, x) + b)
    return vectorize(loss, {"x": x, "y": [y] if listed else y}, {"w": w, "b": b})


def network(sizes=(2, 16, 16, 1), activation="relu"):
    model = MLP(sizes[0], list(sizes[1:]), activation=activation, seed=1)
    x, y = leaves(sizes[0]), leaves(sizes[-1])
    loss = sum([(a - t) ** 2 for a, t in zip(model(x), y, strict=True)])
    return vectorize(loss, {"X": x, "Y": y}, model)


def rosenbrock(n=20):
    x = leaves(n)
    loss = sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(n - 1))
    return vectorize(loss, {"X": x}, with_respect_to="X")


def inputs(program, examples, seed=0):
    generator = np.random.default_rng(seed)
    shapes = [(examples,) * a.per_example + a.shape for a in program.leaves if not a.parameter]
    return [generator.normal(size=shape) for shape in shapes]


def assert_same(found, expected, sizes=None):
    """The same arrays, up to a few hundred roundings of what went into them."""
    found, expected = results(found), results(expected)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.shape(ours) == np.shape(theirs)
        finite = np.abs(theirs)[np.isfinite(theirs)]
        size = np.max(finite, initial=0.0) if sizes is None else sizes
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=100 * TOLERANCE * size)


def assert_agrees(program, batches=(1, 5, 64, 130)):
    compiled = program.compiled()
    for examples in batches:
        arrays = inputs(program, examples)
        with np.errstate(all="ignore"):
            expected = program(*arrays)
        found = compiled(*arrays)
        assert_same(found, expected)
        if isinstance(expected, tuple) and isinstance(expected[-1], dict):
            assert list(found[1]) == list(expected[1])
    return compiled


# --- programs of all kinds ---

PROGRAMS = {
    "logistic regression": logistic_regression,
    "a target in a list": lambda: logistic_regression(listed=True),
    "2-16-16-1": network,
    "7-5-3-2 of tanh": lambda: network((7, 5, 3, 2), "tanh"),
    "Rosenbrock": rosenbrock,
    "convolution": lambda: vectorize(*convolution()),
    "three filters, stride 2": lambda: vectorize(*convolution(filters=3, stride=2)),
    "pooled image": lambda: vectorize(*image(n=8, pool=2)),
    "attention": lambda: vectorize(*attention()),
    "two heads": lambda: vectorize(*attention(heads=2)),
    **{name: lambda make=make: vectorize(*make(8)) for name, make in RECURRENCES.items()},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_returns_the_same_as_c(name):
    assert_agrees(PROGRAMS[name]())


def test_a_gpt_returns_the_same_as_c(monkeypatch):
    """That of the example, with -infinity in its mask."""
    monkeypatch.syspath_prepend(str(HERE / "examples"))
    import gpt

    loss, _, given, parameters = gpt.recorded()
    program = vectorize(loss, given, parameters)
    arrays = gpt.arrays_of(["ada", "grace", "emmy", "sofia"])
    compiled = program.compiled()
    assert_same(compiled(**arrays), program(**arrays))


ROWS = [name for name in TABLE if name not in ("constant", "dot", "affine", "total")]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -2.5, 40.0, -800.0, 1e-200, 1e200]
SPECIAL += [np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("name", ROWS)
def test_each_row_has_the_same_values_everywhere(name):
    """At its samples, at kinks and at the ends, one example each; infinity and nan remain."""
    row = TABLE[name]
    n = row.n_inputs or len(row.samples[0])
    x = [Value(number) for number in row.samples[0]]
    program = vectorize([Value.record(row, x)], {"X": x}, forward_only=True)
    compiled = program.compiled()
    generator = np.random.default_rng(0)
    points = [sample for sample in row.samples if len(sample) == n]
    points += [generator.choice(SPECIAL, n) for _ in range(300)]
    X = np.array(points, float)
    with np.errstate(all="ignore"):
        expected = program(X)
    found = compiled(X)
    known = ~(np.abs(expected) > 1e290) | np.isinf(expected)
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-12, atol=1e-290)


def test_several_losses_are_dicts_of_costs_and_of_gradients():
    x, w = leaves(3), leaves(3, seed=1)
    z = dot(w, x)
    program = vectorize({"square": z**2, "tanh": tanh(z)}, {"x": x}, {"w": w})
    assert_agrees(program)
    costs, gradients = program.compiled()(*inputs(program, 4))
    assert list(costs) == ["square", "tanh"]
    assert [list(each) for each in gradients.values()] == [["w"], ["w"]]
    arrays = [*inputs(program, 4), np.ones(3)]
    assert_same(program.compiled().function(*arrays), program.function(*arrays))
    alone = vectorize({"square": x[0] ** 2}, {"x": x})
    assert list(alone.compiled()(*inputs(alone, 4))[0]) == ["square"]


# --- formulas, one by one ---


def lines_of(text, shapes, *, tables=None, loop=None):
    """A program of lines such as ``U = X + V``, of which the last one is what it returns.

    ``X`` and ``Y`` have examples in their last axis, ``V`` and ``W`` have none.
    """
    leaf_arrays = [
        LeafArray(name, name, tuple(flat(leaves(*shape, seed=name))), shape, name in "XY", False)
        for name, shape in shapes.items()
    ]
    sizes = {name: (*shape, "m") if name in "XY" else shape for name, shape in shapes.items()}
    sizes |= {name: table.shape for name, table in (tables or {}).items()}
    statements = []
    for line in text.split("; "):
        target, formula = line.split(" = ", 1)
        name, _, place = target.partition("[")
        shape = made_by(formula, sizes, tables or {})
        words = {word: Word(word) for word in "mt"}
        where = replaced(parsed(place.removesuffix("]")), words) if place else None
        tree = replaced(parsed(formula), words)
        found = Statement(name, tree, shape, place=where, length=4 if place else 0)
        statements.append(replace(found, loop=loop) if place in ("t]",) else found)
        sizes.setdefault(name, (4, *shape) if place else shape)
    last = statements[-1]
    each = last.shape[-1:] == ("m",)
    output = OutputArray(last.shape[:-1] if each else last.shape, each, None)
    body = Body("m", statements, {"J": last.name}, tables=tables or {})
    return Program(leaf_arrays, {"J": output}, body, np, forward_only=True)


def made_by(formula, sizes, tables):
    """The shape of a formula, with 7 examples, which is no other length here."""
    scope = {"np": np, "m": 7, "t": 1, **tables}
    arrays = {
        name: np.ones([7 if n == "m" else n for n in shape])
        for name, shape in sizes.items()
        if name not in tables
    }
    exec("\n".join(NUMPY_HELPERS.values()), scope)
    shape = np.shape(eval(formula, {**scope, **arrays}))
    return tuple(["m" if n == 7 else n for n in shape])


FORMULAS = [
    ("U = np.sum(X, axis=0)", {"X": (3,)}),
    ("U = np.sum(X, axis=(0, 1), keepdims=True)[0, 0]", {"X": (3, 2)}),
    ("U = np.max(X, axis=1)", {"X": (3, 5)}),
    ("U = np.min(V, axis=-1, keepdims=True) * X", {"X": (3,), "V": (3, 5)}),
    ("U = np.mean(V, axis=0)[:, None] + X", {"X": (3,), "V": (4, 3)}),
    ("U = np.sum(X) / m", {"X": (3,)}),
    ("U = np.mean(X, axis=1)", {"X": (3,)}),
    ("U = np.sum(np.sum(X, axis=1) * V)", {"X": (3,), "V": (3,)}),
    ("U = np.max(V) + X", {"X": (), "V": (5,)}),
    ("U = W @ X", {"W": (3, 4), "X": (4,)}),
    ("U = V @ X", {"V": (4,), "X": (4,)}),
    ("U = X @ Y", {"X": (), "Y": ()}),
    ("U = W.T @ X[1:] @ Y.T", {"W": (3, 4), "X": (4,), "Y": (2,)}),
    ("U = V @ W", {"V": (5, 2, 3), "W": (3, 4)}),
    ("U = V @ W", {"V": (3, 4), "W": (4,)}),
    ("U = W @ V", {"W": (4,), "V": (5, 4, 2)}),
    ("U = np.einsum('km,km->m', X, Y)", {"X": (3,), "Y": (3,)}),
    ("U = np.einsum('im,jm->ijm', X, Y)", {"X": (3,), "Y": (2,)}),
    ("U = np.einsum('ijkm,jkm->im', X, Y)", {"X": (3, 2, 4), "Y": (2, 4)}),
    ("U = np.einsum('aik,akj->aij', V, W)", {"V": (5, 2, 3), "W": (5, 3, 4)}),
    ("U = np.tensordot(V, X, ((0, 2), (1, 0)))", {"V": (2, 5, 3), "X": (3, 2)}),
    ("U = np.tensordot(V, X, (0, 1))", {"V": (2, 5), "X": (3, 2)}),
    ("U = np.stack([X[0], Y[1]])", {"X": (2,), "Y": (3,)}),
    ("U = np.sum(X.T, axis=0)", {"X": (3,)}),
    ("U = np.stack(np.broadcast_arrays(X[0], V[1], 0.5))", {"X": (2,), "V": (3,)}),
    ("U = np.concatenate([X[:1], 2 * Y, X[1:]])", {"X": (3,), "Y": (2,)}),
    ("U = np.concatenate([np.ravel(V), W])", {"V": (2, 3), "W": (4,)}),
    ("U = X.reshape(3, 2, -1)", {"X": (6,)}),
    ("U = X.reshape(6, -1)", {"X": (3, 2)}),
    ("U = V.reshape(-1, 2) + np.full((3, 2), 3.0)", {"V": (2, 3)}),
    ("U = V.T.reshape(6)", {"V": (2, 3)}),
    ("U = np.transpose(X, (1, 0, 2)) - Y[:, None]", {"X": (2, 3), "Y": (3,)}),
    ("U = np.broadcast_to(V[1], (m,)) + np.ones((m,))", {"V": (3,), "X": ()}),
    ("U = np.zeros((2, 3)) + V", {"V": (3,)}),
    ("U = X[::-1] * X[np.arange(3)]", {"X": (3,)}),
    ("U = V[np.arange(2)[:, None], np.arange(3) // 2]", {"V": (2, 2)}),
    ("U = V[np.arange(3) // 2] + V[np.arange(3) // 2]", {"V": (2, 2)}),
    ("U = V[np.arange(2), :, np.arange(2)]", {"V": (2, 3, 2)}),
    ("U = V[-1, np.arange(0, -3, -1)]", {"V": (2, 3)}),
    ("U = X[0].copy()", {"X": (2,)}),
    ("U = -X ** 2 + X ** 3 + 1 / V ** -1 + np.abs(V) ** 0.5 + V ** 1 + 2 ** X", None),
    ("U = np.where(~(X > 0) & (V < 1) | np.isinf(X), X, 2.0 * np.isnan(X))", None),
    ("U = 2.0 * ((X > 0) * (V > 0)) + (X > 0) / (V == V)", {"X": (), "V": ()}),
    ("U = sigmoid(0.5) - sigmoid(X) * sigmoid(-0.5)", {"X": ()}),
    ("U = np.floor(X) * np.sign(V)", None),
    ("U = softmax(X, axis=1)", {"X": (2, 3)}),
    ("U = logsumexp(V, axis=-1) @ X", {"V": (2, 3), "X": (2,)}),
    ("U = X; Z = V; A = U * Z", None),
]


@pytest.mark.parametrize(("text", "shapes"), FORMULAS)
def test_each_formula_is_what_it_is_in_numpy(text, shapes):
    program = lines_of(text, shapes or {"X": (3,), "V": (3, 1)})
    assert_agrees(program, batches=(1, 7, 70))


def test_tables_and_places_in_time_are_looked_up():
    steps = Loop("t", range(1, 4))
    text = (
        "U[0] = X; U[t] = np.tanh(U[t - 1] * V[(np.arange(8) // 2)[t]] + W[I[t]]); A = np.stack(U)"
    )
    tables = {"I": np.array([0, 2, 0, 1])}
    program = lines_of(text, {"X": (), "V": (4,), "W": (3,)}, tables=tables, loop=steps)
    compiled = assert_agrees(program)
    assert "for (Count t = 1; t < 4; t++) {" in compiled.source
    backwards = Loop("t", range(2, -1, -1))
    text = "U[3] = X; U[t] = U[t + 1] * V[2 * t] + N[t]; A = np.stack(U) + N[I][:, None]"
    tables = {"I": np.array([0, 2, 0, 1]), "N": np.array([0.5, np.inf, -1.0])}
    program = lines_of(text, {"X": (), "V": (5,)}, tables=tables, loop=backwards)
    assert "for (Count t = 2; t > -1; t--) {" in assert_agrees(program).source


@pytest.mark.parametrize(
    ("text", "shapes", "problem"),
    [
        ("U = np.cumsum(X)", {"X": (3,)}, "np.cumsum has no loops in C"),
        ("U = np.floor(X, dtype=None)", {"X": (3,)}, "np.floor has no loops in C"),
        ("U = X.clip(0, 1)", {"X": (3,)}, "X.clip(0, 1) has no loops in C"),
        ("U = X - np.sum(X, axis=1)[:, None]", {"X": (3,)}, "needs a sum over all examples"),
        ("U = np.max(X, axis=1)", {"X": (3,)}, "the largest of all examples"),
        ("U = X[:, 0]", {"X": (3,)}, "single examples are taken"),
        ("U = X[:, :1]", {"X": (3,)}, "some examples are taken"),
        ("U = X.reshape(-1)", {"X": (3,)}, "joined with another"),
        ("U = X.reshape(-1, 1)", {"X": ()}, "moved by reshape"),
        ("U = np.einsum('kkm,km->m', X, Y)", {"X": (3, 3), "Y": (3,)}, "a diagonal"),
        ("U = V[V > 0]", {"V": (3,)}, "an index that is computed"),
        ("U = V[np.arange(3) > 1]", {"V": (3,)}, "an index that is no integer"),
        ("U = np.transpose(X, (m - 7, 1))", {"X": (3,)}, "m - 7 is no integer"),
    ],
)
def test_what_has_no_loops_says_why(text, shapes, problem):
    program = lines_of(text, shapes)
    with pytest.raises(LoweringError, match=re.escape(problem)) as error:
        program.compiled()
    assert str(error.value).startswith(f"{program.statements[0]}\nhas no loops in C: ")


@pytest.mark.parametrize(
    ("formula", "problem"),
    [
        ("V + W", "shapes (3,), (4,) do not fit"),
        ("V @ W", "axes of 3 and 4 do not fit"),
        ("V @ 2", "a matrix product of a number"),
        ("V[3]", "an index is outside of an axis of 3"),
        ("np.ones((3, 2, 2))", "the shape is (3, 2, 2), not (2, 2)"),
        ("V + Q", "Q has no loops in C"),
    ],
)
def test_what_numpy_refuses_has_no_loops_either(formula, problem):
    program = lines_of("U = np.zeros((2, 2))", {"V": (3,), "W": (4,)})
    program.statements = (replace(program.statements[0], tree=parsed(formula)),)
    with pytest.raises(LoweringError, match=re.escape(problem)):
        program.compiled()


def test_examples_are_not_summed_within_a_loop():
    text = "U[0] = V; U[t] = U[t - 1] + np.sum(X); A = np.stack(U)"
    program = lines_of(text, {"X": (), "V": ()}, loop=Loop("t", range(1, 4)))
    with pytest.raises(LoweringError, match="summed within a loop over time"):
        program.compiled()


# --- how it is called ---


@pytest.fixture(scope="module")
def both():
    program = logistic_regression(3)
    return program, program.compiled()


@pytest.mark.parametrize(
    "given",
    [
        lambda: ([[1, 2, 3], [4, 5, 6]], [0, 1]),
        lambda: (np.ones((4, 3), np.float32), np.ones(4)),
        lambda: (np.asfortranarray(np.arange(12.0).reshape(4, 3)), np.ones(4)),
        lambda: (np.arange(24.0).reshape(4, 6)[:, ::2], np.ones(8)[::2]),
        lambda: (np.ones((2, 3), int), np.array([True, False])),
        lambda: (np.arange(6.0).reshape(2, 3).astype(">f8"), np.ones(2)),
    ],
)
def test_it_takes_whatever_the_program_takes(both, given):
    program, compiled = both
    assert_same(compiled(*given()), program(*given()), sizes=1e4)


def test_inputs_have_names_and_classes_are_rows(both):
    program, compiled = both
    X, y = np.ones((2, 3)), np.ones(2)
    assert_same(compiled(y=y, x=X), program(X, y))
    logits = leaves(3)
    target = leaves(3, seed=1)
    loss = sum([t * z for t, z in zip(target, softmax(logits), strict=True)])
    classes = vectorize(loss, {"Z": logits, "Y": target}, with_respect_to="Z")
    given = np.ones((2, 3)), np.array([0, 2])
    assert_same(classes.compiled()(*given), classes(*given))


@pytest.mark.parametrize(
    "call",
    [
        lambda f: f(np.ones((2, 3))),
        lambda f: f(np.ones((2, 4)), np.ones(2)),
        lambda f: f(np.ones((2, 3)), np.ones(3)),
        lambda f: f(np.ones((0, 3)), np.ones(0)),
        lambda f: f([["a", "b", "c"]], [1.0]),
        lambda f: f(np.ones((2, 3)), np.ones(2), np.ones(2)),
        lambda f: f(np.ones((2, 3)), z=np.ones(2)),
        lambda f: f(np.full((2, 3), np.nan), np.ones(2), check=True),
    ],
)
def test_its_errors_are_those_of_the_program(both, call):
    program, compiled = both
    with pytest.raises((TypeError, ValueError, FloatingPointError)) as expected:
        call(program)
    with pytest.raises(expected.type, match=f"^{re.escape(str(expected.value))}$"):
        call(compiled)


def test_wrong_parameters_are_named(both):
    program, compiled = both
    held = dict(program.parameters)
    arrays = np.ones((2, 3)), np.ones(2)
    try:
        for wrong in ({"w": np.ones(4)}, {"v": np.ones(3)}, {"w": None}):
            program.parameters = {**held, **wrong}
            with pytest.raises(ValueError, match=r"program\.parameters") as expected:
                program(*arrays)
            with pytest.raises(ValueError, match=re.escape(str(expected.value))):
                compiled(*arrays)
        program.parameters = {**held, "w": [1, 2, 3]}  # numbers that are no plain array
        assert_same(compiled(*arrays), program(*arrays))
    finally:
        program.parameters = held


def test_it_computes_with_the_parameters_of_the_program(both):
    program, compiled = both
    arrays = inputs(program, 4)
    before = compiled(*arrays)[0]
    program.parameters["w"] = program.parameters["w"] + 1.0
    assert compiled(*arrays)[0] != before
    assert_same(compiled(*arrays), program(*arrays))


def test_results_are_arrays_of_their_own_and_inputs_stay(both):
    program, compiled = both
    arrays = inputs(program, 4)
    copies = copy.deepcopy(arrays)
    _, gradients = compiled(*arrays)
    gradients["w"] += 1.0
    assert_same(compiled(*arrays), program(*arrays))
    assert all(map(np.array_equal, arrays, copies))
    assert type(compiled(*arrays)[0]) is np.float64


def test_the_function_is_pure_and_says_what_is_wrong(both):
    program, compiled = both
    arrays = [*inputs(program, 4), np.ones(3), 2.0]
    assert_same(compiled.function(*arrays), program.function(*arrays))
    with pytest.raises(ValueError, match="mismatch"):
        compiled.function(np.ones((4, 2)), *arrays[1:])


def test_a_copy_and_a_pickle_compute_the_same(both):
    program, compiled = both
    arrays = inputs(program, 4)
    for twin in (copy.copy(compiled), pickle.loads(pickle.dumps(compiled))):
        assert isinstance(twin, CompiledProgram)
        assert_same(twin(*arrays), compiled(*arrays))


def test_the_source_can_be_read(both):
    """A product, a line of loops with the lines that are joined to it, and a sum."""
    source = both[1].source
    assert source.startswith("/* cost_and_gradients(x, y, w, b), written by glassgrad. */")
    assert "// Z = w @ x + b\n" in source
    assert "set_product(1, block, 3, &w[0], 0, 1, &x_b[0], 1, 3, &Z_1[0], 0, 1);" in source
    assert "dZ[i0] = A_here - y_b[i0];" in source


def test_names_of_any_kind_become_names_in_c():
    long, i0, greek = leaves(2), leaves(), leaves()
    loss = (dot(long, [i0, greek]) - 1.0) ** 2
    program = vectorize(loss, {"long": long}, {"i0": i0, "λ": greek, 'a"b': leaves()})
    assert_agrees(program)
    x, b = leaves(2), leaves(2, seed=1)  # the examples of a block are called X_b
    assert_agrees(vectorize(dot(x, b) ** 2, {"X": x}, {"X_b": b}))


# --- building ---

PROGRAM = """
import sys
sys.path[:0] = {paths}
import numpy as np
from test_compiled_programs import network
program = network((3, 4, 1))
X, Y = np.ones((5, 3)), np.ones((5, 1))
print(float(program.compiled()(X, Y)[0]), float(program(X, Y)[0]))
"""


def test_processes_may_build_the_same_at_once(tmp_path):
    paths = [str(path) for path in (HERE, HERE / "tests", Path(__file__).parent)]
    environment = {**os.environ, "GLASSGRAD_CACHE": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(paths=paths)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    printed = [process.communicate()[0].split() for process in processes]
    assert printed[0] == printed[1]
    assert float(printed[0][0]) == pytest.approx(float(printed[0][1]), rel=1e-12)
    assert len(list(tmp_path.glob("*/*"))) == 1  # and no drafts are left


def test_threads_compute_side_by_side(both):
    program, compiled = both
    batches = [inputs(program, 500, seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        for found, arrays in zip(pool.map(lambda x: compiled(*x), batches), batches, strict=True):
            assert_same(found, program(*arrays))


def test_what_was_built_is_not_built_again(monkeypatch, both):
    program, compiled = both
    monkeypatch.setattr(building, "_build", None)
    assert program.compiled().source == compiled.source
    monkeypatch.setattr(building, "_loaded", {})  # as in another process
    assert_same(program.compiled()(*inputs(program, 3)), program(*inputs(program, 3)))


def test_the_folder_is_the_one_of_the_user_for_caches(monkeypatch, tmp_path):
    monkeypatch.delenv("GLASSGRAD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert building.folder() == tmp_path / "glassgrad"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert building.folder() == Path.home() / ".cache" / "glassgrad"


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(building, "_loaded", {})
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("")
    with pytest.raises(CompilerError, match=r"cannot be kept in .*file.*Set GLASSGRAD_CACHE"):
        logistic_regression(2).compiled()


def test_without_a_compiler_the_program_goes_on_in_numpy(monkeypatch, tmp_path):
    program = logistic_regression(2)
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path))
    monkeypatch.setattr(building, "_loaded", {})
    monkeypatch.setenv("CC", "no-compiler")
    with pytest.raises(CompilerError, match=r"needs a C compiler.* runs in NumPy"):
        program.compiled()
    monkeypatch.setitem(sys.modules, "setuptools", None)
    with pytest.raises(CompilerError, match="pip install setuptools"):
        program.compiled()
    assert list(tmp_path.iterdir()) == []
    assert np.isfinite(program(*inputs(program, 2))[0])


# --- what has no loops, and what is wrong ---


@pytest.fixture
def odd():
    yield Primitive(
        "odd",
        "x, by a function that has no loops in C.",
        family="activation",
        value=lambda x: x,
        slopes=lambda y, x: (1.0,),
        numpy="np.real({0})",
        javascript="x => x",
        samples=((1.5,),),
    )
    del TABLE["odd"]


def test_a_line_without_loops_is_named(odd):
    x, w = leaves(), leaves(seed=1)
    program = vectorize(odd(w * x), {"x": x}, {"w": w})
    with pytest.raises(LoweringError, match=r"(?s)A = np\.real\(.*np\.real has no loops in C"):
        program.compiled()


def test_a_wrong_program_is_not_returned(both):
    program, compiled = both

    def wrong(*arrays):
        cost, gradients = compiled.function(*arrays)
        return cost, {**gradients, "w": gradients["w"] * (1 + 1e-7)}

    require_same(program, compiled.function)
    with pytest.raises(ProofError, match=r"in C is wrong: dw is .* in place of .* in NumPy"):
        require_same(program, wrong)


def test_what_counts_as_another_result():
    nan, inf = np.nan, np.inf
    assert difference(np.array([nan, inf, 1.0]), np.array([nan, inf, 1.0]), []) == ""
    assert difference(1.0 + 1e-12, 1.0, []) == ""
    assert difference(1.0 + 1e-7, 1.0, []) == "is 1.0000001 in place of 1.0"
    assert difference(1.0 + 1e-7, 1.0, [1.0 + 2e-7]) == ""
    assert "in place of nan" in difference(1.0, nan, [nan])
    assert "is nan" in difference(np.array([nan]), np.array([1.0]), [])
    assert "in place of inf" in difference(-inf, inf, [inf])
    assert "shape" in difference(np.ones(2), np.ones(3), [])


def test_it_warns_of_nothing(both):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost, _ = both[1](np.full((1, 3), np.inf), np.array([0.0]))
    assert not np.isfinite(cost)


def test_maximum_and_time_in_one_program():
    x, w = leaves(6), leaves()
    state = w
    for each in x:
        state = maximum(tanh(w * state + each), -0.5)
    assert_agrees(vectorize(state**2, {"x": x}, {"w": w}))
