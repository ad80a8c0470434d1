"""A slide of 16:9 with a picture and the words to it, for a projector."""

from __future__ import annotations

from viz.scenes.fitting import Place
from viz.scenes.scene import Label, Moment, Run, Scene, seen_at

WIDTH, HEIGHT = 960.0, 540.0  # points, as slides have by default
MARGIN = 40.0
CAPTION, LINE = 22.0, 30.0  # the size of the words, and from line to line


def slide(scene: Scene, moment: Moment) -> Scene:
    """The picture at a moment of a walk, as large as fits above its caption."""
    room = HEIGHT - 2 * MARGIN - LINE * len(moment.caption)
    scale = min((WIDTH - 2 * MARGIN) / scene.width, (room - MARGIN / 2) / scene.height)
    x = WIDTH / 2 - scale * (scene.left + scene.width / 2)
    y = MARGIN + (room - MARGIN / 2 - scale * scene.height) / 2
    place = Place(scale, x, y)
    caption = [
        Label(WIDTH / 2, MARGIN + room + k * LINE - LINE / 3, [Run(line)], size=CAPTION)
        for k, line in enumerate(moment.caption, 1)
    ]
    parts = [place.part(part) for part in seen_at(scene, moment)]
    return Scene(WIDTH, HEIGHT, parts, [*map(place.label, scene.heading), *caption])
