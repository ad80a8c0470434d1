"""draw_network: a network as neurons in columns, with activations, weights and errors δ."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd.notation import decimals
from viz.files import check_target
from viz.layout.drawing import FORMATS
from viz.networks.reading import read_network
from viz.networks.sketch import NetworkDrawing, sketch_network
from viz.style import theme_named

if TYPE_CHECKING:
    from autograd.operations import Output
    from autograd.value import Value


def draw_network(
    model: Any,
    x: Sequence[float | Value],
    y: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    loss: Callable[[Any, list[Value]], Output] | None = None,
    theme: str = "light",
    digits: int | None = None,
) -> NetworkDrawing:
    """Draw a network with the activations of one example, and write a file if a path is given.

    Each neuron is a circle with its activation inside. Edges are weights: thicker where they
    are larger, solid where positive, dashed where negative. Given a target, the loss is
    drawn at the end, and under each neuron its error δ, the derivative of the loss with respect
    to its weighted sum z. Of a layer with more than ten units, the first and the last are drawn,
    and many weights are drawn without numbers; the picture says what is left out. The model is
    not changed. ``step_through(draw_network(model, x, y))`` shows how the numbers are computed.

    Args:
        model: a network with ``layers``, a layer with ``neurons``, or a neuron with
            ``weights`` and a ``bias``.
        x: the inputs of one example.
        y: its target, a number or a list of them; None draws only the activations.
        path: a file name that ends in .svg, .png, .pdf, .html, .dot or .gv.
        loss: the loss as a function of the target and the outputs; by default that with which
            the model was compiled, or else the one that goes with the outputs: the cross-entropy
            of sigmoid units, summed over them, that of a softmax, and otherwise ½(a − y)² summed
            over the outputs. All of them have δ = a − y, and so has ``nn.BinaryCrossentropy()``,
            which is drawn as the sum over the outputs.
        theme: "light", "dark" or "circuit".
        digits: the decimals of numbers; slides often have 2. By default four significant digits.

    Raises:
        TypeError: the model has neither layers nor neurons nor weights.
        ValueError: unknown format or theme; inputs or targets are not as many as the model
            needs; or the loss has no slope here.
        OSError: the file cannot be written.
    """
    if path is not None:
        check_target(path, FORMATS)  # known before anything is drawn
    look = theme_named(theme)
    with decimals(digits):
        drawing = sketch_network(read_network(model, x, y, loss), look)
    drawing.digits = digits
    if path is not None:
        drawing.save(path)
    return drawing
