"""Figures of matplotlib, saved to files as every picture is."""

from __future__ import annotations

import io
from os import PathLike
from typing import TYPE_CHECKING, Any

from viz.files import write_as

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def saved(ax: Axes, path: str | PathLike[str] | None) -> Axes:
    """The axes, after their whole figure was saved, if there is a path to save it to.

    Raises:
        ValueError: the path does not end in .svg, .png or .pdf.
        OSError: the file cannot be written; an existing file is then unchanged.
    """
    if path is not None:
        figure: Any = ax.figure.figure  # that of a part of a figure, too

        def written(file_format: str, date: str) -> bytes:
            import matplotlib as mpl

            content = io.BytesIO()
            with mpl.rc_context({"svg.hashsalt": "glassgrad"}):  # the same file each time
                figure.savefig(content, format=file_format, metadata={date: None} if date else {})
            return content.getvalue()

        write_as(
            path,
            svg=lambda: written("svg", "Date"),
            png=lambda: written("png", ""),
            pdf=lambda: written("pdf", "CreationDate"),
        )
    return ax
