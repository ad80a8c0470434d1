"""Neural networks of scalars: neurons, layers, losses and optimizers, small enough to draw."""

try:
    from autograd import Value as _Value  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the package `autograd` that Python finds is not glassgrad's: another package of that "
        "name (HIPS autograd) is installed here. Use a fresh virtual environment."
    ) from error

from nn import layers as layers
from nn import losses as losses
from nn import metrics as metrics
from nn import optimizers as optimizers
from nn import schedules as schedules
from nn.architecture import load_model
from nn.callbacks import EarlyStopping
from nn.checking import gradcheck
from nn.divergence import DivergenceError
from nn.history import History
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
from nn.optimizers import SGD, Adam, AdamW, Optimizer
from nn.regularizers import L2

__all__ = [
    "L2",
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Conv1D",
    "Dense",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "History",
    "Layer",
    "Loss",
    "MeanSquaredError",
    "Module",
    "Neuron",
    "Optimizer",
    "Sequential",
    "SparseCategoricalCrossentropy",
    "SquaredError",
    "gradcheck",
    "load_model",
]


def __getattr__(name: str) -> object:
    from nn.spelling import misspelled

    raise misspelled(__name__, name)
