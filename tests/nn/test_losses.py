"""Losses: their graphs, sums and means, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    Value,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    sigmoid,
    softmax,
    softmax_cross_entropy_with_logits,
    vectorize,
)
from autograd.primitives import TABLE
from nn import (
    MLP,
    SGD,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Layer,
    MeanSquaredError,
    Neuron,
    SparseCategoricalCrossentropy,
    SquaredError,
)
from nn.losses import Loss

ALL = [
    SquaredError(),
    MeanSquaredError(),
    BinaryCrossentropy(),
    BinaryCrossentropy(from_logits=True),
]
each_loss = pytest.mark.parametrize("loss", ALL, ids=lambda loss: f"{type(loss).__name__}")


@pytest.mark.parametrize(
    ("loss", "activation", "row"),
    [
        (BinaryCrossentropy(), "sigmoid", "binary_cross_entropy"),
        (
            BinaryCrossentropy(from_logits=True),
            "linear",
            "binary_cross_entropy_with_logits",
        ),
    ],
)
@pytest.mark.parametrize("as_list", [lambda a: a, lambda a: [a]], ids=["Value", "list"])
def test_cross_entropy_of_one_output_is_one_node(loss, activation, row: str, as_list):
    a = Neuron.from_weights([1], 0, activation=activation)([0.5])
    L = loss(1, as_list(a))
    y = L.inputs[0]
    assert (L.op, L.label) == (TABLE[row], "L")
    assert L.inputs[1] is a
    assert (y.data, y.label, y.op) == (1.0, "y", None)


def test_squared_error_of_one_output_is_half_of_d_squared():
    a = Value(4, "a")
    J = SquaredError()(2, a)
    half, square = J.inputs
    d, two = square.inputs
    assert (J.label, J.op.name, half.data) == ("L", "multiply", 0.5)
    assert (square.op.name, two.data) == ("power_constant", 2)
    assert (d.label, d.op.name, d.inputs[0]) == ("d", "subtract", a)
    assert (d.inputs[1].label, d.inputs[1].data) == ("y", 2)


def test_mean_squared_error_of_one_output_is_d_squared():
    L = MeanSquaredError()(2, Value(5))
    assert (L.label, L.op.name, L.data) == ("L", "power_constant", 9)


def test_a_target_that_is_a_value_is_used_as_it_is():
    y = Value(2, "target")
    a = Value(4)
    L = SquaredError()(y, a)
    assert L.inputs[1].inputs[0].inputs == (a, y)


# Two examples with two outputs: differences 1, 2 and 3, 0.
Y_TRUE = [[1, 1], [0, 5]]
Y_PRED = [[2, 3], [3, 5]]


@pytest.mark.parametrize(
    ("loss", "first", "cost"),
    [
        (SquaredError(), 0.5 + 2, (0.5 + 2 + 4.5) / 2),
        (MeanSquaredError(), (1 + 4) / 2, (1 + 4 + 9) / 4),
    ],
)
def test_sums_and_means_over_outputs_and_examples(loss, first: float, cost: float):
    L, J = loss(Y_TRUE[0], Y_PRED[0]), loss(Y_TRUE, Y_PRED)
    assert (L.data, L.label) == (first, "L")
    assert (J.data, J.label) == (cost, "J")


def test_labels_count_the_outputs_of_an_example():
    L = SquaredError()([1, 2], [Value(3, "a[1]_1"), 4])
    first, second = L.inputs
    assert [first.label, second.label] == ["L_1", "L_2"]
    d_2 = second.inputs[1].inputs[0]
    assert (d_2.label, [x.label for x in d_2.inputs]) == ("d_2", ["a_2", "y_2"])
    assert BinaryCrossentropy(from_logits=True)([0], [1]).inputs[1].label == "z"


probabilities = st.floats(0.01, 0.99)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), probabilities), min_size=1, max_size=5))
def test_cross_entropy_is_the_mean_of_the_slides_formula(pairs):
    Y, P = zip(*pairs, strict=True)
    expected = [-y * math.log(a) - (1 - y) * math.log(1 - a) for y, a in pairs]
    mean = sum(expected) / len(pairs)
    assert BinaryCrossentropy()(Y, P).data == pytest.approx(mean, rel=1e-12, abs=1e-15)
    assert BinaryCrossentropy()(Y, [[a] for a in P]).data == pytest.approx(
        mean, rel=1e-12, abs=1e-15
    )
    logits = [math.log(a / (1 - a)) for a in P]
    assert BinaryCrossentropy(from_logits=True)(Y, logits).data == pytest.approx(mean, rel=1e-12)


@each_loss
def test_a_batch_of_one_example_is_that_example(loss):
    a = Value(0.5)
    L = loss([1], [[a]])
    assert L.label == "L"
    assert L.data == loss(1, a).data


@each_loss
@pytest.mark.parametrize(
    "y_true", [[1, 0], [[1], [0]], (1, 0), np.array([1, 0]), np.array([[1.0], [0.0]])]
)
def test_targets_of_a_batch(loss, y_true):
    y_pred = [[Value(0.25)], [Value(0.75)]]
    expected = (loss(1, 0.25).data + loss(0, 0.75).data) / 2
    assert loss(y_true, y_pred).data == expected


@each_loss
@pytest.mark.parametrize(
    ("y_true", "y_pred", "words"),
    [
        ([1, 0], Value(0.5), "2 targets for 1 outputs"),
        (1, [Value(0.5), Value(0.5)], "1 targets for 2 outputs"),
        ([1, 0, 1], [[0.5], [0.5]], "3 targets for 2 examples"),
        ([[1, 0], [1]], [[0.5], [0.5]], "2 targets for 1 outputs"),
        ([], [], "there are no outputs"),
    ],
)
def test_lengths_that_do_not_match(loss, y_true, y_pred, words: str):
    with pytest.raises(ValueError, match=f"^{type(loss).__name__}: {words}"):
        loss(y_true, y_pred)


@each_loss
@pytest.mark.parametrize(
    ("y_true", "y_pred", "words"),
    [
        ("1", 0.5, "y_true must be a list, not '1'"),
        (["1"], 0.5, "y must be one number or Value, not '1'"),
        (None, 0.5, "y must be one number or Value, not None"),
        (1, None, "[az] must be one number or Value, not None"),
        (1, [[0.5], [0.5]], "y_true must be a list, not 1"),
    ],
)
def test_what_is_no_number(loss, y_true, y_pred, words: str):
    with pytest.raises(TypeError, match=words):
        loss(y_true, y_pred)


@pytest.mark.parametrize("loss", [BinaryCrossentropy(), BinaryCrossentropy(from_logits=True)])
@pytest.mark.parametrize("y", [-0.1, 1.1, -1, 2, math.nan])
def test_targets_of_cross_entropy_are_between_0_and_1(loss, y: float):
    with pytest.raises(ValueError, match=rf"in \[0, 1\], not y = {float(y)}"):
        loss(y, 0.5)


@pytest.mark.parametrize("a", [-0.5, 0.0, 1.5, math.nan])
def test_cross_entropy_of_what_is_no_probability_names_the_remedy(a: float):
    with pytest.raises(ValueError, match=rf"not a\[2\]_1 = {a}: give z.*from_logits=True"):
        BinaryCrossentropy()(1, Value(a, "a[2]_1"))
    with pytest.raises(ValueError, match=rf"not {a}: "):
        BinaryCrossentropy()(1, Value(a))


@pytest.mark.parametrize("y", [0, 1])
def test_a_certain_and_right_probability_costs_nothing(y: int):
    assert BinaryCrossentropy()(y, y).data == 0.0


def test_a_loss_of_ones_own_says_what_one_output_costs():
    class AbsoluteError(Loss):
        def of_output(self, y: Value, a: Value, unit: str) -> Value:
            return (a - y).abs()

    assert AbsoluteError()([1, 2], [3, -1]).data == (2 + 3) / 2
    with pytest.raises(NotImplementedError, match="Loss does not implement of_output"):
        Loss()(1, 2)


def test_a_refused_batch_leaves_the_model_as_it_was():
    model = MLP(2, [2, 1], seed=1)
    before = [(p.data, p.grad) for p in model.parameters()]
    with pytest.raises(ValueError, match="targets for"):
        SquaredError()([1], [model([1, 2]), model([3, 4])])
    assert [(p.data, p.grad) for p in model.parameters()] == before


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: sigmoid(Value(2)), "sigmoid"),
        (lambda: [sigmoid(Value(2))], "sigmoid"),
        (lambda: Neuron.from_weights([1], 0, activation="sigmoid")([2]), "sigmoid"),
        (lambda: MLP(1, [2, 1], output_activation="sigmoid", seed=1)([1]), "sigmoid"),
        (lambda: softmax([Value(2), Value(1)])[0], "softmax"),
    ],
)
def test_a_probability_given_to_a_loss_from_logits_is_refused(make, name: str):
    with pytest.raises(ValueError, match=f"is a probability, made by {name}.*not a logit"):
        BinaryCrossentropy(from_logits=True)(1, make())


# --- losses for classes -------------------------------------------------------------------

SOFTMAX = [0.30, 0.20, 0.15, 0.35]  # worked example 15


@pytest.mark.parametrize(("label", "loss"), [*enumerate([1.2040, 1.6094, 1.8971, 1.0498])])
def test_the_lectures_softmax_losses(label: int, loss: float):
    one_hot = [float(k == label) for k in range(4)]
    for L in (
        SparseCategoricalCrossentropy()(label, SOFTMAX),
        CategoricalCrossentropy()(one_hot, SOFTMAX),
        SparseCategoricalCrossentropy(from_logits=True)(label, [math.log(a) for a in SOFTMAX]),
        CategoricalCrossentropy(from_logits=True)(one_hot, [math.log(a) for a in SOFTMAX]),
    ):
        assert round(L.data, 4) == loss
        assert L.label == "L"


def test_the_slopes_of_a_softmax_layer_are_a_minus_y():
    logits = [Value(math.log(a)) for a in SOFTMAX]
    SparseCategoricalCrossentropy()(3, softmax(logits)).backward()
    assert [z.grad for z in logits] == pytest.approx([0.30, 0.20, 0.15, -0.65])


def test_losses_of_probabilities_that_no_softmax_made_have_their_own_slopes():
    a = [Value(x) for x in SOFTMAX]
    CategoricalCrossentropy()([0.5, 0.5, 0, 0], a).backward()
    assert [x.grad for x in a] == pytest.approx([-0.5 / 0.3, -0.5 / 0.2, 0, 0])
    # Not all units, or not in their order: no softmax layer either.
    z = [Value(1.0), Value(0.0), Value(-1.0)]
    swapped = softmax(z)[::-1]
    L = SparseCategoricalCrossentropy()(0, swapped)
    assert L.data == pytest.approx(-math.log(swapped[0].data))
    L.backward()
    assert z[2].grad == pytest.approx(swapped[0].data - 1)


def exact_binary(y: float, z: float) -> tuple[float, float]:
    """−y log σ(z) − (1 − y) log(1 − σ(z)), and its slope, without cancellation."""
    loss = y * math.log1p(math.exp(-abs(z))) + (1 - y) * math.log1p(math.exp(-abs(z)))
    loss += y * max(-z, 0.0) + (1 - y) * max(z, 0.0)
    e = math.exp(-abs(z))
    sigma, rest = (1 / (1 + e), e / (1 + e)) if z >= 0 else (e / (1 + e), 1 / (1 + e))
    return loss, (1 - y) * sigma - y * rest


LOGITS = [-1000.0, -745.0, -40.0, -30.0, -1.0, 0.0, 2.0, 30.0, 37.0, 40.0, 710.0, 1000.0]


@pytest.mark.parametrize("z", LOGITS)
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("from_logits", [True, False])
def test_binary_cross_entropy_is_exact_at_every_logit(y: float, z: float, from_logits: bool):
    layer = Layer.from_weights([[1.0]], [0.0], activation="linear" if from_logits else "sigmoid")
    loss = BinaryCrossentropy(from_logits=from_logits)
    expected, slope = exact_binary(y, z)
    for predictions, targets in ((layer([z]), y), ([layer([z])], [y])):
        layer.zero_grad()
        L = loss(targets, predictions)
        L.backward()
        assert L.data == pytest.approx(expected, rel=1e-14, abs=1e-300)
        assert layer.neurons[0].bias.grad == pytest.approx(slope, rel=1e-14, abs=2e-16)


@pytest.mark.parametrize("z", LOGITS)
@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("from_logits", [True, False])
def test_cross_entropy_of_classes_is_exact_at_every_logit(label: int, z: float, from_logits: bool):
    activation = "linear" if from_logits else "softmax"
    layer = Layer.from_weights([[1.0], [-1.0], [0.0]], [0.0] * 3, activation=activation)
    logits = [z, -z, 0.0]
    top = max(logits)
    total = sum(math.exp(each - top) for each in logits)
    rest = sum(sorted(math.exp(each - top) for each in logits)[:-1])
    one_hot = [float(k == label) for k in range(3)]
    for loss, y in (
        (SparseCategoricalCrossentropy(from_logits=from_logits), label),
        (CategoricalCrossentropy(from_logits=from_logits), one_hot),
    ):
        layer.zero_grad()
        L = loss(y, layer([z]))
        L.backward()
        expected = math.log1p(rest) + (top - logits[label])
        assert L.data == pytest.approx(expected, rel=1e-14, abs=1e-300)
        slopes = [math.exp(each - top) / total - y for each, y in zip(logits, one_hot, strict=True)]
        assert [n.bias.grad for n in layer.neurons] == pytest.approx(slopes, rel=1e-13, abs=1e-15)


def test_training_goes_on_where_the_answers_are_certain():
    """The lectures' first listing: sigmoid outputs, BinaryCrossentropy() from probabilities."""
    model = MLP(1, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=1)
    optimizer, loss = SGD(model.parameters(), learning_rate=50.0), BinaryCrossentropy()
    for _ in range(300):
        cost = loss([0, 1], [model([-100.0]), model([100.0])])
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        assert math.isfinite(cost.data)
    x, y = [Value(1.0)], [Value(1.0)]
    program = vectorize(loss.of_example(y, model(x)), {"X": x, "Y": y}, model.named_parameters())
    assert "dZ2 = A2 - Y" in map(str, program.statements)


