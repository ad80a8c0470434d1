"""How f and df are called, what is told apart from mistakes, and what the report says."""

import sys

import numpy as np
import pytest
from mistakes_search import search

from autograd import assert_gradients, check_gradients, gradcheck
from autograd.checks.calls import bare
from autograd.checks.mistakes import _agree
from autograd.checks.patterns import factor, misfit
from autograd.checks.report import ArrayCheck, GradientMismatchError, Report

RNG = np.random.default_rng(7)
W, b, X = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 1)), RNG.normal(size=(3, 4))
D = RNG.normal(size=(2, 4))


def cost(W, b, X):
    Z = W @ X + b
    return np.sum(np.sin(Z)), (Z, X)


def gradient(W, b, X):
    C = np.cos(W @ X + b)
    return C @ X.T, C.sum(axis=1, keepdims=True)


# --- calls ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "df",
    [
        gradient,
        lambda W, b, X: list(gradient(W, b, X)),
        lambda W, b, X: dict(zip(("dW", "db"), gradient(W, b, X), strict=True)),
        lambda W, b, X: dict(zip(("W", "b"), gradient(W, b, X), strict=True)),
        lambda W, b, X: dict(zip(("grad_W", "dL_db"), gradient(W, b, X), strict=True)),
        lambda X, W, b: gradient(W, b, X),
        lambda cache: (np.cos(cache[0]) @ cache[1].T, np.cos(cache[0]).sum(1, keepdims=True)),
        lambda cache, *, X: (np.cos(cache[0]) @ X.T, None),
        lambda dout, cache: (
            dout * np.cos(cache[0]) @ cache[1].T,
            dout * np.cos(cache[0]).sum(axis=1, keepdims=True),
        ),
        lambda dA, cache, X: (dA * np.cos(cache[0]) @ X.T,),
        lambda b, W, **others: gradient(W, b, others["X"] if others else X),
    ],
)
def test_df_in_every_form(df):
    report = check_gradients(cost, df, W, b, X=X)
    assert report.right, report


def test_f_that_returns_the_gradients():
    def f(W, b, X):
        return np.sum(np.sin(W @ X + b)), gradient(W, b, X)

    assert_gradients(f, W, b, X=X)
    assert_gradients(f, None, W, b, X=X)

    def wrong(W, b, X):
        dW, db = gradient(W, b, X)
        return np.sum(np.sin(W @ X + b)), dW, -db

    with pytest.raises(GradientMismatchError, match=r"b has the wrong sign") as caught:
        assert_gradients(wrong, W, b, X=X)
    assert "f says" in str(caught.value)
    assert caught.value.report.arrays[1].name == "b"


def test_dicts_and_lists_of_arrays():
    def f(parameters, X):
        return np.sum(np.sin(parameters["W"] @ X + parameters["b"]))

    def df(parameters, X):
        dW, db = gradient(parameters["W"], parameters["b"], X)
        return {"dW": dW, "db": db, "dZ": 3.0}

    assert_gradients(f, df, {"W": W, "b": b}, X=X)
    assert_gradients(f, lambda p, X: {"parameters": df(p, X)}, {"W": W, "b": b}, X=X)
    assert_gradients(f, lambda p, X: (df(p, X),), {"W": W, "b": b}, X=X)
    assert_gradients(f, lambda p, X: (df(p, X), None), {"W": W, "b": b}, X)

    def lists(layers, X):
        return np.sum(np.tanh(layers[1] @ np.tanh(layers[0] @ X)))

    def back(layers, X):
        H = np.tanh(layers[0] @ X)
        dZ = 1 - np.tanh(layers[1] @ H) ** 2
        return [(layers[1].T @ dZ * (1 - H**2)) @ X.T, dZ @ H.T]

    layers = [W, RNG.normal(size=(1, 2))]
    assert_gradients(lists, back, layers, X=X)
    assert_gradients(lists, back, tuple(layers), X=X)
    assert_gradients(lists, lambda layers, X: (back(layers, X), None), layers, X)
    report = check_gradients(lists, lambda layers, X: back(layers, X)[::-1], layers, X=X)
    assert not report.right
    assert report.arrays[0].name == "layers[0]"


def test_a_missing_gradient_needs_no_explanation():
    text = str(check_gradients(lambda p: p["u"] * p["v"], lambda p: {"du": p["v"]},
                               {"u": 2.0, "v": 3.0}))  # fmt: skip
    assert "no gradient is returned for it" in text
    assert "None of the known mistakes" not in text


