"""Optimizers: how parameters move against their gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

from autograd import Value
from nn.arguments import as_list, as_number, shown


class SGD:
    """Gradient descent: v ← μv + dJ/dw, w ← w − αv; α is the learning rate, μ the momentum.

    >>> w = Value(3, "w")
    >>> optimizer = SGD([w], learning_rate=0.1)
    >>> (w**2).backward()  # dJ/dw = 6
    >>> optimizer.step()
    >>> round(w.data, 12)
    2.4

    Args:
        parameters: the Values to move, such as ``model.parameters()``.
        learning_rate: the size of the steps, at least 0.
        momentum: how much of the last step's direction is kept, from 0 to below 1.

    Raises:
        TypeError: the parameters are not an iterable of Values, or a rate is not a number.
        ValueError: a parameter is computed from others, or a rate is out of its range.
    """

    def __init__(
        self,
        parameters: Iterable[Value] = (),
        *,
        learning_rate: float = 0.01,
        momentum: float = 0.0,
    ) -> None:
        items = as_list("what SGD moves, such as model.parameters(),", parameters)
        for item in items:
            _require_parameter(item)
        self.parameters: list[Value] = list(dict.fromkeys(items))  # each once, in order
        self.learning_rate = as_number("learning_rate", learning_rate, 0.0)
        self.momentum = as_number("momentum", momentum, 0.0, below=1.0)
        self._velocities: dict[Value, float] = {}

    def step(self) -> None:
        """Move every parameter once, by the gradients that ``backward()`` left in them.

        Raises:
            TypeError: the gradient or the data of a parameter is no number, such as a Value.
            ValueError: a gradient or the parameter after the step is infinite or nan, or there are
                no parameters. Then nothing has moved.
        """
        if not self.parameters:
            raise ValueError("nothing to optimise: write SGD(model.parameters())")
        for parameter in self.parameters:
            _require_numbers(parameter)
        velocities = {
            p: self.momentum * self._velocities.get(p, 0.0) + p.grad for p in self.parameters
        }
        moved = [p.data - self.learning_rate * velocities[p] for p in self.parameters]
        for i, (parameter, data) in enumerate(zip(self.parameters, moved, strict=True), 1):
            if not (math.isfinite(data) and math.isfinite(parameter.grad)):
                raise ValueError(
                    f"{parameter.label or f'parameter {i}'} would become {data} by its gradient "
                    f"{parameter.grad}, so no parameter was moved: a smaller learning rate "
                    "(or initial weights) may help"
                )
        for parameter, data in zip(self.parameters, moved, strict=True):
            parameter.data = float(data)  # NumPy's numbers would silence the engine's refusals
        self._velocities = velocities

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, before the next ``backward()``."""
        for parameter in self.parameters:
            parameter.grad = 0.0


def _require_parameter(parameter: object) -> None:
    if not isinstance(parameter, Value):
        raise TypeError(f"a parameter is a Value, not {shown(parameter)}")
    if parameter.op is not None:
        raise ValueError(
            f"{parameter!r} was computed by {parameter.op.name}: optimise what it was made from"
        )


def _require_numbers(parameter: Value) -> None:
    for name, number in (("gradient", parameter.grad), ("data", parameter.data)):
        if not isinstance(number, Real):
            remedy = " (write g.data for its number)" if isinstance(number, Value) else ""
            raise TypeError(
                f"the {name} of {parameter.label or 'a parameter'} is a number, not "
                f"{shown(number)}{remedy}: nothing was moved"
            )
