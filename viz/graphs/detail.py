"""Detail: how much of a graph a picture can show and stay legible."""

from __future__ import annotations

from viz.layout.placing import LEGIBLE, SLIDE
from viz.scenes.scene import Scene
from viz.style import FONT_SIZE

DETAILS = ("full", "numbers")
LEVELS = ("neurons", "layers")  # at which a graph folds

# Values with which a picture stays legible: with the chain rule on a slide, with numbers on a
# screen, and at all.
MOST_IN_FULL = 30
MOST_IN_NUMBERS = 60
MOST_DRAWN = 300


def detail_for(values: int, detail: str | None) -> str:
    """How much to write where nothing is folded.

    Raises:
        ValueError: there are more than 300 values and no ``detail``, or it is unknown.
    """
    if detail is None:
        if values > MOST_DRAWN:
            raise ValueError(
                f"this graph has {values} values, and a picture is legible up to {MOST_DRAWN}: "
                'give detail="layers" to fold it, detail="numbers" to draw it anyway, or '
                "draw one of its inner Values"
            )
        return "full" if values <= MOST_IN_FULL else "numbers"
    if detail not in DETAILS:
        known = ", ".join((*DETAILS, *LEVELS))
        raise ValueError(f"there is no detail {detail!r}: choose one of {known}")
    return detail


def is_legible(scene: Scene, width: float | None = None) -> bool:
    """Whether the text has 10 points or more: on a slide, or in a picture of a given width."""
    if width is not None:
        return max([label.size for part in scene.parts for label in part.labels]) >= LEGIBLE
    return FONT_SIZE * min(SLIDE[0] / scene.width, SLIDE[1] / scene.height) >= LEGIBLE