def test_a_gradient_that_is_not_returned_though_others_are():
    def f(parameters):
        return np.sum(parameters["W"] ** 2) + np.sum(parameters["b"] ** 2)

    report = check_gradients(f, lambda parameters: {"dW": 2 * parameters["W"]}, {"W": W, "b": b})
    assert 'parameters["b"], shape (2, 1): no gradient is returned for it' in str(report)


def test_what_else_courses_return():
    X, y = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]]), np.array([1, 0, 2])
    W, b = np.array([[0.5], [-1.0]]), np.array([0.2])

    def loss(X, y, W, b):
        error = X @ W + b - y[:, None]
        return np.sum(error**2), 2 * X.T @ error, 2 * error.sum(axis=0)

    # Fewer gradients than arguments: by shapes; the floats; the first.
    assert check_gradients(loss, X, y, W, b).right
    assert check_gradients(lambda W, k, b: (np.sum(W) * b**k, b**k, k * np.sum(W) * b ** (k - 1)),
                           2.0, 3, 1.5).right  # fmt: skip
    assert check_gradients(lambda u, v, w: (u * v * w, v * w, u * w), 2.0, 3.0, 4.0).right
    assert check_gradients(
        lambda p, q, r: (np.sum(p) * q["a"] * r, [[q["a"] * r]] * 2, {"a": np.sum(p) * r}),
        [np.array([1.0]), np.array([2.0])], {"a": 1.0}, 2.0,
    ).right  # fmt: skip
    # The gradients before the cost; and between the cost and a cache.
    assert check_gradients(lambda w: ({"dw": 2 * w}, w**2), 3.0).right
    assert check_gradients(lambda w: (w**2, {"dw": 2 * w}, {"w": w}), 3.0).right
    assert check_gradients(lambda w: (w**2, {"w": w}, {"dw": 2 * w}), 3.0).right
    assert not check_gradients(lambda w: (w**2, {"w": w}, {"dw": 3 * w}), 3.0)
    # Dicts that hold lists of dicts.
    nested = {"layers": [{"W": W, "b": b}, {"W": W + 1.0, "b": b}]}

    def sums(p):
        return sum(np.sum(layer["W"] ** 2) + np.sum(layer["b"]) for layer in p["layers"])

    def slopes(p):
        return {"layers": [{"W": 2 * each["W"], "b": np.ones(1)} for each in p["layers"]]}

    assert check_gradients(sums, slopes, nested).right
    assert check_gradients(
        lambda p, w: (sums(p) + w**2, {"dp": slopes(p), "dw": 2 * w, "steps": [1, 2]}), nested, 1.0
    ).right


def test_a_cache_that_f_does_not_return():
    with pytest.raises(
        TypeError, match=r"df\(cache\) asks for a cache, and f returns none"
    ) as caught:
        check_gradients(lambda v: v**2, lambda cache: 2 * cache, 2.0)
    assert "df(dout, cache)" in str(caught.value)
    assert check_gradients(lambda v: v**2, lambda v, cache=None: 2 * v, 2.0).right


def test_gradients_that_are_no_finite_numbers():
    for odd in (np.nan, np.inf, -np.inf):
        report = check_gradients(lambda v: np.sum(v**2), lambda v, odd=odd: np.array([2.0, odd]),
                                 np.ones(2))  # fmt: skip
        assert f"worst at v[1]: df says {odd}, the central difference 2" in str(report)


def test_a_layer_that_keeps_its_cache():
    class Sigmoid:
        def forward(self, x):
            self.out = 1 / (1 + np.exp(-x))
            return self.out

        def backward(self, grad_output):
            return grad_output * self.out * (1 - self.out)

    layer = Sigmoid()
    assert check_gradients(layer.forward, layer.backward, np.array([0.5, -1.0])).right
    # A parameter that is f's own argument is that, whatever it is called.
    assert check_gradients(lambda delta: delta**2, lambda delta: 2 * delta, 3.0).right


