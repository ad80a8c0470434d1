"""Every row of the table: its slopes to second order, its accuracy, its domain, its texts."""

import copy
import math
import pickle
import re
from decimal import Decimal, localcontext

import numpy as np
import pytest

import autograd
from autograd import Value, gradcheck, gradients, hessian, primitives, vectorize
from autograd.backprop import topological_order
from autograd.primitives import TABLE, Primitive
from autograd.primitives.in_numpy import NUMPY_HELPERS

ROWS = [row for row in TABLE.values() if row is not primitives.constant]
SAMPLES = [
    pytest.param(row, point, id=f"{row.name}{point}") for row in ROWS for point in row.samples
]
# The slope of stop_gradient is not that of its value: it is tested by itself.
DIFFERENTIATED = [
    pytest.param(row, point, id=f"{row.name}{point}")
    for row in ROWS
    for point in row.samples
    if row is not primitives.stop_gradient
]
PUBLIC = [vars(autograd)[name] for name in autograd.__all__ if name in TABLE]
UNARY = [row for row in ROWS if all(len(point) == 1 for point in row.samples)]


def recording(row, point):
    """The row as a function of Values, and the coordinates of the point that it takes."""
    if row is primitives.power_constant:
        x, exponent = point
        return lambda x: Value.record(row, (x, exponent)), (x,)
    if row is primitives.where:
        condition, *branches = point
        return lambda a, b: Value.record(row, (Value(condition), a, b)), branches
    return lambda *inputs: Value.record(row, inputs), point


def check_row(row, point):
    """The slopes on floats and on Values against differences, and the slopes of the latter."""
    f, point = recording(row, point)
    gradcheck(f, *point)
    leaves = [Value(x) for x in point]
    y = f(*leaves)
    y.backward()
    for i, slope in enumerate(gradients(y, leaves)):
        assert slope.data == pytest.approx(leaves[i].grad, rel=1e-14)

        def gradient(*inputs, i=i):
            return gradients(f(*inputs), inputs)[i]

        gradcheck(gradient, *point)


def test_rows_state_at_least_one_point_to_be_checked_at():
    assert all(row.samples for row in ROWS)
    assert all(row.name == name for name, row in TABLE.items())


@pytest.mark.parametrize(("row", "point"), DIFFERENTIATED)
def test_slopes_to_second_order(row, point):
    check_row(row, point)


@pytest.mark.parametrize(
    ("row", "reading"),
    [
        pytest.param(row, reading, id=f"{row.name}-{reading}")
        for row in ROWS
        for reading in ("floats and Values", "Values")
        # Where gradients() meets a branch, it goes by the condition itself.
        if (row, reading) != (primitives.where, "Values")
    ],
)
def test_a_slope_wrong_by_one_part_in_2000_is_seen(row, reading, monkeypatch):
    """Planted in what backward() reads, or only in what gradients() reads."""
    right = row.slopes

    def wrong(y, *inputs):
        slopes = right(y, *inputs)
        if reading == "Values" and not isinstance(y, Value):
            return slopes
        # A slope of 0 has no parts: it can only be wrong by a term.
        return tuple(
            slope * (1 + 1 / 2000) if isinstance(slope, Value) or slope else 1 / 2000
            for slope in slopes
        )

    monkeypatch.setattr(row, "slopes", wrong)
    caught = 0
    for point in row.samples:
        try:
            check_row(row, point)
        except AssertionError:  # GradientError is one
            caught += 1
    assert caught


# --- kinks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "point", "slopes"),
    [
        (autograd.relu, (0.0,), (0.0,)),
        (autograd.relu, (-0.0,), (0.0,)),
        (autograd.relu, (5e-324,), (1.0,)),
        (autograd.leaky_relu, (0.0,), (0.01,)),
        (autograd.leaky_relu, (-0.0,), (0.01,)),
        (autograd.leaky_relu, (-1.0,), (0.01,)),
        (autograd.leaky_relu, (1.0,), (1.0,)),
        (autograd.abs, (0.0,), (0.0,)),
        (autograd.sign, (0.0,), (0.0,)),
        (autograd.step, (0.0,), (0.0,)),
        (autograd.maximum, (2.0, 2.0), (1.0, 0.0)),
        (autograd.minimum, (2.0, 2.0), (1.0, 0.0)),
    ],
)
def test_the_slope_at_a_kink(row, point, slopes):
    assert Value.record(row, point).partials == slopes


@pytest.mark.parametrize(("x", "y"), [(-1.0, 0.0), (0.0, 1.0), (-0.0, 1.0), (1e-300, 1.0)])
def test_the_step_is_1_from_0_on(x, y):
    assert autograd.step(x) == y


@pytest.mark.parametrize(("x", "y"), [(-5.0, -1.0), (0.0, 0.0), (5.0, 1.0)])
def test_the_sign(x, y):
    assert autograd.sign(x) == y


@pytest.mark.parametrize("row", [autograd.maximum, autograd.minimum])
def test_slopes_at_a_tie_sum_to_1_along_a_shared_input(row):
    x = Value(3)
    row(x, x).backward()
    assert x.grad == 1.0


