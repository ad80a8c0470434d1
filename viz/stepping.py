"""step_through: both sweeps over a graph or over a network, one step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from autograd.notation import decimals
from autograd.operations import single
from viz.callers import callers_variables
from viz.graphs.detail import detail_for
from viz.graphs.sweep import sweep_of
from viz.graphs.walk import walk_of_graph
from viz.networks.sketch import NetworkDrawing
from viz.networks.walk import NetworkWalkthrough, walk_of_network
from viz.player.walkthrough import Walkthrough
from viz.style import theme_named

if TYPE_CHECKING:
    from autograd.operations import Output


@overload
def step_through(output: NetworkDrawing, *, theme: str | None = None) -> NetworkWalkthrough: ...


@overload
def step_through(
    output: Output,
    *,
    theme: str | None = None,
    detail: str | None = None,
    digits: int | None = None,
) -> Walkthrough: ...


def step_through(
    output: Output | NetworkDrawing,
    *,
    theme: str | None = None,
    detail: str | None = None,
    digits: int | None = None,
) -> Walkthrough | NetworkWalkthrough:
    """Step through both sweeps over the graph of a Value, or over a network.

    In a notebook this shows a player: forward from left to right, one Value at a time, then
    backward from right to left, one use of the chain rule at a time. Leaves can be changed
    there, and all numbers are updated. The graph is not changed, and ``backward()`` need not have
    been called.

    >>> from autograd import Value
    >>> a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    >>> walk = step_through(3 * (a + b * c))
    >>> print(walk.captions[11])
    Backward: from u to b, the upstream gradient times the local slope.
    dJ/db = dJ/du × du/db = 3 × 2 = 6

    A network is stepped through unit by unit: activations flow to the right, errors δ to the
    left. Write ``step_through(draw_network(model, x, y))``.

    Args:
        output: the Value to step through, or the list of one that a layer returns; or the
            drawing of a network.
        theme: "light", "dark" or "circuit"; None follows the reader's system.
        detail: "full" or "numbers", as for :func:`viz.draw`; only for graphs.
        digits: the decimals of numbers, as for :func:`viz.draw`; a network has those with which it
            was drawn.

    Raises:
        TypeError: ``output`` is neither a Value nor the drawing of a network; or ``detail`` or
            ``digits`` are given for a network.
        ValueError: unknown theme or detail; more than 300 values and no ``detail``; or the
            leaves were changed since the values were computed.
    """
    if theme is not None:
        theme_named(theme)
    if isinstance(output, NetworkDrawing):
        if detail is not None:
            raise TypeError(f"detail={detail!r} is for graphs: a network has one level of detail")
        if digits is not None:
            raise TypeError(f"digits={digits!r} is for graphs: give it to draw_network")
        with decimals(output.digits):
            return walk_of_network(output.work, theme)
    sweep = sweep_of(single(output), callers_variables())
    names = sweep.names
    if sweep.stale is not None:
        raise ValueError(
            f"{names[sweep.stale]} was computed from other numbers than its inputs hold now: call "
            f"{names[sweep.output]}.forward() first"
        )
    if theme == "circuit":  # gates do not have the names by which captions call them
        sweep = sweep._replace(given=set(names))
    detail = detail_for(len(names), detail)
    with decimals(digits):
        return walk_of_graph(sweep._replace(swept=True, stored={}), theme, detail, digits)
