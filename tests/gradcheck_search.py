"""A seeded search: does gradcheck cry wolf, and does it find slopes wrong by 1 part in 1,000?

    python tests/gradcheck_search.py --expressions 2000 --seed 0

Random expressions of the rows of the table are checked at inputs of either sign between 1e-30
and 1e30, right and then with one slope of one operation wrong by one part in a thousand. The
tests run a smaller number of them.
"""

from __future__ import annotations

import argparse
import math
import operator
import random

from tqdm import tqdm

import autograd
from autograd import GradientError, Value, gradcheck
from autograd.backprop import topological_order

UNARY = [
    operator.neg, autograd.exp, autograd.log, autograd.log1p, autograd.expm1, autograd.sqrt,
    autograd.sin, autograd.cos, autograd.arctan, autograd.tanh, autograd.sigmoid, autograd.relu,
    autograd.leaky_relu, autograd.softplus, autograd.abs, autograd.step, autograd.sign,
]  # fmt: skip
UNARY += [lambda x, n=n: x**n for n in (-2, -1, 0, 0.5, 1, 2, 3)]
BINARY = [
    operator.add, operator.add, operator.sub, operator.mul, operator.mul, operator.truediv,
    autograd.maximum, autograd.minimum,
    lambda a, b: autograd.dot([a, b], [b, 2.0]),
    lambda a, b: autograd.logsumexp([a, b]),
    lambda a, b: autograd.affine([a], [b], a),
    lambda a, b: autograd.binary_cross_entropy_with_logits(autograd.sigmoid(a), b),
]  # fmt: skip
PART = 1e-3
ROUNDINGS = 1000.0
PLACES = (-1.0, -0.71, -0.37, 0.37, 0.71, 1.0)


class Expression:
    """A function of one to three numbers as a list of operations, and a point.

    Args:
        generator: where all that is random comes from.

    Attributes:
        point: the inputs.
        planted: the operation whose slope is wrong, which of its slopes, and the factor; None
            where all are right.
    """

    def __init__(self, generator: random.Random) -> None:
        self.planted: tuple[int, int, float] | None = None
        while True:
            self.point = [
                generator.choice((-1, 1, 1)) * 10 ** generator.uniform(-30, 30)
                for _ in range(generator.randint(1, 3))
            ]
            if generator.random() < 0.3:  # inputs of usual size, too
                self.point[0] = generator.uniform(-3, 3)
            self.steps = []
            self._grow(generator)
            if self.steps and math.isfinite(self.value(self.point)):
                return

    def _grow(self, generator: random.Random) -> None:
        values = [Value(x) for x in self.point]
        for _ in range(generator.randint(1, 8)):
            f = generator.choice(UNARY + BINARY)
            i = -1 if generator.random() < 0.6 else generator.randrange(-len(values), 0)
            j = generator.randrange(-len(values), 0) if f in BINARY else None
            constant = generator.uniform(-3, 3) if generator.random() < 0.2 else None
            step = (f, i, j, constant)
            try:
                values.append(self._apply(step, values))
            except (ArithmeticError, ValueError):
                continue
            self.steps.append(step)

    @staticmethod
    def _apply(step, values):
        f, i, j, constant = step
        if j is None:
            return f(values[i])
        return f(values[i], values[j] if constant is None else Value.constant(constant))

    def __call__(self, *inputs: Value) -> Value:
        values = list(inputs)
        for k, step in enumerate(self.steps):
            y = self._apply(step, values)
            if self.planted is not None and self.planted[0] == k:
                _, which, factor = self.planted
                slopes = list(y.partials)
                slopes[which] *= factor
                y.partials = tuple(slopes)
            values.append(y)
        return values[-1]

    def value(self, point: list[float]) -> float:
        try:
            return self(*[Value(x) for x in point]).data
        except (ArithmeticError, ValueError):
            return math.nan

    def slopes(self) -> list[float]:
        inputs = [Value(x) for x in self.point]
        self(*inputs).backward()
        return [x.grad for x in inputs]

    def plant(self, generator: random.Random) -> None:
        """Make one slope of one operation wrong by one part in a thousand."""
        k = generator.randrange(len(self.steps))
        which = 0 if self.steps[k][2] is None else generator.randrange(2)
        self.planted = (k, which, 1.0 + generator.choice((-1, 1)) * PART)

    def moved(self) -> float:
        """By how many roundings the planted error moves the output, at the input where most.

        The nudge is the largest, up to a quarter of the input, over which the output still
        follows its tangent. A rounding is what all operations together may round off.
        """
        planted, self.planted = self.planted, None
        right = self.slopes()
        inputs = [Value(x) for x in self.point]
        output = self(*inputs)
        order = topological_order(output)
        passed_on = {output: 1.0}  # along all paths, none of which cancels another
        for node in reversed(order):
            for x, slope in zip(node.inputs, node.partials, strict=True):
                passed_on[x] = passed_on.get(x, 0.0) + abs(slope) * passed_on[node]
        roundings = [2.0**-53 * abs(node.data) * passed_on[node] for node in order if node.inputs]
        rounding = math.fsum(filter(math.isfinite, roundings))
        self.planted = planted
        wrong = self.slopes()
        moved = 0.0
        for i, (slope, other) in enumerate(zip(right, wrong, strict=True)):
            reach = self._reach(i, slope, output.data, other - slope)
            moved = max(moved, abs(other - slope) * reach)
        return moved / (rounding + 2.0**-53 * abs(output.data) + 2.0**-1060)

    def _reach(self, i: int, slope: float, middle: float, error: float) -> float:
        """The largest nudge of an input over which tangent and error stay what they are."""
        nudge = abs(self.point[i]) / 4.0
        for _ in range(40):
            if all(self._steady(i, place * nudge, slope, middle, error) for place in PLACES):
                return nudge
            nudge /= 2.0
        return 0.0

    def _steady(self, i: int, nudge: float, slope: float, middle: float, error: float) -> bool:
        point, planted = self.point, self.planted
        self.point = [x + nudge if k == i else x for k, x in enumerate(point)]
        try:
            move = self.value(self.point) - middle
            wrong = self.slopes()[i]
            self.planted = None
            return abs(move - slope * nudge) <= 0.1 * abs(slope * nudge) and abs(
                wrong - self.slopes()[i] - error
            ) <= 0.5 * abs(error)
        except (ArithmeticError, ValueError):
            return False
        finally:
            self.point, self.planted = point, planted


