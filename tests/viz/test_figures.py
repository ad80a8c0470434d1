"""Plots as files: one rule for every plot, path=."""

from __future__ import annotations

import struct

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

import nn
import viz
from autograd import Value, check_gradients
from nn import History
from viz import plot_activation, plot_history

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


def gradients_of_a_network():
    model = nn.MLP(2, [2, 1], seed=1)
    sum(model([1, 2])).backward()
    return model


def squares(v):
    return np.sum(v**2)


V, W = np.ones(2), Value(2, "w")
CALLS = {
    "plot_activation": lambda path: viz.plot_activation(path=path),
    "plot_boundary": lambda path: viz.plot_boundary(sum, [[0, 0], [1, 1]], [0, 2], path=path),
    "plot_check": lambda path: viz.plot_check(
        check_gradients(squares, lambda v: (2 * v,), V), path=path
    ),
    "plot_descent": lambda path: viz.plot_descent(
        lambda x, y: x * x + y * y, {"SGD": [[1, 1], [0, 0]]}, path=path
    ),
    "plot_fit": lambda path: viz.plot_fit(lambda x: 2 * x[0], [0, 1], [0, 2], path=path),
    "plot_gradients": lambda path: viz.plot_gradients(gradients_of_a_network(), path=path),
    "plot_history": lambda path: viz.plot_history([0.5, 0.25], path=path),
    "plot_slice": lambda path: viz.plot_slice(W * W, W, path=path),
    "plot_weights": lambda path: viz.plot_weights([[1, -2]], path=path),
}


def test_every_plot_saves_its_figure(tmp_path):
    assert set(CALLS) == {name for name in viz.__all__ if name.startswith("plot_")}
    for name, call in CALLS.items():
        ax = call(tmp_path / f"{name}.png")
        assert isinstance(ax, mpl.axes.Axes)
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG"), name


@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("PNG", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_figure_is_saved_in_the_format_of_the_ending(ending, start, tmp_path):
    path = tmp_path / f"tanh.{ending}"
    ax = plot_activation("tanh", path=path)
    content = path.read_bytes()
    assert content.startswith(start)
    assert ax.get_title() == "tanh"  # the axes come back, as without a path
    plot_activation("tanh", path=path)
    assert path.read_bytes() == content


def test_axes_in_a_part_of_a_figure_save_the_whole(tmp_path):
    figure = pyplot.figure(figsize=(6, 3), dpi=100)
    left, _ = figure.subfigures(1, 2)
    plot_history([0.5, 0.25], ax=left.subplots(), path=tmp_path / "both.png")
    width, height = struct.unpack(">II", (tmp_path / "both.png").read_bytes()[16:24])
    assert (width, height) == (600, 300)


def test_a_history_saves_its_plot(tmp_path):
    History(loss=[0.5, 0.25]).plot(path=tmp_path / "loss.svg")
    assert b"epoch" in (tmp_path / "loss.svg").read_bytes()


def test_an_unknown_ending_and_a_missing_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown format 'gif': choose one of svg, png, pdf"):
        plot_activation("tanh", path=tmp_path / "tanh.gif")
    with pytest.raises(FileNotFoundError, match="cannot write"):
        plot_activation("tanh", path=tmp_path / "none" / "tanh.svg")
    assert not list(tmp_path.iterdir())
