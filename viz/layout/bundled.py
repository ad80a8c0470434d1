"""Lay out by the Graphviz libraries inside of pygraphviz's wheel, without system libraries."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from viz.layout.metrics import heights, width

# Graphviz counts this up when it changes the structures that it shares with plugins.
PLUGIN_VERSION = 8

_PLUGINS = ("core", "dot_layout", "neato_layout")


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
    """Graphviz's JSON of a DOT source, with room for text in DejaVu Sans.

    Graphviz itself measures text by Pango, which needs libraries of the system, GLib above
    all. Here it asks :mod:`viz.layout.metrics`. Only one thread at a time may call this.

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
                context, graph, b"json", ctypes.byref(data), ctypes.byref(size)
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


# What Graphviz and its plugins share, field by field as in the headers gvcext.h, gvplugin.h,
# gvplugin_textlayout.h and textspan.h.


class _Font(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("color", ctypes.c_char_p),
        ("postscript_alias", ctypes.c_void_p),
        ("size", ctypes.c_double),
        ("flags", ctypes.c_uint),
    )


class _Span(ctypes.Structure):
    """A piece of text in one font."""

    _fields_ = (
        ("text", ctypes.c_char_p),
        ("font", ctypes.POINTER(_Font)),
        ("layout", ctypes.c_void_p),
        ("free_layout", ctypes.c_void_p),
        ("baseline_below_top", ctypes.c_double),
        ("baseline_below_middle", ctypes.c_double),
        ("width", ctypes.c_double),
        ("height", ctypes.c_double),
        ("justified", ctypes.c_char),
    )


_Measure = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.POINTER(_Span), ctypes.c_void_p)


class _Engine(ctypes.Structure):
    _fields_ = (
        ("id", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("quality", ctypes.c_int),
        ("functions", ctypes.POINTER(_Measure)),
        ("features", ctypes.c_void_p),
    )


class _Interface(ctypes.Structure):
    _fields_ = (("number", ctypes.c_int), ("engines", ctypes.POINTER(_Engine)))


class _Plugin(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("interfaces", ctypes.POINTER(_Interface)))


class _Symbol(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("address", ctypes.c_void_p))


_TEXT_LAYOUT = 2  # the number of the interface that measures text
_BOLD, _ITALIC, _SUPERSCRIPT = 1, 2, 8  # flags of a font


def _measure(pointer: Any, _: Any) -> bool:
    span = pointer.contents
    font = span.font.contents
    bold, italic = bool(font.flags & _BOLD), bool(font.flags & _ITALIC)
    size = font.size / 1.2 if font.flags & _SUPERSCRIPT else font.size
    above, below = heights(font.size)
    span.layout = span.free_layout = None  # nothing for Graphviz to free
    span.width = width(span.text.decode(errors="replace"), size, bold, italic)
    span.height = above + below
    span.baseline_below_top = above
    span.baseline_below_middle = 0.05 * font.size
    return True


@cache
def _context() -> ctypes.c_void_p:
    """Graphviz with its own layouts and JSON, and with our measure of text.

    It is never freed, as it holds pointers to the structures here.
    """
    engines = (_Engine * 2)(_Engine(0, b"textlayout", 1, ctypes.pointer(_Measure(_measure))))
    interfaces = (_Interface * 2)(_Interface(_TEXT_LAYOUT, engines), _Interface(0, None))
    plugins = {"text": _Plugin(b"text", interfaces)}
    for name in _PLUGINS:
        library = ctypes.CDLL(str(_file(f"gvplugin_{name}")))
        plugins[name] = _Plugin.in_dll(library, f"gvplugin_{name}_LTX_library")
    symbols = (_Symbol * (len(plugins) + 1))(
        *(
            _Symbol(f"gvplugin_{name}_LTX_library".encode(), ctypes.addressof(plugin))
            for name, plugin in plugins.items()
        )
    )
    context = ctypes.c_void_p(_library().gvContextPlugins(symbols, 0))
    # Its own alone keep the Python objects alive that these point to.
    context.kept = symbols, plugins  # type: ignore[attr-defined]
    return context
