"""What an optimizer moves: Values, or the arrays of a program, either way as one vector."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from autograd import Value
from nn.arguments import shown

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


class Values:
    """Values to move, as one vector."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.values: list[Value] = list(dict.fromkeys(map(_parameter, values)))  # each once

    def __len__(self) -> int:
        return len(self.values)

    def data(self) -> Vector:
        return _vector([p.data for p in self.values])

    def gradient(self, grads: Any) -> Vector:
        if grads is not None:
            raise TypeError(
                "these parameters are Values, which hold their gradients: write step() after "
                "backward(); step(grads) is for an optimizer of a program"
            )
        return _vector([p.grad for p in self.values])

    def move(self, moved: Vector) -> None:
        for parameter, data in zip(self.values, moved.tolist(), strict=True):
            parameter.data = data

    def name(self, i: int) -> str:
        return self.values[i].label or f"parameter {i + 1}"

    def shaped(self, vector: Vector) -> list[float]:
        return vector.tolist()


class Arrays:
    """The arrays of a program, as one vector."""

    values: list[Value]

    def __init__(self, program: Any) -> None:
        import numpy as np

        self.values = []
        self._program = program
        self._places: list[tuple[str, slice, tuple[int, ...]]] = []
        self._size = 0
        self._held: tuple[Vector, dict[str, Any]] | None = None
        for key, array in program.parameters.items():
            shape = np.shape(array)
            place = slice(self._size, self._size + math.prod(shape))
            self._places.append((key, place, shape))
            self._size = place.stop

    def __len__(self) -> int:
        return self._size

    def data(self) -> Vector:
        held, parameters = self._held, self._program.parameters
        if held is not None and all(parameters.get(key) is held[1][key] for key in held[1]):
            w = held[0].view()  # what was there after the last step, and is there still
            w.flags.writeable = False
            return w
        return self._joined("program.parameters", parameters)

    def gradient(self, grads: Any) -> Vector:
        if not isinstance(grads, Mapping):
            raise TypeError(
                "this optimizer moves the arrays of a program: write cost, grads = "
                f"program(X, Y) and then step(grads); not step({'' if grads is None else '…'})"
            )
        return self._joined("the gradients", grads)

    def move(self, moved: Vector) -> None:
        shaped = self.shaped(moved)
        self._program.parameters.update(shaped)  # in one go: Ctrl-C comes before it or after it
        self._held = moved, shaped

    def name(self, i: int) -> str:
        key, place, shape = next(each for each in self._places if i < each[1].stop)
        indices: list[str] = []
        i -= place.start
        for size in reversed(shape):
            i, index = divmod(i, size)
            indices.append(f"[{index}]")
        return key + "".join(reversed(indices))

    def shaped(self, vector: Vector) -> dict[str, Any]:
        return {key: vector[place].reshape(shape) for key, place, shape in self._places}

    def _joined(self, what: str, arrays: Mapping[str, Any]) -> Vector:
        import numpy as np

        try:
            found = [arrays[key] for key, _, _ in self._places]
        except KeyError as error:
            raise ValueError(f"{what} have no {error.args[0]}") from None
        for (key, _, shape), array in zip(self._places, found, strict=True):
            if getattr(array, "shape", None) != shape and np.shape(array) != shape:
                raise ValueError(
                    f"{what} have {key} in shape {np.shape(array)}, but {shape} is needed"
                )
        return np.concatenate(found, axis=None, dtype=float) if found else np.zeros(0)


def _parameter(parameter: object) -> Value:
    if not isinstance(parameter, Value):
        raise TypeError(f"a parameter must be a Value, not {shown(parameter)}")
    if parameter.op is not None:
        raise ValueError(
            f"{parameter!r} was computed by {parameter.op.name}: optimise "
            "the leaves that it was computed from"
        )
    return parameter


def _vector(numbers: list[float]) -> Vector:
    import numpy as np

    return np.array(numbers, float)
