"""The two engines: bit for bit the same, never stale, never silent."""

import builtins
import copy
import gc
import inspect
import math
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
from engines import needs_compiled, python, running

import autograd
from autograd import (
    Value,
    affine,
    compiled,
    dot,
    engine,
    gradients,
    logsumexp,
    relu,
    sigmoid,
    softplus,
    total,
)
from autograd.compiled import core
from autograd.primitives import TABLE, Primitive
from autograd.value import recorded

ROOT = Path(__file__).parents[2]
ROWS = [name for name in TABLE if name != "constant"]


def bits(numbers):
    """What tells floats apart: all their bits, but one nan from another."""
    return [float(x).hex() for x in numbers]


# --- one row after the other --------------------------------------------------------------

HOSTILE = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -2.0, 1e-9, 5e-324, -5e-324, 1e-310, 1e308, -1e308]
HOSTILE += [710.0, -750.0, 36.8, -37.5, 18.9, -19.1, 2.0**53, 1e15, math.pi, math.inf, -math.inf]
HOSTILE += [math.nan, 1.0 + 2**-52, 1.0 - 2**-53, -1.0 + 2**-53]


def hostile_points(name, how_many):
    """Inputs of a row at which something may go wrong, and ordinary ones."""
    random = Random(name)
    for _ in range(how_many):
        n = TABLE[name].n_inputs or random.choice([1, 2, 3, 5, 8, 9, 33])
        if name in ("dot", "softmax_cross_entropy_with_logits"):
            n += n % 2
        if name == "affine":
            n += 1 - n % 2
        yield [
            random.choice(
                [random.choice(HOSTILE), random.gauss(0, 1), random.random(), random.gauss(0, 30)]
            )
            for _ in range(n)
        ]


def outcome(engine, name, point):
    """The bits of the value and the slopes, or the error."""
    try:
        v = engine.Value.record(engine.primitives.TABLE[name], point)
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)
    return bits([v.data, *v.partials])


@needs_compiled
@pytest.mark.parametrize("name", ROWS)
def test_a_row_computes_the_same_at_a_thousand_hostile_points(name):
    assert name in core.USES or name in LEFT_TO_PYTHON
    for point in hostile_points(name, 1000):
        assert outcome(running(), name, point) == outcome(python(), name, point), point


# What these are made of besides their numbers is no float. They are slower, and never wrong.
LEFT_TO_PYTHON = [
    name
    for name in TABLE
    if name
    in (
        "hypot",
        "arctan2",
        "logsumexp",
        "softmax_unit",
        "softmax_error",
        "log_softmax_unit",
        "softmax_cross_entropy_with_logits",
    )
]


@needs_compiled
def test_these_rows_are_left_to_python():
    assert [name for name in TABLE if name not in core.USES] == LEFT_TO_PYTHON
    assert engine() == f"compiled: all rows of the table but {', '.join(LEFT_TO_PYTHON)}"


# --- graphs -------------------------------------------------------------------------------


METHODS = [name for name in ROWS if TABLE[name].n_inputs == 1 and hasattr(Value, name)]


def grow(engine, seed):
    """A random graph: the sum of its last Values, its leaves, and the errors on the way."""
    random, rows = Random(seed), engine.primitives
    leaves = [engine.Value(random.uniform(-2, 2), f"x{i}") for i in range(4)]
    pool, errors = list(leaves), []
    unary = [name for name in ROWS if rows.TABLE[name].n_inputs == 1]
    binary = [name for name in ROWS if rows.TABLE[name].n_inputs == 2]
    for _ in range(random.randrange(3, 16)):
        a, b = random.choice(pool), random.choice(pool)
        makers = [
            lambda a, b: a + b,
            lambda a, b: a - b,
            lambda a, b: a * b,
            lambda a, b: a / b,
            lambda a, b: a**2,
            lambda a, b: a ** (b.data / 2),
            lambda a, b: 2**a,
            lambda a, b: abs(a) ** b,
            lambda a, b: 3 - a * 0.5,
            lambda a, b: sum([a, b, 1]),
            lambda a, b: -a / 3,
            lambda a, b: 1 / a,
            lambda a, b: getattr(a, random.choice(METHODS))(),
            lambda a, b: rows.where(rows.TABLE["step"](a), a, b * 2),
            lambda a, b: rows.total(pool[-3:]),
            lambda a, b: rows.dot(pool[:2], pool[-2:]),
            lambda a, b: (
                rows.affine(pool[:5], (pool * 2)[-5:], b)
                if len(pool) > 4
                else rows.affine(pool[:1], [b], a)
            ),
            lambda a, b: rows.logsumexp(pool[-3:]),
            lambda a, b: rows.softmax(pool[-3:])[1],
            lambda a, b: rows.TABLE[random.choice(unary)](a),
            lambda a, b: rows.TABLE[random.choice(unary)](a),
            lambda a, b: rows.TABLE[random.choice(binary)](a, b),
        ]
        try:
            v = random.choice(makers)(a, b)
        except (ArithmeticError, ValueError) as error:
            errors.append(str(error))
        else:
            pool.append(v)
    return rows.total(pool[-3:]), leaves, errors