@pytest.mark.parametrize("z", [40.0, 700.0, -40.0])
def test_a_neuron_that_is_certain_and_right_costs_nothing(z: float):
    neuron = Neuron.from_weights([1], 0, activation="sigmoid")
    y = int(z > 0)
    L = BinaryCrossentropy()(y, neuron([z]))
    L.backward()
    assert L.data == pytest.approx(0.0, abs=1e-17)
    assert [p.grad for p in neuron.parameters()] == pytest.approx([0.0, 0.0], abs=1e-14)


@pytest.mark.parametrize("z", [40.0, 1000.0, -1000.0])
def test_a_neuron_that_is_certain_and_wrong_is_taken_back_to_its_logit(z: float):
    neuron = Neuron.from_weights([1], 0, activation="sigmoid")
    L = BinaryCrossentropy()(int(z < 0), neuron([z]))
    L.backward()
    assert (L.data, neuron.bias.grad) == (abs(z), math.copysign(1, z))


def test_a_target_that_is_a_value_has_the_slope_of_the_logits_where_a_neuron_is_certain():
    y, neuron = Value(1.0, label="y"), Neuron.from_weights([1], 0, activation="sigmoid")
    L = BinaryCrossentropy()(y, neuron([40]))
    L.backward()
    assert L.data == pytest.approx(math.exp(-40))
    assert (y.grad, neuron.bias.grad) == (-40.0, pytest.approx(-math.exp(-40)))


