"""Random losses, and whether their programs compute what the recorded graphs do.

``python tests/random_programs.py`` tries 10,000 expressions and 2,000 programs of vectors, and
prints each that fails with its seed; ``--help`` tells of less.

The generators write what people write and nobody would: every row of the table at every place,
neutral operations in disguise, lists that mix numbers, parameters and inputs, single elements
of lists, exponents 0 and 1, conditions under every sign.
The oracle plays the recorded graph on floats of its own, example by example, for batches of 1, 2,
3 and of the length of each list.
"""

from __future__ import annotations

import argparse
import ast
import math
import random
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from autograd import (
    Value,
    affine,
    dot,
    logsumexp,
    maximum,
    minimum,
    softmax,
    softmax_cross_entropy_with_logits,
    softplus,
    step,
    total,
    vectorize,
)
from autograd.backprop import topological_order
from autograd.primitives import TABLE, add, constant, subtract

ELEMENTWISE = [row for row in TABLE.values() if row.n_inputs and row.name != "power_constant"]

SUMS = (add, subtract, total)

# Neutral operations, and those that cancel each other.
DISGUISES = [
    lambda v: v * 1,
    lambda v: 1.0 * v,
    lambda v: v + 0,
    lambda v: 0 + v,
    lambda v: v - 0,
    lambda v: v / 1,
    lambda v: -(-v),  # noqa: B002
    lambda v: 0 - (0 - v),
    lambda v: sum([v]),
    lambda v: total([v]),
    lambda v: v**1,
    lambda v: (v + v) / 2,
    lambda v: 2 * v / 2,
    lambda v: v * 2 * 0.5,
    lambda v: v / 2 + v / 2,
    lambda v: v * 3 - (v + v),
    lambda v: [v],
]

EXPONENTS = [0, 1, 2, 3, -1, -2, 0.5, 1.5, -0.5]


@dataclass
class Graph:
    """A loss, and the names of its leaves."""

    loss: Value
    inputs: dict
    parameters: dict
    lengths: set = field(default_factory=set)


# --- random graphs --------------------------------------------------------------------------


class Maker:
    """Makes random graphs, so that every operation has a value and slopes at recorded numbers."""

    def __init__(self, seed, *, disguised=True):
        self.draw = random.Random(seed)
        self.disguised = disguised

    def leaves(self, *sizes):
        if not sizes:
            return Value(round(self.draw.uniform(-1.5, 1.5), 2))
        return [self.leaves(*sizes[1:]) for _ in range(sizes[0])]

    def worn(self, v):
        """A Value, perhaps in disguise."""
        while self.disguised and isinstance(v, Value) and self.draw.random() < 0.2:
            v = self.draw.choice(DISGUISES)(v)
        return v

    def plain(self, v):
        return v[0] if isinstance(v, list) else v

    def number(self):
        return self.draw.choice([0, 1, -1, 2, 0.5, -3, 0.1])

    def operand(self, made):
        if self.draw.random() < 0.1:
            return self.number()
        return self.worn(self.draw.choice(made[-5:] if self.draw.random() < 0.4 else made))

    def entries(self, made, n):
        return [self.plain(self.operand(made)) for _ in range(n)]

    def applied(self, f, *operands):
        """The function of the operands, or of what is above 0, or the difference of two."""
        for change in (
            lambda x: x,
            lambda x: self.plain(x) * self.plain(x) + 0.5,
            lambda x: 0.5 / (self.plain(x) * self.plain(x) + 1),
        ):
            try:
                found = f(*[change(x) for x in operands])
                if is_smooth(found):
                    return found
            except (ArithmeticError, ValueError):
                pass
        a, b = operands[0], operands[-1]
        return self.plain(a) - self.plain(b)

    def operation(self, made):
        """One more Value, or a number."""
        draw, kind = self.draw, self.draw.random()
        if kind < 0.45:
            row = draw.choice(ELEMENTWISE)
            return self.applied(row, *[self.operand(made) for _ in range(row.n_inputs)])
        if kind < 0.6:
            n = draw.choice(EXPONENTS)
            return self.applied(lambda a: self.plain(a) ** n, self.operand(made))
        if kind < 0.8:
            a, b = self.entries(made, 2)
            return draw.choice([a + b, a - b, a * b, a * b, -a, 3 * a, b - 2 * a, (a + b) / 3])
        n = draw.randint(1, 3)
        a, b = self.entries(made, n), self.entries(made, n)
        return draw.choice(
            [
                lambda: total(a),
                lambda: dot(a, b),
                lambda: affine(a, b, self.plain(self.operand(made))),
                lambda: logsumexp(a),
                lambda: softmax(a)[0],
                lambda: total(s * t for s, t in zip(softmax(a), b, strict=True)),
                lambda: _cross_entropy(b, a),
                lambda: _cross_entropy([1] + [0] * (n - 1), a),
                lambda: _cross_entropy(softmax(b), a),
            ]
        )()


