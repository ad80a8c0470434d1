"""gradcheck: it sees what is wrong, says where, has no false alarms, and leaves no trace."""

import math
import random

import pytest
from gradcheck_search import search

import autograd
from autograd import (
    GradientError,
    Value,
    binary_cross_entropy_with_logits,
    gradcheck,
    softmax_cross_entropy_with_logits,
)
from autograd.backprop import topological_order
from autograd.differences import Finding, Nudged
from autograd.primitives import TABLE, Primitive


def planted(factor):
    """The product ab whose slope along a is wrong by that factor."""

    def f(a, b):
        y = a * b
        y.partials = (b.data * factor, a.data)
        return y

    return f


def row(value, slopes):
    """A row that does not stay in the table."""
    made = Primitive("made", "Made.", value=value, slopes=slopes, notation="", latex="", samples=())
    del TABLE["made"]
    return made


# x² with a wrong slope, in a graph that forward() recomputes.
forgetful = row(lambda x: x * x, lambda y, x: (1.0,))


def report(f, *point):
    with pytest.raises(GradientError) as caught:
        gradcheck(f, *point)
    return caught.value


# --- what is right passes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda a, b, c: 3 * (a + b * c), (5, 3, 2)),
        (lambda x: x, (2,)),
        (lambda x: [x * x], (2,)),  # a layer returns a list
        (lambda x: x - x, (1,)),
        (lambda x: 0 * x + 1e6, (1,)),
        (lambda x: x**4, (0,)),
        (lambda x: x * autograd.abs(x), (0,)),  # its second derivative jumps, its first does not
        (lambda x: abs(x) ** 1.5, (0,)),  # √h in the quotients: they never settle, but agree
        (lambda x: autograd.maximum(x, x), (1,)),
        (lambda x, y: 1e8 * x + 1e-3 * y, (1, 1)),
        (lambda x: 1e200 * x, (1,)),
        (lambda x: 1e-200 * x, (1,)),
        (lambda x: x, (1e308,)),
    ],
)
def test_right_gradients_pass(f, point):
    assert gradcheck(f, *point) is True


@pytest.mark.parametrize(
    ("f", "x"),
    [
        # Near a kink, a pole or the border of a domain.
        *((autograd.relu, x) for x in (1e-4, -1e-7, 1e-9)),
        *((autograd.step, x) for x in (1e-5, -1e-6)),
        *((autograd.log, x) for x in (1e-6, 1e-12, 1e-18)),
        *((lambda x: 1 / x, x) for x in (1e-3, 1e-8)),
        (autograd.sqrt, 1e-10),
        (autograd.tan, 1.5707963),
        # Steep, or quickly bending.
        (lambda x: autograd.sin(1e5 * x), 0.3),
        (lambda x: autograd.sin(512 * math.pi * x), 0.1),  # the first nudge is one period
        (lambda x: autograd.sigmoid(1e6 * x), 1e-7),
        (lambda x: autograd.softplus(1e6 * x) / 1e6, 0),
        (lambda x: x**50, 1000),
        # Flat, far away, or huge.
        (autograd.sigmoid, 40),
        (autograd.sigmoid, -40),
        (autograd.softplus, 1000),
        (autograd.exp, 700),
        (autograd.exp, -700),
        (autograd.log, 1e300),
        (autograd.arctan, 1e6),
        # The slope is σ(z) − 1 or softmax(z) − y: of its digits few are left, or none.
        *((lambda z: binary_cross_entropy_with_logits(1, z), z) for z in (30, 40, 100)),
        (lambda z: softmax_cross_entropy_with_logits([1, 0], [z, 3.0]), 40),
        # Rounded away in part.
        *((lambda x: (1.1 * x + 1e10) - 1e10, x) for x in (0.3, 0.7, -1.1)),
        *((lambda x: (autograd.exp(x) + 1e8) - 1e8, x) for x in (-1.9, -0.5, 1.3)),
    ],
)
def test_no_false_alarm_where_it_is_hard(f, x):
    assert gradcheck(f, x)


# --- what is wrong does not ---------------------------------------------------------------


@pytest.mark.parametrize("factor", [1 + 1 / 2000, 1 - 1 / 2000, -1.0, 0.0, math.inf])
@pytest.mark.parametrize("point", [(2.0, 3.0), (-1e-6, 1e6), (1e6, 1e-6), (0.0, 1.0)])
def test_one_part_in_2000_is_seen(point, factor):
    error = report(planted(factor), *point)
    [found] = error.disagreements
    assert found.name == "input 1"
    assert found.input.data == point[0]
    assert found.backward == point[1] * factor
    assert found.difference == pytest.approx(point[1], rel=1e-6)
    assert not found.kink
    assert gradcheck(planted(1.0), *point)


