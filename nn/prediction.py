"""Prediction: the outputs for many examples at once, by a program of outputs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from numbers import Real
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from autograd import Value
from autograd.primitives import Primitive
from nn.data import as_inputs
from nn.engines import forward_program
from nn.holder import Holder
from nn.recorded import Parameters, Recorded

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program
    from nn.data import Array
    from nn.module import Module

PART = 1000  # rows

# What was made for the last prediction of each model, and what the model was like then.
_made: WeakKeyDictionary[Holder, tuple[Any, Program, Parameters]] = WeakKeyDictionary()


def predict(model: Module, X: Any) -> Array:
    """The outputs for each row of X: see :meth:`nn.Module.predict`."""
    X = as_inputs(X)
    n_inputs = getattr(model, "n_inputs", None)
    if n_inputs == len(X) != X.shape[1]:
        raise ValueError(
            f"{type(model).__name__} takes {n_inputs} inputs, not {X.shape[1]}: X has shape "
            f"{X.shape}, features × examples. On slides examples stand in columns, here each is "
            "a row: write X.T"
        )
    X = model._encoded(X, "X")
    program, parameters = forward(model, X[0])
    parameters.read(program)
    return computed(program, X)


def computed(program: Program, *arrays: Array) -> Array:
    """What a forward program makes of many rows: in parts that fit into the processor's cache."""
    import numpy as np

    parameters = list(program.parameters.values())
    rows = len(arrays[0])
    found: Any = None
    with np.errstate(all="ignore"):
        for start in range(0, rows, PART):
            part = [array[start : start + PART] for array in arrays]
            made = program.function(*part, *parameters)
            if found is None:
                found = np.empty((rows, *made.shape[1:]))
            found[start : start + PART] = made
    return found  # type: ignore[no-any-return]


def forward(model: Module, x: Array) -> tuple[Program, Parameters]:
    """The program of the outputs, compiled again if the model has changed."""
    state = _state(model, set())
    known = _made.get(model)
    if known is None or state is None or known[0] != (state, x.shape):
        recorded = Recorded(model, x)
        parameters = Parameters(model)
        state = _state(model, set())  # the first call may have built it
        known = (state, x.shape), forward_program(recorded, parameters), parameters
        _made[model] = known
    return known[1:]


class _UnknownError(Exception):
    pass


def _state(item: Any, around: set[int]) -> Any:
    """What a model is made of, to be compared with ``==``; None where that is unknown.

    Values are the same only if they are the same objects: what they hold may have changed.
    """
    try:
        return _frozen(item, around)
    except _UnknownError:
        return None


def _frozen(item: Any, around: set[int]) -> Any:
    kind = item.__class__
    if kind is list or kind is tuple:
        if all(each.__class__ is Value for each in item):
            return kind, tuple(item)
        return kind, tuple([_frozen(each, around) for each in item])
    if item is None or isinstance(item, (str, Real, Value, Primitive, FunctionType, type)):
        return item
    if isinstance(item, Holder) and not _has_slots(kind):
        if id(item) in around:  # each module knows the other: what is in it stands there once
            return id(item)
        around.add(id(item))
        return kind, tuple([(k, _frozen(each, around)) for k, each in vars(item).items()])
    if isinstance(item, Mapping):
        return kind, tuple([(k, _frozen(each, around)) for k, each in item.items()])
    if kind.__name__ == "ndarray":
        return item.shape, item.dtype, tuple(item.ravel().tolist())
    if kind.__module__ == "random" or kind.__name__ == "Compiled":
        return None  # what a prediction does not depend on
    raise _UnknownError


@cache
def _has_slots(kind: type) -> bool:
    return any(vars(each).get("__slots__") for each in kind.__mro__)
