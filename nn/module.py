"""Module: whatever holds parameters, found by looking at its attributes."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from autograd import Value
from autograd.backprop import topological_order
from nn.summary import Summary


class Module:
    """A neuron, a layer, a network, or any part of a model that holds parameters.

    A parameter is a Value that was not computed from others. Those in the attributes of a
    Module, in Modules, lists, tuples, dicts and NumPy arrays there, and so on inward, are its
    parameters.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2), Value(1)
    ...
    ...     def __call__(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3).backward()
    >>> line.named_parameters()
    {'slope': Value(2.0, grad=3.0), 'intercept': Value(1.0, grad=1.0)}
    >>> line.zero_grad()
    >>> line.parameters()
    [Value(2.0, grad=0.0), Value(1.0, grad=0.0)]
    """

    def parameters(self) -> list[Value]:
        """Every parameter, each once, in the order of the attributes.

        Raises:
            ValueError: an attribute was computed from Values that are no parameters, as in
                ``self.w = Value(0.5) * 0.1``: training could not move it.
            TypeError: parameters are kept in a set, which has no order.
        """
        found: dict[Value, None] = {}  # a set that keeps its order
        computed: list[tuple[Path, Value]] = []
        for path, item in _walk(self, {}):
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

    def modules(self) -> list[Module]:
        """The Module itself and all inside, each once, in the order of the attributes."""
        return [item for _, item in _walk(self, {}) if isinstance(item, Module)]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, before the next ``backward()``."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def summary(self) -> Summary:
        """A table of the layers with their numbers of parameters; the total counts each once."""
        return Summary(self._rows("", {}), len(self.parameters()))

    def _attributes(self) -> Iterator[tuple[str, Any]]:
        """What is looked through for parameters: of the object, in slots, and of its class."""
        yield from vars(self).items()
        taken = {*vars(self)}
        for kind in type(self).__mro__[: type(self).__mro__.index(Module)]:
            slots = vars(kind).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                name = f"_{kind.__name__.lstrip('_')}{name}" if name.startswith("__") else name
                if name not in taken and hasattr(self, name):
                    taken.add(name)
                    yield name, getattr(self, name)
            for name, attribute in vars(kind).items():
                if name not in taken and _is_container(attribute):
                    taken.add(name)
                    yield name, attribute

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        """``named_parameters`` of what was not seen yet."""
        named: dict[str, Any] = {}
        seen[id(self)] = self
        for name, part in self._parts():
            if not isinstance(part, Module):
                named[name] = part
            elif id(part) not in seen:
                for inner, parameter in part._named(seen).items():
                    named[f"{name}.{inner}"] = parameter
        return named

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
            path = f"{name}.{inner}" if name else inner
            if not isinstance(part, Module):
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
            if not isinstance(part, Module):
                text = repr(part) if isinstance(part, Value) else f"{_size(part)} Values"
            elif id(part) in seen:
                text = f"{type(part).__name__}, the one above"
            else:
                seen[id(part)] = part
                own = type(part).__repr__ is not Module.__repr__
                text = repr(part) if own else part._tree(seen)
            lines.append(textwrap.indent(f"{name}: {text}", "  "))
        return "\n".join(lines)


# The way to an item: the keys on it, the last one first.
Path = tuple[Any, ...]


def _walk(item: Any, seen: dict[int, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every Value, and every Module before what is in it; nothing is walked through twice."""
    item = _as_lists(item)
    if isinstance(item, Value):
        yield path, item
    elif _is_container(item) and id(item) not in seen:
        seen[id(item)] = item  # kept, so that no other object gets its id
        if isinstance(item, Module):
            yield path, item
        for key, each in _items(item):
            yield from _walk(each, seen, (key, path))


def _items(container: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(container, Module):
        return container._attributes()
    if isinstance(container, Mapping):
        return container.items()
    if isinstance(container, Set):
        if any(isinstance(item, (Value, Module)) for item in container):
            raise TypeError("a set has no order: keep parameters in a list or a dict")
        return ()
    return enumerate(container, 1)


def _is_container(item: object) -> bool:
    return isinstance(item, (Value, Module, list, tuple, Mapping, deque, Set)) or (
        getattr(item, "dtype", None) == "object"
    )


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
    if isinstance(item, Module) or _is_array(item):
        yield name, item
    elif _is_container(item) and not isinstance(item, Value) and id(item) not in seen:
        seen[id(item)] = item
        for key, each in _items(item):
            yield from _named_parts(f"{name}.{key}", each, seen)


def _size(array: object) -> int:
    return len({item for _, item in _walk(array, {}) if isinstance(item, Value)})
