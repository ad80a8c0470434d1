"""Holder: whatever holds parameters, found by looking at its attributes."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from functools import cache
from types import FunctionType, NoneType
from typing import Any, Self

from autograd import Value
from autograd.backprop import topological_order
from autograd.primitives import Primitive
from nn.summary import Summary


class Holder:
    """An object in whose attributes are parameters, and other Holders: the base of Module."""

    training: bool = False

    @contextmanager
    def in_training(self) -> Iterator[Self]:
        """With this, ``training`` is true in the model and in all its parts, as in ``fit``."""
        modules = self.modules()
        before = [module.training for module in modules]
        try:
            for module in modules:
                module._set_training(True)
            yield self
        finally:
            for module, training in zip(modules, before, strict=True):
                module._set_training(training)

    def _set_training(self, training: bool) -> None:
        self.training = training

    def penalty(self, m: int) -> Value | None:
        """What the regularisers of all layers add to the cost; None where there are none.

        Args:
            m: the number of examples in the training set.
        """
        parts = [
            regularizer(module._kernels(), m)
            for module in self.modules()
            if (regularizer := getattr(module, "kernel_regularizer", None)) is not None
        ]
        return sum(parts[1:], parts[0]) if parts else None

    def _kernels(self) -> list[Value]:
        """The weights that a regulariser makes small: those of one's own layer, without biases."""
        return self.parameters()

    def parameters(self) -> list[Value]:
        """Every parameter, each once, in the order of the attributes.

        Raises:
            ValueError: an attribute was computed from Values that are no parameters, as in
                ``self.w = Value(0.5) * 0.1``: training could not move it.
            TypeError: parameters are kept in a set, which has no order.
        """
        found: dict[Value, None] = {}  # a set that keeps its order
        computed: list[tuple[Path, Value]] = []
        walked = [*_walk(self)]
        if True in [item._prepare() for _, item in walked if isinstance(item, Holder)]:
            walked = [*_walk(self)]
        for path, item in walked:
            if isinstance(item, Value):
                if item.op is None:
                    found[item] = None
                elif item.inputs:
                    computed.append((path, item))
        for path, value in computed:
            _require_known_leaves(f"{type(self).__name__}{_written(path)}", value, found)
        return list(found)

    def named_parameters(self) -> dict[str, Any]:
        """The parameters by name: single Values, and nested lists of Values.

        The name is the path of attributes to it: ``encoder.W`` is ``W`` of the attribute
        ``encoder``; items of lists are counted from 1, as in ``blocks.2.W``. A Module that
        stands in several places is named by the first one.

        Raises:
            ValueError, TypeError: as :meth:`parameters`.
        """
        self.parameters()
        return self._named({})

    def modules(self) -> list[Holder]:
        """The Module itself and all inside, each once, in the order of the attributes."""
        return [item for _, item in _walk(self) if isinstance(item, Holder)]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, before the next ``backward()``."""
        for parameter in self.parameters():
            parameter._grad = 0.0

    def summary(self) -> Summary:
        """A table of the layers with their numbers of parameters; the total counts each once."""
        total = len(self.parameters())
        return Summary(self._rows("", {}), total)

    def _prepare(self) -> bool:
        """Make the parameters, if there are none yet; whether some were made."""
        return False

    def _count(self) -> int:
        """How many layers it is among those of a network: none where there is nothing to train."""
        return 1

    def _number_from(self, number: int) -> None:
        """Become the layer of that number in a network."""

    def _attributes(self) -> Iterator[tuple[str, Any]]:
        """What is looked through for parameters: of the object, in slots, and of its class."""
        own = vars(self)
        yield from own.items()
        for kind in type(self).__mro__[: type(self).__mro__.index(Holder)]:
            # The number of names tells when one was added to the class later.
            for name in _of_class(kind, len(vars(kind))):
                if name not in own and hasattr(self, name):
                    yield name, getattr(self, name)

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        """``named_parameters`` of what was not seen yet."""
        named: dict[str, Any] = {}
        seen[id(self)] = self
        for name, part in self._parts():
            if not isinstance(part, Holder):
                named[name] = part
            elif id(part) not in seen:
                for inner, parameter in part._named(seen).items():
                    named[self._name(name, part, inner, named)] = parameter
        return named

    def _name(self, name: str, part: Holder, inner: str, taken: dict[str, Any]) -> str:
        """The name here of what a part of that name calls ``inner``."""
        return f"{name}.{inner}".strip(".")

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """The Modules and the nested lists of parameters among the attributes, by name."""
        for name, attribute in self._attributes():
            yield from _named_parts(name, attribute, {})

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        """The rows of the summary: layer, inputs, units, activation, parameters.

        The name is the path to this Module, empty for the one that was asked.
        """
        rows: list[tuple[str, ...]] = []
        seen[id(self)] = self
        for inner, part in self._parts():
            path = f"{name}.{inner}".strip(".")
            if not isinstance(part, Holder):
                rows.append((path, "", "", "", str(_size(part))))
            elif id(part) not in seen:
                seen[id(part)] = part
                rows += part._rows(path, seen)
        return rows

    def __repr__(self) -> str:
        return self._tree({})

    def _tree(self, seen: dict[int, Any]) -> str:
        """What is printed: a line for each part, and a part that was seen in a word."""
        lines = [type(self).__name__]
        seen[id(self)] = self
        for name, part in self._parts():
            if not isinstance(part, Holder):
                text = repr(part) if isinstance(part, Value) else f"{_size(part)} Values"
            elif id(part) in seen:
                text = f"{type(part).__name__}, the one above"
            else:
                seen[id(part)] = part
                own = type(part).__repr__ is not Holder.__repr__
                text = repr(part) if own else part._tree(seen)
            lines.append(textwrap.indent(f"{name}: {text}" if name else text, "  "))
        return "\n".join(lines)

    def _encoded(self, X: Any, name: str) -> Any:
        """Rows of examples as it takes them: an Embedding takes one-hot rows for classes."""
        return X


def applied(layer: Any, inputs: Any) -> Any:
    """What a layer, or any function, makes of one example."""
    return getattr(layer, "_applied", layer)(inputs)


def flat(outputs: Any) -> list[Value]:
    """The Values of one, or of nested lists of them, in one list."""
    if isinstance(outputs, Value):
        return [outputs]
    return [a for row in outputs for a in flat(row)]


# The way to an item: the keys on it, the last one first.
Path = tuple[Any, ...]


def _walk(root: Holder | list[Any]) -> Iterator[tuple[Path, Any]]:
    """Every Value, and every Holder before what is in it; nothing is walked through twice."""
    seen: dict[int, Any] = {}
    stack: list[tuple[Path, Any]] = [((), root)]
    while stack:
        path, item = stack.pop()
        item = _as_lists(item)
        if isinstance(item, Value):
            yield path, item
        elif _is_container(item) and id(item) not in seen:
            seen[id(item)] = item  # kept, so that no other object gets its id
            if item.__class__ is list and {*map(type, item)} == {Value}:  # most parameters
                for each in item:
                    yield path, each
                continue
            if isinstance(item, Holder):
                yield path, item
            stack += [((key, path), each) for key, each in _items(item)][::-1]


@cache
def _of_class(kind: type, n_names: int) -> list[str]:
    """The slots of a class, and those of its attributes that may be or hold parameters."""
    slots = vars(kind).get("__slots__", ())
    names = [
        f"_{kind.__name__.lstrip('_')}{name}" if name.startswith("__") else name
        for name in ((slots,) if isinstance(slots, str) else slots)
    ]
    held = [name for name, each in vars(kind).items() if _is_container(each)]
    return [*names, *(name for name in held if name != "__slots__")]


def _items(container: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(container, Holder):
        return container._attributes()
    if isinstance(container, Mapping):
        return container.items()
    if isinstance(container, Set):
        if any(isinstance(item, (Value, Holder)) for item in container):
            raise TypeError("a set has no order: keep parameters in a list or a dict")
        return ()
    return enumerate(container, 1)


def _is_container(item: object) -> bool:
    """Whether it is a parameter, or something in which there may be some."""
    if isinstance(item, _PLAIN):  # which is seen sooner
        return False
    return isinstance(item, (Value, Holder, list, tuple, Mapping, deque, Set)) or (
        getattr(item, "dtype", None) == "object"
    )


_PLAIN = (str, int, float, NoneType, FunctionType, Primitive)


def _written(path: Path) -> str:
    """The path as in ``.blocks.2.w``."""
    return f"{_written(path[1])}.{path[0]}" if path else ""


def _require_known_leaves(name: str, value: Value, parameters: Mapping[Value, None]) -> None:
    """Raise if a computed Value hides leaves of which none is a parameter.

    What was computed from parameters is a result that the model keeps, and no matter.
    """
    leaves = [node for node in topological_order(value) if node.op is None]
    if leaves and not any(leaf in parameters for leaf in leaves):
        assert value.op is not None
        raise ValueError(
            f"{name} was computed by {value.op.name} from {leaves[0]!r}, which is no parameter, so "
            f"training could not move it: make it a leaf, Value({value.data!r}), or keep what it "
            "is made from in the model and compute it when the model is called"
        )


def _is_parameter(item: object) -> bool:
    return isinstance(item, Value) and item.op is None


def _as_lists(item: Any) -> Any:
    """A NumPy array of Values as nested lists; anything else as it is."""
    return item.tolist() if getattr(item, "dtype", None) == "object" else item


def _is_array(item: object, around: tuple[int, ...] = ()) -> bool:
    """Whether it is a parameter, a list of parameters, a list of such lists, …."""
    if isinstance(item, (list, tuple)) and item and id(item) not in around:
        return all(_is_array(each, (*around, id(item))) for each in item)
    return _is_parameter(item)


def _named_parts(name: str, item: Any, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    item = _as_lists(item)
    if isinstance(item, Holder) or _is_array(item):
        yield name, item
    elif _is_container(item) and not isinstance(item, Value) and id(item) not in seen:
        seen[id(item)] = item
        for key, each in _items(item):
            yield from _named_parts(f"{name}.{key}", each, seen)


def _size(array: object) -> int:
    return len({item for _, item in _walk([array]) if isinstance(item, Value)})
