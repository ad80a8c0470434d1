"""Each known mistake in a student's typical code: it is seen, and its name comes first."""

import numpy as np
import pytest

from autograd import check_gradients

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 7))
Y = RNG.integers(0, 2, (1, 7)) * 1.0
TARGETS = RNG.normal(size=(1, 7))
W1, B1 = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 1))
W2, B2 = RNG.normal(size=(1, 4)), RNG.normal(size=(1, 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def explained(f, df, *arguments, **fixed):
    report = check_gradients(f, df, *arguments, **fixed)
    assert not report.right
    assert report.explanations, str(report)
    assert report.explanations[0].misfit < 1e-6
    return str(report)


# --- logistic regression and least squares --------------------------------------------------

w, b = RNG.normal(size=3), 0.3
x, y = X.T, TARGETS[0]  # examples in rows


def squares(w, b, x, y):
    return np.mean((x @ w + b - y) ** 2)


def squares_gradient(w, b, x, y):
    error = x @ w + b - y
    return 2 * x.T @ error / len(y), 2 * np.mean(error)


def test_the_right_gradient_passes():
    report = check_gradients(squares, squares_gradient, w, b, x=x, y=y)
    assert report.right
    assert report
    assert str(report).startswith("The gradient is right: 4 entries of w, b agree")


def scaled(k):
    return lambda w, b, x, y: tuple(k * np.asarray(g) for g in squares_gradient(w, b, x, y))


@pytest.mark.parametrize(
    ("k", "words"),
    [
        (7.0, "w, b are 7 times what they should be: a sum where a mean is due, 1/7"),
        (1 / 7, "w, b are 1/7 times what they should be: a mean where a sum is due, or 1/7"),
        (-1.0, "w, b have the wrong sign"),
        (0.5, "w, b are 1/2 times what they should be: is a factor 2 forgotten"),
        (2.0, "w, b are 2 times what they should be: is a ½ of the cost forgotten"),
        (-2.0, "w, b are −2 times what they should be: the sign, and a factor 2"),
        (-0.5, "w, b are −1/2 times what they should be: the sign, and a factor 2"),
        (-7.0, "w, b are −7 times what they should be: a sum where a mean is due, 1/7"),
        (14.0, "w, b are 14 times what they should be: 1/7 (axis 0 of x) and a factor 2"),
        (2 / 7, "w, b are 2/7 times"),
        (3.5, "w, b are 7/2 times"),
        (1 / 14, "w, b are 1/14 times"),
        (49.0, "w, b are 7² times"),
        (1 / 49, "w, b are 1/7² times"),
        (7 / 3, "w, b are 7/3 times what they should be: a mean over axis 1 of x"),
        (1.2345, "w, b are 1.2345 times what they should be\n"),
    ],
)  # fmt: skip
def test_factors(k, words):
    assert words in explained(squares, scaled(k), w, b, x=x, y=y) + "\n"


def test_a_broadcast_of_n_against_n_by_1():
    def gradient(w, b, x, y):
        error = (x @ w + b).reshape(-1, 1) - y  # (n, 1) − (n,) is (n, n)
        return 2 * x.T @ error.sum(axis=1) / len(y) ** 2, 2 * error.mean()

    assert "(n,) meets one of shape (n, 1)" in explained(squares, gradient, w, b, x=x, y=y)


def test_an_array_that_came_out_as_n_by_n():
    def f(v):
        return np.sum(v**2)

    def df(v):
        return 2 * v[:, None] * np.ones(len(v))

    assert "NumPy broadcast them" in explained(f, df, RNG.normal(size=4))


def test_an_input_is_forgotten():
    def gradient(w, b, x, y):
        dw, db = squares_gradient(w, b, x, y)
        dw[2] = 0.0
        return dw, db

    assert "w is 0 at [2] and right elsewhere" in explained(squares, gradient, w, b, x=x, y=y)


def test_a_gradient_that_is_never_written():
    def gradient(w, b, x, y):
        return np.zeros(3), squares_gradient(w, b, x, y)[1]

    assert "w is all zeros" in explained(squares, gradient, w, b, x=x, y=y)


def test_the_gradient_along_another_argument():
    def f(u, v):
        return np.sum(u * np.sin(v))

    u, v = RNG.normal(size=3), RNG.normal(size=3)
    text = explained(f, lambda u, v: (u * np.cos(v), u * np.cos(v)), u, v)
    assert "u is the gradient along another argument, v" in text
    text = explained(f, lambda u, v: (-u * np.cos(v), u * np.cos(v)), u, v)
    assert "u is minus the gradient along another argument, v" in text
    text = explained(f, lambda u, v: u * np.cos(v), u, v)
    assert "u is the gradient along another argument, v" in text


# --- penalties ------------------------------------------------------------------------------


def ridge(w, b, x, y, lam):
    return squares(w, b, x, y) + lam / (2 * len(y)) * np.sum(w**2)


@pytest.mark.parametrize("slip", ["forgotten", "λ for λ/m", "twice", "bias"])
def test_penalties(slip):
    def gradient(w, b, x, y, lam):
        dw, db = squares_gradient(w, b, x, y)
        part = {"forgotten": 0.0, "λ for λ/m": lam, "twice": 2 * lam / len(y)}
        dw = dw + part.get(slip, lam / len(y)) * w
        return dw, db + (lam / len(y) * b if slip == "bias" else 0.0)

    bias = b if slip != "bias" else np.array([b, -b, 0.9, 0.2, 0.1, 0.5, 0.3])
    if slip == "bias":

        def gradient(w, b, x, y, lam):
            error = x @ w + b - y
            dw = 2 * x.T @ error / len(y) + lam / len(y) * w
            return dw, 2 * error / len(y) + lam / len(y) * b

    text = explained(ridge, gradient, w, bias, x=x, y=y, lam=0.8)
    assert "a penalty is forgotten, has another factor" in text
    assert ("b differs by 0.114286 × itself" if slip == "bias" else "× itself: ") in text


def test_the_factor_of_a_penalty_is_printed():
    def gradient(w, b, x, y, lam):
        return squares_gradient(w, b, x, y)

    text = explained(ridge, gradient, w, b, x=x, y=y, lam=0.8)
    assert "w differs by -0.114286 × itself" in text  # 0.8 / 7

    def another(w, b, x, y, lam):
        dw, db = squares_gradient(w, b, x, y)
        return dw, -db

    text = explained(ridge, another, w, b, x=x, y=y, lam=0.8)
    assert "w differs by -0.114286 × itself" in text
    assert "b has the wrong sign" in text


# --- two layers -----------------------------------------------------------------------------


def network(W1, b1, W2, b2, X, Y, g=sigmoid):
    Z1 = W1 @ X + b1
    A1 = g(Z1)
    Z2 = W2 @ A1 + b2
    A2 = sigmoid(Z2)
    m = X.shape[1]
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    return cost, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def network_gradient(W1, b1, W2, b2, cache, X, Y, slip=None, prime=lambda z, a: a * (1 - a)):
    m = X.shape[1]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    if slip == "one term":
        dZ2 = -Y / A2 * A2 * (1 - A2)
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    W = W2 - 0.1 * dW2 if slip == "updated" else W2
    dA1 = W.T @ dZ2
    dZ1 = dA1 * prime(cache["Z1"], A1)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    if slip == "wrong axis":
        db1 = np.sum(dZ1, axis=0, keepdims=True) / m
    if slip == "mean":
        db1 = np.mean(dZ1, axis=1, keepdims=True) / m
    if slip == "not summed":
        db1 = dZ1 / m
    if slip == "transposed":
        dW1 = dW1.T
    if slip == "loop":
        for i in range(m):
            dW1 = dZ1[:, i : i + 1] @ X[:, i : i + 1].T / m  # = for +=
    if slip == "z for a":
        dW2 = dZ2 @ cache["Z1"].T / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dZ1": dZ1, "dZ2": dZ2}


ARGUMENTS = (W1, B1, W2, B2)
ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a**2),
    "relu": (lambda z: np.maximum(0, z), lambda z, a: (z > 0) * 1.0),
    "relu by where": (lambda z: np.where(z > 0, z, 0), lambda z, a: z > 0),
    "leaky": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z, a: np.where(z > 0, 1, 0.01)),
}


