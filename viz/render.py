"""Turn DOT source into a picture, by pygraphviz, by parts of it, or by the program dot."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FORMATS = ("svg", "png", "pdf", "dot")

PNG_RESOLUTION = 192  # dots per inch: twice the size of the SVG, so sharp on a projector

_library = threading.Lock()  # Graphviz renders one picture at a time
_quiet = False  # whether the library has started, on our fonts


def render(source: str, file_format: str, seconds: float | None = None) -> bytes:
    """The picture that a DOT source describes: for the same source, the same bytes.

    Args:
        source: a graph in the DOT language.
        file_format: svg, png, pdf or dot.
        seconds: render in a child process and stop it after that time; None: in this one.

    Raises:
        ValueError: the format is unknown, or the source is not DOT.
        RuntimeError: no Graphviz is installed.
        TimeoutError: the layout took longer than ``seconds``.
    """
    check_format(file_format)
    if file_format == "dot":
        return source.encode()
    return _run(source, file_format, seconds)


def layout(source: str, seconds: float | None = None) -> dict[str, Any]:
    """Where everything stands in the picture of a DOT source: Graphviz's JSON.

    Raises:
        ValueError, RuntimeError, TimeoutError: as :func:`render`.
    """
    found: dict[str, Any] = json.loads(_run(source, "json", seconds))
    return found


def _run(source: str, file_format: str, seconds: float | None) -> bytes:
    if draw := _installed():
        if seconds is None:
            picture = draw(source, file_format)
        else:
            picture = _by_child(
                [sys.executable, "-c", "import viz.render; viz.render.main()", file_format],
                source,
                seconds,
            )
    elif dot := shutil.which("dot"):
        command = [dot, f"-T{file_format}", f"-Gdpi={_resolution(file_format)}"]
        picture = _by_child(command, source, seconds)
    else:
        raise RuntimeError(
            "no Graphviz is installed to draw with: run `pip install pygraphviz`, or install "
            "Graphviz from https://graphviz.org/download so that `dot` is on the PATH; the "
            "attribute .source of a drawing, and the format dot, work without it"
        )
    if file_format == "svg":
        return _with_raised_superscripts(picture)
    # The one thing in a PDF that tells when it was made.
    return re.sub(rb"(/CreationDate \(D:)\d{14}", rb"\g<1>19700101000000", picture)


def check_format(file_format: str, formats: Iterable[str] = FORMATS) -> None:
    """Raise ValueError if there is no such format."""
    if file_format not in formats:
        raise ValueError(f"unknown format {file_format!r}: choose one of {', '.join(formats)}")


def write(path: str | os.PathLike[str], picture: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: the file cannot be written; what was there before is still there.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_bytes(picture)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise type(error)(f"cannot write {os.fspath(path)}: {error.strerror}") from None


def write_as(path: str | os.PathLike[str], **formats: Callable[[], bytes]) -> Path:
    """Write what belongs to the ending of a file name, given as ``html=…, pdf=…``.

    Raises:
        ValueError: nothing belongs to it.
        OSError: see :func:`write`.
    """
    file_format = Path(path).suffix[1:].lower()
    check_format(file_format, formats)
    write(path, formats[file_format]())
    return Path(path)


def _resolution(file_format: str) -> int:
    return PNG_RESOLUTION if file_format == "png" else 72


def _installed() -> Callable[[str, str], bytes] | None:
    """What draws with pygraphviz here; None where it is missing or of no use.

    On Linux it cannot be imported where the system lacks a library that its wheel does not
    bring along, such as GLib or X11. Enough of it can be loaded all the same.
    """
    try:
        import_module("pygraphviz")
    except ImportError:
        from viz import bare

        with _library:
            return _by_bare_library if bare.is_available() else None
    return _by_library


def _by_library(source: str, file_format: str) -> bytes:
    with _library, _own_fonts():
        from pygraphviz import AGraph

        try:
            graph = AGraph(string=source)
        except Exception as error:
            raise ValueError(f"Graphviz cannot draw this source: {error}") from None
        if file_format == "png" and not graph.graph_attr.get("dpi"):
            graph.graph_attr["dpi"] = str(PNG_RESOLUTION)
        return bytes(graph.draw(format=file_format, prog="dot"))


def _by_bare_library(source: str, file_format: str) -> bytes:
    from viz import bare

    with _library:
        if file_format in ("svg", "json"):
            return bare.draw(source, file_format)
        from viz import painting

        svg = _with_raised_superscripts(bare.draw(source, "svg", _resolution(file_format)))
        return painting.paint(svg, file_format)


def _with_raised_superscripts(svg: bytes) -> bytes:
    """Superscripts where Graphviz left room for them, and of that size.

    Its SVG asks for a shift of the baseline, which viewers read differently, if at all.
    """

    def raised(match: re.Match[bytes]) -> bytes:
        y, look, size = float(match[1]), match[2], float(match[3])
        return b'y="%.2f"%b font-size="%.2f"' % (y - size / 3, look, size / 1.2)

    asked = rb'y="([-\d.]+)"([^>]*?) baseline-shift="super" font-size="([\d.]+)"'
    return re.sub(asked, raised, svg)


def _by_child(command: list[str], source: str, seconds: float | None) -> bytes:
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    try:
        child = subprocess.run(
            command,
            input=source.encode(),
            capture_output=True,
            timeout=seconds,
            env={**os.environ, "PYTHONPATH": path},
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(
            f"laying out this graph took longer than {seconds:g} s; draw a part of it"
        ) from None
    if child.returncode:
        raise ValueError(f"Graphviz cannot draw this source: {child.stderr.decode().strip()}")
    return child.stdout


def main() -> None:
    """The child process: DOT on the standard input, the picture on the standard output."""
    draw = _installed()
    assert draw is not None
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode(), sys.argv[1]))


@contextmanager
def _own_fonts() -> Iterator[None]:
    """Start the font library of Graphviz on matplotlib's DejaVu fonts alone, and silently.

    So pictures are the same on every machine, and have text where no font is installed. The
    library reads its configuration once, when it first needs a font, and then complains on
    the standard error about files of the system that are newer than itself.
    """
    global _quiet
    matplotlib = find_spec("matplotlib")
    if _quiet or matplotlib is None or matplotlib.origin is None:
        yield
        return
    fonts = Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf"
    before = os.environ.get("FONTCONFIG_FILE")
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "fonts.conf")
        configuration.write_text(f"<fontconfig><dir>{fonts}</dir></fontconfig>", "utf-8")
        os.environ["FONTCONFIG_FILE"] = str(configuration)
        try:
            with _without_font_warnings():
                yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before
    _quiet = True


@contextmanager
def _without_font_warnings() -> Iterator[None]:
    """Hold back the standard error, also of C libraries, and pass on all but font warnings."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            lines = held.read().splitlines(keepends=True)
            os.write(2, b"".join(line for line in lines if not line.startswith(b"Fontconfig")))
