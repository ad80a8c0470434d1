"""The proof: what is wrong is never handed out, and what is right is."""

import random
import types
import warnings
from dataclasses import replace

import numpy as np
import pytest
from planting import FAULTS, plant
from vectorized import assert_agrees, flat, leaves, lines

from autograd import (
    Value,
    affine,
    dot,
    log,
    primitives,
    relu,
    sigmoid,
    softmax_cross_entropy_with_logits,
    softplus,
    sqrt,
    tanh,
    total,
    vectorize,
)
from autograd.backprop import topological_order
from autograd.primitives import Primitive
from autograd.vectorizer import ProofError, ProofWarning, candidates, pipeline
from autograd.vectorizer.formulas.building import scaled
from autograd.vectorizer.formulas.statements import Body, Names, Statement
from autograd.vectorizer.formulas.trees import parsed, replaced
from autograd.vectorizer.merging import normal_form
from autograd.vectorizer.merging.forms import Output, Sum
from autograd.vectorizer.merging.plain_form import plain_form
from autograd.vectorizer.proving import examples, proof
from autograd.vectorizer.proving.examples import Examples
from autograd.vectorizer.proving.playing import Tape
from autograd.vectorizer.recording.leaves import leaf_arrays
from autograd.vectorizer.running import program
from autograd.vectorizer.writing import writer as writing
from nn import MLP


def neuron():
    x, y, w, b = leaves(2), leaves(), leaves(2), leaves()
    return (tanh(affine(w, x, b)) - y) ** 2, {"X": x, "Y": y}, {"w": w, "b": b}


def never_right(monkeypatch):
    """Every program says that the gradient is twice what it is."""
    right = program.direct

    def twice(statements, taken):
        lines = right(statements, taken)
        return [
            replace(line, tree=scaled(line.tree, 2.0 if line.name == "dw" else 1.0))
            for line in lines
        ]

    monkeypatch.setattr(program, "direct", twice)


def wrong_rule(monkeypatch):
    """The rules take each − for a +."""
    right = candidates.group_nodes

    def group_nodes(forms):
        for form in forms.values():
            if isinstance(form, (Sum, Output)):
                form.terms = {pair: abs(c) for pair, c in form.terms.items()}
        return right(forms)

    monkeypatch.setattr(candidates, "group_nodes", group_nodes)


# --- what is wrong ---


@pytest.mark.parametrize("stage", FAULTS)
def test_no_planted_fault_gets_through(stage):
    outcomes = [plant(stage, seed) for seed in range(8)]
    assert "got through" not in outcomes
    assert {"replaced", "refused"}.intersection(outcomes)  # it was there to be seen


def test_a_program_that_differs_is_replaced_by_one_level_by_level_with_a_notice(monkeypatch):
    wrong_rule(monkeypatch)
    with pytest.warns(ProofWarning, match=r"level by level.* not right: J is .* in place of"):
        replaced = vectorize(*neuron())
    assert [line.split(" = ")[0] for line in lines(replaced)][-3:] == ["J", "dw", "db"]
    assert "V1" in replaced.source
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProofWarning)
        assert_agrees(*neuron())


def test_the_notice_is_about_the_line_that_called_vectorize(monkeypatch):
    wrong_rule(monkeypatch)
    with pytest.warns(ProofWarning) as notices:
        vectorize(*neuron())
    assert notices[0].filename == __file__