def story(engine, seed):
    """All that a random graph computes, and says, in one list."""
    backprop, told = engine.backprop, []
    y, leaves, errors = grow(engine, seed)
    for step in (
        lambda: backprop.backward(y),
        lambda: [setattr(leaf, "data", leaf.data + 1e-3) for leaf in leaves],
        lambda: backprop.forward(y),
        lambda: backprop.backward(y),
    ):
        try:
            step()
        except (ArithmeticError, ValueError) as error:
            told.append(f"{type(error).__name__}: {error}")
    try:
        second = engine.derivatives.hessian(y, leaves[:2])
        told += bits(entry.data for row in second for entry in row)
    except (ArithmeticError, ValueError) as error:
        told.append(f"{type(error).__name__}: {error}")
    for v in backprop.topological_order(y):
        told.append(v.op and v.op.name)
        told += bits([v.data, v.grad, *v.partials])
    return told + errors


@needs_compiled
@pytest.mark.parametrize("hundred", range(10))
def test_random_graphs_are_the_same_with_their_second_derivatives(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        assert story(running(), seed) == story(python(), seed), seed


@needs_compiled
def test_random_graphs_would_tell_if_one_bit_were_other(monkeypatch):
    rows = python().primitives
    monkeypatch.setattr(rows.multiply, "slopes", lambda y, a, b: (b, math.nextafter(a, math.inf)))
    assert any(story(running(), seed) != story(python(), seed) for seed in range(20))


# --- rows that change ---------------------------------------------------------------------


@needs_compiled
def test_a_row_whose_function_is_assigned_goes_through_python_until_it_is_put_back(monkeypatch):
    x = Value(2.0)
    right = (x * x).partials
    with monkeypatch.context() as patched:
        patched.setattr(autograd.primitives.multiply, "slopes", lambda y, a, b: (7.0, 8.0))
        assert (x * x).partials == (7.0, 8.0)
        assert " multiply" in engine()
    assert (x * x).partials == right
    assert " multiply" not in engine()


def test_rows_that_are_computed_with_an_assigned_row_follow_it(monkeypatch):
    before = softplus(Value(1.0)).partials
    monkeypatch.setattr(sigmoid, "value", lambda x: 0.25)
    assert softplus(Value(1.0)).partials == (0.25,) != before
    assert sigmoid(Value(1.0)).data == 0.25


def test_a_row_that_a_user_registers_is_recorded_and_swept():
    try:
        cube = Primitive(
            "cube",
            "x³.",
            value=lambda x: x**3,
            slopes=lambda y, x: (3.0 * x * x,),
            notation="{0}^3",
            latex="#1^3",
            samples=((2.0,),),
        )
        x = Value(2.0)
        y = cube(x) * x
        y.backward()
        assert (y.data, x.grad, y.inputs[0].op) == (16.0, 32.0, cube)
    finally:
        TABLE.pop("cube", None)


# --- nodes --------------------------------------------------------------------------------


class Weight(Value):
    """With an attribute of its own."""

    def __init__(self, data, name):
        super().__init__(data, name)
        self.history = [data]


def test_a_subclass_keeps_its_attributes_and_takes_part():
    w = Weight(2.0, "w")
    y = (w * 3 + 1 / w) ** w
    y.backward()
    assert y.op is autograd.primitives.power
    assert type(-w) is Value
    assert w.grad != 0.0
    again = pickle.loads(pickle.dumps(w))
    assert (type(again), again.history, again.label, again.data) == (Weight, [2.0], "w", 2.0)
    assert copy.copy(w).history is w.history


def test_a_subclass_may_have_operators_of_its_own():
    class Loud(Value):
        def __radd__(self, other):
            return "loud"

        def exp(self):
            return "very loud"

    assert Value(1) + Loud(2) == "loud"
    assert Loud(2).exp() == "very loud"
    assert (Loud(2) + Value(1)).data == 3.0


@pytest.mark.parametrize("n", [0, 1, 2, 3, 40])
@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_inputs_and_partials_can_be_assigned(before, n):
    xs = [Value(i + 1.0) for i in range(40)]
    v = total(xs[:before]) if before else Value(0.0)
    v.op = autograd.primitives.total
    v.inputs, v.partials = tuple(xs[:n]), tuple(range(n))
    assert (v.inputs, v.partials) == (tuple(xs[:n]), tuple(range(n)))
    v.inputs, v.partials = tuple(xs[n - 1 :: -1][:n]), (0.5,) * n
    y = v * 2
    y.backward()
    assert [x.grad for x in xs] == [1.0] * n + [0.0] * (40 - n)


def test_other_inputs_as_many_as_before_keep_the_slopes():
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    v = a * b
    for inputs in ((c, b), (c, c)):
        v.inputs = inputs
        assert (v.inputs, v.partials) == (inputs, (3.0, 2.0))
    v.backward()
    assert c.grad == 5.0


@needs_compiled
@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda v: setattr(v, "partials", (1.0,)), ValueError),
        (lambda v: setattr(v, "partials", 1.0), TypeError),
        (lambda v: setattr(v, "partials", (0.5, "b")), TypeError),
        (lambda v: setattr(v, "inputs", (1.0, 2.0)), TypeError),
        (lambda v: setattr(v, "inputs", 1.0), TypeError),
        (lambda v: setattr(v, "grad", None), TypeError),
        (lambda v: setattr(v, "op", []), TypeError),
        (lambda v: recorded(autograd.primitives.add, (v, 1.0)), TypeError),
        (lambda v: recorded(autograd.primitives.add, v), TypeError),
        (lambda v: recorded(None, (v, v)), TypeError),
        (lambda v: recorded(autograd.primitives.add, (v, v, v)), TypeError),
        (lambda v: v.__init__(), TypeError),
        (lambda v: core.sweep(3), TypeError),
        *[
            (lambda v, name=name: delattr(v, name), AttributeError)
            for name in ("data", "grad", "op", "inputs", "partials", "label")
        ],
    ],
)
def test_what_a_node_cannot_hold_is_refused_and_changes_nothing(change, error):
    v = Value(2, "a") * Value(3, "b")
    before = (v.data, v.grad, v.op, v.inputs, v.partials, v.label)
    with pytest.raises(error):
        change(v)
    assert (v.data, v.grad, v.op, v.inputs, v.partials, v.label) == before


