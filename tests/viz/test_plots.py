"""Plots: what they show, checked in the data of their lines and images."""

from __future__ import annotations

import io
import math
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

from autograd import Value, affine, relu, sigmoid, tanh
from autograd.backprop import topological_order
from nn import MLP, BinaryCrossentropy
from viz.plots import (
    plot_activation,
    plot_boundary,
    plot_descent,
    plot_fit,
    plot_gradients,
    plot_history,
    plot_slice,
    plot_weights,
)
from viz.plots.axes import OPEN
from viz.style import DASHES, MARKS, SERIES

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def lines(ax):
    """The curves of an Axes by their names in the legend."""
    return {line.get_label(): line for line in ax.lines if line.get_label()[0] != "_"}


def heights_at(line, points):
    """The heights of a curve at points, where it is interpolated if need be."""
    x, y = line.get_data()
    return [min(zip(x, y, strict=True), key=lambda xy: abs(xy[0] - p))[1] for p in points]


# --- activation functions -----------------------------------------------------------------


def test_sigmoid_and_its_derivative():
    """g′(0) = ¼, and a(1 − a) elsewhere."""
    curves = lines(plot_activation("sigmoid"))
    g = curves[r"$g(z)$"]
    assert heights_at(g, [-2, 0, 2]) == [sigmoid(-2), 0.5, sigmoid(2)]
    slopes = heights_at(curves[r"$g^{\prime}(z)$"], [-2, 0, 2])
    a = sigmoid(2)
    assert slopes == pytest.approx([a * (1 - a), 0.25, a * (1 - a)], rel=1e-12)


def test_a_row_and_its_name_are_the_same_function():
    by_name, by_row = lines(plot_activation("tanh")), lines(plot_activation(tanh))
    assert [list(line.get_ydata()) for line in by_name.values()] == [
        list(line.get_ydata()) for line in by_row.values()
    ]


def test_linear_has_slope_one():
    curves = lines(plot_activation("linear"))
    assert set(curves[r"$g^{\prime}(z)$"].get_ydata()) == {1.0}
    assert heights_at(curves[r"$g(z)$"], [-1.0]) == pytest.approx([-1.0])


@pytest.mark.parametrize(
    ("function", "curve", "dots"),
    [
        (relu, 1, [(0.0, 0.0), (0.0, 1.0)]),
        ("leaky_relu", 1, [(0.0, 0.01), (0.0, 1.0)]),
        ("step", 0, [(0.0, 1.0), (0.0, 0.0)]),
        ("sign", 0, [(0.0, 0.0), (0.0, -1.0), (0.0, 0.0), (0.0, 1.0)]),
    ],
)
def test_a_jump_has_a_gap_a_dot_and_a_ring_at_its_open_end(function, curve, dots):
    ax = plot_activation(function)
    heights = lines(ax)[r"$g(z)$" if curve == 0 else r"$g^{\prime}(z)$"].get_ydata()
    assert [math.isnan(y) for y in heights].count(True) == len(dots) // 2
    marks = [line for line in ax.lines if line.get_marker() == MARKS[curve]]
    found = [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks]
    np.testing.assert_allclose(found, dots, atol=1e-12)
    assert [line.get_markerfacecolor() == OPEN for line in marks] == [False, True] * (
        len(dots) // 2
    )


def test_a_pole_has_a_gap_and_no_ring():
    ax = plot_activation("tan")
    marks = [line for line in ax.lines if line.get_markerfacecolor() == OPEN]
    assert marks
    assert all(math.isnan(line.get_ydata()[0]) for line in marks)


def test_a_function_has_a_gap_outside_its_domain():
    heights = lines(plot_activation("log"))[r"$g(z)$"].get_ydata()
    assert math.isnan(heights[0])
    assert heights[-1] == math.log(5)


def test_all_activations_stand_side_by_side():
    ax = plot_activation()
    titles = [child.get_title() for child in ax.child_axes]
    first, last = ["linear", "sigmoid σ", "tanh", "ReLU"], ["SiLU", "GELU", "ELU", "step"]
    assert titles == [*first, "leaky ReLU", "softplus", *last]


@pytest.mark.parametrize("name", ["swish", "add", "constant", "total"])
def test_no_function_of_one_number(name):
    with pytest.raises(ValueError, match=f"no function '{name}' of one number: choose linear"):
        plot_activation(name)


# --- histories ----------------------------------------------------------------------------


def test_losses_are_on_the_left_and_metrics_on_the_right():
    ax = plot_history({"loss": [3, 2, 1], "val_loss": [3, 2.5], "accuracy": [0.5, 0.75, 1]})
    assert list(lines(ax)) == ["loss", "val loss"]
    right = next(other for other in ax.figure.axes if other is not ax)
    assert list(lines(right)["accuracy"].get_ydata()) == [0.5, 0.75, 1]
    assert list(lines(ax)["val loss"].get_xdata()) == [1, 2]
    colors = [line.get_color() for line in ax.get_legend().get_lines()]
    assert colors == list(SERIES[:3])
    assert len({line.get_linestyle() for line in ax.get_legend().get_lines()}) == 3


