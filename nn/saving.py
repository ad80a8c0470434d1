"""Saving: the weights of a model in a .npz file, by their names and shapes; never by pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.recorded import Parameters

if TYPE_CHECKING:
    from os import PathLike

    from nn.module import Module

# The entry that says what the model was made of; no parameter has such a name.
ARCHITECTURE = "glassgrad.model"


def save(model: Module, path: str | PathLike[str], architecture: Any) -> None:
    """Write all weights, and the architecture if there is one: see :meth:`nn.Module.save`."""
    import numpy as np

    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"weights are saved in a file that ends in .npz, not {path.name!r}")
    arrays = arrays_of(model)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds {array[~np.isfinite(array)][0]}: nothing was saved")
    if architecture is not None:
        arrays[ARCHITECTURE] = np.array(json.dumps(architecture))
    # Written beside it and put in its place in one go: the old file is whole until then.
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def load_weights(model: Module, path: str | PathLike[str]) -> None:
    """Take all weights from a file: see :meth:`nn.Module.load_weights`."""
    found = read(path)
    found.pop(ARCHITECTURE, None)
    here = arrays_of(model)
    name = Path(path).name
    if missing := [key for key in here if key not in found]:
        raise ValueError(
            f"{name} has no {', '.join(missing)}: it holds {', '.join(found)}, the model needs "
            f"{', '.join(here)}"
        )
    if more := [key for key in found if key not in here]:
        raise ValueError(f"{name} holds {', '.join(more)}, which the model does not have")
    for key, array in here.items():
        if found[key].shape != array.shape:
            raise ValueError(
                f"{key} has shape {found[key].shape} in {name}, and {array.shape} in the model"
            )
    Parameters(model).write([x for key in here for x in found[key].ravel().tolist()])


def read(path: str | PathLike[str]) -> dict[str, Any]:
    """The arrays in a file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, or not such a file.
    """
    import zipfile
    import zlib

    import numpy as np

    # What NumPy and zipfile raise, depending on which byte of a file is another one.
    damage = (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    )
    name = Path(path).name
    try:
        with Path(path).open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise ValueError("it is not a .npz file")
            file.seek(0)
            found = np.load(file, allow_pickle=False)
            arrays = dict(found)
    except FileNotFoundError:
        raise
    except damage as error:
        raise ValueError(f"{name} is damaged, or no file of weights: {error}") from None
    for key, array in arrays.items():
        is_floats = isinstance(array, np.ndarray) and array.dtype == np.float64
        if key != ARCHITECTURE and not (is_floats and np.isfinite(array).all()):
            raise ValueError(f"{name} is damaged: {key} holds what is no number")
    if not arrays:
        raise ValueError(f"{name} is no file of weights")
    return arrays


def arrays_of(model: Module) -> dict[str, Any]:
    """The weights by name, as arrays."""
    import numpy as np

    return {name: np.array(_data(nested)) for name, nested in Parameters(model).named.items()}


def _data(nested: Any) -> Any:
    if isinstance(nested, (list, tuple)):
        return [_data(each) for each in nested]
    return float(nested.data)
