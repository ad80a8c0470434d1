"""gradcheck of a whole model: compare its gradient with central differences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nn.bar import quiet_bar
from nn.data import as_array, as_inputs, require_as_many
from nn.engines import loss_program, training_program
from nn.recorded import Parameters, Recorded
from nn.training import as_loss, compiled, targets_of

if TYPE_CHECKING:
    from nn.module import Module

_CLOSE = 1e-4  # of the slope: one part in 2,000 is five times as much
_KINK = 1e-3  # of the slope, by which the two sides of a kink differ at least
_NUDGES = (1e-5, 1e-6, 1e-4, 1e-7)  # of the parameter, or of 1 where that is more
_EPSILON = 2.0**-52
_LISTED = 5  # parameters, at most, of those that a message is about


class Nudged:
    """What nudging one parameter showed.

    Attributes:
        name: its layer, unit and weight.
        backward: the derivative of the cost with respect to it, by ``backward()``.
        difference: the central difference (J(w + h) − J(w − h)) / 2h.
        left, right: the differences to one side.
        distance: the difference of the two slopes, relative to the larger one.
    """

    def __init__(
        self, name: str, backward: float, difference: float, left: float, right: float
    ) -> None:
        self.name = name
        self.backward = backward
        self.difference = difference
        self.left, self.right = left, right
        largest = max(abs(backward), abs(difference))
        self.distance = abs(backward - difference) / largest if largest else 0.0

    def __repr__(self) -> str:
        return f"{self.name}: backward {self.backward:.8g}, nudges {self.difference:.8g}"


class GradientReport:
    """What ``gradcheck`` of a model found; it counts as True.

    Attributes:
        parameters: how many were checked.
        worst: the parameter whose two slopes differ most, among those with a slope.
        kinks: the parameters at a kink of the cost, where there is no slope to compare with.
    """

    def __init__(self, parameters: int, worst: Nudged | None, kinks: list[Nudged]) -> None:
        self.parameters = parameters
        self.worst = worst
        self.kinks = kinks

    def __repr__(self) -> str:
        lines = [f"backward() agrees with the nudges at {self.parameters - len(self.kinks)} "]
        lines[0] += f"of {self.parameters} parameters"
        if self.worst is not None:
            lines.append(f"worst: {self.worst!r}")
        return "\n  ".join(lines + _told_kinks(self.kinks))


class ModelGradientError(AssertionError):
    """backward() and the nudges disagree on a model; the message lists where.

    Attributes:
        errors: the parameters with a wrong slope, the worst first.
        report: on the other parameters.
    """

    def __init__(self, errors: list[Nudged], report: GradientReport) -> None:
        self.errors = errors
        self.report = report
        lines = [
            f"backward() disagrees with the nudges at {len(errors)} of {report.parameters} "
            "parameters, the worst first:",
            *map(repr, errors[:_LISTED]),
        ]
        if len(errors) > _LISTED:
            lines.append(f"and {len(errors) - _LISTED} more")
        super().__init__("\n  ".join(lines + _told_kinks(report.kinks)))


def gradcheck(
    model: Module, X: Any, Y: Any, loss: Any = None, *, verbose: bool = True
) -> GradientReport:
    """Compare the gradient of a model's cost with central differences, parameter by parameter.

    The cost is that of all examples, with the penalty on large weights where the model has one,
    and without dropout. It is computed by the vectorised program, so that a model of 2,000
    parameters takes seconds. A wrong slope is an error; a kink is not: ReLU has no slope at z = 0,
    and networks whose biases start at 0 have such points, above all at inputs of 0.

    >>> from nn import MLP, SquaredError
    >>> model = MLP(2, [3, 1], activation="tanh", seed=1)
    >>> report = gradcheck(model, [[0.5, -1.0], [1.5, 2.0]], [1.0, 0.0], SquaredError())
    >>> bool(report), report.parameters, report.worst.distance < 1e-6
    (True, 13, True)

    Args:
        model: any Module.
        X, Y: examples and targets, as for ``fit``.
        loss: a Loss, or its name; by default the one given to ``compile``.
        verbose: whether to show a progress bar after one second.

    Returns:
        A report, which counts as True.

    Raises:
        ModelGradientError: a slope is wrong.
        ValueError: the recorded graph does not compute what the model does, for example because
            a part of it is hidden from the recording; or the cost is not finite.
    """
    import numpy as np

    loss = compiled(model).loss if loss is None else as_loss(loss)
    X, Y = as_inputs(X), as_array("Y", Y)
    require_as_many(X, Y, getattr(model, "n_inputs", None), ("X", "Y"))
    targets, _ = targets_of(model, loss, X, Y, None, None)
    recorded = Recorded(model, X[0])
    recorded.cost(loss, targets[0], model.penalty(len(X)))
    parameters = Parameters(model)
    program = loss_program(recorded, parameters)
    start = np.array([value.data for value in parameters.values], float)

    def cost(w: Any) -> float:
        parts = [w[place].reshape(shape) for place, shape in places]
        return float(np.mean(program.function(X, targets, *parts)))

    places, stop = [], 0
    for array in program.parameters.values():
        places.append((slice(stop, stop + array.size), array.shape))
        stop += array.size
    with np.errstate(all="ignore"):
        if not np.isfinite(middle := cost(start)):
            raise ValueError(f"the cost is {middle} at these weights: there is no slope to compare")
        _require_all_recorded(model, loss, X, targets, parameters, start, cost)
        _, grads = training_program(recorded, parameters)(X, targets)
        slopes = np.concatenate([np.ravel(grad) for grad in grads.values()])
        names = _names(parameters)
        errors, kinks = [], []
        worst: Nudged | None = None
        with quiet_bar(len(start), "parameters", verbose) as bar:
            for i, slope in enumerate(slopes.tolist()):
                verdict, found = _nudged(cost, start, i, slope, middle, names[i])
                if verdict == "kink":
                    kinks.append(found)
                elif verdict == "error":
                    errors.append(found)
                elif worst is None or found.distance > worst.distance:
                    worst = found
                bar.update()
    report = GradientReport(len(start), worst, kinks)
    if errors:
        errors.sort(key=lambda each: -each.distance)
        raise ModelGradientError(errors, report)
    return report


def _nudged(
    cost: Any, start: Any, i: int, slope: float, middle: float, name: str
) -> tuple[str, Nudged]:
    """Whether a slope is right, wrong, or that of a kink; and the difference nearest to it."""
    w = start.copy()
    found: list[tuple[float, Nudged]] = []
    for nudge in _NUDGES:
        h = nudge * max(1.0, abs(start[i]))
        w[i] = start[i] + h
        above = cost(w)
        w[i] = start[i] - h
        below = cost(w)
        difference = (above - below) / (2.0 * h)
        each = Nudged(name, slope, difference, (middle - below) / h, (above - middle) / h)
        noise = 16.0 * _EPSILON * max(abs(middle), abs(above), abs(below)) / h
        off = abs(slope - difference)
        if off <= _CLOSE * max(abs(slope), abs(difference)) + noise:
            if off <= noise:
                each.distance = 0.0
            return "right", each
        found.append((noise, each))
    noise, nearest = min(found, key=lambda pair: abs(pair[1].backward - pair[1].difference))
    apart = abs(nearest.right - nearest.left)
    steepest = max(abs(nearest.left), abs(nearest.right))
    sides = (nearest.left, nearest.right)
    between = min(sides) - noise <= slope <= max(sides) + noise
    if apart > _KINK * steepest + 4.0 * noise and between:
        return "kink", nearest
    return "error", nearest


def _require_all_recorded(
    model: Module, loss: Any, X: Any, targets: Any, parameters: Parameters, start: Any, cost: Any
) -> None:
    """Refuse a graph that does not follow the parameters as the model itself does."""
    import numpy as np

    nudged = start + 1e-3 * np.random.default_rng(0).uniform(-1.0, 1.0, len(start))
    try:
        parameters.write(nudged.tolist())
        by_model = 0.0
        for x, y in zip(X, targets, strict=True):
            again = Recorded(model, x)
            again.cost(loss, y, model.penalty(len(X)))
            by_model += again.loss.data / len(X)
    finally:
        parameters.write(start.tolist())
    by_program = cost(nudged)
    if abs(by_model - by_program) > 1e-9 * max(abs(by_model), abs(by_program), 1e-9):
        raise ValueError(
            f"with nudged parameters the model costs {by_model!r}, its recorded graph "
            f"{by_program!r}: a part of the computation is hidden from the recording, such as "
            "math.exp(v) or float(v), or depends on the numbers by an if"
        )


def _names(parameters: Parameters) -> list[str]:
    """Each parameter by layer, unit and weight, counted from 1."""
    names: list[str] = []
    for key, nested in parameters.named.items():
        layer = re.fullmatch(r"(?:(.*)\.)?([Wb])(\d*)", key)
        place = key
        if layer:
            path, number = layer[1], layer[3]
            place = " of ".join(filter(None, [f"layer {number}" if number else "", path or ""]))
        names += _entries(nested, place, layer[2] if layer else "", ())
    return names


def _entries(nested: Any, place: str, kind: str, indices: tuple[int, ...]) -> list[str]:
    if isinstance(nested, (list, tuple)):
        return [
            name
            for i, each in enumerate(nested, 1)
            for name in _entries(each, place, kind, (*indices, i))
        ]
    if kind == "W" and len(indices) == 2:
        told = f"unit {indices[0]}, weight {indices[1]}"
    elif kind == "b" and len(indices) == 1:
        told = f"unit {indices[0]}, bias"
    else:
        told = f"entry {', '.join(map(str, indices))}" if indices else ""
    return [", ".join(filter(None, [place, told]))]


def _told_kinks(kinks: list[Nudged]) -> list[str]:
    if not kinks:
        return []
    shown = "; ".join(
        f"{each.name} (slopes {each.left:.6g} and {each.right:.6g})" for each in kinks[:_LISTED]
    )
    more = f"; and {len(kinks) - _LISTED} more" if len(kinks) > _LISTED else ""
    return [
        f"{len(kinks)} of the parameters are at a kink, such as that of ReLU at z = 0, where "
        f"there is no slope and backward() is not wrong: {shown}{more}",
        "other weights, or biases that are not 0, move off the kink",
    ]
