"""Value: what it holds, its operators with every kind of number, and code written for NumPy."""

import copy
import math
import operator
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from autograd import Value, gradients, primitives, sqrt


def slopes(output, *leaves):
    """The gradient of the output, from leaves whose grads start at 0."""
    for leaf in leaves:
        leaf.grad = 0.0
    output.backward()
    return [leaf.grad for leaf in leaves]


# --- construction -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [3, 3.0, True, Fraction(3, 2), np.float64(3), np.float32(0.5), np.int64(3)]
)
def test_any_real_number_becomes_a_float(number):
    v = Value(number)
    assert type(v.data) is float
    assert v.data == float(number)
    assert (v.grad, v.op, v.inputs, v.partials, v.label) == (0.0, None, (), (), "")


@pytest.mark.parametrize(
    "wrong",
    ["3", None, 1j, [1, 2], (1,), np.array([1.0, 2.0]), np.array(3.0), Decimal(3), Value(3), exit],
)
def test_anything_else_is_refused(wrong):
    with pytest.raises(TypeError, match=r"one real number, not .*: make one per number"):
        Value(wrong)


def test_a_number_beyond_the_floats_is_refused():
    with pytest.raises(OverflowError):
        Value(10**400)


@pytest.mark.parametrize("label", [2, None, b"w"])
def test_a_label_is_a_string(label):
    with pytest.raises(TypeError, match=r"label of a Value is a string, not"):
        Value(1, label)


def test_a_value_has_no_other_attributes():
    v = Value(1)
    with pytest.raises(AttributeError):
        v.gard = 0.0
    assert not hasattr(v, "__dict__")


def test_a_constant_is_a_leaf_that_is_told_apart():
    c = Value.constant(np.int64(3))
    assert (c.data, c.op, c.inputs, c.partials) == (3.0, primitives.constant, (), ())
    with pytest.raises(TypeError, match="one real number"):
        Value.constant("3")


# --- operators ----------------------------------------------------------------------------

OPERATORS = [
    (operator.add, "add"),
    (operator.sub, "subtract"),
    (operator.mul, "multiply"),
    (operator.truediv, "divide"),
    (operator.pow, "power"),
]
NUMBERS = [3, 2.5, True, Fraction(1, 2), np.float64(2.5), np.float32(0.5), np.int64(3)]


@pytest.mark.parametrize(("operate", "name"), OPERATORS)
def test_operators_between_values(operate, name):
    a, b = Value(3), Value(2)
    y = operate(a, b)
    assert (y.op.name, y.inputs) == (name, (a, b))
    assert y.data == operate(3.0, 2.0)
    assert y.partials == y.op.slopes(y.data, 3.0, 2.0)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize(("operate", "name"), OPERATORS)
def test_numbers_on_either_side(operate, name, number):
    v = Value(3)
    right, left = operate(v, number), operate(number, v)
    assert type(right) is type(left) is Value
    assert right.data == operate(3.0, float(number))
    assert left.data == operate(float(number), 3.0)
    assert right.op.name == ("power_constant" if name == "power" else name)
    assert left.op.name == name
    assert right.inputs[1].op is left.inputs[0].op is primitives.constant
    assert right.inputs[0] is left.inputs[1] is v


@pytest.mark.parametrize(("operate", "name"), OPERATORS)
def test_a_kind_of_value_on_either_side(operate, name):
    class Weight(Value):
        """A Value with a name of its own."""

    v, w = Value(3), Weight(2)
    for y, inputs in ((operate(v, w), (v, w)), (operate(w, v), (w, v))):
        assert (type(y), y.op.name, y.inputs) == (Value, name, inputs)
        assert y.data == operate(*[x.data for x in inputs])


@pytest.mark.parametrize("other", ["x", None, 1j, [1], (1,), {}, Decimal(1)])
@pytest.mark.parametrize("operate", [operate for operate, _ in OPERATORS])
def test_operators_refuse_what_is_no_number(operate, other):
    words = r"unsupported operand|can only concatenate|can't multiply"
    with pytest.raises(TypeError, match=words):
        operate(Value(1), other)
    with pytest.raises(TypeError, match=words):
        operate(other, Value(1))