def _cross_entropy(targets, logits):
    try:
        return softmax_cross_entropy_with_logits(targets, logits)
    except ValueError:  # computed targets of plain numbers: they look swapped, and are refused
        return softmax_cross_entropy_with_logits(logits, targets)


def is_smooth(v):
    """Whether a Value and its slopes are finite numbers."""
    if not isinstance(v, Value):
        return isinstance(v, (int, float)) and math.isfinite(v)
    return math.isfinite(v.data) and all(map(math.isfinite, v.partials))


def random_expression(seed, *, disguised=True):
    """A graph grown from single elements of short lists by random operations."""
    maker = Maker(f"expression {seed}", disguised=disguised)
    draw = maker.draw
    inputs = {"X": maker.leaves(draw.randint(1, 3))}
    parameters = {"w": maker.leaves(draw.randint(1, 3))}
    if draw.random() < 0.5:
        inputs["y"] = maker.leaves()
    if draw.random() < 0.5:
        parameters["b"] = maker.leaves()
    starts = [*inputs["X"], *parameters["w"], *[v for v in (inputs.get("y"),) if v]]
    if "b" in parameters:
        starts.append(parameters["b"])
    made = list(starts)
    for _ in range(draw.randint(1, 12)):
        v = maker.operation(made)
        if isinstance(v, Value):
            made.append(v if abs(v.data) < 10 else v.tanh())
    last = made[len(starts) :] or made
    loss = total(last[-3:]) if draw.random() < 0.7 else last[-1] * last[-1]
    return Graph(maker.plain(maker.worn(loss)), inputs, parameters)


