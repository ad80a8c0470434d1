"""All layers under one name, as in ``nn.layers.Dense``; each is defined in its own module."""

from nn.activations import Activation, activation_name
from nn.convolution import Conv1D, Flatten
from nn.dense import Dense, Layer
from nn.dropout import Dropout
from nn.embedding import Embedding
from nn.networks import MLP, Sequential
from nn.neuron import Neuron

__all__ = [
    "MLP",
    "Activation",
    "Conv1D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Layer",
    "Neuron",
    "Sequential",
    "activation_name",
]