@pytest.mark.parametrize("operate", [operator.floordiv, operator.mod, operator.matmul, divmod])
def test_operators_that_do_not_exist(operate):
    with pytest.raises(TypeError, match="unsupported operand"):
        operate(Value(1), 2)


def test_signs():
    v = Value(-3)
    assert +v is v
    assert ((-v).data, (-v).op.name) == (3.0, "negative")
    assert (abs(v).data, abs(v).op.name) == (3.0, "abs")
    assert v.abs().data == 3.0


def test_in_place_operators_rebind_the_name_and_change_no_node():
    v = w = Value(3)
    v += 1
    v *= 2
    assert (v.data, w.data) == (8.0, 3.0)


@pytest.mark.parametrize(
    ("build", "y", "dx"),
    [
        (lambda x: 2**x, 8.0, 8.0 * math.log(2)),
        (lambda x: x**x, 27.0, 27.0 * (1 + math.log(3))),
        (lambda x: x**-1, 1 / 3, -1 / 9),
        (lambda x: x**0.5, math.sqrt(3), 0.5 / math.sqrt(3)),
        (lambda x: x**1, 3.0, 1.0),
        (lambda x: (-x) ** 3, -27.0, -27.0),
        (lambda x: x ** Value.constant(2), 9.0, 6.0),
        (lambda x: 1 - x / 2, -0.5, -0.5),
        (lambda x: 6 / x, 2.0, -2 / 3),
    ],
)
def test_powers_and_reflected_operators_have_their_slopes(build, y, dx):
    x = Value(3)
    node = build(x)
    assert node.data == pytest.approx(y, rel=1e-15)
    assert slopes(node, x) == [pytest.approx(dx, rel=1e-15)]


def test_a_constant_exponent_makes_the_row_of_powers_with_one():
    x = Value(-3)
    for exponent in (2, Value.constant(2)):
        assert (x**exponent).op is primitives.power_constant
    assert (x ** Value(2)).op is primitives.power


def test_the_sum_of_a_list_starts_without_a_zero():
    a, b = Value(1), Value(2)
    y = sum([a, b])
    assert (y.data, y.inputs) == (3.0, (a, b))
    assert sum([a]) is a
    assert (sum([a, b], 0.5)).data == 3.5
    assert (0.0 + a).op.name == "add"  # a zero that somebody wrote is kept
    assert (a + 0).op.name == "add"


# --- numbers read from a Value ------------------------------------------------------------


def test_comparisons_read_the_data():
    a, b = Value(2), Value(3)
    assert a < b
    assert a <= b
    assert b > a
    assert b >= a
    assert a <= Value(2)
    assert a >= 2
    assert not a > 2
    assert 1 < a < 3
    assert np.float64(1) < a
    assert max(a, b) is b
    assert sorted([b, a]) == [a, b]


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", ["3", None, [1], 1j])
def test_comparisons_refuse_what_is_no_number(compare, other):
    with pytest.raises(TypeError, match="not supported between"):
        compare(Value(1), other)


def test_equality_is_identity():
    a, b = Value(3), Value(3)
    assert a == a
    assert a != b
    assert a != 3
    assert len({a, b, a}) == 2
    assert {a: "a"}[a] == "a"


def test_conversions():
    v = Value(2.5, "v")
    assert float(v) == 2.5
    assert math.floor(v) == 2
    assert bool(v)
    assert not Value(0)
    assert f"{v:.3f}" == "2.500"
    assert f"{v:>6}" == "   2.5"
    assert f"{v}" == str(v) == "Value(2.5, 'v', grad=0.0)"
    assert repr(Value(-1e-7)) == "Value(-1e-07, grad=0.0)"


