"""Neural networks of scalars: neurons, layers, losses and optimizers, small enough to draw."""

try:
    from autograd import Value as _Value  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the package `autograd` that Python finds is not glassgrad's: another package of that "
        "name (HIPS autograd) is installed here. Use a fresh virtual environment."
    ) from error

from nn.layers import MLP, Layer, Neuron
from nn.losses import BinaryCrossentropy, MeanSquaredError, SquaredError
from nn.module import Module
from nn.optimizers import SGD, Adam, AdamW, Optimizer

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "BinaryCrossentropy",
    "Layer",
    "MeanSquaredError",
    "Module",
    "Neuron",
    "Optimizer",
    "SquaredError",
]