def test_a_probability_of_ones_own_that_is_certain_and_right_needs_no_slope_along_the_target():
    z = Value(40.0)
    a = 1 / (1 + (-z).exp())
    L = BinaryCrossentropy()(1, a)
    L.backward()
    assert (L.data, z.grad) == (0.0, pytest.approx(0.0, abs=1e-17))
    with pytest.raises(ValueError, match="no slope along y"):  # a target that was asked about
        BinaryCrossentropy()(Value(1, "y"), a).backward()


# --- reductions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        SquaredError,
        MeanSquaredError,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
    ],
)
def test_the_cost_of_a_batch_is_the_mean_or_the_sum(make):
    Y = [1, 0, 1] if make is SparseCategoricalCrossentropy else [[0, 1], [1, 0], [0, 1]]
    P = [[0.25, 0.75], [0.5, 0.5], [0.875, 0.125]]
    mean, total = make()(Y, P), make(reduction="sum")(Y, P)
    one_by_one = [make()(y, p).data for y, p in zip(Y, P, strict=True)]
    assert total.data == pytest.approx(sum(one_by_one))
    assert mean.data == pytest.approx(sum(one_by_one) / 3)
    assert (mean.label, total.label) == ("J", "J")
    with pytest.raises(ValueError, match="reduction is 'mean' or 'sum', not 'max'"):
        make(reduction="max")