def test_what_the_rules_raise_is_no_error_of_vectorize(monkeypatch):
    def raises(*arguments):
        raise KeyError(7)

    for owner, name in [
        (candidates, "group_nodes"),
        (candidates, "with_loops"),
        (candidates, "lay_out_with_loops"),
        (candidates, "write"),
        (writing, "Statement"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, raises)
            with pytest.warns(ProofWarning, match="KeyError: 7"):
                replaced = vectorize(*neuron())
        assert replaced([[1.0, 2.0]], [3.0])[0] == pytest.approx(
            vectorize(*neuron())([[1.0, 2.0]], [3.0])[0]
        )


def test_where_no_program_is_right_an_error_says_what_differs_and_asks_for_a_report(monkeypatch):
    never_right(monkeypatch)
    with pytest.raises(ProofError, match=r"dw is .* in place of .*batch of 1.*please report it"):
        vectorize(*neuron())


def test_where_no_program_can_be_written_the_error_says_so(monkeypatch):
    def raises(*arguments):
        raise KeyError(7)

    monkeypatch.setattr(pipeline, "write_by_levels", raises)
    wrong_rule(monkeypatch)
    with pytest.raises(ProofError, match=r"no program that computes.*KeyError: 7.*please report"):
        vectorize(*neuron())


def altered(monkeypatch, change):
    """Programs whose function returns something else."""
    right = program.compiled

    def compiled(*arguments, **names):
        function = right(*arguments, **names)
        return lambda *arrays: change(*function(*arrays), *arrays)

    monkeypatch.setattr(program, "compiled", compiled)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda J, grads, *_: (J, grads | {"w": grads["w"][None]}), r"dw has shape \(1, 2\)"),
        (lambda J, grads, *_: (J, {"b": grads["b"], "w": grads["w"]}), "gradients are called b, w"),
        (lambda J, grads, *_: (np.full(1, J), grads), r"J has shape \(1,\) in place of \(\)"),
        (lambda J, grads, *_: (J * (1 + 1e-8), grads), "J is"),
        (lambda J, grads, X, *_: (J, grads | {"w": grads["w"] + 1e-6 * (len(X) == 3)}), "of 3"),
        (lambda J, grads, X, Y, w, b: (J, grads | {"w": w}), "dw is"),
        (lambda J, grads, *_: (J + np.nan, grads), "J is nan"),
        (lambda J, grads, *_: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_whatever_a_program_returns_in_place_of_the_right_is_seen(monkeypatch, change, said):
    altered(monkeypatch, change)
    with pytest.raises(ProofError, match=said):
        vectorize(*neuron())


def test_results_that_belong_to_someone_else_are_seen(monkeypatch):
    c, x = leaves(3), leaves(3)
    assert_agrees(dot(c, x), {"X": x}, {"c": c})
    altered(monkeypatch, lambda J, grads, X, c: (J, {"c": np.broadcast_to(grads["c"], (3,))}))
    with pytest.raises(ProofError, match="a result is part of another array"):
        vectorize(dot(c, x), {"X": x}, {"c": c})


def test_other_numbers_than_were_recorded_are_seen(monkeypatch):
    right = program._numbers
    monkeypatch.setattr(program, "_numbers", lambda *arguments: right(*arguments) + 1.0)
    with pytest.raises(ProofError, match="w holds other numbers than were recorded"):
        vectorize(*neuron())


def test_a_batch_as_long_as_a_list_is_where_axes_are_confused(monkeypatch):
    def change(J, grads, X, *_):
        return J + (len(X) == 7), grads

    altered(monkeypatch, change)
    x, w = leaves(7), leaves(7)
    with pytest.raises(ProofError, match="batch of 7"):
        vectorize(tanh(dot(w, x)), {"X": x}, {"w": w})


def test_a_fault_of_a_unit_that_is_closed_at_the_recorded_numbers_is_seen(monkeypatch):
    x, w = Value(1.0), [Value(-1.0), Value(2.0)]

    def change(J, grads, X, w):
        return J, grads | {"w": grads["w"] * [1.01, 1.0]}

    loss = relu(w[0] * x) + relu(w[1] * x)
    altered(monkeypatch, change)
    with pytest.raises(ProofError, match="dw is"):
        vectorize(loss, {"x": x}, {"w": w})


# --- what is right ---


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, w: w * 1e-200 * x,
        lambda x, w: w * 1e200 * x,
        lambda x, w: (w * x - w * x) * 3 + w,  # cancels exactly
        lambda x, w: 1 - tanh(40 * w) ** 2 + x,
        lambda x, w: sqrt(w * w) + x,
        lambda x, w: log(w - 1.9999999) * x,
        lambda x, w: sqrt(x - 0.5) + w,
        lambda x, w: (-w) ** 2.5 if w.data < 0 else w**0.5 + x,
        lambda x, w: 0 * x + 3,
        lambda x, w: (w * x).step() + w,
        lambda x, w: x / (w - 2.0000001),
        lambda x, w: x**w,
    ],
)
def test_hard_numbers_raise_no_alarm(loss):
    x, w = Value(0.5), Value(2.0)
    made = vectorize(loss(x, w), {"x": x}, {"w": w})
    assert made([0.5])[0] == pytest.approx(loss(x, w).data, rel=1e-9)


@pytest.mark.parametrize("number", [0.0, 1e308, 1e-308, np.inf, np.nan])
def test_hard_leaves_raise_no_alarm(number):
    x, w = Value(number), Value(2.0)
    vectorize(sigmoid(w * x), {"x": x}, {"w": w})
    vectorize(w * x, {"x": x}, {"w": w})


def test_no_value_is_changed(monkeypatch):
    loss, inputs, parameters = neuron()
    order = topological_order(loss)
    before = [(v.data, v.grad, v.partials) for v in order]
    vectorize(loss, inputs, parameters)
    wrong_rule(monkeypatch)
    with pytest.warns(ProofWarning):
        vectorize(loss, inputs, parameters)
    assert [(v.data, v.grad, v.partials) for v in order] == before