def test_a_cost_of_zero_or_nearly():
    x = np.array([0.1, 0.2, 0.3])
    for cost in (lambda x: np.sum(x) - 0.6, lambda x: 1e8 * (np.sum(x) - 0.6)):
        slope = cost(np.ones(3)) / 2.4
        assert check_gradients(cost, lambda x, slope=slope: slope * np.ones(3), x).right
        assert not check_gradients(cost, lambda x, slope=slope: 1.001 * slope * np.ones(3), x)
    X, w = np.arange(12.0).reshape(4, 3) ** 0.5, np.array([0.3, -0.7, 1.1])
    y = X @ w

    def squares(w):
        return np.mean((X @ w - y) ** 2)

    report = check_gradients(squares, lambda w: X.T @ (X @ w - y) / 2, w)
    assert report.right
    assert not report.notes
    assert not check_gradients(squares, lambda w: X.T @ (X @ w - y) / 2 + 1e-6, w)


def test_arrays_with_a_cotangent():
    def f(x, w):
        return x @ w

    def df(dout, x, w):
        return dout @ w.T, x.T @ dout

    x, w = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))
    assert_gradients(f, df, x, w)
    assert_gradients(f, df, x, w, cotangent=np.ones((4, 2)))
    assert_gradients(np.tanh, lambda x: 1 - np.tanh(x) ** 2, x)  # entry by entry
    with pytest.raises(
        ValueError, match=r"the cotangent has shape \(2,\), the output of f \(4, 2\)"
    ):
        check_gradients(f, df, x, w, cotangent=np.ones(2))

    def layer(x, w):
        return x @ w, (x, w)

    def backward(dout, cache):
        x, w = cache
        return dout @ w.T, x.T @ dout

    assert_gradients(layer, backward, x, w)
    report = check_gradients(
        layer, lambda dout, cache: (dout @ cache[1].T, cache[0].T @ dout * 2), x, w
    )
    assert "w is 2 times what it should be" in str(report)


@pytest.mark.parametrize(
    ("f", "df", "arguments", "error", "words"),
    [
        (3, None, (), TypeError, "f is a function of the arguments, not 3"),
        (lambda x: x**2, None, (2.0,), TypeError, "df is left out, so f has to return"),
        (lambda x: x**2, lambda u, v: u, (2.0,), TypeError, "there is nothing for u, v. Known"),
        (lambda x, y: x, lambda x: x, (2.0,), TypeError, "f cannot be called with 1 argument and"),
        (lambda x: x**2, lambda x: (x, x), (2.0,), ValueError, "2 gradients for 1 argument"),
        (lambda x: x**2, lambda x: {"y": x}, (2.0,), ValueError, "none of the gradients y bears"),
        (lambda x: "no", lambda x: x, (2.0,), ValueError, "f returns 'no': a number"),
        (lambda x: np.log(x), lambda x: x, (-2.0,), ValueError, "f returns nan, so it has no"),
        (lambda x: x, lambda x: x, (np.nan,), ValueError, "x holds nan or infinity"),
        (lambda x: np.sum(x[0]), lambda x: [1, 2], ([W, b],), ValueError, None),
        (lambda x: np.sum(x[0]), lambda x: [W], ([W, b],), ValueError, "1 gradients for a list"),
        (lambda: 1.0, lambda: 2.0, (), ValueError, "there is no argument"),
        (lambda p, q: 1.0, lambda p, q: (W, 1.0), ({"a": W, "b": b}, 1.0), ValueError,
         "one array for the 2"),
    ],
)  # fmt: skip
def test_calls_that_do_not_fit(f, df, arguments, error, words):
    if words is None:
        assert not check_gradients(f, df, *arguments).right
        return
    with pytest.raises(error, match=words):
        check_gradients(f, df, *arguments)


def test_the_accepted_forms_are_shown():
    with pytest.raises(TypeError, match=r"df\(parameters, cache, X, Y\)"):
        check_gradients(cost, lambda u, v, w, x: u, W, b, X=X)


def test_names_of_gradients():
    assert [bare(n) for n in ("dW1", "grad_W1", "dJ_dW1", "dL/dW1", "d_W1", "W1", "d")] == [
        "W1", "W1", "W1", "W1", "W1", "W1", "d",
    ]  # fmt: skip


def test_functions_without_a_signature():
    assert_gradients(np.hypot, lambda x, y: (x / np.hypot(x, y), y / np.hypot(x, y)), 3.0, 4.0)
    report = check_gradients(lambda x: x**2, np.positive, 0.0)
    assert "right at these arguments and wrong at others" in str(report)


