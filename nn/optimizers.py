"""Optimizers: how parameters move against their gradients, as Values and as a program's arrays.

The loop of training is five lines, for scalars::

    for epoch in range(100):
        J = loss(Y, [model(x) for x in X])
        optimizer.zero_grad()
        J.backward()
        optimizer.step()

and for a program, whose arrays hold what the Values hold::

    optimizer = Adam(program)
    for epoch in range(100):
        cost, grads = program(X, Y)
        optimizer.step(grads)
    program.write(model)

``w = w - rate * dJ_dw`` on Values would record nodes of the graph instead of new leaves, so
``step`` changes ``w.data``. ``model.fit`` runs the second loop, over minibatches.
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

from nn.arguments import as_list, as_number, shown
from nn.movable import Arrays, Values

if TYPE_CHECKING:
    from autograd import Value
    from nn.movable import Vector

    State = dict[str, Vector]

# A number, or a function from the step, counted from 0, to a number.
Rate = float | Callable[[int], float]

# What others call our arguments.
_OTHER_WORDS = {
    "lr": "learning_rate",
    "alpha": "learning_rate",
    "eta": "learning_rate",
    "betas": "beta_1 and beta_2",
    "eps": "epsilon",
    "decay": "weight_decay",
    "global_clipnorm": "clipnorm",
    "max_norm": "clipnorm",
    "schedule": "learning_rate",
}


class NotFiniteError(ValueError):
    """A step that would have made a parameter nan or infinite, and was not taken."""


class Optimizer:
    """What all optimizers share: w ← w − α·direction, for all parameters at once.

    To write your own optimizer, define the direction of a step. ``w`` and ``g`` are vectors of
    all parameters and of their gradients; what ``direction`` keeps in ``state`` is there again
    in the next step. This one moves each parameter by α, whatever the size of its gradient:

    >>> import numpy as np
    >>> from autograd import Value
    >>> class SignDescent(Optimizer):
    ...     def direction(self, w, g, state):
    ...         return np.sign(g)
    >>> w = Value(3, "w")
    >>> optimizer = SignDescent([w], learning_rate=0.5)
    >>> (w**2).backward()
    >>> optimizer.step()
    >>> w.data
    2.5

    Args:
        parameters: what to move: Values, such as ``model.parameters()``; or a program, by
            its arrays; or nothing, for ``model.compile``, which knows what to move.
        learning_rate: α, at least 0; or a function from the number of the step, counted from
            0, to α, such as those of :mod:`nn.schedules`.
        clipnorm: the largest allowed norm of the gradient of all parameters together; a longer
            gradient is shortened to it. None sets no limit.

    Attributes:
        parameters: the Values to move; empty for a program.
        learning_rate, clipnorm: as given; they may be changed during training.
        steps: how many steps were taken.
        is_bound: whether it was made for certain parameters, and not for ``compile``.

    Raises:
        TypeError: the parameters are neither Values nor a program, a rate is not a number, or
            an argument has another name or comes without one.
        ValueError: a parameter is computed from others, or a number is out of its range.
    """

    parameters: list[Value]

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        """An optimizer; misplaced and misnamed arguments are answered with what to write."""
        signature = inspect.signature(cls.__init__)
        try:
            if arguments or options:  # and no copy is being made
                signature.bind(None, *arguments, **options)
        except TypeError as error:
            accepted = [name for name in signature.parameters if name not in ("self", "parameters")]
            raise TypeError(_remedy(cls.__name__, arguments, options, accepted, error)) from None
        return super().__new__(cls)

    def __init__(
        self,
        parameters: Any = (),
        *,
        learning_rate: Rate = 0.01,
        clipnorm: float | None = None,
    ) -> None:
        self.learning_rate = (
            learning_rate
            if callable(learning_rate)
            else as_number("learning_rate", learning_rate, 0.0)
        )
        self.clipnorm = None if clipnorm is None else as_number("clipnorm", clipnorm, 0.0)
        self.steps = 0
        self._state: State = {}
        self._target = self._as_target(parameters)
        self._owners = self.parameters = self._target.values
        self.is_bound = bool(self._target)

    def direction(self, w: Vector, g: Vector, state: State) -> Any:
        """What is subtracted, times the learning rate, from the vector of the parameters."""
        raise NotImplementedError(f"{type(self).__name__} does not implement direction()")

    @property
    def rate(self) -> float:
        """The learning rate α of the next step."""
        if callable(self.learning_rate):
            name = f"learning_rate at step {self.steps}"
            return as_number(name, self.learning_rate(self.steps), 0.0)
        return as_number("learning_rate", self.learning_rate, 0.0)

    @property
    def state(self) -> dict[str, Any]:
        """What is remembered from step to step, by name.

        Of a program each is a dict of arrays, by the names of the parameters; of Values it is
        a list, one number for each of ``parameters``.

        >>> from autograd import Value
        >>> w = Value(3, "w")
        >>> optimizer = Adam([w])
        >>> (w**2).backward()
        >>> optimizer.step()
        >>> [round(number, 12) for number in optimizer.state["m"]]  # a tenth of the gradient 6
        [0.6]
        """
        return {name: self._target.shaped(vector) for name, vector in self._state.items()}

    def step(self, grads: Mapping[str, Any] | None = None) -> None:
        """Move every parameter once.

        Args:
            grads: of a program, what it returned beside the cost. Of Values nothing: the
                gradients are those that ``backward()`` left in them.

        Raises:
            TypeError: gradients are missing, or not asked for; or the gradient or the data of a
                parameter is no number, such as a Value.
            ValueError: a gradient or a parameter after the step is infinite or nan, a gradient is
                missing or has another shape, or there are no parameters. Then nothing has
                moved.
        """
        import numpy as np

        target = self._target
        if not target:
            name = type(self).__name__
            raise ValueError(f"nothing to optimise: write {name}(model.parameters())")
        w, g = target.data(), target.gradient(grads)
        rate, state = self.rate, dict(self._state)
        with np.errstate(all="ignore"):
            length = self.clipnorm
            moved = w - rate * self.direction(
                w, g if length is None else _clipped(g, length), state
            )
            if not math.isfinite(moved.dot(g)):  # a number is none, or they are large
                self._require_finite(moved, g)
        target.move(moved)
        self._state = state
        self.steps += 1

    def _require_finite(self, moved: Vector, g: Vector) -> None:
        import numpy as np

        finite = np.isfinite(moved) & np.isfinite(g)
        if not finite.all():
            i = int(finite.argmin())
            raise NotFiniteError(
                f"{self._target.name(i)} would become {moved[i]} by its gradient {g[i]}, so no "
                "parameter was moved: a smaller learning rate (or initial weights) may help"
            )

    def zero_grad(self) -> None:
        """Set the gradient of every Value to 0, before the next ``backward()``."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def attach(self, parameters: Any, values: Sequence[Value] | None = None) -> None:
        """Move these Values, or the arrays of this program, from the next step on.

        The state stays where they are the same parameters in the same order, as when a model is
        trained by its scalars first and by its program then; else the optimizer starts again.

        Args:
            parameters: as for the optimizer.
            values: the Values of the arrays of a program, in their order.

        Raises:
            TypeError, ValueError: as for the optimizer.
        """
        target = self._as_target(parameters)
        owners = target.values if values is None else list(values)
        if not owners or owners != self._owners:
            self._state, self.steps = {}, 0
        self._target, self._owners = target, owners
        self.parameters = target.values

    def _as_target(self, parameters: Any) -> Values | Arrays:
        name = type(self).__name__
        if isinstance(parameters, Real):
            raise TypeError(
                f"the first argument of {name} must be the parameters, not {shown(parameters)}: "
                f"write {name}(learning_rate={parameters})"
            )
        if isinstance(parameters, Mapping):
            raise TypeError(
                f"{name} moves Values or the arrays of a program, not {shown(parameters)}: write "
                f"{name}(program), then step(grads); or {name}(model.parameters())"
            )
        if isinstance(getattr(parameters, "parameters", None), Mapping):
            return Arrays(parameters)
        return Values(as_list(f"what {name} moves, such as model.parameters(),", parameters))

    def __repr__(self) -> str:
        names = [name for name in vars(self) if not name.startswith("_")]
        told = [name for name in names if name not in ("parameters", "steps", "is_bound")]
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in told)})"


