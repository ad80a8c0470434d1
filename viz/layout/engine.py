"""Lay out a graph by Graphviz: by pygraphviz, by parts of it, or by the program dot."""

from __future__ import annotations

import json
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
        if seconds is None:
            found = lay_out(source)
        else:
            found = _by_child([sys.executable, __file__], source, seconds)
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


def _by_child(command: list[str], source: str, seconds: float | None) -> bytes:
    # An empty path would be the folder of the user, whose files are none to import.
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]
    try:
        child = subprocess.run(
            command,
            input=source.encode(),
            capture_output=True,
            timeout=seconds,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
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
    main()