def test_large_numbers_on_the_way_hide_nothing():
    wrong = planted(1 + 1 / 2000)
    report(lambda a, b: 1e-10 * wrong(1e10 * a, b), 2, 3)


def test_a_missing_slope_that_is_small_is_seen():
    assert len(report(planted(0.0), 1e-3, 1e-5).disagreements) == 1


@pytest.mark.parametrize(
    ("factor", "digits", "words"),
    [
        (1 + 1 / 2000, 3, "3 digits agree"),
        (1.05, 1, "1 digit agrees"),
        (3.0, 0, "no digits agree"),
        (-1.0, 0, "no digits agree"),
    ],
)
def test_the_report_names_the_input_and_both_slopes(factor, digits, words):
    error = report(planted(factor), Value(2, "w"), Value(3, "x"))
    [found] = error.disagreements
    assert found.digits == digits
    assert str(error) == (
        "backward() disagrees with the nudges at 1 of 2 inputs:\n"
        f"  w = 2: backward says {3 * factor:.10g}, the central difference 3: {words}"
    )
    assert found.input is error.output.inputs[0]  # to be drawn in its graph


def test_every_input_that_is_wrong_is_listed():
    def f(a, b, c):
        y = a * b * c
        y.partials = (7.0, 7.0)
        return y

    error = report(f, 1, 2, 3)
    assert [found.name for found in error.disagreements] == ["input 1", "input 2", "input 3"]
    assert "at 3 of 3 inputs" in str(error)


@pytest.mark.parametrize("z", [-10.0, 0.0, 20.0])
def test_a_wrong_slope_of_a_cross_entropy_is_seen(z):
    def f(z):
        y = binary_cross_entropy_with_logits(1, z)
        y.partials = (y.partials[0], y.partials[1] * (1 + 1 / 2000))
        return y

    assert len(report(f, z).disagreements) == 1


def test_what_the_recording_does_not_see_is_seen():
    assert report(lambda x: x * math.exp(x), 1).disagreements[0].backward == math.e


@pytest.mark.parametrize(
    "f",
    [
        lambda x, draw: x * draw(),
        lambda x, draw: x * (draw() < 0.5),
        lambda x, draw: 2 * x + 1e-9 * draw(),
    ],
)
def test_a_function_that_is_random_is_named_as_that(f):
    draw = random.Random(0).random
    error = report(lambda x: f(x, draw), 1)
    assert "not the same twice" in str(error)
    assert error.disagreements == []


@pytest.mark.parametrize("calls", [3, 5, 7])
def test_a_function_that_changes_its_mind_later_is_named_as_that(calls):
    asked = []

    def f(x):
        asked.append(x)
        return x * (2 if len(asked) < calls else 3)

    assert "answers" in str(report(f, 1))


# --- any size of input --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "point"),
    [
        *((lambda c: 1 / c, (x,)) for x in (1e-12, -1e-12, 1e-30, 1e30, -1e30)),
        *((autograd.log, (x,)) for x in (1e-30, 1e30)),
        *((autograd.sqrt, (x,)) for x in (1e-30, 1e30)),
        (lambda c: c**3, (-1e30,)),
        (lambda a, b, c: a * b + c / a + autograd.log(b), (1e-20, 1e20, -1e-3)),
        (lambda a, b: autograd.relu(a - b) + 1, (1e-30, 1e-20)),
        (lambda x: autograd.exp(1e6 * x), (1e-9,)),
        (lambda x: autograd.sqrt(x - 1), (1 + 1e-12,)),
        *((lambda v, k=k: autograd.sin(2**k * math.pi * v), (0.25,)) for k in range(1, 32)),
        *((lambda v, k=k: v + autograd.cos(2**k * math.pi * v), (1,)) for k in range(1, 32)),
        (autograd.sin, (1e30,)),  # no nudge can follow it, so nothing is said against it
        (lambda x: x + autograd.cos(x), (6e24,)),
        (lambda x: autograd.sin(x * x), (1e10,)),
    ],
)
def test_nudges_suit_the_size_of_the_input(f, point):
    assert gradcheck(f, *point)


@pytest.mark.parametrize("factor", [1.001, 0.999, 2.0, 0.0, -1.0])
@pytest.mark.parametrize("x", [1e-30, -1e-12, 1e-3, 0.5, -3.0, 1e5, 1e30])
def test_one_part_in_a_thousand_is_seen_at_any_size(x, factor):
    [found] = report(lambda v: planted(factor)(v, v), x).disagreements
    assert found.difference == pytest.approx(2 * x, rel=1e-9)