def test_k_sigmoids_are_averaged_or_summed_over_their_outputs():
    layer = Layer(2, 3, activation="sigmoid", seed=15)
    y = [1, 0, 1]
    a = [v.data for v in layer([0.5, -1.5])]
    for outputs, share in ((None, 3), ("mean", 3), ("sum", 1)):
        for predictions in (layer([0.5, -1.5]), [*layer([0.5, -1.5])]):
            layer.zero_grad()
            BinaryCrossentropy(outputs=outputs)(y, predictions).backward()
            deltas = [(p - t) / share for p, t in zip(a, y, strict=True)]
            assert [n.bias.grad for n in layer.neurons] == pytest.approx(deltas)
    with pytest.raises(ValueError, match="outputs is 'mean' or 'sum', not 3"):
        BinaryCrossentropy(outputs=3)


def test_a_picture_shows_the_sum_unless_the_mean_was_chosen():
    assert BinaryCrossentropy().drawn.sums_outputs
    assert BinaryCrossentropy(outputs="sum", from_logits=True).drawn.from_logits
    assert not BinaryCrossentropy(outputs="mean").drawn.sums_outputs
    assert not BinaryCrossentropy().sums_outputs


# --- targets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "y",
    [1, 1.0, np.int64(1), np.float32(1), np.array(1), np.array([1]), [1], True, np.True_],
    ids=repr,
)
def test_a_class_is_any_whole_number(y):
    loss = SparseCategoricalCrossentropy(from_logits=True)
    assert loss(y, [0.0, 1.0, 2.0]).data == loss(1, [0.0, 1.0, 2.0]).data
    assert loss(np.array([[1], [0]]), [[0.0, 1.0], [2.0, 0.0]]).label == "J"


