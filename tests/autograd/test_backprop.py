"""backward(), forward(), gradients() and hessian(): right, repeatable, unhurt by failures."""

import gc
import math
import operator
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from engines import python, running

from autograd import (
    Value,
    exp,
    gradcheck,
    gradients,
    hessian,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    total,
)
from autograd.backprop import backward, forward, topological_order
from autograd.operations import single
from autograd.primitives import constant

# --- topological order --------------------------------------------------------------------


def test_the_order_has_inputs_first_and_each_node_once():
    a, b = Value(1), Value(2)
    c = a * b
    d = c + a
    y = d * c
    order = topological_order(y)
    assert order == [a, b, c, d, y]
    assert topological_order(d, y) == order
    assert topological_order(a) == [a]
    assert topological_order() == []


# --- backward -----------------------------------------------------------------------------


def test_a_diamond():
    x = Value(3)
    u, v = 2 * x, x * x
    y = u * v  # 2x³
    y.backward()
    assert x.grad == 54.0  # 6x²
    assert (u.grad, v.grad, y.grad) == (9.0, 6.0, 1.0)


@pytest.mark.parametrize(
    ("build", "slope"),
    [
        (lambda x: x * x, 10.0),
        (lambda x: x + x, 2.0),
        (lambda x: x - x, 0.0),
        (lambda x: x / x, 0.0),
        (lambda x: x * x * x, 75.0),
        (lambda x: total([x, x, x]), 3.0),
        (lambda x: x, 1.0),
        (lambda x: x * 0, 0.0),
    ],
)
def test_one_node_in_several_places(build, slope):
    x = Value(5)
    build(x).backward()
    assert x.grad == pytest.approx(slope, abs=1e-15)


def test_a_ladder_of_60_doublings():
    x = y = Value(1)
    for _ in range(60):
        y = y + y  # 2⁶⁰ paths, 60 nodes
    y.backward()
    assert x.grad == 2.0**60
    assert gradients(y, [x])[0].data == 2.0**60


def test_two_roots_over_one_middle():
    x = Value(2)
    middle = x * x
    first, second = 3 * middle, middle * middle
    first.backward()
    assert (x.grad, middle.grad) == (12.0, 3.0)
    second.backward()  # d(x⁴) = 32, added to the leaf; the middle starts anew
    assert (x.grad, middle.grad) == (44.0, 8.0)
    assert first.grad == 1.0


def test_twice_doubles_leaves_and_only_leaves():
    x, y = Value(2, "x"), Value(3, "y")
    u = x * y
    J = sin(u) * u
    J.backward()
    once = [node.grad for node in (x, y, u, J)]
    J.backward()
    assert [node.grad for node in (x, y, u, J)] == [2 * once[0], 2 * once[1], once[2], 1.0]
    assert x.grad != 0.0


def test_a_leaf_is_the_output_of_its_own():
    x = Value(2)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_a_larger_root_does_not_keep_grads_of_a_smaller_one():
    x = Value(3)
    u = x * x
    y = u + 1
    u.backward()
    y.backward()
    assert (x.grad, u.grad, y.grad) == (12.0, 1.0, 1.0)


def test_a_grad_that_happens_to_be_zero_is_no_sign_of_having_been_met():
    x = Value(2)
    y = x * 3
    for node in topological_order(y):
        node.grad = 0.0
    y.backward()
    assert x.grad == 3.0


def test_a_list_of_one_stands_for_its_value():
    x = Value(2)
    y = x * x
    backward([y])
    assert x.grad == 4.0
    assert forward((y,)) == 4.0
    assert gradients([y], [[x]])[0].data == 4.0
    assert single([y]) is y


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (3.0, TypeError, r"a Value is needed, not 3.0 \(float\)"),
        ([3.0], TypeError, r"a Value is needed, not 3.0 \(float\)"),
        ("y", TypeError, "a Value is needed"),
        ([], ValueError, "not a list of 0"),
        ([Value(1), Value(2)], ValueError, "not a list of 2: choose one"),
    ],
)
@pytest.mark.parametrize("sweep", [backward, forward, lambda y: gradients(y, [])])
def test_what_is_no_single_value_is_refused(sweep, wrong, error, words):
    with pytest.raises(error, match=words):
        sweep(wrong)