@pytest.mark.parametrize(("offset", "x"), [(1e12, 1.0), (1e13, 1.0), (1e12, 0.1), (1e9, -2.0)])
def test_a_large_offset_hides_no_slope(offset, x):
    [found] = report(lambda a: offset + a * math.exp(a.data), x).disagreements
    assert found.difference == pytest.approx((1 + x) * math.exp(x), rel=1e-2)
    assert gradcheck(lambda a: offset + a * autograd.exp(a), x)


def test_a_wrong_slope_of_a_fast_wave_is_seen():
    def f(v):
        y = autograd.sin(2**9 * math.pi * v)
        y.partials = (1.001 * y.partials[0],)
        return y

    [found] = report(f, 0.25).disagreements
    assert found.difference == pytest.approx(2**9 * math.pi, rel=1e-6)


def test_random_expressions_of_any_size():
    """A small part of what tests/gradcheck_search.py runs."""
    alarms, misses, to_find = search(100, seed=0)
    assert not alarms
    assert not misses
    assert to_find > 20


# --- kinks and jumps ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "left", "right"),
    [
        (autograd.relu, 0.0, 1.0),
        (autograd.leaky_relu, 0.01, 1.0),
        (autograd.abs, -1.0, 1.0),  # although backward's 0 is the central difference
        (lambda x: x if x > 0 else -x, -1.0, 1.0),
        (lambda x: autograd.maximum(2 * x, autograd.exp(x) - 1), 1.0, 2.0),
        (autograd.step, math.inf, 0.0),
        (autograd.sign, math.inf, math.inf),
        (lambda x: x * 1 if x > 0 else x + 1, 1.0, -math.inf),
    ],
)
def test_a_kink_is_named_with_the_slopes_of_its_sides(f, left, right):
    error = report(f, Value(0, "z"))
    [found] = error.disagreements
    assert found.kink
    assert (found.left, found.right) == pytest.approx((left, right), abs=1e-9)
    assert f"z = 0: not differentiable here: slopes {found.left:.10g} (left)" in str(error)


def test_the_digits_of_equal_slopes_at_a_kink():
    assert report(autograd.abs, 0).disagreements[0].digits == 0


# --- a recorded graph ---------------------------------------------------------------------


def graph():
    w, x, b = Value(2, "w"), Value(-1, "x"), Value(0.5, "b")
    return (w * x + b).tanh() * 3 + w**2, (w, x, b)


def test_all_leaves_that_are_no_constants_are_checked():
    J, (w, x, b) = graph()
    assert gradcheck(J) is True
    assert gradcheck([J], inputs=[w, [b]]) is True
    assert gradcheck(J, inputs=[Value(7)]) is True  # not reached: 0 on both sides
    assert gradcheck(J, inputs=[]) is True
    with pytest.raises(GradientError, match=r"at 2 of 3 inputs:\n  w = 2: .*\n  x = -1: "):
        gradcheck(J * forgetful(w * x))
    assert gradcheck(J * forgetful(w * x), inputs=[b])


def test_unnamed_leaves_are_counted():
    a, b = Value(1), Value(3)
    with pytest.raises(GradientError, match=r"input 2 = 3: backward says 1, .* difference 6"):
        gradcheck(a + forgetful(b))


def state(*outputs):
    return [
        (node.data, node.partials, node.grad, node.label) for node in topological_order(*outputs)
    ]


@pytest.mark.parametrize("wrong", [False, True])
def test_nothing_is_changed_in_a_recorded_graph(wrong):
    J, (w, _, _) = graph()
    J.backward()
    w.grad = 7.0
    J = J * forgetful(w) if wrong else J
    before = state(J)
    if wrong:
        with pytest.raises(GradientError):
            gradcheck(J)
    else:
        gradcheck(J)
    assert state(J) == before


def test_nothing_is_changed_where_the_function_lies_on_a_border():
    x = Value(0, "x")
    J = x**1.5 + Value(1, "a")
    x.grad = 3.0
    before = state(J)
    with pytest.raises(ValueError, match=r"x = 0\.0 has no neighbours"):
        gradcheck(J)
    assert state(J) == before


def test_nothing_is_changed_by_an_interrupt():
    calls = []

    def value(a, b):
        calls.append(a)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return a * b

    x = Value(2)
    u = x * 3
    J = row(value, lambda y, a, b: (b, a))(u, u * u)
    before = state(J)
    with pytest.raises(KeyboardInterrupt):
        gradcheck(J)
    assert state(J) == before


