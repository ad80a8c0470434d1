"""The lecture's worked examples, number by number, as the slides print them."""

import math

import pytest

import autograd
from autograd import (
    Value,
    affine,
    count_steps,
    gradcheck,
    gradients,
    leaky_relu,
    relu,
    sigmoid,
    softmax,
    step,
    tanh,
)


def printed(number, digits=2):
    """As on a slide: rounded to so many digits after the point."""
    return round(float(number), digits)


def grads(*leaves):
    return [leaf.grad for leaf in leaves]


# --- 1 derivatives as nudges --------------------------------------------------------------


@pytest.mark.parametrize(
    ("J", "at", "nudge", "after", "derivative"),
    [
        (lambda w: w**2, 3, 0.001, 9.006001, 6),
        (lambda w: w**2, 3, 0.002, 9.012004, 6),
        (lambda w: w**2, 2, 0.001, 4.004001, 4),
        (lambda w: w**2, -3, 0.001, 8.994001, -6),
        (lambda w: w**3, 2, 0.001, 8.012006001, 12),
        (lambda w: w, 2, 0.001, 2.001, 1),
        (lambda w: 1 / w, 2, 0.001, 1 / 2.001, -1 / 4),
    ],
)
def test_1_derivatives_as_nudges(J, at, nudge, after, derivative):
    w = Value(at)
    output = J(w)
    output.backward()
    assert w.grad == derivative
    before = output.data
    w.data += nudge
    assert output.forward() == pytest.approx(after, abs=1e-14)
    # J moves by k·ε, up to the second order in ε.
    assert (output.data - before) / nudge == pytest.approx(derivative, abs=7 * nudge)


def test_1_a_nudge_of_a_reciprocal():
    assert printed((1 / Value(2.001)).data, 5) == 0.49975
    assert str((1 / Value(2.001)).data).startswith("0.49975012")


# --- 2 the computation graph J = 3(a + bc) ------------------------------------------------


def test_2_the_computation_graph():
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    u = b * c
    v = a + u
    J = 3 * v
    assert (u.data, v.data, J.data) == (6.0, 11.0, 33.0)
    J.backward()
    assert grads(J, v, a, u, b, c) == [1.0, 3.0, 3.0, 3.0, 6.0, 9.0]
    assert v.partials == (1.0, 1.0)  # dv/da and dv/du
    assert u.partials == (2.0, 3.0)  # du/db = c and du/dc = b
    a.data = 5.001
    assert J.forward() == pytest.approx(33.003, abs=1e-13)
    assert v.data == pytest.approx(11.001, abs=1e-13)


# --- 3 circuit f = (x + y)z ---------------------------------------------------------------


def test_3_the_circuit():
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    f.backward()
    assert (q.data, f.data) == (3.0, -12.0)
    assert grads(z, q, x, y) == [3.0, -4.0, -4.0, -4.0]


# --- 4 a sigmoid neuron, gate by gate -----------------------------------------------------


def neuron():
    return [Value(2, "w0"), Value(-1, "x0"), Value(-3, "w1"), Value(-2, "x1"), Value(-3, "w2")]


def test_4_the_neuron_gate_by_gate():
    w0, x0, w1, x1, w2 = leaves = neuron()
    products = [w0 * x0, w1 * x1]
    first = products[0] + products[1]
    z = first + w2
    gates = [z, z * -1]
    gates.append(gates[-1].exp())
    gates.append(gates[-1] + 1)
    gates.append(1 / gates[-1])
    assert [node.data for node in (*products, first, z)] == [-2.0, 6.0, 4.0, 1.0]
    assert [printed(node.data) for node in gates] == [1.0, -1.0, 0.37, 1.37, 0.73]
    gates[-1].backward()
    assert [printed(node.grad) for node in reversed(gates)] == [1.0, -0.53, -0.53, -0.2, 0.2]
    assert {printed(node.grad) for node in (first, *products)} == {0.2}
    assert [printed(leaf.grad) for leaf in leaves] == [-0.2, 0.39, -0.39, -0.59, 0.2]