@needs_compiled
def test_what_is_assigned_may_change_the_node_while_it_is_read():
    xs = [Value(float(i)) for i in range(40)]
    v = total(xs[:2])

    def inputs():
        v.inputs = tuple(xs)
        yield from xs[:3]

    class Slope:
        def __float__(self):
            v.inputs = tuple(xs[:1])
            return 1.0

    v.inputs = inputs()
    assert v.inputs == tuple(xs[:3])
    with pytest.raises(ValueError, match="partials are one slope per input"):
        v.partials = (0.5, Slope(), 0.5)
    assert v.inputs == tuple(xs[:1])
    v.partials = (2.0,)
    v.backward()
    assert [x.grad for x in xs[:3]] == [2.0, 0.0, 0.0]


def test_a_logsumexp_keeps_what_its_float_rounds_away():
    y = logsumexp([Value(1e15), Value(1e15 + 1)])
    known = y.data
    assert type(known) is not float
    v = Value(3.0)
    v.data = known
    assert v.data is known
    assert autograd.primitives.softmax_unit(Value(1e15), v).data == pytest.approx(1 / (1 + math.e))
    assert v.relu().data is known  # a row that passes it on, as it is
    assert (v * 1).data == known
    v.data = 3
    assert type(v.data) is float
    v.data = known
    v.data = known
    held = sys.getrefcount(known)
    del v
    assert sys.getrefcount(known) == held - 1


def test_a_value_can_be_initialised_again():
    v = Value(2, "a") * Value(3, "b")
    v.__init__(5, label="c")
    assert (v.data, v.op, v.inputs, v.partials, v.label) == (5.0, None, (), (), "c")
    v.__init__(7)
    assert (v.data, v.label) == (7.0, "")
    with pytest.raises(OverflowError):
        v.__init__(10**400)