@pytest.mark.parametrize("x", [-2.0, 0.0, 3.0])
def test_a_power_of_0_is_level_everywhere(x):
    v = Value(x)
    y = v**0
    y.backward()
    assert (y.data, v.grad) == (1.0, 0.0)


@pytest.mark.parametrize("b", [0.5, 1.0, 2.0])
def test_no_slope_along_the_exponent_where_the_base_is_0(b):
    base, exponent = Value.constant(0), Value(b, "b")
    y = base**exponent
    y.backward()
    assert (y.data, exponent.grad) == (0.0, 0.0)
    assert [slope.data for slope in gradients(y, [exponent])] == [0.0]


# --- accuracy -----------------------------------------------------------------------------

LOGITS = (-1000.0, -745.0, -37.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 20.0, 37.0, 745.0, 1000.0)
LOGIT_LISTS = [
    (1000.0, -1000.0),
    (-1000.0, 1000.0, 999.0),
    (1000.0, 1000.0),
    (-1000.0, -1000.0, -1000.0),
    (1000.0, 963.0, -1.0),
    (0.25, -0.5, 2.0),
    (-1000.0,),
]
TARGETS = (0.0, 1.0, 0.3)


@pytest.fixture(autouse=True)
def _enough_digits():
    with localcontext() as context:
        context.prec = 1000  # e⁻¹⁰⁰⁰ beside 1 takes 435 of them
        context.Emin, context.Emax = -10_000, 10_000
        yield


def exact_sigmoid(z):
    return 1 / (1 + (-Decimal(z)).exp())


def exact_logsumexp(logits):
    return sum(Decimal(z).exp() for z in logits).ln()


def exact_softmax(logits):
    exponentials = [Decimal(z).exp() for z in logits]
    return [each / sum(exponentials) for each in exponentials]


def assert_relative(value, exact, tolerance=Decimal("1e-12")):
    smallest = Decimal("5e-324")  # nothing nearer to 0 is a float
    assert abs(Decimal(value) - exact) <= tolerance * abs(exact) + smallest


def assert_absolute(value, exact):
    assert abs(Decimal(value) - exact) <= Decimal("1e-15")


@pytest.mark.parametrize("z", LOGITS)
def test_sigmoid_and_softplus_are_accurate(z):
    assert_relative(autograd.sigmoid(z), exact_sigmoid(z))
    assert_relative(autograd.softplus(z), exact_logsumexp([0, z]))
    for row, exact in (
        (autograd.sigmoid, exact_sigmoid(z) * exact_sigmoid(-z)),
        (autograd.softplus, exact_sigmoid(z)),
    ):
        v = Value(z)
        y = row(v)
        y.backward()
        assert_relative(v.grad, exact)
        assert_relative(gradients(y, [v])[0].data, exact)


@pytest.mark.parametrize("z", [*LOGITS, 10.0, -10.0])
def test_the_tails_of_tanh_are_accurate(z):
    v = Value(z)
    y = v.tanh()
    y.backward()
    exact = 2 * exact_sigmoid(2 * Decimal(z)) - 1
    assert_relative(y.data, exact)
    assert_relative(v.grad, 1 - exact * exact)


@pytest.mark.parametrize("y", TARGETS)
@pytest.mark.parametrize("z", LOGITS)
def test_binary_cross_entropy_with_logits_is_accurate(y, z):
    logit = Value(z)
    loss = autograd.binary_cross_entropy_with_logits(y, logit)
    loss.backward()
    target = Decimal(y)
    exact = target * exact_logsumexp([0, -Decimal(z)]) + (1 - target) * exact_logsumexp([0, z])
    assert_relative(loss.data, exact)
    exact = exact_sigmoid(z) - target  # σ(z) − y, as on the slide
    if y in (0.0, 1.0):
        assert_relative(logit.grad, exact)
    assert_absolute(logit.grad, exact)


@pytest.mark.parametrize("y", TARGETS)
@pytest.mark.parametrize("a", [1e-300, 1e-9, 0.25, 0.5, 0.999999999])
def test_binary_cross_entropy_is_accurate(y, a):
    exact = -Decimal(y) * Decimal(a).ln() - (1 - Decimal(y)) * (1 - Decimal(a)).ln()
    # 1 − a is rounded before its logarithm is taken; the form from logits has no such loss.
    tolerance = Decimal("1e-12") + Decimal(2.0**-53) / min(Decimal(a), 1 - Decimal(a))
    assert_relative(autograd.binary_cross_entropy(y, a), exact, tolerance)


@pytest.mark.parametrize("logits", LOGIT_LISTS)
def test_logsumexp_and_softmax_are_accurate(logits):
    assert_relative(autograd.logsumexp(logits), exact_logsumexp(logits))
    exact = exact_softmax(logits)
    for value, probability in zip(autograd.softmax(logits), exact, strict=True):
        assert_relative(value, probability)
    leaves = [Value(z) for z in logits]
    autograd.logsumexp(leaves).backward()
    for leaf, probability in zip(leaves, exact, strict=True):
        assert_absolute(leaf.grad, probability)