def check_network(kind="sigmoid", slip=None, prime=None):
    g, right = ACTIVATIONS[kind]

    def f(W1, b1, W2, b2, X, Y):
        return network(W1, b1, W2, b2, X, Y, g)

    def df(W1, b1, W2, b2, cache, X, Y):
        return network_gradient(W1, b1, W2, b2, cache, X, Y, slip, prime or right)

    return check_gradients(f, df, *ARGUMENTS, X=X, Y=Y)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_right_networks_pass(kind):
    assert check_network(kind).right


def prime_at_a(z, a):
    return sigmoid(a) * (1 - sigmoid(a))


@pytest.mark.parametrize(
    ("kind", "prime", "words"),
    [
        *((kind, lambda z, a: 1.0, "is left out") for kind in ACTIVATIONS),
        ("sigmoid", prime_at_a, "g′(z) is taken at a in place of z (sigmoid, layer 2"),
        ("tanh", lambda z, a: 1 - np.tanh(a) ** 2, "taken at a in place of z (tanh, layer 1"),
        ("sigmoid", lambda z, a: z * (1 - z), "a function of a is taken at z: z(1 − z)"),
        ("tanh", lambda z, a: 1 - z**2, "a function of a is taken at z: 1 − z²"),
        ("tanh", lambda z, a: a * (1 - a), "g′ is written as a(1 − a)"),
        ("sigmoid", lambda z, a: 1 - a, "g′ is written as 1 − a"),
        ("relu", lambda z, a: (z < 0) * 1.0, "the mask is turned round"),
        ("leaky", lambda z, a: (z > 0) * 1.0, "the mask is that of ReLU"),
        ("relu", lambda z, a: a, "the function itself stands for its derivative"),
    ],
)
def test_the_derivative_of_the_activation(kind, prime, words):
    report = check_network(kind, prime=prime)
    assert words in str(report)
    assert report.first == "dZ1"  # what it returns on the way back is looked at, too


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("one term", "a term is forgotten on the way back"),
        ("updated", "W2 is updated before the layer below has its gradient (learning rate 0.1)"),
        ("wrong axis", "db1 is summed over the wrong axis"),
        ("mean", "b1 is 1/7 times what it should be"),
        ("not summed", "b1 is not summed over axis 1"),
        ("transposed", "W1 is transposed"),
        ("loop", "dW1 counts only the last of its 7 uses: = for +="),
        ("z for a", "dW2 is formed with z in place of the activation a"),
    ],
)
def test_slips_in_two_layers(slip, words):
    report = check_network(slip=slip)
    assert not report.right
    assert words in str(report)