def test_a_list_is_the_history_of_the_loss():
    ax = plot_history([3, 2, 1])
    assert ax.get_ylabel() == "loss"
    assert list(lines(ax)["loss"].get_ydata()) == [3, 2, 1]
    assert len(ax.figure.axes) == 1


def test_metrics_alone_have_the_left_axis():
    ax = plot_history({"accuracy": [0.5] * 30})
    assert ax.get_ylabel() == "accuracy"
    assert lines(ax)["accuracy"].get_marker() == "None"


@pytest.mark.parametrize("history", [[], {}, {"loss": []}])
def test_an_empty_history(history):
    with pytest.raises(ValueError, match="train for at least one epoch"):
        plot_history(history)


# --- boundaries ---------------------------------------------------------------------------


def unit(weights, inputs):
    return sigmoid(affine(weights[1:], inputs, weights[0]))


def xnor(x):
    """OR(AND, NOR), the hand-set network of the lecture; a layer returns a list."""
    x = [Value(each) for each in x]
    hidden = [unit([-30, 20, 20], x), unit([10, -20, -20], x)]
    return [unit([-10, 20, 20], hidden)]


CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]


def boundary_points(ax):
    """The vertices of the black lines."""
    return [
        vertex
        for contour in ax.collections
        for path in contour.get_paths()
        if not contour.get_facecolor().size
        for vertex in path.vertices.tolist()
    ]


def test_the_boundary_of_xnor_lies_where_the_output_is_one_half():
    ax = plot_boundary(xnor, CORNERS, [1, 0, 0, 1])
    points = boundary_points(ax)
    sums = sorted(x1 + x2 for x1, x2 in points)
    # σ(20x1 + 20x2 − 30) and its like are steep: the lines x1 + x2 = 0.5 and 1.5
    assert all(min(abs(s - 0.5), abs(s - 1.5)) < 0.02 for s in sums)
    assert sums[0] < 1 < sums[-1]
    classes = {
        name: list(map(list, zip(*line.get_data(), strict=True)))
        for name, line in lines(ax).items()
    }
    assert classes == {"y = 0": [[0, 1], [1, 0]], "y = 1": [[0, 0], [1, 1]]}
    assert len({line.get_marker() for line in ax.lines}) == 2


def test_the_level_is_halfway_between_the_labels():
    ax = plot_boundary(lambda x: x[0] - 3 * x[1], CORNERS, [[-1], [-1], [1], [1]])
    assert all(abs(x1 - 3 * x2) < 1e-9 for x1, x2 in boundary_points(ax))


def test_the_largest_of_several_outputs_wins():
    def model(x):
        return [Value(x[0]), Value(x[1]), Value(-x[0] - x[1])]

    ax = plot_boundary(model, [[1, 0], [0, 1], [-1, -1]], [0, 1, 2])
    for x in boundary_points(ax):
        first, second, _ = sorted([x[0], x[1], -x[0] - x[1]], reverse=True)
        assert first - second < 0.06  # two outputs tie: to a cell of the grid at the corner
    assert list(lines(ax)) == ["y = 0", "y = 1", "y = 2"]


def test_numpy_arrays_are_data_too():
    labels = np.array([[1], [0], [0], [1]])
    ax = plot_boundary(lambda x: np.array([x[0] + x[1]]), np.array(CORNERS), labels)
    assert list(lines(ax)) == ["y = 0", "y = 1"]


def test_points_on_one_spot_and_one_region_only():
    ax = plot_boundary(lambda x: 0.0, [[1, 1], [1, 1]], [0, 1])
    assert boundary_points(ax) == []


@pytest.mark.parametrize(("X", "Y"), [([], []), ([[1, 2, 3]], [0]), ([[1, 2]], [0, 1])])
def test_points_that_cannot_be_plotted(X, Y):
    with pytest.raises(ValueError, match="points of two coordinates"):
        plot_boundary(xnor, X, Y)


# --- weights ------------------------------------------------------------------------------


def test_weights_are_an_image_with_zero_in_the_middle():
    ax = plot_weights([[Value(1.5), -0.25], [0, -3]])
    [image] = ax.images
    assert image.get_array().tolist() == [[1.5, -0.25], [0.0, -3.0]]
    assert image.get_clim() == (-3.0, 3.0)
    assert [text.get_text() for text in ax.texts] == ["1.5", "−0.25", "0", "−3"]


