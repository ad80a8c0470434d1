"""Differences: test a claimed slope by nudging one number.

A nudge that is too large bends the quotient, one that is too small drowns it in rounding, and
no size fits all functions. So the nudges go down a ladder, each about half of the one before,
and the quotients are extrapolated to nudges of 0 (Ridders 1982). Each estimate comes with how
far it may be off: by what is left of the bend, and by rounding. Three rules keep the verdict
honest:

- The rungs are no whole multiples of each other, so that a wave cannot hide between them.
- A claim that two neighbouring rungs confirm tightly, at any size of nudge, is right.
- A claim is refuted only if no size confirms it, and a second ladder on other rungs finds
  the same slope as the first. What rounding hides is neither: nothing is said against it.
"""

from __future__ import annotations

import math
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    _Estimate = tuple[float, float]  # and how far it may be off

EPSILON = 2.0**-52
# Relative sizes: slopes equal; slopes of the two sides different. A slope wrong by one part in
# 2,000 is five times as far off as CLOSE.
CLOSE, KINK = 1e-12, 1e-3
_TOLD = 1e-4  # an uncertainty
SMALLEST = 2.0**-1074  # between neighbouring floats beside 0
_COLUMNS = 6  # of Richardson's table; more would amplify rounding
_MARGIN = 3.0  # how many times its uncertainty an estimate must be away from the claim
_FIRST_AT_0 = 0.25
_GOLDEN = 0.6180339887498949
_STAYS = 0.01  # a change that varies less than this from rung to rung is a jump
_JUMP = 8  # rungs
_RESTLESS = 0.05  # of its size: how far a slope may be off to count as seen
_FALLING = 6  # rungs in a row on which the change of the output falls
_SURE = 1e-9  # of its size: what is known that well need not be known better
_SEARCHED = 64  # rungs in a row until larger gaps are left, near 0 only
_SEEN = 1e-6  # of its size: by how much another slope is another
_COARSE = 2.0**-47  # of the input: what is not refuted by nudges of 32 of its last digits
_DROWNED = 3  # rungs in a row on which rounding hides everything
_PLACES = (-0.97, -0.57, -0.31, 0.37, 0.61, 0.89)  # of a nudge
_RUNGS = 200  # at most
_REACH = 2.0**10  # how far beyond the input's own size nudges may go where rounding hides it


def agreeing_digits(a: float, b: float) -> int:
    """How many leading digits two numbers share; 0 where they are equal."""
    apart, largest = abs(a - b), max(abs(a), abs(b))
    if not 0.0 < apart < largest:
        return 0
    return math.floor(math.log10(largest / apart) + 1e-9)  # 6 and 5.4 share one, as 6 and 5.5 do


class NotRepeatable(Exception):  # noqa: N818 (it is caught here and reported in other words)
    """A function gave two answers at one point: ``args`` holds them."""


class Finding:
    """What the nudges say where they refute a claim.

    Attributes:
        left, right: the slopes of the two sides; infinite at a jump.
        difference: the central difference (f(x + h) − f(x − h)) / 2h for h → 0.
        kink: whether left and right differ, so that there is no slope here.
        uncertainty: how far the numbers may be off.
        nudge: the nudge at which they were found.
        bend: by how much the slope changes over that nudge.
    """

    def __init__(
        self,
        left: float,
        right: float,
        central: float,
        kink: bool,
        uncertainty: float,
        nudge: float,
        bend: float = 0.0,
    ) -> None:
        self.left = left
        self.right = right
        self.difference = (left + right) / 2.0 if kink else central
        self.kink = kink
        self.uncertainty = uncertainty
        self.nudge = nudge
        self.bend = bend

    def surer_than(self, other: Finding) -> bool:
        """Whether it is known better, where the other is not known well."""
        size = max(abs(other.left), abs(other.right))
        return other.uncertainty > _SURE * size and self.uncertainty <= other.uncertainty

    def confirms(self, other: Finding) -> bool:
        """Whether both say the same."""
        if self.kink != other.kink:
            return False
        pairs = [(self.difference, other.difference)]
        if self.kink:
            pairs = [(self.left, other.left), (self.right, other.right)]
        leeway = _MARGIN * (self.uncertainty + other.uncertainty)
        return all(a == b or abs(a - b) <= leeway + KINK * abs(a) for a, b in pairs)