def test_a_mistake_nobody_knows():
    report = check_network(prime=lambda z, a: np.cos(3 * z) + a**5)
    assert "None of the known mistakes explains it." in str(report)
    assert "First wrong on the way back: dZ1." in str(report)


def test_without_hints_the_arrays_are_named_and_nothing_more():
    def df(w, b, x, y):
        dw, db = squares_gradient(w, b, x, y)
        return -dw, db

    report = check_gradients(squares, df, w, b, x=x, y=y, hints=False)
    assert str(report) == "The gradient is wrong along w."
    assert "<td" not in report._repr_html_()
    kept = {}

    def cached(v):
        kept.setdefault("v", v.copy())
        return np.sum(v**3)

    report = check_gradients(cached, lambda v: 3 * kept["v"] ** 2, np.ones(3) * w[0], hints=False)
    assert str(report) == "The gradient is wrong along v."


# --- deeper ---------------------------------------------------------------------------------

V1, V2, V3 = (RNG.normal(size=(4, 4)) for _ in range(3))
INPUT = RNG.normal(size=(4, 5))


def deep(V1, V2, V3, X, g=np.tanh):
    Z1 = V1 @ X
    A1 = g(Z1)
    Z2 = V2 @ A1
    A2 = g(Z2)
    return np.sum(V3 @ A2) / X.shape[1], (Z1, A1, Z2, A2)