def test_a_graph_that_has_no_value_at_its_leaves_now_cannot_be_tried():
    x, w = Value(1.0), Value(2.0)
    loss = log(x) * w
    x.data = -1.0
    with pytest.raises(ValueError, match="log"):  # nor has it gradients
        vectorize(loss, {"x": x}, {"w": w})
    with pytest.warns(ProofWarning, match="could not try this program.* has no value"):
        made = vectorize(loss, {"x": x}, {"w": w}, forward_only=True)
    assert made([np.e])[0] == pytest.approx(2.0)


def test_the_same_graph_gives_the_same_text():
    assert vectorize(*neuron()).source == vectorize(*neuron()).source


def test_another_namespace_computes_what_was_proven_with_numpy():
    other = types.ModuleType("other")
    vars(other).update({name: getattr(np, name) for name in dir(np) if name[:2] != "__"})
    loss, inputs, parameters = neuron()
    made = vectorize(loss, inputs, parameters, namespace=other)
    assert made([[1.0, 2.0]], [3.0])[0] == vectorize(*neuron())([[1.0, 2.0]], [3.0])[0]


# --- lines that are called gradients ---


def nudged(made, arrays, line, entry, by=1e-6):
    """The derivative of the cost by one entry of a line, from two nudges of what is printed."""
    at = [statement.name for statement in made.statements].index(line)
    costs = []
    for step in (by, -by):

        def nudge(i, array, step=step):
            if i == at:
                array[entry] += step

        costs.append(made.watched(nudge)(*arrays)[0])
    return (costs[0] - costs[1]) / (2 * by)


def claims_hold(made, *inputs):
    """Whether each line is, by nudges, the gradient that it is called."""
    arrays = [*inputs, *made.parameters.values()]
    held = {}
    made.watched(lambda i, array: held.update({made.statements[i].name: array}))(*arrays)
    n = 0
    for statement in made.statements:
        if statement.gradient_of in held:
            m = len(inputs[0]) if statement.shape[-1:] == ("m",) else 1
            for entry in np.ndindex(np.shape(held[statement.gradient_of])):
                slope = nudged(made, arrays, statement.gradient_of, entry)
                assert m * slope == pytest.approx(held[statement.name][entry], abs=1e-6)
                n += 1
    return n


def test_the_lines_of_a_network_are_the_gradients_they_are_called():
    model = MLP(2, [3, 2], activation="tanh", seed=1)
    x, y = leaves(2), leaves(2)
    loss = softmax_cross_entropy_with_logits(y, model(x))
    made = vectorize(loss, {"X": x, "Y": y}, model.named_parameters())
    X, Y = np.random.default_rng(0).normal(size=(2, 4, 2))
    assert claims_hold(made, X, Y) >= 2 * 4 * 2  # dZ1 and dZ2


def test_a_line_that_is_not_the_gradient_it_is_called_gets_another_name(monkeypatch):
    right, twice = writing.Statement, parsed("2 * dZ")

    def doubled(name, tree, *rest):
        if name == "dZ":  # half of it, and twice where it is read, so that results are right
            tree = scaled(tree, 0.5)
        return right(name, replaced(tree, {"dZ": twice}), *rest)

    monkeypatch.setattr(writing, "Statement", doubled)
    made = vectorize(*neuron())
    assert "V1" not in made.source
    assert "dZ" not in made.source
    assert {statement.gradient_of for statement in made.statements} == {None, "w", "b"}
    named = [line for line in lines(made) if "(2 * U" in line]
    assert len(named) == 2
    right_numbers = made([[1.0, 2.0], [0.5, 0.0]], [3.0, 1.0])
    monkeypatch.undo()
    expected = vectorize(*neuron())([[1.0, 2.0], [0.5, 0.0]], [3.0, 1.0])
    assert right_numbers[0] == expected[0]
    np.testing.assert_allclose(right_numbers[1]["w"], expected[1]["w"], rtol=1e-14)


def test_a_renamed_line_that_is_a_result_is_found_under_its_new_name():
    x, w = leaves(), leaves()
    made = vectorize(tanh(w * x), {"x": x}, {"w": w}, whole_batch=True)
    body = made._body.without_claims(["dw"], Names(["U1"]))
    assert body.results["dw"] == "U2"
    assert str(body.statements[-1]).startswith("U2 = ")