def test_constants_are_leaves_that_nobody_reads():
    x = Value(2)
    y = 3 * x + 1
    y.backward()
    assert x.grad == 3.0
    assert [node.data for node in topological_order(y) if node.op is constant] == [3.0, 1.0]


# --- failures leave the leaves as they were -----------------------------------------------


def broken_graph():
    """√ at 0 below a few other leaves, with grads from some earlier sweep."""
    leaves = [Value(0, "z"), Value(2, "a"), Value(3, "b")]
    for i, leaf in enumerate(leaves):
        leaf.grad = 10.0 + i
    z, a, b = leaves
    return a * b + sqrt(z) * b + a, leaves


def test_a_missing_slope_leaves_the_leaves_as_they_were():
    J, leaves = broken_graph()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"sqrt\(z = 0.0\) .* no slope along z"):
            J.backward()
        assert [leaf.grad for leaf in leaves] == [10.0, 11.0, 12.0]
    leaves[0].data = 4.0
    J.forward()
    J.backward()  # the failure before has left nothing that disturbs this sweep
    assert [leaf.grad - 10.0 - i for i, leaf in enumerate(leaves)] == [0.75, 4.0, 4.0]


def test_a_square_root_of_0_that_gets_no_gradient_from_above_raises_too():
    # 0 × nan is no number either: the product rule cannot vouch for 0 here.
    z = Value(0)
    with pytest.raises(ValueError, match="no slope along its input"):
        (sqrt(z) * 0).backward()


def test_an_unneeded_branch_may_have_no_slope():
    z, a = Value.constant(0), Value(2)
    J = a * sqrt(z)
    J.backward()
    assert a.grad == 0.0


def test_an_infinite_gradient_is_passed_on():
    x = Value(1e-320)
    (1 / x.sqrt()).backward()
    assert x.grad < -1e300


def interrupted_at(opcode, run, codes):
    """Run a function, with a KeyboardInterrupt before the n-th bytecode instruction of the codes.

    Return whether the function came to its end before that.
    """
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if frame.f_code not in codes:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            count += 1
            if count == opcode:
                raise KeyboardInterrupt
        return trace

    tracer = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 asks for it before it begins to trace
    sys.settrace(trace)
    try:
        run()
    except KeyboardInterrupt:
        return False
    finally:
        sys.settrace(tracer)
    return True


@pytest.mark.parametrize("load", [python, running])
@pytest.mark.parametrize("many", [False, True])
def test_an_interrupt_anywhere_changes_all_leaves_or_none(load, many):
    engine = load()
    rows, backprop = engine.primitives, engine.backprop
    codes = (backprop.backward.__code__, backprop._sweep.__code__)
    opcode, finished, unchanged = 0, False, 0
    while not finished:
        opcode += 1
        a, b = engine.Value(2), engine.Value(3)
        J = rows.total([a, b, a]) if many else a * b + rows.tanh(a)
        backprop.backward(J)
        once = (a.grad, b.grad)
        finished = interrupted_at(opcode, partial(backprop.backward, J), codes)
        twice = (2 * once[0], 2 * once[1])
        assert (a.grad, b.grad) in (once, twice)
        unchanged += (a.grad, b.grad) == once
        a.grad = b.grad = 0.0
        backprop.backward(J)  # whatever was left behind does no harm
        assert (a.grad, b.grad) == once
    # Of all the places where it was interrupted; a compiled sweep leaves few.
    assert unchanged > (100 if engine.compiled.core is None else 5)


# --- size and memory ----------------------------------------------------------------------


def run_apart(program):
    """In a process of its own, whose recursion limit and stack are the default ones."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_a_chain_of_a_million_operations():
    program = """
import gc, sys
from autograd import Value
gc.disable()  # so that what is freed is freed by reference counts
assert sys.getrecursionlimit() == 1000
x = y = Value(1)
for _ in range(500_000):
    y = (y + 1.0) * 1.0
y.backward()
x.data = 2.0
print(y.data, x.grad, y.forward())
alive = sys.getrefcount(Value)  # each Value refers to its class
del y
print(alive - sys.getrefcount(Value))
"""
    assert run_apart(program) == ["500001.0", "1.0", "500002.0", "2000000"]


def test_a_sum_of_a_million_terms():
    program = """