def deep_gradient(V1, V2, V3, cache, X, slip=None, prime=lambda z: 1 - np.tanh(z) ** 2):
    Z1, A1, Z2, A2 = cache
    dZ3 = np.ones((4, X.shape[1])) / X.shape[1]
    dV3 = dZ3 @ A2.T
    dA2 = (V3 if slip == "transpose" else V3.T) @ dZ3
    dZ2 = dA2 * prime(Z1 if slip == "layer" else Z2)
    dV2 = dZ2 @ (X.T if slip == "activations" else A1.T)
    dZ1 = (V2.T @ dZ2) * prime(Z2 if slip == "lower layer" else Z1)
    if slip == "own mask":
        dA1 = V2.T @ dZ2
        dZ1 = dA1 * (dA1 > 0)
    return dZ1 @ X.T, dV2, dV3


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("layer", "g′ of tanh, layer 2 from the output is used in tanh, layer 1 from the output"),
        ("lower layer", "g′ of tanh, layer 1 from the output is used in tanh, layer 2"),
        ("transpose", "V3 is used on the way back where its transpose is due"),
        ("activations", "dV2 is formed with the activations that belong to dV1"),
    ],
)
def test_slips_between_layers(slip, words):
    def df(V1, V2, V3, cache, X):
        return deep_gradient(V1, V2, V3, cache, X, slip)

    assert words in explained(deep, df, V1, V2, V3, X=INPUT)


def relu(z):
    return np.maximum(0, z)


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("layer", "the mask of relu, layer 2 from the output is used in relu, layer 1"),
        ("lower layer", "the mask of relu, layer 1 from the output is used in relu, layer 2"),
        ("own mask", "the gradient is masked by its own sign (relu, layer 2"),
    ],
)
def test_the_mask_of_the_wrong_layer(slip, words):
    def f(V1, V2, V3, X):
        return deep(V1, V2, V3, X, relu)

    def df(V1, V2, V3, cache, X):
        return deep_gradient(V1, V2, V3, cache, X, slip, lambda z: (z > 0) * 1.0)

    assert words in explained(f, df, V1, V2, V3, X=INPUT)


def test_the_transposed_square_gradient_and_reshape():
    def f(V, X):
        return np.sum(np.sin(V @ X))

    def df(V, X):
        return (np.cos(V @ X) @ X.T).T

    assert "V is transposed" in explained(f, df, V1, X=INPUT)
    W = RNG.normal(size=(2, 3))

    def turned(V, X):
        return (np.cos(V @ X) @ X.T).T.reshape(2, 3)

    text = explained(f, turned, W, X=RNG.normal(size=(3, 5)))
    assert "V is reshaped where it should be transposed" in text


def test_equals_for_plus_equals_at_a_fan_out():
    def f(v, X):
        H = np.tanh(v @ X)
        return np.sum(np.sin(H) + H**2)

    def df(v, X):
        H = np.tanh(v @ X)
        dH = np.cos(H)
        dH = 2 * H  # = for +=
        return (dH * (1 - H**2)) @ X.T

    text = explained(f, df, RNG.normal(size=4), X=INPUT)
    assert "= for +=: of the 2 uses of an inner array (tanh) one counts" in text


def test_a_recurrent_weight_that_is_overwritten():
    def f(u, xs):
        h = 0.5
        for x in xs:
            h = np.tanh(u * h + x)
        return h**2

    def df(u, xs):
        hs = [0.5]
        for x in xs:
            hs.append(np.tanh(u * hs[-1] + x))
        dh = 2 * hs[-1]
        for h, before in zip(hs[:0:-1], hs[-2::-1], strict=True):
            dz = dh * (1 - h**2)
            du = dz * before  # = for +=
            dh = dz * u
        return du

    assert "du counts only the first of its 3 uses: = for +=" in explained(
        f, df, 0.7, xs=[0.1, -0.4, 0.9]
    )


def test_softmax_entry_by_entry():
    def f(W, X, Y):
        E = np.exp(W @ X)
        S = E / np.sum(E, axis=0)
        return np.mean(np.sum((S - Y) ** 2, axis=0))

    def df(W, X, Y):
        E = np.exp(W @ X)
        S = E / np.sum(E, axis=0)
        return 2 * (S - Y) / X.shape[1] * S * (1 - S) @ X.T

    Y = np.eye(3)[[0, 1, 2, 2, 1]].T
    text = explained(f, df, RNG.normal(size=(3, 4)), X=INPUT, Y=Y)
    assert "softmax's derivative is taken entry by entry" in text

    def constant(W, X, Y):
        E = np.exp(W @ X)
        S = E / np.sum(E, axis=0)
        return 2 * (S - Y) / X.shape[1] * S @ X.T

    text = explained(f, constant, RNG.normal(size=(3, 4)), X=INPUT, Y=Y)
    assert "the sum below softmax is taken as a constant" in text


