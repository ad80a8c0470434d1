"""NetworkWalkthrough: both sweeps over a network, unit by unit: activations go right, δ left."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from autograd.notation import MOST_TERMS, formula, number
from autograd.tracing import equals, in_place, multiplied
from viz.canvas import Drawing
from viz.javascript import literal
from viz.names import typeset
from viz.network import CIRCLE, COLUMN, Moment, Unit, Work, sketch_network
from viz.page import compact, fragment, page
from viz.render import write_as
from viz.slides import gif, pdf, wrapped
from viz.style import THEMES, Theme, theme_named

MOST_STEPS = 60  # of a walk from unit to unit; longer ones go from layer to layer


class Step(NamedTuple):
    """One step of a walk; the parts are those of :class:`viz.network.Moment`.

    Attributes:
        shows: the parts whose numbers come in this step.
        lit: the parts at work.
        weights: the weights at work.
        caption: a sentence, and a formula with its numbers.
    """

    shows: list[str]
    lit: list[str]
    weights: list[str]
    backward: bool
    caption: tuple[str, str]


class NetworkWalkthrough:
    """The steps of both sweeps over a network; shows itself in a notebook as a player.

    Attributes:
        captions: what each step says, as text.
        frames: each step as a picture; all have the same layout.
    """

    def __init__(self, work: Work, theme: str | None) -> None:
        self._theme_name = theme
        self._work = work._replace(theme=theme_named(theme or "light"))

    def __repr__(self) -> str:
        steps = len(self._steps)
        return f"<walk through a network: {steps} steps; .save('network.html') writes a page>"

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def captions(self) -> list[str]:
        return ["\n".join(filter(None, step.caption)) for step in self._steps]

    @cached_property
    def frames(self) -> list[Drawing]:
        captions = wrapped(self.captions, self._inches * 72)
        return [sketch_network(self._work, self._moment(k, x)) for k, x in enumerate(captions)]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the walk in the format that the name of the file ends in.

        .html is a page with the player, .pdf has a page per step for slides, .gif is for a chat.

        Raises:
            ValueError: the ending is none of these.
            OSError: the file cannot be written; what was there before is still there.
            RuntimeError: there is no Graphviz to draw with.
        """
        return write_as(
            path,
            html=lambda: page("A network, step by step", self._repr_html_()).encode(),
            pdf=lambda: pdf(self.frames),
            gif=lambda: gif(self.frames, self._inches, self._work.theme.background),
        )

    def _repr_html_(self) -> str:
        """The player, as a notebook shows it."""
        still = sketch_network(self._work)
        theme = self._work.theme
        dark = THEMES["dark"] if self._theme_name is None else None
        picture = _with_parts(compact(still.pipe("svg", encoding="utf-8")), theme, dark)
        steps = [
            {"caption": x.caption, "shows": x.shows, "lit": x.lit, "weights": x.weights}
            | ({"backward": True} if x.backward else {})
            for x in self._steps
        ]
        description = still.description
        return fragment(picture, description, "network", literal(steps), self._theme_name)

    @property
    def _inches(self) -> float:
        return COLUMN * len(self._work.columns) + CIRCLE

    @cached_property
    def _steps(self) -> list[Step]:
        return _steps_of(self._work)

    def _moment(self, k: int, caption: list[str]) -> Moment:
        step = self._steps[k]
        unseen = set(chain.from_iterable(later.shows for later in self._steps[k + 1 :]))
        weights = step.weights
        if k + 1 == len(self._steps):  # the finished picture
            weights = list(chain.from_iterable(each.weights for each in self._steps))
        return Moment(unseen, set(step.lit), set(weights), step.backward, caption)


