"""Array by array: the gradient that was returned, against central differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from autograd.checks.calls import Functions, Leaf
from autograd.checks.report import ArrayCheck, Report
from autograd.differences import EPSILON, NotRepeatable, Nudged
from autograd.progress import Progress

ALL = 4000  # entries that are all nudged; of more, a sample
SAMPLE = 60  # entries of each array, where not all are nudged
THOROUGH = 12  # entries of an array whose disagreement is looked into
FIRST = 2.0**-12  # the first nudge, as part of the entry or of the array's usual size
CLOSE = 1e-6  # relative: what the quick differences take for equal
SINGLE = 2.0**-23  # the last digit of float32


def check(
    f: Callable[..., Any],
    df: Any,
    arguments: tuple[Any, ...],
    fixed: Mapping[str, Any],
    hints: bool,
    cotangent: Any,
    entries: int | None,
    seed: int,
) -> Report:
    """The report of :func:`autograd.check_gradients`."""
    functions = Functions(f, df, arguments, fixed, cotangent, seed)
    for leaf in functions.leaves:
        array = functions.at(leaf)
        if np.asarray(array).dtype.kind == "f" and not np.all(np.isfinite(array)):
            raise ValueError(f"{leaf.name} holds nan or infinity, so there is no gradient there")
    first = functions.call(functions.replaced({}))
    functions.settle_cotangent(functions.split(first)[0])
    report = Report(hints=hints)
    middle = functions.scalar(functions.split(first)[0])
    if not math.isfinite(middle):
        raise ValueError(f"f returns {middle!r}, so it has no gradient to compare with")
    repeats = [functions.output(functions.replaced({})) for _ in range(3)]
    if any(again != middle for again in repeats):
        again = next(each for each in repeats if each != middle)
        report.unrepeatable("f", middle, again)
        return report

    found, _ = functions.matched(functions.gradients(functions.replaced({})))
    single = any(np.asarray(functions.at(leaf)).dtype == np.float32 for leaf in functions.leaves)
    if single:
        report.notes.append("float32 arrays were checked in float64, with nudges that fit it")
    floats: dict[Leaf, Any] = {
        leaf: _wide(functions.at(leaf))
        for leaf in functions.leaves
        if _is_float(functions.at(leaf))
    }
    for leaf in found:
        if leaf not in floats:
            floats[leaf] = _wide(functions.at(leaf))
            report.notes.append(f"{leaf.name} holds integers: it was nudged as float64")
    functions.arguments = functions.replaced(floats)
    found, others = functions.matched(functions.gradients(functions.replaced({})))
    for _ in range(2):
        anew, _ = functions.matched(functions.gradients(functions.replaced({})))
        for leaf, claimed in anew.items():
            if np.asarray(claimed).dtype.kind not in "fiub":
                continue
            a, b = np.asarray(found.get(leaf), float), np.asarray(claimed, float)
            if a.shape == b.shape and not np.array_equal(a, b, equal_nan=True):
                place = tuple(np.argwhere(a != b)[0])
                report.unrepeatable(f"df, for {leaf.name},", float(a[place]), float(b[place]))
                return report

    middle_y = functions.split(functions.call(functions.replaced({})))[0]
    middle = functions.scalar(middle_y)
    narrow = np.asarray(middle_y).dtype in (np.float32, np.float16)
    scatter, scale = _noise(functions, middle)
    epsilon = SINGLE if narrow else max(EPSILON, scatter / scale)
    if narrow or epsilon > 1e4 * EPSILON:
        report.notes.append(
            "f computes with the digits of float32: what agrees to those is taken as right"
        )
        epsilon = max(epsilon, SINGLE)

    total = sum(np.size(functions.at(leaf)) for leaf in found)
    most = entries if entries is not None else ALL if total <= ALL else SAMPLE
    progress = Progress(sum(min(most, np.size(functions.at(leaf))) for leaf in found))
    numeric = Numeric(functions, middle, epsilon, scatter, seed, progress)
    try:
        for leaf, claimed in found.items():
            report.arrays.append(numeric.compare(leaf, claimed, most))
    finally:
        progress.close()
    for leaf in functions.forgotten(found):
        report.arrays.append(ArrayCheck.missing(leaf.name, np.shape(functions.at(leaf))))
    if numeric.changed:
        report.unrepeatable("f", *numeric.changed)
        return report
    if report.right:
        _after_other_calls(functions, found, report, epsilon, scatter)
    report.settle(functions.df is not None)
    if hints and not report.right:
        from autograd.checks.mistakes import explain

        explain(functions, found, others, report, numeric)
    return report


def _is_float(thing: Any) -> bool:
    return np.asarray(thing).dtype.kind == "f"


def _wide(thing: Any) -> Any:
    return np.array(thing, float) if isinstance(thing, np.ndarray) else float(thing)


def _after_other_calls(
    functions: Functions,
    found: Mapping[Leaf, Any],
    report: Report,
    epsilon: float,
    rounding: float,
) -> None:
    """Whether df still says the same after f was called at other numbers, and is right there."""
    moved = {leaf: functions.at(leaf) * 1.25 + 0.125 for leaf in found}
    try:
        middle = functions.output(functions.replaced(moved))
        there, _ = functions.matched(functions.gradients(functions.replaced(moved)))
    except (ArithmeticError, ValueError, IndexError):
        return
    again, _ = functions.matched(functions.gradients(functions.replaced({})))
    for leaf, claimed in again.items():
        if leaf in found and not np.array_equal(
            np.asarray(found[leaf], float), np.asarray(claimed, float), equal_nan=True
        ):
            report.problems[leaf.name] = (
                f"the gradient along {leaf.name} depends on earlier calls: a stale cache is read "
                "that another call of f or df left behind"
            )
    if not report.right or not math.isfinite(middle):
        return
    generator = np.random.default_rng(functions.seed)
    for leaf, claimed in there.items():
        slopes = np.asarray(claimed, float).reshape(np.shape(moved[leaf]))
        direction = generator.normal(size=slopes.shape)

        def along(t: float, leaf: Leaf = leaf, direction: Any = direction) -> float:
            return functions.output(
                functions.replaced({**moved, leaf: moved[leaf] + t * direction})
            )

        nudges = Nudged(along, 0.0, middle, rounding=rounding, epsilon=epsilon)
        size = float(np.linalg.norm(slopes * direction))
        with suppress(NotRepeatable):
            slack = (1e-5 + 64.0 * epsilon) * size
            wrong = nudges.compare(float(np.sum(slopes * direction)), slack)
            if wrong is not None and not wrong.kink and nudges.neighbours > 1:
                report.problems[leaf.name] = (
                    f"the gradient along {leaf.name} is right at these arguments and wrong at "
                    "others: a stale cache is read, or numbers that belong to these arguments"
                )


def _noise(functions: Functions, middle: float) -> tuple[float, float]:
    """How much the output scatters over a few parts in 10⁸, and the size that goes with it.

    The size is not that of the output alone: a cost may be 0, or the small difference of large
    numbers. So it is also how far the output moves with the arguments.
    """

    def moved(part: float) -> float:
        return functions.output(
            functions.replaced(
                {
                    leaf: functions.at(leaf) * (1.0 + part)
                    for leaf in functions.leaves
                    if _is_float(functions.at(leaf))
                }
            )
        )

    try:
        outputs = [middle, *(moved(k * 2.0**-26) for k in range(1, 8))]
        scatter = float(np.median(np.abs(np.diff(outputs, 3))))
        scale = max(abs(middle), abs(moved(0.125) - middle))
    except (ArithmeticError, ValueError):
        return 0.0, 1.0
    if not (math.isfinite(scatter) and 0.0 < scale < math.inf):
        return 0.0, 1.0
    return scatter, scale


class Numeric:
    """Central differences of f along entries of its arrays."""

    def __init__(
        self,
        functions: Functions,
        middle: float,
        epsilon: float,
        rounding: float,
        seed: int,
        progress: Progress,
    ) -> None:
        self.functions = functions
        self.middle = middle
        self.epsilon = epsilon
        self.rounding = max(rounding, epsilon * abs(middle))
        self.generator = np.random.default_rng(seed)
        self.changed: tuple[Any, ...] = ()
        self.progress = progress

    def along(self, leaf: Leaf, place: tuple[int, ...]) -> Callable[[float], float]:
        """F as a function of one entry."""
        return lambda number: self.functions.nudged(leaf, place, number)

    def _nudged(self, function: Callable[[float], float], x: float) -> Nudged:
        return Nudged(function, x, self.middle, rounding=self.rounding, epsilon=self.epsilon)

    def quick(self, leaf: Leaf, place: tuple[int, ...], usual: float) -> tuple[float, float]:
        """A slope by two central differences, and how far it may be off."""
        f, x = self.along(leaf, place), float(np.asarray(self.functions.at(leaf))[place])
        first = FIRST * (self.epsilon / EPSILON) ** 0.25
        h = 2.0 ** math.floor(math.log2(max(abs(x), usual) * first))
        slopes = []
        try:
            for nudge in (h * 0.871, h * 0.4):
                up, down = x + nudge, x - nudge
                slopes.append((f(up) - f(down)) / (up - down))
        except (ArithmeticError, ValueError):
            return math.nan, math.inf
        ratio = (0.871 / 0.4) ** 2
        value = slopes[1] + (slopes[1] - slopes[0]) / (ratio - 1.0)
        noise = 4.0 * self.rounding / (0.4 * h)
        return value, abs(value - slopes[1]) + noise

    def compare(self, leaf: Leaf, claimed: Any, most: int) -> ArrayCheck:
        """The check of one array."""
        array = np.asarray(self.functions.at(leaf))
        theirs = np.asarray(claimed)
        checked = ArrayCheck(leaf.name, array.shape)
        if theirs.dtype.kind not in "fiub":
            checked.trouble = f"its gradient is {claimed!r:.60}, not numbers"
            return checked
        theirs = theirs.astype(float)
        if theirs.shape != array.shape and array.size == theirs.size == 1:
            theirs = theirs.reshape(array.shape)
        checked.claimed = theirs
        comparable = theirs.shape == array.shape
        if not comparable:
            checked.trouble = f"its gradient has shape {theirs.shape}, not {array.shape}"
        size = array.size
        chosen = np.arange(size)
        if size > most:
            chosen = np.sort(self.generator.choice(size, most, replace=False))
        usual = float(np.sqrt(np.mean(array**2))) if size else 0.0
        usual = usual if usual > 0.0 else 0.25
        numeric = np.full(array.shape, math.nan)
        error = np.full(array.shape, math.inf)
        for k in chosen.tolist():
            place = tuple(int(i) for i in np.unravel_index(k, array.shape))
            numeric[place], error[place] = self.quick(leaf, place, usual)
            self.progress.step()
        checked.numeric = numeric
        if comparable:
            self._judge(leaf, checked, theirs, error, chosen)
            if size > len(chosen) and checked.right:
                self._direction(leaf, checked, theirs)
        return checked

    def _judge(self, leaf: Leaf, checked: ArrayCheck, theirs: Any, error: Any, chosen: Any) -> None:
        """Which of the chosen entries are right, wrong, or kinks."""
        numeric = checked.numeric
        known = numeric[np.isfinite(numeric)]
        usual = float(np.sqrt(np.mean(known**2))) if known.size else 0.0
        digits = math.sqrt(self.epsilon / EPSILON)
        slack = 1e-9 * digits * usual
        with np.errstate(all="ignore"):
            apart = np.abs(theirs - numeric)
            close = CLOSE * digits * np.maximum(np.abs(theirs), np.abs(numeric))
            fine = np.isfinite(theirs) & (apart <= close + slack + 3.0 * error)
            fine &= error <= 30.0 * (close + slack) + 1e-12 * digits
        checked.nudged = np.zeros(checked.shape, bool)
        checked.nudged.flat[chosen] = True
        checked.wrong = checked.nudged & ~fine
        suspicious = np.argwhere(checked.wrong)
        worst = sorted(
            map(tuple, suspicious.tolist()),
            key=lambda p: -(apart[p] if math.isfinite(apart[p]) else math.inf),
        )
        confirmed = 0
        for place in worst:
            if confirmed == (THOROUGH if theirs.size <= ALL else 2):
                break  # as many as these are no accident
            if self._look_into(leaf, checked, place, float(theirs[place]), slack):
                confirmed += 1
            else:
                checked.wrong[place] = False

    def _look_into(
        self, leaf: Leaf, checked: ArrayCheck, place: tuple[int, ...], slope: float, slack: float
    ) -> bool:
        """Whether the entry is wrong, by nudges of all sizes."""
        x = float(np.asarray(self.functions.at(leaf))[place])
        nudges = self._nudged(self.along(leaf, place), x)
        leeway = slack + 64.0 * self.epsilon * abs(slope)
        try:
            found = nudges.compare(slope, leeway)
        except NotRepeatable as error:
            self.changed = error.args
            return True
        if nudges.neighbours < 2:
            checked.numeric[place] = math.nan
            checked.edges.append(place)
            return False
        if found is None:
            checked.numeric[place] = slope
            return False
        if found.kink:
            checked.numeric[place] = math.nan
            low, high = sorted((found.left, found.right))
            checked.kinks.append((place, found.left, found.right))
            within = low - 1e-3 * abs(low) - leeway <= slope <= high + 1e-3 * abs(high) + leeway
            if within:
                return False
            checked.numeric[place] = found.difference
            return True
        checked.numeric[place] = found.difference
        return True

    def _direction(self, leaf: Leaf, checked: ArrayCheck, theirs: Any) -> None:
        """All entries at once, along random directions: what a sample leaves out shows there."""
        array = np.asarray(self.functions.at(leaf))
        usual = float(np.sqrt(np.mean(array**2))) or 1.0
        for _ in range(3):
            direction = self.generator.choice([-1.0, 1.0], array.shape) * usual

            def moved(t: float, direction: Any = direction) -> float:
                return self.functions.output(self.functions.replaced({leaf: array + t * direction}))

            slope = float(np.sum(theirs * direction))
            scale = float(np.sqrt(np.sum((theirs * direction) ** 2)))
            h = 2.0**-14
            slopes = [(moved(n) - moved(-n)) / (2 * n) for n in (h, h / 2)]
            value = slopes[1] + (slopes[1] - slopes[0]) / 3.0
            noise = 8.0 * self.rounding / h
            leeway = 1e-6 * scale + 3.0 * abs(value - slopes[1]) + noise
            if not abs(value - slope) <= leeway:
                found = self._nudged(moved, 0.0).compare(slope, 1e-7 * scale)
                if found is not None and not found.kink:
                    checked.trouble = (
                        "entries outside the sample are wrong: along a random direction df says "
                        f"{slope:.6g}, the central difference {found.difference:.6g}. "
                        "Ask for more with entries="
                    )
                    return
