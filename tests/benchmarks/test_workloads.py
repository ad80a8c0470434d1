"""What the benchmarks time computes the right numbers, whoever computes them."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from autograd.backprop import topological_order
from benchmarks import engine, fitting, memory, peers, pictures, training
from benchmarks.measuring import fastest, with_deep_stack

PEERS = {peer.name: peer for peer in peers.installed()}


@pytest.fixture
def peer(request):
    if request.param not in PEERS:
        pytest.skip(f"{request.param} is not installed")
    return PEERS[request.param]


@pytest.mark.parametrize("peer", ["glassgrad", "micrograd", "minigrad", "PyTorch"], indirect=True)
def test_the_chain(peer):
    """Against the chain rule written out: v₂ₖ = v₂ₖ₋₂·w + x."""
    w, x = engine.FACTORS, engine.TERMS
    values = [1.0]
    for i in range(5):
        values.append(values[-1] * w[i % 4] + x[i % 4])
    slopes_w, slopes_x = [0.0] * 4, [0.0] * 4
    upstream = 1.0
    for i in reversed(range(5)):
        slopes_x[i % 4] += upstream
        slopes_w[i % 4] += upstream * values[i]
        upstream *= w[i % 4]
    found = engine.results(peer, engine.chain, 10)
    assert found == pytest.approx([values[-1], upstream, *slopes_w, *slopes_x], rel=1e-12)


@pytest.mark.parametrize("peer", ["glassgrad", "micrograd", "minigrad", "PyTorch"], indirect=True)
def test_the_lattice(peer):
    """v₀ = 0.9 + 0.5, v₁ = −0.7 − 0.3, v₂ = 0.8 + 0.2, and then v₃ = −0.6·v₀ + 0.4."""
    found = engine.results(peer, engine.lattice, 11)
    assert found[0] == pytest.approx(1.4 - 1.0 + 1.0 - 0.44, rel=1e-12)
    # dv₃/dv₀ = −0.6, so that v₀ counts 1 − 0.6 times.
    assert found[5:] == pytest.approx([0.4, 1.0, 1.0, 1.4, 0.4, 1.0, 1.0, 1.0], rel=1e-12)


@pytest.mark.parametrize("peer", ["glassgrad", "micrograd"], indirect=True)
def test_training(peer):
    """Costs that fall, and the first of them computed without an engine."""
    X, Y = training.moons(4)
    model = training.network(PEERS["glassgrad"], [3, 1])
    [hidden, [unit]] = [
        [([w.data for w in neuron.weights], neuron.bias.data) for neuron in layer.neurons]
        for layer in model.layers
    ]

    def linear(weights, bias, x):
        return sum(w * each for w, each in zip(weights, x, strict=True)) + bias

    outputs = [linear(*unit, [max(0.0, linear(*h, x)) for h in hidden]) for x in X]
    first = sum((a - y) ** 2 for a, y in zip(outputs, Y, strict=True)) / len(Y)
    costs = training.costs(peer, [3, 1], examples=4, steps=3)
    assert costs[0] == pytest.approx(first, rel=1e-12)
    assert costs[0] > costs[1] > costs[2]
    assert costs == pytest.approx(training.costs(PEERS["glassgrad"], [3, 1], 4, 3), rel=1e-9)


@pytest.mark.parametrize("peer", ["glassgrad", "micrograd", "minigrad", "PyTorch"], indirect=True)
def test_the_balanced_sum(peer):
    """Of four terms: relu(a·b + c) with a, b, c at i, 7i + 3, 13i + 5, written out."""
    x = engine.balanced.numbers
    places = [(i, 7 * i + 3, 13 * i + 5) for i in range(4)]
    terms = [x[a] * x[b] + x[c] for a, b, c in places]
    slopes = [0.0] * 64
    for term, (a, b, c) in zip(terms, places, strict=True):
        if term > 0:
            slopes[a] += x[b]
            slopes[b] += x[a]
            slopes[c] += 1.0
    found = engine.results(peer, engine.balanced, 16)
    expected = [sum(max(0.0, term) for term in terms), *slopes]
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_peer_that_computes_something_else_is_not_timed():
    with pytest.raises(RuntimeError, match=r"wrong computes 2\.5, glassgrad 2\.0"):
        engine.require_agreement({"glassgrad": [1.0, 2.0], "wrong": [1.0, 2.5]})


def test_memory_is_counted_and_given_back():
    built, swept, left = memory.held(PEERS["glassgrad"], 1_000)
    # Each operation is at least two numbers, two inputs and two slopes.
    assert built > 6 * 8
    assert swept >= built
    assert left < 2  # bytes per operation: what importing backprop left behind, say

    def leaky(x):
        node = PEERS["glassgrad"].Value(x)
        kept.append(node)
        return node

    kept = []
    assert memory.held(SimpleNamespace(Value=leaky), 10)[2] > 2


@pytest.mark.filterwarnings("ignore:distutils:DeprecationWarning")  # torchviz imports it
@pytest.mark.parametrize("peer", ["glassgrad", "micrograd", "PyTorch"], indirect=True)
def test_pictures_are_drawn(peer):
    """Of v = 1·0.5 + 0, then v·0.51 + 0.1 = 0.355, each value and operation is a node."""
    if peer.name not in pictures.DRAWN_BY:
        pytest.skip("torchviz is not installed")
    output = pictures.chain(peer, 9)
    assert float(output.data) == pytest.approx(0.355, rel=1e-12)
    assert b"<svg" in pictures.DRAWN_BY[peer.name](output)
    if peer.name == "micrograd":
        assert pictures.records(output).count(b'class="node"') == 9 + 4
    if peer.name == "glassgrad":
        assert b"start(" in pictures.player(output)


def test_the_training_graph_is_as_large_as_it_says():
    assert 8_500 < len(topological_order(pictures.training_graph())) < 9_500


@pytest.mark.parametrize("collector", [True, False])
def test_all_workloads_run_as_often(collector):
    calls = []
    work = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    seconds = fastest(work, rounds=3, runs=2, collector=collector)
    assert calls == ["a", "a", "b", "b", "b", "b", "a", "a", "a", "a", "b", "b"]
    assert all(0 <= x < math.inf for x in seconds.values())


def test_recursion_may_go_deep_and_errors_come_back():
    def depth(n):
        return 0 if n == 0 else 1 + depth(n - 1)

    found = []
    with_deep_stack(lambda: found.append(depth(20_000)))
    assert found == [20_000]
    with pytest.raises(RecursionError):
        depth(20_000)
    with pytest.raises(ZeroDivisionError):
        with_deep_stack(lambda: 1 // 0)


def test_fit_and_its_rivals_descend_alike():
    X, Y = fitting.digits()
    trainers = fitting.trainers(X[:100], Y[:100])
    ticks = []
    costs = {name: train(3, lambda: ticks.append(1)) for name, train in trainers.items()}
    assert len(ticks) == 3 * len(trainers)
    for name, found in costs.items():
        assert len(found) == 3
        if name != "MLPClassifier":  # which starts from weights of its own
            assert found == pytest.approx(costs["NumPy by hand"], rel=1e-9)
    assert costs["glassgrad"][-1] < costs["glassgrad"][0]


def test_the_gradients_by_hand_are_those_of_nudges():
    X, Y = fitting.digits()
    one_hot = np.eye(10)[Y[:5]]
    p = fitting.weights_of(fitting.network())
    cost, grads = fitting.gradients_by_hand(X[:5], one_hot, p)
    for name, place in (("W1", (3, 20)), ("b2", (4,)), ("W3", (2, 7))):
        nudged = {key: array.copy() for key, array in p.items()}
        nudged[name][place] += 1e-6
        above, _ = fitting.gradients_by_hand(X[:5], one_hot, nudged)
        assert (above - cost) / 1e-6 == pytest.approx(grads[name][place], abs=1e-5)
    model = fitting.network()
    np.testing.assert_allclose(
        fitting.forward_by_hand(X[:9], p), model.predict(X[:9]), rtol=1e-9, atol=1e-12
    )