from autograd import Value, gradients, total
leaves = [Value(1)] * 500_000 + [Value(i) for i in range(500_000)]
y = total(leaves)
y.backward()
print(y.data, leaves[0].grad, leaves[-1].grad, len(gradients(y, leaves[-3:])))
z = sum(leaves[500_000:])
leaves[-1].grad = 0.0
z.backward()
print(z.data, leaves[-1].grad)
"""
    numbers = run_apart(program)
    assert numbers[:4] == ["125000250000.0", "500000.0", "1.0", "3"]
    assert numbers[4:] == ["124999750000.0", "1.0"]


def alive():
    return sys.getrefcount(Value)  # each Value refers to its class


def test_a_graph_is_freed_at_once_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        before = alive()
        x, y = Value(0.5), Value(2)
        J = log(sigmoid(x * y) + maximum(x, y)) ** 2 / relu(y) - total([x, y])
        J.backward()
        J.forward()
        second = hessian(J, [x, y])
        assert alive() > before + 20
        with pytest.raises(ZeroDivisionError):
            x / (y - y)
        del J, second, x, y
        assert alive() == before
    finally:
        gc.enable()


# --- forward ------------------------------------------------------------------------------


def test_forward_recomputes_values_and_slopes_and_leaves_grads():
    x, y = Value(2), Value(3)
    u = x * y
    J = u * u + sin(x)
    J.backward()
    grads = [node.grad for node in topological_order(J)]
    x.data = 5.0
    assert J.data != J.forward()
    assert (u.data, u.partials) == (15.0, (3.0, 5.0))
    assert J.data == 225.0 + math.sin(5.0)
    assert [node.grad for node in topological_order(J)] == grads
    x.grad = 0.0
    J.backward()
    assert x.grad == pytest.approx(2 * 15 * 3 + math.cos(5.0), rel=1e-15)


def test_forward_of_a_leaf_is_its_data():
    assert Value(3).forward() == 3.0


def test_forward_out_of_a_domain_changes_nothing():
    x = Value(2, "x")
    u = x * 3
    J = u + log(x)
    held = [(node.data, node.partials) for node in topological_order(J)]
    x.data = -1.0
    with pytest.raises(ValueError, match=r"log\(x = -1.0\)"):
        J.forward()
    x.data = 2.0
    assert [(node.data, node.partials) for node in topological_order(J)] == held


def test_forward_may_move_onto_a_point_without_slope():
    x = Value(4)
    y = sqrt(x)
    x.data = 0.0
    assert y.forward() == 0.0
    with pytest.raises(ValueError, match="no slope"):
        y.backward()


# --- gradients and hessian ----------------------------------------------------------------


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


@pytest.mark.parametrize(("a", "b"), [(-1.2, 1.0), (1.0, 1.0), (0.5, -2.0)])
def test_rosenbrock(a, b):
    x, y = Value(a), Value(b)
    J = rosenbrock(x, y)
    slope = [g.data for g in gradients(J, [x, y])]
    assert slope == pytest.approx([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])
    curvature = [[entry.data for entry in row] for row in hessian(J, [x, y])]
    assert curvature[0] == pytest.approx([2 - 400 * b + 1200 * a * a, -400 * a])
    assert curvature[1] == pytest.approx([-400 * a, 200])
    J.backward()
    assert slope == pytest.approx([x.grad, y.grad])
    for i in range(2):
        gradcheck(lambda x, y, i=i: gradients(rosenbrock(x, y), [x, y])[i], a, b)


def test_third_and_fourth_derivatives():
    x = Value(2)
    derivative, found = exp(3 * x), []
    for _ in range(4):
        [derivative] = gradients(derivative, [x])
        found.append(derivative.data)
    assert found == pytest.approx([3**n * math.exp(6) for n in (1, 2, 3, 4)])
    [first] = gradients(x**3, [x])
    [second] = gradients(first, [x])
    [third] = gradients(second, [x])
    [fourth] = gradients(third, [x])
    assert [node.data for node in (first, second, third, fourth)] == [12.0, 12.0, 6.0, 0.0]


def test_gradients_by_an_interior_value():
    x = Value(3)
    u = x * x
    J = 2 * u
    by_u, by_x = gradients(J, [u, x])
    assert (by_u.data, by_x.data) == (2.0, 12.0)
    [by_itself] = gradients(J, [J])
    assert by_itself.data == 1.0


def test_gradients_of_what_is_not_reached_are_0():
    x, y = Value(3), Value(4)
    by_x, by_y = gradients(2 * x, [x, y])
    assert (by_x.data, by_y.data) == (2.0, 0.0)
    assert by_y.op is constant
    [[entry]] = hessian(2 * x, [x])
    assert (entry.data, entry.op) == (0.0, constant)
    assert gradients(x, []) == []


def test_gradients_by_a_constant():
    three = Value.constant(3)
    x = Value(5)
    assert gradients(three * x, [three])[0].data == 5.0


def test_gradients_change_nothing():
    x = Value(2)
    J = sin(x) * x
    J.backward()
    before = [(node.data, node.grad, node.partials) for node in topological_order(J)]
    gradients(J, [x])
    hessian(J, [x])
    assert [(node.data, node.grad, node.partials) for node in topological_order(J)] == before


def test_gradients_are_recomputed_by_forward():
    x = Value(2)
    [slope] = gradients(x**3, [x])
    x.data = 5.0
    assert slope.forward() == 75.0


@pytest.mark.parametrize("wrong", [2.0, "x", None])
def test_gradients_by_what_is_no_value_are_refused(wrong):
    x = Value(2)
    with pytest.raises(TypeError, match="a Value is needed, not"):
        gradients(x * x, [wrong])


@pytest.mark.parametrize("derivatives", [gradients, hessian])
def test_what_derivatives_are_asked_for_is_a_list(derivatives):
    x, y = Value(2), Value(3)
    J = x * x * y
    with pytest.raises(TypeError, match=r"a list of Values is needed, not Value\(2\.0"):
        derivatives(J, x)
    # Any iterable of them, also one that can be read only once.
    asked = [slope.data for slope in gradients(J, iter([x, y]))]
    assert asked == [12.0, 4.0]
    rows = [[entry.data for entry in row] for row in hessian(J, iter([x, y]))]
    assert rows == [[6.0, 4.0], [4.0, 0.0]]


def test_the_hessian_is_symmetric():
    leaves = [Value(x) for x in (0.3, -0.7, 1.1)]
    a, b, c = leaves
    entries = hessian(sin(a * b) * exp(c) + a / c + sigmoid(a * c), leaves)
    for i in range(3):
        for j in range(i):
            assert entries[i][j].data == pytest.approx(entries[j][i].data, rel=1e-12)


# --- graphs whose leaves have changed -----------------------------------------------------


def test_gradients_are_those_at_the_present_numbers():
    w, x = Value(2.0), Value(3.0)
    z = w * x
    J = z * z
    w.data = 5.0
    assert [d.data for d in gradients(J, [w, x])] == [90.0, 150.0]  # 2wx², 2w²x
    assert (z.data, J.data) == (15.0, 225.0)
    J.backward()
    assert (w.grad, x.grad) == (90.0, 150.0)


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_whose_leaves_have_changed(seed):
    """Recorded, changed and differentiated, or recorded at the new numbers at once."""
    choose = random.Random(seed)
    start = [choose.uniform(0.2, 1.5) for _ in range(3)]
    now = [x if choose.random() < 0.5 else choose.uniform(0.2, 1.5) for x in start]
    build_seed = choose.random()

    def build(leaves):
        pick = random.Random(build_seed)
        nodes = list(leaves)
        for _ in range(8):
            a, b = pick.choice(nodes), pick.choice(nodes)
            made = pick.choice(
                [operator.mul, operator.add, lambda a, b: a.tanh(), lambda a, b: a / (1 + b * b)]
            )
            nodes.append(made(a, b))
        return sum(nodes[3:])

    leaves, fresh = [Value(x) for x in start], [Value(x) for x in now]
    J, K = build(leaves), build(fresh)
    for leaf, x in zip(leaves, now, strict=True):
        leaf.data = x
    found, expected = hessian(J, leaves), hessian(K, fresh)
    assert J.data == K.data
    for row, right in zip(found, expected, strict=True):
        assert [d.data for d in row] == [d.data for d in right]


@pytest.mark.parametrize("inside", [lambda x: x, lambda x: x * x])
def test_gradients_where_there_is_no_value_any_more_change_nothing(inside):
    x = Value(2.0, "x")
    J = inside(x).log()
    before = J.data
    x.data = 0.0
    with pytest.raises(ValueError, match="log"):
        gradients(J, [x])
    assert J.data == before


def test_a_graph_of_nan_is_not_recomputed():
    x = Value(math.nan)
    y = x * 2
    y.partials = (5.0, math.nan)
    gradients(y, [x])
    assert y.partials[0] == 5.0
