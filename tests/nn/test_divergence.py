"""A loss that becomes no number: training stops, says where, and can be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value
from nn import MLP, SGD, DivergenceError, Module, SquaredError
from viz import draw


def too_fast(engine, **options):
    model = MLP(2, [3, 1], activation="relu", seed=0)
    model.compile(loss="mse", optimizer=SGD(learning_rate=10.0, **options))
    generator = np.random.default_rng(0)
    X = generator.normal(size=(40, 2))
    with pytest.raises(DivergenceError) as failure:
        model.fit(X, X[:, 0] * X[:, 1], epochs=100, verbose=0, seed=0, engine=engine)
    return model, X, failure.value


@pytest.mark.parametrize("engine", ["numpy", "scalar"])
def test_a_rate_that_is_too_large_is_reported_with_the_step_the_layer_and_the_example(engine):
    model, X, error = too_fast(engine)
    lines = str(error).splitlines()
    assert len(lines) == 4
    assert (
        f"in epoch {error.epoch}, step {error.step}, with the example X[{error.example}]"
        in lines[0]
    )
    assert lines[0].startswith("the loss became inf in epoch")
    assert "first in the loss, behind layer 2 (W2, b2), where L is inf" in lines[0]
    assert "the model keeps its last good weights" in lines[1]
    assert "a smaller learning_rate" in lines[2]
    assert "viz.draw(error)" in lines[3]
    assert error.history.epochs == error.epoch - 1
    # The last good weights are those of the last step whose cost was a number.
    assert np.isfinite(model.to_vector()).all()
    with np.errstate(all="ignore"):
        predictions = model.predict(X)
    assert np.isfinite(predictions).all()


def test_both_engines_stop_at_the_same_step_with_the_same_weights():
    (one, _, error), (other, _, same) = too_fast("numpy"), too_fast("scalar")
    assert (error.epoch, error.step, error.example) == (same.epoch, same.step, same.example)
    np.testing.assert_allclose(one.to_vector(), other.to_vector(), rtol=1e-9)


def test_the_example_is_drawn_and_marked():
    _, X, error = too_fast("numpy")
    source = draw(error).source
    assert "no number, from here on" in source
    leaves = {v.label: v.data for v in error.notes}
    assert leaves.keys() == {"L"}
    assert isinstance(error.output, Value)
    x = X[error.example]
    assert f"{abs(x[0]):.4g}"[:5] in source.replace("−", "")


def test_clipping_helps_as_the_message_says():
    model = MLP(2, [3, 1], activation="relu", seed=0)
    model.compile(loss="mse", optimizer=SGD(learning_rate=0.5, clipnorm=1.0))
    X = np.random.default_rng(0).normal(size=(40, 2))
    history = model.fit(X, X[:, 0] * X[:, 1], epochs=100, verbose=0, seed=0)
    assert history["loss"][-1] < history["loss"][0]


class Exponential(Module):
    """e to the e to the w·x: out of range in its second operation, which has no parameter."""

    def __init__(self):
        self.w = Value(1.0, "w")

    def forward(self, x):
        inner = (self.w * x[0]).exp()
        inner.label = "inner"
        return [inner.exp()]


@pytest.mark.parametrize("engine", ["numpy", "scalar"])
def test_the_first_operation_without_a_value_is_found_inside_of_the_model(engine):
    model = Exponential()
    model.compile(loss=SquaredError(), optimizer=SGD(learning_rate=1e-3))
    X = [[0.0], [1.0], [7.0]]
    before = model.w.data
    with pytest.raises(
        DivergenceError, match=r"epoch 1, step 1, with the example X\[2\], first in w"
    ) as f:
        model.fit(X, [1.0, 1.0, 1.0], batch_size=3, shuffle=False, verbose=0, engine=engine)
    assert model.w.data == before
    assert f.value.history.epochs == 0
    [(value, note)] = f.value.notes.items()
    assert (value.op.name, note) == ("exp", ["no number, from here on"])
    assert "no number" in draw(f.value).source


@pytest.mark.parametrize("engine", ["numpy", "scalar"])
def test_a_gradient_out_of_range_is_reported_with_the_largest_loss(engine):
    """(w·x)² at w·x = 1e160 has no value; at 1e150 it has, but its slope by w times x has none."""

    class Steep(Module):
        def __init__(self):
            self.w = Value(1.0, "w")

        def forward(self, x):
            return [self.w * x[0]]

    model = Steep()
    model.compile(loss=SquaredError(), optimizer=SGD(learning_rate=1e300))
    X = [[1.0], [1e100], [1.0]]
    with pytest.raises(DivergenceError, match=r"^w would become .*by its gradient.*X\[1\]\n") as f:
        model.fit(X, [0.0, 0.0, 0.0], verbose=0, shuffle=False, engine=engine)
    assert f.value.notes == {}
    assert model.w.data == 1.0


@pytest.mark.parametrize("engine", ["numpy", "scalar"])
def test_a_sum_out_of_range_is_reported_too(engine):
    """Each loss is a number, 8e307, and three of them are none."""

    class Same(Module):
        def __init__(self):
            self.w = Value(1.0, "w")

        def forward(self, x):
            return [self.w * x[0]]

    model = Same()
    model.compile(loss=SquaredError(reduction="sum"), optimizer=SGD(learning_rate=1e-300))
    X = [[4e153 * 10**0.5], [4e153 * 10**0.5], [4e153 * 10**0.5]]
    with pytest.raises(DivergenceError, match="the loss became inf in epoch 1, step 1"):
        model.fit(X, [0.0, 0.0, 0.0], verbose=0, engine=engine)
    assert model.w.data == 1.0


def test_what_no_parameter_is_near_to_is_named_by_itself():
    class Fixed(Module):
        """e to the e to the x, beside a parameter."""

        def __init__(self):
            self.w = Value(1.0, "w")

        def forward(self, x):
            power = x[0].exp()
            power.label = "power"
            return [power.exp() + self.w]

    model = Fixed()
    model.compile(loss=SquaredError())
    with pytest.raises(DivergenceError, match=r"first in a number, which is inf"):
        model.fit([[1.0], [8.0]], [1.0, 1.0], shuffle=False, verbose=0)
