"""Plots of numbers that are none, of any labels, on any ground, and again into the same axes."""

from __future__ import annotations

import math
from math import inf, nan

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from autograd import Value
from autograd.notation import number
from viz import (
    plot_activation,
    plot_boundary,
    plot_descent,
    plot_fit,
    plot_gradients,
    plot_history,
    plot_slice,
    plot_weights,
)

mpl.use("Agg")
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_one_weight_that_is_no_number_leaves_the_scale_to_the_others():
    for weights in ([[nan, 1], [2, -3]], [[1, nan], [2, -3]], [[1, 2], [-3, nan]]):
        ax = plot_weights(weights)
        assert ax.images[0].get_clim() == (-3.0, 3.0)
        assert sorted(text.get_text() for text in ax.texts)[1:] == ["2", "nan", "−3"]
    ax = plot_weights([[inf, 1], [2, -inf]])
    assert ax.images[0].get_clim() == (-2.0, 2.0)
    assert ax.images[0].get_array().tolist() == [[2.0, 1.0], [2.0, -2.0]]
    assert [text.get_text() for text in ax.texts] == ["∞", "1", "2", "−∞"]
    assert plot_weights([[nan]]).images[0].get_clim() == (-1.0, 1.0)


def test_a_cross_stands_where_an_image_has_no_number():
    ax = plot_weights([[nan, 1, 2, 3], [4, 5, 6, nan]], shape=(2, 2))
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines] == [(0, 0), (4, 1)]


def test_infinite_logits_have_regions_and_a_boundary():
    def step(x):
        return inf if x[0] > 0.5 else -inf

    ax = plot_boundary(step, [[0, 0], [1, 1]], [0, 1])
    filled = [c.get_paths()[0].vertices[:, 0] for c in ax.collections]
    assert len(filled) == 3
    assert filled[0].max() == pytest.approx(0.5, abs=0.04)
    assert filled[1].min() == pytest.approx(0.5, abs=0.04)
    three = plot_boundary(lambda x: [step(x), -step(x), 0.0], [[0, 0], [1, 1]], [0, 1])
    assert len(three.collections) == 3  # two regions, and one boundary around the second
    nothing = plot_boundary(lambda x: [nan, 1.0], [[0, 0], [1, 1]], [0, 1])
    assert len(nothing.collections) == 0