def test_4_as_one_sigmoid_gate():
    gates, one = neuron(), neuron()
    w0, x0, w1, x1, w2 = gates
    (1 / (1 + (-(w0 * x0 + w1 * x1 + w2)).exp())).backward()
    w0, x0, w1, x1, w2 = one
    z = affine([w0, w1], [x0, x1], w2)
    f = sigmoid(z)
    f.backward()
    assert grads(*one) == pytest.approx(grads(*gates), rel=1e-14)
    assert f.partials == ((1 - f.data) * f.data,)


def test_4_trained_towards_043():
    w0, x0, w1, x1, w2 = neuron()
    f = sigmoid(w0 * x0 + w1 * x1 + w2)
    J = 0.5 * (f - 0.43) ** 2
    assert printed(f.data) == 0.73
    table = {}
    for training_round in range(1, 20):
        for w in (w0, w1, w2):
            w.grad = 0.0
        J.backward()
        for w in (w0, w1, w2):
            w.data -= 1.0 * w.grad
        J.forward()
        table[training_round] = tuple(printed(node.data) for node in (w0, w1, w2, f))
    assert table[1] == (2.06, -2.88, -3.06, 0.66)
    assert table[2] == (2.11, -2.78, -3.11, 0.58)
    assert table[3] == (2.15, -2.70, -3.15, 0.53)
    assert table[19] == (2.21, -2.57, -3.21, 0.43)
    assert (x0.data, x1.data) == (-1.0, -2.0)


# --- 5 one linear unit with squared error -------------------------------------------------


def test_5_one_linear_unit():
    w, b, x, y = Value(2), Value(8), -2, 2
    c = w * x
    a = c + b
    d = a - y
    J = 0.5 * d**2
    assert [node.data for node in (c, a, d, J)] == [-4.0, 4.0, 2.0, 2.0]
    J.backward()
    assert grads(d, a, c, b, w) == [2.0, 2.0, 2.0, 2.0, -4.0]
    w.data = 2.001
    assert J.forward() == pytest.approx(1.996002, abs=1e-14)


# --- 6 two ReLU units in a row ------------------------------------------------------------


def test_6_two_relu_units():
    x, y = 1, 5
    w1, b1, w2, b2 = (Value(number) for number in (2, 0, 3, 1))
    a1 = relu(w1 * x + b1)
    a2 = relu(w2 * a1 + b2)
    J = 0.5 * (a2 - y) ** 2
    assert (a1.data, a2.data, J.data) == (2.0, 7.0, 2.0)
    J.backward()
    assert grads(a2, w2, b2, a1, w1, b1) == [2.0, 4.0, 2.0, 6.0, 6.0, 6.0]
    w1.data = 2.001
    assert J.forward() == pytest.approx(2.0060045, abs=1e-14)
    # Nine operations, four leaves: 13 steps against 36.
    steps = count_steps(J)
    assert (steps.backpropagation, steps.finite_differences) == (13, 36)


# --- 10 a three-layer sigmoid network -----------------------------------------------------

NETWORK = [
    ([(1, -2), (-1, 1)], (1, 0)),
    ([(2, -1), (-2, -1)], (0, 0)),
    ([(3, -1), (-1, 4)], (-2, 2)),
]


@pytest.mark.parametrize(
    ("x", "layers"),
    [
        ((1, -1), [(0.98, 0.12), (0.86, 0.11), (0.62, 0.83)]),
        ((0, 0), [(0.73, 0.50), (0.72, 0.12), (0.51, 0.85)]),
    ],
)
def test_10_a_three_layer_sigmoid_network(x, layers):
    a = [Value(number) for number in x]
    for (weights, biases), expected in zip(NETWORK, layers, strict=True):
        a = [sigmoid(affine(w, a, b)) for w, b in zip(weights, biases, strict=True)]
        assert tuple(printed(unit.data) for unit in a) == expected
    assert gradcheck(a[0])
    assert gradcheck(a[1])


