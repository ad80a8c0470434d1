"""Training: compile, fit and evaluate, the methods of every Module."""

from __future__ import annotations

import copy
import difflib
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nn.arguments import as_count, as_number, shown
from nn.bar import FitBar, written
from nn.callbacks import Callback
from nn.data import as_array, as_inputs, as_targets, require_as_many
from nn.divergence import diverged
from nn.engines import (
    CEngine,
    Masks,
    NumpyEngine,
    ScalarEngine,
    StepError,
    loss_program,
)
from nn.history import History
from nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredError,
)
from nn.metrics import Metric, metrics_named
from nn.optimizers import SGD, Adam, AdamW, Optimizer
from nn.prediction import computed, forward, predict
from nn.recorded import Parameters, Recorded

if TYPE_CHECKING:
    from nn.data import Array
    from nn.module import Module

LOSSES: dict[str, type[Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "squared_error": SquaredError,
}
OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}
# What others call the arguments of compile and fit.
_OTHER_WORDS = {
    "batch": "batch_size",
    "epoch": "epochs",
    "nb_epoch": "epochs",
    "lr": "optimizer=Adam(learning_rate=…) in compile",
    "learning_rate": "optimizer=Adam(learning_rate=…) in compile",
    "random_state": "seed",
    "metric": "metrics",
    "metrics": "metrics in compile",
    "loss": "loss in compile",
    "optimizer": "optimizer in compile",
}
ENGINES: dict[str, Any] = {"numpy": NumpyEngine, "c": CEngine, "scalar": ScalarEngine}


class Compiled:
    """What ``compile`` chose for a model.

    Attributes:
        optimizer: an Optimizer; it goes on where the last ``fit`` ended.
        loss: a Loss.
        metrics: name to function of the arrays of targets and predictions.
    """

    def __init__(self, model: Module, optimizer: Any, loss: Any, metrics: Any) -> None:
        self.optimizer = as_optimizer(optimizer)
        moved = set(self.optimizer.parameters)
        if self.optimizer.is_bound and moved != set(model.parameters()):
            raise ValueError(
                "this optimizer moves other parameters than those of the model: give compile one "
                f"without any, such as {type(self.optimizer).__name__}(learning_rate=0.01)"
            )
        self.loss = as_loss(loss)
        self.metrics: dict[str, Metric] = metrics_named(metrics, decision(self.loss))


def as_loss(loss: Any) -> Loss:
    """A loss given by name, or as a Loss."""
    if loss is None:
        raise TypeError("compile needs a loss, such as compile(loss=nn.MeanSquaredError())")
    if isinstance(loss, str):
        if loss.lower() not in LOSSES:
            raise ValueError(f"unknown loss {loss!r}: choose one of {', '.join(LOSSES)}")
        return LOSSES[loss.lower()]()
    if isinstance(loss, type):
        raise TypeError(f"a loss is an object: write {loss.__name__}()")
    if isinstance(loss, Optimizer):
        raise TypeError("the optimizer comes first: compile(optimizer, loss), or with names")
    if not isinstance(loss, Loss):
        raise TypeError(
            f"a loss is a name or a Loss, not {shown(loss)}: one of your own is a class that says "
            "of_output(self, y, a, unit), as in nn.losses"
        )
    return loss


def as_optimizer(optimizer: Any) -> Optimizer:
    """An optimizer given by name, or as an Optimizer; Adam with its rate of 0.001 for None."""
    if optimizer is None:
        return Adam()
    if isinstance(optimizer, str):
        if optimizer.lower() not in OPTIMIZERS:
            names = ", ".join(OPTIMIZERS)
            raise ValueError(f"unknown optimizer {optimizer!r}: choose one of {names}")
        return OPTIMIZERS[optimizer.lower()]()
    if isinstance(optimizer, type):
        raise TypeError(f"an optimizer is an object: write {optimizer.__name__}()")
    if isinstance(optimizer, Loss):
        raise TypeError(
            "the optimizer comes first: write compile(loss=…), or compile(Adam(), loss)"
        )
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"an optimizer is a name or an Optimizer, not {shown(optimizer)}")
    return optimizer


def decision(loss: Loss, threshold: float = 0.5) -> Callable[[Any], Any] | None:
    """How outputs become classes, by the loss they were trained with; None for numbers.

    Several outputs that exclude each other become the number of the largest, others 0 or 1 each.
    """
    import numpy as np

    if isinstance(loss, CategoricalCrossentropy):
        return partial(np.argmax, axis=1)
    if isinstance(loss, BinaryCrossentropy):
        level = threshold
        if loss.from_logits:
            level = math.log(threshold / (1.0 - threshold))
        return partial(_above, level)
    return None


def _above(level: float, outputs: Any) -> Any:
    return (outputs > level) * 1


def compiled(model: Module) -> Compiled:
    """What was compiled.

    Raises:
        ValueError: nothing was.
    """
    found = vars(model).get("compiled")
    if not isinstance(found, Compiled):
        raise ValueError(
            "the model does not know its loss yet: write model.compile(loss=…), for example "
            'model.compile(loss=nn.BinaryCrossentropy(), metrics=["accuracy"])'
        )
    return found