def test_many_weights_have_no_numbers():
    ax = plot_weights([[0.0] * 13])
    assert not ax.texts
    assert ax.images[0].get_clim() == (-1.0, 1.0)


def test_each_unit_is_a_tile():
    ax = plot_weights([[1, 2, 3, 4, 5, 6]] * 2 + [[7] * 6], shape=(2, 3))
    image = ax.images[0].get_array().filled(math.nan).tolist()
    assert len(image) == 5  # two rows of tiles with a line between them
    assert image[0][:3] + image[1][:3] == [1, 2, 3, 4, 5, 6]
    assert math.isnan(image[0][3])
    assert image[0][4:] == [1, 2, 3]
    assert image[3][:3] == [7, 7, 7]
    assert all(map(math.isnan, image[3][4:]))


@pytest.mark.parametrize("weights", [[], [[]], [[1], [1, 2]]])
def test_rows_that_are_no_matrix(weights):
    with pytest.raises(ValueError, match="rows of the same length"):
        plot_weights(weights)


def test_a_shape_that_the_weights_do_not_fill():
    with pytest.raises(ValueError, match="4 weights, which do not fill an image of 3 × 2"):
        plot_weights([[1, 2, 3, 4]], shape=(3, 2))


# --- gradients ----------------------------------------------------------------------------


class Model:
    def named_parameters(self):
        W = [[Value(0), Value(0)], [Value(0), Value(0)]]
        for value, grad in zip([*W[0], *W[1]], [3, -4, 0, 0], strict=True):
            value.grad = grad
        return {"W1": W, "b1": [Value(0), Value(0)], "scale": Value(1)}


def test_the_size_of_a_gradient_is_a_root_mean_square():
    """√((9 + 16 + 0 + 0) / 4) = 2.5."""
    ax = plot_gradients(Model())
    assert [text.get_text() for text in ax.texts] == ["2.5", "0", "0"]
    assert ax.patches[0].get_height() == 2.5
    assert [patch.get_hatch() for patch in ax.patches] == ["", "//", "//"]
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        "$W_{1}$",
        "$b_{1}$",
        r"$\mathrm{scale}$",
    ]


def test_many_parameters_have_upright_numbers():
    ax = plot_gradients({f"b{i}": [Value(0)] for i in range(8)})
    assert {text.get_rotation() for text in ax.texts} == {90.0}


def test_what_has_no_parameters():
    with pytest.raises(TypeError, match="int has none"):
        plot_gradients(3)
    with pytest.raises(ValueError, match="no parameters"):
        plot_gradients({})


# --- slices -------------------------------------------------------------------------------


def linear_unit():
    """Worked example 5: J = ½(wx + b − y)² = 2 with dJ/dw = −4."""
    w, b, x, y = Value(2, "w"), Value(8, "b"), Value(-2, "x"), Value(2, "y")
    J = (w * x + b - y) ** 2 / 2
    J.label = "J"
    return J, w


def test_a_slice_and_its_tangent():
    J, w = linear_unit()
    ax = plot_slice(J, w, reach=0.5)
    curve, tangent = list(lines(ax).values())[:2]
    assert tangent.get_label() == r"tangent: $\frac{dJ}{dw}$ = −4"
    assert heights_at(curve, [1.5, 2.0, 2.5]) == pytest.approx([4.5, 2.0, 0.5])
    assert list(tangent.get_ydata()) == [4.0, 0.0]
    assert ax.get_xlabel() == "$w$"


def test_a_slice_leaves_the_graph_as_it_was():
    J, w = linear_unit()
    J.backward()
    w.data = 2.5  # even where the leaves are ahead of the graph
    state = [(n.data, n.grad, n.partials) for n in topological_order(J)]
    ax = plot_slice([J], [w])
    assert [(n.data, n.grad, n.partials) for n in topological_order(J)] == state
    assert "= −2" in ax.get_legend().get_texts()[1].get_text()


def test_a_slice_has_a_gap_outside_the_domain():
    x = Value(0.5, "x")
    heights = lines(plot_slice(x.log(), x))[r"$J(x)$"].get_ydata()
    assert math.isnan(heights[0])
    assert x.data == 0.5


def test_a_slice_along_what_is_no_leaf():
    J, w = linear_unit()
    with pytest.raises(ValueError, match="is not a leaf"):
        plot_slice(J, J)
    with pytest.raises(ValueError, match="is not a leaf"):
        plot_slice(J, Value(3))
    with pytest.raises(ValueError, match="no slope"):
        plot_slice(w.sqrt() * 0 + (w - 2).sqrt(), w)
    assert w.data == 2.0


# --- all of them --------------------------------------------------------------------------

