"""NumPy with shorter ways to its sums, which are most of a small program's lines."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

_add: Any = np.add.reduce
_largest: Any = np.maximum.reduce


def direct_numpy() -> ModuleType:
    """NumPy, but ``sum``, ``mean`` and ``max`` go straight to the ufunc that does the work.

    ``np.sum`` first looks whether its argument brings a ``sum`` of its own, which costs more
    than to add up a few hundred numbers. The results are the same, bit for bit.

    >>> direct_numpy().sum(np.ones((2, 3)), axis=1)
    array([3., 3.])
    """
    module = ModuleType("numpy")
    vars(module).update(vars(np))
    vars(module).update(sum=_sum, mean=_mean, max=_max)
    return module


def _sum(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _add(a, axis, None, None, keepdims)


def _mean(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None:
        return _add(a, None) / a.size
    return np.mean(a, axis=axis, keepdims=keepdims)


def _max(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _largest(a, axis, None, None, keepdims)
