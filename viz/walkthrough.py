"""step_through: both sweeps over a graph as a player, as pictures, and as a moving picture."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, overload

from autograd.backprop import single, topological_order
from autograd.notation import expression, formula, number
from autograd.primitives import constant
from autograd.tracing import BackwardStep, equals, multiplied, terms
from autograd.value import Value
from viz.canvas import Drawing
from viz.drawing import detail_for
from viz.javascript import literal, recorded
from viz.names import TEXT, callers_variables
from viz.network import NetworkDrawing
from viz.network_walk import NetworkWalkthrough
from viz.page import fragment, page, variables
from viz.render import write_as
from viz.scene import Scene, scene, svg
from viz.sketching import (
    LONGEST_TITLE,
    MOST_IN_FULL,
    Moment,
    Sweep,
    sketch,
    stale_value,
    sweep_of,
)
from viz.slides import gif, pdf, wrapped
from viz.style import THEMES, theme_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autograd.backprop import Output

# A picture that moves by itself for longer would need a button to stop it (WCAG 2.2.2).
SECONDS_OF_MOTION = 5.0

MOST_NAMED = 4  # inputs in a sentence
MOST_SUMMED_UP = 8  # gradients in the last caption

# A piece of a caption: words, or what number goes there as a kind and a position. "v" and "g"
# are a value and a gradient, "m" and "s" the product and the sum so far of a backward step.
Piece = str | tuple[str, int]


class Step(NamedTuple):
    """One step of a walk: a sentence, and a formula whose numbers are yet to be put in."""

    sentence: str
    rule: list[Piece]


@overload
def step_through(output: NetworkDrawing, *, theme: str | None = None) -> NetworkWalkthrough: ...


@overload
def step_through(
    output: Output, *, theme: str | None = None, detail: str | None = None
) -> Walkthrough: ...


def step_through(
    output: Output | NetworkDrawing, *, theme: str | None = None, detail: str | None = None
) -> Walkthrough | NetworkWalkthrough:
    """Both sweeps over the graph of a Value, or over a network, one step at a time.

    In a notebook this shows a player: forward from left to right, one Value at a time, then
    backward from right to left, one use of the chain rule at a time. Leaves can be changed
    there, and everything follows. The graph stays as it is, and ``backward()`` need not have
    been called.

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
        theme: "light", "dark" or "circuit"; None: as the reader's system prefers.
        detail: "full" or "numbers", as for :func:`viz.draw`; of a graph alone.

    Raises:
        TypeError: ``output`` is no Value and no drawing of a network; or that has a ``detail``.
        ValueError: unknown theme or detail; more than 300 values and no ``detail``; or the
            leaves were changed since the values were computed.
    """
    if theme is not None:
        theme_named(theme)
    if isinstance(output, NetworkDrawing):
        if detail is not None:
            raise TypeError(f"detail={detail!r} is for graphs: a network has one level of detail")
        return NetworkWalkthrough(output.work, theme)
    sweep = sweep_of(*_snapshot(single(output), callers_variables()))
    stale = stale_value(sweep)
    if stale is not None:
        names = sweep.names
        raise ValueError(
            f"{names[stale]} was computed from other numbers than its inputs hold now: call "
            f"{names[sweep.output]}.forward() first"
        )
    detail = detail_for(len(sweep.names), detail)
    if theme == "circuit":  # gates do not have the names by which captions call them
        sweep = sweep._replace(given=set(sweep.names))
    return Walkthrough(sweep._replace(swept=True, stored={}), theme, detail)


def _snapshot(output: Value, variables: Mapping[Value, str]) -> tuple[Value, dict[Value, str]]:
    """A copy of a graph, which later changes of the leaves do not reach, and the names in it."""
    copies: dict[Value, Value] = {}
    for node in topological_order(output):
        copy = copies[node] = Value(node.data, node.label)
        copy.op, copy.inputs = node.op, tuple([copies[x] for x in node.inputs])
        copy.partials = node.partials
    return copies[output], {copies[x]: name for x, name in variables.items() if x in copies}


class Walkthrough:
    """The steps of both sweeps over a graph; shows itself in a notebook as a player.

    Attributes:
        captions: what each step says, as text.
        frames: each step as a picture; all have the same layout.
    """

    def __init__(self, sweep: Sweep, theme: str | None, detail: str) -> None:
        self._sweep = sweep
        self._nodes = list(sweep.names)
        self._ids = {node: i for i, node in enumerate(self._nodes)}
        self._names = {node: TEXT.name(name) for node, name in sweep.names.items()}
        self._uses = sweep.steps
        self._theme_name = theme
        self._theme = theme_named(theme or "light")
        self._detail = detail

    def __repr__(self) -> str:
        J = self._names[self._sweep.output]
        return f"<walk through {J}: {len(self._steps)} steps; .save('{J}.html') writes a page>"

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def captions(self) -> list[str]:
        texts = []
        for step in self._steps:
            rule = "".join(map(self._fill, step.rule))
            texts.append(f"{step.sentence}\n{rule}" if rule else step.sentence)
        return texts

    @cached_property
    def frames(self) -> list[Drawing]:
        frames = []
        for k, lines in enumerate(wrapped(self.captions, max(self._scene.width, 400.0))):
            frame = sketch(self._sweep, self._theme, self._detail, self._moment(k, lines))
            frame.seconds = None  # the layout has been tried
            frame.description = " ".join(lines).strip()
            frames.append(frame)
        return frames

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the walk in the format that the name of the file ends in.

        .html is a page with the player, .svg a picture that plays itself once, .pdf has a page
        per step for slides, .gif is for a chat.

        Raises:
            ValueError: the ending is none of these.
            OSError: the file cannot be written; what was there before is still there.
            RuntimeError, TimeoutError: see :func:`viz.render.render`.
        """
        inches = max(self._scene.width, self._scene.height) / 72
        return write_as(
            path,
            html=lambda: page(f"{self._title()}, step by step", self._repr_html_()).encode(),
            svg=lambda: self._moving().encode(),
            pdf=lambda: pdf(self.frames),
            gif=lambda: gif(self.frames, inches, self._theme.background),
        )

    # --- the steps

    @cached_property
    def _steps(self) -> list[Step]:
        forward = [self._forward(node) for node in self._nodes]
        backward = [self._backward(k, step) for k, step in enumerate(self._uses)]
        return [self._start(), *forward, self._seed(), *backward, self._end()]

    def _derivative(self, node: Value) -> str:
        return f"d{self._names[self._sweep.output]}/d{self._names[node]}"

    def _title(self) -> str:
        """The output, written out in its leaves where that is short."""
        output, names = self._sweep.output, self._names
        if output.inputs and len(names) <= MOST_IN_FULL:
            written = expression(output, self._sweep.names, TEXT)
            if len(written) <= LONGEST_TITLE:
                return f"{names[output]} = {written}"
        return names[output]

    def _start(self) -> Step:
        operations = sum(1 for node in self._nodes if node.inputs)
        leaves = len(self._nodes) - operations
        counted = f"{_count(leaves, 'leaf', 'leaves')} and {_count(operations, 'operation')}"
        return Step(f"The graph of {self._title()}, with {counted}. Values flow forward first.", [])

    def _forward(self, node: Value) -> Step:
        name = self._names[node]
        if not node.inputs:
            return Step(
                f"Forward: {name} is a leaf, its value is given.", [f"{name} ", self._v(node)]
            )
        inputs = list(dict.fromkeys(self._names[x] for x in node.inputs if x.op is not constant))
        if len(inputs) > MOST_NAMED:
            inputs[2:-1] = [f"{len(inputs) - 3} more"]
        text = formula(node, self._sweep.names, TEXT)
        sentence = f"Forward: {name} is computed from {_listed(inputs or ['constants'])}."
        return Step(sentence, [f"{name} = {text} ", self._v(node)])

    def _seed(self) -> Step:
        output = self._sweep.output
        sentence = f"Backward: {self._names[output]} changes by exactly as much as itself."
        return Step(sentence, [f"{self._derivative(output)} ", self._g(output)])

    def _backward(self, k: int, step: BackwardStep) -> Step:
        node, x = self._names[step.node], self._names[step.input]
        result = self._derivative(step.input)
        product = f"{self._derivative(step.node)} × d{node}/d{x}"
        paths = self._sweep.paths[step.input]
        come = sum(1 for use in self._uses[: k + 1] if use.input is step.input)
        if len(paths) == 1:
            sentence = f"Backward: from {node} to {x}, the upstream gradient times the local slope."
            return Step(sentence, [f"{result} = {product} ", ("m", k)])
        sentence = f"Backward: from {node} to {x}, path {come} of {len(paths)}"
        so_far = ", so far " if come < len(paths) else ", "
        sentence += "." if come < len(paths) else ": the products of all paths add up."
        return Step(sentence, [f"{product} ", ("m", k), f"{so_far}{result} ", ("s", k)])

    def _end(self) -> Step:
        leaves = [node for node in self._nodes if not node.inputs]
        if len(leaves) > MOST_SUMMED_UP:
            return Step("Finished: every value has its gradient.", [])
        rule: list[Piece] = []
        for node in leaves:
            rule += [f"{', ' if rule else ''}{self._derivative(node)} ", self._g(node)]
        return Step("Finished: the gradients of the leaves.", rule)

    def _v(self, node: Value) -> Piece:
        return "v", self._ids[node]

    def _g(self, node: Value) -> Piece:
        return "g", self._ids[node]

    def _fill(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        kind, i = piece
        if kind in "vg":
            node = self._nodes[i]
            x = node.data if kind == "v" else self._sweep.gradients[node]
            return f"{equals(x)} {number(x)}"
        step = self._uses[i]
        if kind == "m":
            return multiplied(step.upstream, step.local, step.product)
        products = [use.product for use in self._uses[: i + 1] if use.input is step.input]
        return "".join(terms(products, step.total))

    # --- pictures

    @cached_property
    def _scene(self) -> Scene:
        return scene(self._still)

    @cached_property
    def _still(self) -> Drawing:
        return sketch(self._sweep, self._theme, self._detail)

    def _moment(self, k: int, caption: list[str]) -> Moment:
        """The picture after step k, with what that step was about lit."""
        nodes, output = self._nodes, self._sweep.output
        count = len(nodes)
        done = self._uses[: max(0, k - count - 1)]
        come: dict[Value, int] = {output: 1} if k > count else {}
        for use in done:
            come[use.input] = come.get(use.input, 0) + 1
        moment = Moment(set(nodes[:k]), come, set(), set(), [], k > count, caption)
        if 0 < k <= count:
            node = nodes[k - 1]
            uses = [use for use in self._uses if use.node is node]
            wires = {node, *[use.input for use in uses]}
            return moment._replace(boxes={node}, wires=wires, uses=uses)
        if k == count + 1:
            return moment._replace(wires={output})
        if count < k < len(self._steps) - 1:
            use = done[-1]
            return moment._replace(boxes={use.node}, wires={use.node, use.input}, uses=[use])
        return moment

    def _moving(self) -> str:
        """The finished picture, in which texts and lights come one after the other, once."""
        count, beat = len(self._nodes), SECONDS_OF_MOTION / len(self._steps)
        rules = []
        for i, node in enumerate(self._nodes):
            nth, come = f":nth-child({i + 1})", beat * (i + 1)
            used = [k for k, use in enumerate(self._uses) if use.input is node]
            handed = [k for k, use in enumerate(self._uses) if use.node is node]
            given = beat * (count + 2 + max(used, default=-1))
            rules.append(f".values>{nth}{{animation-delay:{come:.2f}s}}")
            rules.append(f".gradients>{nth}{{animation-delay:{given:.2f}s}}")
            flows = f"flow {beat:.2f}s {come:.2f}s,ebb {beat:.2f}s {given:.2f}s"
            rules.append(f".wires>{nth},.e{i}{{animation:{flows}}}")
            if handed:
                back, long = beat * (count + 2 + handed[0]), beat * len(handed)
                lights = f"forth {beat:.2f}s {come:.2f}s,back {long:.2f}s {back:.2f}s"
                rules.append(f".boxes>{nth}{{animation:{lights}}}")
        motion = (
            f".values>*,.gradients>*{{animation:come {beat:.2f}s backwards}}{''.join(rules)}"
            "@keyframes come{from{opacity:0}}"
            "@keyframes flow{from,to{stroke:var(--value);stroke-width:3}}"
            "@keyframes ebb{from,to{stroke:var(--gradient);stroke-width:3}}"
            "@keyframes forth{from,to{fill:var(--lit);stroke:var(--value)}}"
            "@keyframes back{from,to{fill:var(--lit);stroke:var(--gradient)}}"
        )
        css = (
            f"{variables('.glassgrad-picture', self._theme_name)}"
            f"@media screen and (prefers-reduced-motion:no-preference){{{motion}}}"
        )
        return self._svg(css)

    def _svg(self, css: str = "") -> str:
        dark = THEMES["dark"] if self._theme_name is None else None
        return svg(self._scene, self._still.description, self._theme, dark, css)

    # --- the player

    def _repr_html_(self) -> str:
        """The player, as a notebook shows it."""
        description = self._still.description
        return fragment(self._svg(), description, "player", self._graph(), self._theme_name)

    def _graph(self) -> str:
        """The graph and its captions as a JavaScript expression."""
        data = {
            "names": list(self._names.values()),
            "derivatives": [self._derivative(node) for node in self._nodes],
            "captions": self._steps,
        }
        return f"{{...{recorded(self._nodes)}, ...{literal(data)}}}"


def _count(n: int, one: str, several: str = "") -> str:
    return f"{n} {one if n == 1 else several or one + 's'}"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
