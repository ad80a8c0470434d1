"""Every row of the table: its slopes to second order, its accuracy, its domain, its texts."""

import copy
import math
import pickle
import re
from decimal import Decimal, localcontext

import pytest

import autograd
from autograd import Value, gradcheck, gradients, primitives
from autograd.primitives import TABLE, Primitive

ROWS = [row for row in TABLE.values() if row is not primitives.constant]
SAMPLES = [
    pytest.param(row, point, id=f"{row.name}{point}") for row in ROWS for point in row.samples
]
PUBLIC = [vars(autograd)[name] for name in autograd.__all__ if name in TABLE]
UNARY = [row for row in ROWS if all(len(point) == 1 for point in row.samples)]


def recording(row, point):
    """The row as a function of Values, and the coordinates of the point that it takes."""
    if row is primitives.power_constant:
        x, exponent = point
        return lambda x: Value.record(row, (x, exponent)), (x,)
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


@pytest.mark.parametrize(("row", "point"), SAMPLES)
def test_slopes_to_second_order(row, point):
    check_row(row, point)


@pytest.mark.parametrize("reading", ["floats and Values", "Values"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
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
        (autograd.relu, (0.0,), (1.0,)),
        (autograd.relu, (-0.0,), (1.0,)),
        (autograd.leaky_relu, (0.0,), (1.0,)),
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
        (autograd.sigmoid, exact_sigmoid(z) * (1 - exact_sigmoid(z))),
        (autograd.softplus, exact_sigmoid(z)),
    ):
        v = Value(z)
        row(v).backward()
        assert_absolute(v.grad, exact)


@pytest.mark.parametrize("z", [*LOGITS, 10.0, -10.0])
def test_the_tails_of_tanh_are_accurate(z):
    v = Value(z)
    y = v.tanh()
    y.backward()
    exact = 2 * exact_sigmoid(2 * Decimal(z)) - 1
    assert_relative(y.data, exact)
    assert_absolute(v.grad, 1 - exact * exact)


@pytest.mark.parametrize("y", TARGETS)
@pytest.mark.parametrize("z", LOGITS)
def test_binary_cross_entropy_with_logits_is_accurate(y, z):
    logit = Value(z)
    loss = autograd.binary_cross_entropy_with_logits(y, logit)
    loss.backward()
    target = Decimal(y)
    exact = target * exact_logsumexp([0, -Decimal(z)]) + (1 - target) * exact_logsumexp([0, z])
    assert_relative(loss.data, exact)
    assert_absolute(logit.grad, exact_sigmoid(z) - target)  # σ(z) − y, as on the slide


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
        for leaf, probability, y in zip(leaves, exact_softmax(logits), targets, strict=True):
            assert_absolute(leaf.grad, probability - Decimal(y))  # softmax(z) − y


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


# --- nan, domains, errors -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "point"),
    [
        pytest.param(row, (*point[:i], math.nan, *point[i + 1 :]), id=f"{row.name}-{i}")
        for row in ROWS
        for point in row.samples[:1]
        for i in range(len(point))
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
            lambda: Value.record(primitives.softmax_unit, (W, 0, 1, 2, 3, 4, Z)),
            OverflowError,
            r"softmax_unit\(w = 1000.0, 0.0, 1.0, …, 4.0, z = 0.0\)",
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
    with pytest.raises(ValueError, match="a constant keeps the number"):
        primitives.constant.value()
    assert primitives.constant.slopes(3.0) == ()


@pytest.mark.parametrize(
    ("call", "point"),
    [
        (autograd.sqrt, (0,)),
        (lambda x: x**0.5, (0,)),
        (lambda a, b: a**b, (0, 0)),
        (lambda a, b: a**b, (-2, 3)),
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
        (lambda: autograd.exp([1, 2]), TypeError, "exp takes numbers"),
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
    assert copy.deepcopy(row) is row
    assert pickle.loads(pickle.dumps(row)) is row
    assert repr(row) == f"<primitive {row.name}>"


# --- texts --------------------------------------------------------------------------------


def text(notation, n):
    return notation if isinstance(notation, str) else notation(n)


@pytest.mark.parametrize(("row", "point"), SAMPLES)
def test_the_notation_says_what_the_value_is(row, point):
    """Read as Python, with the numbers put in, the notation computes the value."""
    formula = text(row.notation, len(point)).format(*(f"({x!r})" for x in point))
    formula = re.sub(r"\|(.*)\|", r"abs(\1)", formula)
    for sign, python in (("·", "*"), ("−", "-"), ("^", "**"), ("√", "sqrt")):
        formula = formula.replace(sign, python)
    names = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan")}
    names |= {"tanh": math.tanh, "arctan": math.atan, "σ": autograd.sigmoid, "z": None}
    names |= {"ReLU": autograd.relu, "leakyReLU": autograd.leaky_relu, "sign": autograd.sign}
    names |= {"softplus": autograd.softplus, "step": autograd.step}
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
