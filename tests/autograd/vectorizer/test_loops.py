"""What repeats over time is a loop, forward and backward, however many steps there are."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
from recurrences import RECURRENCES, drawn, logistic_map, lotka_volterra, random_recurrence, rnn
from vectorized import assert_agrees, lines

from autograd import Value, dot, logsumexp, softmax, tanh, vectorize
from autograd.vectorizer import candidates
from autograd.vectorizer.contraction.expressions import Expressions
from autograd.vectorizer.formulas.statements import Body, Names
from autograd.vectorizer.grouping.groups import Group
from autograd.vectorizer.merging.forms import Constant
from autograd.vectorizer.repeating import layout, loops
from viz import draw, explain

# The lines of each program, with helpers, whatever the number of steps.
LINES = {
    "rnn": 30,
    "rnn of many": 31,
    "lstm": 99,
    "logistic map": 31,
    "Lotka–Volterra": 71,
    "Runge–Kutta": 102,
}


def listing(program):
    """The lines of the function that is printed, between its arguments and its result."""
    source = program.source[program.source.index("def cost_and_gradients") :]
    return [line[4:] for line in source.splitlines()[1:-1]]


@pytest.mark.parametrize("steps", [4, 7, 30])
@pytest.mark.parametrize("name", RECURRENCES)
def test_any_number_of_steps_is_as_many_lines(name, steps):
    inputs = RECURRENCES[name](steps)
    program = assert_agrees(*inputs, n_examples=3 if inputs[1] else 1, rounds=1, low=-0.9, high=0.9)
    assert len(program.source.splitlines()) == LINES[name]
    assert program.tables == {}


@pytest.mark.parametrize("name", ["rnn", "rnn of many", "lstm"])
def test_three_steps_are_a_loop_already(name):
    program = assert_agrees(*RECURRENCES[name](3))
    assert len(program.source.splitlines()) == LINES[name]


def test_a_thousand_steps():
    program = vectorize(*rnn(1000))
    assert len(program.source.splitlines()) == LINES["rnn"]
    program = vectorize(*logistic_map(1000))  # 2,000 products one after the other
    assert len(program.source.splitlines()) == LINES["logistic map"]


def test_a_recurrent_network_reads_as_in_a_textbook():
    assert listing(vectorize(*rnn(10)))[5:] == [
        "Z1 = W @ X[0] + b",
        "A1 = [None] * 10",
        "A1[0] = np.tanh(Z1)",
        "for t in range(1, 10):",
        "    Z1 = W @ X[t] + R @ A1[t - 1] + b",
        "    A1[t] = np.tanh(Z1)",
        "A1 = np.stack(A1)",
        "Z2 = V @ A1[9]",
        "J = np.sum((Z2 - Y) ** 2) / m",
        "dZ2 = 2 * (Z2 - Y)",
        "dV = dZ2 @ A1[9].T / m",
        "U1 = 1 - A1 ** 2",
        "dZ1 = [None] * 10",
        "dZ1[9] = V.T @ dZ2 * U1[9]",
        "for t in reversed(range(9)):",
        "    dZ1[t] = R.T @ dZ1[t + 1] * U1[t]",
        "dZ1 = np.stack(dZ1)",
        "dW = np.tensordot(dZ1, X, ((0, 2), (0, 2))) / m",
        "dR = np.tensordot(dZ1[1:], A1[:9], ((0, 2), (0, 2))) / m",
        "db = np.sum(dZ1, axis=(0, 2)) / m",
    ]


def test_outputs_and_derivatives_by_the_inputs():
    loss, inputs, parameters = rnn(6)
    forward = vectorize(loss, inputs, parameters, forward_only=True)
    by_inputs = vectorize(loss, inputs, parameters, with_respect_to="X")
    draw_ = np.random.default_rng(0)
    X, Y = draw_.normal(size=(5, 6, 3)), draw_.normal(size=(5, 2))
    L, dX = by_inputs(X, Y)
    np.testing.assert_array_equal(forward(X, Y), L)
    h = 1e-6
    for t, k in [(0, 0), (2, 1), (5, 2)]:
        moved = X.copy()
        moved[:, t, k] += h
        np.testing.assert_allclose(
            (by_inputs(moved, Y)[0] - L) / h, dX[:, t, k], rtol=1e-3, atol=1e-4
        )
    assert "for t in range(1, 6):" in forward.source


def test_the_variable_has_a_name_that_is_free():
    x, t, u = drawn()(6), Value(0.5), Value(-0.5)
    h = x[0]
    for each in x[1:]:
        h = tanh(t * each + u * h)
    program = assert_agrees(h, {"x": x}, {"t": t, "u": u})
    assert any(line.startswith("for t_ in range(") for line in listing(program))


def test_units_in_different_order_in_each_step():
    leaves = drawn()
    x, w = leaves(7, 3), leaves(3, 3)
    h = x[0]
    for t in range(1, 7):
        z = {
            i: sum(w[i][k] * h[k] for k in range(3)) + x[t][i]
            for i in ((0, 2, 1), (2, 1, 0))[t % 2]
        }
        h = [tanh(z[i]) for i in range(3)]
    assert_agrees(sum(h), {"X": x}, {"W": w})


def test_what_no_loop_can_write_goes_without(monkeypatch):
    expected = vectorize(*rnn(5))
    monkeypatch.setattr(
        candidates, "with_loops", lambda groups, forms, forward: (groups, forms, [])
    )
    plain = vectorize(*rnn(5))
    assert "for t" not in plain.source
    monkeypatch.undo()

    def irregular(self, piece, read):
        raise layout.IrregularError("a round reads others by a table")

    monkeypatch.setattr(layout._Rounds, "_read", irregular)
    program = vectorize(*rnn(5))
    assert program.source == plain.source
    X, Y = np.ones((2, 5, 3)), np.ones((2, 2))
    for (cost, grads), (other, others) in [(expected(X, Y), program(X, Y))]:
        np.testing.assert_allclose(cost, other, rtol=1e-12)
        for name in grads:
            np.testing.assert_allclose(grads[name], others[name], rtol=1e-10, atol=1e-15)


def test_three_nested_functions_are_no_loop():
    x = Value(0.5)
    assert "for" not in vectorize(tanh(tanh(tanh(x))), {}, {"x": x}).source


def test_layers_with_weights_of_their_own_are_no_loop():
    leaves = drawn()
    x, a = leaves(3), None
    parameters = {}
    a = x
    for layer_ in range(5):
        w = parameters[f"W{layer_}"] = leaves(3, 3)
        a = [tanh(sum(w[i][k] * a[k] for k in range(3))) for i in range(3)]
    assert "for t" not in assert_agrees(sum(a), {"X": x}, parameters).source


def test_checked_statements_in_a_loop():
    program = vectorize(*rnn(4))
    X, Y = np.zeros((1, 4, 3)), np.zeros((1, 2))
    X[0, 2, 1] = np.inf
    with pytest.raises(FloatingPointError, match=r"Z1 = W @ X\[t\]"):
        program(X, Y, check=True)
    assert np.isfinite(program(np.zeros((1, 4, 3)), Y, check=True)[0])


def test_a_saved_program_has_its_loops(tmp_path):
    program = vectorize(*rnn(4))
    program.save(tmp_path / "step.py")
    saved = runpy.run_path(str(tmp_path / "step.py"))
    X, Y = np.ones((2, 4, 3)), np.ones((2, 2))
    cost, grads = program(X, Y)
    other, others = saved["cost_and_gradients"](X, Y, *saved["parameters"].values())
    assert cost == other
    np.testing.assert_array_equal(grads["R"], others["R"])


def test_a_loop_of_numbers_alone():
    program = vectorize(*lotka_volterra(12))
    text = lines(program)
    assert "U1[0] = x0" in text
    assert any(line.startswith("for t in reversed(") for line in listing(program))


def test_explained_and_drawn(tmp_path):
    program = vectorize(*rnn(6))
    told = str(explain(program))
    assert "for t = 1, …, 5:\n  Z⁽¹⁾ = WX[t] + RA⁽¹⁾[t − 1] + b" in told
    assert "dW = Σ dZ⁽¹⁾ Xᵀ / m" in told
    assert r"\text{for } t = 1, \dots, 5\text{:}" in explain(program).latex
    assert "dZ⁽¹⁾[t] = Rᵀ dZ⁽¹⁾[t + 1] ∗ U₁[t]" in str(explain(program, "dZ1"))
    draw(program, tmp_path / "program.svg")
    assert "tanh" in (tmp_path / "program.svg").read_text(encoding="utf-8")


# --- what rounds read ---


def recurrence(step, steps=9, n=3):
    """The state h ← step(h, x at t, w), from a state that is an input."""
    leaves = drawn()
    x, w, h0 = leaves(steps, n), leaves(n, n), leaves(n)
    h = h0
    states = []
    for each in x:
        h = step(h, each, w, states)
        states.append(h)
    return h, {"x": x, "h": h0}, {"w": w}


def test_a_state_that_is_an_input_is_the_first_entry():
    leaves = drawn()
    x, w, h0 = leaves(8), leaves(), leaves()
    h = h0
    for each in x:
        h = tanh(w * h + each)
    program = assert_agrees(h, {"x": x, "h": h0}, {"w": w})
    assert "U1[0] = h" in lines(program)
    assert "for t in range(1, " in program.source


def test_functions_alone():
    x = Value(0.5)
    y = x
    for _ in range(7):
        y = tanh(y)
    program = assert_agrees(y, {}, {"x": x}, n_examples=1)
    assert "for t in range(1, " in program.source


def test_lists_in_a_round():
    def soft(h, x, w, states):
        z = [dot(row, h) + each for row, each in zip(w, x, strict=True)]
        return [p - each for p, each in zip(softmax(z), x, strict=True)]

    h, inputs, parameters = recurrence(soft)
    assert "for t in" in assert_agrees(dot(h, h), inputs, parameters).source

    def mixed(h, x, w, states):
        return [logsumexp([w[0][0] * a, b, 0.25]) for a, b in zip(h, x, strict=True)]

    h, inputs, parameters = recurrence(mixed)
    assert_agrees(dot(h, h), inputs, {"w": parameters["w"][0][:1]})


def test_each_round_reads_the_first_state():
    def step(h, x, w, states):
        first = states[0] if states else x
        return [tanh(w[0][0] * a + f * b) for a, b, f in zip(h, x, first, strict=True)]

    h, inputs, parameters = recurrence(step)
    assert_agrees(dot(h, h), inputs, {"w": parameters["w"][0][:1]})


def test_parts_of_the_last_state():
    def step(h, x, w, states):
        return [tanh(dot(row, h) + each) for row, each in zip(w, x, strict=True)]

    states, inputs, parameters = recurrence(step)
    program = assert_agrees(sum(states) + states[0] * states[2], inputs, parameters)
    assert any("][" in line for line in lines(program)) or "[8, 0]" in program.source


def test_units_that_change_places_need_no_loop_to_be_right():
    def step(h, x, w, states):
        order = (1, 2, 0)
        return [tanh(w[0][0] * h[order[i]] + x[i]) for i in range(3)]

    h, inputs, parameters = recurrence(step)
    assert_agrees(dot(h, h), inputs, {"w": parameters["w"][0][:1]})


def test_two_steps_back():
    leaves = drawn()
    x, u, v = leaves(9), leaves(), leaves()
    before, h = x[0], x[1]
    for each in x[2:]:
        before, h = h, tanh(u * h + v * before + each)
    assert_agrees(h, {"x": x}, {"u": u, "v": v})
    before, h = x[0], x[1]
    for each in x[2:]:
        before, h = h, tanh(h + before + each * u)
    assert_agrees(h, {"x": x}, {"u": u})


def test_too_few_rounds_are_written_out(monkeypatch):
    monkeypatch.setattr(loops, "LEAST_ROUNDS", 100)
    assert "for t in" not in vectorize(*rnn(6)).source


def test_entries_along_rounds():
    expressions = Expressions(Body("m"), Names([]), {}, set())
    found = [
        str(expressions.entry_at(*each)) for each in [(1, 0), (1, -1), (2, 3), (-1, 5), (-2, 9)]
    ]
    assert found == ["t", "t - 1", "2 * t + 3", "5 - t", "9 - 2 * t"]


def test_a_round_that_reads_another_group_waits_for_it():
    a, b = (Group(i, Constant(0.0), False, steps=[[1], [2]]) for i in (1, 2))
    late = {a: [loops._Step("a", frozenset({(b, -1)}))] * 2, b: [loops._Step("b", frozenset())] * 2}
    assert loops._first_rounds([a, b], late) == {a: -1, b: -2}


# In 384 and 1102, chains could exchange their first steps for ever.
@pytest.mark.parametrize("seed", [384, 1102, *range(40)])
def test_random_recurrences_are_right(seed):
    assert_agrees(*random_recurrence(seed), rounds=1)
