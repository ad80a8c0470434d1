"""Losses: how far outputs are from targets, as one Value to call ``backward()`` on.

All are called ``loss(y_true, y_pred)``. One example is a Value, or a list of them as a layer
returns it, with a number, or a list of as many. A batch is a list of such lists, with a list
of targets; its cost is the mean of its examples' losses, labelled J. The loss of one example
is labelled L.
"""

from __future__ import annotations

from typing import Any

from autograd import Value, total
from autograd.primitives import binary_cross_entropy, binary_cross_entropy_with_logits
from nn.arguments import as_list, as_value


class Loss:
    """What all losses share: pairs of targets and outputs, and the mean over a batch.

    A loss of one's own says what one output costs, and whether an example is the sum or the
    mean of its outputs.
    """

    prediction = "a"  # what y_pred is called where it is given as numbers
    sums_outputs = False

    def of_output(self, y: Value, a: Value, unit: str) -> Value:
        """The loss of one output; ``unit`` ends the labels, as in ``d_2``."""
        raise NotImplementedError(f"{type(self).__name__} says not what one output costs")

    def __call__(self, y_true: Any, y_pred: Any) -> Value:
        """The loss of one example, or the cost of a batch.

        Raises:
            TypeError: a target or an output is neither a number nor a Value.
            ValueError: they are not equally many, or there are none; or as the loss says.
        """
        if not _is_batch(y_pred):
            return self._of_example(y_true, y_pred)
        targets, outputs = as_list("y_true", y_true), as_list("y_pred", y_pred)
        self._require_as_many(targets, outputs, "examples")
        losses = [self._of_example(y, a) for y, a in zip(targets, outputs, strict=True)]
        if len(losses) == 1:
            return losses[0]
        cost: Value = total(losses) / len(losses)
        cost.label = "J"
        return cost

    def _of_example(self, y_true: Any, y_pred: Any) -> Value:
        targets, outputs = _one_or_more("y_true", y_true), _one_or_more("y_pred", y_pred)
        self._require_as_many(targets, outputs, "outputs")
        units = [""] if len(outputs) == 1 else [f"_{k}" for k in range(1, len(outputs) + 1)]
        losses = []
        for y, a, unit in zip(targets, outputs, units, strict=True):
            y, a = as_value(y, f"y{unit}"), as_value(a, f"{self.prediction}{unit}")
            losses.append(self.of_output(y, a, unit))
            losses[-1].label = f"L{unit}"
        loss = losses[0]
        if len(losses) > 1:
            loss = total(losses) if self.sums_outputs else total(losses) / len(losses)
            loss.label = "L"
        return loss

    def _require_as_many(self, targets: list[Any], outputs: list[Any], what: str) -> None:
        name = type(self).__name__
        if len(targets) != len(outputs):
            raise ValueError(f"{name}: {len(targets)} targets for {len(outputs)} {what}")
        if not outputs:
            raise ValueError(f"{name}: there are no {what}")


class SquaredError(Loss):
    """½(a − y)², summed over the outputs of an example, mean over examples.

    >>> loss = SquaredError()
    >>> loss(2, 4)  # ½(4 − 2)²
    Value(2.0, 'L', grad=0.0)
    >>> loss([2, 0], [4, 1]).data  # 2 + ½
    2.5
    """

    sums_outputs = True

    def of_output(self, y: Value, a: Value, unit: str) -> Value:
        loss: Value = 0.5 * _difference(y, a, unit) ** 2
        return loss


class MeanSquaredError(Loss):
    """(a − y)², mean over outputs and examples.

    >>> loss = MeanSquaredError()
    >>> loss([2, 0], [4, 1])  # (4 + 1) / 2
    Value(2.5, 'L', grad=0.0)
    >>> loss([[2, 0], [1, 1]], [[4, 1], [1, 1]])  # (4 + 1 + 0 + 0) / 4
    Value(1.25, 'J', grad=0.0)
    """

    def of_output(self, y: Value, a: Value, unit: str) -> Value:
        loss: Value = _difference(y, a, unit) ** 2
        return loss


class BinaryCrossentropy(Loss):
    """−y log a − (1 − y) log(1 − a), mean over outputs and examples, one node for each.

    With ``from_logits=True`` the outputs are z, before the sigmoid: the same loss, with all
    its digits where the sigmoid is so near to 0 or 1 that a has lost them.

    >>> BinaryCrossentropy()(1, 0.5)  # log 2
    Value(0.6931471805599453, 'L', grad=0.0)
    >>> BinaryCrossentropy(from_logits=True)([1, 0], [0, 0])
    Value(0.6931471805599453, 'L', grad=0.0)

    Raises, when called:
        ValueError: a target is not in [0, 1]; or an output is not, where it is no logit.
    """

    def __init__(self, *, from_logits: bool = False) -> None:
        self.from_logits = from_logits
        self.prediction = "z" if from_logits else "a"

    def of_output(self, y: Value, a: Value, unit: str) -> Value:
        if not 0.0 <= y.data <= 1.0:
            raise ValueError(f"a target of cross-entropy is in [0, 1], not {_named(y)}")
        if self.from_logits:
            if a.op is not None and a.op.name in ("sigmoid", "softmax_unit"):
                raise ValueError(
                    f"{_named(a)} is a probability, made by {a.op.name}, not a logit: leave out "
                    f"from_logits=True, or give the {a.inputs[0].label or 'z'} it was made from"
                )
            return Value.record(binary_cross_entropy_with_logits, (y, a))
        # The loss is finite between 0 and 1, and also at the target if that is 0 or 1.
        if not (0.0 < a.data < 1.0 or a.data == y.data):
            raise ValueError(
                f"cross-entropy takes probabilities between 0 and 1, not {_named(a)}: "
                "give z, before the sigmoid, to BinaryCrossentropy(from_logits=True)"
            )
        return Value.record(binary_cross_entropy, (y, a))


def _difference(y: Value, a: Value, unit: str) -> Value:
    d: Value = a - y
    d.label = f"d{unit}"
    return d


def _named(value: Value) -> str:
    return f"{value.label} = {value.data!r}" if value.label else repr(value.data)


def _is_batch(y_pred: Any) -> bool:
    """Whether the first item of y_pred is a list itself."""
    return hasattr(y_pred, "__len__") and len(y_pred) > 0 and hasattr(y_pred[0], "__len__")


def _one_or_more(name: str, numbers: Any) -> list[Any]:
    return as_list(name, numbers) if hasattr(numbers, "__len__") else [numbers]
