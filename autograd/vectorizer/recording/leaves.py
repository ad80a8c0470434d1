"""Leaves: the named arrays of inputs and parameters, and the Value of each entry.

>>> from autograd.vectorizer.example import Layer
>>> [(array.name, array.shape, array.per_example) for array in Layer().leaves]
[('X', (2,), True), ('W', (2, 2), False)]
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.value import Given, Value
from autograd.vectorizer.formulas.statements import Names

# What a saved program calls to see to its arguments.
AS_FLOATS = "as_floats"

# Names that a program needs for itself.
RESERVED = frozenset({"np", "check", AS_FLOATS, *NUMPY_HELPERS, *keyword.kwlist})


@dataclass(frozen=True)
class LeafArray:
    """A named array of leaves.

    Attributes:
        key: its name in the model, such as ``W1`` or ``encoder.W``.
        name: its name in the program.
        values: the leaves, row by row.
        shape: of one example if the array is per example, else of the whole.
        per_example: whether the entries change from example to example.
        parameter: whether it is a parameter and not an input.
    """

    key: str
    name: str
    values: tuple[Value, ...]
    shape: tuple[int, ...]
    per_example: bool
    parameter: bool


def leaf_arrays(
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any],
    shared: Mapping[str, Any] | None = None,
    *,
    per_example: bool,
) -> list[LeafArray]:
    """The arrays of nested lists of Values: inputs, what all examples share, and parameters.

    >>> W, x = [[Value(1), Value(2)]], [Value(3), Value(4)]
    >>> [(a.name, a.shape) for a in leaf_arrays({"X": x}, {"W": W}, per_example=True)]
    [('X', (2,)), ('W', (1, 2))]

    Raises:
        TypeError: an entry is not a Value, or one of the mappings does not map names to Values.
        ValueError: an entry is not a leaf, rows differ in length, or a name comes twice.
    """
    arrays: list[LeafArray] = []
    names = Names(RESERVED)
    for role, mapping in (("inputs", inputs), ("shared", shared or {}), ("parameters", parameters)):
        if not isinstance(mapping, Mapping):
            kind = type(mapping).__name__
            raise TypeError(f"{role} must map names to Values, not be a {kind}")
        for key, nested in mapping.items():
            if not isinstance(key, str):
                raise TypeError(f"the names of {role} must be strings, not {key!r:.60}")
            if key in [array.key for array in arrays]:
                raise ValueError(f"{key} is the name of two arrays: give each its own name")
            shape, values = flatten(key, nested)
            for value in values:
                if value.op is not None:
                    raise ValueError(
                        f"{key} holds {value!r}, which was made by {value.op.name}: {role} "
                        "are leaves, which a graph starts from"
                    )
            name = names.fresh(identifier(key))
            changes = per_example and role == "inputs"
            array = LeafArray(key, name, values, shape, changes, role == "parameters")
            arrays.append(array)
    return arrays


def identifier(key: str) -> str:
    """The key as a Python name in normal form: Python reads x² as x2."""
    key = unicodedata.normalize("NFKC", key)
    name = "".join([sign if f"_{sign}".isidentifier() else "_" for sign in key])
    return name if key[:1].isidentifier() else f"_{name}"


def flatten(name: str, nested: Any) -> tuple[tuple[int, ...], tuple[Value, ...]]:
    """The shape and the Values, row by row, of a Value or of nested lists of Values.

    Raises:
        TypeError: an entry is not a Value.
        ValueError: rows differ in length, or there are none.
    """
    if isinstance(nested, Value):
        return (), (nested,)
    if not isinstance(nested, Iterable) or isinstance(nested, (str, bytes, Mapping)):
        kind = type(nested).__name__
        raise TypeError(f"{name} is made of Values, or lists of them, not {nested!r:.60} ({kind})")
    rows = [flatten(f"{name}[{i}]", row) for i, row in enumerate(nested)]
    if not rows:
        raise ValueError(f"{name} holds no Value: leave it out")
    shape = rows[0][0]
    for i, row in enumerate(rows):
        if row[0] != shape:
            raise ValueError(
                f"the rows of {name} differ in shape: {name}[0] has {shape}, {name}[{i}] {row[0]}"
            )
    return (len(rows), *shape), tuple([value for row in rows for value in row[1]])


def each_once(named: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a model by name, each Value only where it comes first.

    A bias that the units of a layer share is listed once for each of them.

    >>> b, w = Value(0.5), Value(2)
    >>> each_once({"W": [[w], [Value(3)]], "b": [b, b], "again": w})
    {'W': [[Value(2.0, grad=0.0)], [Value(3.0, grad=0.0)]], 'b': [Value(0.5, grad=0.0)]}
    """
    found: dict[str, Any] = {}
    seen: set[Value] = set()
    for name, nested in named.items():
        _, values = flatten(name, nested)
        new = [value for value in dict.fromkeys(values) if value not in seen]
        if new:
            found[name] = nested if len(new) == len(values) else new
            seen.update(new)
    return found


def places(
    order: Iterable[Value], arrays: Sequence[LeafArray]
) -> dict[Value, tuple[LeafArray, int]]:
    """The place of each leaf: its array and its position in it, counted row by row.

    Args:
        order: the Values of the graph.
        arrays: the arrays of its leaves.

    Raises:
        ValueError: a leaf is in two places, or a leaf of the graph is in none.
    """
    found: dict[Value, tuple[LeafArray, int]] = {}
    for array in arrays:
        for position, value in enumerate(array.values):
            if value in found:
                raise ValueError(
                    f"{value!r} is both {_entry(*found[value])} and {_entry(array, position)}: "
                    "list each leaf once"
                )
            found[value] = array, position
    for value in order:
        if value.op is None and value not in found:
            remedy = "add it there, or write a plain number if it never changes"
            if isinstance(value, Given):
                name = value.label.partition("_")[0] or "x"
                remedy = (
                    f"it was given as a number, but may be another one in each example: give a "
                    f"Value, such as {name} = Value({value.data:g}), and add it there"
                )
            raise ValueError(
                f"the loss depends on {value!r}, which is in neither inputs nor parameters: "
                f"{remedy}"
            )
    return found


def _entry(array: LeafArray, position: int) -> str:
    """The name of one entry, as in ``W1[0][2]``."""
    indices: list[str] = []
    for size in reversed(array.shape):
        position, index = divmod(position, size)
        indices.append(f"[{index}]")
    return array.key + "".join(reversed(indices))
