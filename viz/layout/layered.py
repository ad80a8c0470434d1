"""Layered layout: columns from left to right, operands in the order of the formula, and rows.

A box and the wire that leaves it are one cell. Each cell stands just before the first column in
which it is read (Sugiyama, Tagawa and Toda 1981): a wire that goes on further has a lane of its
own through the columns between. Cells stand in the order in which a formula names its operands,
as far as that saves crossings, and as close to what they are connected with as there is room
(isotonic regression by pooling adjacent violators). A picture that is too wide for a slide goes on
in a second row.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from viz.layout.diagram import Diagram, Edge
from viz.scenes.scene import Point

# Points.
APART = 10.0  # between cells of a column
LEAD = 5.0  # of a wire between its box and its text
LANE = 7.0  # that a wire takes on either side where it passes a column
NARROWEST, WIDEST = 16.0, 54.0  # gaps between columns
STEEP = 0.25  # of the height of a curve that it takes in width
CORNER = 12.0  # the radius of the turns between rows
BETWEEN = 16.0  # rows
LINES = 8.0  # that turn between rows, from one to the next
PORT = 14.4  # between arrowheads that enter a box

SWEEPS, ROUNDS = 8, 12
STRAIGHT = 6.0  # how much more the longest way wants to be straight
MOST_ROWS, MOST_TURNING = 8, 4  # rows, and wires that lead from one to the next
PER_LINE = 40.0  # points that a row may be wider if it saves such a wire

Curve = list[Point]


class Size(NamedTuple):
    """How far a block reaches from the line on which it stands."""

    width: float
    up: float
    down: float


@dataclass(eq=False)
class _Node:
    """A cell in its column, or the lane of a wire that passes it."""

    name: str
    column: int
    width: float = 0.0
    up: float = LANE
    down: float = LANE
    inner: float = 0.0  # from the left end of the cell to that of its wire
    y: float = 0.0
    into: list[_Link] = field(default_factory=list)
    back: list[_Link] = field(default_factory=list)  # that come into it from behind
    out: list[_Link] = field(default_factory=list)


@dataclass(eq=False)
class _Link:
    """From a node to one in the next column."""

    tail: _Node
    head: _Node
    edge: Edge | None  # the first that ends here; None where all lead on
    port: float = 0.0  # how far below the middle of the head it enters
    weight: float = 1.0


class Places(NamedTuple):
    """Where everything is: the middles of the lines of blocks, and the curves of edges."""

    lines: dict[str, Point]
    curves: list[Curve]


def lay_out(
    diagram: Diagram,
    sizes: Mapping[str, Size],
    room: tuple[float, float],
    around: tuple[float, float],
    legible: float,
) -> Places:
    """The places of the blocks and the curves of the edges.

    Args:
        diagram: its boxes in an order in which they can be computed. A wire that leads to a box
            before its own, as in a loop over time, goes back below them.
        sizes: of its blocks.
        room: width and height into which the picture will be fitted.
        around: what else the picture takes of its width and its height.
        legible: the least factor at which its text can be read then.
    """
    layout = _Layout(diagram, sizes)
    tried: list[tuple[float, _Placed]] = []
    for n in range(1, MOST_ROWS + 1):
        placed = layout.in_rows(n)
        width, height = [own + more for own, more in zip(placed.size, around, strict=True)]
        tried.append((min(room[0] / width, room[1] / height), placed))
        if tried[-1][0] >= legible:
            break
    _, best = max(tried, key=lambda each: each[0])
    return best.places()


def _cells(diagram: Diagram) -> dict[str, str]:
    """The box of each block: a wire belongs to the box that it leaves."""
    wires = {wire.name for wire in diagram.wires}
    found = {box.name: box.name for box in diagram.boxes}
    found |= {edge.head: edge.tail for edge in diagram.edges if edge.head in wires}
    return found


def _reads(diagram: Diagram) -> list[Edge]:
    """The edges between cells."""
    wires = {wire.name for wire in diagram.wires}
    return [edge for edge in diagram.edges if edge.head not in wires]


def _columns(cells: Mapping[str, str], reads: Sequence[Edge]) -> dict[str, int]:
    """How many columns each cell is before the last."""
    readers: defaultdict[str, set[str]] = defaultdict(set)
    for edge in reads:
        readers[cells[edge.tail]].add(edge.head)
    depth: dict[str, int] = {}
    for cell in reversed(list(dict.fromkeys(cells.values()))):
        depth[cell] = 1 + max([depth[reader] for reader in readers[cell]], default=-1)
    # What nothing reads, and reads nothing, stands with the leaves.
    deepest = max(depth.values(), default=0)
    read = {edge.head for edge in reads}
    alone = [cell for cell in depth if not readers[cell] and cell not in read]
    return depth | dict.fromkeys(alone, deepest)


class _Layout:
    """Columns of nodes in their order and their heights, ready to be put in rows."""

    def __init__(self, diagram: Diagram, sizes: Mapping[str, Size]) -> None:
        self._diagram = diagram
        self._sizes = sizes
        self._cells = cells = _cells(diagram)
        place = {name: i for i, name in enumerate(dict.fromkeys(cells.values()))}
        reads = _reads(diagram)
        back = [edge for edge in reads if place[edge.head] <= place[cells[edge.tail]]]
        reads = [edge for edge in reads if edge not in back]
        depth = _columns(cells, reads)
        last = max(depth.values(), default=0)
        wires = {wire.name for wire in diagram.wires}
        wire_of = {edge.tail: edge.head for edge in diagram.edges if edge.head in wires}
        self.round = {box.name for box in diagram.boxes if box.shape in ("circle", "ellipse")}
        self._nodes = {
            box: self._cell(box, wire_of.get(box), last - depth[box])
            for box in dict.fromkeys(cells.values())
        }
        self._wire_of = wire_of
        self._lanes: dict[tuple[str, int], _Node] = {}
        self._columns: list[list[_Node]] = [[] for _ in range(last + 1)]
        for edge in reads:
            self._link(edge)
        self._back = [
            _Link(self._nodes[cells[edge.tail]], self._nodes[edge.head], edge) for edge in back
        ]
        for link in self._back:
            link.head.back.append(link)
        self._set_ports()
        self._set_order()
        self._set_heights()
        ends = range(len(self._columns) - 1)
        self._gaps = [self._gap(c) for c in ends] + [0.0]
        self._widths = [_widest(column) for column in self._columns]
        self._turns = [0 if self._is_spanned(c) else len(self.turning(c)) for c in ends]

    def _cell(self, box: str, wire: str | None, column: int) -> _Node:
        size = self._sizes[box]
        if wire is None:
            return _Node(box, column, *size, inner=size.width)
        text = self._sizes[wire]
        inner = size.width + LEAD * (size.width > LEAD)
        up, down = max(size.up, text.up), max(size.down, text.down)
        return _Node(box, column, inner + text.width, up, down, inner)

    def _link(self, edge: Edge) -> None:
        """Lead an edge from column to column to its head."""
        tail, head = self._nodes[self._cells[edge.tail]], self._nodes[edge.head]
        for column in range(tail.column + 1, head.column):
            key = self._cells[edge.tail], column
            if key not in self._lanes:
                self._lanes[key] = _Node("", column)
                self._join(tail, self._lanes[key], None)
            tail = self._lanes[key]
        self._join(tail, head, edge)

    def _join(self, tail: _Node, head: _Node, edge: Edge | None) -> None:
        link = _Link(tail, head, edge)
        tail.out.append(link)
        head.into.append(link)

    def _set_ports(self) -> None:
        """Where links enter their heads; the longest way to a head wants to be straight."""
        length: dict[_Node, int] = {}
        nodes = [*self._nodes.values(), *self._lanes.values()]
        for node in sorted(nodes, key=lambda node: node.column):
            length[node] = 1 + max([length[link.tail] for link in node.into], default=0)
            given = [link.edge.port for link in node.into if link.edge and link.edge.port]
            if len(given) == len(node.into) > 0:
                node.into.sort(key=lambda link: link.edge.port or (0, 0) if link.edge else (0, 0))
            self._spread(node)
        for node in nodes:
            ways = sorted(node.into, key=lambda link: -length[link.tail])
            if len(ways) == 1 or (ways and length[ways[0].tail] > length[ways[1].tail]):
                ways[0].weight = STRAIGHT

    def _spread(self, node: _Node) -> None:
        """Give the links into a node places one below the other."""
        links = [*node.into, *node.back]
        n = len(links)
        height = 2 * min(self._sizes[node.name].up, PORT * n / 2) if node.name else 0.0
        for k, link in enumerate(links):
            link.port = height * ((k + 0.5) / n - 0.5)

    # --- order ---

    def _set_order(self) -> None:
        seen: set[_Node] = set()
        sinks = [node for node in self._nodes.values() if not node.out]
        for root in sinks:
            stack = [root]
            while stack:
                node = stack.pop()
                if node not in seen:
                    seen.add(node)
                    self._columns[node.column].append(node)
                    stack += [link.tail for link in reversed(node.into)]
        best, fewest = [column.copy() for column in self._columns], self._crossings()
        for k in range(SWEEPS):
            if not fewest:
                break
            self._sweep(to_left=k % 2 == 0)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [column.copy() for column in self._columns], crossings
        self._columns = best

    def _sweep(self, *, to_left: bool) -> None:
        columns = self._columns
        order = range(len(columns) - 2, -1, -1) if to_left else range(1, len(columns))
        for c in order:
            near = columns[c + 1] if to_left else columns[c - 1]
            place = {node: i for i, node in enumerate(near)}
            now = {node: i for i, node in enumerate(columns[c])}

            def wanted(
                node: _Node, place: Mapping[_Node, int] = place, now: Mapping[_Node, int] = now
            ) -> tuple[float, int]:
                if to_left:
                    ends = [place[x.head] + x.port / 1000 for x in node.out if x.head in place]
                else:
                    ends = [float(place[x.tail]) for x in node.into if x.tail in place]
                return (sum(ends) / len(ends) if ends else float(now[node]), now[node])

            columns[c].sort(key=wanted)

    def _crossings(self) -> int:
        count = 0
        for near, far in zip(self._columns, self._columns[1:], strict=False):
            place = {node: i for i, node in enumerate(far)}
            heads: list[tuple[int, float]] = []
            for node in near:
                ends = sorted([(place[x.head], x.port) for x in node.out if x.head in place])
                for end in ends:
                    count += len(heads) - bisect.bisect_right(heads, end)
                for end in ends:
                    bisect.insort(heads, end)
        return count

    # --- heights ---

    def _set_heights(self) -> None:
        for column in self._columns:
            _stack(column, [0.0] * len(column), [1.0] * len(column))
        for k in range(ROUNDS):
            columns = self._columns if k % 2 else self._columns[::-1]
            for column in columns:
                wanted, weights = zip(*[_wish(node) for node in column], strict=True)
                _stack(column, wanted, weights)
        for node in self._nodes.values():  # circles and gates: the order in which wires arrive
            if any(link.edge is not None and link.edge.port is None for link in node.into):
                node.into.sort(key=lambda link: link.tail.y)
                self._spread(node)
        for column in self._columns:
            _straighten(column)

    # --- rows ---

    def in_rows(self, n: int) -> _Placed:
        """The picture in n rows, or in fewer where it cannot be cut so often."""
        columns, gaps = self._columns, self._gaps
        ends = _cuts(self._widths, gaps, self._turns, n)
        starts = [0, *ends]
        rows = []
        for r, (start, stop) in enumerate(zip(starts, [*ends, len(columns)], strict=True)):
            row: list[tuple[list[_Node], float]] = []
            if r:  # the leaves that are read in this row come with it
                row.append((self._leaves(start - 1), gaps[start - 1]))
            for c in range(start, stop):
                kept = columns[c] if c < stop - 1 or stop == len(columns) else self._kept(c)
                row.append((kept, gaps[c] if c < stop - 1 else 0.0))
            rows.append(row)
        return _Placed(self, rows, [self.turning(stop - 1) for stop in ends])

    def _is_spanned(self, c: int) -> bool:
        """Whether a wire leads back over the end of a column, so that no row can end there."""
        return any(link.head.column <= c < link.tail.column for link in self._back)

    def _leaves(self, c: int) -> list[_Node]:
        """What a column has that reads nothing itself, and can go to the next row."""
        return [node for node in self._columns[c] if node.name and node.out and not node.into]

    def _kept(self, c: int) -> list[_Node]:
        leaves = self._leaves(c)
        return [node for node in self._columns[c] if node not in leaves]

    def turning(self, c: int) -> list[_Node]:
        """The wires that lead from a column to the next row, if a row ends with it."""
        return [node for node in self._kept(c) if node.out]

    def _gap(self, c: int) -> float:
        steep = [
            abs(link.tail.y - link.head.y - link.port)
            for node in self._columns[c]
            for link in node.out
        ]
        return min(WIDEST, max(NARROWEST, STEEP * max(steep, default=0.0)))


def _wish(node: _Node) -> tuple[float, float]:
    """Where a node would best stand, and how much it wants to."""
    ends = [(link.tail.y - link.port, link.weight) for link in node.into]
    ends += [(link.head.y + link.port, link.weight) for link in node.out]
    weight = sum([w for _, w in ends])
    return (sum([y * w for y, w in ends]) / weight, weight) if ends else (node.y, 0.1)


def _stack(column: Sequence[_Node], wanted: Iterable[float], weights: Iterable[float]) -> None:
    """Put nodes below one another, in their order, as near as can be to where they want to be."""
    offset, offsets = 0.0, []
    for k, node in enumerate(column):
        offset += column[k - 1].down + APART + node.up if k else 0.0
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for y, weight, below in zip(wanted, weights, offsets, strict=True):
        pools.append((y - below, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, w, n), (b, v, m) = pools[-2:]
            pools[-2:] = [((a * w + b * v) / (w + v), w + v, n + m)]
    heights = [mean for mean, _, count in pools for _ in range(count)]
    for node, height, below in zip(column, heights, offsets, strict=True):
        node.y = height + below


def _straighten(column: Sequence[_Node]) -> None:
    """Move nodes so that the longest way into them is straight, where there is room."""
    for k, node in enumerate(column):
        longest = [link for link in node.into if link.weight == STRAIGHT]
        if not longest:
            continue
        above = column[k - 1] if k else None
        below = column[k + 1] if k + 1 < len(column) else None
        y = longest[0].tail.y - longest[0].port
        if above is not None:
            y = max(y, above.y + above.down + APART + node.up)
        if below is not None:
            y = min(y, below.y - below.up - APART - node.down)
        node.y = y


def _cuts(
    widths: Sequence[float], gaps: Sequence[float], turning: Sequence[int], n: int
) -> list[int]:
    """Behind which columns rows end, at most n of them, the widest as narrow as can be.

    >>> _cuts([50, 50, 50, 50], [0, 0, 0, 0], [1, 1, 1], 2)
    [2]
    """

    def ends(limit: float) -> list[int] | None:
        """Where rows end that are filled up to a limit; None if they are too many."""
        found: list[int] = []
        last, start, wide = None, 0, 0.0  # where the row could end, where it begins, its width
        for c, width in enumerate(widths):
            wide += width
            if wide > limit:
                if last is None or len(found) == n - 1:
                    return None
                found.append(last)
                start, last = last, None
                wide = sum(widths[start : c + 1]) + sum(gaps[start:c])
                if wide > limit:
                    return None
            if c < len(turning) and 0 < turning[c] <= MOST_TURNING:
                last = c + 1 if wide + PER_LINE * turning[c] <= limit else last
            wide += gaps[c]
        return found

    low, high = max(widths), sum(widths) + sum(gaps)
    best: list[int] = []
    while high - low > 1.0:
        middle = (low + high) / 2
        found = ends(middle)
        low, high = (middle, high) if found is None else (low, middle)
        best = found if found is not None else best
    return best


def _widest(nodes: Iterable[_Node]) -> float:
    return max([node.width for node in nodes], default=0.0)


class _Placed:
    """Nodes in rows, between which wires turn."""

    def __init__(
        self,
        layout: _Layout,
        rows: Sequence[Sequence[tuple[Sequence[_Node], float]]],
        turning: Sequence[Sequence[_Node]],
    ) -> None:
        self._layout = layout
        self._turning = turning
        self._right: dict[_Node, float] = {}  # ends of cells and lanes
        self._left: dict[_Node, float] = {}  # beginnings of their columns
        self._y: dict[_Node, float] = {}
        self._row: dict[_Node, int] = {}
        self._below: dict[_Link, float] = {}  # how low wires that lead back go
        self._ends: list[tuple[float, float]] = []  # right and lower end of each row
        self._shift: list[float] = []
        self._entry: list[float] = []  # where the wires from the row before are in their places
        top = widest = 0.0
        for r, row in enumerate(rows):
            lines = len(turning[r - 1]) if r else 0
            x = CORNER + LINES * lines if r else 0.0
            nodes = [node for column, _ in row for node in column]
            carried = list(turning[r - 1]) if r else []
            up = min([node.y - node.up for node in nodes] + [node.y for node in carried])
            low = max([node.y + node.down for node in nodes] + [node.y for node in carried])
            back = [link for link in layout._back if link.tail in nodes]
            for k, link in enumerate(back, start=1):
                self._below[link] = low + LINES * k + top - up
            low += LINES * (len(back) + bool(back))
            self._shift.append(top - up)
            for i, (column, gap) in enumerate(row):
                width = _widest(column)
                for node in column:
                    self._left[node], self._right[node] = x, x + width
                    self._y[node], self._row[node] = node.y + top - up, r
                x += width
                if not i:
                    self._entry.append(x)
                x += gap
            after = len(turning[r]) if r < len(turning) else 0
            self._ends.append((x, top + low - up))
            widest = max(widest, x + (CORNER + LINES * after if after else 0.0))
            top += low - up + BETWEEN + LINES * after
        self.size = widest, top - BETWEEN

    def places(self) -> Places:
        layout = self._layout
        lines: dict[str, Point] = {}
        for box, node in layout._nodes.items():
            x, y = self._right[node] - node.width, self._y[node]
            size = layout._sizes[box]
            lines[box] = x + size.width / 2, y
            wire = layout._wire_of.get(box)
            if wire is not None:
                lines[wire] = x + node.inner + layout._sizes[wire].width / 2, y
        curves = []
        back = {link.edge: link for link in layout._back}
        for edge in layout._diagram.edges:
            if edge.head in layout._cells and layout._cells[edge.head] != edge.head:
                curves.append(self._stem(edge))
            elif edge in back:
                curves.append(self._way_back(back[edge]))
            else:
                curves.append(self._way(edge))
        return Places(lines, curves)

    def _stem(self, edge: Edge) -> Curve:
        """From a box to the text of its wire."""
        node, size = self._layout._nodes[edge.tail], self._layout._sizes[edge.tail]
        x, y = self._right[node] - node.width, self._y[node]
        start, end = (x + size.width * (size.width > LEAD), y), (x + node.inner, y)
        points = [start]
        _straight(points, end)
        return points

    def _way(self, edge: Edge) -> Curve:
        """From the end of a wire through the columns to the box that it enters."""
        layout = self._layout
        node, head = layout._nodes[layout._cells[edge.tail]], layout._nodes[edge.head]
        points: Curve = [(self._right[node], self._y[node])]
        while node is not head:
            [link] = [x for x in node.out if x.edge is edge] or [x for x in node.out if not x.edge]
            if self._row[link.head] > self._row[node]:
                self._turn(points, node)
            y = self._y[link.head] + link.port
            _bend(points, (self._left[link.head], y))
            node = link.head
            if node is not head:
                _straight(points, (self._right[node], y))
        x = self._right[head] - head.width
        _straight(points, (x + self._inside(edge, link.port), points[-1][1]))
        return points

    def _way_back(self, link: _Link) -> Curve:
        """From the end of a wire below everything to a box before it."""
        tail, head = link.tail, link.head
        right, y, down = self._right[tail], self._y[tail], self._below[link]
        left, end = self._left[head] - CORNER - 2.0, self._y[head] + link.port
        points: Curve = [(right, y)]
        corners = [(right + LINES, y), (right + LINES, down), (left, down), (left, end)]
        self._corners(points, corners, end)
        assert link.edge is not None
        x = self._right[head] - head.width
        _straight(points, (x + self._inside(link.edge, link.port), end))
        return points

    def _inside(self, edge: Edge, port: float) -> float:
        """How far inside the left end of a round box a wire enters it."""
        size = self._layout._sizes[edge.head]
        if edge.head not in self._layout.round or not size.up:
            return 0.0
        return size.width / 2 * (1 - math.sqrt(max(0.0, 1 - (port / size.up) ** 2)))

    def _turn(self, points: Curve, node: _Node) -> None:
        """Lead a wire from the end of a row to the beginning of the next."""
        row = self._row[node]
        nodes = self._turning[row]
        k = nodes.index(node)
        outer = LINES * (len(nodes) - 1 - k)
        (right, low), y = self._ends[row], node.y + self._shift[row + 1]
        right, down, left = right + CORNER + outer, low + CORNER / 2 + outer, LINES * k
        _straight(points, (self._ends[row][0], points[-1][1]))
        self._corners(points, [(right, points[-1][1]), (right, down), (left, down), (left, y)], y)
        _straight(points, (self._entry[row + 1], y))

    def _corners(self, points: Curve, corners: Sequence[Point], y: float) -> None:
        start = points[-1]
        path = [start, *corners, (corners[-1][0] + CORNER, y)]
        for before, corner, after in zip(path, path[1:], path[2:], strict=False):
            r = min(CORNER, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
            first = _towards(corner, before, r)
            last = _towards(corner, after, r)
            _straight(points, first)
            points += [_towards(first, corner, 0.55 * r), _towards(last, corner, 0.55 * r), last]
        _straight(points, path[-1])


def _towards(start: Point, end: Point, far: float) -> Point:
    whole = math.dist(start, end) or 1.0
    return (
        start[0] + (end[0] - start[0]) * far / whole,
        start[1] + (end[1] - start[1]) * far / whole,
    )


def _straight(points: Curve, end: Point) -> None:
    """Go on straight to a point."""
    far = math.dist(points[-1], end)
    if far > 0.05:
        start = points[-1]
        points += [_towards(start, end, far / 3), _towards(start, end, 2 * far / 3), end]


def _bend(points: Curve, end: Point) -> None:
    """Go on to a point, level at both ends."""
    (x, y), (right, below) = points[-1], end
    middle = (x + right) / 2
    points += [(middle, y), (middle, below), end]