class SGD(Optimizer):
    """Gradient descent: v ← μv + dJ/dw, w ← w − αv; α is the learning rate, μ the momentum.

    >>> from autograd import Value
    >>> w = Value(3, "w")
    >>> optimizer = SGD([w], learning_rate=0.1)
    >>> (w**2).backward()  # dJ/dw = 6
    >>> optimizer.step()
    >>> round(w.data, 12)
    2.4

    Args:
        parameters, learning_rate, clipnorm: as for every :class:`Optimizer`.
        momentum: how much of the last step's direction is kept, from 0 to below 1.
        weight_decay: λ; λw is added to the gradient, as by a penalty ½λw², to weights and
            biases alike.

    Raises:
        TypeError, ValueError: as for every optimizer.
    """

    def __init__(
        self,
        parameters: Any = (),
        *,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, clipnorm=clipnorm)
        self.momentum = as_number("momentum", momentum, 0.0, below=1.0)
        self.weight_decay = as_number("weight_decay", weight_decay, 0.0)

    def direction(self, w: Vector, g: Vector, state: State) -> Vector:
        """v, which is kept."""
        if self.weight_decay:
            g = g + self.weight_decay * w
        state["velocity"] = self.momentum * state["velocity"] + g if "velocity" in state else g
        return state["velocity"]


