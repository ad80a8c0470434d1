"""Fitting: a scene at another size, or as wide as it is asked to be."""

from __future__ import annotations

from viz.scenes.scene import Label, Part, Scene, Shape


def in_width(scene: Scene, width: float) -> Scene:
    """The scene as wide as that: made smaller, or with room on both sides.

    >>> found = in_width(Scene(200.0, 50.0, [], [Label(100.0, 20.0, [])]), 100.0)
    >>> found.width, found.height, found.heading[0].size
    (100.0, 25.0, 7.0)
    """
    if scene.width <= width:
        return scene._replace(width=width, left=scene.left - (width - scene.width) / 2)
    scale = width / scene.width
    place = Place(scale, -scale * scene.left, 0.0)
    parts, heading = map(place.part, scene.parts), map(place.label, scene.heading)
    return Scene(width, scale * scene.height, list(parts), list(heading))


class Place:
    """Where a picture goes: every point times a scale, then moved."""

    def __init__(self, scale: float, x: float, y: float) -> None:
        self._scale, self._x, self._y = scale, x, y

    def _point(self, x: float, y: float) -> tuple[float, float]:
        return self._scale * x + self._x, self._scale * y + self._y

    def label(self, label: Label) -> Label:
        x, y = self._point(label.x, label.y)
        return label._replace(x=x, y=y, size=self._scale * label.size)

    def part(self, part: Part) -> Part:
        return part._replace(
            shapes=list(map(self._shape, part.shapes)), labels=list(map(self.label, part.labels))
        )

    def _shape(self, shape: Shape) -> Shape:
        points = [self._point(x, y) for x, y in shape.points]
        return shape._replace(points=points, width=self._scale * shape.width)
