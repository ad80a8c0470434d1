"""f recorded on arrays of Values, as edges with slopes that can be swept again and again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import primitives as rows
from autograd.backprop import topological_order
from autograd.checks.calls import Functions, Leaf
from autograd.value import Value

MOST = 3_000_000  # products of parameters and examples; beyond, recording takes too long

# What NumPy would do by comparison, or not at all, is done by the rows of the table.
_ROWS = {
    getattr(np, row.numpy.removeprefix("np.").partition("(")[0]): row
    for row in rows.TABLE.values()
    if row.numpy.startswith("np.")
}
_READING = {
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isnan,
    np.isfinite, np.isinf, np.floor, np.ceil, np.rint,
}  # fmt: skip


class ValueArray(np.ndarray):
    """An array of Values that records what NumPy would otherwise decide by comparison."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [x.view(np.ndarray) if isinstance(x, ValueArray) else x for x in inputs]
        if "out" in options:
            options["out"] = tuple(
                x.view(np.ndarray) if isinstance(x, ValueArray) else x for x in options["out"]
            )
        if ufunc in _READING:
            return getattr(ufunc, method)(*map(numbers, plain), **options)
        if ufunc is np.add and method == "reduce":
            return _summed(plain[0], options.get("axis", 0), bool(options.get("keepdims", False)))
        if ufunc is np.matmul and max(x.ndim for x in map(np.asarray, plain)) <= 2:
            return _product(*map(np.asarray, plain))
        row = _ROWS.get(ufunc)
        if row is not None and method == "__call__":
            options.pop("out", None)
            return wrapped(np.frompyfunc(row, len(plain), 1)(*plain))
        return wrapped(getattr(ufunc, method)(*plain, **options))

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:  # type: ignore[override]
        """NumPy's own conjugates, which Values cannot."""
        away = self - self.mean(axis=axis, keepdims=True)
        count = away.size // max(1, np.size(away.mean(axis=axis)))
        return np.sum(away**2, axis=axis, keepdims=keepdims) / (count - ddof)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:  # type: ignore[override]
        """The square root of the variance."""
        return np.sqrt(self.var(axis=axis, ddof=ddof, keepdims=keepdims))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.where and len(args) == 3:
            condition, a, b = np.broadcast_arrays(*map(np.asarray, args))
            return wrapped(np.frompyfunc(_chosen, 3, 1)(numbers(condition).astype(bool), a, b))
        if func is np.dot and max(np.ndim(x) for x in args) <= 2 and min(map(np.ndim, args)) > 0:
            return _product(*map(np.asarray, args))
        if func is np.clip:
            x, low, high = args
            return np.minimum(np.maximum(x, low), high)
        if func in (np.var, np.std):
            return getattr(args[0], func.__name__)(*args[1:], **kwargs)
        if func is np.linalg.norm and len(args) == 1 and not kwargs:
            return rows.sqrt(np.sum(np.square(args[0])))
        return super().__array_function__(func, types, args, kwargs)


