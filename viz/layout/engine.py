"""Lay out a graph by Graphviz: by pygraphviz, by parts of it, or by the program dot."""

from __future__ import annotations

import json
import locale
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_library = threading.Lock()  # Graphviz lays out one graph at a time

# A thread that holds the lock where this process is forked is not there in the child.
if hasattr(os, "register_at_fork"):  # pragma: no branch (not on Windows)
    os.register_at_fork(after_in_child=_library._at_fork_reinit)  # type: ignore[attr-defined]


def layout(source: str, seconds: float | None = None) -> dict[str, Any]:
    """Where everything stands in the layout of a DOT source: Graphviz's JSON.

    Args:
        source: a graph in the DOT language.
        seconds: lay out in a child process and stop it after that time; None: in this one.

    Raises:
        ValueError: the source is not DOT.
        RuntimeError: no Graphviz is installed.
        TimeoutError: the layout took longer than ``seconds``.
    """
    if lay_out := _installed():
        # Graphviz reads and writes numbers with the decimal sign of the locale.
        comma = locale.localeconv()["decimal_point"] != "."
        if seconds is None and not comma:
            found = lay_out(source)
        else:
            found = _by_python(source, seconds) or lay_out(source)
    elif dot := shutil.which("dot"):
        found = _by_child([dot, "-Tjson0"], source, seconds)
    else:
        raise RuntimeError(
            "no Graphviz is installed to lay out with: run `pip install pygraphviz`, or install "
            "Graphviz from https://graphviz.org/download so that `dot` is on the PATH; the "
            "attribute .source of a drawing, and the format dot, work without it"
        )
    placed: dict[str, Any] = json.loads(found)
    return placed


def _installed() -> Callable[[str], bytes] | None:
    """What lays out with pygraphviz here; None where it is missing or of no use.

    On Linux it cannot be imported where the system lacks a library that its wheel does not
    bring along, such as GLib or X11. Enough of it can be loaded all the same.
    """
    try:
        import_module("pygraphviz")
    except ImportError:
        from viz.layout import bundled

        with _library:
            return _by_bundled_library if bundled.is_available() else None
    return _by_library


def _by_library(source: str) -> bytes:
    with _library:
        from pygraphviz import AGraph

        try:
            graph = AGraph(string=source)
        except Exception as error:
            raise ValueError(f"Graphviz cannot read this source: {error}") from None
        return bytes(graph.draw(format="json0", prog="dot"))


def _by_bundled_library(source: str) -> bytes:
    from viz.layout import bundled

    with _library:
        return bundled.draw(source)


def _by_python(source: str, seconds: float | None) -> bytes | None:
    """What a child Python lays out; None where it does not, as where Python is embedded."""
    # Isolated: files of the user's folder that have names of Python's own are none to import.
    # The other paths come after those of Python.
    paths = [os.path.realpath(path) for path in (str(Path(__file__).parents[2]), *sys.path) if path]
    try:
        found = _by_child([sys.executable, "-I", __file__, *paths], source, seconds)
        json.loads(found)
    except (OSError, ValueError) as error:
        if isinstance(error, TimeoutError):
            raise
        return None  # what is no DOT is refused here, too
    return found


def _by_child(command: list[str], source: str, seconds: float | None) -> bytes:
    try:
        child = subprocess.run(
            command,
            input=source.encode(),
            capture_output=True,
            timeout=seconds,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(
            f"laying out this graph took longer than {seconds:g} s; draw a part of it"
        ) from None
    if child.returncode:
        raise ValueError(f"Graphviz cannot read this source: {child.stderr.decode().strip()}")
    return child.stdout


def main() -> None:
    """The child process: DOT on the standard input, the JSON on the standard output."""
    lay_out = _installed()
    assert lay_out is not None
    sys.stdout.buffer.write(lay_out(sys.stdin.buffer.read().decode()))


if __name__ == "__main__":  # pragma: no cover (a process of its own, which imports no more)
    sys.path += sys.argv[1:]
    main()
