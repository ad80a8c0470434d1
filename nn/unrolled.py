"""Unrolled: all parameters of a model as one vector, for optimizers that know only vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn.recorded import Parameters

if TYPE_CHECKING:
    from nn.data import Array
    from nn.module import Module


def to_vector(model: Module) -> Array:
    """All parameters as one vector: see :meth:`nn.Module.to_vector`."""
    import numpy as np

    return np.array([value.data for value in Parameters(model).values], float)


def from_vector(model: Module, vector: Any) -> None:
    """Set all parameters: see :meth:`nn.Module.from_vector`."""
    import numpy as np

    parameters = Parameters(model)
    numbers = np.asarray(vector)
    if numbers.dtype.kind not in "fiub":
        raise TypeError(f"a vector of parameters must contain real numbers, not {numbers.dtype}")
    if numbers.shape != (len(parameters.values),):
        raise ValueError(
            f"the model has {len(parameters.values)} parameters, the vector has shape "
            f"{numbers.shape}"
        )
    if not np.isfinite(numbers).all():
        i = int(np.isfinite(numbers).argmin())
        raise ValueError(f"entry {i} of the vector is {numbers[i]}: no parameter was changed")
    parameters.write(numbers.astype(float).tolist())
