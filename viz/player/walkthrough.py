"""Walkthrough: a picture step by step, as a player, as pictures, and as a moving picture."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from viz.files import write_as
from viz.layout.drawing import Drawing
from viz.player.fragment import fragment
from viz.player.frames import WIDEST, gif, slides, wrapped
from viz.scenes.page import page, variables
from viz.scenes.scene import NARROWEST, Moment
from viz.scenes.slide import CAPTION, MARGIN, WIDTH
from viz.scenes.svg import svg
from viz.style import THEMES, theme_named

# A picture that moves by itself for longer would need a button to stop it (WCAG 2.2.2).
SECONDS_OF_MOTION = 5.0


class Step(NamedTuple):
    """One step of a walk.

    Attributes:
        sentence: what happens.
        rule: a formula with its numbers; may be empty.
        lit: the parts of the picture that are at work, the most important ones first.
        shows: the texts that come in this step, each by its part and its role.
        texts: what a text says by now that grows with further steps.
        weights: those parts at work beside which others like them fade.
        backward: whether the light is that of the backward sweep.
    """

    sentence: str
    rule: str = ""
    lit: Sequence[str] = ()
    shows: Sequence[tuple[str, str]] = ()
    texts: Mapping[tuple[str, str], str] = {}
    weights: Sequence[str] = ()
    backward: bool = False


class Walkthrough:
    """The steps of both sweeps over a picture; shows itself in a notebook as a player.

    Attributes:
        captions: what each step says, as text.
    """

    _player = "player"  # of those that a page can have

    def __init__(
        self,
        name: str,
        title: str,
        picture: Drawing,
        steps: Sequence[Step],
        told: Callable[[], str],
        theme: str | None,
    ) -> None:
        """A walk.

        Args:
            name: what it goes through, in a word.
            title: that of its page.
            picture: the finished one.
            steps: the last of them shows it.
            told: what the player of the page is told, as a JavaScript expression.
            theme: the name of a theme; None: as the reader's system prefers.
        """
        self.captions = ["\n".join(filter(None, (step.sentence, step.rule))) for step in steps]
        self._name = name
        self._title = title
        self._picture = picture
        self._steps = steps
        self._told = told
        self._theme = theme

    def __repr__(self) -> str:
        return (
            f"<walk through {self._name}: {len(self)} steps; "
            f".save('{self._name.split()[-1]}.html') writes a page>"
        )

    def __len__(self) -> int:
        return len(self._steps)

    @cached_property
    def frames(self) -> list[Drawing]:
        """Each step as a picture; all have the same layout."""
        return self._frames_of(self._picture)

    def _frames_of(self, picture: Drawing) -> list[Drawing]:
        captions = wrapped(self.captions, max(picture.scene.width, NARROWEST))
        return [picture.at(moment) for moment in self._moments(captions)]

    def _for_a_chat(self) -> list[Drawing]:
        """The frames of a picture that is no wider than a chat."""
        if self._picture.scene.width <= WIDEST:
            return self.frames
        return self._frames_of(self._picture.in_width(WIDEST))

    def _moments(self, captions: Sequence[list[str]]) -> list[Moment]:
        unseen = {text for step in self._steps for text in step.shows}
        alike = {part for step in self._steps for part in step.weights}
        texts: dict[tuple[str, str], str] = {}
        moments = []
        for step, caption in zip(self._steps, captions, strict=True):
            unseen.difference_update(step.shows)
            texts |= step.texts
            faded = alike.difference(step.weights) if step is not self._steps[-1] else set()
            moment = Moment(set(unseen), dict(texts), step.lit, faded, step.backward, caption)
            moments.append(moment)
        return moments

    def _slides(self) -> bytes:
        captions = wrapped(self.captions, WIDTH - 2 * MARGIN, CAPTION)
        return slides(self._picture, self._moments(captions))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the walk in the format that the name of the file ends in.

        .html is a page with the player, .svg a picture that plays itself once, .pdf has a page
        per step for slides of 16:9, .gif is for a chat: at most 1,200 dots wide, and it goes on.

        Raises:
            ValueError: the ending is none of these.
            OSError: the file cannot be written; what was there before is still there.
        """
        return write_as(
            path,
            html=lambda: page(f"{self._title}, step by step", self._repr_html_()).encode(),
            svg=lambda: self._moving().encode(),
            pdf=self._slides,
            gif=lambda: gif(self._for_a_chat()),
        )

    def _repr_html_(self) -> str:
        """The player, as a notebook shows it."""
        return fragment(
            self._svg(), self._picture.description, self._player, self._told(), self._theme
        )

    def _moving(self) -> str:
        """The picture that plays itself. A page may hold several: none has rules for another."""
        told = f"{self._svg()}{self._theme}{self.captions}".encode()
        scope = f"glassgrad-{hashlib.sha256(told).hexdigest()[:12]}"
        return self._svg(self._motion(f".{scope}"), scope)

    def _svg(self, css: str = "", scope: str = "") -> str:
        picture, theme = self._picture, theme_named(self._theme or "light")
        dark = THEMES["dark"] if self._theme is None else None
        return svg(picture.scene, picture.description, theme, dark, css, scope)

    def _motion(self, scope: str) -> str:
        """Rules by which texts and lights come one after the other, once.

        Args:
            scope: the selector of the picture.
        """
        beat = SECONDS_OF_MOTION / len(self)
        name = "glassgrad-"  # that of a page's own may be the same
        rules = []
        lights: dict[str, list[tuple[str, str]]] = {}
        for k, step in enumerate(self._steps):
            time = f"{beat:.2f}s {beat * k:.2f}s"
            for part, role in step.shows:
                rules.append(f"{scope} .{part}>.{role}{{animation:{name}come {time} backwards}}")
            for part in step.lit:
                lights.setdefault(part, []).append(("ebb" if step.backward else "flow", time))
        for part, each in lights.items():
            lines = ",".join(f"{name}{light} {time}" for light, time in each)
            filled = ",".join(f"{name}{light}-over {time}" for light, time in each)
            rules.append(f"{scope} .{part}>path{{animation:{lines}}}")
            rules.append(f"{scope} .{part}>:is(rect,ellipse){{animation:{filled}}}")
        rules.append(f"@keyframes {name}come{{from{{opacity:0}}}}")
        for light, color in (("flow", "value"), ("ebb", "gradient")):
            line = f"stroke:var(--{color});stroke-width:3"
            rules.append(f"@keyframes {name}{light}{{from,to{{{line}}}}}")
            rules.append(f"@keyframes {name}{light}-over{{from,to{{fill:var(--lit);{line}}}}}")
        return (
            f"{variables(scope, self._theme)}"
            f"@media screen and (prefers-reduced-motion:no-preference){{{''.join(rules)}}}"
        )
