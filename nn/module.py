"""Module: what a neuron, a layer and a network have in common, and how each is trained."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from nn.arguments import holds_values
from nn.holder import Holder, applied

if TYPE_CHECKING:
    from nn.history import History


class Module(Holder):
    """A neuron, a layer, a network, or any part of a model that holds parameters.

    A parameter is a Value that was not computed from others. The parameters of a Module are
    those in its attributes, also in nested Modules, lists, tuples, dicts and NumPy arrays.
    ``forward`` defines what it computes from one example.

    >>> from autograd import Value
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2), Value(1)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3).backward()
    >>> line.named_parameters()
    {'slope': Value(2.0, grad=3.0), 'intercept': Value(1.0, grad=1.0)}
    >>> line.zero_grad()
    >>> line.parameters()
    [Value(2.0, grad=0.0), Value(1.0, grad=0.0)]

    Attributes:
        training: whether layers that act only in training, such as Dropout, are active: true
            inside ``with model.in_training():``, where ``fit`` records.
    """

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The outputs of ``forward`` for one example; or the predictions for many.

        For a two-dimensional array of numbers, a row per example, nothing is recorded: the
        result is that of ``predict``. For rows of Values, it is a list with the outputs of each.
        """
        if len(inputs) == 1 and not options and self._is_batch(inputs[0]):
            if holds_values(inputs[0]):
                return [self.forward(x) for x in inputs[0]]
            return self.predict(inputs[0])
        return self.forward(*inputs, **options)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """The outputs for one example, a Value or a list of them; subclasses define it.

        Raises:
            NotImplementedError: it is not defined.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say what it computes: define forward(self, x)"
        )

    def compile(
        self, optimizer: Any = None, loss: Any = None, metrics: Any = (), **unknown: Any
    ) -> None:
        """Choose how the model is trained.

        Args:
            optimizer: an Optimizer, or its name; by default Adam with a rate of 0.001.
            loss: a Loss, or its name, such as "binary_crossentropy".
            metrics: what to measure beside the loss: "accuracy", "mae", "mse", "r2", or functions
                of the arrays of targets and predictions, as in :mod:`nn.metrics`.

        Raises:
            TypeError, ValueError: an argument has the wrong type or an unknown name; or there is
                no loss.
        """
        from nn.training import Compiled, refuse_unknown

        refuse_unknown("compile", unknown, ("optimizer", "loss", "metrics"))
        self.compiled = Compiled(self, optimizer, loss, metrics)

    def fit(
        self,
        X: Any,
        Y: Any,
        *,
        epochs: int = 1,
        batch_size: int | None = 32,
        validation_data: Any = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        seed: int | None = None,
        callbacks: Any = (),
        verbose: int | bool | str = "auto",
        engine: str = "numpy",
        **unknown: Any,
    ) -> History:
        """Train on examples: record one of them, vectorise it once, and descend.

        An epoch goes once through all examples, in steps of ``batch_size``: 1,000 examples make
        32 steps. Only with ``batch_size=None``, all examples in one step, is an epoch one step of
        gradient descent. Afterwards the Values of the model hold the trained weights, so that any
        example can be drawn and explained with them.

        >>> from nn import Dense, Sequential
        >>> model = Sequential([Dense(1, activation="sigmoid")], seed=1)
        >>> model.compile(loss="binary_crossentropy", metrics=["accuracy"])
        >>> X, Y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
        >>> history = model.fit(X, Y, epochs=500, seed=1, verbose=0)
        >>> history.epochs, history.steps_per_epoch
        (500, 1)
        >>> history["loss"][-1] < history["loss"][0]
        True

        The history has the mean cost of the steps of each epoch, with the penalty on large
        weights where a layer has one. Metrics and all numbers named "val_…" are measured at the
        end of the epoch, without dropout and without the penalty.

        Args:
            X: the inputs, a row per example.
            Y: the targets, a number or a row for each; for the Sparse loss the class, from 0.
            epochs: how often to go through all examples.
            batch_size: how many examples make a step; None takes all.
            validation_data: a pair (X_val, Y_val) to measure on, without training.
            validation_split: the part of the examples, taken from the end, to use for validation.
            shuffle: whether each epoch takes the examples in another order.
            seed: of the order, and of Dropouts without a seed.
            callbacks: functions (model, epoch, metrics), called after each epoch, such as
                ``EarlyStopping(patience=10)``; see :mod:`nn.callbacks`.
            verbose: 0 shows nothing, 2 a line per epoch; by default a bar, or a few lines where
                the output goes into a file.
            engine: "numpy"; "c" for the same program compiled, where there is a C compiler; or
                "scalar" to train on the recorded scalars, which is about a hundred times slower.
                All give the same weights except for rounding.

        Returns:
            The history, also if Ctrl-C ends the training early; the weights are then those after
            the last complete step.

        Raises:
            ValueError: the model was not compiled, or data have the wrong shape, are nan or
                infinite, or are out of range. The model is then unchanged.
            TypeError: data are not numbers, or a setting has the wrong type.
            DivergenceError: the loss became nan or infinite. The model keeps the last good
                weights.
        """
        from nn.training import Settings, fit, refuse_unknown

        settings = Settings(
            epochs=epochs,
            batch_size=batch_size,
            validation_data=validation_data,
            validation_split=validation_split,
            shuffle=shuffle,
            seed=seed,
            callbacks=callbacks,
            verbose=verbose,
            engine=engine,
        )
        refuse_unknown("fit", unknown, vars(settings))
        return fit(self, X, Y, settings)

    def evaluate(self, X: Any, Y: Any, *, verbose: int | bool | str = 0) -> dict[str, float]:
        """The loss and the metrics on examples: without dropout and penalties.

        Args:
            X: the inputs, a row per example.
            Y: the targets, as ``fit`` takes them.
            verbose: anything but 0 prints a line with the numbers.

        Raises:
            ValueError, TypeError: as :meth:`fit`.
        """
        from nn.training import evaluate

        return evaluate(self, X, Y, verbose)

    def predict(self, X: Any, *, verbose: int | bool | str = 0) -> Any:
        """The outputs for each row of X, as an array m × outputs: one vectorised call.

        The graph of one example is recorded and vectorised; the next call uses the program again
        if the model has the same parts. Decisions that ``forward`` takes on the numbers (``if
        z > 0``) stay as they were for the first row.

        >>> from nn import Neuron
        >>> neuron = Neuron.from_weights([2, 1], -1)
        >>> neuron.predict([[0, 0], [1, 3]])
        array([[-1.],
               [ 4.]])

        Args:
            X: the inputs, a row per example.
            verbose: taken as in Keras; one call has no progress to show.

        Raises:
            ValueError, TypeError: X has the wrong shape, or holds what is no number.
        """
        from nn.prediction import predict

        return predict(self, X)

    def predict_classes(self, X: Any, *, threshold: float = 0.5) -> Any:
        """The class of each row of X, as whole numbers.

        For classes that exclude each other, it is the number of the most probable one, counted
        from 0. For one output it is 0 or 1, and for several labels a row of them: 1 where the
        probability exceeds the threshold. Models that return logits are treated likewise.

        Raises:
            ValueError: the model was not compiled, or its loss is not for classes; or as
                :meth:`predict`.
        """
        from nn.training import predict_classes

        return predict_classes(self, X, threshold)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the weights to a file that ends in .npz, by their names, without pickle.

        The file of a Sequential or an MLP also says how it was built, so that
        :func:`nn.load_model` can rebuild it. An existing file is replaced only once the new one
        is complete.

        Raises:
            ValueError: the name has another ending, or a weight is nan or infinite.
            OSError: the file cannot be written; an existing file is then unchanged.
        """
        from nn.description import described
        from nn.saving import save

        save(self, path, described(self))

    def load_weights(self, path: str | PathLike[str]) -> None:
        """Take the weights from a file that :meth:`save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or its names and shapes are not those of this model; no
                weight is then changed.
        """
        from nn.saving import load_weights

        load_weights(self, path)

    def to_vector(self) -> Any:
        """All parameters as one vector, array by array in the order of ``named_parameters()``.

        Optimizers of other libraries take such a vector:

        >>> from nn import MLP
        >>> model = MLP(10, [10, 10, 1], seed=1)
        >>> model.to_vector().shape  # 10 × 11 + 10 × 11 + 1 × 11
        (231,)
        """
        from nn.unrolled import to_vector

        return to_vector(self)

    def from_vector(self, vector: Any) -> None:
        """Set all parameters to the numbers of a vector, as :meth:`to_vector` orders them.

        Raises:
            TypeError: they are no real numbers.
            ValueError: there are more or fewer, or one is nan or infinite; then no parameter is
                changed.
        """
        from nn.unrolled import from_vector

        from_vector(self, vector)

    def _is_batch(self, inputs: Any) -> bool:
        # A custom model may take rows of Values as one example.
        return getattr(inputs, "ndim", 0) == 2 and not holds_values(inputs)

    def build(self, shape: Any) -> Any:
        """Learn the width of the inputs, a number or a shape, and return that of the outputs.

        A custom model records an example of numbers 0.5, so that its layers learn their widths.
        """
        return built(self, shape)

    def _applied(self, inputs: Any) -> Any:
        """What it makes of one example, also where its rows would pass for a batch."""
        own = type(self).__call__ is not Module.__call__
        return self(inputs) if own else self.forward(inputs)


def built(layer: Any, shape: Any) -> Any:
    """The width of what a layer makes of inputs of this shape, by a call with numbers 0.5."""
    example: Any = 0.5
    for size in reversed(shape if isinstance(shape, (tuple, list)) else (shape,)):
        example = [example] * size
    outputs = applied(layer, example)
    shape = []
    while hasattr(outputs, "__len__"):
        shape.append(len(outputs))
        outputs = outputs[0]
    return shape[0] if len(shape) == 1 else tuple(shape)