def test_the_axes_of_einsum_are_not_renamed():
    body = Body("m", [Statement("k", parsed("np.einsum('k,m->m', k, dk)"), ("m",), "Z")])
    [line] = body.without_claims(["k"], Names([])).statements
    assert str(line) == 'U1 = np.einsum("k,m->m", U1, dk)'
    assert line.operands == ("U1", "dk")


@pytest.mark.parametrize("seed", range(6))
def test_lines_that_are_called_gradients_are_them_in_formulas_in_disguise(seed):
    draw = random.Random(seed)
    x, y, w, b = Value(0.5), Value(0.7), Value(2.0), Value(0.3)
    z = draw.choice([w * x + b, b + x * w - 0, (w * x + b) / 1, -(-1 * (w * x + b))])
    loss = draw.choice(
        [
            (tanh(z) - y) ** 2,
            softplus(z) - y * z,
            (sigmoid(z) - y) * (w * x + b),
            tanh(-z) ** 2 + z,
        ]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProofWarning)
        made = vectorize(loss, {"x": x, "y": y}, {"w": w, "b": b})
    claims_hold(made, np.array([0.1, -0.4, 1.2]), np.array([0.5, 0.6, 0.1]))


# --- the parts ---


def test_the_plain_form_of_a_graph_is_the_graph():
    x = Value(3.0)
    wanted = [normal_form.Wanted(x * x + 2 * x + x + 0, "J", 0, False)]
    [array] = leaf_arrays({"x": x}, {}, per_example=True)
    forms = plain_form(wanted, {x: (array, 0)})
    assert [type(form).__name__ for form in forms.values()] == [
        *["Constant", "Leaf", "Sum", "Constant", "Sum", "Sum", "Sum", "Constant", "Sum", "Output"]
    ]


def test_terms_written_twice_are_added_in_the_plain_form():
    x = Value(3.0)
    [array] = leaf_arrays({"x": x}, {}, per_example=True)
    forms = plain_form([normal_form.Wanted(total([x, x]), "J", 0, False)], {x: (array, 0)})
    assert forms[2].terms == {(0, 1): 2.0}


def test_playing_is_backpropagation_at_other_numbers():
    generator = np.random.default_rng(0)
    loss, *_ = neuron()
    order = topological_order(loss)
    tape = Tape(order)
    numbers = generator.normal(size=len(tape.leaves)).tolist()
    played = tape.play(numbers)
    for leaf, number in zip(tape.leaves, numbers, strict=True):
        order[leaf].data = number
    loss.forward()
    loss.backward()
    assert played.data.tolist() == [v.data for v in order]
    assert played.derivatives()[tape.leaves].tolist() == [order[i].grad for i in tape.leaves]


def test_what_flows_through_a_cut_counts_as_its_own():
    x = Value(2.0)
    y = x * x
    tape = Tape(topological_order(y * x))
    place = tape.place[y]
    played = tape.play([2.0])
    assert played.derivatives()[0] == 12.0  # 3x²
    assert played.derivatives(frozenset([place]))[0] == 4.0  # y, which stays as it is


def test_examples_stay_where_the_graph_has_values():
    x, w = Value(1.0), Value(0.001)
    loss = log(w) * sqrt(x)
    leaf_list = leaf_arrays({"x": x}, {"w": w}, per_example=True)
    [near] = Examples(topological_order(loss), leaf_list).sets
    assert len(near) == 3
    assert all(np.isfinite(each.played.data).all() for each in near)


def test_examples_go_on_until_every_unit_was_open():
    x = leaves(2, seed=3)
    model = MLP(2, [6, 1], activation="relu", seed=1)
    [z] = model(x)
    order = topological_order((z - 1) ** 2)
    arrays = leaf_arrays({"X": x}, model.named_parameters(), per_example=True)
    sets = Examples(order, arrays).sets
    seen = sum(abs(each.played.derivatives()) for group in sets for each in group)
    assert all(seen[i] for i, v in enumerate(order) if v.op is None)
    assert len(flat(x)) == 2


def test_a_missing_value_or_slope_is_nan_and_known_by_its_place():
    x, y = Value(4.0), Value(1.0)
    tape = Tape(topological_order(sqrt(x) * log(y)))
    below = tape.play([-1.0, 1.0])
    assert np.isnan(below.data).tolist() == [False, True, False, False, True]
    assert below.lacking() == below.missing == [1]
    edge = tape.play([0.0, 2.0])
    assert edge.data[-1] == 0.0
    assert (edge.lacking(), edge.missing) == ([1], [])
    assert tape.play([4.0, 1.0]).lacking() == []
    assert tape.leaves_below([1]) == [0]


def test_a_loss_that_is_infinite_is_lacking_itself():
    x = Value(2.0)
    tape = Tape(topological_order(x * 1e300))
    assert tape.play([1e300]).lacking() == [2]


