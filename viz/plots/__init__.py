"""Plots: activations, training, boundaries, fitted curves, descent, slices, weights, gradients."""

from viz.plots.activation import plot_activation as plot_activation
from viz.plots.costs import plot_descent as plot_descent
from viz.plots.costs import plot_slice as plot_slice
from viz.plots.history import plot_history as plot_history
from viz.plots.outputs import plot_boundary as plot_boundary
from viz.plots.outputs import plot_fit as plot_fit
from viz.plots.parameters import plot_gradients as plot_gradients
from viz.plots.parameters import plot_weights as plot_weights