def random_vectors(seed, *, disguised=True):
    """Layers, elementwise operations and reductions of lists, then a loss."""
    maker = Maker(f"vectors {seed}", disguised=disguised)
    draw = maker.draw
    n, classes = draw.randint(1, 4), draw.randint(1, 3)
    x = maker.leaves(n)
    inputs, parameters = {"X": x}, {}
    held = list(x)

    def parameter(*sizes):
        name = f"{'w' if len(sizes) < 2 else 'W'}{len(parameters) + 1}"
        parameters[name] = maker.leaves(*sizes)
        return parameters[name]

    def worn(a):
        if draw.random() < 0.2:
            disguise = draw.choice(DISGUISES[:-1])
            return [disguise(v) for v in a] if disguised else a
        return a

    for _ in range(draw.randint(1, 4)):
        kind, a = draw.random(), worn(held)
        if kind < 0.35:
            units = draw.randint(1, 3)
            W = parameter(units, len(a))
            b = parameter(units) if draw.random() < 0.7 else [0] * units
            held = [affine(w, a, c) for w, c in zip(W, b, strict=True)]
        elif kind < 0.65:
            row = draw.choice([row for row in ELEMENTWISE if row.n_inputs == 1])
            held = [maker.applied(row, v) for v in a]
        elif kind < 0.8:
            other = draw.choice(
                [parameter(len(a)), a[::-1], [parameter()] * len(a), [maker.number()] * len(a)]
            )
            row = draw.choice([row for row in ELEMENTWISE if row.n_inputs == 2])
            held = [maker.applied(row, u, v) for u, v in zip(a, other, strict=True)]
        elif kind < 0.9:
            mean = sum(a) / len(a)
            held = softmax(a) if draw.random() < 0.5 else [v - mean for v in a]
        elif kind < 0.95:
            held = a[:: draw.choice([-1, 2])]
        else:
            held = [*a, *draw.choice([x, [1.0], [a[0]]])]
        held = [v if isinstance(v, Value) else x[0] * 0 + v for v in held]
        held = [v if abs(v.data) < 10 else v.tanh() for v in held]
    if draw.random() < 0.6:
        W, b = parameter(classes, len(held)), parameter(classes)
        held = [affine(w, worn(held), c) for w, c in zip(W, b, strict=True)]
    k = len(held)
    targets = draw.choice(["list", "list", "number", "fixed", "mixed"])
    if targets == "list":
        y = inputs["Y"] = maker.leaves(k)
    elif targets == "number":
        y = [maker.leaves()] * k
        inputs["Y"] = y[0]
    else:
        y = [float(i == 0) for i in range(k)]
        if targets == "mixed":
            y[draw.randrange(k)] = draw.choice([x[0], parameter()])
    loss = draw.choice(LOSSES)(y, worn(held))
    if draw.random() < 0.2:
        loss = loss + 0.01 * sum(v * v for name in parameters for v in flat(parameters[name]))
    return Graph(loss, inputs, parameters, {k, n})


def flat(nested):
    return [nested] if isinstance(nested, Value) else [v for row in nested for v in flat(row)]


def _pairs(f):
    return lambda y, z: sum(f(t, v) for t, v in zip(y, z, strict=True))


LOSSES = [
    _pairs(lambda t, v: (v - t) ** 2),
    _pairs(lambda t, v: 0.5 * (t - v) ** 2),
    _pairs(lambda t, v: maximum(0, 1 - t * v)),
    _pairs(lambda t, v: (1 - t * v).relu()),
    _pairs(lambda t, v: (-t * v).relu()),
    _pairs(lambda t, v: softplus(v) - t * v),
    _pairs(lambda t, v: softplus(-t * v)),
    _pairs(lambda t, v: (v - t).abs()),
    _pairs(lambda t, v: (v.tanh() - t) ** 2),
    _pairs(lambda t, v: (v.sigmoid() - t) ** 2),
    _pairs(lambda t, v: step(v) * (t - v) - step(-v) * v),
    _pairs(lambda t, v: minimum(v, t) - maximum(v, 0.3)),
    softmax_cross_entropy_with_logits,
    lambda y, z: logsumexp(z) - dot(y, z),
    lambda y, z: logsumexp([*z, 0, *y]),
    lambda y, z: sum(maximum(0, 1 + v - z[0]) for v in z[1:]) + z[0] * y[0],
    lambda y, z: -sum(t * (s + 1e-3).log() for t, s in zip(y, softmax(z), strict=True)),
]

# --- the oracle: the graph, played on floats --------------------------------------------------


class RefusedError(Exception):
    """An operation has no value or no slopes, or they are not finite."""


TOLERANCE, ROUNDING = 1e-9, 2.0**-53


