"""draw: a recorded graph as a picture, in as much detail as is legible."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from autograd.notation import decimals
from autograd.operations import several
from autograd.value import Value
from viz.callers import callers_variables
from viz.files import check_target
from viz.graphs.detail import LEVELS, MOST_IN_NUMBERS, detail_for, is_legible
from viz.graphs.diagnosis import examine, find_notes
from viz.graphs.folding import Fold, fold, sketch_folded
from viz.graphs.levels_page import levels_page
from viz.graphs.sketch import sketch
from viz.graphs.sweep import Sweep, sweep_of
from viz.layout.drawing import FORMATS, Drawing
from viz.programs import is_program
from viz.style import Theme, theme_named

if TYPE_CHECKING:
    from autograd.operations import Output
    from autograd.vectorizer.running.program import Program


def draw(
    output: Output | Exception | Program,
    path: str | os.PathLike[str] | None = None,
    *,
    theme: str = "light",
    detail: str | None = None,
    parameters: Iterable[Value] = (),
    gradients: Iterable[Value] | None = None,
    width: float | None = None,
    digits: int | None = None,
) -> Drawing:
    """Draw the computation graph of a Value, and write it to a file if a path is given.

    Boxes hold the operations; each wire has the value above it and, once ``backward()`` was
    called on the output, the gradient below, with what it is the product or the sum of in small
    letters. Names come from
    labels, or else from the caller's variables, or else they are letters. The graph is not
    changed. The picture marks a leaf whose stored ``grad`` is not the gradient of this output
    (for example because ``backward()`` ran twice), values that are out of date, and saturated
    sigmoids and dead ReLUs, which pass no gradient on.

    For an error, the graph that it is about is drawn. An error of gradcheck shows the central
    difference at each wire that disagrees. An error of an operation without a value shows what
    was computed before it. An error of ``fit``, whose loss became nan or infinite, shows the
    example and where it began.

    For a vectorised program, its arrays are drawn: above each wire is the shape, below it the
    line of the program that computes its gradient.

    Args:
        output: the Value to draw, or the list of one that a layer returns; or an error, or a
            program that ``vectorize`` made.
        path: a file name that ends in .svg, .png, .pdf, .dot or .gv; or in .html for a page on
            which a click unfolds the boxes of a folded graph, from layers to neurons to values.
        theme: "light", "dark", or "circuit" (gates, as the course CS231n draws them).
        detail: "full" with the chain rule; "numbers" without it; "neurons" or "layers", where
            Values that are computed alike become one box. By default full for up to 30 values,
            if that is legible on a slide, and numbers for up to 60; larger graphs are folded
            where possible.
        parameters: leaves that should be in the graph, such as ``model.parameters()``: those
            that no operation reads are drawn separately, and marked.
        gradients: the leaves whose gradients are of interest; the others are drawn without. By
            default all leaves but the numbers that a model or a loss was given: the data.
        width: of the picture, in points (1/72 inch): what is wider goes on in rows, and becomes
            smaller if it must. By default text of 14 points, and rows that fit a slide.
        digits: the decimals of numbers; slides often have 2. By default four significant digits.

    Raises:
        TypeError: ``output`` is neither a Value nor a program nor an error about a graph; or
            ``gradients`` is no list of Values.
        ValueError: unknown format, theme or detail; a width that is not positive; digits that are
            none; no ``detail``, and more than 300 values that do not fold; a program of more than
            300 arrays, or a program with an option that is only for graphs of Values.
        OSError: the file cannot be written.
    """
    if path is not None:
        check_target(path, FORMATS)  # known before anything is drawn
    if width is not None and not 0.0 < width < math.inf:
        raise ValueError(f"width={width!r} is a number of points above 0, such as 480")
    look = theme_named(theme)
    if is_program(output):
        options = {
            'theme="circuit"': look.circuit,
            "detail": detail is not None,
            "parameters": bool(list(parameters)),
            "gradients": gradients is not None,
            "digits": digits is not None,
        }
        for option, given in options.items():
            if given:
                raise ValueError(
                    f"{option} is for graphs of numbers, and a program is one of matrices: leave "
                    "it out, or draw the loss from which the program was made"
                )
        from viz.programs.sketch import sketch_program  # imports NumPy

        drawing = sketch_program(output, look)
        drawing.width = width
    else:
        subject = examine(output, parameters)
        asked = None if gradients is None else set(several(gradients))
        sweep = sweep_of(subject.output, callers_variables(), subject.unread, asked)
        found = find_notes(sweep.names, sweep.gradients, sweep.stored)
        sweep = sweep._replace(notes=found | subject.notes, swept=sweep.swept or subject.swept)
        html = partial(_page, sweep, theme, detail, digits)
        with decimals(digits):
            drawing = _sketched(sweep, look, detail, width, html)
        drawing.width = width
    if path is not None:
        drawing.save(path)
    return drawing


def _sketched(
    sweep: Sweep, look: Theme, detail: str | None, width: float | None, html: Callable[[], str]
) -> Drawing:
    """The picture in the detail that is asked for or, by default, in as much as is legible."""
    if folded := _folded(sweep, detail):
        return sketch_folded(sweep, *folded, look, html)
    drawing = sketch(sweep, look, detail_for(len(sweep.names), detail), html)
    drawing.width = width
    if detail is None and not look.circuit and not is_legible(drawing.scene, width):
        drawing = sketch(sweep, look, "numbers", html)
    return drawing


def _page(sweep: Sweep, theme: str, detail: str | None, digits: int | None) -> str:
    with decimals(digits):
        return levels_page(sweep, theme, detail)


def _folded(sweep: Sweep, detail: str | None) -> tuple[str, list[Fold]] | None:
    """The level that is asked for, and the folds of the graph there.

    With no ``detail``, the finest level at which a large graph is legible, if there is one.
    """
    if detail in LEVELS:
        return detail, fold(sweep, detail)
    if detail is None and len(sweep.names) > MOST_IN_NUMBERS:
        for level in LEVELS:
            folds = fold(sweep, level)
            if len(folds) <= MOST_IN_NUMBERS:
                return level, folds
    return None