def test_inputs_are_never_changed():
    kept = W.copy()

    def f(W, b):
        W *= 2.0
        return np.sum(W**2) + np.sum(b)

    def df(W, b):
        W += 1.0
        return 8.0 * (W - 1.0), np.ones((2, 1))

    assert_gradients(f, df, W, b)
    assert np.array_equal(W, kept)


# --- what is no mistake ---------------------------------------------------------------------


def test_kinks_are_told_apart():
    v = np.array([0.0, 1.0, -2.0])
    report = check_gradients(lambda v: np.sum(np.maximum(0, v)), lambda v: (v > 0) * 1.0, v)
    assert report.right
    assert "v[0] lies on a kink (slopes 0 and 1)" in str(report)
    report = check_gradients(lambda v: np.sum(np.abs(v)), lambda v: np.array([7.0, 1, -1]), v)
    assert not report.right
    assert report.arrays[0].worst == (0,)


def test_the_edge_of_a_domain_is_told_apart():
    def root(v):
        if np.any(v < 0):
            raise ValueError("negative")
        return np.sum(v**1.5)

    report = check_gradients(root, lambda v: 1.5 * v**0.5, np.array([0.0, 4.0]))
    assert report.right
    assert "v[0] lies at the edge of where f has a value" in str(report)


def test_float32():
    x = RNG.normal(size=(4, 3)).astype(np.float32)
    w = RNG.normal(size=3).astype(np.float32)

    def f(w, x):
        return np.mean((x @ w) ** 2)

    def df(w, x):
        return 2 * x.T @ (x @ w) / len(x)

    report = check_gradients(f, df, w, x=x)
    assert report.right
    assert "float32 arrays were checked in float64" in str(report)
    single = check_gradients(
        lambda w, x: np.float32(f(w, x)), lambda w, x: df(w, x).astype(np.float32), w, x=x
    )
    assert single.right
    assert "computes with the digits of float32" in str(single)
    assert not check_gradients(
        lambda w, x: np.float32(f(w, x)), lambda w, x: 1.01 * df(w, x), w, x=x
    ).right
    inside = check_gradients(
        lambda w, x: float(f(w.astype(np.float32), x.astype(np.float32))), df, w, x=x
    )
    assert inside.right, inside


def test_integers():
    v = np.array([1, 2, 3])
    report = check_gradients(lambda v: np.sum(v**2), lambda v: 2 * v, v)
    assert report.right
    assert "v holds integers: it was nudged as float64" in str(report)

    def f(w, x, y):
        z = x @ w
        return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])

    def df(w, x, y):
        p = np.exp(x @ w)
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        return x.T @ p / len(y), p @ w.T / len(y)

    w, x, y = RNG.normal(size=(3, 2)), RNG.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    assert_gradients(f, df, w, x, y)  # labels are no variables


def test_round_off():
    v = np.array([1e-3, 5.0, 1e4])
    assert_gradients(lambda v: np.sum(v**2) + 1e9, lambda v: 2 * v, v)
    assert_gradients(lambda v: np.sum((v + 1e8) - 1e8), lambda v: np.ones(3), v)


def test_functions_that_answer_differently_twice():
    draw = np.random.default_rng(1).random
    report = check_gradients(
        lambda v: np.sum(v * (draw(3) < 0.5)), lambda v: np.ones(3), np.ones(3)
    )
    assert not report.right
    assert str(report).startswith("f is not the same twice: at the same arguments it answers")
    report = check_gradients(lambda v: np.sum(v), lambda v: draw(3), np.ones(3))
    assert "df, for v, is not the same twice" in str(report)
    calls = []

    def later(v):
        calls.append(v)
        return np.sum(v) * (1.0 if len(calls) < 30 else draw())

    report = check_gradients(later, lambda v: 2 * np.ones(3), np.ones(3))
    assert "is not the same twice" in str(report)


# --- large arrays ---------------------------------------------------------------------------


def test_large_arrays_are_sampled_and_what_is_left_out_shows_all_the_same():
    v = RNG.normal(size=(90, 45))
    report = check_gradients(lambda v: np.sum(v * v), lambda v: 2 * v, v)
    assert report.right
    assert report.arrays[0].nudged.sum() == 60
    unseen = tuple(np.argwhere(~report.arrays[0].nudged)[0])

    def wrong(v):
        dv = 2 * v
        dv[unseen] *= 1.5
        return dv

    again = check_gradients(lambda v: np.sum(v * v), wrong, v)
    assert "entries outside the sample are wrong" in str(again)
    everything = check_gradients(lambda v: np.sum(v * v), wrong, v, entries=4050)
    assert everything.arrays[0].wrong.sum() == 1