# --- 12 activation functions --------------------------------------------------------------


@pytest.mark.parametrize(
    ("g", "points"),
    [
        (lambda z: z * 1, {-10: 1, 0: 1, 10: 1}),
        (sigmoid, {-10: 4.5395807735951673e-05, 0: 0.25, 10: 4.5395807735951673e-05}),
        (tanh, {-10: 8.2446144e-09, 0: 1, 10: 8.2446144e-09}),
        (relu, {-10: 0, 0: 0, 10: 1}),
        (leaky_relu, {-10: 0.01, 0: 0.01, 10: 1}),
        (step, {-10: 0, 0: 0, 10: 0}),
    ],
)
def test_12_slopes_of_the_activation_functions(g, points):
    for z, slope in points.items():
        v = Value(z)
        g(v).backward()
        assert v.grad == pytest.approx(slope, abs=1e-15)


@pytest.mark.parametrize("z", [-3.0, -0.01, 0.0, 0.5, 7.0])
def test_12_their_formulas(z):
    assert relu(z) == max(0, z)
    assert leaky_relu(z) == max(0.01 * z, z)
    assert sigmoid(z) == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-15)
    for g, slope in ((sigmoid, lambda a: a * (1 - a)), (tanh, lambda a: 1 - a * a)):
        v = Value(z)
        a = g(v)
        a.backward()
        # 1 − a² has lost digits at z = 7, as it is left with 2⁻¹⁸ of them.
        assert v.grad == pytest.approx(slope(a.data), rel=1e-10 if z == 7.0 else 1e-16)


def test_12_softmax_is_a_jacobian():
    z = [Value(number) for number in (1, 2, 3)]
    a = softmax(z)
    rows = [[slope.data for slope in gradients(unit, z)] for unit in a]
    for i, row in enumerate(rows):
        assert sum(row) == pytest.approx(0, abs=1e-16)  # the outputs sum to 1
        for j, slope in enumerate(row):
            assert slope == pytest.approx(a[i].data * ((i == j) - a[j].data), abs=1e-16)


def test_12_layers_of_linear_units_are_one_linear_unit():
    # 3(2x + 1) − 4 = 6x − 1: the same slope everywhere, and no bend.
    x = Value(5)
    y = affine([3], [affine([2], [x], 1)], -4)
    [slope] = gradients(y, [x])
    assert (y.data, slope.data) == (29.0, 6.0)
    assert gradients(slope, [x])[0].data == 0.0


# --- 14 round-off -------------------------------------------------------------------------


def test_14_round_off():
    n = Value(10_000)
    assert (2 / n).data == 0.0002
    assert ((1 + 1 / n) - (1 - 1 / n)).data == 0.00019999999999997797


@pytest.mark.parametrize("z", [10.0, 20.0, 30.0])
def test_14_digits_lost_by_a_saturated_sigmoid(z):
    # The target is 0, so that the exact loss is softplus(z) and its slope σ(z).
    through_a, from_z = Value(z), Value(z)
    lossy = autograd.binary_cross_entropy(0, sigmoid(through_a))
    exact = autograd.binary_cross_entropy_with_logits(0, from_z)
    assert exact.data == pytest.approx(z + math.log1p(math.exp(-z)), rel=1e-15)
    error = abs(lossy.data - exact.data) / exact.data
    # 1 − a has lost the digits that it shares with 1: about z / log 10 of sixteen.
    assert error < 2**-52 * math.exp(z)
    if z > 10:
        assert error > 1e-11


def test_14_beyond_40_nothing_is_left():
    z = Value(40)
    assert sigmoid(z).data == 1.0
    with pytest.raises(ValueError, match="binary_cross_entropy"):
        autograd.binary_cross_entropy(0, sigmoid(z))
    loss = autograd.binary_cross_entropy_with_logits(0, z)
    loss.backward()
    assert (loss.data, z.grad) == (40.0, 1.0)
