"""Lay out with the Graphviz libraries inside pygraphviz's wheel, without system libraries."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# Graphviz counts this up when it changes the structures that it shares with plugins.
PLUGIN_VERSION = 8

_PLUGINS = ("core", "dot_layout")


def is_available() -> bool:
    """Whether pygraphviz's wheel is installed, with libraries that we know and that load."""
    if not all(_file(f"gvplugin_{name}", f"{PLUGIN_VERSION}.") for name in _PLUGINS):
        return False
    try:
        _context()
    except OSError:
        return False
    return True


def draw(source: str) -> bytes:
    """Graphviz's JSON of a DOT source without text.

    To measure text Graphviz needs libraries of the system, GLib above all. Only one thread at a
    time may call this.

    Raises:
        ValueError: Graphviz cannot read the source.
    """
    graphviz, context = _library(), _context()
    data, size = ctypes.c_void_p(), ctypes.c_size_t()
    with _complaints() as complaints:
        graph = ctypes.c_void_p(graphviz.agmemread(source.encode()))
        failed = (
            graph.value is None
            or graphviz.gvLayout(context, graph, b"dot")
            or graphviz.gvRenderData(
                context, graph, b"json0", ctypes.byref(data), ctypes.byref(size)
            )
        )
        picture = ctypes.string_at(data, size.value)
        if graph.value is not None:
            graphviz.gvFreeRenderData(data)
            graphviz.gvFreeLayout(context, graph)
            graphviz.agclose(graph)
    if failed:
        reason = "".join(complaints).strip() or "it holds no graph"
        raise ValueError(f"Graphviz cannot read this source: {reason}")
    return picture


def _file(name: str, version: str = "") -> Path | None:
    wheel = find_spec("pygraphviz")
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parents[1] / "pygraphviz.libs"
    return next(folder.glob(f"lib{name}-*.so.{version}*"), None)


@cache
def _library() -> ctypes.CDLL:
    """The library gvc, which also finds the functions of the libraries that it needs."""
    library = ctypes.CDLL(str(_file("gvc")))
    for function in ("gvContextPlugins", "agmemread", "agseterrf"):
        getattr(library, function).restype = ctypes.c_void_p
    return library


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what Graphviz would write on the standard error."""
    complaints: list[str] = []

    def collect(message: bytes) -> int:
        complaints.append(message.decode(errors="replace"))
        return 0

    collector = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)(collect)
    before = ctypes.c_void_p(_library().agseterrf(collector))
    try:
        yield complaints
    finally:
        _library().agseterrf(before)


class _Symbol(ctypes.Structure):
    """A plugin by its name, as in Graphviz's header gvcext.h."""

    _fields_ = (("name", ctypes.c_char_p), ("address", ctypes.c_void_p))


@cache
def _context() -> ctypes.c_void_p:
    """Graphviz with its layout dot, and with what writes JSON; it is never freed."""
    symbols = (_Symbol * (len(_PLUGINS) + 1))()
    for i, name in enumerate(_PLUGINS):
        library, symbol = (
            ctypes.CDLL(str(_file(f"gvplugin_{name}"))),
            f"gvplugin_{name}_LTX_library",
        )
        address = ctypes.addressof(ctypes.c_void_p.in_dll(library, symbol))
        symbols[i] = _Symbol(symbol.encode(), address)
    context = ctypes.c_void_p(_library().gvContextPlugins(symbols, 0))
    context.kept = symbols  # type: ignore[attr-defined]  # it points to them
    return context