def test_a_cache_that_the_first_call_fills_for_ever():
    kept = {}

    def f(v):
        kept.setdefault("v", v.copy())
        return np.sum(v**3)

    report = check_gradients(f, lambda v: 3 * kept["v"] ** 2, RNG.normal(size=3))
    assert not report.right
    assert "right at these arguments and wrong at others: a stale cache is read" in str(report)


def test_a_cache_that_is_one_call_behind():
    class Layer:
        seen = None

        def forward(self, v):
            self.before = v if self.seen is None else self.seen
            self.seen = v.copy()
            return np.sum(v**3)

        def backward(self, v):
            return 3 * self.before**2

    layer = Layer()
    report = check_gradients(layer.forward, layer.backward, RNG.normal(size=3))
    assert not report.right
    assert "depends on earlier calls: a stale cache is read" in str(report)


def test_a_bias_over_both_axes():
    def f(b, X):
        return np.sum(np.sin(b + X))

    def df(b, X):
        return np.full(b.shape, np.sum(np.cos(b + X)))

    text = explained(f, df, RNG.normal(size=(4, 1)), X=INPUT)
    assert "b is summed over axis 0" in text


def test_weights_transposed_in_shape():
    def f(W, X):
        return np.sum(np.sin(W @ X))

    def df(W, X):
        return X @ np.cos(W @ X).T

    text = explained(f, df, RNG.normal(size=(2, 4)), X=INPUT)
    assert "its gradient has shape (4, 2), not (2, 4)" in text
    assert "W is transposed" in text


@pytest.mark.parametrize("how", ["methods", "functions", "written out"])
def test_a_normalisation_whose_mean_and_variance_are_taken_as_constants(how):
    def f(x):
        if how == "methods":
            mean, deviation = x.mean(0), np.sqrt(x.var(0) + 1e-5)
        elif how == "functions":
            mean, deviation = np.mean(x, axis=0), np.std(x, axis=0)
        else:
            mean = np.mean(x, axis=0)
            deviation = np.sqrt(np.mean((x - mean) ** 2, axis=0) + 1e-5)
        return (x - mean) / deviation, deviation

    def df(dout, cache):
        return dout / cache

    assert "(such as a mean, a variance) on the way taken as constant" in explained(
        f, df, RNG.normal(size=(5, 3))
    )


# --- as courses write it ------------------------------------------------------------------


def propagated(parameters, X, Y):
    """Tanh, then a sigmoid unit; the cost is made a plain number, as courses do."""
    Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
    A1 = np.tanh(Z1)
    A2 = 1 / (1 + np.exp(-(np.dot(parameters["W2"], A1) + parameters["b2"])))
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / Y.shape[1]
    return float(np.squeeze(cost)), {"A1": A1, "A2": A2}


def propagated_back(parameters, cache, X, Y, prime=lambda a: 1 - a**2):
    m, A1 = X.shape[1], cache["A1"]
    dZ2 = cache["A2"] - Y
    dZ1 = np.dot(parameters["W2"].T, dZ2) * prime(A1)
    return {
        "dW1": np.dot(dZ1, X.T) / m,
        "db1": np.sum(dZ1, axis=1, keepdims=True) / m,
        "dW2": np.dot(dZ2, A1.T) / m,
        "db2": np.sum(dZ2, axis=1, keepdims=True) / m,
    }


COURSE = {
    "W1": RNG.normal(size=(4, 3)), "b1": RNG.normal(size=(4, 1)),
    "W2": RNG.normal(size=(1, 4)), "b2": RNG.normal(size=(1, 1)),
}  # fmt: skip
COURSE_DATA = {"X": RNG.normal(size=(3, 7)), "Y": np.array([[0, 1, 1, 0, 1, 0, 1]])}


@pytest.mark.parametrize(
    ("prime", "words"),
    [
        (lambda a: 1, "g′(z) is left out (tanh, layer 1 from the output)"),
        (lambda a: a > 0, "g′ is written as the mask of ReLU"),
        (lambda a: a * (1 - a), "g′ is written as a(1 − a)"),
    ],
)
def test_a_cost_that_is_made_a_plain_number_is_recorded_all_the_same(prime, words):
    def gradients(parameters, cache, X, Y):
        return propagated_back(parameters, cache, X, Y, prime)

    assert check_gradients(propagated, propagated_back, COURSE, **COURSE_DATA).right
    text = explained(propagated, gradients, COURSE, **COURSE_DATA)
    assert words in text
    assert "Note" not in text


