"""Optimizers: their recurrences by hand and beside PyTorch's, and steps that they refuse."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from autograd import Value, vectorize
from nn import MLP, SGD, Adam, AdamW, Neuron, Optimizer, SquaredError
from nn.schedules import cosine, halving, linear


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
        (
            {"learning_rate": -0.1},
            ValueError,
            "learning_rate must be at least 0 and finite, not -0.1",
        ),
        ({"learning_rate": math.nan}, ValueError, "learning_rate must be at least 0"),
        ({"learning_rate": math.inf}, ValueError, "learning_rate must be at least 0 and finite"),
        ({"learning_rate": "0.1"}, TypeError, "learning_rate must be a number, not '0.1'"),
        ({"momentum": 1}, ValueError, "momentum must be at least 0 and less than 1, not 1"),
        (
            {"parameters": Neuron(2)},
            TypeError,
            r"such as model.parameters\(\), must be a list, not Neu",
        ),
        ({"parameters": [[Value(1)]]}, TypeError, r"a parameter must be a Value, not \[Value"),
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


# --- the same object moves Values and arrays; each beside PyTorch ---

SETTINGS = [
    (SGD, {"learning_rate": 0.1}),
    (SGD, {"learning_rate": 0.05, "momentum": 0.9}),
    (SGD, {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    (Adam, {"learning_rate": 0.01}),
    (Adam, {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    (AdamW, {"learning_rate": 0.01, "weight_decay": 0.1}),
    (Adam, {"learning_rate": 0.01, "clipnorm": 0.5}),
    (SGD, {"learning_rate": 0.1, "clipnorm": 0.5}),
    (Adam, {"learning_rate": halving(0.1, 7)}),
    (SGD, {"learning_rate": cosine(0.1, 20), "momentum": 0.5}),
]
START = [0.5, -1.25, 2.0, 3.0]
STEPS = 30


def slopes(w):
    """The gradient of a bowl that is steep along some axes, with a wave, at a list of numbers."""
    steepness = [1.0, 10.0, 0.1, 100.0]
    return [k * x / 10 + math.cos(3 * x) for k, x in zip(steepness, w, strict=True)]


def path_of_values(optimizer_class, options):
    w = [Value(x) for x in START]
    optimizer = optimizer_class(w, **options)
    path = []
    for _ in range(STEPS):
        for value, slope in zip(w, slopes([v.data for v in w]), strict=True):
            value.grad = slope
        optimizer.step()
        path.append([v.data for v in w])
    return path


def path_by_the_book(optimizer_class, options):
    """The published recurrences, number by number."""
    rate = options["learning_rate"]
    w, m, v = list(START), [0.0] * 4, [0.0] * 4
    path = []
    for t in range(1, STEPS + 1):
        alpha = rate(t - 1) if callable(rate) else rate
        g = slopes(w)
        if "clipnorm" in options:
            norm = math.sqrt(sum(x * x for x in g))
            g = [x * min(1.0, options["clipnorm"] / norm) for x in g]
        decay = options.get("weight_decay", 0.0)
        for i in range(4):
            if optimizer_class is SGD:
                m[i] = options.get("momentum", 0.0) * m[i] + g[i] + decay * w[i]
                w[i] -= alpha * m[i]
                continue
            beta_1, beta_2 = options.get("beta_1", 0.9), options.get("beta_2", 0.999)
            m[i] = beta_1 * m[i] + (1 - beta_1) * g[i]
            v[i] = beta_2 * v[i] + (1 - beta_2) * g[i] ** 2
            ahead, spread = m[i] / (1 - beta_1**t), math.sqrt(v[i] / (1 - beta_2**t))
            w[i] -= alpha * (ahead / (spread + options.get("epsilon", 1e-8)) + decay * w[i])
        path.append(list(w))
    return path


def path_of_torch(optimizer_class, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    words = {"learning_rate": "lr", "epsilon": "eps"}
    given = {words.get(k, k): x for k, x in options.items() if k not in ("clipnorm",)}
    if optimizer_class is not SGD:
        given["betas"] = given.pop("beta_1", 0.9), given.pop("beta_2", 0.999)
    rate = given["lr"]
    if callable(rate):
        given["lr"] = rate(0)
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, optimizer_class.__name__)([w], **given)
    path = []
    for step in range(STEPS):
        if callable(rate):
            optimizer.param_groups[0]["lr"] = rate(step)
        w.grad = torch.tensor(slopes(w.tolist()), dtype=torch.float64)
        if "clipnorm" in options:  # as clip_grad_norm_, without its 1e-6
            w.grad *= min(1.0, options["clipnorm"] / float(w.grad.norm()))
        optimizer.step()
        path.append(w.tolist())
    return path


@pytest.mark.parametrize(("optimizer_class", "options"), SETTINGS)
def test_every_step_is_that_of_the_book(optimizer_class, options):
    found = path_of_values(optimizer_class, options)
    expected = path_by_the_book(optimizer_class, options)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("optimizer_class", "options"), SETTINGS)
def test_every_step_is_that_of_pytorch(optimizer_class, options):
    expected = path_of_torch(optimizer_class, options)
    np.testing.assert_allclose(
        path_of_values(optimizer_class, options), expected, rtol=1e-12, atol=1e-12
    )


def test_adam_by_hand():
    # g = 2: m = 0.2, v = 0.004, m̂ = 2, v̂ = 4: w = 1 − 0.1·2/2 = 0.9.
    # g = −1: m = 0.08, v = 0.004996, m̂ = 0.08/0.19, v̂ = 0.004996/0.001999.
    w = Value(1)
    optimizer = Adam([w], learning_rate=0.1)
    w.grad = 2.0
    optimizer.step()
    assert w.data == pytest.approx(0.9, rel=1e-8)
    w.grad = -1.0
    optimizer.step()
    expected = 0.9 - 0.1 * (0.08 / 0.19) / math.sqrt(0.004996 / 0.001999)
    assert w.data == pytest.approx(expected, rel=1e-8)
    assert optimizer.state == {"m": [pytest.approx(0.08)], "v": [pytest.approx(0.004996)]}
    assert optimizer.steps == 2


def test_adam_has_a_rate_for_each_parameter_which_shrinks_where_slopes_are_large():
    with pytest.raises(ValueError, match="after its first step"):
        _ = Adam([Value(1)]).rates
    w = [Value(0) for _ in range(11)]  # ten weights and a bias
    optimizer = Adam(w, learning_rate=0.1)
    for step in range(50):
        for i, value in enumerate(w):
            value.grad = 1.0 if i < 5 else 10.0 * (-1) ** step
        optimizer.step()
    assert len(optimizer.rates) == 11
    assert optimizer.rates == pytest.approx([0.1] * 5 + [0.01] * 6)
    # What keeps its direction has come far, what oscillates has not.
    assert w[0].data == pytest.approx(-5.0, rel=1e-3)
    assert abs(w[-1].data) < 0.05 * abs(w[0].data)


def network_and_program(seed=1):
    model = MLP(2, [3, 2], activation="tanh", seed=seed)
    x, y = [Value(0.3), Value(0.4)], [Value(0.1), Value(0.2)]
    return model, vectorize(SquaredError()(y, model(x)), {"X": x, "Y": y}, parameters=model)


@pytest.mark.parametrize(("optimizer_class", "options"), SETTINGS)
def test_the_same_optimizer_moves_values_and_arrays_alike(optimizer_class, options):
    X, Y = np.random.default_rng(0).normal(size=(2, 8, 2))
    model, _ = network_and_program()
    optimizer, loss = optimizer_class(model.parameters(), **options), SquaredError()
    for _ in range(20):
        optimizer.zero_grad()
        loss(Y, [model(x) for x in X]).backward()
        optimizer.step()
    twin, program = network_and_program()
    other = optimizer_class(program, **options)
    for _ in range(20):
        _, grads = program(X, Y)
        other.step(grads)
    program.write(twin)
    found = [p.data for p in twin.parameters()]
    assert found == pytest.approx([p.data for p in model.parameters()], rel=1e-9)
    for name, arrays in other.state.items():
        assert {key: array.shape for key, array in arrays.items()} == {
            "W1": (3, 2), "b1": (3,), "W2": (2, 3), "b2": (2,)
        }  # fmt: skip
        assert len(optimizer.state[name]) == len(model.parameters())


def test_a_refused_step_of_a_program_moves_nothing_and_names_the_entry():
    _, program = network_and_program()
    optimizer = Adam(program)
    _, grads = program([[1.0, 2.0]], [[0.0, 1.0]])
    before = {name: array.copy() for name, array in program.parameters.items()}
    wrong = {name: array.copy() for name, array in grads.items()}
    wrong["W2"][1, 2] = math.nan
    with pytest.raises(ValueError, match=r"W2\[1\]\[2\] would become nan by its gradient nan"):
        optimizer.step(wrong)
    assert optimizer.steps == 0
    assert optimizer.state == {}
    for name, array in before.items():
        np.testing.assert_array_equal(program.parameters[name], array)
    optimizer.step(grads)
    assert optimizer.steps == 1


def test_what_was_changed_between_two_steps_is_where_the_next_one_starts():
    _, program = network_and_program()
    optimizer = SGD(program, learning_rate=1.0)
    ones = {name: np.ones_like(array) for name, array in program.parameters.items()}
    optimizer.step(ones)
    start = program.parameters["W1"].copy()
    program.parameters["W1"] -= 5.0  # in place
    program.parameters["b1"] = np.full(3, 7.0)  # another array
    optimizer.step(ones)
    np.testing.assert_allclose(program.parameters["W1"], start - 6.0)
    np.testing.assert_allclose(program.parameters["b1"], 6.0)


def test_a_direction_of_ones_own_cannot_move_the_parameters_by_itself():
    class Moving(Optimizer):
        def direction(self, w, g, state):
            w -= g
            return g

    _, program = network_and_program()
    ones = {name: np.ones_like(array) for name, array in program.parameters.items()}
    optimizer = Moving(program)
    optimizer.step(ones)  # of a copy
    before = {name: array.copy() for name, array in program.parameters.items()}
    with pytest.raises(ValueError, match="read-only"):
        optimizer.step(ones)
    for name, array in before.items():
        np.testing.assert_array_equal(program.parameters[name], array)


def test_steps_that_do_not_fit_what_is_moved():
    model, program = network_and_program()
    _, grads = program([[1.0, 2.0]], [[0.0, 1.0]])
    with pytest.raises(TypeError, match=r"these parameters are Values.*write step\(\)"):
        SGD(model.parameters()).step(grads)
    for wrong in (None, 3.0):
        with pytest.raises(
            TypeError, match=r"cost, grads = program\(X, Y\) and then step\(grads\)"
        ):
            SGD(program).step(wrong)
    with pytest.raises(ValueError, match="the gradients have no W2"):
        SGD(program).step({"W1": grads["W1"], "b1": grads["b1"]})
    with pytest.raises(ValueError, match=r"have b1 in shape \(1, 3\), but \(3,\) is needed"):
        SGD(program).step(grads | {"b1": grads["b1"][None]})


def test_gradients_that_are_short_or_infinite_are_not_clipped():
    w = Value(1)
    optimizer = SGD([w], learning_rate=1, clipnorm=2)
    for grad, expected in ((0.0, 1.0), (1.0, 0.0), (1e200, -2.0)):
        w.grad = grad
        optimizer.step()
        assert w.data == pytest.approx(expected, abs=1e-12)
    w.grad = math.inf
    with pytest.raises(ValueError, match="by its gradient inf"):
        optimizer.step()


def test_numpy_rates_leave_parameters_floats():
    w = Value(1)
    for learning_rate in (
        np.float64(0.5),
        np.float32(0.5),
        np.int64(1),
        lambda step: np.float64(1),
    ):
        for optimizer_class in (SGD, Adam, AdamW):
            optimizer = optimizer_class([w], learning_rate=learning_rate)
            w.grad = 0.25
            optimizer.step()
            assert type(w.data) is float
            assert type(optimizer.rate) is float


def test_a_schedule_is_asked_for_each_step_and_answers_with_a_rate():
    w = Value(0)
    asked = []

    def schedule(step):
        asked.append(step)
        return [1.0, 0.5, -1.0][step]

    optimizer = SGD([w], learning_rate=schedule)
    for expected in (-1.0, -1.5):
        w.grad = 1.0
        optimizer.step()
        assert w.data == expected
    with pytest.raises(
        ValueError, match="learning_rate at step 2 must be at least 0 and finite, not -1"
    ):
        optimizer.step()
    assert asked == [0, 1, 2]


def test_attached_to_the_same_parameters_an_optimizer_keeps_its_state():
    model, program = network_and_program()
    optimizer = Adam()
    optimizer.attach(program, model.parameters())
    _, grads = program([[1.0, 2.0]], [[0.0, 1.0]])
    optimizer.step(grads)
    held = np.concatenate([array.ravel() for array in optimizer.state["m"].values()])
    optimizer.attach(model.parameters())
    assert optimizer.state["m"] == held.tolist()
    assert optimizer.parameters == model.parameters()
    for others in ([Value(1)], network_and_program()[0].parameters(), program):
        optimizer.steps, optimizer._state = 1, {"m": held}
        optimizer.attach(others)
        assert (optimizer.state, optimizer.steps) == ({}, 0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: SGD(p, 0.1), r"SGD takes what it moves, .* write SGD\(…, learning_rate=0.1\)"),
        (
            lambda p: SGD(p, lr=0.1),
            "SGD has no lr: write learning_rate=; it takes learning_rate, m",
        ),
        (lambda p: Adam(p, betas=(0.9, 0.9)), "Adam has no betas: write beta_1 and beta_2="),
        (lambda p: Adam(p, learningrate=1), "Adam has no learningrate: write learning_rate="),
        (lambda p: Adam(p, amsgrad=True), "Adam has no amsgrad; it takes learning_rate, beta_1"),
        (lambda p: Adam(p, weight_decay=0.1), "Adam as published has no weight_decay: AdamW has"),
        (
            lambda p: Adam(0.001),
            r"must be the parameters, not 0.001 .*: write Adam\(learning_rate=0.001\)",
        ),
        (lambda p: SGD({"W1": 1.0}), r"write SGD\(program\), then step\(grads\)"),
        (lambda p: SGD(p, "fast"), "SGD: too many positional arguments"),
        (lambda p: SGD(p, 0.1, momentum=0.5), r"write SGD\(…, learning_rate=0.1\)"),
    ],
)
def test_first_guesses_are_answered_with_what_to_write(call, words):
    with pytest.raises(TypeError, match=words):
        call([Value(1)])


def test_an_optimizer_of_ones_own_needs_a_direction():
    w = Value(1)
    with pytest.raises(NotImplementedError, match="Optimizer does not implement direction"):
        Optimizer([w]).step()


def test_large_steps_are_no_infinite_ones():
    w, u = Value(1e308), Value(1e308)
    w.grad = u.grad = 1e307
    SGD([w, u], learning_rate=1).step()
    assert (w.data, u.data) == (9e307, 9e307)


def test_optimizers_can_be_printed_and_copied():
    optimizer = Adam(learning_rate=0.5)
    text = "Adam(learning_rate=0.5, clipnorm=None, beta_1=0.9, beta_2=0.999, epsilon=1e-08)"
    assert repr(optimizer) == repr(copy.deepcopy(optimizer)) == text


def test_schedules_by_hand():
    assert [linear(1, 0, 4)(step) for step in (0, 1, 4, 9)] == [1, 0.75, 0, 0]
    assert [cosine(2, 4, 1)(step) for step in (0, 2, 4, 9)] == pytest.approx([2, 1.5, 1, 1])
    assert [halving(8, 3)(step) for step in (0, 2, 3, 6)] == [8, 8, 4, 2]
    for wrong in (lambda: linear(-1, 0, 4), lambda: cosine(1, 0), lambda: halving(1, 0)):
        with pytest.raises(ValueError, match="must be at least"):
            wrong()


@pytest.mark.parametrize(
    "grad", [Value(2.0), "2", None, [2.0], np.array([2.0]), 1j], ids=lambda g: type(g).__name__
)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_gradient_of_another_type_moves_nothing(grad, momentum: float):
    w, b = Value(3, "w"), Value(1)
    optimizer = SGD([b, w], learning_rate=0.1, momentum=momentum)
    b.grad = 1.0
    with pytest.raises(TypeError, match="grad of a Value is a real number, not"):
        w.grad = grad
    with pytest.raises(TypeError, match="data of a Value is a real number, not"):
        w.data = grad
    optimizer.step()
    assert (w.data, b.data) == (3, 0.9)


def test_numpy_numbers_leave_parameters_floats():
    w = Value(3)
    w.grad, w.data = np.float64(1), np.float32(3)
    optimizer = SGD([w], learning_rate=np.float64(0.5), momentum=np.float32(0.5))
    optimizer.learning_rate = np.float64(0.5)
    optimizer.step()
    assert (w.data, type(w.data)) == (2.5, float)
