"""Pictures of computation graphs: forward values, backward gradients, the chain rule."""

try:
    from autograd import Value as _Value  # noqa: F401
except ImportError as error:  # pragma: no cover (the tests try it in a process of its own)
    raise ImportError(
        "the package `autograd` that Python finds is not glassgrad's: another package of that "
        "name (HIPS autograd) is installed here. Use a fresh virtual environment."
    ) from error

from viz.check_plots import plot_check
from viz.derivations import Explanation
from viz.drawing import draw
from viz.explaining import explain
from viz.layout.drawing import Drawing
from viz.network_drawing import draw_network
from viz.networks.sketch import NetworkDrawing
from viz.networks.walk import NetworkWalkthrough
from viz.player.walkthrough import Walkthrough
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
from viz.stepping import step_through

__all__ = [
    "Drawing",
    "Explanation",
    "NetworkDrawing",
    "NetworkWalkthrough",
    "Walkthrough",
    "draw",
    "draw_network",
    "explain",
    "plot_activation",
    "plot_boundary",
    "plot_check",
    "plot_descent",
    "plot_fit",
    "plot_gradients",
    "plot_history",
    "plot_slice",
    "plot_weights",
    "step_through",
]
