"""Module: whatever holds parameters, found by looking at its attributes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from autograd import Value
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
        """Every parameter, each once, in the order of the attributes."""
        found: dict[Value, None] = {}  # a set that keeps its order
        _gather(self, found)
        return list(found)

    def named_parameters(self) -> dict[str, Any]:
        """The parameters by name: single Values, and nested lists of Values.

        The name is the path of attributes to it: ``encoder.W`` is ``W`` of the attribute
        ``encoder``; items of lists are counted from 1, as in ``blocks.2.W``.
        """
        named: dict[str, Any] = {}
        for name, part in self._parts():
            if isinstance(part, Module):
                for inner, parameter in part.named_parameters().items():
                    named[f"{name}.{inner}"] = parameter
            else:
                named[name] = part
        return named

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, before the next ``backward()``."""
        for parameter in self.parameters():
            parameter._grad = 0.0

    def summary(self) -> Summary:
        """A table of the layers with their numbers of parameters; the total counts each once."""
        return Summary(self._rows(""), len(self.parameters()))

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """The Modules and the nested lists of parameters among the attributes, by name."""
        for name, attribute in vars(self).items():
            yield from _named_parts(name, attribute)

    def _rows(self, name: str) -> list[tuple[str, ...]]:
        """The rows of the summary: layer, inputs, units, activation, parameters.

        The name is the path to this Module, empty for the one that was asked.
        """
        rows = []
        for inner, part in self._parts():
            path = f"{name}.{inner}" if name else inner
            if isinstance(part, Module):
                rows += part._rows(path)
            else:
                rows.append((path, "", "", "", str(_size(part))))
        return rows

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        for name, part in self._parts():
            text = repr(part) if isinstance(part, (Module, Value)) else f"{_size(part)} Values"
            lines.append(textwrap.indent(f"{name}: {text}", "  "))
        return "\n".join(lines)


def _is_parameter(item: object) -> bool:
    return isinstance(item, Value) and item.op is None


def _gather(item: object, found: dict[Value, None]) -> None:
    item = _as_lists(item)
    if isinstance(item, Value):
        if item.op is None:
            found[item] = None
    elif isinstance(item, Module):
        for attribute in vars(item).values():
            _gather(attribute, found)
    elif isinstance(item, dict):
        for each in item.values():
            _gather(each, found)
    elif isinstance(item, (list, tuple)):
        for each in item:
            _gather(each, found)


def _as_lists(item: Any) -> Any:
    """A NumPy array of Values as nested lists; anything else as it is."""
    return item.tolist() if getattr(item, "dtype", None) == "object" else item


def _is_array(item: object) -> bool:
    """Whether it is a parameter, a list of parameters, a list of such lists, …."""
    if isinstance(item, (list, tuple)):
        return bool(item) and all(map(_is_array, item))
    return _is_parameter(item)


def _named_parts(name: str, item: object) -> Iterator[tuple[str, Any]]:
    item = _as_lists(item)
    if isinstance(item, Module) or _is_array(item):
        yield name, item
    elif isinstance(item, dict):
        for key, each in item.items():
            yield from _named_parts(f"{name}.{key}", each)
    elif isinstance(item, (list, tuple)):
        for number, each in enumerate(item, 1):
            yield from _named_parts(f"{name}.{number}", each)


def _size(array: object) -> int:
    found: dict[Value, None] = {}
    _gather(array, found)
    return len(found)