def test_a_label_may_be_one_hot_or_of_any_array():
    X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    points = {}
    for name, Y in {
        "numbers": [0, 1, 2, 2],
        "one-hot": [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]],
        "arrays": list(map(np.array, [0, 1, 2, 2])),
        "columns": np.array([[0], [1], [2], [2]]),
    }.items():
        ax = plot_boundary(lambda x: [1 - x[0] - x[1], x[1] - 0.1, x[0]], np.array(X), Y)
        points[name] = [(line.get_label(), line.get_xydata().tolist()) for line in ax.lines]
    assert points["numbers"][2] == ("y = 2", [[1.0, 0.0], [1.0, 1.0]])
    assert all(each == points["numbers"] for each in points.values())
    plot_boundary(lambda x: np.array(x[0]), X, [0, 1, 1, 0])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            [1, 2, 3],
            r"the label 3 should be the number of a class, counted from 0 to 2, or 3 numbers",
        ),
        ([0, 1, 1.5], r"the label 1.5 should be the number of a class, counted from 0 to 2"),
        ([-1, 0, 1], r"the label −1 should be"),
        ([[1, 0, 0], [0, 1, 0], [1, 1, 0]], r"the label \['1', '1', '0'\] should be"),
        ([[1, 0], [0, 1], [0, 1]], r"the label \['1', '0'\] should be"),
        ([0, 1, nan], r"the label nan of example 2 .* is not finite"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        plot_boundary(lambda x: [x[0], x[1], 0.0], [[0, 0], [0, 1], [1, 1]], labels)


def test_a_model_with_one_output_has_labels_of_one_number():
    with pytest.raises(ValueError, match="should be one number for a model with one output"):
        plot_boundary(lambda x: x[0], [[0, 0], [1, 1]], [[1, 0], [0, 1]])


@pytest.mark.parametrize("x", [nan, inf, -inf])
def test_examples_that_have_no_place_in_a_plot_are_named(x):
    with pytest.raises(ValueError, match=r"the point 1, .* of example 1 .* is not finite"):
        plot_boundary(lambda x: x[0], [[0, 0], [1, x]], [0, 1])
    with pytest.raises(ValueError, match=r"the input .* of example 0 .* is not finite"):
        plot_fit(lambda x: x[0], [x, 1], [0, 1])


@pytest.mark.parametrize("x", [nan, inf, -inf])
def test_numbers_that_are_none_leave_a_plot_of_the_others(x):
    def cost(a, b):
        return x if a > 1.5 else 1 / (1 - b) if b == 1 else a * a + b * b

    path = [[1, 1], [0, 0.5], [x, 0]]
    ax = plot_descent(cost, {"gd": path, "lost": [[x, x]]})
    assert [line.get_label() for line in ax.lines[::2]] == [
        "gd, 2 steps, not finite from step 2",
        "lost, 0 steps, not finite from step 0",
    ]
    assert all(map(math.isfinite, (*ax.get_xlim(), *ax.get_ylim())))
    assert len(plot_descent(lambda a, b: x, {"gd": [[x, x]]}).collections) == 0
    assert len(plot_descent(lambda a, b: 1.0, {"gd": [[0, 0]]}).collections) == 0
    history = plot_history({"loss": [1.0, x, 2.0]})
    assert history.lines[0].get_label() == f"loss ({number(x)} in epoch 2)"
    assert plot_fit(lambda _: x, [0, 1], [0, 1]).lines
    w = Value(2.0, "w")
    assert plot_slice(w * x, w).lines
    high = plot_fit(lambda point: 1e308 * point[0] * 10, [0, 1], [0, 1])
    high.figure.canvas.draw()


@pytest.mark.parametrize("x", [nan, inf, -inf, 1e200, 0.0])
def test_gradients_that_are_no_numbers_or_huge_have_a_bar(x):
    a, b = Value(1.0), Value(1.0)
    a.grad, b.grad = x, 0.5
    ax = plot_gradients({"a": [a], "b": [b], "none": []})
    assert [text.get_text() for text in ax.texts][1:] == ["0.5", "0"]
    assert ax.texts[0].get_text() == number(abs(x))
    assert all(math.isfinite(bar.get_height()) for bar in ax.patches)
    assert ax.patches[0].get_height() >= ax.patches[1].get_height() or x == 0.0
    both = plot_gradients({"ab": [Value(1.0), a]})
    assert both.texts


def test_plotting_again_into_the_same_axes_leaves_one_scale():
    figure, ax = plt.subplots()
    for epoch in range(1, 6):
        ax.clear()
        plot_weights([[1, 2], [3, -4 * epoch]], ax=ax)
        width = ax.get_position().width
        assert len(figure.axes) == 2
        assert figure.axes[1].get_ylim() == (-4.0 * epoch if epoch > 0 else -3.0, 4.0 * epoch)
    plot_weights([[1, 2], [3, 4]], ax=ax)  # without clearing
    assert len(figure.axes) == 2
    assert len(ax.images) == 1
    assert len(ax.texts) == 4
    assert ax.get_position().width == width
    ax.clear()
    for epoch in range(1, 6):
        ax.clear()
        plot_history({"loss": [1.0] * epoch, "accuracy": [0.5] * epoch}, ax=ax)
        assert len(figure.axes) == 2
    plot_history({"loss": [2.0], "accuracy": [0.5]}, ax=ax)  # beside the other
    assert len(figure.axes) == 2
    assert len(figure.axes[1].lines) == 2
    figure.clear()
    ax = figure.add_subplot()
    plot_history([1.0], ax=ax)
    assert len(figure.axes) == 1


def contrast(color, ground):
    def light(c):
        parts = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in c[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(to_rgba(color)), light(to_rgba(ground))), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("style", ["default", "dark_background", "transparent"])
def test_curves_and_boundaries_stand_out_from_their_ground(style):
    settings = {"axes.facecolor": "none", "figure.facecolor": "#202020"}
    with plt.style.context(settings if style == "transparent" else style):
        curves = plot_history({f"loss {i}": [5 - i, 4 - i] for i in range(6)})
        two = plot_boundary(lambda x: x[0], [[0, 0], [1, 1]], [0, 1])
        w = Value(1.0, "w")
        slopes = plot_slice(w * w, w)
        one = plot_activation("step")
    ground = "#202020" if style == "transparent" else curves.get_facecolor()
    colors = [line.get_color() for ax in (curves, slopes) for line in ax.lines]
    colors.append(two.collections[-1].get_edgecolor()[0])
    colors += [line.get_color() for line in one.lines if line.get_label().startswith("$")]
    assert min(contrast(color, ground) for color in colors) >= 4.5


def test_a_name_is_shown_as_it_is_where_matplotlib_would_read_a_formula():
    w = Value(2.0, "w&b")
    ax = plot_slice(w * w, w)
    assert ax.get_xlabel() == r"$\text{w&b}$"
    assert (
        plot_descent(
            lambda a, b: a * a + b, {"_gd": [[0, 0], [1, 1]]}, names=(r"\theta_1", "{")
        ).get_ylabel()
        == r"$\text{\{}$"
    )
    labels = [line.get_label() for line in plot_history({"loss $^$": [1.0]}).lines]
    assert labels == [r"loss \$^\$"]