class _Limit:
    """The limit of a quotient as the nudge shrinks: Richardson's table, one row per rung.

    Column m cancels the m-th power of the nudge (of its square, for central differences). Each
    entry carries what rounding may have done to it; how far it differs from its neighbours
    says how much of the bend is left.
    """

    def __init__(self, power: int) -> None:
        self.power = power
        self.nudges: list[float] = []
        self.row: list[tuple[float, float]] = []
        self.value, self.uncertainty = math.nan, math.inf
        self.before = (math.nan, math.inf)

    def add(self, nudge: float, quotient: float, rounding: float) -> None:
        self.before = (self.value, self.uncertainty)
        self.value, self.uncertainty = quotient, math.inf
        row = [(quotient, rounding)]
        self.nudges.append(nudge)
        for m, (previous, its_rounding) in enumerate(self.row[: _COLUMNS - 1], start=1):
            ratio = (self.nudges[-1 - m] / nudge) ** self.power
            left, own = row[-1]
            entry = left + (left - previous) / (ratio - 1.0)
            own = (ratio * own + its_rounding) / (ratio - 1.0)
            uncertainty = max(abs(entry - left), abs(entry - previous)) + own
            if not uncertainty >= self.uncertainty:
                self.value, self.uncertainty = entry, uncertainty
            row.append((entry, own))
        self.row = row


class _Rows:
    """The three limits at x, from the left, from the right and central, on neighbouring rungs."""

    def __init__(self) -> None:
        self.left, self.right, self.central = _Limit(1), _Limit(1), _Limit(2)
        self.changes: list[tuple[float, float]] = []
        self.noise = self.bend = self.moved_by_rounding = 0.0
        self.surest = (math.inf, math.nan)

    def add(self, down: float, up: float, outputs: tuple[float, float, float], of: Nudged) -> None:
        below, middle, above = outputs
        self.noise = of.rounded(below, above) / (up + down)
        self.bend = abs(above - middle - (middle - below)) / up
        self.moved_by_rounding = 2.0 * of.rounded(below, above)
        self.changes.append((middle - below, above - middle))
        self.left.add(down, (middle - below) / down, of.rounded(below, middle) / down)
        self.right.add(up, (above - middle) / up, of.rounded(middle, above) / up)
        self.central.add(up + down, (above - below) / (up + down), self.noise)

    def steepest(self) -> float:
        return max(abs(self.left.value), abs(self.right.value))

    def confirm(self, slope: float, slack: float) -> bool:
        """Whether this rung and the one before say the claimed slope, tightly."""
        if not math.isfinite(slope):
            return False
        close = CLOSE * abs(slope) + slack
        if slope == 0.0 and len(self.changes) > 2 and not any(map(any, self.changes[-3:])):
            return True  # not a digit of the output moves
        for value, uncertainty in (
            (self.central.value, self.central.uncertainty),
            self.central.before,
        ):
            if not (abs(value - slope) <= close and uncertainty <= _MARGIN * close):
                return False
        apart = abs(self.right.value - self.left.value)
        return apart <= KINK * max(self.steepest(), abs(slope)) + slack

    def settle(self, slope: float, slack: float) -> bool:
        """Whether the surest rung agrees with the claim, and those below could only be less sure.

        What they see is rounding that grows while the nudge shrinks.
        """
        if not math.isfinite(slope):
            return False
        self.surest = min(self.surest, (self.central.uncertainty, self.central.value))
        uncertainty, value = self.surest
        apart = abs(self.right.value - self.left.value)
        return (
            2.0 * self.noise > uncertainty
            and uncertainty <= _TOLD * abs(slope)
            and abs(value - slope) <= CLOSE * abs(slope) + slack + _MARGIN * uncertainty
            and apart <= KINK * max(self.steepest(), abs(slope)) + slack
        )

    def refute(self, slope: float, slack: float, nudge: float) -> Finding | None:
        """What is wrong with the claim by this rung and the one before, if anything is."""
        jump = self._jump()
        if jump is not None:
            return Finding(*jump, math.nan, True, self.noise, nudge)
        left, right, central = self.left, self.right, self.central
        apart = []
        for (a, error_a), (b, error_b) in self._sides():
            apart.append(abs(b - a) > KINK * max(abs(a), abs(b)) + _MARGIN * (error_a + error_b))
        if all(apart):
            uncertainty = left.uncertainty + right.uncertainty
            return Finding(left.value, right.value, math.nan, True, uncertainty, nudge)
        if any(apart) or not self._calm():
            return None
        for value, uncertainty in ((central.value, central.uncertainty), central.before):
            close = CLOSE * max(abs(slope), abs(value)) + slack
            if not abs(value - slope) > close + _MARGIN * uncertainty and math.isfinite(slope):
                return None
        bend = self.bend + abs(central.row[0][0] - central.value)
        return Finding(
            left.value, right.value, central.value, False, central.uncertainty, nudge, bend
        )

    def _sides(self) -> tuple[tuple[_Estimate, _Estimate], tuple[_Estimate, _Estimate]]:
        """The left and the right slope, by this rung and by the one before."""
        left, right = self.left, self.right
        now = ((left.value, left.uncertainty), (right.value, right.uncertainty))
        return now, (left.before, right.before)

    def contradict(self, found: Finding) -> bool:
        """Whether this rung and the one before say another slope than larger nudges did."""
        if found.kink:
            corner = abs(found.right - found.left)
            return corner < math.inf and all(
                abs(b - a) + error_a + error_b < 0.5 * corner
                for (a, error_a), (b, error_b) in self._sides()
            )
        return all(
            abs(value - found.difference)
            > _SEEN * abs(found.difference) + 10.0 * (uncertainty + found.uncertainty)
            for value, uncertainty in (
                (self.central.value, self.central.uncertainty),
                self.central.before,
            )
        )

    def _calm(self) -> bool:
        """Whether the quotients come to rest, as those of a wave between the rungs do not."""
        changes = [max(map(abs, pair)) for pair in self.changes[-_FALLING:]]
        if len(changes) == _FALLING and all(b <= 0.9 * a for a, b in pairwise(changes)):
            return True
        if max(changes[-2:]) <= self.moved_by_rounding:
            return True  # an output that does not move
        size = max(abs(self.central.value), self.steepest())
        return all(
            limit.uncertainty <= _RESTLESS * size for limit in (self.left, self.right, self.central)
        )

    def _jump(self) -> tuple[float, float] | None:
        """The slopes of the sides where the output changes however small the nudge is."""
        last = self.changes[-_JUMP:]
        if len(last) < _JUMP:
            return None
        slopes = [self.left.value, self.right.value]
        for side in (0, 1):
            sizes = [change[side] for change in last]
            if min(map(abs, sizes)) > 0.0 and max(sizes) - min(sizes) <= _STAYS * abs(sizes[-1]):
                slopes[side] = math.copysign(math.inf, sizes[-1])
        left, right = slopes
        # Where both sides fall from a peak, or rise, a pole may be near by that no float meets.
        peak = math.isinf(left) and left == -right
        return (left, right) if math.inf in (abs(left), abs(right)) and not peak else None

    def drowned(self, slope: float) -> bool:
        """Whether rounding is as large as all that could be seen, and smaller nudges see less."""
        seen = max(abs(slope), abs(self.central.row[0][0]), abs(self.left.row[0][0]))
        return self.noise > 0.25 * max(seen, abs(self.right.row[0][0]))