def _steps_of(work: Work) -> list[Step]:
    """The inputs, each unit or layer, the loss; and back through the units or layers."""
    n = len(work.columns)
    drawn = [[j for j in column.rows() if j is not None] for column in work.columns]
    sizes = [len(column.units) for column in work.columns]
    by_unit = sizes[1:] == [len(rows) for rows in drawn[1:]] and 2 * sum(sizes[1:]) <= MOST_STEPS
    inputs = [f"n0_{k}" for k in drawn[0]]
    given = ("The inputs are given. Activations flow to the right.", "")
    steps = [Step([], inputs, [], False, given)]
    for i in range(1, n):
        for units in [[j] for j in drawn[i]] if by_unit else [drawn[i]]:
            lit = [f"n{i}_{j}" for j in units]
            weights = [f"w{i - 1}_{k}_{j}" for j in units for k in drawn[i - 1]]
            who = f"unit {units[0] + 1} weighs" if by_unit else "each unit weighs"
            adds = "" if work.columns[i].units[units[0]].bias is None else ", adds its bias"
            told = f"Layer {i}, {who} its inputs{adds} and activates."
            rule = _forward_rule(work, i, units[0])
            steps.append(Step(lit, lit, weights, False, (told, rule)))
    if work.cost is None:
        return [*steps, Step([], [], [], False, ("Finished: the activations.", ""))]
    L = typeset(work.cost.label or "L")
    told = "The loss compares the outputs with the target. Errors δ flow to the left."
    steps.append(Step(["loss"], ["loss"], [], False, (told, f"{L} {_shown(work.cost.data)}")))
    for i in range(n - 1, 0, -1):
        for units in [[j] for j in drawn[i]] if by_unit else [drawn[i]]:
            shows = [f"d{i}_{j}" for j in units]
            lit = [f"n{i}_{j}" for j in units]
            after = drawn[i + 1] if i + 1 < n else []
            weights = [f"w{i}_{j}_{m}" for j in units for m in after]
            who = f"unit {units[0] + 1}" if by_unit else "each unit"
            unit = work.columns[i].units[units[0]]
            what = "how much the loss changes with its weighted sum"
            if after:
                what = "the weighted sum of the δ's it feeds, times the slope g′"
            elif unit.z is not unit.a and len(unit.a.inputs) == 1:  # else linear, or softmax
                what = "how much the loss changes with its activation, times the slope g′"
            told = f"Layer {i}, {who}: {what}."
            steps.append(Step(shows, lit, weights, True, (told, _backward_rule(work, i, units[0]))))
    told = "Finished. The gradient of a weight is the δ it leads to times the input it weighs."
    return [*steps, Step([], [], [], True, (told, _rule_of_a_weight(work)))]


def _forward_rule(work: Work, i: int, j: int) -> str:
    """How a unit gets its activation."""
    unit = work.columns[i].units[j]
    assert unit.z is not None
    name, z, a = typeset(unit.name), unit.z.data, unit.a.data
    products = _products(work, i, unit)
    summed = f"{equals(z)} {number(z)}"
    if products:
        bias = "" if unit.bias is None else f" + {in_place(unit.bias.data)}"
        exact = [*chain(*products), *([] if unit.bias is None else [unit.bias.data])]
        summed = f"{equals(*exact)} {_sum(products)}{bias} {summed}"
    if unit.z is unit.a:
        return f"{name} {summed}"
    of_z = formula(unit.a, dict.fromkeys(unit.a.inputs, "z")) if len(unit.a.inputs) == 1 else ""
    text = " = ".join(filter(None, [name, of_z]))
    return f"z {summed}, {text} {equals(z, a)} {number(a)}"


def _products(work: Work, i: int, unit: Unit) -> list[tuple[float, float]]:
    """The weights of a unit with what they weigh; none if a layer without neurons changes that."""
    assert unit.z is not None
    before = work.columns[i - 1].units
    products = [(w.data, x.a.data) for w, x in zip(unit.weights, before, strict=True)]
    bias = 0.0 if unit.bias is None else unit.bias.data
    total = math.fsum([bias, *(w * x for w, x in products)])
    return products if math.isclose(total, unit.z.data, rel_tol=1e-9, abs_tol=1e-12) else []


