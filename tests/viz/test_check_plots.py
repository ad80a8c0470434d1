"""plot_check: both sides of every entry, and the disagreement marked."""

import matplotlib
import numpy as np
import pytest

from autograd import check_gradients
from viz import plot_check
from viz.style import THEMES

matplotlib.use("Agg")
ALERT = THEMES["light"].alert
RNG = np.random.default_rng(0)


def report(k=1.0, n=4):
    def f(v, u):
        return np.sum(v**2) + np.sum(u**2)

    return check_gradients(f, lambda v, u: (2 * k * v, 2 * u), RNG.normal(size=n), np.ones(2))


def marked(ax):
    return [line for line in ax.lines if line.get_color() == ALERT]


def test_the_wrong_array_comes_first_and_its_entries_are_joined():
    ax = plot_check(report(k=1.5))
    first, second = ax.child_axes
    assert first.get_title() == "v: 4 of 4 wrong"
    assert second.get_title() == "u: right"
    assert (len(marked(first)), len(marked(second))) == (4, 0)
    assert len(first.texts) == 2
    assert ax.get_title() == "wrong: v"
    [differences, claims] = [line for line in first.lines if line.get_marker() in ("o", "x")]
    assert np.allclose(claims.get_ydata(), 1.5 * np.asarray(differences.get_ydata()), rtol=1e-6)


def test_what_hints_would_tell_is_not_drawn_either():
    wrong = check_gradients(lambda v: v**2, lambda v: 3 * v, 2.0, hints=False)
    with pytest.raises(ValueError, match="hints=False"):
        plot_check(wrong)
    assert plot_check(check_gradients(lambda v: v**2, lambda v: 2 * v, 2.0, hints=False))


def test_all_agree():
    ax = plot_check(report())
    assert ax.get_title() == "all entries agree"


def test_one_array_is_plotted_into_given_axes():
    import matplotlib.pyplot as plt

    _, given = plt.subplots()
    one = check_gradients(lambda x: x**2, lambda x: 3 * x, 2.0)
    assert plot_check(one, ax=given) is given
    assert len(marked(given)) == 1
    assert not given.texts  # a number has no index
    plt.close("all")


def test_many_entries_and_many_arrays():
    many = check_gradients(lambda v: np.sum(v**2), lambda v: 2 * v, RNG.normal(size=(30, 20)))
    [points, _] = [line for line in plot_check(many).lines if line.get_marker() in ("o", "x")]
    assert len(points.get_ydata()) <= 200
    arrays = {f"w{i}": np.ones(2) for i in range(8)}
    report = check_gradients(
        lambda p: sum(np.sum(w**2) for w in p.values()), lambda p: {k: 2 * w for k, w in p.items()},
        arrays,
    )  # fmt: skip
    ax = plot_check(report)
    assert len(ax.child_axes) == 6
    assert ax.get_title() == "all entries agree (2 more arrays)"


def test_what_cannot_be_plotted():
    with pytest.raises(TypeError, match="a report of check_gradients is needed, not 3"):
        plot_check(3)
    shapes = check_gradients(lambda v: np.sum(v**2), lambda v: np.ones((2, 5)), np.ones(2))
    with pytest.raises(ValueError, match="print it instead"):
        plot_check(shapes)
    missing = check_gradients(
        lambda p: np.sum(p["a"] ** 2) + np.sum(p["b"]), lambda p: {"a": 2 * p["a"]},
        {"a": np.ones(2), "b": np.ones(2)},
    )  # fmt: skip
    assert plot_check(missing).get_title() == "wrong: b"


def test_what_was_not_nudged_is_not_plotted():
    v = RNG.normal(size=(90, 45))
    sampled = check_gradients(lambda v: np.sum(v * v), lambda v: 2 * v, v)
    [points, _] = [line for line in plot_check(sampled).lines if line.get_marker() in ("o", "x")]
    assert len(points.get_ydata()) == 60