def test_a_slip_in_all_layers():
    def f(W1, W2, X, Y):
        return 0.5 * np.sum((sigmoid(sigmoid(X @ W1) @ W2) - Y) ** 2)

    def gradients(W1, W2, X, Y, prime):
        Z1 = X @ W1
        Z2 = sigmoid(Z1) @ W2
        dZ2 = (sigmoid(Z2) - Y) * prime(Z2)
        return X.T @ (dZ2 @ W2.T * prime(Z1)), sigmoid(Z1).T @ dZ2

    data = {"X": RNG.normal(size=(6, 3)), "Y": RNG.normal(size=(6, 1))}
    weights = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 1))
    for prime, words in (
        (lambda z: 1, "g′(z) is left out (sigmoid, all 2 layers)"),
        (lambda z: z * (1 - z), "a function of a is taken at z: z(1 − z) (sigmoid, all 2 layers)"),
    ):
        text = explained(f, lambda *a, prime=prime, **k: gradients(*a, **k, prime=prime),
                         *weights, **data)  # fmt: skip
        assert words in text


def test_the_upstream_gradient_is_left_out():
    def relu(x):
        return np.maximum(0, x), x

    text = explained(relu, lambda dout, cache: (cache > 0) * 1.0, RNG.normal(size=(3, 4)))
    assert "the upstream gradient (dout) is left out" in text


@pytest.mark.parametrize("kept", [1.0, 2.0])
def test_the_mask_of_dropout_is_left_out(kept):
    mask = (RNG.random((4, 4)) < 0.5) * 2.0

    def gradient(dout, x, mask):
        return dout * kept

    text = explained(lambda x, mask: x * mask, gradient, RNG.normal(size=(4, 4)), mask=mask)
    assert "a mask of zeros and ones that f multiplies by is left out" in text


def test_rows_that_are_looked_up_twice():
    def gradient(dout, W, words):
        dW = np.zeros_like(W)
        dW[words] += dout  # np.add.at(dW, words, dout) adds
        return dW

    words = np.array([0, 1, 1, 2, 1])
    text = explained(lambda W, words: W[words], gradient, RNG.normal(size=(5, 3)), words=words)
    assert "of the up to 3 uses of W only the last counts; += adds, and np.add.at" in text


def test_the_largest_score_that_softmax_subtracts_is_no_input():
    labels = np.array([0, 1, 2, 3, 1])

    def loss(x, forgotten=0):
        shifted = x - np.max(x, axis=1, keepdims=True)
        logs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
        d = np.exp(logs)
        d[np.arange(5), labels] -= 1 - forgotten
        return -np.sum(logs[np.arange(5), labels]) / 5, d / 5

    x = RNG.normal(size=(5, 4))
    assert check_gradients(loss, None, x).right
    text = explained(lambda x: loss(x)[0], lambda x: loss(x, forgotten=1)[1], x)
    assert "a term is forgotten on the way back" in text


def test_entries_subtracted_from_each_other_are_inputs():
    text = explained(
        lambda x: np.sum((x - x[::-1]) ** 2) + np.sum(np.sin(x)),
        lambda x: 4 * (x - x[::-1]) + 1,
        RNG.normal(size=4),
    )
    assert "g′(z) is left out (sin" in text


