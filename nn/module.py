"""Module: whatever holds parameters, found by looking at its attributes."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from functools import cache
from os import PathLike
from types import FunctionType, NoneType
from typing import TYPE_CHECKING, Any, Self

from autograd import Value
from autograd.backprop import topological_order
from autograd.primitives import Primitive
from nn.arguments import holds_values
from nn.summary import Summary

if TYPE_CHECKING:
    from nn.history import History


class Module:
    """A neuron, a layer, a network, or any part of a model that holds parameters.

    A parameter is a Value that was not computed from others. The parameters of a Module are
    those in its attributes, also in nested Modules, lists, tuples, dicts and NumPy arrays.
    ``forward`` defines what it computes from one example.

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

    training: bool = False

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
            engine: "numpy", or "scalar" to train on the recorded scalars, which is about a hundred
                times slower and gives the same weights except for rounding.

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

    def evaluate(self, X: Any, Y: Any) -> dict[str, float]:
        """The loss and the metrics on examples: without dropout and penalties.

        Raises:
            ValueError, TypeError: as :meth:`fit`.
        """
        from nn.training import evaluate

        return evaluate(self, X, Y)

    def predict(self, X: Any) -> Any:
        """The outputs for each row of X, as an array m × outputs: one vectorised call.

        The graph of one example is recorded and vectorised; the next call uses the program again
        if the model has the same parts. Decisions that ``forward`` takes on the numbers (``if
        z > 0``) stay as they were for the first row.

        >>> from nn import Neuron
        >>> neuron = Neuron.from_weights([2, 1], -1)
        >>> neuron.predict([[0, 0], [1, 3]])
        array([[-1.],
               [ 4.]])

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
        from nn.architecture import described
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

    @contextmanager
    def in_training(self) -> Iterator[Self]:
        """With this, ``training`` is true in the model and in all its parts, as in ``fit``."""
        modules = self.modules()
        before = [module.training for module in modules]
        try:
            for module in modules:
                module._set_training(True)
            yield self
        finally:
            for module, training in zip(modules, before, strict=True):
                module._set_training(training)

    def _set_training(self, training: bool) -> None:
        self.training = training

    def penalty(self, m: int) -> Value | None:
        """What the regularisers of all layers add to the cost; None where there are none.

        Args:
            m: the number of examples in the training set.
        """
        parts = [
            regularizer(module._kernels(), m)
            for module in self.modules()
            if (regularizer := getattr(module, "kernel_regularizer", None)) is not None
        ]
        return sum(parts[1:], parts[0]) if parts else None

    def _kernels(self) -> list[Value]:
        """The weights that a regulariser makes small: those of one's own layer, without biases."""
        return self.parameters()

    def parameters(self) -> list[Value]:
        """Every parameter, each once, in the order of the attributes.

        Raises:
            ValueError: an attribute was computed from Values that are no parameters, as in
                ``self.w = Value(0.5) * 0.1``: training could not move it.
            TypeError: parameters are kept in a set, which has no order.
        """
        found: dict[Value, None] = {}  # a set that keeps its order
        computed: list[tuple[Path, Value]] = []
        walked = [*_walk(self)]
        if True in [item._prepare() for _, item in walked if isinstance(item, Module)]:
            walked = [*_walk(self)]
        for path, item in walked:
            if isinstance(item, Value):
                if item.op is None:
                    found[item] = None
                elif item.inputs:
                    computed.append((path, item))
        for path, value in computed:
            _require_known_leaves(f"{type(self).__name__}{_written(path)}", value, found)
        return list(found)

    def named_parameters(self) -> dict[str, Any]:
        """The parameters by name: single Values, and nested lists of Values.

        The name is the path of attributes to it: ``encoder.W`` is ``W`` of the attribute
        ``encoder``; items of lists are counted from 1, as in ``blocks.2.W``. A Module that
        stands in several places is named by the first one.

        Raises:
            ValueError, TypeError: as :meth:`parameters`.
        """
        self.parameters()
        return self._named({})

    def modules(self) -> list[Module]:
        """The Module itself and all inside, each once, in the order of the attributes."""
        return [item for _, item in _walk(self) if isinstance(item, Module)]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, before the next ``backward()``."""
        for parameter in self.parameters():
            parameter._grad = 0.0

    def summary(self) -> Summary:
        """A table of the layers with their numbers of parameters; the total counts each once."""
        total = len(self.parameters())
        return Summary(self._rows("", {}), total)

    def _prepare(self) -> bool:
        """Make the parameters, if there are none yet; whether some were made."""
        return False

    def _count(self) -> int:
        """How many layers it is among those of a network: none where there is nothing to train."""
        return 1

    def _number_from(self, number: int) -> None:
        """Become the layer of that number in a network."""

    def _attributes(self) -> Iterator[tuple[str, Any]]:
        """What is looked through for parameters: of the object, in slots, and of its class."""
        own = vars(self)
        yield from own.items()
        for kind in type(self).__mro__[: type(self).__mro__.index(Module)]:
            # The number of names tells when one was added to the class later.
            for name in _of_class(kind, len(vars(kind))):
                if name not in own and hasattr(self, name):
                    yield name, getattr(self, name)

    def _named(self, seen: dict[int, Any]) -> dict[str, Any]:
        """``named_parameters`` of what was not seen yet."""
        named: dict[str, Any] = {}
        seen[id(self)] = self
        for name, part in self._parts():
            if not isinstance(part, Module):
                named[name] = part
            elif id(part) not in seen:
                for inner, parameter in part._named(seen).items():
                    named[self._name(name, part, inner, named)] = parameter
        return named

    def _name(self, name: str, part: Module, inner: str, taken: dict[str, Any]) -> str:
        """The name here of what a part of that name calls ``inner``."""
        return f"{name}.{inner}".strip(".")

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """The Modules and the nested lists of parameters among the attributes, by name."""
        for name, attribute in self._attributes():
            yield from _named_parts(name, attribute, {})

    def _rows(self, name: str, seen: dict[int, Any]) -> list[tuple[str, ...]]:
        """The rows of the summary: layer, inputs, units, activation, parameters.

        The name is the path to this Module, empty for the one that was asked.
        """
        rows: list[tuple[str, ...]] = []
        seen[id(self)] = self
        for inner, part in self._parts():
            path = f"{name}.{inner}".strip(".")
            if not isinstance(part, Module):
                rows.append((path, "", "", "", str(_size(part))))
            elif id(part) not in seen:
                seen[id(part)] = part
                rows += part._rows(path, seen)
        return rows

    def __repr__(self) -> str:
        return self._tree({})

    def _tree(self, seen: dict[int, Any]) -> str:
        """What is printed: a line for each part, and a part that was seen in a word."""
        lines = [type(self).__name__]
        seen[id(self)] = self
        for name, part in self._parts():
            if not isinstance(part, Module):
                text = repr(part) if isinstance(part, Value) else f"{_size(part)} Values"
            elif id(part) in seen:
                text = f"{type(part).__name__}, the one above"
            else:
                seen[id(part)] = part
                own = type(part).__repr__ is not Module.__repr__
                text = repr(part) if own else part._tree(seen)
            lines.append(textwrap.indent(f"{name}: {text}" if name else text, "  "))
        return "\n".join(lines)


def applied(layer: Any, inputs: Any) -> Any:
    """What a layer makes of one example, also where its rows would pass for a batch."""
    plain = isinstance(layer, Module) and type(layer).__call__ is Module.__call__
    return layer.forward(inputs) if plain else layer(inputs)


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


def flat(outputs: Any) -> list[Value]:
    """The Values of one, or of nested lists of them, in one list."""
    if isinstance(outputs, Value):
        return [outputs]
    return [a for row in outputs for a in flat(row)]


# The way to an item: the keys on it, the last one first.
Path = tuple[Any, ...]


def _walk(root: Module | list[Any]) -> Iterator[tuple[Path, Any]]:
    """Every Value, and every Module before what is in it; nothing is walked through twice."""
    seen: dict[int, Any] = {}
    stack: list[tuple[Path, Any]] = [((), root)]
    while stack:
        path, item = stack.pop()
        item = _as_lists(item)
        if isinstance(item, Value):
            yield path, item
        elif _is_container(item) and id(item) not in seen:
            seen[id(item)] = item  # kept, so that no other object gets its id
            if item.__class__ is list and {*map(type, item)} == {Value}:  # most parameters
                for each in item:
                    yield path, each
                continue
            if isinstance(item, Module):
                yield path, item
            stack += [((key, path), each) for key, each in _items(item)][::-1]


@cache
def _of_class(kind: type, n_names: int) -> list[str]:
    """The slots of a class, and those of its attributes that may be or hold parameters."""
    slots = vars(kind).get("__slots__", ())
    names = [
        f"_{kind.__name__.lstrip('_')}{name}" if name.startswith("__") else name
        for name in ((slots,) if isinstance(slots, str) else slots)
    ]
    held = [name for name, each in vars(kind).items() if _is_container(each)]
    return [*names, *(name for name in held if name != "__slots__")]


def _items(container: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(container, Module):
        return container._attributes()
    if isinstance(container, Mapping):
        return container.items()
    if isinstance(container, Set):
        if any(isinstance(item, (Value, Module)) for item in container):
            raise TypeError("a set has no order: keep parameters in a list or a dict")
        return ()
    return enumerate(container, 1)


def _is_container(item: object) -> bool:
    """Whether it is a parameter, or something in which there may be some."""
    if isinstance(item, _PLAIN):  # which is seen sooner
        return False
    return isinstance(item, (Value, Module, list, tuple, Mapping, deque, Set)) or (
        getattr(item, "dtype", None) == "object"
    )


_PLAIN = (str, int, float, NoneType, FunctionType, Primitive)


def _written(path: Path) -> str:
    """The path as in ``.blocks.2.w``."""
    return f"{_written(path[1])}.{path[0]}" if path else ""


def _require_known_leaves(name: str, value: Value, parameters: Mapping[Value, None]) -> None:
    """Raise if a computed Value hides leaves of which none is a parameter.

    What was computed from parameters is a result that the model keeps, and no matter.
    """
    leaves = [node for node in topological_order(value) if node.op is None]
    if leaves and not any(leaf in parameters for leaf in leaves):
        assert value.op is not None
        raise ValueError(
            f"{name} was computed by {value.op.name} from {leaves[0]!r}, which is no parameter, so "
            f"training could not move it: make it a leaf, Value({value.data!r}), or keep what it "
            "is made from in the model and compute it when the model is called"
        )


def _is_parameter(item: object) -> bool:
    return isinstance(item, Value) and item.op is None


def _as_lists(item: Any) -> Any:
    """A NumPy array of Values as nested lists; anything else as it is."""
    return item.tolist() if getattr(item, "dtype", None) == "object" else item


def _is_array(item: object, around: tuple[int, ...] = ()) -> bool:
    """Whether it is a parameter, a list of parameters, a list of such lists, …."""
    if isinstance(item, (list, tuple)) and item and id(item) not in around:
        return all(_is_array(each, (*around, id(item))) for each in item)
    return _is_parameter(item)


def _named_parts(name: str, item: Any, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    item = _as_lists(item)
    if isinstance(item, Module) or _is_array(item):
        yield name, item
    elif _is_container(item) and not isinstance(item, Value) and id(item) not in seen:
        seen[id(item)] = item
        for key, each in _items(item):
            yield from _named_parts(f"{name}.{key}", each, seen)


def _size(array: object) -> int:
    return len({item for _, item in _walk([array]) if isinstance(item, Value)})
