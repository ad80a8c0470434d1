"""Drawing: a picture that shows itself in a notebook and writes files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import graphviz

from viz.files import check_format, check_target, write
from viz.layout.diagram import Diagram
from viz.layout.dot import graph_of
from viz.layout.placing import scene_of
from viz.scenes.fitting import in_width
from viz.scenes.page import page
from viz.scenes.scene import Moment, Scene, at
from viz.scenes.svg import svg
from viz.style import Theme

FORMATS = ("svg", "png", "pdf", "dot", "gv", "html")

PNG_COLORS = 32  # of the PNG that a notebook stores
MOST_DOTS = 8_000  # of the same, in width and height
PNG_RESOLUTION = 192  # dots per inch: twice the size of the SVG, so sharp on a projector

FITTED = "svg{display:block;height:auto;margin:auto;max-width:100%}"  # into its page

PANE = 555.0  # points, of the narrowest pane of a notebook, which has 740 pixels


class Drawing:
    """A drawn graph: shows itself in a notebook, and writes SVG, PNG, PDF, HTML or DOT.

    Attributes:
        theme: its colours.
        description: the picture in words, for a screen reader.
        format: that of ``pipe`` and ``render`` where they are given none.
        width: the width of files in points, if one is asked for.
    """

    def __init__(
        self,
        diagram: Diagram,
        theme: Theme,
        description: str,
        html: Callable[[], str] | None = None,
    ) -> None:
        """A drawing of a diagram.

        Args:
            html: what writes a page in place of that with the picture alone.
        """
        self.theme = theme
        self.description = description
        self.format = "svg"
        self.width: float | None = None
        self._diagram = diagram
        self._html = html

    def __repr__(self) -> str:
        return f"<drawing: {self.description.partition('.')[0]}; .save('J.svg') writes it>"

    @cached_property
    def graph(self) -> graphviz.Digraph:
        """The graph for the Python package graphviz; what is added to it shows in ``source``."""
        return graph_of(self._diagram, self.theme)

    @property
    def source(self) -> str:
        """The graph in the DOT language."""
        return str(self.graph.source)

    @cached_property
    def scene(self) -> Scene:
        """The picture as data."""
        found = scene_of(self._diagram, self.width)
        return found if self.width is None else in_width(found, self.width)

    def in_width(self, width: float) -> Drawing:
        """The same diagram laid out for another width, in points."""
        drawing = Drawing(self._diagram, self.theme, self.description, self._html)
        drawing.width = width
        return drawing

    def at(self, moment: Moment) -> Drawing:
        """The picture at a moment of a walk; its source is that of the finished one."""
        frame = Drawing(self._diagram, self.theme, " ".join(moment.caption).strip())
        frame.scene = at(self.scene, moment)
        return frame

    def pipe(self, format: str | None = None, *, encoding: str | None = None) -> Any:  # noqa: A002
        """The picture as bytes, or as text in the given encoding: always the same ones.

        Raises:
            ValueError: the format is unknown.
        """
        file_format = format or self.format
        check_format(file_format, FORMATS)
        if file_format == "png":
            from viz.scenes import painting  # matplotlib takes a while to be imported

            picture = painting.png(self.scene, self.theme, PNG_RESOLUTION)
        elif file_format == "pdf":
            from viz.scenes import painting

            margin = painting.PDF_MARGIN if self.width is None else 0.0
            picture = painting.pdf([self.scene], self.theme, margin)
        else:
            picture = self._text(file_format).encode()
        return picture.decode(encoding) if encoding else picture

    def _small_png(self) -> bytes:
        """The picture at the size of the SVG, in few colours: notebooks store it as text."""
        from viz.scenes import painting

        largest = max(self.scene.width, self.scene.height) / 72  # inches
        resolution = min(PNG_RESOLUTION / 2, MOST_DOTS / largest)
        return painting.png(self.scene, self.theme, resolution, colors=PNG_COLORS)

    def _text(self, file_format: str) -> str:
        if file_format in ("dot", "gv"):
            return self.source
        if file_format == "html" and self._html is not None:
            return self._html()
        picture = svg(self.scene, self.description, self.theme)
        if file_format == "svg":
            return picture
        style = f"body{{background:{self.theme.background}}}{FITTED}"
        return page(self.description.partition(".")[0], f"<style>{style}</style>{picture}")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture in the format that the name of the file ends in.

        Raises:
            ValueError: the ending is not .svg, .png, .pdf, .html, .dot or .gv.
            OSError: the file cannot be written; what was there before is still there.
        """
        write(path, self.pipe(check_target(path, FORMATS)))
        return Path(path)

    write = save

    def render(
        self,
        filename: str | None = None,
        directory: str | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,  # noqa: A002
    ) -> str:
        """Save the DOT source and the picture beside it, as ``graphviz.Digraph`` does.

        Returns:
            the path of the picture: that of the source with the format as its ending.
        """
        source = Path(self.graph.save(filename, directory=directory))
        picture = source.with_name(f"{source.name}.{format or self.format}")
        write(picture, self.pipe(format))
        if cleanup:
            source.unlink()
        if view:
            graphviz.view(str(picture))
        return str(picture)

    def view(self) -> str:
        """Open the picture in the viewer of the system, from a folder for temporary files."""
        return self.render(directory=tempfile.mkdtemp(), view=True, cleanup=True)

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, Any]:
        # The PNG is for viewers that do not show an SVG, such as an untrusted notebook; the text
        # is for those that show no pictures, and would else be the address in memory.
        wide = self.scene.width > PANE
        return {
            "text/plain": self.description,
            "image/svg+xml": svg(self.scene, self.description, self.theme, scaled=wide),
            "image/png": self._small_png(),
        }
