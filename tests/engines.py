"""Both engines in one process: the one that runs, and a second copy of autograd in Python."""

from __future__ import annotations

import functools
from importlib import import_module
from types import SimpleNamespace

import pytest

from autograd.compiled import core
from benchmarks.copies import Copy

needs_compiled = pytest.mark.skipif(core is None, reason="the engine in Python runs")

_PARTS = ("backprop", "compiled", "derivatives", "operations", "primitives", "value")


def running() -> SimpleNamespace:
    """The engine that everybody else uses."""
    parts = {name: import_module(f"autograd.{name}") for name in _PARTS}
    return SimpleNamespace(Value=parts["value"].Value, **parts)


@functools.cache
def python() -> SimpleNamespace:
    """The engine in Python, whatever else runs."""
    copy = Copy("python", *[f"autograd.{name}" for name in _PARTS])
    parts = {name: copy[f"autograd.{name}"] for name in _PARTS}
    return SimpleNamespace(Value=parts["value"].Value, **parts)