class Tape:
    """A graph to be played with other numbers for its leaves."""

    def __init__(self, loss):
        self.order = topological_order(loss)
        self.place = {v: i for i, v in enumerate(self.order)}
        self.steps = [
            (i, v.op, [self.place[x] for x in v.inputs])
            for i, v in enumerate(self.order)
            if v.inputs
        ]

    def played(self, numbers, shake=None):
        """The loss and its derivative by each leaf in ``numbers``.

        With ``shake``, every number on the way is multiplied by what it returns.
        """
        shake = shake or (lambda: 1.0)
        data = [numbers.get(v, v.data) for v in self.order]
        slopes = []
        try:
            for i, op, inputs in self.steps:
                fixed = [self.order[x].op is constant for x in inputs]
                operands = [
                    data[x] if keep else data[x] * shake()
                    for x, keep in zip(inputs, fixed, strict=True)
                ]
                data[i] = op.value(*operands) * shake()
                if op in SUMS and 0 < abs(data[i]) < 1e-13 * max(map(abs, operands)):
                    raise RefusedError  # x − x: rounding alone is left
                # Programs have the slopes that lectures write, where a row has others as well.
                slopes_of = op.textbook or op.slopes
                # In a − y of two numbers near 1, their roundings stay.
                off = (shake() - 1.0) * ROUNDING / TOLERANCE if op.textbook else 0.0
                slopes.append([slope + off for slope in slopes_of(data[i], *operands)])
        except (ArithmeticError, ValueError):
            raise RefusedError from None
        grad = [0.0] * len(self.order)
        grad[-1] = 1.0
        for (i, _, inputs), partials in zip(reversed(self.steps), reversed(slopes), strict=True):
            for x, slope in zip(inputs, partials, strict=True):
                grad[x] += slope * grad[i] * shake()
        found = np.array(
            [data[-1], *[grad[self.place[v]] if v in self.place else 0.0 for v in numbers]]
        )
        if not np.isfinite(found).all():
            raise RefusedError
        return found


@dataclass
class Examples:
    """Numbers for the leaves, a dict per example; all share the parameters."""

    rows: list
    wanted: list


def examples_of(graph, tape, seed, far):
    """Three examples around the recorded one, less far where an operation refuses."""
    draw = random.Random(seed)
    own = [v for nested in graph.inputs.values() for v in flat(nested)]
    shared = [v for nested in graph.parameters.values() for v in flat(nested)]
    while True:
        parameters = {v: v.data * draw.uniform(1 - far / 4, 1 + far / 4) for v in shared}
        rows = [{v: v.data + draw.uniform(-far, far) for v in own} | parameters for _ in range(3)]
        try:
            return Examples(rows, [tape.played(row) for row in rows])
        except RefusedError:
            far = far / 4 if far > 1e-3 else 0.0
            if not far:
                try:
                    recorded = {v: v.data for v in [*own, *shared]}
                    return Examples([recorded], [tape.played(recorded)])
                except RefusedError:
                    return None


def arguments(graph, rows):
    """The arrays that the program takes."""

    def shaped(nested, row):
        return row[nested] if isinstance(nested, Value) else [shaped(x, row) for x in nested]

    inputs = [np.array([shaped(x, row) for row in rows]) for x in graph.inputs.values()]
    return inputs + [np.array(shaped(x, rows[0])) for x in graph.parameters.values()]


def disagreement(graph, program, tape, examples, by=None):
    """How a program differs from its graph; "" if it does not.

    Args:
        graph, program, tape: the same loss three times.
        examples: what to run it on.
        by: the input by which it differentiates, and not by the parameters.
    """
    keys = [by] if by else [*graph.parameters]
    nested = graph.inputs | graph.parameters
    place = {v: i for i, v in enumerate(examples.rows[0], 1)}
    part = [0, *[place[v] for key in keys for v in flat(nested[key])]]
    wanted = np.array(examples.wanted)[:, part]
    for m in sorted({1, 2, 3, 4} | graph.lengths):
        which = np.arange(m) % len(examples.rows)
        try:
            cost, grads = program.function(*arguments(graph, [examples.rows[i] for i in which]))
        except Exception as error:
            return f"raises at m = {m}: {type(error).__name__}: {error}"
        results = [cost, *([grads] if by else grads.values())]
        axis = (m,) if by else ()
        shapes = [axis, *[axis + np.shape(np.array(nested[key], dtype=object)) for key in keys]]
        for key, result, shape in zip(["cost", *keys], results, shapes, strict=True):
            if np.shape(result) != shape:
                return f"wrong at m = {m}: {key} has shape {np.shape(result)}, not {shape}"
        found = np.concatenate([np.reshape(x, (*axis, -1)) for x in results], axis=-1)

        def combined(rows, which=which):
            return rows[which] if by else rows[which].mean(0)

        expected, allowed = combined(wanted), TOLERANCE * combined(np.abs(wanted))
        wrong = ~(np.abs(found - expected) <= allowed)
        if wrong.any():
            moves = uncertainty(tape, examples)
            if moves is None:
                return ""
            wrong &= ~(np.abs(found - expected) <= 3 * (allowed + combined(moves[:, part])))
        if wrong.any():
            where = tuple(np.argwhere(wrong)[0].tolist())
            return f"wrong at m = {m}: {where} is {found[where]!r}, not {expected[where]!r}"
    return ""