def test_a_graph_behind_its_leaves_is_checked_at_what_they_hold_now():
    J, (w, _, _) = graph()
    w.data = -3.0
    before = state(J)
    assert gradcheck(J)
    assert state(J) == before


def test_values_given_as_a_point_or_used_by_the_function_are_left_alone():
    point, parameter = Value(2, "x"), Value(3, "w")
    point.grad = parameter.grad = 5.0
    assert gradcheck(lambda x: x * parameter, point)
    assert (point.data, point.grad, parameter.data, parameter.grad) == (2.0, 5.0, 3.0, 5.0)


def test_only_interior_grads_of_the_checked_function_are_its_own():
    w = Value(3)
    shared = w * w
    shared.backward()
    assert gradcheck(lambda x: x * shared, 2)
    assert (shared.grad, w.grad) == (1.0, 6.0)


# --- what cannot be checked ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "point", "error", "words"),
    [
        (lambda x: x**1.5, 0, ValueError, r"input 1 = 0.0 has no neighbours .* inside"),
        (autograd.log, 0, ValueError, r"log\(0.0\)"),
        (autograd.sqrt, 0, ValueError, "no slope"),
        (lambda x: 1 / x, 0, ZeroDivisionError, "divide"),
        (lambda x: x, math.nan, ValueError, "the output is nan at the point itself"),
        (lambda x: x * 1e300, 1e300, ValueError, "the output is inf at the point itself"),
        (lambda x: x * 1.0, 1.7976931348623157e308, ValueError, "no neighbours"),
        (autograd.sigmoid, math.inf, ValueError, "input 1 = inf has no neighbours"),
        (lambda x: 3.0, 1, TypeError, r"a Value is needed, not 3.0"),
        (lambda x: [x, x], 1, ValueError, "not a list of 2"),
        (lambda x: x, "1", TypeError, "a Value holds one real number"),
    ],
)
def test_what_cannot_be_checked(f, point, error, words):
    with pytest.raises(error, match=words):
        gradcheck(f, point)


def test_an_output_that_overflows_beside_the_point():
    with pytest.raises(ValueError, match="no neighbours") as caught:
        gradcheck(lambda x: x * 1.0 if x.data == 1.0 else x * math.inf, 1)
    assert "the output is nan beside the point" in str(caught.value.__cause__)


def test_wrong_arguments():
    J, (w, _, _) = graph()
    with pytest.raises(TypeError, match="choose leaves with inputs="):
        gradcheck(J, 2.0)
    with pytest.raises(TypeError, match="give a function its point"):
        gradcheck(lambda x: x, 1, inputs=[w])
    with pytest.raises(TypeError, match=r"a Value is needed, not 3\.0"):
        gradcheck(3.0)
    with pytest.raises(TypeError, match=r"a Value is needed, not 3\.0"):
        gradcheck(J, inputs=[3.0])
    with pytest.raises(TypeError, match="a list of Values is needed"):
        gradcheck(J, inputs=w)
    with pytest.raises(ValueError, match="is computed from others"):
        gradcheck(J, inputs=[J.inputs[0]])


def test_a_gradient_error_is_a_failed_assertion():
    assert issubclass(GradientError, AssertionError)


# --- two ladders must say the same ----------------------------------------------------------


def test_findings_that_differ_do_not_confirm_each_other():
    kink = Finding(0.0, 1.0, math.nan, True, 1e-9, 0.1)
    smooth = Finding(2.0, 2.0, 2.0, False, 1e-9, 0.1)
    assert not kink.confirms(smooth)
    assert kink.confirms(Finding(1e-10, 1.0, math.nan, True, 1e-9, 0.05))
    assert not smooth.confirms(Finding(2.1, 2.1, 2.1, False, 1e-9, 0.05))


def test_a_claim_without_a_value_beside_the_point_is_not_steady():
    def claim(x):
        raise ValueError("no slope")

    nudges = Nudged(lambda x: x * x, 1.0, 1.0, claim=claim)
    assert nudges.compare(7.0) is None
    assert Nudged(lambda x: x * x, 1.0, 1.0).compare(7.0).difference == pytest.approx(2.0)


def test_larger_nudges_tell_where_rounding_hides_small_ones():
    nudges = Nudged(lambda x: 1.0 + x, 1e-13, 1.0 + 1e-13)
    assert nudges.compare(1.0) is None
    found = Nudged(lambda x: 1.0 + x, 1e-12, 1.0 + 1e-12).compare(3.0)
    assert found.difference == pytest.approx(1.0, rel=1e-2)
    assert Nudged(lambda x: 1.0, 1e-16, 1.0).compare(3.0) is None