@dataclass(frozen=True)
class Settings:
    """The settings of ``fit``, as they are given."""

    epochs: Any
    batch_size: Any
    validation_data: Any
    validation_split: Any
    shuffle: Any
    seed: Any
    callbacks: Any
    verbose: Any
    engine: Any


def refuse_unknown(call: str, unknown: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse arguments of another name, with the right one where it can be told.

    Raises:
        TypeError: there are some.
    """
    for name in unknown:
        right = _OTHER_WORDS.get(name) or next(
            iter(difflib.get_close_matches(name, known, 1)), None
        )
        meant = f": write {right}" if right else ""
        raise TypeError(f"{call} has no {name}{meant}; it takes {', '.join(known)}")


def fit(model: Module, X: Any, Y: Any, settings: Settings) -> History:
    """Train a model: see :meth:`nn.Module.fit`."""
    import numpy as np

    chosen = compiled(model)
    engine, shuffle = settings.engine, settings.shuffle
    epochs, batch_size = as_count("epochs", settings.epochs), settings.batch_size
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}: choose one of {', '.join(ENGINES)}")
    X, Y, X_val, Y_val = _data(model, X, Y, settings.validation_data, settings.validation_split)
    batch_size = len(X) if batch_size is None else min(as_count("batch_size", batch_size), len(X))
    functions = settings.callbacks
    functions = [functions] if callable(functions) else list(functions or ())
    for callback in functions:
        if not callable(callback):
            raise TypeError(f"a callback is a function, not {shown(callback)}")
    generator = _generator(settings.seed)

    targets, val_targets = targets_of(model, chosen.loss, X, Y, X_val, Y_val)
    history = History(loss=[])
    history.steps_per_epoch = steps = -(-len(X) // batch_size)
    with FitBar(epochs, steps, settings.verbose) as bar:
        try:
            recorded = Recorded(model, X[0], training=True)
            recorded.cost(chosen.loss, targets[0], model.penalty(len(X)))
            parameters = Parameters(model)
            if not parameters.values:
                name = type(model).__name__
                raise ValueError(f"{name} has no parameters, so there is nothing to fit")
            masks = Masks(recorded, generator)
            trainer = ENGINES[engine](recorded, parameters, X, targets, masks)
            measured = X_val is not None
            evaluator = None
            if chosen.metrics or measured:
                evaluator = Evaluator(model, chosen, X[0], targets[0], measured=measured)
        except KeyboardInterrupt:  # nothing has begun
            history.stopped = "Ctrl-C"
            bar.end(history.stopped)
            return history
        trainer.adds_up = chosen.loss.reduction == "sum"
        trainer.attach(chosen.optimizer)
        for callback in functions:
            getattr(callback, "begin", _nothing)()
        try:
            for epoch in range(1, epochs + 1):
                order = generator.permutation(len(X)) if shuffle else np.arange(len(X))
                cost = _epoch(trainer, order, batch_size, bar)
                trainer.write(trainer.weights)
                metrics = {"loss": cost}
                if evaluator is not None:
                    metrics |= evaluator.metrics(X, targets)
                    if X_val is not None:
                        numbers = evaluator(X_val, val_targets)
                        metrics |= {f"val_{name}": number for name, number in numbers.items()}
                history.add(metrics)
                bar.epoch(epoch, metrics)
                if functions:
                    stopped = _called(functions, model, epoch, metrics)
                    trainer.read()
                    if stopped is not None:
                        history.stopped = stopped
                        break
        except KeyboardInterrupt:
            history.stopped = "Ctrl-C"
        except StepError as failure:
            weights = trainer.weights
            if not math.isfinite(failure.cost):  # the last step was one too many
                trainer.weights = trainer.before
            raise diverged(failure, history, trainer, weights, recorded, parameters) from None
        finally:
            _whatever_happens(lambda: trainer.write(trainer.weights))
            chosen.optimizer.attach(parameters.values)
            for callback in functions:
                getattr(callback, "end", _nothing)(model)
    bar.end(history.stopped)
    return history


def _generator(seed: Any) -> Any:
    import numpy as np

    try:
        return np.random.default_rng(None if seed is None else operator.index(seed))
    except (TypeError, ValueError):
        raise TypeError(
            f"seed is a whole number of at least 0, or None, not {shown(seed)}"
        ) from None


def _nothing(*arguments: Any) -> None: ...


def _whatever_happens(action: Callable[[], None]) -> None:
    """Do it to its end, also if Ctrl-C comes in between."""
    try:
        action()
    except KeyboardInterrupt:
        action()


def _epoch(trainer: Any, order: Array, batch_size: int, bar: FitBar) -> float:
    """What the examples cost, each in the step of its batch: the mean, or the sum of them."""
    import numpy as np

    total = 0.0
    with np.errstate(all="ignore"):
        for n, cost in trainer.steps(order, batch_size):
            total += cost if trainer.adds_up else n * cost
            bar.step()
    return total if trainer.adds_up else total / len(order)


def _called(
    callbacks: list[Callback], model: Module, epoch: int, metrics: Mapping[str, float]
) -> str | None:
    """Call all callbacks; the reason of the first one that wants to stop."""
    stopped = None
    for callback in callbacks:
        try:
            callback(model, epoch, dict(metrics))
        except StopIteration as reason:
            stopped = stopped or str(reason) or "a callback asked for it"
    return stopped


def _data(
    model: Module, X: Any, Y: Any, validation_data: Any, validation_split: float
) -> tuple[Array, Array, Array | None, Array | None]:
    """The arrays to train on and, if there are any, to validate on."""
    X, Y = as_inputs(X), as_array("Y", Y)
    n_inputs = getattr(model, "n_inputs", None)
    require_as_many(X, Y, n_inputs, ("X", "Y"))
    split = as_number("validation_split", validation_split, 0.0, below=1.0)
    if validation_data is None:
        n = round(split * len(X))
        X = model._encoded(X, "X")
        if not n:
            return X, Y, None, None
        if n == len(X):
            raise ValueError(f"validation_split={split:g} leaves no example to train on")
        return X[:-n], Y[:-n], X[-n:], Y[-n:]
    if split:
        raise ValueError("give validation_data or validation_split, not both")
    if not isinstance(validation_data, (list, tuple)) or len(validation_data) != 2:
        raise TypeError("validation_data is a pair (X_val, Y_val)")
    X_val = as_inputs(validation_data[0], "X_val")
    Y_val = as_array("Y_val", validation_data[1])
    require_as_many(X_val, Y_val, n_inputs, ("X_val", "Y_val"))
    if X_val.shape[1:] != X.shape[1:]:
        raise ValueError(
            f"an example of X_val has shape {X_val.shape[1:]}, one of X {X.shape[1:]}: "
            "validate on the same features"
        )
    return model._encoded(X, "X"), Y, model._encoded(X_val, "X_val"), Y_val


def targets_of(
    model: Module, loss: Loss, X: Array, Y: Array, X_val: Any, Y_val: Any
) -> tuple[Array, Any]:
    """The targets as rows of as many numbers as there are outputs, also those to validate on."""
    if any(getattr(module, "n_inputs", 0) is None for module in model.modules()):
        # Where data are refused, the model has learned no width from them.
        outputs = Recorded(copy.deepcopy(model), X[0]).outputs
    else:
        outputs = Recorded(model, X[0]).outputs
    kinds: dict[str, Any] = {
        "classes": isinstance(loss, SparseCategoricalCrossentropy),
        "probabilities": isinstance(loss, (BinaryCrossentropy, CategoricalCrossentropy)),
    }
    targets = as_targets(Y, len(outputs), **kinds)
    if X_val is None:
        return targets, None
    return targets, as_targets(Y_val, len(outputs), **kinds, name="Y_val")


class Evaluator:
    """The metrics of a model on any data, as its Values are now, and the loss.

    Args:
        measured: whether the loss is asked for, which takes a separate program.
    """

    def __init__(
        self, model: Module, chosen: Compiled, x: Array, y: Array, *, measured: bool
    ) -> None:
        self._chosen = chosen
        if chosen.metrics:
            self._forward, self._parameters = forward(model, x)
        if measured:
            recorded = Recorded(model, x)
            recorded.cost(chosen.loss, y)
            self._parameters = Parameters(model)
            self._losses = loss_program(recorded, self._parameters)

    def __call__(self, X: Array, targets: Array) -> dict[str, float]:
        """The mean or the sum of the losses, without any penalty, and the metrics."""
        import numpy as np

        self._parameters.read(self._losses)
        reduced = np.sum if self._chosen.loss.reduction == "sum" else np.mean
        loss = float(reduced(computed(self._losses, X, targets)))
        return {"loss": loss} | self.metrics(X, targets)

    def metrics(self, X: Array, targets: Array) -> dict[str, float]:
        """The metrics, by name."""
        if not self._chosen.metrics:
            return {}
        self._parameters.read(self._forward)
        outputs = computed(self._forward, X)
        return {name: float(of(targets, outputs)) for name, of in self._chosen.metrics.items()}


def evaluate(model: Module, X: Any, Y: Any, verbose: Any) -> dict[str, float]:
    """The loss and the metrics: see :meth:`nn.Module.evaluate`."""
    settings = compiled(model)
    X, Y, _, _ = _data(model, X, Y, None, 0.0)
    targets, _ = targets_of(model, settings.loss, X, Y, None, None)
    numbers = Evaluator(model, settings, X[0], targets[0], measured=True)(X, targets)
    if verbose:
        print(f"{len(X)} examples: {written(numbers)}")
    return numbers


def predict_classes(model: Module, X: Any, threshold: float) -> Array:
    """The class of each row: see :meth:`nn.Module.predict_classes`."""
    loss = compiled(model).loss
    if not 0.0 < as_number("threshold", threshold, 0.0) < 1.0:
        raise ValueError(f"threshold is a probability between 0 and 1, not {threshold!r}")
    decide = decision(loss, threshold)
    if decide is None:
        raise ValueError(
            f"{type(loss).__name__} is a loss of numbers, not of classes: predict gives the numbers"
        )
    found: Array = decide(predict(model, X))
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