def uncertainty(tape, examples):
    """How far results move where each number on the way is off by a fraction TOLERANCE."""
    moves = []
    for row, wanted in zip(examples.rows, examples.wanted, strict=True):
        total_move = 0.0
        for seed in range(3):
            shake = random.Random(seed)
            try:
                moved = tape.played(row, lambda d=shake: d.uniform(1 - TOLERANCE, 1 + TOLERANCE))
            except RefusedError:
                return None
            total_move = total_move + np.abs(moved - wanted)
        moves.append(total_move)
    return np.array(moves)


def _watch(block, names):
    """Let ``see`` look at each array, and at each entry of a list, as it is made."""
    body = []
    for line in block.body:
        body.append(line)
        if isinstance(line, ast.For):
            _watch(line, names)
        if not isinstance(line, ast.Assign):
            continue
        target = line.targets[0]
        if isinstance(target, ast.Subscript):
            name, place = target.value.id, ast.unparse(target.slice)
            if name in names:
                body += ast.parse(f"{name}[{place}] = see({name!r}, {name}[{place}], {place})").body
        elif target.id in names:
            text = ast.unparse(line.value)
            if not text.startswith("[None] *") and text != f"np.stack({target.id})":
                body += ast.parse(f"{target.id} = see({target.id!r}, {target.id})").body
    block.body = body


# --- printed lines that claim to be gradients -------------------------------------------------


def wrong_claims(program, arrays):
    """The lines that are called the gradient of another line, and are not, by nudging that line.

    Where either of both lines has an axis of examples, the gradient is of the loss of each.
    """
    lines = {s.name: s for s in program.statements}
    # What a loop makes and throws away cannot be nudged from outside.
    kept = {name for name, s in lines.items() if s.loop is None or s.place is not None}
    claims = [lines[s.name] for s in lines.values() if s.gradient_of in kept and s.name in kept]
    claims += [s for s in program.statements if s.length and s.gradient_of in kept]
    claims = list({s.name: s for s in claims}.values())
    if not claims or "stop_gradient(" in program.source:  # a nudge does not stop there
        return []
    module = ast.parse(program.source)
    function = next(f for f in module.body if getattr(f, "name", "") == "cost_and_gradients")
    _watch(function, kept)
    parts, nudge = {}, {}

    def see(name, array, place=()):
        array = np.asarray(array, float)
        parts.setdefault((name, place), array)
        return array + nudge[name][place] if name in nudge else array

    scope = {**program.tables, "see": see}
    exec(ast.unparse(module), scope)
    run = scope["cost_and_gradients"]
    run(*arrays)
    held = {}
    for name in kept:
        places = sorted([place for other, place in parts if other == name])
        each = [parts[name, place] for place in places]
        if each:
            held[name] = each[0] if places == [()] else np.stack(each)
    draw = np.random.default_rng(0)
    found = []
    for claim in claims:
        of = lines[claim.gradient_of]
        per_example = ["m" in s.shape[-1:] for s in (of, claim)]
        z, dz = held[of.name], held[claim.name]
        direction = draw.uniform(0.5, 1.5, z.shape) * draw.choice([-1, 1], z.shape)
        claimed = direction[..., None] if per_example == [False, True] else direction
        claimed = claimed * (dz[..., None] if per_example == [True, False] else dz)
        size = np.sum(np.abs(claimed))
        claimed = np.sum(claimed)
        if any(per_example):
            m = claim.shape and (z if per_example[0] else dz).shape[-1]
            m = m or z.shape[-1]
            claimed, size = claimed / m, size / m
        costs = []
        for h in (-1e-5, -1e-6, 0.0, 1e-6, 1e-5):
            nudge[of.name] = h * direction
            costs.append(float(np.mean(run(*arrays)[0])))
        nudge.clear()
        slope, nearer = (costs[4] - costs[0]) / 2e-5, (costs[3] - costs[1]) / 2e-6
        bend = abs(costs[4] - 2 * costs[2] + costs[0]) / 1e-5  # at a kink there is no slope
        noise = 1e-4 * (size + abs(slope)) + 1e-9 * (1 + abs(costs[2]))
        if max(abs(slope - nearer), bend) < noise < abs(slope - claimed):
            found.append(f"{claim}   # {claimed:.6g}, nudged {slope:.6g}")
    return found