class Nudged:
    """A function of one number near a point where its slope is claimed.

    Args:
        function: from float to float; ArithmeticError and ValueError say that there is no
            value.
        x: the point.
        middle: the value there.
        claim: the claimed slope as a function of the input, where it can be asked for.
        rounding: how far values may be off by rounding, beside their own last digit.
        epsilon: the relative size of that last digit.

    Attributes:
        neighbours: whether any nudge found values on both sides.
        trouble: the last error from beside the point.
    """

    def __init__(
        self,
        function: Callable[[float], float],
        x: float,
        middle: float,
        *,
        claim: Callable[[float], float] | None = None,
        rounding: float = 0.0,
        epsilon: float = EPSILON,
    ) -> None:
        self.function = function
        self.x = x
        self.middle = middle
        self.claim = claim
        self.rounding = rounding
        self.epsilon = epsilon
        self.neighbours = 0
        self.trouble: Exception | None = None
        self._asked: list[tuple[float, float]] = []

    def compare(self, slope: float, slack: float = 0.0) -> Finding | None:
        """What the nudges find against the claimed slope; None where they find nothing.

        Args:
            slope: the claim.
            slack: how far it may be off by its own rounding.

        Raises:
            NotRepeatable: the function gave two answers at one point.
        """
        size = math.ldexp(1.0, math.frexp(self.x)[1] - 3) if self.x else _FIRST_AT_0
        confirmed, found = self._descend(size, slope, slack)
        if confirmed:
            return None
        self._ask_again()
        if found is None and 0.0 < abs(self.x) < _FIRST_AT_0:
            # Rounding hides what a nudge of the input's own size does: larger ones may tell.
            first = min(_FIRST_AT_0, size * _REACH)
            confirmed, found = self._descend(first, slope, slack, down_to=size)
            if confirmed or found is None or found.kink:
                return None
            if abs(found.difference) <= 100.0 * found.uncertainty:
                return None
        if found is None:
            return None
        _, again = self._descend(found.nudge * 16.0, slope, slack, phase=7, rungs=8)
        if again is None or not found.confirms(again) or self._hidden(found, slope):
            return None
        return found

    def _hidden(self, found: Finding, slope: float) -> bool:
        """Whether rounding hides all that the claim says beside what was found.

        The slope of cos(x) + 10²⁵ is right, though no nudge can see that wave. So the claim is
        asked for around x, too: as far as it stays off by about as much, its error must move
        the output by more than rounding does.
        """
        if found.kink or self.claim is None:
            return False
        off = abs(found.difference - slope)
        reach, steady = found.nudge, 0
        while reach > 4.0 * EPSILON * abs(self.x):
            leeway = off / 2.0 + 4.0 * found.bend * (reach / found.nudge)
            steady = steady + 1 if self._steady(slope, reach, leeway) else 0
            if steady == 3:  # fewer may be luck
                return 4.0 * off * reach <= 2.0 * self.rounded(self.middle, self.middle)
            reach /= 2.0
        return True

    def _steady(self, slope: float, reach: float, leeway: float) -> bool:
        try:
            for place in _PLACES:
                if abs(self.claim(self.x + place * reach) - slope) > leeway:  # type: ignore[misc]
                    return False
        except (ArithmeticError, ValueError):
            return False
        return True

    def _descend(
        self,
        first: float,
        slope: float,
        slack: float,
        *,
        down_to: float = 0.0,
        phase: int = 0,
        rungs: int = _RUNGS,
    ) -> tuple[bool, Finding | None]:
        """Go down the ladder: whether a rung confirms the claim, else the surest refutation."""
        base, rows, found, gap, failed, drowned = first, _Rows(), None, 6, 0, 0
        for i in range(rungs):
            if base < down_to:
                break
            rung = base * (1.0 + 0.6 * ((_GOLDEN * (i + phase + 1)) % 1.0))
            up = (self.x + rung) - self.x  # as it is rounded
            down = self.x - (self.x - up)
            if not (up > 0.0 and down > 0.0):
                break
            if rows.left.nudges and down >= rows.left.nudges[-1]:
                base *= 0.5
                continue  # the last digits of the input leave no room between
            try:
                below, above = self._ask(self.x - up), self._ask(self.x + up)
                if not math.isfinite(above - below):
                    raise ValueError(f"the output is {above - below!r} beside the point")
            except (ArithmeticError, ValueError) as error:
                self.trouble = error  # over the border of the domain: closer by may be inside
                failed += 1
                base *= 0.5 if failed < 64 else 2.0**-8
                rows = _Rows()
                continue
            self.neighbours += 1
            rows.add(down, up, (below, self.middle, above), self)
            if rows.confirm(slope, slack) or rows.settle(slope, slack):
                return True, None
            if found is not None and rows.contradict(found):
                found = None  # it was not the limit
            coarse = up < _COARSE * abs(self.x)
            new = None if coarse else rows.refute(slope, slack, base)
            if new is not None and (found is None or new.surer_than(found)):
                found = new
            drowned = drowned + 1 if rows.drowned(slope) else 0
            if drowned == _DROWNED:
                break
            base *= 0.5
            if i >= _SEARCHED and len(rows.changes) >= 3:
                base *= 2.0**-gap
                gap *= 2
                rows = _Rows()
        return False, found

    def rounded(self, first: float, second: float) -> float:
        """How far the difference of two outputs may be off by rounding."""
        return 2.0 * max(self.epsilon * max(abs(first), abs(second)), self.rounding, SMALLEST)

    def _ask(self, x: float) -> float:
        y = self.function(x)
        self._asked.append((x, y))
        return y

    def _ask_again(self) -> None:
        """Ask at the last points once more."""
        for x, y in self._asked[-8:]:
            again = self.function(x)
            if again != y:
                raise NotRepeatable(y, again)
