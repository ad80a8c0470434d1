"""Copying: pickle and copy Values, however long the chain of operations behind them.

``pickle`` and ``copy.deepcopy`` follow each Value to its inputs by recursion, which Python ends
after some hundred steps. So the first Value that they reach hands them its whole graph as a
list, inputs before what is made of them: each then finds its inputs copied already.
"""

from __future__ import annotations

from _thread import get_ident

from autograd.backprop import topological_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.value import Value

# Per thread, the Values that are in such a list and were not asked for yet.
_listed: dict[int, set[Value]] = {}


def reduced(value: Value) -> tuple[Any, ...]:
    """What ``Value.__reduce__`` returns: a function, its arguments, a subclass's attributes."""
    waiting = _listed.get(get_ident(), set())
    if value in waiting:
        waiting.remove(value)
    elif any(x.inputs for x in value.inputs):
        before = [node for node in topological_order(value) if node.inputs][:-1]
        _listed[get_ident()] = {*before}
        return _last, (before, _End(), *shallow(value)), getattr(value, "__dict__", None)
    return restored, shallow(value), getattr(value, "__dict__", None)


def shallow(value: Value) -> tuple[Any, ...]:
    """The arguments of :func:`restored` that make a copy of one Value, with the same inputs."""
    partials, label = value.partials, value.label
    return type(value), value._data, value._grad, value.op, value.inputs, partials, label


def restored(kind: type[Value], *state: Any) -> Value:
    """A Value with these attributes."""
    value = kind.__new__(kind)
    value._data, value._grad, value.op, value.inputs, value.partials, value.label = state
    return value


def _last(before: list[Value], end: _End, *state: Any) -> Value:
    return restored(*state)


class _End:
    """Marks the end of a list of Values, all of which have been copied by then."""

    def __reduce__(self) -> tuple[Any, ...]:
        _listed.pop(get_ident(), None)
        return _End, ()
