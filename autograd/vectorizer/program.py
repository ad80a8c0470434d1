"""Program: the matrix program, ready to read, to run and to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autograd.vectorizer.direct import direct_numpy
from autograd.vectorizer.leaves import LeafArray, flatten
from autograd.vectorizer.source import (
    FUNCTION,
    PRINTED_TABLE,
    function_source,
    helpers,
    module_source,
)
from autograd.vectorizer.statements import Body, OutputArray, Statement


_FLOAT = np.dtype(float)


class Model(Protocol):
    """Anything with named parameters, such as every ``nn.Module``."""

    def named_parameters(self) -> Mapping[str, Any]:
        """Name to Value, or to nested lists of Values."""


class Program:
    """The matrix program of a recorded loss; made by :func:`autograd.vectorize`.

    Examples are rows (m × features) in what goes in and comes out, as NumPy and scikit-learn
    users have them. Inside, they are columns, as on the slides: the first lines of the
    program turn them, its last line turns the results back.

    Attributes:
        source: the program as text, a module of its own that needs only NumPy.
        statements: its lines as data.
        parameters: the arrays of the parameters, by their names in the model. Calls use
            them, so ``program.parameters["W1"] -= 0.1 * grads["W1"]`` is a step downhill.
        tables: index tables by name, for what is read in no regular pattern.
        function: the function that ``source`` defines, of the inputs and then the
            parameters. It is pure: nothing is checked, kept or changed.
    """

    def __init__(
        self,
        leaves: Sequence[LeafArray],
        outputs: Mapping[str, OutputArray],
        body: Body,
        namespace: Any,
    ) -> None:
        self.statements: tuple[Statement, ...] = tuple(body.statements)
        self.tables: dict[str, Any] = dict(body.tables)
        self.source = module_source(leaves, outputs, body)
        self._inputs = [(a.key, a.shape, a.per_example) for a in leaves if not a.parameter]
        self._shapes = {a.key: a.shape for a in leaves if a.parameter}
        self._namespace = namespace
        self._function_source = function_source(leaves, outputs, body)
        self._checked_source = function_source(leaves, outputs, body, checked=True)
        self.function: Callable[..., Any] = self._compiled(self._function_source)
        self.parameters: dict[str, Any] = {
            a.key: _numbers(a.values, a.shape, namespace) for a in leaves if a.parameter
        }

    def __call__(self, *inputs: Any, check: bool = False) -> tuple[Any, Any]:
        """The mean cost over the examples, and its gradients by the parameters' names.

        With ``with_respect_to``: the loss of each example, and one row of derivatives each.

        Args:
            inputs: an array per input, in the order in which they were named to
                ``vectorize``; one example per row. Where one example has K numbers, an
                integer vector of m class labels stands for m one-hot rows.
            check: whether to look for nan and infinity after each statement. Without it,
                they spread as NumPy lets them.

        Raises:
            TypeError: an input is missing, there are too many, or one is not made of numbers.
            ValueError: an input or a parameter has the wrong shape, or there are no examples.
            FloatingPointError: with ``check``, naming the first statement with nan or
                infinity in its result.
        """
        arrays = [*self._input_arrays(inputs), *self._parameter_arrays()]
        if check:
            with np.errstate(all="ignore"):
                function = self._compiled(self._checked_source, check=self._require_finite)
                return function(*arrays)  # type: ignore[no-any-return]
        return self.function(*arrays)  # type: ignore[no-any-return]

    def read(self, model: Model) -> None:
        """Set the arrays of the parameters to the numbers in a model.

        Raises:
            ValueError: the model lacks a parameter, or has it in another shape.
        """
        self.parameters = {
            key: _numbers(values, shape, self._namespace)
            for key, shape, values in self._matching(model)
        }

    def write(self, model: Model) -> None:
        """Set the numbers in a model to the arrays of the parameters.

        Raises:
            ValueError: the model lacks a parameter, or has it in another shape; then no
                number is changed.
        """
        for key, shape, values in self._matching(model):
            numbers = np.asarray(self.parameters[key], float)
            if numbers.shape != shape:
                raise ValueError(
                    f"program.parameters[{key!r}] has shape {numbers.shape}, the model {shape}"
                )
            for value, number in zip(values, numbers.ravel().tolist(), strict=True):
                value.data = number

    def save(self, path: str | PathLike[str]) -> None:
        """Write the program to ``path`` with ending ``.py`` and its numbers to ``.npz``.

        The saved module needs NumPy and nothing else. It holds the function and, as
        ``parameters``, the arrays of the parameters; no pickle is involved.
        """
        path = Path(path)
        source = self.source.replace(
            "import numpy as np\n",
            "from pathlib import Path\n\nimport numpy as np\n\n"
            'saved = np.load(Path(__file__).with_suffix(".npz"))\n'
            f'parameters = {{key: saved[f"parameter {{key}}"] for key in {list(self._shapes)!r}}}\n',
            1,
        )
        arrays = {
            f"parameter {key}": array
            for key, array in zip(self._shapes, self._parameter_arrays(), strict=True)
        }
        for name, table in self.tables.items():
            if table.size > PRINTED_TABLE:
                comment = f"# {name}: a table of shape {table.shape}\n"
                source = source.replace(comment, f'{name} = saved["table {name}"]\n')
                arrays[f"table {name}"] = table
        path.with_suffix(".py").write_text(source, encoding="utf-8")
        np.savez(path.with_suffix(".npz"), allow_pickle=False, **arrays)

    def _compiled(self, source: str, **names: Any) -> Callable[..., Any]:
        tables = {name: self._namespace.asarray(table) for name, table in self.tables.items()}
        module = direct_numpy() if self._namespace is np else self._namespace
        scope = {"np": module, **tables, **names}
        exec("\n".join([*helpers(source), source]), scope)
        return scope[FUNCTION]  # type: ignore[no-any-return]

    def _input_arrays(self, inputs: Sequence[Any]) -> list[Any]:
        if len(inputs) != len(self._inputs):
            names = ", ".join([key for key, _, _ in self._inputs]) or "nothing"
            missing = ", ".join([key for key, _, _ in self._inputs[len(inputs) :]])
            problem = f"{missing} is missing" if missing else f"{len(inputs)} arrays came"
            raise TypeError(f"the program takes {names}, one array each: {problem}")
        arrays = []
        examples = None
        for (key, shape, per_example), given in zip(self._inputs, inputs, strict=True):
            array = self._array(key, given)
            if array.shape[per_example:] != shape or array.ndim < per_example:
                array = self._one_hot(key, shape, per_example, array)
            if per_example:
                if examples is None:
                    examples = len(array)
                if len(array) != examples:
                    raise ValueError(
                        f"{key} has {len(array)} examples, {self._inputs[0][0]} has {examples}: "
                        "each input needs the same number of rows"
                    )
                if not examples:
                    raise ValueError(f"{key} has no examples: at least one row is needed")
            arrays.append(array if array.dtype is _FLOAT else _as_floats(array))
        return arrays

    def _parameter_arrays(self) -> list[Any]:
        arrays = []
        for key, shape in self._shapes.items():
            if key not in self.parameters:
                raise ValueError(f"program.parameters has no {key}")
            array = self._array(key, self.parameters[key])
            if array.shape != shape:
                raise ValueError(
                    f"program.parameters[{key!r}] has shape {array.shape}, but {shape} is needed"
                )
            arrays.append(array if array.dtype is _FLOAT else _as_floats(array))
        return arrays

    def _array(self, name: str, given: Any) -> Any:
        """What was given as an array of real numbers."""
        try:
            array = self._namespace.asarray(given)
            if array.dtype is _FLOAT:
                return array
            if array.dtype.kind == "O":
                array = array.astype(float)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{name} is made of numbers, in rows of one length: {error}") from None
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} is made of real numbers, not of {array.dtype}")
        return array

    def _one_hot(self, key: str, shape: tuple[int, ...], per_example: bool, labels: Any) -> Any:
        sizes = ", ".join([*["m"] * per_example, *map(str, shape)])
        rows = "one row per example, " if per_example else ""
        wrong = f"{key} has shape {labels.shape}, but {rows}({sizes}) is needed"
        if not (per_example and len(shape) == labels.ndim == 1 and labels.dtype.kind in "iu"):
            raise ValueError(wrong)
        [classes] = shape
        if len(labels) and (labels.min() < 0 or labels.max() >= classes):
            raise ValueError(
                f"{wrong}. Taken as class labels, which count from 0 to {classes - 1}, its "
                f"numbers do not fit: they go from {labels.min()} to {labels.max()}"
            )
        return self._namespace.eye(classes)[labels]

    def _require_finite(self, i: int, array: Any) -> None:
        finite = np.isfinite(np.asarray(array))
        if not finite.all():
            where = np.argwhere(~finite)[0].tolist()
            raise FloatingPointError(
                f"{self.statements[i]}\n{self.statements[i].name} is {np.asarray(array)[*where]} "
                f"at {where}: look at {', '.join(self.statements[i].operands)}"
            )

    def _matching(self, model: Model) -> list[tuple[str, tuple[int, ...], Any]]:
        named = model.named_parameters()
        found = []
        for key, shape in self._shapes.items():
            if key not in named:
                raise ValueError(f"the model has no parameter {key}: it has {', '.join(named)}")
            there, values = flatten(key, named[key])
            if there != shape:
                raise ValueError(f"{key} has shape {there} in the model, {shape} in the program")
            found.append((key, shape, values))
        return found


def _as_floats(array: Any) -> Any:
    return array if array.dtype.kind == "f" else array.astype(float)


def _numbers(values: Sequence[Any], shape: tuple[int, ...], namespace: Any) -> Any:
    return namespace.asarray(np.array([value.data for value in values]).reshape(shape))