# --- the search -----------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of a graph: each text is "" where all is well."""

    failure: str = ""
    claims: list = field(default_factory=list)
    by_level: bool = False
    source: str = ""


def tried(graph, seed=0):
    """Vectorise a graph and compare. None if the graph has no gradients where it was recorded.

    Each fifth seed differentiates by the input X.
    """
    tape = Tape(graph.loss)
    near = examples_of(graph, tape, seed, 0.05)
    if near is None:
        return None
    by = "X" if seed % 5 == 4 else None
    try:
        program = vectorize(graph.loss, graph.inputs, graph.parameters, with_respect_to=by)
    except Exception as error:
        return Outcome(f"vectorize raises {type(error).__name__}: {error}")
    outcome = Outcome(source=program.source)
    outcome.by_level = any(s.name == "V1" for s in program.statements)
    wide = examples_of(graph, tape, seed + 1, 2.0)
    with np.errstate(all="ignore"):
        for examples in (near, wide) if wide else (near,):  # it may have no value far away
            failure = outcome.failure or disagreement(graph, program, tape, examples, by)
            outcome.failure = failure
        if not outcome.failure:  # what is wrong for all numbers is no rounding, and no kink
            outcome.claims = wrong_claims(program, arguments(graph, (wide or near).rows))
            if outcome.claims and not wrong_claims(program, arguments(graph, near.rows)):
                outcome.claims = []
    return outcome


def cause(failure):
    """A failure without its numbers."""
    return (
        " ".join(failure.split()[:6])
        if failure.startswith("vectorize")
        else (
            failure.split(":")[0].split(" at ")[0] + ": " + failure.split(": ", 1)[1].split(":")[0]
            if failure.startswith("raises")
            else failure.split(" ")[0]
        )
    )


def search(make, seeds, report=print):
    """Try the graphs of many seeds; how many came to what."""
    counts = Counter()
    for seed in seeds:
        outcome = tried(make(seed), seed)
        if outcome is None:
            counts["no gradients"] += 1
            continue
        counts["tried"] += 1
        counts["level by level"] += outcome.by_level
        if outcome.failure:
            counts[cause(outcome.failure)] += 1
            report(f"{make.__name__}({seed}): {outcome.failure}")
        if outcome.claims:
            counts["wrong lines"] += 1
            report(f"{make.__name__}({seed}): {'; '.join(outcome.claims)}")
    return counts


def main():
    """The whole search, from the command line."""
    from tqdm import tqdm

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--expressions", type=int, default=10_000)
    parser.add_argument("--vectors", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    for make, n in ((random_expression, options.expressions), (random_vectors, options.vectors)):
        seeds = tqdm(range(options.first, options.first + n), desc=make.__name__)
        counts = search(make, seeds, seeds.write)
        print(dict(counts))


if __name__ == "__main__":
    main()