def test_a_bar_shows_the_progress_of_what_takes_long(capsys, monkeypatch):
    monkeypatch.setattr("autograd.progress.PATIENCE", 0.0)
    assert_gradients(lambda v: np.sum(v**2), lambda v: 2 * v, np.ones(3))
    assert "checking" in capsys.readouterr().err
    assert gradcheck(lambda a, b, c: a * b * c, 1, 2, 3)
    assert "checking" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)  # as if it were not installed
    assert_gradients(lambda v: np.sum(v**2), lambda v: 2 * v, np.ones(3))
    assert capsys.readouterr().err == ""


def test_fixed_arrays_are_never_changed_either():
    data = X.copy()

    def f(v, data):
        data -= data.mean()
        return np.sum(v[:, None] * data**2)

    def df(v, data):
        data -= data.mean()
        return np.sum(data**2, axis=1)

    assert_gradients(f, df, np.ones(3), data=data)
    assert np.array_equal(data, X)


def test_lists_of_numbers():
    def f(v):
        return v[0] ** 2 + v[1] ** 3

    assert_gradients(f, lambda v: np.array([2 * v[0], 3 * v[1] ** 2]), [1.0, 2.0])
    assert_gradients(f, lambda v: [2 * v[0], 3 * v[1] ** 2], [1.0, 2.0])
    assert not check_gradients(f, lambda v: np.array([2 * v[0], 3 * v[1]]), [1.0, 2.0]).right


# --- the report -----------------------------------------------------------------------------


def test_the_report_in_a_notebook():
    v = RNG.normal(size=(30, 40))
    report = check_gradients(lambda v, u: np.sum(v**2) + u, lambda v, u: (2 * v, 1.1), v, 3.0)
    page = report._repr_html_()
    assert page.count("<table") == 2
    assert page.count("✓") > 700
    assert "u (): wrong" in page
    assert "…" in page
    right = check_gradients(lambda v: np.sum(v**2), lambda v: 2 * v, np.ones(2))
    assert "right" in right._repr_html_()


def test_texts_of_odd_gradients():
    report = check_gradients(lambda v: np.sum(v**2), lambda v: np.array("no"), np.ones(2))
    assert "its gradient is array('no'" in str(report)
    report = check_gradients(lambda v: np.sum(v**2), lambda v: np.array([2.0, np.nan]), np.ones(2))
    assert "df says nan" in str(report)
    assert np.isnan(ArrayCheck.missing("v", (2,)).digits).all()
    assert repr(Report()) == str(Report())


def test_gradients_of_a_few_digits():
    v = RNG.normal(size=4)
    report = check_gradients(lambda v: np.sum(v**2), lambda v: 2 * v * 1.0001, v)
    assert "is 1.0001 times what it should be" in str(report)
    assert report.arrays[0].digits.tolist() == [4, 4, 4, 4] or report.arrays[0].digits.max() <= 4


def test_a_part_of_f_that_is_not_recorded():
    def f(v):
        return np.sum(np.tanh(v)) + float(np.sum(np.asarray(v, float) ** 2))

    report = check_gradients(f, lambda v: np.cos(v), np.array([0.3, -0.8, 0.5]))
    assert "None of the known mistakes explains it." in str(report)
    report = check_gradients(lambda v: float(np.sum(v)) + 0.5, lambda v: np.sin(v), np.arange(3.0))
    assert "f could not be recorded" in str(report)


# --- random networks ------------------------------------------------------------------------


def test_random_networks_and_planted_mistakes():
    """A small part of what tests/mistakes_search.py runs."""
    alarms, planted, unseen, unnamed = search(8, seed=3)
    assert not alarms
    assert not unseen
    assert len(unnamed) <= 1
    assert sum(planted.values()) == 8


def test_numpy_is_all_that_is_needed():
    assert "autograd.checks.comparing" in sys.modules


# --- the corners ----------------------------------------------------------------------------


class Odd:
    """A callable that does not tell how it is called."""

    __signature__ = "odd"

    def __init__(self, function):
        self.function = function

    def __call__(self, *arguments):
        return self.function(*arguments)