# --- copies -------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_a_copied_graph_is_whole_and_apart(duplicate):
    x = Value(3, "x")
    y = (x * x + 1).sigmoid()
    y.backward()
    twin = duplicate(y)
    [square, one] = twin.inputs[0].inputs
    assert (twin.data, twin.op, twin.partials, twin.grad) == (y.data, y.op, y.partials, 1.0)
    assert square.inputs[0] is square.inputs[1]  # one x, not two
    assert one.op is primitives.constant
    x_twin = square.inputs[0]
    assert (x_twin.label, x_twin.grad) == ("x", x.grad)
    x_twin.data = 1.0
    assert twin.forward() == pytest.approx(1 / (1 + math.exp(-2)))
    assert x.data == 3.0
    assert gradients(twin, [x_twin])[0].data != x.grad


# --- NumPy code that records as it stands -------------------------------------------------


def values(*numbers):
    return np.array([Value(x) for x in numbers])


RECORDS = [
    lambda w, x: np.dot(w, x) + 4,
    lambda w, x: w @ x,
    lambda w, x: x @ w,
    lambda w, x: np.sum(w * x),
    lambda w, x: (w * x).sum(),
    lambda w, x: np.sum(np.array([[1.0, 2.0], [3.0, 4.0]]) @ w),
    lambda w, x: np.sum(np.dot(np.array([[1.0, 2.0], [3.0, 4.0]]), w) * x),
    lambda w, x: 1 / (1 + np.exp(-(w @ x))),
    lambda w, x: np.mean((w - x) ** 2),
    lambda w, x: np.sum((x - w) / (2 + w)),
    lambda w, x: np.sum(np.square(w) - np.power(w, 3) + 2**w),
    lambda w, x: np.sum(np.abs(w) + np.negative(w) + np.reciprocal(w)),
    lambda w, x: np.prod(w) + np.cumsum(w)[1] + np.sum(np.outer(w, x)),
    lambda w, x: np.sum(w[0] * x) + np.sum(x - w[1]) + np.sum(w[0] + w),
    lambda w, x: np.sum(np.float64(2) * w[0] + np.float32(0.5) ** w[1] / np.int64(3)),
]
METHODS = ["exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tan", "tanh", "arctan", "abs"]
RECORDS += [lambda w, x, name=name: np.sum(getattr(np, name)(w) * x) for name in METHODS]