def test_what_is_behind_zeros_is_looked_for():
    def loss(x, y):
        e = np.exp(x)
        return -np.sum(np.log((e / e.sum(axis=1, keepdims=True))[np.arange(3), y]))

    def gradient(x, y):
        e = np.exp(x)
        p = e / e.sum(axis=1, keepdims=True)
        d = np.zeros_like(p)
        d[np.arange(3), y] = -1 / p[np.arange(3), y]
        return d * p * (1 - p)

    text = explained(loss, gradient, RNG.normal(size=(3, 4)), y=np.array([0, 2, 1]))
    assert text.index("entry by entry, s(1 − s)") < text.index("and right elsewhere")

    def recurrent(W, h, x):
        for t in range(3):
            h = np.tanh(W @ h + x[t])
        return np.sum(h)

    def overwritten(W, h, x):
        hs = [h]
        for t in range(3):
            hs.append(np.tanh(W @ hs[-1] + x[t]))
        dh = np.ones(2)
        for t in (2, 1, 0):
            dz = dh * (1 - hs[t + 1] ** 2)
            dW = np.outer(dz, hs[t])  # = for +=, and the first state is 0
            dh = W.T @ dz
        return dW

    data = {"h": np.zeros(2), "x": RNG.normal(size=(3, 2))}
    text = explained(recurrent, overwritten, RNG.normal(size=(2, 2)), **data)
    assert "dW counts only the first of its 3 uses: = for +=" in text
    assert "W is all zeros" in text


def test_a_penalty_on_biases_of_which_one_is_a_single_number():
    def gradients(parameters, cache, X, Y):
        found = propagated_back(parameters, cache, X, Y)
        return found | {f"db{n}": found[f"db{n}"] + 0.1 * parameters[f"b{n}"] for n in (1, 2)}

    text = explained(propagated, gradients, COURSE, **COURSE_DATA)
    assert 'parameters["b1"], parameters["b2"] differ by 0.1 × themselves' in text


def test_one_number_is_a_multiple_of_any_other():
    text = str(check_gradients(lambda x: np.sin(x**2), lambda x: np.cos(x**2), 1.3))
    assert text.endswith("None of the known mistakes explains it.")


def test_a_mean_over_the_outputs_too():
    X, Y = RNG.normal(size=(2, 6)), RNG.normal(size=(3, 6))
    text = explained(
        lambda W, X, Y: np.mean((W @ X - Y) ** 2),
        lambda W, X, Y: 2 * (W @ X - Y) @ X.T / X.shape[1],
        RNG.normal(size=(3, 2)), X=X, Y=Y,
    )  # fmt: skip
    assert "3 times what it should be: a sum where a mean is due, 1/3 (axis 0 of Y)" in text


def test_a_bias_over_all_axes():
    def gradients(parameters, cache, X, Y):
        found = propagated_back(parameters, cache, X, Y)
        return found | {"db1": np.sum(found["db1"])}

    text = explained(propagated, gradients, COURSE, **COURSE_DATA)
    assert 'parameters["b1"] is summed over all axes' in text


def test_nothing_is_said_of_arrays_whose_shapes_do_not_fit():
    def gradients(parameters, cache, X, Y):
        return propagated_back(parameters, cache, X, Y) | {"db1": np.arange(5.0)}

    report = check_gradients(propagated, gradients, COURSE, **COURSE_DATA)
    assert "its gradient has shape (5,), not (4, 1)" in str(report)
    assert not report.explanations


def test_a_mistake_in_one_array_does_not_hide_what_explains_the_others():
    def gradients(parameters, cache, X, Y):
        found = propagated_back(parameters, cache, X, Y, lambda a: 1)
        return found | {"dW2": 7 * found["dW2"]}

    text = explained(propagated, gradients, COURSE, **COURSE_DATA)
    assert 'parameters["W2"] is 7 times what it should be' in text
    assert "g′(z) is left out (tanh" in text


def test_columns_against_a_vector():
    def f(w, X, y):
        return np.mean((X @ w - y[:, None]) ** 2)

    def df(w, X, y):
        return 2 * X.T @ (X @ w - y) / len(y)  # (n, 1) − (n,) is (n, n)

    data = {"X": RNG.normal(size=(5, 3)), "y": RNG.normal(size=5)}
    text = explained(f, df, RNG.normal(size=(3, 1)), **data)
    assert "an array of shape (n,) meets one of shape (n, 1)" in text


def test_a_bias_over_the_classes_of_softmax_though_that_sum_is_zero():
    Y = np.eye(2)[[0, 1, 1, 0, 1, 0]].T

    def f(b, Z):
        E = np.exp(Z + b)
        P = E / E.sum(axis=0, keepdims=True)
        return -np.sum(Y * np.log(P)), P

    def df(cache, Z):
        return np.sum(cache - Y, axis=0, keepdims=True)

    text = explained(f, df, RNG.normal(size=(2, 1)), Z=RNG.normal(size=(2, 6)))
    assert "db is summed over the wrong axis" in text
