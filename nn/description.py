"""Description: how a Sequential or an MLP was built, as data that a file can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd
from nn.regularizers import L2

if TYPE_CHECKING:
    from nn.module import Module

ACTIVATIONS = {"linear", "softmax", *autograd.__all__}


def described(model: Module) -> dict[str, Any] | None:
    """What :func:`nn.architecture.rebuilt` needs; None for a model that it cannot build."""
    return _described(model) if _kind(model) in ("Sequential", "MLP") else None


def _kind(layer: Any) -> str | None:
    """The name of its class, if that is one of ours and no subclass of it."""
    kind = type(layer)
    return kind.__name__ if kind.__module__.partition(".")[0] == "nn" else None


def _described(layer: Any) -> dict[str, Any] | None:
    kind = _kind(layer)
    if kind is None:
        return None
    options: dict[str, Any] = {"kind": kind}
    if kind in ("Sequential", "MLP"):
        layers = [_described(each) for each in layer.layers]
        return None if None in layers else options | {"layers": layers}
    if kind == "Dropout":
        return options | {"rate": layer.rate}
    if kind == "Flatten":
        return options | {"input_shape": layer.input_shape}
    if kind == "Embedding":
        return options | {"n": layer.n, "width": layer.width}
    if layer.activation not in ACTIVATIONS:
        return None
    biases = [neuron.bias is not None for neuron in layer.neurons]
    options |= {"activation": layer.activation, "use_bias": all(biases)}
    if type(layer.kernel_regularizer) is L2:
        regularizer = layer.kernel_regularizer
        options["l2"] = {"rate": regularizer.rate, "per_example": regularizer.per_example}
    if kind == "Conv1D":
        sizes = {"filters": layer.filters, "kernel_size": layer.kernel_size}
        sizes |= {"strides": layer.strides, "input_shape": layer.input_shape}
        return options | sizes | {"channels": layer.channels}
    if kind == "Dense":
        return options | {"units": layer.units, "input_shape": layer.n_inputs}
    return options | {"n_inputs": layer.n_inputs, "n_units": len(layer.neurons)}
