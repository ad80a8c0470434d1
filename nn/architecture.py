"""Architecture: how a Sequential or an MLP was built, as data, and such a model built anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import autograd
from nn.convolution import Conv1D, Flatten
from nn.dense import Dense, Layer
from nn.dropout import Dropout
from nn.embedding import Embedding
from nn.networks import MLP, Sequential
from nn.regularizers import L2

if TYPE_CHECKING:
    from os import PathLike

    from nn.module import Module

KINDS: dict[str, type[Module]] = {
    kind.__name__: kind
    for kind in (Sequential, MLP, Dense, Layer, Conv1D, Flatten, Dropout, Embedding)
}
ACTIVATIONS = {"linear", "softmax", *autograd.__all__}


def load_model(path: str | PathLike[str]) -> Any:
    """A Sequential or an MLP, rebuilt from a file that its ``save`` wrote, with its weights.

    >>> model = MLP(2, [3, 1], seed=1)
    >>> model.save("m.npz")
    >>> again = load_model("m.npz")
    >>> bool((again.to_vector() == model.to_vector()).all())
    True

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or of another kind of model: build that, and then call its
            ``load_weights``.
    """
    from nn.saving import ARCHITECTURE, load_weights, read

    arrays = read(path)
    if ARCHITECTURE not in arrays:
        raise ValueError(
            "this file has the weights of a custom model, but not how to build it: build it, "
            "then call its load_weights"
        )
    try:
        model = rebuilt(json.loads(str(arrays[ARCHITECTURE])))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"what the file says about the model is damaged: {error}") from None
    load_weights(model, path)
    return model


def described(model: Module) -> dict[str, Any] | None:
    """What :func:`rebuilt` needs; None for a model that it cannot build."""
    if type(model) not in (Sequential, MLP):
        return None
    found = _described(model)
    if found is None or _shapes(rebuilt(found)) != _shapes(model):  # units may share a bias
        return None
    return found


def rebuilt(data: dict[str, Any]) -> Any:
    """A new model as described, with new weights."""
    options = dict(data)
    kind = KINDS[options.pop("kind")]
    if kind is Sequential:
        return Sequential([rebuilt(each) for each in options["layers"]])
    if kind is MLP:
        layers = options["layers"]
        return MLP(
            layers[0]["n_inputs"],
            [each["n_units"] for each in layers],
            activation=[each["activation"] for each in layers],
            use_bias=layers[0]["use_bias"],
        )
    if l2 := options.pop("l2", None):
        options["kernel_regularizer"] = L2(l2["rate"], per_example=l2["per_example"])
    channels = options.pop("channels", None)
    layer: Any = kind(**options)
    if channels is not None:
        layer.build((layer.kernel_size, channels))
    return layer


def _described(layer: Any) -> dict[str, Any] | None:
    kind = type(layer)
    if KINDS.get(kind.__name__) is not kind:
        return None
    options: dict[str, Any] = {"kind": kind.__name__}
    if kind in (Sequential, MLP):
        layers = [_described(each) for each in layer.layers]
        return None if None in layers else options | {"layers": layers}
    if kind is Dropout:
        return options | {"rate": layer.rate}
    if kind is Flatten:
        return options | {"input_shape": layer.input_shape}
    if kind is Embedding:
        return options | {"n": layer.n, "width": layer.width}
    if layer.activation not in ACTIVATIONS:
        return None
    biases = [neuron.bias is not None for neuron in layer.neurons]
    options |= {"activation": layer.activation, "use_bias": all(biases)}
    if type(layer.kernel_regularizer) is L2:
        regularizer = layer.kernel_regularizer
        options["l2"] = {"rate": regularizer.rate, "per_example": regularizer.per_example}
    if kind is Conv1D:
        sizes = {"filters": layer.filters, "kernel_size": layer.kernel_size}
        sizes |= {"strides": layer.strides, "input_shape": layer.input_shape}
        return options | sizes | {"channels": layer.channels}
    if kind is Dense:
        return options | {"units": layer.units, "input_shape": layer.n_inputs}
    return options | {"n_inputs": layer.n_inputs, "n_units": len(layer.neurons)}


def _shapes(model: Module) -> list[Any]:
    import numpy as np

    from nn.saving import arrays_of

    return [(name, np.shape(array)) for name, array in arrays_of(model).items()]
