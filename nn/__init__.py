"""Neural networks of scalars: neurons, layers, losses and optimizers, small enough to draw."""

try:
    from autograd import Value as _Value  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the package `autograd` that Python finds is not glassgrad's: another package of that "
        "name (HIPS autograd) is installed here. Use a fresh virtual environment."
    ) from error

from nn import layers, losses, optimizers
from nn.layers import (
    MLP,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Neuron,
    Sequential,
)
from nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredError,
)
from nn.module import Module
from nn.optimizers import SGD
from nn.regularizers import L2

__all__ = [
    "L2",
    "MLP",
    "SGD",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Conv1D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Layer",
    "Loss",
    "MeanSquaredError",
    "Module",
    "Neuron",
    "Sequential",
    "SparseCategoricalCrossentropy",
    "SquaredError",
    "layers",
    "losses",
    "optimizers",
]


def __getattr__(name: str) -> object:
    from nn.spelling import misspelled

    raise misspelled(__name__, name)