def test_functions_that_do_not_tell_their_signature():
    f, df = Odd(lambda u, v: u * v), Odd(lambda u, v: (v, u))
    assert_gradients(f, df, 3.0, 4.0)
    assert "argument 2 has the wrong sign" in str(
        check_gradients(f, Odd(lambda u, v: (v, -u)), 3.0, 4.0)
    )


def test_arguments_that_are_no_numbers():
    def f(v, kind):
        return np.sum(v**2) if kind == "squares" else 0.0

    assert_gradients(f, lambda v, kind: 2 * v, np.ones(2), "squares")


def test_a_domain_that_ends_at_the_point():
    def f(v):
        if np.any(v > 1):
            raise ValueError("beyond 1")
        return np.sum(v**2)

    report = check_gradients(f, lambda v: 2 * v, np.array([1.0, 0.5]))
    assert report.right
    assert "v[0] lies at the edge" in str(report)
    report = check_gradients(f, lambda v: -2 * v, np.array([1.0]))
    assert report.right  # nothing could be compared, and the report says so
    assert "left out" in str(report)


def test_a_number_whose_gradient_comes_as_an_array():
    assert_gradients(lambda u: u**2, lambda u: np.array([[2 * u]]), 3.0)


def test_kinks_along_a_direction_of_a_large_array():
    v = np.zeros((70, 60))
    report = check_gradients(lambda v: np.sum(np.maximum(0, v)), lambda v: (v > 0) * 1.0, v)
    assert report.right


ACTIVATIONS = [
    (lambda z: 1 / (1 + np.exp(-1 * z)), lambda a: a * (1 - a), "sigmoid"),
    (lambda z: 1 / (1 + np.exp(z * -1.0)), lambda a: a * (1 - a), "sigmoid"),
    (lambda z: 1 / (np.exp(-z) + 1), lambda a: a * (1 - a), "sigmoid"),
    (lambda z: 1 / (1 + np.exp(z)), lambda a: -a * (1 - a), None),
    (lambda z: 1 / (1 + np.exp(2 * z)), lambda a: -2 * a * (1 - a), None),
    (lambda z: 1 / (2 + np.exp(-z)), lambda a: a * (1 - 2 * a), None),
    (lambda z: 1 / (2 + z * z), lambda a: a, None),
    (lambda z: 1 / np.exp(z), lambda a: -a, None),
    (lambda z: np.clip(z, -0.5, 0.5), lambda a: np.abs(a) < 0.5, "relu"),
    (lambda z: np.sqrt(1 + z * z), lambda a: a, None),
    (lambda z: np.where(z > 0, np.exp(z), z + 1.0), lambda a: np.where(a > 1, a, 1.0), None),
    (lambda z: np.where(z > 0, z, -1.0), lambda a: a > 0, None),
]


@pytest.mark.parametrize(("g", "prime", "kind"), ACTIVATIONS)
def test_activations_in_other_words(g, prime, kind):
    def f(W, X):
        return np.sum(np.sin(g(W @ X)))

    def df(W, X):
        return np.cos(g(W @ X)) @ X.T  # g′ is left out

    report = check_gradients(f, df, W, X=X)
    assert not report.right
    if kind:
        assert f"left out ({kind}, layer" in str(report)


def test_what_else_is_recorded():
    def f(v, A):
        u = v.copy()
        u += 1.0
        np.add(u, 0.5, out=u)
        z = A @ u
        return np.linalg.norm(z) + np.dot(v, v) + np.floor(v).sum() + np.dot(A, v) @ z * np.max(v)

    def df(v, A):
        return np.cos(v)

    report = check_gradients(f, df, np.array([0.3, -0.8, 0.5]), A=W)
    assert not any("could not be recorded" in note for note in report.notes)

    def shapes(v, A):
        try:
            return np.sum(A @ v[:2])
        except ValueError:
            return np.sum(v * v * np.sum(v, axis=(0,)) / v.sum())

    report = check_gradients(shapes, lambda v, A: np.cos(v), np.array([0.3, -0.8, 0.9]), A=W)
    assert not any("could not be recorded" in note for note in report.notes)