@pytest.mark.parametrize("logits", LOGIT_LISTS)
def test_softmax_cross_entropy_with_logits_is_accurate(logits):
    for wanted in range(len(logits)):
        targets = [float(i == wanted) for i in range(len(logits))]
        leaves = [Value(z) for z in logits]
        loss = autograd.softmax_cross_entropy_with_logits(targets, leaves)
        loss.backward()
        # log(1 + Σ exp(zⱼ − z_wanted)): the exact loss, and so for the smallest of losses too.
        differences = [
            Decimal(z) - Decimal(logits[wanted]) for i, z in enumerate(logits) if i != wanted
        ]
        assert_relative(loss.data, exact_logsumexp([0, *differences]))
        for leaf, z, y in zip(leaves, logits, targets, strict=True):
            others = [Decimal(other) for other in logits]
            others.remove(Decimal(z))
            shares = [each.exp() for each in others]
            wrong = sum(shares) if y else -Decimal(z).exp()
            # softmax(z) − y, where that is y = 1 as the share of all others, without cancelling
            assert_relative(leaf.grad, -wrong / (sum(shares) + Decimal(z).exp()))


def test_softmax_cross_entropy_of_targets_that_are_no_probabilities():
    # logsumexp(z) − Σ yᵢzᵢ = log 2 + 5 − 15 at z = (5, 5), y = (1, 2).
    loss = autograd.softmax_cross_entropy_with_logits([1, 2], [5, 5])
    assert loss == pytest.approx(math.log(2) - 10, rel=1e-15)


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_the_right_answer_of_a_saturated_unit_costs_nothing_and_has_a_slope(y):
    a = Value(y, "a")
    loss = autograd.binary_cross_entropy(y, a)
    loss.backward()
    assert str(loss.data) == "0.0"  # not −0.0
    assert a.grad == 1.0 - 2.0 * y  # −y/a + (1 − y)/(1 − a)
    assert gradients(loss, [a])[0].data == a.grad


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_the_wrong_answer_of_a_saturated_unit_costs_infinitely_much(y):
    with pytest.raises(ValueError, match=r"binary_cross_entropy\(.*a = "):
        autograd.binary_cross_entropy(y, Value(1.0 - y, "a"))


def test_the_target_of_a_saturated_unit_has_no_slope():
    y, a = Value(1, "y"), Value(1, "a")
    with pytest.raises(ValueError, match="no slope along y"):
        autograd.binary_cross_entropy(y, a).backward()


GRID = [s * 10.0**k for s in (-1, 1) for k in range(-12, 4)] + [0.0, 3.7, -3.7, 8.3, -8.3, 22.0]


@pytest.mark.parametrize("x", [x for x in GRID if abs(x) <= 700])
def test_second_derivatives_do_not_cancel(x):
    """Of the S-shaped rows, to a relative 10⁻¹²: at both ends and in the middle."""
    a, t = exact_sigmoid(x), 2 * exact_sigmoid(2 * Decimal(x)) - 1
    falling = exact_sigmoid(-x) - a  # 1 − 2σ(x)
    second = {
        autograd.sigmoid: a * exact_sigmoid(-x) * falling,
        autograd.softplus: a * exact_sigmoid(-x),
        autograd.tanh: -2 * t * (1 - t * t),
        autograd.expm1: Decimal(x).exp(),
    }
    for row, exact in second.items():
        v = Value(x)
        [slope] = gradients(row(v), [v])
        [curvature] = gradients(slope, [v])
        assert_relative(curvature.data, exact)
        if row is autograd.expm1:
            assert_relative(slope.data, exact)


@pytest.mark.parametrize("x", [*GRID, 1e30, -1e30, 1e200, 1e-300])
def test_no_row_of_one_number_has_a_slope_that_cancels(x):
    """Every row where it has a value, against its derivative in many digits."""
    X = Decimal(x)

    def slopes():
        yield autograd.exp, lambda: X.exp()
        yield autograd.expm1, lambda: X.exp()
        yield autograd.log, lambda: 1 / X
        yield autograd.log1p, lambda: 1 / (1 + X)
        yield autograd.sqrt, lambda: 1 / (2 * X.sqrt())
        yield autograd.arctan, lambda: 1 / (1 + X * X)
        yield autograd.relu, lambda: Decimal(x > 0)
        yield autograd.abs, lambda: Decimal((x > 0) - (x < 0))

    for row, exact in slopes():
        v = Value(x)
        try:
            row(v).backward()
        except (ValueError, ArithmeticError):
            continue
        assert_relative(v.grad, exact())


def test_softmax_is_exact_at_logits_that_leave_no_digits_for_logsumexp():
    assert autograd.softmax([1e15, 1e15]) == [0.5, 0.5]
    a = autograd.softmax([Value(1e15), Value(1e15 + 1)])
    assert [unit.data for unit in a] == autograd.softmax([0.0, 1.0])
    assert a[0].inputs[1] is a[1].inputs[1]
    copied = copy.deepcopy(a[0])
    copied.forward()
    assert copied.data == a[0].data == pickle.loads(pickle.dumps(a[0])).data


# --- infinite logits ----------------------------------------------------------------------

INF = math.inf


