"""Data for fit and predict: what is given becomes arrays of floats, or an error that says where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nn.arguments import shown

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def as_array(name: str, given: Any) -> Array:
    """An array of floats, one row per example, all of them finite.

    Raises:
        TypeError: it is not made of numbers, in rows of one length.
        ValueError: it holds nan or infinity, or no example.
    """
    import numpy as np

    if not (isinstance(given, np.ndarray) and given.dtype == np.float64):
        if hasattr(given, "toarray"):
            raise TypeError(f"{name} is a sparse matrix: write {name}.toarray()")
        if given is None:
            raise TypeError(f"{name} is made of numbers, one row per example, not None")
        try:
            array = np.asarray(given)
            if array.dtype.kind == "O":
                array = array.astype(float)
        except (TypeError, ValueError, OverflowError) as error:
            raise TypeError(f"{name} is made of numbers, in rows of one length: {error}") from None
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} is made of real numbers, not of {array.dtype}")
        given = array.astype(float)
    if given.ndim == 0:
        raise TypeError(f"{name} holds the examples, one per row, not {shown(given.item())}")
    if not len(given):
        raise ValueError(f"{name} has no examples: at least one row is needed")
    array = np.ascontiguousarray(given)
    _require_finite(name, array)
    return array


def _require_finite(name: str, array: Array) -> None:
    import numpy as np

    flat = array.ravel()
    with np.errstate(all="ignore"):
        if math.isfinite(np.dot(flat, flat)):  # quick; large numbers may overflow here
            return
    finite = np.isfinite(array)
    if not finite.all():
        place = np.argwhere(~finite)[0].tolist()
        count = int(finite.size - finite.sum())
        more = f", and {count - 1} more" if count > 1 else ""
        raise ValueError(
            f"{name}{place} is {array[*place]}{more}: leave out such examples, or fill in what "
            "is missing"
        )


def as_inputs(given: Any, name: str = "X") -> Array:
    """The inputs, at least two-dimensional: one row per example.

    Raises:
        TypeError, ValueError: as :func:`as_array`; or it is a single row.
    """
    array = as_array(name, given)
    if array.ndim == 1:
        raise ValueError(
            f"{name} has shape {array.shape}, but one row per example is needed: write "
            f"{name}.reshape(-1, 1) for {len(array)} examples of one number, or [x] for one example"
        )
    return array


def require_as_many(X: Array, Y: Array, n_inputs: int | None, names: tuple[str, str]) -> None:
    """Refuse inputs and targets that are not equally many.

    Raises:
        ValueError: they are not; inputs that stand in columns are named as such.
    """
    if len(X) == len(Y):
        return
    x, y = names
    message = f"{x} has {len(X)} rows and {y} has {len(Y)}: one row per example is needed in each"
    columns = X.ndim == 2 and X.shape[1] == (len(Y) if Y.ndim == 1 else max(Y.shape))
    if columns and n_inputs in (None, len(X)):
        turned = f"{x}.T, {y}.T" if Y.ndim == 2 else f"{x}.T"
        message = (
            f"{x} has shape {X.shape}, features × examples: on slides examples stand in columns, "
            f"here each is a row, so write {turned}"
        )
    raise ValueError(message)


def as_targets(
    given: Array, n_outputs: int, *, classes: bool, probabilities: bool, name: str = "Y"
) -> Array:
    """The targets as rows of as many numbers as the model has outputs.

    Args:
        given: (m,), (m, 1) or (m, outputs).
        n_outputs: of the model.
        classes: whether each example has the number of its class, which becomes a row that is 1
            in that place.
        probabilities: whether targets are in [0, 1].
        name: what they are called in messages.

    Raises:
        ValueError: the shape is another, or a target is out of its range.
    """
    import numpy as np

    m = len(given)
    if classes:
        labels = given.reshape(m, -1)
        if labels.shape[1] != 1 and labels.shape == (m, n_outputs):
            raise ValueError(
                f"{name} has rows of {n_outputs} numbers, but this loss takes the number of the "
                "class: write CategoricalCrossentropy for rows that are 1 in one place"
            )
        if labels.shape[1] != 1:
            raise ValueError(
                f"{name} has shape {given.shape}, but one class per example is needed: ({m},)"
            )
        labels = labels[:, 0]
        wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= n_outputs)
        if wrong.any():
            i = int(wrong.argmax())
            raise ValueError(
                f"{name}[{i}] is {labels[i]:g}, but classes count from 0: those of "
                f"{n_outputs} outputs are 0 to {n_outputs - 1}"
            )
        one_hot: Array = np.eye(n_outputs)[labels.astype(int)]
        return one_hot
    rows = given.reshape(m, -1)
    if rows.shape[1] != n_outputs or given.ndim > 2:
        message = (
            f"{name} has shape {given.shape}, but the model has {n_outputs} "
            f"output{'s' * (n_outputs != 1)}: {_shapes(m, n_outputs)} is needed"
        )
        if rows.shape[1] == 1 and probabilities:
            message += "; for the numbers of classes, write SparseCategoricalCrossentropy"
        raise ValueError(message)
    if probabilities:
        wrong = (rows < 0.0) | (rows > 1.0)
        if wrong.any():
            i, k = np.argwhere(wrong)[0].tolist()
            place = f"[{i}]" if given.ndim == 1 else f"[{i}, {k}]"
            raise ValueError(
                f"{name}{place} is {rows[i, k]:g}, but a target of cross-entropy is in [0, 1]: "
                "classes count from 0"
            )
    return rows


def _shapes(m: int, n_outputs: int) -> str:
    return f"({m},) or ({m}, 1)" if n_outputs == 1 else f"({m}, {n_outputs})"