def test_squares_written_as_products_and_broadcast():
    x, y = RNG.normal(size=(5, 2)), RNG.normal(size=5)

    def f(w):
        d = y - x @ w
        return np.sum(d * d)

    def df(w):
        d = y.reshape(-1, 1) - x @ w
        return -2 * x.T @ d.sum(axis=0)

    assert "(n,) meets one of shape (n, 1)" in str(check_gradients(f, df, RNG.normal(size=2)))

    def cubes(w, v):
        d = y - x @ w
        return np.sum(d**3) + (1.0 - v) ** 2

    report = check_gradients(cubes, lambda w, v: (np.ones((3, 3)), 7.0), RNG.normal(size=2), 0.3)
    assert not report.right


def test_only_a_missing_array_is_wrong():
    def f(p):
        return np.sum(np.sin(p["a"])) + np.sum(np.sin(p["b"]))

    report = check_gradients(
        f, lambda p: {"a": np.cos(p["a"]), "Q": W}, {"a": np.ones(2), "b": np.ones(2)}
    )
    assert [check.name for check in report.arrays if not check.right] == ['p["b"]']


def test_gradients_that_are_beside_the_way_back():
    def f(v):
        H = np.tanh(v)
        return np.sum(H**2), {"H": H, "inner": {"count": 3}}

    def df(v, cache):
        return {"dv": np.sin(v), "dH": 2 * cache["H"], "dQ": v, "dcount": 1.0}

    assert check_gradients(f, df, np.ones(3) * 0.4).first in ("", "v")


def test_arrays_of_which_nothing_is_known():
    known, unknown = np.ones(2), np.full(2, np.nan)
    assert misfit(known, unknown) == np.inf
    assert misfit(np.zeros(2), np.zeros(2)) == 0.0
    assert _agree(known, unknown)
    assert np.isnan(factor(known, np.zeros(2)))

    def edge(v, u):
        if np.any(v > 1):
            raise ValueError("beyond 1")
        return np.sum(v) + np.sum(np.sin(u))

    report = check_gradients(edge, lambda v, u: (-v, u), np.ones(1), np.ones(2))
    assert [check.name for check in report.arrays if not check.right] == ["u"]


def test_a_gradient_that_is_zero_on_the_whole():
    # (1, −1) has nothing in common with (1, 1): the best factor is 0.
    def f(v):
        return np.sum(v)

    report = check_gradients(f, lambda v: np.array([1.0, -1.0]), np.array([2.0, 0.5]))
    assert not report.right


def test_other_shapes_of_the_output_and_of_candidates():
    x, w = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))
    report = check_gradients(np.sinh, lambda x: x, x)  # not recorded
    assert not report.right
    report = check_gradients(lambda x: np.tanh(x), lambda x: np.cosh(x), x)
    assert not report.right
    report = check_gradients(
        lambda w: w**2 + 0.0 * np.sum(w),
        lambda dout, w: np.sin(w) * dout,
        w,
        cotangent=np.ones((3, 2)),
    )
    assert not report.right

    def differences(w):
        return np.sum((w - 1.0) ** 2)

    assert not check_gradients(differences, lambda w: np.ones((5, 5)), w).right
    assert not check_gradients(
        lambda w: np.sum(np.where(w > 0, 2.0 * w, 0.5)), lambda w: w**3, w
    ).right


def test_what_no_gradient_reaches(monkeypatch):
    assert misfit(np.ones(2), np.ones(3)) == np.inf
    report = check_gradients(lambda u, v: u, lambda u, v: (1.0, np.ones(2)), 3.0, np.ones(2))
    assert [check.name for check in report.arrays if not check.right] == ["v"]
    monkeypatch.setattr("autograd.checks.replaying.MOST", 1)
    report = check_gradients(lambda v: np.sum(v**3), lambda v: np.sin(v), np.array([1.0, 2.0]))
    assert "f could not be recorded" in str(report)


def test_names_on_the_way_back_that_f_does_not_know():
    def f(v):
        H = np.where(v > 0, v * v, 0.0)
        return np.sum(np.sin(H)), {"H": H, "H2": H[:2]}

    def df(v, cache):
        return {"dv": np.sin(3 * v), "dH": np.cos(cache["H"]), "dQ": v, "dH2": v}

    report = check_gradients(f, df, np.array([0.4, -0.3, 0.9]))
    assert report.first == "v"
    assert not report.explanations


def test_what_was_not_nudged_is_marked():
    v = RNG.normal(size=(90, 45))
    report = check_gradients(lambda v: np.sum(v * v), lambda v: 2 * v, v)
    assert "·" in report._repr_html_()
    assert np.isnan(report.arrays[0].digits).sum() == 4050 - 60
