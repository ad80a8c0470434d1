"""The walk over a network, unit by unit: activations go right, errors δ left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

from autograd.notation import formula, number
from autograd.primitives.sums import abridged
from autograd.tracing import equals, in_place, multiplied
from viz.names import typeset
from viz.networks.reading import Unit, Work
from viz.networks.sketch import sketch_network
from viz.player.operations import literal
from viz.player.walkthrough import Step, Walkthrough
from viz.style import theme_named

MOST_STEPS = 60  # of a walk from unit to unit; longer ones go from layer to layer


class NetworkWalkthrough(Walkthrough):
    """The steps of both sweeps over a network."""

    _player = "network"


def walk_of_network(work: Work, theme: str | None) -> NetworkWalkthrough:
    """The steps of a network at work: activations go right, errors left."""
    steps = _steps_of(work)

    def data() -> str:
        told = [
            {
                "caption": (step.sentence, step.rule),
                "shows": " ".join(part for part, _ in step.shows),
                "lit": " ".join(step.lit),
                "weights": " ".join(step.weights),
                "backward": step.backward,
            }
            for step in steps
        ]
        return literal(told)

    picture = sketch_network(work, theme_named(theme or "light"))
    return NetworkWalkthrough("a network", "A network", picture, steps, data, theme)


def _steps_of(work: Work) -> list[Step]:
    """The inputs, each unit or layer, the loss; and back through the units or layers."""
    n = len(work.columns)
    drawn = [[j for j in column.rows() if j is not None] for column in work.columns]
    sizes = [len(column.units) for column in work.columns]
    by_unit = sizes[1:] == [len(rows) for rows in drawn[1:]] and 2 * sum(sizes[1:]) <= MOST_STEPS
    inputs = [f"n0_{k}" for k in drawn[0]]
    steps = [Step("The inputs are given. Activations flow to the right.", lit=inputs)]
    for i in range(1, n):
        for units in [[j] for j in drawn[i]] if by_unit else [drawn[i]]:
            lit = [f"n{i}_{j}" for j in units]
            who = f"unit {units[0] + 1} weighs" if by_unit else "each unit weighs"
            adds = "" if work.columns[i].units[units[0]].bias is None else ", adds its bias"
            steps.append(
                Step(
                    f"Layer {i}, {who} its inputs{adds} and activates.",
                    _forward_rule(work, i, units[0]),
                    lit=lit,
                    shows=[(part, "value") for part in lit],
                    weights=[f"w{i - 1}_{k}_{j}" for j in units for k in drawn[i - 1]],
                )
            )
    if work.cost is None:
        return [*steps, Step("Finished: the activations.")]
    steps.append(
        Step(
            "The loss compares the outputs with the target. Errors δ flow to the left.",
            f"{typeset(work.cost.label or 'L')} {_shown(work.cost.data)}",
            lit=["loss"],
            shows=[("loss", "value")],
        )
    )
    for i in range(n - 1, 0, -1):
        for units in [[j] for j in drawn[i]] if by_unit else [drawn[i]]:
            after = drawn[i + 1] if i + 1 < n else []
            who = f"unit {units[0] + 1}" if by_unit else "each unit"
            unit = work.columns[i].units[units[0]]
            what = "how much the loss changes with its weighted sum"
            if after:
                what = "the weighted sum of the δ's it feeds, times the slope g′"
            elif unit.z is not unit.a and len(unit.a.inputs) == 1:  # else linear, or softmax
                what = "how much the loss changes with its activation, times the slope g′"
            steps.append(
                Step(
                    f"Layer {i}, {who}: {what}.",
                    _backward_rule(work, i, units[0]),
                    lit=[f"n{i}_{j}" for j in units],
                    shows=[(f"d{i}_{j}", "gradient") for j in units],
                    weights=[f"w{i}_{j}_{m}" for j in units for m in after],
                    backward=True,
                )
            )
    told = "Finished. The gradient of a weight is the δ it leads to times the input it weighs."
    return [*steps, Step(told, _rule_of_a_weight(work), backward=True)]


def _forward_rule(work: Work, i: int, j: int) -> str:
    """How a unit gets its activation."""
    unit = work.columns[i].units[j]
    assert unit.z is not None
    name, z, a = typeset(unit.name), unit.z.data, unit.a.data
    products = _products(work, i, unit)
    summed = f"{equals(z)} {number(z)}"
    if products:
        bias = "" if unit.bias is None else f" + {in_place(unit.bias.data)}"
        exact = [*chain(*products), *([] if unit.bias is None else [unit.bias.data])]
        summed = f"{equals(*exact)} {_sum(products)}{bias} {summed}"
    if unit.z is unit.a:
        return f"{name} {summed}"
    of_z = formula(unit.a, dict.fromkeys(unit.a.inputs, "z")) if len(unit.a.inputs) == 1 else ""
    text = " = ".join(filter(None, [name, of_z]))
    return f"z {summed}, {text} {equals(z, a)} {number(a)}"


def _products(work: Work, i: int, unit: Unit) -> list[tuple[float, float]]:
    """The weights of a unit with what they weigh; none if a layer without neurons changes that."""
    assert unit.z is not None
    before = work.columns[i - 1].units
    products = [(w.data, x.a.data) for w, x in zip(unit.weights, before, strict=True)]
    bias = 0.0 if unit.bias is None else unit.bias.data
    total = math.fsum([bias, *(w * x for w, x in products)])
    return products if math.isclose(total, unit.z.data, rel_tol=1e-9, abs_tol=1e-12) else []


def _sum(products: Sequence[tuple[float, float]]) -> str:
    terms = [f"{in_place(w)} × {in_place(x)}" for w, x in products]
    return " + ".join(abridged(terms))


def _backward_rule(work: Work, i: int, j: int) -> str:
    """How a unit gets its error δ."""
    unit = work.columns[i].units[j]
    assert unit.z is not None
    delta, by_a = work.slopes[unit.z], work.slopes[unit.a]
    slope = unit.a.partials[0] if len(unit.a.inputs) == 1 else 1.0
    products = []
    if i + 1 < len(work.columns):
        readers = work.columns[i + 1].units
        products = [(r.weights[j].data, work.slopes[r.z]) for r in readers if r.z is not None]
    is_sum = math.isclose(math.fsum(w * d for w, d in products), by_a, rel_tol=1e-9)
    name = f"δ of {typeset(unit.name)}"
    is_product = math.isclose(by_a * slope, delta, rel_tol=1e-9) and (is_sum or not products)
    # Else it is softmax, or there is a layer without neurons in between.
    if not is_product or (unit.z is unit.a and not products):
        return f"{name} {_shown(delta)}"
    sign = equals(by_a, slope, *chain(*products))
    written = f"({_sum(products)})" if products else in_place(by_a)
    factor = "" if unit.z is unit.a else f" × {in_place(slope)}"
    return f"{name} {sign} {written}{factor} {equals(by_a, slope, delta)} {number(delta)}"


def _rule_of_a_weight(work: Work) -> str:
    """How the first weight gets its gradient."""
    assert work.cost is not None
    unit = work.columns[1].units[0]
    assert unit.z is not None
    products, delta = _products(work, 1, unit), work.slopes[unit.z]
    if not products:
        return ""
    x = products[0][1]
    slope = f"d{typeset(work.cost.label or 'L')}/d{typeset(unit.weights[0].label or 'w')}"
    factors = f"δ of {typeset(unit.name)} × {typeset(work.columns[0].units[0].name)}"
    return f"{slope} = {factors} {multiplied(delta, x, delta * x)}"


def _shown(x: float) -> str:
    return f"{equals(x)} {number(x)}"