@pytest.mark.parametrize("code", RECORDS)
def test_numpy_code_that_records_as_it_stands(code):
    """The same code on numbers gives the same value; its differences give the same slopes."""
    w, x = np.array([2.0, 0.75]), np.array([-1.0, -2.0])
    leaves = values(*w)
    y = code(leaves, x)
    assert type(y) is Value
    assert y.data == pytest.approx(code(w, x), rel=1e-14)
    for i, slope in enumerate(slopes(y, *leaves)):
        nudge = np.eye(2)[i] * 2.0**-17
        difference = (code(w + nudge, x) - code(w - nudge, x)) / 2.0**-16
        assert slope == pytest.approx(difference, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("operate", [operate for operate, _ in OPERATORS])
def test_an_array_on_either_side_is_elementwise(operate):
    array, v = np.array([1.0, 2.0]), Value(3)
    for result, exact in (
        (operate(array, v), operate(array, 3)),
        (operate(v, array), operate(3, array)),
    ):
        assert result.dtype == object
        assert [each.data for each in result] == list(exact)
    assert [each.data for each in operate(values(1, 2), v)] == list(operate(array, 3))


def test_comparison_with_an_array_is_elementwise():
    v = Value(2)
    assert (v < np.array([1.0, 3.0])).tolist() == [False, True]
    assert (np.array([1.0, 3.0]) < v).tolist() == [True, False]
    assert (values(1, 3) > v).tolist() == [False, True]
    assert (values(1, 3) == v).tolist() == [False, False]


# --- and code that cannot -----------------------------------------------------------------


def test_code_that_takes_the_number_returns_no_value():
    v = Value(1)
    assert type(math.exp(v)) is float
    assert np.array([v, v], dtype=float).dtype == float
    assert np.asarray(v, dtype=float).dtype == float
    assert type(float(v)) is float
    assert np.sign(values(-1, 1)).tolist() == [-1, 1]
    assert (values(-1, 1) > 0).dtype == bool


def test_code_that_picks_by_comparison_returns_one_of_the_two():
    a, b = values(-1, 2)
    picked = np.maximum([a, b], 0)
    assert picked[0] == 0  # the number: a is not in the graph
    assert picked[1] is b
    assert np.where(np.array([a, b]) > 0, [a, b], 0)[1] is b
    assert np.clip([a, b], 0, 1)[1] == 1
    assert max(a, b) is b
    # So the choice is frozen, and the row's is not:
    frozen, recorded = max(a, b) * 1, primitives.maximum(a, b)
    a.data = 5.0
    assert (frozen.forward(), recorded.forward()) == (2.0, 5.0)


@pytest.mark.parametrize("function", [np.exp2, np.arcsinh, np.cbrt, np.var, np.isnan])
def test_functions_that_numpy_does_not_find_raise(function):
    with pytest.raises(TypeError):
        function(values(1, 2))


# --- what is assigned ---------------------------------------------------------------------


@pytest.mark.parametrize("attribute", ["data", "grad"])
@pytest.mark.parametrize(
    "number", [np.float64(0.5), np.float32(0.5), Fraction(1, 2), 2, True, np.int64(3)]
)
def test_what_is_assigned_becomes_a_float(attribute, number):
    v = Value(7)
    setattr(v, attribute, number)
    assert type(getattr(v, attribute)) is float
    assert getattr(v, attribute) == float(number)


@pytest.mark.parametrize("attribute", ["data", "grad"])
@pytest.mark.parametrize("wrong", ["1", None, 1j, [1.0], np.zeros(1), Value(2)])
def test_what_is_no_number_is_refused_and_changes_nothing(attribute, wrong):
    v = Value(7, "v")
    before = getattr(v, attribute)
    with pytest.raises(TypeError, match=f"the {attribute} of a Value is a real number, not ") as e:
        setattr(v, attribute, wrong)
    assert getattr(v, attribute) == before
    assert (f"write .{attribute} = v.data" in str(e.value)) == isinstance(wrong, Value)


ZERO = np.float64(0.0)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda v: 1 / v, ZeroDivisionError),
        (lambda v: v / v, ZeroDivisionError),
        (lambda v: v**-1, ZeroDivisionError),
        (lambda v: v ** Value(-1), ZeroDivisionError),
        (lambda v: (v - 1) ** 0.5, ValueError),
        (lambda v: v.log(), ValueError),
        (lambda v: (v + 1000).exp(), OverflowError),
        (lambda v: (v + 1e300) ** 2, OverflowError),
        (lambda v: sqrt(v).backward(), ValueError),
        (lambda v: gradients(sqrt(v), [v]), ValueError),
        (lambda v: (v**0.5).backward(), ValueError),
    ],
)
def test_numbers_of_numpy_do_not_turn_refusals_into_warnings(call, error):
    v = Value(3)
    v.data = ZERO
    with pytest.raises(error):
        call(v)
    w = Value(ZERO)
    w.data -= np.float64(0.1) * w.grad  # a NumPy learning rate
    with pytest.raises(error):
        call(w)


def test_a_graph_with_numbers_of_numpy_is_refused_when_it_is_recomputed():
    v = Value(3)
    y = 1 / v
    v.data = ZERO
    with pytest.raises(ZeroDivisionError):
        y.forward()
    assert y.data == 1 / 3


def test_infinities_and_nan_may_be_assigned():
    v = Value(1)
    for number in (math.inf, -math.inf, np.float64("inf")):
        v.data = number
        assert v.data == number
    v.data = np.float64("nan")
    assert math.isnan(v.data)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_copies_keep_numbers(copied):
    v = Value(2, "v")
    y = v * v
    y.backward()
    other = copied(y)
    assert (other.data, other.grad, other.inputs[0].data, other.inputs[0].grad) == (4, 1, 2, 4)