class Adam(Optimizer):
    """Adam: each parameter has its own rate, α / (√v̂ + ε) (Kingma and Ba, 2015).

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g² are moving averages of the gradient and of its
    square; m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) correct for their start at 0 (t counts the
    steps from 1); w ← w − α m̂ / (√v̂ + ε). In the first step every parameter moves by about α:

    >>> from autograd import Value
    >>> w, u = Value(3, "w"), Value(-1, "u")
    >>> optimizer = Adam([w, u], learning_rate=0.1)
    >>> (w**2 + 100 * u**2).backward()
    >>> optimizer.step()
    >>> round(w.data, 6), round(u.data, 6)
    (2.9, -0.9)

    Args:
        parameters, clipnorm: as for every :class:`Optimizer`.
        learning_rate: α, 0.001 by default.
        beta_1, beta_2: how much of the averages is kept, from 0 to below 1.
        epsilon: keeps the divisor above 0.

    Raises:
        TypeError, ValueError: as for every optimizer.
    """

    def __init__(
        self,
        parameters: Any = (),
        *,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        clipnorm: float | None = None,
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, clipnorm=clipnorm)
        self.beta_1 = as_number("beta_1", beta_1, 0.0, below=1.0)
        self.beta_2 = as_number("beta_2", beta_2, 0.0, below=1.0)
        self.epsilon = as_number("epsilon", epsilon, 0.0)

    def direction(self, w: Vector, g: Vector, state: State) -> Vector:
        """m̂ / (√v̂ + ε)."""
        import numpy as np

        t = self.steps + 1
        beta_1, beta_2 = self.beta_1, self.beta_2
        m, v = (1.0 - beta_1) * g, g * g
        v *= 1.0 - beta_2
        if state:
            m += beta_1 * state["m"]
            v += beta_2 * state["v"]
        state["m"], state["v"] = m, v
        divisor = np.sqrt(v)
        divisor *= (1.0 - beta_1**t) / math.sqrt(1.0 - beta_2**t)
        divisor += (1.0 - beta_1**t) * self.epsilon
        return np.divide(m, divisor, out=divisor)

    @property
    def rates(self) -> Any:
        """The rate of each parameter in the last step, α / (√v̂ + ε), in the form of ``state``.

        It grows while gradients are small and shrinks while they are large.
        """
        import numpy as np

        if not self._state:
            raise ValueError("Adam has rates only after its first step")
        v = self._state["v"] / (1.0 - self.beta_2**self.steps)
        return self._target.shaped(self.rate / (np.sqrt(v) + self.epsilon))


class AdamW(Adam):
    """Adam with weight decay beside the gradient: w ← w − α(m̂ / (√v̂ + ε) + λw).

    So the decay is not scaled by the rates of Adam (Loshchilov and Hutter, 2019).

    >>> from autograd import Value
    >>> w = Value(3, "w")
    >>> optimizer = AdamW([w], learning_rate=0.1, weight_decay=0.5)
    >>> (w**2).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)  # 3 − 0.1·(1 + 0.5·3)
    2.75

    Args:
        parameters, learning_rate, beta_1, beta_2, epsilon, clipnorm: as for :class:`Adam`.
        weight_decay: λ.

    Raises:
        TypeError, ValueError: as for every optimizer.
    """

    def __init__(
        self,
        parameters: Any = (),
        *,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            parameters,
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            clipnorm=clipnorm,
        )
        self.weight_decay = as_number("weight_decay", weight_decay, 0.0)

    def direction(self, w: Vector, g: Vector, state: State) -> Vector:
        """m̂ / (√v̂ + ε) + λw."""
        return super().direction(w, g, state) + self.weight_decay * w


def _clipped(g: Vector, length: float) -> Vector:
    import numpy as np

    largest = float(np.abs(g).max())
    if not 0.0 < largest < math.inf:
        return g
    norm = largest * math.sqrt(float(np.square(g / largest).sum()))  # no square overflows
    return g * (length / norm) if norm > length else g


def _remedy(
    name: str,
    arguments: tuple[Any, ...],
    options: Mapping[str, Any],
    accepted: list[str],
    error: TypeError,
) -> str:
    """What to write instead of a call that no optimizer takes."""
    for option in options:
        if option not in accepted and option != "parameters":
            near = difflib.get_close_matches(option, accepted, 1)
            right = _OTHER_WORDS.get(option, *near) if near or option in _OTHER_WORDS else ""
            if name == "Adam" and option in ("weight_decay", "decay"):
                return "Adam as published has no weight_decay: AdamW has"
            meant = f": write {right}=" if right else ""
            return f"{name} has no {option}{meant}; it takes {', '.join(accepted)}"
    if len(arguments) > 1 and isinstance(arguments[1], Real):
        return (
            f"{name} takes what it moves, then arguments with their names: write "
            f"{name}(…, learning_rate={arguments[1]})"
        )
    return f"{name}: {error}"
