"""Program: the matrix program, ready to read, to run and to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autograd.vectorizer.arguments import Arguments
from autograd.vectorizer.direct import direct
from autograd.vectorizer.leaves import LeafArray, each_once, flatten
from autograd.vectorizer.source import (
    FORWARD,
    FUNCTION,
    PRINTED_TABLE,
    function_source,
    helpers,
    module_source,
)
from autograd.vectorizer.statements import Body, OutputArray, Statement


class Model(Protocol):
    """Anything with named parameters, such as every ``nn.Module``."""

    def named_parameters(self) -> Mapping[str, Any]:
        """Name to Value, or to nested lists of Values."""


class Program:
    """The matrix program of a recorded loss or of outputs; made by :func:`autograd.vectorize`.

    Examples are rows (m × features) in what goes in and comes out, as NumPy and scikit-learn
    users have them. Inside, they are columns, as on the slides: the first lines of the
    program turn them, its last line turns the results back.

    Attributes:
        source: the program as text, a module of its own that needs only NumPy.
        statements: its lines as data.
        leaves: the arrays that it takes, the inputs before the parameters.
        outputs: the arrays that it returns, the cost before the gradients.
        forward_only: whether it computes outputs, which it returns as one array, and no
            gradients.
        results: the name of each output, to the name of the array that holds it.
        examples: the name of the number of examples.
        parameters: the arrays of the parameters, by their names in the model. Calls use
            them, so ``program.parameters["W1"] -= 0.1 * grads["W1"]`` is a step downhill.
        tables: index tables by name, for what is read in no regular pattern.
        function: the function that ``source`` defines, of the inputs and then the
            parameters, bit for bit; :mod:`autograd.vectorizer.direct` has made it faster for
            NumPy. It is pure: nothing is checked, kept or changed.
    """

    def __init__(
        self,
        leaves: Sequence[LeafArray],
        outputs: Mapping[str, OutputArray],
        body: Body,
        namespace: Any,
        *,
        forward_only: bool = False,
    ) -> None:
        self.forward_only = forward_only
        self.statements: tuple[Statement, ...] = tuple(body.statements)
        # As numpy.array makes them of the printed lists: BLAS adds up in an order of its own
        # for every layout.
        self.tables = {name: np.ascontiguousarray(table) for name, table in body.tables.items()}
        self.leaves: tuple[LeafArray, ...] = tuple(leaves)
        self.outputs: dict[str, OutputArray] = dict(outputs)
        self.results: dict[str, str] = dict(body.results)
        self.examples = body.examples
        function = function_source(leaves, outputs, body, forward_only=forward_only)
        self.source = module_source(function, self.tables)
        self._arguments = Arguments(leaves, namespace)
        self._shapes = {a.key: a.shape for a in leaves if a.parameter}
        self._namespace = namespace
        self._body = body
        self.function: Callable[..., Any] = self._compiled(function)
        self.parameters: dict[str, Any] = {
            a.key: _numbers(a.values, a.shape, namespace) for a in leaves if a.parameter
        }

    def __call__(self, *inputs: Any, check: bool = False) -> Any:
        """The mean cost over the examples, and its gradients by the parameters' names.

        With ``with_respect_to``: the loss of each example, and one row of derivatives each.
        Of outputs: one array, a row of outputs for each example.

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
        arrays = self._arguments.inputs(inputs) + self._arguments.parameters(self.parameters)
        if check:
            with np.errstate(all="ignore"):
                return self._checked(*arrays)
        return self.function(*arrays)

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

        The saved module needs NumPy and nothing else; no pickle is involved. It holds the
        function and, as ``parameters``, the arrays of the parameters: with ``import saved``,
        ``saved.cost_and_gradients(X, Y, *saved.parameters.values())`` is what
        ``program(X, Y)`` was; that of a program of outputs is ``saved.outputs``.
        """
        path = Path(path)
        source = self.source.replace(
            "import numpy as np\n",
            "from pathlib import Path\n\nimport numpy as np\n\n"
            'with np.load(Path(__file__).with_suffix(".npz")) as file:\n    saved = dict(file)\n'
            f"parameter_names = {list(self._shapes)}\n"
            'parameters = {name: saved[f"parameter {name}"] for name in parameter_names}\n',
            1,
        )
        parameters = self._arguments.parameters(self.parameters)
        arrays = {
            f"parameter {key}": array for key, array in zip(self._shapes, parameters, strict=True)
        }
        for name, table in self.tables.items():
            if table.size > PRINTED_TABLE:
                comment = f"# {name}: a table of shape {table.shape}\n"
                source = source.replace(comment, f'{name} = saved["table {name}"]\n')
                arrays[f"table {name}"] = table
        path.with_suffix(".py").write_text(source, encoding="utf-8")
        np.savez(path.with_suffix(".npz"), allow_pickle=False, **arrays)

    @cached_property
    def _checked(self) -> Callable[..., Any]:
        """The function, looking at each result; most programs never need it."""
        source = function_source(
            self.leaves, self.outputs, self._body, forward_only=self.forward_only, checked=True
        )
        return self._compiled(source, check=self._require_finite)

    def _compiled(self, source: str, **names: Any) -> Callable[..., Any]:
        tables = {name: self._namespace.asarray(table) for name, table in self.tables.items()}
        source = direct(source) if self._namespace is np else source
        scope = {"np": self._namespace, **tables, **names}
        exec("\n".join([*helpers(source), source]), scope)
        return scope[FORWARD if self.forward_only else FUNCTION]  # type: ignore[no-any-return]

    def _require_finite(self, i: int, array: Any) -> None:
        finite = np.isfinite(np.asarray(array))
        if not finite.all():
            where = np.argwhere(~finite)[0].tolist()
            raise FloatingPointError(
                f"{self.statements[i]}\n{self.statements[i].name} is {np.asarray(array)[*where]} "
                f"at {where}: look at {', '.join(self.statements[i].operands)}"
            )

    def _matching(self, model: Model) -> list[tuple[str, tuple[int, ...], Any]]:
        named = each_once(model.named_parameters())
        found = []
        for key, shape in self._shapes.items():
            if key not in named:
                raise ValueError(f"the model has no parameter {key}: it has {', '.join(named)}")
            there, values = flatten(key, named[key])
            if there != shape:
                raise ValueError(f"{key} has shape {there} in the model, {shape} in the program")
            found.append((key, shape, values))
        return found


def _numbers(values: Sequence[Any], shape: tuple[int, ...], namespace: Any) -> Any:
    return namespace.asarray(np.array([value.data for value in values]).reshape(shape))