@pytest.mark.parametrize("y", [True, np.True_, np.array(1), np.float32(1), 1], ids=repr)
@each_loss
def test_booleans_and_numbers_of_numpy_are_targets(loss, y):
    assert loss(y, 0.5).data == loss(1, 0.5).data
    assert loss([y, y], [[0.5], [0.25]]).data == loss([1, 1], [[0.5], [0.25]]).data
    assert loss(np.array([True, False]), [[0.5], [0.25]]).data == loss([1, 0], [[0.5], [0.25]]).data


@pytest.mark.parametrize(
    ("y", "error", "words"),
    [
        (4, ValueError, "the label 4 is none of the 4 classes, which count from 0 to 3"),
        (-1, ValueError, "the label -1 is none of"),
        (1.5, TypeError, "the number of a class, a whole number, not 1.5"),
        (math.nan, TypeError, "not nan"),
        (math.inf, TypeError, "not inf"),
        (Value(1), TypeError, "CategoricalCrossentropy takes one target per class"),
        ("1", TypeError, "not '1'"),
        ([0, 1, 0, 0], TypeError, "CategoricalCrossentropy takes one target per class"),
    ],
)
def test_labels_that_are_no_class(y, error, words: str):
    with pytest.raises(error, match=words):
        SparseCategoricalCrossentropy()(y, SOFTMAX)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: CategoricalCrossentropy()(3, SOFTMAX), "take SparseCategoricalCrossentropy"),
        (lambda: CategoricalCrossentropy()([0, 1], SOFTMAX), "2 targets for 4 outputs"),
        (lambda: CategoricalCrossentropy()([0, 2, 0, 0], SOFTMAX), r"in \[0, 1\], not y_2 = 2.0"),
        (lambda: CategoricalCrossentropy()([1], [1.0]), "one class is always 0.*BinaryCross"),
        (lambda: SparseCategoricalCrossentropy()([0], [[1.0]]), "one class is always 0"),
        (lambda: SparseCategoricalCrossentropy()(0, [0.0, 1.0]), r"not a_1 = 0.0: give the logits"),
        (lambda: SparseCategoricalCrossentropy()(0, [2.0, -1.0]), "between 0 and 1, not a_1 = 2.0"),
        (lambda: SparseCategoricalCrossentropy()(0, [0.5, 0.6]), "sum to 1, not to 1.1: take soft"),
    ],
)
def test_targets_and_probabilities_of_classes_that_do_not_fit(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    "loss", [CategoricalCrossentropy, SparseCategoricalCrossentropy], ids=lambda c: c.__name__
)
def test_probabilities_of_classes_given_as_logits_are_refused(loss):
    y = 0 if loss is SparseCategoricalCrossentropy else [1, 0]
    for activation in ("softmax", "sigmoid"):
        outputs = Layer(2, 2, activation=activation, seed=1)([1, 2])
        with pytest.raises(ValueError, match=r"is a probability, made by .*leave out from_logits"):
            loss(from_logits=True)(y, outputs)