def _summed(array: Any, axis: Any, keepdims: bool) -> Any:
    """A sum as one node for each number, not as a chain of additions."""
    axes = (
        tuple(range(array.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    )
    axes = tuple(a % array.ndim for a in axes)
    kept = tuple(a for a in range(array.ndim) if a not in axes)
    shape = tuple(array.shape[a] for a in kept)
    count = int(np.prod(shape, dtype=int))
    terms = np.transpose(array, (*kept, *axes)).reshape(count, -1)
    sums = np.empty(count, object)
    for i, each in enumerate(terms):
        sums[i] = rows.total(list(each))
    if keepdims:
        shape = tuple(1 if a in axes else n for a, n in enumerate(array.shape))
    return wrapped(sums.reshape(shape)) if shape else sums[0]


def _product(a: Any, b: Any) -> Any:
    """A matrix product, or one with a vector, as products and their sums."""
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    if left.shape[1] != right.shape[0]:
        raise ValueError(f"shapes {a.shape} and {b.shape} do not fit")
    product = np.asarray(left, object)[:, :, None] * np.asarray(right, object)[None, :, :]
    summed = np.asarray(_summed(product, 1, False))
    shape = (*(a.shape[:1] if a.ndim == 2 else ()), *(b.shape[1:] if b.ndim == 2 else ()))
    return wrapped(summed.reshape(shape)) if shape else summed.reshape(-1)[0]


def _chosen(condition: bool, a: Any, b: Any) -> Any:
    """One of two, as a product where both are multiples of one Value: a mask is a factor."""
    (x, k), (y, c) = _multiple(a), _multiple(b)
    base = x if isinstance(x, Value) else y
    if isinstance(base, Value) and all(z is base or m == 0.0 for z, m in ((x, k), (y, c))):
        return base * (k if condition else c)
    return (a if condition else b) * 1.0


def _multiple(x: Any) -> tuple[Any, float]:
    if isinstance(x, Value):
        if x.op is rows.multiply:
            for s in (0, 1):
                if x.inputs[s].op is rows.constant:
                    return x.inputs[1 - s], x.inputs[s].data
        return x, 1.0
    return None, 0.0 if x == 0 else math.nan


def wrapped(array: Any) -> Any:
    """An array of objects as a ValueArray; anything else as it is."""
    if isinstance(array, np.ndarray) and array.dtype == object:
        return array.view(ValueArray)
    return array


def numbers(array: Any) -> Any:
    """The numbers of an array of Values."""
    array = np.asarray(array)
    if array.dtype == object:
        return np.array([float(x) for x in array.ravel()]).reshape(array.shape)
    return array


@contextmanager
def _asked_for_floats() -> Iterator[dict[float, Value]]:
    """Which Values were made plain numbers meanwhile, as in ``float(np.squeeze(cost))``."""
    asked: dict[float, Value] = {}
    plain = Value.__float__

    def noted(value: Value) -> float:
        asked[plain(value)] = value
        return plain(value)

    Value.__float__ = noted  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        Value.__float__ = plain  # type: ignore[method-assign]


class Replay:
    """The recorded graph of f, flattened to edges, with slopes that may be edited.

    Attributes:
        nodes: all Values, inputs before what is made of them.
        place: the position of each.
        data: their numbers.
        level: the longest way from a leaf to each.
        source, target, slot: of each edge, the node, its input, and which input that is.
        slopes: what backpropagation multiplies by on each edge.
        edge: the edge of (node, slot).
        leaves: the positions of the Values of each array.
        results: what f returned, to look for named arrays in.
        upstream: the edges on which the cotangent is handed to the output of f.
    """

    def __init__(self, functions: Functions, leaves: Sequence[Leaf]) -> None:
        values: dict[Leaf, Any] = {}
        for leaf in leaves:
            array = np.asarray(functions.at(leaf))
            made = np.empty(array.shape, object)
            for index in np.ndindex(array.shape):
                tail = f"[{', '.join(map(str, index))}]" if index else ""
                made[index] = Value(float(array[index]), leaf.short + tail)
            values[leaf] = made.view(ValueArray) if array.ndim else made[()]
        with _asked_for_floats() as asked:
            self.results = functions.call(functions.replaced(values))
        y, _ = functions.split(self.results)
        output: Any = np.asarray(asked.get(y, y) if isinstance(y, float) else y, object)
        products: Any = ()
        if functions.cotangent is not None:
            products = output * functions.cotangent
            output = np.sum(products)
        elif output.size == 1:
            output = output.reshape(-1)[0]
        else:
            output = np.sum(output)
        if not isinstance(output, Value):
            raise TypeError("the output is no Value")
        self.output = output
        self.nodes = topological_order(output, *[v for a in values.values() for v in np.ravel(a)])
        self.place = {node: i for i, node in enumerate(self.nodes)}
        self.data = np.array([node.data for node in self.nodes])
        self.level = np.zeros(len(self.nodes), int)
        edges: list[tuple[int, int, int, float]] = []
        for i, node in enumerate(self.nodes):
            inputs = [self.place[x] for x in node.inputs]
            if inputs:
                self.level[i] = 1 + max(self.level[k] for k in inputs)
                edges += [
                    (i, k, s, p) for s, (k, p) in enumerate(zip(inputs, node.partials, strict=True))
                ]
        edges.sort(key=lambda e: -self.level[e[0]])
        self.source = np.array([e[0] for e in edges], int)
        self.target = np.array([e[1] for e in edges], int)
        self.slot = np.array([e[2] for e in edges], int)
        self.slopes = np.array([e[3] for e in edges])
        self.edge = {(e[0], e[2]): n for n, e in enumerate(edges)}
        cuts = np.flatnonzero(np.diff(self.level[self.source])) + 1
        self.ranges = [slice(a, b) for a, b in zip([0, *cuts], [*cuts, len(edges)], strict=True)]
        self.leaves = {
            leaf: np.array([self.place[v] for v in np.ravel(a)], int).reshape(np.shape(a))
            for leaf, a in values.items()
        }
        self.consumers: dict[int, list[int]] = {}
        for n, k in enumerate(self.target.tolist()):
            self.consumers.setdefault(k, []).append(n)
        self.upstream = [self.edge[self.place[v], 0] for v in np.ravel(products)]
        self._cut_shifts()

    def _cut_shifts(self) -> None:
        """Take the largest entry that softmax subtracts from all of them as the constant it is.

        Its way back cancels, and would not where one of the others is edited.
        """
        groups: dict[int, list[int]] = {}
        for i, node in enumerate(self.nodes):
            if node.op is rows.subtract:
                groups.setdefault(int(self.level[i]), []).append(i)
        for members in groups.values():
            pairs = [self.nodes[i].inputs for i in members]
            if not {b for _, b in pairs} <= {a for a, _ in pairs}:
                continue
            slopes = self.slopes.copy()
            slopes[[self.edge[i, 1] for i in members]] = 0.0
            before, after = (self.along(self.sweep(each)) for each in (self.slopes, slopes))
            if all(np.allclose(before[leaf], after[leaf], 1e-9, 1e-12) for leaf in before):
                self.slopes = slopes

    def sweep(self, slopes: Any) -> Any:
        """The gradient by every node, with these slopes."""
        gradient = np.zeros(len(self.nodes))
        gradient[self.place[self.output]] = 1.0
        with np.errstate(all="ignore"):
            for part in self.ranges:
                np.add.at(gradient, self.target[part], slopes[part] * gradient[self.source[part]])
        return gradient

    def along(self, gradient: Any) -> dict[Leaf, Any]:
        """The gradient by each array."""
        return {leaf: gradient[places] for leaf, places in self.leaves.items()}

    def named_results(self) -> dict[str, Any]:
        """Positions of the arrays that f returned under a name, as in a cache."""
        found: dict[str, Any] = {}

        def look(thing: Any) -> None:
            if isinstance(thing, Mapping):
                for key, each in thing.items():
                    array = np.asarray(each, object) if not isinstance(each, Mapping) else None
                    if (
                        array is not None
                        and array.size
                        and all(isinstance(v, Value) and v in self.place for v in array.ravel())
                    ):
                        found[str(key)] = np.array([self.place[v] for v in array.ravel()]).reshape(
                            array.shape
                        )
                    else:
                        look(each)
            elif isinstance(thing, (tuple, list)):
                for each in thing:
                    look(each)

        look(self.results)
        return found


def too_large(functions: Functions, leaves: Sequence[Leaf]) -> bool:
    """Whether recording f would take too long."""
    parameters = sum(np.size(functions.at(leaf)) for leaf in leaves)
    others = [*functions.fixed.values()]
    others += [functions.at(leaf) for leaf in functions.leaves if leaf not in leaves]
    examples = max((max(np.shape(x)) for x in others if np.shape(x)), default=1)
    return bool(parameters * examples > MOST)


def record(functions: Functions, leaves: Sequence[Leaf]) -> Replay | None:
    """The recorded graph, or None where f does not run on arrays of Values."""
    if too_large(functions, leaves):
        return None
    try:
        return Replay(functions, leaves)
    except Exception:  # a stranger's code on strange arrays: whatever goes wrong, it does not run
        return None