PLOTS = {
    "activation": lambda ax: plot_activation("relu", ax=ax),
    "activations": lambda ax: plot_activation(ax=ax),
    "history": lambda ax: plot_history([3, 2, 1], ax=ax),
    "boundary": lambda ax: plot_boundary(xnor, CORNERS, [1, 0, 0, 1], ax=ax),
    "weights": lambda ax: plot_weights([[1, 2], [3, 4]], ax=ax),
    "gradients": lambda ax: plot_gradients(Model(), ax=ax),
    "slice": lambda ax: plot_slice(*linear_unit(), ax=ax),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_goes_where_it_is_told_and_is_always_the_same(name):
    pictures = []
    for _ in range(2):
        from matplotlib import pyplot

        figure, given = pyplot.subplots()
        assert PLOTS[name](given) is given
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=30)
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]


def test_colours_are_told_apart_on_white():
    """Contrast of at least 4.5 : 1, after WCAG 2.2."""

    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    assert all(1.05 / (luminance(color) + 0.05) >= 4.5 for color in SERIES)
    assert len({*MARKS}) == len({*DASHES}) == len(SERIES)


def test_matplotlib_is_imported_only_when_something_is_plotted():
    program = "import viz, sys; print('matplotlib' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert shown.stdout == "False\n", shown.stderr


# --- what a model makes of data, and how it was found ---


def test_a_fit_is_the_data_and_the_curve_of_the_model():
    model = MLP(1, [1], seed=1)
    model.from_vector([2.0, 1.0])
    X, Y = [0.0, 1.0, 2.0], [1.0, 3.5, 5.0]
    ax = plot_fit(model, X, Y, label="2x + 1")
    data, curve = ax.lines
    assert data.get_xdata().tolist() == X
    assert data.get_ydata().tolist() == Y
    np.testing.assert_allclose(curve.get_ydata(), 2 * np.asarray(curve.get_xdata()) + 1)
    assert min(curve.get_xdata()) < 0.0
    assert max(curve.get_xdata()) > 2.0
    assert ax.get_legend_handles_labels()[1] == ["data", "2x + 1"]
    # Another model beside it: the data are there already.
    plot_fit(lambda x: 3 * x[0], X, Y, label="3x", ax=ax)
    assert len(ax.lines) == 3
    colors = [line.get_color() for line in ax.lines]
    assert len(set(colors)) == 3


def test_a_fit_of_two_outputs_has_two_curves():
    ax = plot_fit(lambda x: [x[0], -x[0]], [[1.0]], [[1.0, -1.0]])
    labels = ax.get_legend_handles_labels()[1]
    assert labels == ["data $y_{1}$", "data $y_{2}$", "model $a_{1}$", "model $a_{2}$"]


@pytest.mark.parametrize(
    ("X", "Y"), [([], []), ([[1.0, 2.0]], [1.0]), ([1.0, 2.0], [1.0]), ([[]], [1.0])]
)
def test_a_fit_takes_one_input(X, Y):
    with pytest.raises(ValueError, match="for examples of one input and their targets; not for"):
        plot_fit(lambda x: x, X, Y)


def test_a_descent_is_a_path_on_contours():
    paths = {"SGD": [(4.0, 1.0), (3.0, -1.0), (2.0, 0.5)], "Adam": [(4.0, 1.0), (0.0, 0.0)]}
    ax = plot_descent(lambda x, y: x**2 + 20 * y**2, paths, names=("w", "b"))
    labels = ax.get_legend_handles_labels()[1]
    assert labels == ["SGD, 2 steps", "Adam, 1 steps"]
    assert ax.lines[0].get_xdata().tolist() == [4.0, 3.0, 2.0]
    assert ax.lines[1].get_xdata().tolist() == [2.0]  # where it has come to
    assert ax.get_xlabel() == "$w$"
    assert len(ax.collections) >= 1
    for wrong in ({}, {"SGD": []}, {"SGD": [(1.0, 2.0, 3.0)]}):
        with pytest.raises(ValueError, match="paths are lists of points of two coordinates"):
            plot_descent(lambda x, y: x, wrong)


def test_the_boundary_of_logits_is_at_zero():
    """The logit is x₁: the boundary lies at x₁ = 0, and not halfway between the labels."""
    model = MLP(2, [1], seed=1)
    model.from_vector([1.0, 0.0, 0.0])
    model.compile(loss=BinaryCrossentropy(from_logits=True))
    X, Y = [[-1.0, 0.0], [1.0, 1.0]], [0, 1]

    def place(ax):
        [line] = [c for c in ax.collections if c.get_linewidth().tolist() == [2.5]]
        return line.get_paths()[0].vertices[0, 0]

    assert place(plot_boundary(model, X, Y)) == pytest.approx(0.0)
    assert place(plot_boundary(model, X, Y, level=0.25)) == pytest.approx(0.25)
    assert place(plot_boundary(lambda x: x[0], X, Y)) == pytest.approx(0.5)