def test_a_certain_class_costs_nothing():
    assert CategoricalCrossentropy()([1, 0], [1.0, 0.0]).data == 0.0


# --- what is swapped, and one unit's outputs for several examples ---------------------------


@each_loss
def test_swapped_targets_are_refused_by_name(loss):
    model = MLP(2, [3, 1], seed=1)
    computed = [model([1, 2]), model([3, 4])]
    for y_true, y_pred in (
        (computed[0], 1),
        (computed[0][0], Value(1)),
        (computed, [1, 0]),
        (np.array(computed), np.array([[1.0], [0.0]])),
    ):
        with pytest.raises(ValueError, match=rf"{type(loss).__name__} takes the targets first"):
            loss(y_true, y_pred)
    both = loss([Value(0.5).sigmoid()], [Value(0.25) * 2])  # an autoencoder computes both
    assert both.label == "L"


NEURON = Neuron.from_weights([0.5], 0.25, activation="sigmoid")
PLAIN = Neuron.from_weights([0.5], use_bias=False)
OWN = Neuron.from_weights([0.5], 0.25, activation=lambda z: z * sigmoid(z) + 0.1)
ONE_UNIT = MLP(1, [2, 1], output_activation="sigmoid", seed=1)


@pytest.mark.parametrize(
    "unit",
    [NEURON, PLAIN, OWN, lambda x: ONE_UNIT(x)[0], lambda x: Layer(1, 1, seed=1) and NEURON(x)],
)
@each_loss
def test_one_unit_for_several_examples_is_refused_with_both_ways_of_writing_it(loss, unit):
    with pytest.raises(
        ValueError, match=r"by the same unit.*\[\[neuron\(x\)\] for x in X\].*sum\("
    ):
        loss([1, 0], [unit([x]) for x in (1.0, 2.0)])