def _sum(products: Sequence[tuple[float, float]]) -> str:
    terms = [f"{in_place(w)} × {in_place(x)}" for w, x in products]
    if len(terms) > MOST_TERMS:
        terms[MOST_TERMS - 2 : -1] = ["…"]
    return " + ".join(terms)


def _backward_rule(work: Work, i: int, j: int) -> str:
    """How a unit gets its error δ."""
    unit = work.columns[i].units[j]
    assert unit.z is not None
    delta, by_a = work.slopes[unit.z], work.slopes[unit.a]
    slope = unit.a.partials[0] if len(unit.a.inputs) == 1 else 1.0
    products = []
    if i + 1 < len(work.columns):
        readers = work.columns[i + 1].units
        products = [(r.weights[j].data, work.slopes[r.z]) for r in readers if r.z is not None]
    is_sum = math.isclose(math.fsum(w * d for w, d in products), by_a, rel_tol=1e-9)
    name = f"δ of {typeset(unit.name)}"
    is_product = math.isclose(by_a * slope, delta, rel_tol=1e-9) and (is_sum or not products)
    # Else it is softmax, or there is a layer without neurons in between.
    if not is_product or (unit.z is unit.a and not products):
        return f"{name} {_shown(delta)}"
    sign = equals(by_a, slope, *chain(*products))
    written = f"({_sum(products)})" if products else in_place(by_a)
    factor = "" if unit.z is unit.a else f" × {in_place(slope)}"
    return f"{name} {sign} {written}{factor} {equals(by_a, slope, delta)} {number(delta)}"


def _rule_of_a_weight(work: Work) -> str:
    """How the first weight gets its gradient."""
    assert work.cost is not None
    unit = work.columns[1].units[0]
    assert unit.z is not None
    products, delta = _products(work, 1, unit), work.slopes[unit.z]
    if not products:
        return ""
    x = products[0][1]
    slope = f"d{typeset(work.cost.label or 'L')}/d{typeset(unit.weights[0].label or 'w')}"
    factors = f"δ of {typeset(unit.name)} × {typeset(work.columns[0].units[0].name)}"
    return f"{slope} = {factors} {multiplied(delta, x, delta * x)}"


def _shown(x: float) -> str:
    return f"{equals(x)} {number(x)}"


def _with_parts(picture: str, theme: Theme, dark: Theme | None) -> str:
    """The SVG for the player: each part is a group that has its name as the class.

    Identifiers would not be unique in a notebook, and tooltips would be links.

    Args:
        dark: the theme for readers whose system is dark; None: the same.
    """
    numbers = f"{theme.value}|{theme.gradient}".lower()
    kind, style = "network", ""
    if dark:
        kind += " follows"
        rules = [
            f'.follows [{attribute}="{light.lower()}"]{{{attribute}:{color}}}'
            for light, color in zip(theme[:4], dark[:4], strict=True)
            for attribute in ("fill", "stroke")
        ]
        style = f"<style>@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
    for pattern, by in (
        (r'<g id="\w+" class="node"><title>(\w+)</title>', r'<g class="\1">'),
        (r'<g id="\w+" class="edge ?(\w*)"><title>[^<]*</title>', r'<g class="\1">'),
        (r'<g id="\w+" class="graph"( .*?)><title>\w+</title>', r"<g\1>"),
        (r'<g id="\w+"><a xlink:title="([^"]*)">', r"<g><title>\1</title>"),
        (r'</a>| xmlns:xlink="[^"]*"', ""),
        (rf'(?<=<text)(?=[^>]* fill="({numbers})")', ' class="number"'),
        (r"^<svg([^>]*>)", rf'<svg class="{kind}"\1{style}'),
    ):
        picture = re.sub(pattern, by, picture)
    return picture