@pytest.mark.parametrize(
    ("logits", "logsumexp", "softmax"),
    [
        ([-INF, 0, 1], math.log(1 + math.e), [0, 1 / (1 + math.e), math.e / (1 + math.e)]),
        ([INF, 0, -INF], INF, [1, 0, 0]),
        ([0, -INF], 0, [1, 0]),
        ([INF, INF], INF, [0.5, 0.5]),
    ],
)
def test_classes_that_are_ruled_out_or_certain(logits, logsumexp, softmax):
    z = [Value(x) for x in logits]
    y = autograd.logsumexp(z)
    y.backward()
    assert y.data == autograd.logsumexp(logits) == pytest.approx(logsumexp)
    assert [x.grad for x in z] == pytest.approx(softmax)
    assert [slope.data for slope in gradients(y, z)] == pytest.approx(softmax)
    assert autograd.softmax(logits) == pytest.approx(softmax)
    assert [unit.data for unit in autograd.softmax(z)] == pytest.approx(softmax)
    # −Σ s log s + Σ zᵢ·1 along one unit: its Jacobian s(1 − s), −s·s′
    unit = autograd.softmax(z)[-1]
    for j, slope in enumerate(gradients(unit, z)):
        exact = softmax[-1] * ((j == len(z) - 1) - softmax[j])
        assert slope.data == pytest.approx(exact, abs=1e-15)


@pytest.mark.parametrize("logits", [[-INF], [-INF, -INF]])
def test_where_all_classes_are_ruled_out_there_is_no_answer(logits):
    z = [Value(x) for x in logits]
    y = autograd.logsumexp(z)
    assert y.data == autograd.logsumexp(logits) == -INF  # log 0
    with pytest.raises(ValueError, match="has a value but no slope"):
        y.backward()
    assert all(map(math.isnan, autograd.softmax(logits)))
    assert math.isnan(autograd.softmax_cross_entropy_with_logits([1] + [0] * (len(z) - 1), logits))
    scope = {"np": np}
    exec("\n".join(NUMPY_HELPERS.values()), scope)
    column = np.array(logits)[:, None]
    with np.errstate(all="raise", under="ignore"):
        assert scope["logsumexp"](column) == -INF
    with np.errstate(all="ignore"):
        assert np.isnan(scope["softmax"](column)).all()


@pytest.mark.parametrize(
    ("targets", "logits", "loss"),
    [
        ([0, 1, 0], [-INF, 0, 1], math.log(1 + math.e)),
        ([0, 0, 1], [-INF, 0, 1], math.log(1 + 1 / math.e)),
        ([1, 0], [INF, 0], 0.0),
        ([0, 1], [INF, 0], INF),
        ([1, 0], [0, -INF], 0.0),
        ([1, 0], [-INF, 0], INF),
        ([0.5, 0.5, 0], [1, 1, -INF], math.log(2)),
    ],
)
def test_softmax_cross_entropy_of_infinite_logits(targets, logits, loss):
    row = autograd.softmax_cross_entropy_with_logits
    assert row(targets, logits) == pytest.approx(loss)
    z = [Value(x) for x in logits]
    y = row(targets, z)
    y.backward()
    slopes = [s - t for s, t in zip(autograd.softmax(logits), targets, strict=True)]
    assert y.data == pytest.approx(loss)
    assert [x.grad for x in z] == pytest.approx(slopes)
    assert [slope.data for slope in gradients(y, z)] == pytest.approx(slopes)
    scope = {"np": np}
    exec("\n".join(NUMPY_HELPERS.values()), scope)
    with np.errstate(all="raise", under="ignore"):
        columns = [np.array(each, float)[:, None] for each in (targets, logits)]
        [found] = scope["softmax_cross_entropy_with_logits"](*columns)
        assert found == pytest.approx(loss)
        assert scope["logsumexp"](columns[1]) == pytest.approx(autograd.logsumexp(logits))
        assert scope["softmax"](columns[1])[:, 0] == pytest.approx(autograd.softmax(logits))


@pytest.mark.parametrize("z", [-INF, -1e308, 0.0, 1e308, INF])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_binary_cross_entropy_of_infinite_logits(y, z):
    loss = max(0.0, -z if y else z) if z else math.log(2)
    logit = Value(z)
    found = autograd.binary_cross_entropy_with_logits(y, logit)
    found.backward()
    assert found.data == autograd.binary_cross_entropy_with_logits(y, z) == loss
    assert logit.grad == autograd.sigmoid(z) - y
    scope = {"np": np}
    exec("\n".join(NUMPY_HELPERS.values()), scope)
    with np.errstate(all="raise", under="ignore"):
        assert scope["binary_cross_entropy_with_logits"](y, np.array([z])) == [loss]


# --- how much work ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        lambda z: autograd.logsumexp(z),
        lambda z: autograd.total(unit * i for i, unit in enumerate(autograd.softmax(z))),
        lambda z: autograd.softmax_cross_entropy_with_logits([1.0] + [0.0] * (len(z) - 1), z),
        lambda z: autograd.softmax(z)[0].log(),
    ],
)
def test_classes_cost_in_proportion_to_their_number(loss):
    """The exponentials taken, the nodes and the wires of the values, slopes and curvatures."""

    def work(n, monkeypatch):
        taken = [0]
        right = math.exp

        def counting(x):
            taken[0] += 1
            return right(x)

        monkeypatch.setattr(math, "exp", counting)
        z = [Value(i / n) for i in range(n)]
        y = loss(z)
        y.backward()
        slopes = gradients(y, z)
        second = gradients(slopes[0], z)
        monkeypatch.undo()
        graph = topological_order(*slopes, *second)
        return taken[0] + len(graph) + sum(len(node.inputs) for node in graph)

    with pytest.MonkeyPatch.context() as monkeypatch:
        small, large = work(50, monkeypatch), work(200, monkeypatch)
    assert large < 4.5 * small