def test_a_shaken_graph_is_off_by_a_little_but_at_the_edge():
    y = Value(-3.0)
    tape = Tape(topological_order(y**2))
    found = tape.shaken(tape.play([-3.0]), 1e-9).data[-1]
    assert found != 9.0
    assert found == pytest.approx(9.0, rel=1e-8)
    x = Value(2.0)
    for edge in (sqrt(x - 2), sqrt(2 - x)):  # of 2 that is off by 1e-9, once up and once down
        tape = Tape(topological_order(edge))
        assert 0.0 <= tape.shaken(tape.play([2.0]), 1e-9).data[-1] < 1e-4


def test_the_last_draw_is_the_recorded_numbers(monkeypatch):
    x, w = Value(1.0), Value(-2.0)
    loss = log(x) * w
    arrays = leaf_arrays({"x": x}, {"w": w}, per_example=True)
    monkeypatch.setattr(examples, "MOST_DRAWS", 1)
    [near] = Examples(topological_order(loss), arrays).sets
    assert [each.played.data[[0, 2]].tolist() for each in near] == [[1.0, -2.0]] * 3


@pytest.mark.parametrize(
    ("shape", "kept"), [(("m",), True), ((), False), ((2, "m"), False), ((2,), False)]
)
def test_a_claim_about_an_array_of_another_shape_is_none(monkeypatch, shape, kept):
    right = writing.Statement

    def misshapen(name, tree, of_shape, *rest):
        return right(name, tree, shape if name == "dZ" else of_shape, *rest)

    monkeypatch.setattr(writing, "Statement", misshapen)
    made = vectorize(*neuron())
    assert ("dZ" in made.source) == kept


def test_a_gradient_without_examples_beside_an_array_with_them_is_none():
    x, w, b = Value(0.5), Value(2.0), Value(0.1)
    made = vectorize(w * x + b, {"x": x}, {"w": w, "b": b})
    assert claims_hold(made, np.array([0.1, 0.2])) == 0
    assert {s.gradient_of for s in made.statements} <= {None, "w", "b"}


def test_batches_of_large_programs_are_short(monkeypatch):
    lengths = []
    right = proof.Proof._problem_with

    def noted(self, function, made, batch):
        lengths.append(len(batch))
        return right(self, function, made, batch)

    monkeypatch.setattr(proof.Proof, "_problem_with", noted)
    x, w = leaves(7), leaves(7)
    vectorize(total([tanh(a * b) for a, b in zip(x, w, strict=True)]), {"X": x}, {"w": w})
    assert lengths == [1, 2, 3, 7]
    lengths.clear()
    monkeypatch.setattr(proof, "MOST_NUMBERS", 40)
    vectorize(total([tanh(a * b) for a, b in zip(x, w, strict=True)]), {"X": x}, {"w": w})
    assert lengths == [1, 2, 3]


def test_another_number_of_entries_is_a_difference():
    tape = Tape([Value(1.0), Value(2.0)])
    batch = examples.Batch([examples.Example(tape, [1.0, 2.0])], 3)
    numbers = np.array([[1.0, 2.0]] * 3)
    assert proof._difference(numbers, batch, lambda played: played.data, True) is None
    found = proof._difference(numbers[:, :1], batch, lambda played: played.data, True)
    assert found.text == "has 1 entries in place of 2"


def test_what_is_printed_is_proven_too(monkeypatch):
    right = program.function_source

    def printed(*arguments, **options):
        text = right(*arguments, **options)
        return text.replace(" / m", "") if "check(" in text else text

    monkeypatch.setattr(program, "function_source", printed)
    with pytest.warns(ProofWarning, match=r"dw is .* where it runs as it is printed"):
        vectorize(*neuron())


def own_row(name, numpy, monkeypatch):
    monkeypatch.setitem(primitives.TABLE, name, None)  # is removed again after the test
    return Primitive(
        name,
        "The square x².",
        value=lambda a: a * a,
        slopes=lambda y, a: (2 * a,),
        notation="{0}²",
        latex="#1^2",
        samples=((2.0,),),
        numpy=numpy,
    )


@pytest.mark.parametrize(
    ("numpy", "said"),
    [("", "the row mine has no text for NumPy: give it one"), ("{0} ** 3", "J is .* in place of")],
)
def test_rows_of_ones_own_are_proven_too(numpy, said, monkeypatch):
    row, x, w = own_row("mine", numpy, monkeypatch), Value(0.5), Value(2.0)
    with pytest.raises(ProofError, match=f"{said}.*row of your own"):
        vectorize(row(w * x), {"x": x}, {"w": w})