def test_numpy_numbers_become_plain_floats_in_constants():
    y = np.float64(2) * Value(3.0) + np.int64(1)
    assert y.data == 7.0
    assert [type(v.data) for v in (y, *y.inputs)] == [float] * 3


@pytest.mark.parametrize("other", ["a", None, [1], 1j])
def test_python_says_what_an_operator_cannot_take(other):
    kind = type(other).__name__
    with pytest.raises(TypeError, match=re.escape(f"'Value' and '{kind}'")):
        Value(1) / other
    with pytest.raises(TypeError, match=re.escape(f"'{kind}' and 'Value'")):
        other - Value(1)
    with pytest.raises(TypeError):
        pow(Value(1), 2, 3)


def test_an_error_has_the_words_and_the_frame_of_compute():
    a, b = Value(1, "a"), Value(0, "b")
    with pytest.raises(ZeroDivisionError, match=r"^divide\(a = 1.0, b = 0.0\): ") as caught:
        a / b
    assert caught.traceback[-1].name == "compute"
    assert caught.traceback[-1].frame.f_locals["inputs"] == (a, b)
    with pytest.raises(OverflowError, match="int too large"):
        a + 10**400
    with pytest.raises(OverflowError, match="int too large"):
        10**400 + a


def test_methods_have_their_documentation():
    assert Value.exp.__doc__ == autograd.exp.__doc__
    assert Value.__doc__.startswith("A real number that records")
    assert (Value.__name__, Value.__module__) == ("Value", "autograd.value")
    assert Value.__slots__ == python().Value.__slots__
    assert [*inspect.signature(Value).parameters] == ["data", "label"]
    assert inspect.signature(Value).parameters["label"].default == ""


# --- pickles ------------------------------------------------------------------------------

WRITE = """
import pickle, sys
from autograd import Value, affine, engine
x, w = Value(2, "x"), Value(-3, "w")
y = affine([w, x], [x, w], x) / w.exp()
y.backward()
sys.stdout.buffer.write(pickle.dumps((engine(), y, x)))
"""


@pytest.mark.parametrize("writer", ["python", pytest.param("compiled", marks=needs_compiled)])
def test_a_pickled_graph_goes_from_engine_to_engine(writer):
    done = subprocess.run(
        [sys.executable, "-c", WRITE],
        cwd=ROOT,
        env={**os.environ, "GLASSGRAD_ENGINE": writer},
        capture_output=True,
        check=True,
    )
    said, y, x = pickle.loads(done.stdout)
    assert said.startswith(writer)
    grad = x.grad
    x.grad = 0.0
    y.backward()
    assert x.grad == grad != 0.0


# --- memory -------------------------------------------------------------------------------


@needs_compiled
def test_nothing_is_lost_of_what_is_recorded_changed_and_copied():
    row = autograd.primitives.affine

    def work():
        xs = [Value(0.1 * i, f"x{i}") for i in range(12)]
        w = Weight(2.0, "w")
        y = (affine(xs[:2], xs[2:4], xs[4]) * w + 3) ** 2 / 7 - total(xs).exp()
        y.backward()
        y.forward()
        gradients(y, xs[:2])
        copy.deepcopy(y)
        for fails in (lambda: y / (y - y), lambda: Value(1) + "x", lambda: recorded(row, xs)):
            with pytest.raises((ArithmeticError, TypeError)):
                fails()
        y.partials = y.partials
        z = Value(1.0)
        for n in (5, 1, 12, 0, 2):
            z.inputs = tuple(xs[:n])
        z.data = np.float64(2.0)
        autograd.logsumexp(xs)

    for _ in range(3):
        work()
    gc.collect()
    before = sys.getrefcount(Value), sys.getrefcount(row), len(gc.get_objects())
    for _ in range(30):
        work()
    gc.collect()
    assert sys.getrefcount(Value) == before[0]
    assert sys.getrefcount(row) == before[1]
    assert len(gc.get_objects()) <= before[2] + 30


def test_a_deep_graph_of_a_subclass_and_wide_nodes_is_freed():
    v = Weight(1.0, "start")
    for _ in range(100_000):
        v = dot([v, 1.0, 0.0], [1.0, 0.0, 0.0])
    assert v.data == 1.0
    alive = sys.getrefcount(Value)
    del v
    assert sys.getrefcount(Value) == alive - 600_000