# --- nan, domains, errors -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "point"),
    [
        pytest.param(row, (*point[:i], math.nan, *point[i + 1 :]), id=f"{row.name}-{i}")
        for row in ROWS
        for point in row.samples[:1]
        for i in range(len(point))
        if row is not primitives.where
    ],
)
def test_nan_in_nan_out(row, point):
    y = Value.record(row, point)  # the slopes raise nothing either
    assert math.isnan(y.data)


def test_nan_beside_0_is_not_taken_for_a_0():
    assert math.isnan(primitives.xlogy(0, math.nan))
    assert math.isnan(primitives.xlogy(math.nan, 0))
    assert math.isnan(primitives.xdivy(0, math.nan))


def test_the_powers_that_are_1_whatever_the_number():
    # As in Python: nan ** 0 and 1 ** nan are 1.
    assert (Value(math.nan) ** 0).data == 1.0
    assert (1 ** Value(math.nan)).data == 1.0


def test_backward_lets_nan_through():
    x, y = Value(math.nan), Value(2.0)
    (x * y + x.sqrt()).backward()
    assert math.isnan(x.grad)
    assert math.isnan(y.grad)


Z, W = Value(0, "z"), Value(1000, "w")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Z.log(), ValueError, r"log\(z = 0.0\): .*log x, for x > 0"),
        (lambda: autograd.log(-1), ValueError, "domain|positive"),
        (lambda: 1 / Z, ZeroDivisionError, r"divide\(1.0, z = 0.0\): .*division by zero"),
        (lambda: Z**-1, ZeroDivisionError, r"power_constant\(z = 0.0, -1.0\)"),
        (lambda: W.exp(), OverflowError, r"exp\(w = 1000.0\): math range error"),
        (lambda: W**200, OverflowError, r"power_constant\(w = 1000.0, 200.0\): [A-Z]"),
        (lambda: (-W) ** 0.5, ValueError, r"power_constant\(-1000.0, 0.5\): a negative number"),
        (lambda: (-W) ** (Z + 0.5), ValueError, r"power\(-1000.0, 0.5\): a negative number"),
        (lambda: (-W).sqrt(), ValueError, r"sqrt\(-1000.0\)"),
        (lambda: autograd.log1p(Value(-1)), ValueError, r"log1p\(-1.0\)"),
        (lambda: autograd.expm1(W), OverflowError, r"expm1\(w = 1000.0\)"),
        (lambda: autograd.sin(Value(math.inf)), ValueError, r"sin\(inf\)"),
        (lambda: autograd.tan(Value(-math.inf)), ValueError, r"tan\(-inf\)"),
        (
            lambda: Value.record(primitives.softmax_unit, (W, Z)),
            OverflowError,
            r"softmax_unit\(w = 1000.0, z = 0.0\)",
        ),
    ],
)
def test_what_has_no_value_raises_what_python_raises(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_error_of_a_row_without_words_still_names_the_operation():
    def refuse(x):
        raise ValueError

    row = Primitive(
        "refuse",
        "Refuses.",
        value=refuse,
        slopes=lambda y, x: (1.0,),
        notation="",
        latex="",
        samples=(),
    )
    del TABLE["refuse"]
    with pytest.raises(ValueError, match=r"refuse\(z = 0.0\): no value. refuse: Refuses."):
        row(Z)


def test_a_constant_computes_nothing():
    with pytest.raises(ValueError, match="a constant cannot change: it keeps the number"):
        primitives.constant.value()
    assert primitives.constant.slopes(3.0) == ()


@pytest.mark.parametrize(
    ("call", "point"),
    [
        (autograd.sqrt, (0,)),
        (lambda x: x**0.5, (0,)),
        (lambda a, b: a**b, (0, 0)),
        (primitives.xlogy, (0, 0)),
    ],
)
def test_where_a_value_has_no_slope_only_backward_raises(call, point):
    leaves = [Value(x, "abc"[i]) for i, x in enumerate(point)]
    held = [0.5 * (i + 1) for i in range(len(leaves))]
    for leaf, grad in zip(leaves, held, strict=True):
        leaf.grad = grad
    y = call(*leaves)
    with pytest.raises(ValueError, match=r"has a value but no slope along [abc]"):
        y.backward()
    assert [leaf.grad for leaf in leaves] == held
    with pytest.raises(ValueError, match=r"has a value but no slope along [abc]"):
        gradients(y, leaves)


@pytest.mark.parametrize(("a", "b"), [(-2.0, -3.0), (-2.0, 3.0), (-0.5, 2.0), (-1.0, 0.0)])
def test_a_negative_base_has_a_slope_though_its_exponent_has_none(a, b):
    base, exponent = Value(a, "a"), Value(b, "b")
    half, other = Value(b / 2), Value(0.0)
    for y in (base**exponent, base ** (2 * half) + other):
        base.grad = 0.0
        y.backward()
        assert base.grad == pytest.approx(b * a ** (b - 1))
        assert [d.data for d in gradients(y, [base])] == pytest.approx([base.grad])
    assert math.isnan(exponent.grad)
    assert math.isnan(half.grad)
    assert other.grad == 1.0
    with pytest.raises(ValueError, match=r"power\(a = .*\) has a value but no slope along b"):
        gradients(base**exponent, [base, exponent])
    with pytest.raises(ValueError, match="no slope along b"):
        (a**exponent).backward()  # nothing else was asked for


def test_powers_of_the_number_0_have_all_derivatives_along_a_positive_exponent():
    y = Value(2.0)
    for power in (0.0**y, Value.constant(0.0) ** y, 3 * 0**y):
        [[second]] = hessian(power, [y])
        [third] = gradients(second, [y])
        assert (second.data, third.data) == (0.0, 0.0)
    program = vectorize(0.0**y + y, {"y": y}, with_respect_to="y")
    assert [array.tolist() for array in program(np.array([2.0, 3.0]))] == [[2.0, 3.0], [1.0, 1.0]]
    assert [d.data for d in hessian(2.0**y, [y])[0]] == pytest.approx([4 * math.log(2) ** 2])
    zero = Value(0.0)
    with pytest.raises(ValueError, match="no slope"):
        hessian(0.0**zero, [zero])


def test_a_missing_slope_that_nobody_needs_does_no_harm():
    a = Value(-2, "a")
    y = a ** Value.constant(3)
    y = y + Value.record(primitives.power, (a, 3))  # d(a³)/d3 does not exist at a = −2
    y.backward()
    assert a.grad == 24.0  # twice 3a²
    assert gradients(y, [a])[0].data == 24.0


# --- rows as functions --------------------------------------------------------------------


@pytest.mark.parametrize("row", UNARY, ids=lambda row: row.name)
def test_a_row_of_one_input_takes_numbers_values_and_lists_of_one(row):
    if row is autograd.total:
        pytest.skip("it takes a list of any length")
    [x] = row.samples[0]
    y = row.value(x)
    on_float, on_value, on_list = row(x), row(Value(x)), row([Value(x)])
    assert type(on_float) is float
    assert on_float == y
    assert (on_value.op, on_value.data) == (row, y)
    assert on_list.data == y
    method = getattr(Value(x), {"negative": "__neg__"}.get(row.name, row.name), None)
    if row in PUBLIC or method:
        assert method().data == y


@pytest.mark.parametrize("row", [row for row in UNARY if row is not autograd.total], ids=str)
def test_a_row_of_one_input_takes_arrays(row):
    [x] = row.samples[0]
    y = row.value(x)
    numbers = row(np.array([[x, x, x], [x, x, x]]))
    assert (numbers.dtype, numbers.shape) == (float, (2, 3))
    assert (numbers == y).all()
    values = row(np.array([[Value(x), x], [x, Value(x)]], dtype=object))
    assert (values.dtype, values.shape) == (object, (2, 2))
    assert (values[0, 0].op, values[0, 0].data, values[0, 1]) == (row, y, y)
    assert row(np.array(x)) == y  # an array without axes
    assert row(np.array([])).dtype == float


def test_arrays_of_other_kinds_of_numbers():
    assert autograd.relu(np.array([3, -2])).tolist() == [3.0, 0.0]
    assert autograd.step(np.array([True, False])).tolist() == [1.0, 1.0]
    assert autograd.exp(np.array([0], dtype=np.float32)).dtype == float
    with pytest.raises(TypeError, match="relu takes numbers and Values, not 'a'"):
        autograd.relu(np.array(["a"]))
    with pytest.raises(TypeError, match="maximum takes numbers and Values, not array"):
        autograd.maximum(np.array([1.0]), 0.0)


def test_a_list_of_what_a_layer_returns_is_taken_item_by_item():
    z = Value(0.0, label="z")
    [[a, b]] = autograd.sigmoid([[z, 0]])
    assert (a.op, a.inputs, b) == (autograd.sigmoid, (z,), 0.5)
    [[c], [d]] = autograd.sigmoid([[z], [0]])  # one output of two examples
    assert (c.data, d) == (0.5, 0.5)
    [[p, q], [r, s]] = autograd.softmax([[z, 0.0], [0.0, 0.0]])
    assert (p.data, q.data, r, s) == (0.5, 0.5, 0.5, 0.5)
    p.backward()
    assert z.grad == 0.25  # p(1 − p)


def test_softmax_of_an_array_goes_along_its_last_axis():
    Z = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    S = autograd.softmax(Z)
    assert S.shape == (2, 3)
    assert S[0].tolist() == autograd.softmax([1, 2, 3])
    assert autograd.softmax(Z[None])[0].tolist() == S.tolist()
    assert isinstance(autograd.softmax(Z[0]), np.ndarray)
    values = autograd.softmax(np.array([[Value(z) for z in row] for row in Z]))
    assert [[unit.data for unit in row] for row in values] == S.tolist()
    assert values[0, 0].inputs[1] is values[0, 2].inputs[1] is not values[1, 0].inputs[1]
    with pytest.raises(TypeError, match="softmax takes a list"):
        autograd.softmax(np.array(1.0))
    with pytest.raises(ValueError, match="at least one"):
        autograd.softmax(np.zeros(0))


def test_integers_become_floats():
    assert type(autograd.relu(3)) is float
    assert type(autograd.maximum(2, True)) is float


@pytest.mark.parametrize(
    ("row", "arguments", "inputs", "y"),
    [
        (autograd.total, ([1, 2, 3],), 3, 6.0),
        (autograd.dot, ([1, 2], [3, 4]), 4, 11.0),
        (autograd.affine, ([1, 2], [3, 4], 5), 5, 16.0),
        (autograd.affine, ([], [], 5), 1, 5.0),
        (autograd.logsumexp, ([7],), 1, 7.0),
        (autograd.softmax_cross_entropy_with_logits, ([1], [9]), 2, 0.0),
    ],
)
def test_rows_of_lists_are_one_node(row, arguments, inputs, y):
    assert row(*arguments) == y

    def recorded(argument):
        return list(map(Value, argument)) if isinstance(argument, list) else Value(argument)

    node = row(*map(recorded, arguments))
    assert (node.op, len(node.inputs), node.data) == (row, inputs, y)
    assert [x.op for x in node.inputs] == [None] * inputs


def test_sums_of_nothing():
    assert autograd.total([]) == 0.0
    assert autograd.dot([], []) == 0.0


def test_generators_and_one_shot_lists_are_read_once():
    assert autograd.total(x for x in (1, 2)) == 3.0
    assert autograd.softmax(iter([0.0, 0.0])) == [0.5, 0.5]
    assert autograd.dot(iter([1, 2]), iter([3, 4])) == 11.0


def test_softmax_sums_to_1_and_has_the_slopes_of_its_jacobian():
    logits = [Value(z) for z in (1.0, -2.0, 0.5)]
    a = autograd.softmax(logits)
    assert sum(unit.data for unit in a) == pytest.approx(1.0, abs=1e-15)
    for i, unit in enumerate(a):
        for j, slope in enumerate(gradients(unit, logits)):
            exact = a[i].data * ((i == j) - a[j].data)
            assert slope.data == pytest.approx(exact, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: autograd.exp("1"), TypeError, r"exp takes numbers and Values, not '1' \(str\)"),
        (lambda: autograd.exp(1j), TypeError, "exp takes numbers"),
        (lambda: autograd.exp({1, 2}), TypeError, "exp takes numbers"),
        (lambda: autograd.exp([1, "2"]), TypeError, "exp takes numbers and Values, not '2'"),
        (
            lambda: autograd.total(["x", Z]),
            TypeError,
            r"total takes numbers and Values, not 'x' \(str\)",
        ),
        (lambda: autograd.exp(), TypeError, r"exp cannot take \(\)\. exp: The exponential"),
        (lambda: autograd.exp(1.0, Z), TypeError, r"exp cannot take \(1\.0, Value\("),
        (lambda: autograd.maximum(1.0), TypeError, r"maximum cannot take \(1\.0\)"),
        (lambda: autograd.total(Z), TypeError, r"total cannot take .* The sum of a list"),
        (lambda: autograd.affine([1], [2]), TypeError, r"affine cannot take \(\[1\], \[2\]\)"),
        (lambda: autograd.softmax(5), TypeError, "softmax takes a list of numbers, not 5"),
        (lambda: autograd.dot([1], [1, 2]), ValueError, "dot .* same length, not 1 and 2"),
        (lambda: autograd.affine([1, 2], [1], 0), ValueError, "affine .* not 2 and 1"),
        (lambda: autograd.softmax([]), ValueError, "softmax takes at least one"),
        (lambda: autograd.logsumexp([]), ValueError, "logsumexp takes at least one"),
        (
            lambda: autograd.softmax_cross_entropy_with_logits([], []),
            ValueError,
            "takes at least one",
        ),
        (
            lambda: autograd.softmax_cross_entropy_with_logits([1], [1, 2]),
            ValueError,
            "softmax_cross_entropy_with_logits .* not 1 and 2",
        ),
    ],
)
def test_wrong_arguments(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_copied_row_is_the_same_row(row):
    assert copy.copy(row) is copy.deepcopy(row) is row
    assert pickle.loads(pickle.dumps(row)) is row
    assert repr(row) == f"<primitive {row.name}>"


# --- rows of one's own --------------------------------------------------------------------


@pytest.fixture
def own():
    """Make rows that are gone from the table afterwards."""
    before = dict(TABLE)

    def make(name="mine", value=lambda a: a * a, slopes=lambda y, a: (2 * a,), n=1):
        return Primitive(
            name,
            "Mine.",
            value=value,
            slopes=slopes,
            notation="f({0})",
            latex="f",
            samples=((1.0,) * n,),
        )

    yield make
    TABLE.clear()
    TABLE.update(before)


@pytest.mark.parametrize(
    ("slopes", "words"),
    [
        (lambda y, a: 2 * a, r"slopes of the row mine must be a tuple .* here 1, not 4\.0"),
        (lambda y, a: (2 * a, 0.0), r"one slope per input, here 1, not \(4\.0, 0\.0\)"),
        (lambda y, a: (), "here 1, not "),
        (lambda y, a: None, "here 1, not None"),
        (lambda y, a: ("2a",), "a slope of the row mine must be a number, not '2a'"),
        (lambda y, a: (None,), "a slope of the row mine must be a number, not None"),
    ],
)
def test_slopes_of_ones_own_row_that_are_wrong_are_named(own, slopes, words):
    with pytest.raises(TypeError, match=words):
        own(slopes=slopes)(Value(2.0))


def test_slopes_that_are_wrong_on_values_alone_are_named(own):
    row = own(slopes=lambda y, a: (2.0 * a,) if isinstance(y, float) else 2.0 * a)
    y = row(Value(2.0))
    with pytest.raises(TypeError, match="slopes of the row mine must be a tuple"):
        gradients(y, y.inputs)


def test_too_few_slopes_of_two_inputs_are_named(own):
    row = own(value=lambda a, b: a * b, slopes=lambda y, a, b: (b,), n=2)
    with pytest.raises(TypeError, match="one slope per input, here 2"):
        row(Value(2.0), Value(3.0))


def test_an_error_of_many_operands_names_the_first_and_the_last(own):
    row = own(value=lambda *x: math.log(-1.0), slopes=lambda y, *x: x, n=7)
    with pytest.raises(ValueError, match=r"mine\(w = 1000.0, 0.0, 1.0, …, 4.0, z = 0.0\)"):
        Value.record(row, (W, 0, 1, 2, 3, 4, Z))


@pytest.mark.parametrize("y", [None, "4", 2j])
def test_a_value_of_ones_own_row_that_is_no_number_is_named(own, y):
    with pytest.raises(TypeError, match="value of the row mine must be a number"):
        own(value=lambda a: y)(Value(2.0))


def test_numpy_numbers_of_ones_own_row_become_floats(own):
    row = own(value=lambda a: np.float64(a), slopes=lambda y, a: [np.float64(1.0)])
    y = row(Value(2.0))
    assert type(y.data) is float
    assert type(y.partials[0]) is float
    assert [slope.data for slope in gradients(y, y.inputs)] == [1.0]


def test_a_second_row_of_a_taken_name_leaves_recorded_graphs_and_copies_alone(own):
    y = autograd.tanh(Value(0.5))
    own("tanh")
    for each in (y, copy.copy(y), copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert each.forward() == math.tanh(0.5)
    first = own("mine")(Value(3.0))
    assert pickle.loads(pickle.dumps(first)).forward() == 9.0
    own("mine", value=lambda a: a + 1.0)
    assert copy.deepcopy(first).forward() == 9.0
    with pytest.raises(TypeError, match="the row mine is no longer in the table"):
        pickle.dumps(first)


# --- texts --------------------------------------------------------------------------------


def text(notation, n):
    return notation if isinstance(notation, str) else notation(n)


@pytest.mark.parametrize(("row", "point"), SAMPLES)
def test_the_notation_says_what_the_value_is(row, point):
    """Read as Python, with the numbers put in, the notation computes the value."""
    formula = text(row.notation, len(point)).format(*(f"({x!r})" for x in point))
    formula = re.sub(r"\|(.*)\|", r"abs(\1)", formula)
    formula = formula.replace("log₂", "log2").replace("log₁₀", "log10")
    for sign, python in (("·", "*"), ("−", "-"), ("^", "**"), ("√", "sqrt"), ("′", "_slope")):
        formula = formula.replace(sign, python)
    functions = ("exp", "log", "log2", "log10", "sqrt", "hypot", "sin", "cos", "tan")
    names = {name: getattr(math, name) for name in (*functions, "sinh", "cosh", "tanh")}
    names |= {"arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "arctan2": math.atan2}
    names |= {
        "SiLU": lambda x: x / (1 + math.exp(-x)),
        "ELU": lambda x: x if x > 0 else math.expm1(x),
    }
    c = math.sqrt(2 / math.pi)
    names["GELU"] = lambda x: 0.5 * x * (1 + math.tanh(c * (x + 0.044715 * x**3)))
    names |= {"σ": autograd.sigmoid, "z": None}
    names |= {"ReLU": autograd.relu, "leakyReLU": autograd.leaky_relu, "sign": autograd.sign}
    names |= {"softplus": autograd.softplus, "step": autograd.step, "where": autograd.where}
    names |= {"σ_slope": primitives.sigmoid_slope, "tanh_slope": primitives.tanh_slope}
    names |= {"stop": autograd.stop_gradient}
    names |= {"logsumexp": lambda z: autograd.logsumexp(point[len(point) // 2 :])}
    assert eval(formula, names) == pytest.approx(row.value(*point), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(("row", "point"), SAMPLES)
def test_the_latex_mentions_every_input_and_closes_its_braces(row, point):
    latex = text(row.latex, len(point))
    assert {int(i) for i in re.findall(r"#(\d+)", latex)} == set(range(1, len(point) + 1))
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")


def test_the_notation_of_short_lists():
    assert text(autograd.total.notation, 0) == "0"
    assert text(autograd.softmax_cross_entropy_with_logits.notation, 2) == "logsumexp(z) − {0}·{1}"
