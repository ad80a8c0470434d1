"""Arguments: what a program is called with becomes arrays of floats, or an error that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.vectorizer.recording.leaves import LeafArray

_FLOAT = np.dtype(float)


class Arguments:
    """The arguments that the leaves of a program ask for."""

    def __init__(self, leaves: Sequence[LeafArray], namespace: Any) -> None:
        self._inputs = [(a.key, a.shape, a.per_example) for a in leaves if not a.parameter]
        self._parameters = [(a.key, a.shape) for a in leaves if a.parameter]
        self._names = {key for key, _ in self._parameters}
        self._namespace = namespace

    def in_order(self, given: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, ...]:
        """The inputs in order, of which those behind the first ones are given by their names.

        Raises:
            TypeError: a name is unknown, or that of an input that came before; or one is missing.
        """
        keys = [key for key, _, _ in self._inputs]
        for name in named:
            if name not in keys:
                raise TypeError(f"the program has no input {name!r}: it takes {', '.join(keys)}")
            if name in keys[: len(given)]:
                raise TypeError(f"{name} is given twice: by its place and by its name")
        missing = [key for key in keys[len(given) :] if key not in named]
        if missing:
            raise TypeError(f"the program takes {', '.join(keys)}: {', '.join(missing)} is missing")
        return (*given, *[named[key] for key in keys[len(given) :]])

    def inputs(self, given: Sequence[Any]) -> list[Any]:
        """The arrays of the inputs.

        Raises:
            TypeError: one is missing, there are too many, or one is not made of numbers.
            ValueError: one has the wrong shape, or there are no examples.
        """
        if len(given) != len(self._inputs):
            names = ", ".join([key for key, _, _ in self._inputs]) or "nothing"
            missing = ", ".join([key for key, _, _ in self._inputs[len(given) :]])
            problem = f"{missing} is missing" if missing else f"{len(given)} arrays came"
            raise TypeError(f"the program takes {names}, one array each: {problem}")
        arrays = []
        examples = None
        for (key, shape, per_example), array in zip(self._inputs, given, strict=True):
            if not (array.__class__ is self._namespace.ndarray and array.dtype is _FLOAT):
                array = self._numbers(key, array)
            if array.shape[per_example:] != shape or array.ndim < per_example:
                array = self._one_hot(key, shape, per_example, array)
            if per_example:
                if examples is None:
                    examples = len(array)
                if len(array) != examples:
                    raise ValueError(
                        f"{key} has {len(array)} examples, {self._inputs[0][0]} has {examples}: "
                        "each input needs the same number of rows"
                    )
                if not examples:
                    raise ValueError(f"{key} has no examples: at least one row is needed")
            arrays.append(array if array.dtype is _FLOAT else _as_floats(array))
        return arrays

    def parameters(self, held: Mapping[str, Any]) -> list[Any]:
        """The arrays of the parameters, in the order in which the program takes them.

        Raises:
            TypeError: one is not made of numbers.
            ValueError: one is missing or has the wrong shape, or there is one of another name.
        """
        self.require_known(held)
        arrays = []
        for key, shape in self._parameters:
            array: Any = held.get(key)
            if not (array.__class__ is self._namespace.ndarray and array.dtype is _FLOAT):
                if array is None:
                    raise ValueError(f"program.parameters has no {key}")
                array = _as_floats(self._numbers(f"program.parameters[{key!r}]", array))
            if array.shape != shape:
                raise ValueError(
                    f"program.parameters[{key!r}] has shape {array.shape}, but {shape} is needed"
                )
            arrays.append(array)
        return arrays

    def require_known(self, held: Mapping[str, Any]) -> None:
        """Raise if there is a parameter that the program does not have: a mistyped name.

        Raises:
            ValueError: naming it, and the parameters that there are.
        """
        if not held.keys() <= self._names:
            unknown = next(key for key in held if key not in self._names)
            raise ValueError(
                f"program.parameters[{unknown!r}] was set, but the program has no such parameter: "
                f"it has {', '.join(key for key, _ in self._parameters) or 'none'}. Delete it, or "
                "set the right one"
            )

    def _numbers(self, name: str, given: Any) -> Any:
        """What was given as an array of real numbers."""
        try:
            array = self._namespace.asarray(given)
            if array.dtype.kind == "O":
                array = array.astype(float)
        except (TypeError, ValueError, RuntimeError) as error:  # a tensor with a gradient
            raise TypeError(f"{name} is made of numbers, in rows of one length: {error}") from None
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} is made of real numbers, not of {array.dtype}")
        return array

    def _one_hot(self, key: str, shape: tuple[int, ...], per_example: bool, labels: Any) -> Any:
        """Class labels as rows that are 1 in the place of the class."""
        sizes = [*["m"] * per_example, *map(str, shape)]
        rows = "one row per example, " if per_example else ""
        size = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        wrong = f"{key} has shape {labels.shape}, but {rows}{size} is needed"
        if not (per_example and len(shape) == labels.ndim == 1 and labels.dtype.kind in "iu"):
            raise ValueError(wrong)
        [classes] = shape
        if len(labels) and (labels.min() < 0 or labels.max() >= classes):
            raise ValueError(
                f"{wrong}. Taken as class labels, which count from 0 to {classes - 1}, its "
                f"numbers do not fit: they go from {labels.min()} to {labels.max()}"
            )
        return self._namespace.eye(classes)[labels]


def _as_floats(array: Any) -> Any:
    return array if array.dtype.kind == "f" else array.astype(float)
