"""Engines: take the steps of fit, on the arrays of a program or on the recorded scalars.

All see the same batches and masks, average the gradients of the same losses and hand them to
the same optimizer, so that their weights are the same except for rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nn.divergence import value_for
from nn.optimizers import NotFiniteError
from nn.recorded import Parameters, Recorded

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program
    from nn.data import Array
    from nn.optimizers import Optimizer


class StepError(Exception):
    """A step that cannot be taken: the cost, a gradient or a weight would be nan or infinite.

    Attributes:
        step: which one of its epoch, counted from 1.
        rows: of the batch, among the examples.
        masks: of the batch.
        cost: of the batch.
    """

    def __init__(self, step: int, rows: Array, masks: list[Array], cost: float, why: str) -> None:
        super().__init__(why)
        self.step, self.rows, self.masks, self.cost = step, rows, masks, cost


class Engine:
    """The base class of the engines: the examples, and the recorded example that takes them.

    Attributes:
        weights: all parameters after the last complete step.
        before: the same before that step.
        adds_up: whether the cost of a batch is the sum of what its examples cost.
    """

    adds_up = False
    weights: Any
    before: Any

    def __init__(
        self, recorded: Recorded, parameters: Parameters, X: Array, Y: Array, masks: Masks
    ) -> None:
        self._recorded = recorded
        self._parameters = parameters
        self._X, self._Y, self._masks = X, Y, masks
        self._mask_leaves = [leaf for leaves, _ in recorded.masks for leaf in leaves]

    def show(self, row: int, masks: list[Array], i: int) -> None:
        """Put an example of a batch, which has row i of the masks, into the leaves."""
        self._recorded.set(self._X[row].ravel().tolist(), self._Y[row].tolist())
        numbers = [x for mask in masks for x in mask[i].tolist()]
        for leaf, number in zip(self._mask_leaves, numbers, strict=True):
            leaf.data = number


class NumpyEngine(Engine):
    """Steps on the arrays of a program that was made of the recorded example."""

    def __init__(
        self, recorded: Recorded, parameters: Parameters, X: Array, Y: Array, masks: Masks
    ) -> None:
        super().__init__(recorded, parameters, X, Y, masks)
        self.program = training_program(recorded, parameters)
        self._function = self._computed()
        self.read()
        self.before = self.weights

    def _computed(self) -> Callable[..., Any]:
        """What computes the cost and the gradients."""
        return self.program.function

    def attach(self, optimizer: Optimizer) -> None:
        """Let this optimizer move the arrays."""
        self._optimizer = optimizer
        optimizer.attach(self.program, self._parameters.values)

    def steps(self, order: Array, batch_size: int) -> Iterator[tuple[int, float]]:
        """Take a step for each batch; yield how many examples it had and what they cost.

        Raises:
            StepError: a number is none; then the weights are those after the last good step.
        """
        program, optimizer = self.program, self._optimizer
        X, Y = self._X[order], self._Y[order]
        for step, start in enumerate(range(0, len(order), batch_size), 1):
            x, y = X[start : start + batch_size], Y[start : start + batch_size]
            masks = self._masks.draw(len(x))
            cost, grads = self._function(x, y, *masks, *program.parameters.values())
            cost = float(cost)
            if self.adds_up:
                cost *= len(x)
                grads = {name: len(x) * grad for name, grad in grads.items()}
            try:
                if not math.isfinite(cost):
                    raise NotFiniteError(f"the loss became {cost}")
                optimizer.step(grads)
            except NotFiniteError as error:
                rows = order[start : start + batch_size]
                raise StepError(step, rows, masks, cost, str(error)) from None
            self.before, self.weights = self.weights, dict(program.parameters)
            yield len(x), cost

    def write(self, weights: Mapping[str, Any]) -> None:
        """Put weights into the arrays and into the Values of the model."""
        self.program.parameters.update(weights)
        self._parameters.write([x for array in weights.values() for x in array.ravel().tolist()])

    def read(self) -> None:
        """Take over the weights that the Values of the model hold."""
        self._parameters.read(self.program)
        self.weights = dict(self.program.parameters)


class CEngine(NumpyEngine):
    """The same steps, computed by the program as C."""

    def _computed(self) -> Callable[..., Any]:
        """The function of the compiled program."""
        return self.program.compiled().function


class ScalarEngine(Engine):
    """Steps on the Values of the recorded example: forward and backward, one after the other.

    The gradients of the examples add up in the leaves, and for a mean they are divided by how
    many examples there are.
    """

    def __init__(
        self, recorded: Recorded, parameters: Parameters, X: Array, Y: Array, masks: Masks
    ) -> None:
        super().__init__(recorded, parameters, X, Y, masks)
        self.read()
        self.before = self.weights

    def attach(self, optimizer: Optimizer) -> None:
        """Let this optimizer move the Values."""
        self._optimizer = optimizer
        optimizer.attach(self._parameters.values)

    def _sweep(self, rows: Array, masks: list[Array], parts: int) -> float:
        """The cost of a batch; its gradients are left in the parameters."""
        loss, cost = self._recorded.loss, 0.0
        for i, row in enumerate(rows):
            self.show(row, masks, i)
            cost += loss.forward() / parts
            loss.backward()
        for value in self._parameters.values:
            value.grad /= parts
        return cost

    def steps(self, order: Array, batch_size: int) -> Iterator[tuple[int, float]]:
        """As those of the other engine."""
        optimizer = self._optimizer
        for step, start in enumerate(range(0, len(order), batch_size), 1):
            rows = order[start : start + batch_size]
            masks = self._masks.draw(len(rows))
            optimizer.zero_grad()
            try:
                cost = self._sweep(rows, masks, 1 if self.adds_up else len(rows))
            except (ArithmeticError, ValueError) as error:
                cost = value_for(error)
            if not math.isfinite(cost):
                raise StepError(step, rows, masks, cost, f"the loss became {cost}")
            try:
                optimizer.step()
            except NotFiniteError as error:
                raise StepError(step, rows, masks, cost, str(error)) from None
            self.before = self.weights
            self.read()
            yield len(rows), cost

    def write(self, weights: list[float]) -> None:
        """Put weights into the Values of the model."""
        self._parameters.write(weights)

    def read(self) -> None:
        """Take over the weights that the Values of the model hold."""
        self.weights = [value.data for value in self._parameters.values]


class Masks:
    """The masks of all Dropouts of a recorded example, drawn again for each batch.

    A Dropout with a seed has its own generator; the others draw from that of fit.
    """

    def __init__(self, recorded: Recorded, generator: Any) -> None:
        import numpy as np

        self._drawn = []
        for leaves, dropout in recorded.masks:
            own = dropout.seed
            source = generator if own is None else np.random.default_rng(own.getrandbits(64))
            self._drawn.append((len(leaves), dropout.rate, source))

    def draw(self, m: int) -> list[Array]:
        """One array for each Dropout: 0, or 1 / (1 − rate), a row for each of m examples."""
        return [
            (source.random((m, n)) >= rate) * (1.0 / (1.0 - rate))
            for n, rate, source in self._drawn
        ]


def training_program(recorded: Recorded, parameters: Parameters) -> Program:
    """The program of the cost and its gradients."""
    from autograd import vectorize

    inputs = {"X": recorded.x, "Y": recorded.y}
    inputs |= {f"D{i}": leaves for i, (leaves, _) in enumerate(recorded.masks, 1)}
    return vectorize(recorded.loss, *_apart(inputs, parameters))


def forward_program(recorded: Recorded, parameters: Parameters) -> Program:
    """The program of the outputs."""
    from autograd import vectorize

    named = _apart({"X": recorded.x}, parameters)
    return vectorize(recorded.outputs, *named, forward_only=True)


def loss_program(recorded: Recorded, parameters: Parameters) -> Program:
    """The program of the loss of each example."""
    from autograd import vectorize

    named = _apart({"X": recorded.x, "Y": recorded.y}, parameters)
    return vectorize(recorded.loss, *named, forward_only=True)


def _apart(
    inputs: Mapping[str, Any], parameters: Parameters
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs under names that no parameter has."""
    named = {}
    for name, leaves in inputs.items():
        while name in parameters.named:
            name += "_"
        named[name] = leaves
    return named, parameters.named