def refused(expression: Expression) -> str:
    """What gradcheck says against it; empty where it says nothing."""
    try:
        gradcheck(expression, *expression.point)
    except GradientError as error:
        return str(error)
    except ValueError as error:  # no neighbours, or no slope
        return str(error)
    return ""


def usable(expression: Expression) -> bool:
    """Whether there is a gradient to speak of at the point."""
    try:
        return all(map(math.isfinite, expression.slopes()))
    except ValueError:
        return False


def search(expressions: int, seed: int, progress: bool = False) -> tuple[list, list, int]:
    """False alarms and misses, each with its message, and how many errors were to be found."""
    generator = random.Random(seed)
    alarms, misses, to_find = [], [], 0
    for _ in tqdm(range(expressions), disable=not progress):
        expression = Expression(generator)
        while not usable(expression):
            expression = Expression(generator)
        message = refused(expression)
        if message:
            alarms.append((expression, message))
        expression.plant(generator)
        moved = expression.moved()
        if moved > ROUNDINGS:
            to_find += 1
            if not refused(expression):
                misses.append((expression, moved))
    return alarms, misses, to_find


def describe(expression: Expression) -> str:
    """The graph of an expression, to be read."""
    inputs = [Value(x, f"x{i}") for i, x in enumerate(expression.point)]
    order = topological_order(expression(*inputs))
    place = {node: n for n, node in enumerate(order)}
    return "; ".join(
        f"v{place[v]} = {v.op.name if v.op else v.label}"
        f"({', '.join(f'v{place[x]}' for x in v.inputs)}) = {v.data:.6g}"
        for v in order
    )


def main() -> None:
    """Run the search and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--expressions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    alarms, misses, to_find = search(options.expressions, options.seed, progress=True)
    for expression, message in alarms:
        print(f"false alarm: {message}\n  {describe(expression)}")
    for expression, moved in misses:
        print(f"missed, though it moves the output by {moved:.0f} roundings:")
        print(f"  {expression.planted} {describe(expression)}")
    print(
        f"{options.expressions} right expressions: {len(alarms)} false alarms. Of as many wrong "
        f"by one part in 1,000, {to_find} move the output by more than {ROUNDINGS:.0f} roundings: "
        f"{to_find - len(misses)} found, {len(misses)} missed."
    )


if __name__ == "__main__":
    main()
