"""Sequential and MLP: widths that are learned, names, numbers, subclasses, units without bias."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from autograd import Value, dot, vectorize
from autograd.backprop import topological_order
from nn import (
    L2,
    MLP,
    BinaryCrossentropy,
    Conv1D,
    Dense,
    Dropout,
    Layer,
    Module,
    Neuron,
    Sequential,
    SquaredError,
)


def labels(model: Module) -> list[str]:
    return [p.label for p in model.parameters()]


# --- Sequential and Dense -----------------------------------------------------------------


def test_dense_learns_its_width_at_the_first_call():
    model = Sequential([Dense(units=3, activation="relu"), Dense(units=2)], seed=1)
    assert len(model([1.0, 2.0, 3.0, 4.0])) == 2
    assert (model.n_inputs, model.layers[1].n_inputs) == (4, 3)
    with pytest.raises(ValueError, match="Sequential takes 4 inputs, not 3"):
        model([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sequential([Dense(3, "tanh"), Dense(1)], seed=4),
        lambda: Sequential([Dense(3, "tanh", input_shape=(2,)), Dense(1)], seed=4),
        lambda: Sequential([Dense(3, "tanh", input_shape=2), Dropout(0.5), Dense(1)], seed=4),
    ],
)
def test_the_same_seed_makes_an_mlp_and_a_sequential_alike(make):
    model, network = make(), MLP(2, [3, 1], activation="tanh", seed=4)
    assert model.build(2) == 1
    assert [p.data for p in model.parameters()] == [p.data for p in network.parameters()]
    assert labels(model) == labels(network)
    assert list(model.named_parameters()) == list(network.named_parameters())
    assert model([0.5, -1.0])[0].data == network([0.5, -1.0])[0].data


@pytest.mark.parametrize(
    "ask",
    [Module.parameters, Module.named_parameters, Module.zero_grad, Module.summary],
)
def test_weights_that_are_not_there_yet_are_not_no_weights(ask):
    with pytest.raises(ValueError, match=r"Dense\(3, .*does not know how many inputs.*input_shape"):
        ask(Sequential([Dense(3), Dense(1)]))


def test_what_an_input_shape_says_is_known_before_the_first_call():
    model = Sequential([Dense(25, "sigmoid", input_shape=(400,)), Dense(1, "sigmoid")])
    assert model.summary().splitlines()[-1].split() == ["Total", str(25 * 401 + 26)]
    alone = Dense(2, input_shape=3)
    assert len(alone.parameters()) == 8
    with pytest.raises(ValueError, match="takes 3 inputs, not 4"):
        alone([1, 2, 3, 4])
    with pytest.raises(ValueError, match="Dense was made for 3 inputs, not 4"):
        Dense(2, input_shape=3)([1, 2, 3, 4])


def test_numbers_of_layers_count_those_with_weights():
    model = Sequential(
        [Dense(2, "relu"), Dropout(0.5), Sequential([Dense(2), Dense(2)]), Dense(1)], seed=1
    )
    model([1.0])
    assert [label for label in labels(model) if label.startswith("b")] == [
        "b[1]_1", "b[1]_2", "b[2]_1", "b[2]_2", "b[3]_1", "b[3]_2", "b[4]_1",
    ]  # fmt: skip
    assert list(model.named_parameters()) == [
        "W1", "b1", "W2", "b2", "W3", "b3", "W4", "b4",
    ]  # fmt: skip
    assert str(model).splitlines() == [
        "Sequential",
        "  1: Dense(2, activation='relu')",
        "  Dropout(0.5), off except in training",
        "  2: Sequential",
        "    2: Dense(2, activation='linear')",
        "    3: Dense(2, activation='linear')",
        "  4: Dense(1, activation='linear')",
    ]


def test_names_that_end_in_a_number_keep_their_path():
    class Two(Module):
        def __init__(self) -> None:
            self.w1, self.w, self.inner = Value(1), Value(2), Neuron(1)

        def forward(self, values):
            return values

    assert list(Sequential([Two(), Two()]).named_parameters()) == [
        "1.w1", "w1", "1.inner.w", "1.inner.b", "2.w1", "w2", "2.inner.w", "2.inner.b",
    ]  # fmt: skip
    gated = MLP(1, [1])
    gated.gate = Value(1)
    assert list(Sequential([gated, gated, Dropout(0.1)]).named_parameters()) == [
        "W1", "b1", "1.gate",
    ]  # fmt: skip


def test_a_layer_that_is_used_twice_has_one_number_and_one_set_of_weights():
    shared = Dense(2, "tanh")
    model = Sequential([shared, shared, Dense(1)], seed=1)
    model([1.0, 2.0])
    assert len(model.parameters()) == 6 + 3
    assert list(model.named_parameters()) == ["W1", "b1", "W2", "b2"]


def test_layers_made_before_take_the_number_of_their_place():
    layer = Layer(2, 2, seed=1)
    named = Layer.from_weights([[Value(1, "slope")]], [Value(0)])
    model = Sequential([layer, Dense(1), named], seed=1)
    model([1.0, 2.0])
    assert labels(model)[:3] == ["W[1]_1,1", "W[1]_1,2", "b[1]_1"]
    assert labels(model)[-2:] == ["slope", ""]  # labels of one's own stay
    assert model.layers[0]([1, 2])[0].label == "z[1]_1"


def test_functions_and_modules_of_ones_own_are_layers():
    class Scale(Module):
        def __init__(self) -> None:
            self.factor = Value(2.0)

        def forward(self, values):
            return [self.factor * v for v in values]

    class Sum(Module):
        def forward(self, values):
            return sum(values)

    model = Sequential([Scale(), lambda values: values[:2], Dense(3), Sum()], seed=1)
    assert model.build(4) == ()
    assert model.layers[2].n_inputs == 2
    assert list(model.named_parameters()) == ["factor1", "W2", "b2"]
    assert isinstance(model([1, 2, 3, 4]), Value)
    assert model.n_inputs is None


def test_layers_are_added_one_by_one():
    model = Sequential(seed=4)
    with pytest.raises(ValueError, match="Sequential has no layers"):
        model([1.0])
    assert (model.n_inputs, model.parameters()) == (None, [])
    model.add(Dense(3, "tanh"))
    model.add(Dense(1))
    model.build(2)
    twin = MLP(2, [3, 1], activation="tanh", seed=4)
    assert [p.data for p in model.parameters()] == [p.data for p in twin.parameters()]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sequential([Dense]), r"a Module such as Dense\(…\), not"),
        (lambda: Sequential(["relu"]), r"a Module such as Dense\(units\), not 'relu'"),
        (lambda: Sequential(MLP(2, [1])), r"a list: Sequential\(\[…, …\]\)"),
        (lambda: Sequential(Dense(2), Dense(1)), r"a list: Sequential"),
        (lambda: Sequential(Dense(2)), r"a list: Sequential"),
        (lambda: Sequential(3), "the layers of a Sequential must be a list, not 3"),
    ],
)
def test_what_is_no_layer(make, words: str):
    with pytest.raises(TypeError, match=words):
        make()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Dense(0), ValueError, "units must be at least 1"),
        (lambda: Dense(2, "sigmoyd"), ValueError, "unknown activation 'sigmoyd'"),
        (lambda: Dense(2, initializer="hee"), ValueError, "unknown initializer 'hee'"),
        (lambda: Dense(1, "softmax"), ValueError, "softmax over one unit"),
        (lambda: Dense(2, input_shape=(28, 28)), ValueError, r"\(28, 28\): put Flatten\(\) before"),
        (lambda: Dense(2, input_shape=0), ValueError, "the number of inputs must be at least 1"),
        (lambda: Dense(2).build((3, 1)), ValueError, r"put Flatten\(\) before it"),
        (lambda: Layer(2, 1).build(3), ValueError, "Layer takes 2 inputs, not 3"),
        (lambda: Dense(2)(3), TypeError, "the inputs of one example must be a list, not 3"),
    ],
)
def test_dense_layers_that_cannot_be(make, error, words: str):
    with pytest.raises(error, match=words):
        make()


def test_the_activation_of_a_dense_may_be_set_before_and_after_it_has_weights():
    dense = Dense(2, "relu")
    dense.activation = "tanh"
    with pytest.raises(ValueError, match="unknown activation 'tanch'"):
        dense.activation = "tanch"
    assert dense.activation == "tanh"
    dense([1.0])
    assert dense.build(1) == 2  # nothing to do
    dense.activation = "softmax"
    assert sum(a.data for a in dense([1.0])) == pytest.approx(1)
    assert dense.activation == "softmax"
    one = Dense(1)
    one([1.0])
    with pytest.raises(ValueError, match="softmax over one unit"):
        one.activation = "softmax"


def test_dense_from_weights():
    dense = Dense.from_weights([[1, 2], [3, 4], [5, 6]], 0, activation="relu")
    assert (dense.units, repr(dense)) == (3, "Dense(3, activation='relu')")
    assert [a.data for a in dense([1, 1])] == [3, 7, 11]


# --- batches ------------------------------------------------------------------------------

MODELS = {
    "Neuron": Neuron(2, activation="tanh", seed=1),
    "Layer": Layer(2, 3, seed=1),
    "MLP": MLP(2, [3, 2], seed=1),
    "Sequential": Sequential([Dense(3, "tanh"), Dropout(0.5), Dense(2, "softmax")], seed=1),
}
X = np.random.default_rng(2).normal(size=(5, 2))


@pytest.mark.parametrize("name", MODELS)
def test_a_matrix_of_numbers_gives_the_predictions_for_its_rows(name: str):
    model = MODELS[name]
    one_by_one = [model(x) for x in X]
    expected = [[float(a) for a in (row if isinstance(row, list) else [row])] for row in one_by_one]
    for rows in (X, X.tolist(), [tuple(x) for x in X], [*X], X.astype("float32").astype(float)):
        outputs = model(rows)
        assert isinstance(outputs, np.ndarray)
        assert outputs == pytest.approx(np.array(expected), rel=1e-6)
    assert np.array_equal(model(X), model.predict(X))


@pytest.mark.parametrize("name", MODELS)
def test_rows_that_hold_values_give_rows_of_values(name: str):
    model = MODELS[name]
    w = Value(0.5)
    rows = model([[w, 1.0], [2.0, w]])
    assert len(rows) == 2
    for row, x in zip(rows, ([0.5, 1.0], [2.0, 0.5]), strict=True):
        values = [row] if isinstance(row, Value) else row
        alone = model(x)
        assert [v.data for v in values] == [
            v.data for v in ([alone] if isinstance(alone, Value) else alone)
        ]
        assert w in topological_order(*values)
    by_array = model(np.array([[w, Value(1.0)], [Value(2.0), w]]))
    assert len(by_array) == 2


def test_a_table_whose_items_are_its_columns_is_a_batch_of_its_rows():
    class Table:
        """What matters here of a pandas DataFrame."""

        ndim = 2

        def __len__(self) -> int:
            return len(X)

        def __iter__(self):
            return iter(["height", "weight"])

        def __array__(self, dtype=None, copy=None):
            return X

    model = MODELS["MLP"]
    assert np.array_equal(model(Table()), model(X))


def test_units_of_several_layers_are_one_example():
    # AND and NOR are layers of one unit: what they return are lists of one.
    first, second = Layer(1, 1, seed=1), Layer(1, 1, seed=2)
    both = Layer.from_weights([[2, 3]], [1])
    [a], [b] = first([1]), second([1])
    assert both([first([1]), second([1])])[0].data == 2 * a.data + 3 * b.data + 1
    one_input = Layer.from_weights([[2]], [0])
    assert [len(row) for row in one_input([first([1]), second([1])])] == [1, 1]  # a batch


def test_a_model_of_ones_own_defines_forward():
    class Line(Module):
        def __init__(self) -> None:
            self.slope, self.intercept = Value(2), Value(1)

        def forward(self, x, scale=1):
            return [self.slope * x[0] * scale + self.intercept]

    line = Line()
    assert line([3])[0].data == line(x=[3])[0].data == 7
    assert line([3], scale=2)[0].data == line([3], 2)[0].data == 13
    assert line(np.array([[1.0], [2.0]])).tolist() == [[3], [5]]
    with pytest.raises(NotImplementedError, match=r"Module .* define forward\(self, x\)"):
        Module()([1])


def test_a_matrix_of_values_may_be_one_example_of_a_model_of_ones_own():
    class Mean(Module):
        def forward(self, rows):
            return [sum(column) / len(rows) for column in zip(*rows, strict=True)]

    assert [v.data for v in Mean()([[Value(1), Value(2)], [Value(3), Value(4)]])] == [2, 3]


def test_training_is_on_inside_of_with_and_off_after_an_error():
    model = Sequential([Dense(2), Dropout(0.5), MLP(2, [1])], seed=1)
    modules = model.modules()
    assert len(modules) >= 5

    def fails() -> None:
        with model.in_training() as same:
            assert same is model
            assert all(module.training for module in modules)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert not any(module.training for module in model.modules())


# --- without bias ------------------------------------------------------------------------


def test_without_bias_there_is_nothing_to_draw_count_or_train():
    a = Neuron(2, activation="sigmoid", use_bias=False, seed=1)
    L = BinaryCrossentropy()(1, a([1, 2]))
    assert a.bias is None
    assert a.named_parameters() == {"w": a.weights}
    assert a([1, 2]).inputs[0].op is dot
    assert len([v for v in topological_order(L) if v.op is None]) == 2 + 2 + 1
    assert repr(a) == "Neuron(2, activation='sigmoid', use_bias=False)"


@pytest.mark.parametrize(
    "make",
    [
        lambda: MLP(4, [4, 1], use_bias=False, seed=1),
        lambda: Sequential([Dense(4, "relu", use_bias=False), Dense(1, use_bias=False)], seed=1),
        lambda: MLP.from_weights([(np.ones((4, 4)), None), ([[1] * 4], None)], use_bias=False),
    ],
)
def test_units_without_bias_have_20_parameters_in_4_4_1(make):
    model = make()
    x = [Value(0.5 * i) for i in range(4)]
    y = [Value(1.0)]
    loss = SquaredError().of_example(y, model(x))
    assert len(model.parameters()) == 20
    assert list(model.named_parameters()) == ["W1", "W2"]
    assert "use_bias=False" in str(model)
    program = vectorize(loss, {"X": x, "Y": y}, model.named_parameters())
    assert str(program.statements[0]) == "Z1 = W1 @ X"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Neuron.from_weights([1, 2], use_bias=False),
        lambda: Layer.from_weights([[1, 2]], use_bias=False),
        lambda: Layer(2, 1, use_bias=False),
        lambda: Dense.from_weights([[1, 2]], use_bias=False),
        lambda: Conv1D(1, 2, use_bias=False),
    ],
)
def test_from_weights_without_bias(make):
    model = make()
    model([1.0, 1.0])
    assert len(model.parameters()) == 2
    assert "use_bias=False" in repr(model)
    assert "b" not in model.named_parameters()


def test_a_bias_that_is_none_is_asked_for():
    with pytest.raises(TypeError, match="b must be one number or Value, not None"):
        Neuron.from_weights([1])
    with pytest.raises(TypeError, match="biases must be a list, not None"):
        Layer.from_weights([[1]])
    assert Layer.from_weights([[1]], [2], use_bias=False)([1])[0].data == 3


def test_an_unbuilt_dense_says_that_it_will_have_no_bias():
    assert repr(Dense(2, use_bias=False)) == "Dense(2, activation='linear', use_bias=False)"
    with_penalty = Dense(2, kernel_regularizer=L2(0.1))
    assert repr(with_penalty) == "Dense(2, activation='linear', kernel_regularizer=L2(0.1))"


# --- what is put into a model -------------------------------------------------------------


def test_a_neuron_put_into_a_layer_applies_its_own_activation():
    layer = Layer.from_weights([[1], [1]], [0, 0], activation="relu")
    layer.neurons[0] = Neuron.from_weights([1], 0, activation="tanh")
    assert [a.op.name for a in layer([0.5])] == ["tanh", "relu"]
    assert layer.activation == "tanh, relu"
    assert "tanh, relu" in layer.summary()
    layer.neurons[1].activation = "sigmoid"
    assert [a.op.name for a in layer([0.5])] == ["tanh", "sigmoid"]
    layer.activation = "sin"
    assert [neuron.activation for neuron in layer.neurons] == ["sin", "sin"]
    assert {a.op.name for a in layer([0.5])} == {"sin"}


@pytest.mark.parametrize("use_bias", [True, False])
def test_a_number_in_the_place_of_a_value_is_answered_with_what_to_write(use_bias: bool):
    neuron = Neuron(2, seed=1, use_bias=use_bias)
    neuron.weights[0] = 3.0
    for call in (lambda: neuron([1, 2]), lambda: neuron.predict([[1, 2]])):
        with pytest.raises(TypeError, match=r"are Values: .* write neuron.bias.data = 3$"):
            call()


def test_a_neuron_with_another_width_is_refused_by_the_layer():
    layer = Layer(2, 2, seed=1)
    layer.neurons[1] = Neuron(3)
    with pytest.raises(ValueError, match="Neuron takes 3 inputs, not 2"):
        layer([1, 2])


def test_a_neuron_of_ones_own_computes_its_own_output():
    class Doubled(Neuron):
        def __call__(self, inputs):
            return 2 * super().__call__(inputs)

    class Negated(Neuron):
        def forward(self, inputs):
            return -super().forward(inputs)

    layer = Layer.from_weights([[1], [1]], [0, 0])
    layer.neurons[0] = Doubled.from_weights([3], 0)
    layer.neurons[1] = Negated.from_weights([3], 0)
    assert [a.data for a in layer([1])] == [6, -3]


def test_softmax_may_be_set_on_a_layer_of_several_units():
    layer = Layer(1, 3, activation="relu", seed=1)
    layer.activation = "softmax"
    assert sum(a.data for a in layer([2.0])) == pytest.approx(1)
    assert [a.label for a in layer([2.0])] == ["a_1", "a_2", "a_3"]
    with pytest.raises(ValueError, match="softmax over one unit"):
        Layer(1, 1).activation = "softmax"


class GatedNeuron(Neuron):
    def __init__(self, *sizes, **options) -> None:
        super().__init__(*sizes, **options)
        self.gate = Value(5.0)


class GatedLayer(Layer):
    def __init__(self, n_inputs, n_units) -> None:
        super().__init__(n_inputs, n_units)
        self.gate = Value(5.0)


class GatedNetwork(MLP):
    def __init__(self) -> None:
        super().__init__(2, [3, 1], seed=1)
        self.gate = Value(5.0)


@pytest.mark.parametrize(
    "model",
    [
        GatedNeuron.from_weights([1, 2], 3, activation="tanh"),
        GatedLayer.from_weights([[1, 2]], [3], activation="tanh"),
        GatedNetwork.from_weights([([[1, 2]], [3])], output_activation="tanh"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_from_weights_runs_the_init_of_a_subclass(model):
    assert model.gate.data == 5.0
    assert sorted(p.data for p in model.parameters()) == [1, 2, 3, 5]
    output = model([1, 1])
    output = output if isinstance(output, Value) else output[0]
    assert output.op.name == "tanh"


def test_from_weights_of_a_subclass_that_takes_something_else_says_so():
    class Odd(Layer):
        def __init__(self, name) -> None:
            super().__init__(1, 1)

    with pytest.raises(TypeError, match=r"its __init__ takes \(name\).*: pass the sizes on"):
        Odd.from_weights([[1]], [0])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: MLP([2, 3, 1]), TypeError, r"write MLP\(2, \[3, 1\]\)$"),
        (lambda: MLP((2, 3), [1]), TypeError, r"write MLP\(2, \[3\]\)$"),
        (lambda: MLP([4]), TypeError, r"write MLP\(4, \[1\]\)$"),
        (lambda: MLP([]), TypeError, r"write MLP\(2, \[1\]\)$"),
        (lambda: MLP(2, 3, 1), TypeError, r"write MLP\(2, \[3, 1\]\)$"),
        (
            lambda: MLP(2, [3, 1], "tanh"),
            TypeError,
            r"write MLP\(2, \[3, 1\], activation='tanh'\)$",
        ),
        (lambda: MLP(3), TypeError, r"write MLP\(3, \[1\]\)$"),
        (lambda: MLP(3, [2], activation="tanh"), ValueError, "write output_activation='tanh'"),
        (lambda: MLP(3, [2], activation="relu"), ValueError, "write output_activation='relu'"),
        (
            lambda: MLP(3, [2], activation="tanh", output_activation="sigmoid"),
            ValueError,
            "a network of one layer has none",
        ),
        (
            lambda: MLP.from_weights([([[1]], [0])], activation="tanh"),
            ValueError,
            "write output_activation='tanh'",
        ),
        (lambda: MLP(2, [1], activation="sigmoyd"), ValueError, "unknown activation 'sigmoyd'"),
    ],
)
def test_what_would_be_ignored_is_refused(make, error, words: str):
    with pytest.raises(error, match=words):
        make()


def test_an_activation_that_changes_nothing_is_no_mistake():
    assert MLP(3, [2], activation="linear").layers[0].activation == "linear"
    both = MLP(3, [2], activation="sigmoid", output_activation="sigmoid")
    assert both.layers[0].activation == "sigmoid"


class Keeps(Module):
    """A model that keeps its last outputs."""

    def __init__(self) -> None:
        self.net = Sequential([Dense(3, "tanh"), Dropout(0.5), Dense(1, "sigmoid")], seed=1)

    def forward(self, x):
        self.last = self.net(x)
        return self.last


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_model_is_copied_after_a_forward_pass(copied):
    model = Keeps()
    loss = BinaryCrossentropy()(1, model([0.5, -1.0]))
    loss.backward()
    twin = copied(model)
    assert [p.grad for p in twin.parameters()] == [p.grad for p in model.parameters()]
    assert not {*twin.parameters()} & {*model.parameters()}
    assert {*twin.parameters()} < {*topological_order(*twin.last)}  # the graph has the copies
    assert twin([1, 2])[0].data == model([1, 2])[0].data


def test_a_foreign_neuron_keeps_its_labels_when_its_layer_is_numbered():
    layer, conv = Layer(1, 2, seed=1), Conv1D(2, 2, seed=1)
    conv([1, 2])
    layer.neurons[0] = Neuron.from_weights([3], 4)
    conv.neurons[1] = Neuron.from_weights([5, 6], 7)
    Sequential([layer, conv])
    assert labels(layer)[:3] == ["w_1", "b", "W[1]_2,1"]
    assert labels(conv)[2:4] == ["b[2]_1", "w_1"]


def test_rows_of_which_some_are_numbers_are_no_batch():
    with pytest.raises(TypeError, match="x_1 must be one number or Value, not a list"):
        Layer(2, 1)([[1, 2], 3])


def test_softmax_of_the_one_unit_that_is_left_is_refused_too():
    layer = Layer(1, 2, activation="softmax")
    layer.neurons.pop()
    with pytest.raises(ValueError, match="softmax over one unit"):
        layer([1])
