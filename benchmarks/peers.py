"""The engines that are compared: what each calls a Value, and its networks where it has any."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from autograd.compiled import core
from benchmarks.copies import Copy

IN_PYTHON = "its engine in Python"


class Peer(NamedTuple):
    """An engine: ``Value(x)`` is a leaf; it and all made of it have ``data`` and ``grad``."""

    name: str
    Value: Callable[[float], Any]
    MLP: Callable[[int, list[int]], Any] | None
    # Wraps what is timed, where that takes some preparation.
    running: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda function: function


def _tensor(x: float) -> Any:
    torch = import_module("torch")
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def _glassgrad() -> Peer:
    return Peer("glassgrad", import_module("autograd").Value, import_module("nn").MLP)


def _in_python() -> Peer:
    copy = Copy("python", "autograd", "nn")
    return Peer(IN_PYTHON, copy["autograd"].Value, copy["nn"].MLP, copy.running)


def _micrograd() -> Peer:
    engine, networks = import_module("micrograd.engine"), import_module("micrograd.nn")
    return Peer("micrograd", engine.Value, networks.MLP)


def _minigrad() -> Peer:
    # A C extension. It has networks too, but version 0.0.6 crashes in their backward().
    return Peer("minigrad", import_module("minigrad.engine").Value, None)


def _pytorch() -> Peer:
    # Tensors without dimensions are PyTorch's scalars.
    return Peer("PyTorch", _tensor, None)


_PEERS = {  # by import name
    "autograd": _glassgrad,
    "micrograd": _micrograd,
    "minigrad": _minigrad,
    "torch": _pytorch,
}


def installed() -> list[Peer]:
    """Those that are installed, ours first, then ours in Python where it is compiled."""
    ours, *others = [peer() for name, peer in _PEERS.items() if find_spec(name) is not None]
    return [ours, *([_in_python()] if core is not None else []), *others]


def missing() -> list[str]:
    """The import names of those that are not."""
    return [name for name in _PEERS if find_spec(name) is None]
