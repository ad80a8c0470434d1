"""SGD: its recurrence by hand, and steps that it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd import Value
from nn import MLP, SGD, Neuron, SquaredError


def descend(optimizer: SGD, w: Value, steps: int) -> list[float]:
    """The values of w as J = ½w², whose slope is w, is minimised."""
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * w**2).backward()
        optimizer.step()
        path.append(w.data)
    return path


def test_without_momentum():
    # Each step multiplies w by 1 − α.
    w = Value(16)
    assert descend(SGD([w], learning_rate=0.5), w, 3) == [8, 4, 2]


def test_momentum_by_hand():
    # v ← ½v + w and w ← w − ½v from w = 16:
    # v = 16, w = 8; v = 8 + 8 = 16, w = 0; v = 8 + 0 = 8, w = −4; v = 4 − 4 = 0, w = −4;
    # v = 0 − 4, w = −2. All exact in binary.
    w = Value(16)
    optimizer = SGD([w], learning_rate=0.5, momentum=0.5)
    assert descend(optimizer, w, 5) == [8, 0, -4, -4, -2]


def test_each_parameter_has_a_velocity_of_its_own():
    w, u = Value(16), Value(32)
    optimizer = SGD([w, u], learning_rate=0.5, momentum=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        (0.5 * w**2 + 0.5 * u**2).backward()
        optimizer.step()
    assert (w.data, u.data) == (-4, -8)


def test_defaults_and_changing_the_rate_on_the_way():
    w = Value(1)
    optimizer = SGD([w])
    assert (optimizer.learning_rate, optimizer.momentum) == (0.01, 0.0)
    optimizer.learning_rate = 1.0
    assert descend(optimizer, w, 1) == [0.0]


def test_parameters_may_be_any_iterable_and_move_once_each():
    w, u = Value(4), Value(8)
    optimizer = SGD((p for p in (w, u, w)), learning_rate=0.25)
    assert optimizer.parameters == [w, u]
    w.grad = u.grad = 4.0
    optimizer.step()
    assert (w.data, u.data) == (3, 7)
    optimizer.zero_grad()
    assert (w.grad, u.grad) == (0, 0)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
@pytest.mark.parametrize("grad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_no_number_moves_nothing(grad: float, momentum: float):
    first, second = Value(1, "first"), Value(2, "W[1]_2,3")
    optimizer = SGD([first, second], learning_rate=1, momentum=momentum)
    first.grad, second.grad = 1.0, grad
    with pytest.raises(ValueError, match=rf"^W\[1\]_2,3 would become .* by its gradient {grad}"):
        optimizer.step()
    assert (first.data, second.data) == (1, 2)
    second.grad = 1.0
    optimizer.step()  # no trace of the refused step in the velocities
    assert (first.data, second.data) == (0, 1)


def test_a_step_out_of_the_range_of_floats_moves_nothing():
    w, u = Value(1), Value(-1e308)
    w.grad, u.grad = 1.0, 1e308
    with pytest.raises(ValueError, match=r"^parameter 2 would become -inf"):
        SGD([w, u], learning_rate=1).step()
    assert (w.data, u.data) == (1, -1e308)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"learning_rate": -0.1}, ValueError, "learning_rate is at least 0 and finite, not -0.1"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate is at least 0"),
        ({"learning_rate": math.inf}, ValueError, "learning_rate is at least 0 and finite"),
        ({"learning_rate": "0.1"}, TypeError, "learning_rate is a number, not '0.1'"),
        ({"momentum": 1}, ValueError, "momentum is at least 0 and less than 1, not 1"),
        ({"parameters": Neuron(2)}, TypeError, r"such as model.parameters\(\), is a list, not Neu"),
        ({"parameters": [[Value(1)]]}, TypeError, r"a parameter is a Value, not \[Value"),
        ({"parameters": [Value(1) * 2]}, ValueError, "was computed by multiply"),
    ],
)
def test_optimizers_that_cannot_be(arguments, error, words):
    with pytest.raises(error, match=words):
        SGD(**arguments)


def test_a_forgotten_argument_is_noticed():
    with pytest.raises(ValueError, match=r"SGD\(model.parameters\(\)\)"):
        SGD().step()


def test_a_training_loop_as_micrograd_users_write_it():
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    model = MLP(3, [4, 4, 1], activation="tanh", output_activation="tanh", seed=1)
    losses = []
    for _ in range(60):
        ypred = [model(x) for x in xs]
        loss = sum((yout - ygt) ** 2 for ygt, [yout] in zip(ys, ypred, strict=True))
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in model.parameters():
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.05 < losses[0]
    assert [round(model(x)[0].data) for x in xs] == ys
    # The same by the loss and the optimizer of nn: Σd² is 8 times the mean of ½d² of four.
    twin = MLP(3, [4, 4, 1], activation="tanh", output_activation="tanh", seed=1)
    optimizer = SGD(twin.parameters(), learning_rate=0.8)
    for _ in range(60):
        optimizer.zero_grad()
        SquaredError()(ys, [twin(x) for x in xs]).backward()
        optimizer.step()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert p.data == pytest.approx(q.data, rel=1e-9)


@pytest.mark.parametrize(
    "grad", [Value(2.0), "2", None, [2.0], np.array([2.0]), 1j], ids=lambda g: type(g).__name__
)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_gradient_of_another_type_moves_nothing(grad, momentum: float):
    w, b = Value(3, "w"), Value(1)
    optimizer = SGD([b, w], learning_rate=0.1, momentum=momentum)
    w.grad, b.grad = grad, 1.0
    with pytest.raises(TypeError, match=r"the gradient of w is a number, not .*nothing was moved"):
        optimizer.step()
    assert (w.data, b.data) == (3, 1)
    w.grad = 0.0
    optimizer.step()
    assert (w.data, b.data) == (3, 0.9)  # the refused step left no velocity


def test_data_that_is_no_number_moves_nothing():
    w = Value(3)
    w.data = Value(3)
    with pytest.raises(TypeError, match="the data of a parameter is a number"):
        SGD([w]).step()


def test_numpy_numbers_leave_parameters_floats():
    w = Value(3)
    w.grad, w.data = np.float64(1), np.float32(3)
    optimizer = SGD([w], learning_rate=np.float64(0.5), momentum=np.float32(0.5))
    optimizer.learning_rate = np.float64(0.5)
    optimizer.step()
    assert (w.data, type(w.data)) == (2.5, float)
