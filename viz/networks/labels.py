"""Where the numbers of weights stand: along their edges, so that none covers another or a unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

Place = tuple[float, float]  # inches

# Parts of the way along an edge at which its number may stand, in order of preference.
STEPS = sorted([k / 50 for k in range(9, 42)], key=lambda part: abs(part - 0.4))
ROUNDS = 4  # in which each number may move once more
AIR = 0.03  # inches around each text


class Rectangle(NamedTuple):
    """What takes room: its middle and its size, in inches."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Rectangle) -> bool:
        """Whether two have room in common, or too little air between them."""
        across = (self.width + other.width) / 2 + AIR > abs(self.x - other.x)
        return across and (self.height + other.height) / 2 + AIR > abs(self.y - other.y)

    def overlaps_circle(self, middle: Place, radius: float) -> bool:
        """Whether it reaches into a circle."""
        dx = max(0.0, abs(self.x - middle[0]) - self.width / 2)
        dy = max(0.0, abs(self.y - middle[1]) - self.height / 2)
        return math.hypot(dx, dy) < radius + AIR

    def is_crossed(self, start: Place, end: Place) -> bool:
        """Whether a line leads through it."""
        (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
        low, high = 0.0, 1.0
        for at, way, middle, size in ((x, dx, self.x, self.width), (y, dy, self.y, self.height)):
            sides = [middle - size / 2 - at, middle + size / 2 - at]
            if way:
                first, last = sorted([side / way for side in sides])
                low, high = max(low, first), min(high, last)
            elif sides[0] > 0.0 or sides[1] < 0.0:
                return False
        return low < high


def along_edges(
    edges: Sequence[tuple[Place, Place]],
    sizes: Sequence[tuple[float, float]],
    circles: Sequence[Place],
    radius: float,
    texts: Sequence[Rectangle],
) -> list[Place]:
    """A place on each edge for its text: off circles and other texts, and off other edges.

    >>> along_edges([((0, 0), (4, 0))], [(0.4, 0.2)], [(0, 0), (4, 0)], 0.6, [])
    [(1.6, 0.0)]

    Args:
        edges: from the middle of one circle to that of another.
        sizes: width and height of the text of each edge, in inches.
        circles: the middles of all circles, whose radius is ``radius``.
        texts: what else is written.
    """
    choices: list[list[tuple[float, Rectangle]]] = []
    for k, (((x, y), (right, end)), (width, height)) in enumerate(zip(edges, sizes, strict=True)):
        found = []
        for n, part in enumerate(STEPS):
            box = Rectangle(x + part * (right - x), y + part * (end - y), width, height)
            cost = 100.0 * sum([box.overlaps_circle(middle, radius) for middle in circles])
            cost += 100.0 * sum([box.overlaps(text) for text in texts])
            cost += sum([box.is_crossed(*edge) for i, edge in enumerate(edges) if i != k])
            found.append((cost + n / 100, box))
        choices.append(found)
    taken: dict[int, Rectangle] = {}
    for _ in range(ROUNDS):
        for k, found in enumerate(choices):
            others = [box for i, box in taken.items() if i != k]
            costs = [
                cost + 100.0 * sum([box.overlaps(other) for other in others]) for cost, box in found
            ]
            taken[k] = found[costs.index(min(costs))][1]
    return [(taken[k].x, taken[k].y) for k in range(len(edges))]
