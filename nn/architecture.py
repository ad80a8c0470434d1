"""Architecture: a Sequential or an MLP, rebuilt from its description in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nn.convolution import Conv1D, Flatten
from nn.dense import Dense, Layer
from nn.dropout import Dropout
from nn.embedding import Embedding
from nn.networks import MLP, Sequential
from nn.regularizers import L2
from nn.saving import ARCHITECTURE, arrays_of, load_weights, read

if TYPE_CHECKING:
    from os import PathLike

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Sequential, MLP, Dense, Layer, Conv1D, Flatten, Dropout, Embedding)
}


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
    arrays = read(path)
    found = str(arrays.pop(ARCHITECTURE, ""))
    try:
        model = rebuilt(json.loads(found)) if found else None
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"what the file says about the model is damaged: {error}") from None
    if model is None or _shapes(arrays) != _shapes(arrays_of(model)):  # units may share a bias
        raise ValueError(
            "this file has the weights of a custom model, but not how to build it: build it, "
            "then call its load_weights"
        )
    load_weights(model, path)
    return model


def _shapes(arrays: dict[str, Any]) -> list[Any]:
    return [(name, array.shape) for name, array in arrays.items()]


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