def test_a_sweep_starts_anew_whatever_was_left_by_one_that_failed():
    x, zero = Value(2.0, "x"), Value(0.0, "zero")
    y = x * zero.sqrt()
    x.grad = 5.0
    for _ in range(2):
        with pytest.raises(ValueError, match=r"sqrt\(zero = 0.0\) has a value but no slope"):
            y.backward()
        assert (x.grad, zero.grad) == (5.0, 0.0)
    zero.data = 4.0
    y.forward()
    y.backward()
    assert (x.grad, zero.grad) == (7.0, 0.5)


def test_nan_in_nan_out():
    x, y = Value(math.nan), Value(3.0)
    (x * y).backward()
    assert math.isnan(y.grad)
    assert x.grad == 3.0


# --- which engine -------------------------------------------------------------------------


def run(program, **environment):
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_engine_can_be_chosen():
    done = run("import autograd; print(autograd.engine())", GLASSGRAD_ENGINE="python")
    assert (done.stdout, done.stderr) == ("python: GLASSGRAD_ENGINE=python says so\n", "")
    assert python().compiled.engine() == "python: GLASSGRAD_ENGINE=python says so"
    done = run("import autograd", GLASSGRAD_ENGINE="fast")
    assert "ImportError: GLASSGRAD_ENGINE is python or compiled, not 'fast'" in done.stderr


class Core:
    """A compiled core, as far as it is asked before it is chosen."""

    def __init__(self, fingerprint, bound=False):
        self.FINGERPRINT = fingerprint
        self.is_bound = lambda: bound

    def checksum(self, text):
        return len(text)


TRUE = f"value.py={len((ROOT / 'autograd' / 'value.py').read_bytes())} ../nowhere/core.c=3"
AGAIN = "`pip install -e .` builds it where a C compiler is"


@pytest.fixture
def choose(monkeypatch):
    """What is chosen where the core is this one, or importing it raises this."""

    def chosen(found, wanted=""):
        def imported(name, *others, **keywords):
            if name != "autograd._core":
                return usual(name, *others, **keywords)
            if isinstance(found, Exception):
                raise found
            return found

        usual = builtins.__import__
        monkeypatch.setenv("GLASSGRAD_ENGINE", wanted)
        with monkeypatch.context() as patched:
            patched.setattr(builtins, "__import__", imported)
            return compiled._choose()

    return chosen


def test_a_core_that_fits_is_chosen_unless_python_is_wanted(choose):
    fits = Core(TRUE)
    assert choose(fits) == choose(fits, "compiled") == (fits, "")
    assert choose(fits, "python") == (None, "GLASSGRAD_ENGINE=python says so")
    with pytest.raises(ImportError, match="is python or compiled, not 'fast'"):
        choose(fits, "fast")


def test_where_there_is_no_core_python_runs_and_knows_why(choose):
    why = f"autograd._core is not built here; {AGAIN}"
    assert choose(ModuleNotFoundError("autograd._core")) == (None, why)
    with pytest.raises(ImportError, match=re.escape(f"GLASSGRAD_ENGINE=compiled, but {why}")):
        choose(ModuleNotFoundError("autograd._core"), "compiled")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (ImportError("undefined symbol"), f"autograd._core cannot be loaded; {AGAIN}"),
        (Core("value.py=1"), f"value.py has changed since autograd._core was built; {AGAIN}"),
    ],
)
def test_a_core_that_does_not_fit_is_passed_over_with_one_line(choose, found, why):
    with pytest.warns(RuntimeWarning, match=re.escape(f"autograd runs in Python: {why}")) as said:
        assert choose(found) == (None, why)
    assert len(said) == 1
    with pytest.raises(ImportError, match=re.escape(why)):
        choose(found, "compiled")


def test_the_core_serves_one_copy_of_autograd_only(choose):
    why = "another copy of autograd in this process has the core"
    assert choose(Core(TRUE, bound=True)) == (None, why)


def test_the_engine_in_python_takes_the_same_operands():
    engine = python()

    class Mine(engine.Value):
        pass

    assert (engine.Value(2) * Mine(3)).data == 6.0
    assert engine.Value(2).__mul__("a") is NotImplemented
    with pytest.raises(ValueError, match=r"^sqrt\(-1.0\)"):
        engine.Value(-1).sqrt()


def test_relu_through_every_door():
    x = Value(3.0)
    assert x.relu().data == relu(x).data == Value.record(relu, [x]).data == relu(3.0)