@each_loss
def test_outputs_of_several_units_are_one_example(loss):
    a = NEURON([1.0])
    same = NEURON([1.0])
    if not getattr(loss, "from_logits", False):
        assert loss([1, 0], Layer(1, 2, activation="sigmoid", seed=1)([1.0])).label == "L"
        assert loss([1], [a]).label == "L"
        assert loss([1, 0], [[a], [same]]).label == "J"
        assert loss([1, 0], [0.5, a]).label == "L"
        assert loss([1, 0], [Value(0.25), Value(0.5)]).label == "L"
        first, second = Neuron(1, activation="sigmoid", seed=1), Neuron(1, seed=2)
        assert loss([1, 0], [first([1.0]), second([0.5]).sigmoid()]).label == "L"
        # What was made of one unit's output is not that unit once more.
        assert loss([1, 0], [a * Value(0.5), a * Value(0.25)]).label == "L"
        assert loss([1, 0], [a, a]).label == "L"
    logits = Layer(1, 2, seed=1)([1.0])
    assert MeanSquaredError()([1, 0], logits).label == "L"


def test_a_sum_of_units_is_no_unit():
    first, second = Neuron(1, seed=1), Neuron(1, seed=2)
    outputs = [first([x]) + second([x]) for x in (1.0, 2.0)]
    assert SquaredError()([1, 0], outputs).label == "L"


def test_a_loss_of_ones_own_is_refused_a_spelling_and_reduces_as_others():
    class AbsoluteError(Loss):
        def of_output(self, y, a, unit):
            return (a - y).abs()

    assert AbsoluteError(reduction="sum")([1, 2], [[3], [-1]]).data == 5


# --- the rows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda a: binary_cross_entropy(a, 1),
        lambda a: binary_cross_entropy(a, Value(0)),
        lambda a: binary_cross_entropy_with_logits(a, 0.5),
        lambda a: softmax_cross_entropy_with_logits([a, a], [0, 1]),
        lambda a: softmax_cross_entropy_with_logits([a, a], [Value(0), Value(1)]),
    ],
)
def test_rows_refuse_swapped_targets(call):
    with pytest.raises(ValueError, match="takes the target first and the prediction second"):
        call(sigmoid(Value(0.5)))


def test_rows_take_computed_targets_beside_what_may_be_predicted():
    a = sigmoid(Value(0.5))
    assert binary_cross_entropy(a, a).op.name == "binary_cross_entropy"
    assert binary_cross_entropy_with_logits(a, Value(0.5)).op is not None
    with pytest.raises(TypeError, match="holds one real number, not 'a'"):
        binary_cross_entropy(a, "a")


def test_a_class_given_to_the_row_is_answered_with_what_to_write():
    with pytest.raises(TypeError, match=r"float\(k == 3\).*nn.SparseCategoricalCrossentropy"):
        softmax_cross_entropy_with_logits(3, [Value(0)] * 10)


@pytest.mark.parametrize("use_bias", [True, False])
def test_a_logit_given_to_a_loss_from_probabilities_is_refused(use_bias: bool):
    """Its number may lie between 0 and 1 for a while, and training end in nan."""
    layer = Layer(1, 2, use_bias=use_bias, initializer=lambda *sizes: 0.5)
    for loss, y in (
        (BinaryCrossentropy(), [1, 0]),
        (CategoricalCrossentropy(), [1, 0]),
        (SparseCategoricalCrossentropy(), 1),
    ):
        with pytest.raises(ValueError, match=r"linear unit, a logit .*from_logits=True"):
            loss(y, layer([1.0]))


def test_a_target_given_as_a_number_is_told_to_become_an_input_of_a_program():
    model, x = MLP(2, [1], seed=1), [Value(1.0), Value(2.0)]
    with pytest.raises(ValueError, match=r"given as a number.*y = Value\(1\), and add it there"):
        vectorize(SquaredError()(1, model(x)), {"X": x}, model)
    with pytest.raises(ValueError, match=r"x = Value\(3\)"):
        vectorize(SquaredError()(x[0], model([3.0, x[1]])), {"X": x}, model)
    loose = Value(2.0)
    with pytest.raises(ValueError, match="or write a plain number if it never changes"):
        vectorize(SquaredError()(loose, model(x)), {"X": x}, model)
