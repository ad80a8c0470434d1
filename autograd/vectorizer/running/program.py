"""Program: the matrix program, ready to read, to run and to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from os import PathLike
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer.formulas.statements import Body, OutputArray, Statement
from autograd.vectorizer.proving.proof import REPORT, ProofError
from autograd.vectorizer.recording.leaves import LeafArray, each_once, flatten
from autograd.vectorizer.running import saving
from autograd.vectorizer.running.arguments import Arguments
from autograd.vectorizer.writing.direct import direct
from autograd.vectorizer.writing.source import (
    FORWARD,
    FUNCTION,
    compiled,
    function_source,
    module_source,
)

if TYPE_CHECKING:
    from autograd.checks.report import Report
    from autograd.vectorizer.compiling.calling import CompiledProgram

# What a copy or a program loaded from a file compiles for itself.
_MADE_AGAIN = {"function", "_arguments", "_checked"}


Arrays = Mapping[str, Any]


class Model(Protocol):
    """Anything with named parameters, such as every ``nn.Module``."""

    def named_parameters(self) -> Mapping[str, Any]:
        """Name to Value, or to nested lists of Values."""


class Program:
    """The matrix program of a recorded loss or of outputs; made by :func:`autograd.vectorize`.

    Examples are rows (m × features) in what goes in and comes out, as NumPy and scikit-learn
    users have them. Inside, they are columns, as on the slides: the first lines of the
    program turn them, its last line turns the results back. Programs can be copied and pickled.

    Attributes:
        source: the program as text, a complete module that needs only NumPy. Like ``function``,
            it takes only arrays of floats; what ``save`` writes also takes class labels.
        statements: its lines as data.
        leaves: the arrays that it takes: inputs, what all examples share, and parameters.
        outputs: the arrays that it returns, the cost before the gradients.
        forward_only: whether it computes outputs, which it returns as one array, and no
            gradients.
        results: the name of each output, mapped to the name of the array that holds it.
        costs: the same of the costs, or of the array of outputs, alone.
        examples: the name of the number of examples.
        columns: the names of parameters that are lists outside and columns inside.
        singles: the names of inputs of one number in a list, which is a number inside.
        parameters: the arrays of the parameters, by their names in the model. Calls use
            them, so ``program.parameters["W1"] -= 0.1 * grads["W1"]`` is a step downhill.
        tables: arrays of constants by name, which the graph had as numbers; and index tables,
            for arrays that are read in no regular pattern.
        function: the function that ``source`` defines, of the inputs and then the
            parameters, bit for bit, made faster for NumPy by
            :mod:`autograd.vectorizer.writing.direct`.
            It is pure: nothing is checked, kept or changed.
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
        self.costs = {
            name: self.results[name]
            for name, output in self.outputs.items()
            if output.gradient_of is None
        }
        self.examples = body.examples
        self.columns = frozenset(body.columns)
        self.singles = frozenset(body.singles)
        self._body = body
        self._function = self._written(self.statements)
        self.source = module_source(self._function, self.statements, self.tables)
        self._shapes = {a.key: a.shape for a in leaves if a.parameter}
        self._compute_with(namespace)
        self.parameters: dict[str, Any] = {
            a.key: _numbers(a.values, a.shape, namespace) for a in leaves if a.parameter
        }

    def _compute_with(self, namespace: Any) -> None:
        self._namespace = namespace
        self._arguments = Arguments(self.leaves, namespace)
        source: str = self._function
        lines: Sequence[Statement] = self.statements
        if namespace is np:
            taken = {*[a.name for a in self.leaves], *self.tables, *NUMPY_HELPERS}
            lines = direct(self.statements, {*taken, self.examples, "np"})
            source = self._written(lines)
        trees = [line.tree for line in lines]
        self.function: Callable[..., Any] = compiled(source, trees, namespace, self.tables)

    def _written(
        self,
        lines: Sequence[Statement],
        behind: Callable[[int, Statement], str] | None = None,
    ) -> str:
        """The function with these lines."""
        return function_source(
            self.leaves,
            self.outputs,
            self._body,
            lines,
            forward_only=self.forward_only,
            behind=behind,
        )

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        name = FORWARD if self.forward_only else FUNCTION
        arguments = ", ".join([array.name for array in self.leaves])
        return f"<program {name}({arguments}), {len(self.statements)} lines: print it to read it>"

    def __getstate__(self) -> dict[str, Any]:
        """All but what is made again from the rest; modules by their names."""
        state = {name: value for name, value in vars(self).items() if name not in _MADE_AGAIN}
        if isinstance(self._namespace, ModuleType):
            state["_namespace"] = self._namespace.__name__
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        namespace = self._namespace
        self._compute_with(import_module(namespace) if isinstance(namespace, str) else namespace)

    def computed_with(self, namespace: Any) -> Program:
        """The same program for another module with the functions of NumPy."""
        return Program(
            self.leaves, self.outputs, self._body, namespace, forward_only=self.forward_only
        )

    def watched(self, check: Callable[[int, Any], None]) -> Callable[..., Any]:
        """The function as it is printed, which calls ``check(i, array)`` after statement i."""
        source = self._written(self.statements, lambda i, line: f"check({i}, {line.target})")
        trees = [statement.tree for statement in self.statements]
        return compiled(source, trees, self._namespace, self.tables, check=check)

    def __call__(self, *inputs: Any, check: bool = False, **named: Any) -> Any:
        """The mean cost over the examples, and a dict of its gradients by parameter name.

        With ``with_respect_to``: the loss of each example, and one row of derivatives for each.
        Of several losses, a dict of them by their names, and a dict of the gradients of each.
        A program of outputs returns one array, with a row of outputs for each example.

        Args:
            inputs: an array per input, in the order in which they were given to
                ``vectorize``; one example per row. Where one example has K numbers, an
                integer vector of m class labels is taken as m one-hot rows. What all examples
                share comes behind them.
            named: inputs by their names, as in ``program(X=X, Y=Y)``.
            check: whether to look for nan and infinity after each statement. Without it,
                they spread as they do in NumPy.

        Raises:
            TypeError: an input is missing or given twice, there are too many, a name is unknown,
                or one is not made of numbers.
            ValueError: an input or a parameter has the wrong shape, there are no examples, or
                ``parameters`` has one of a name that the program does not know.
            FloatingPointError: with ``check``, naming the first statement with nan or
                infinity in its result.
        """
        arrays = self.arrays(inputs, named)
        if check:
            with np.errstate(all="ignore"):
                return self._checked(*arrays)
        return self.function(*arrays)

    def arrays(self, inputs: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        """The arrays that ``function`` takes, from the arguments of a call.

        Raises:
            TypeError, ValueError: as a call does.
        """
        if named:
            inputs = self._arguments.in_order(inputs, named)
        return self._arguments.inputs(inputs) + self._arguments.parameters(self.parameters)

    def compiled(self) -> CompiledProgram:
        """The same program as C, which is built once and then kept in the user's cache.

        It is called as this one is, computes with the same ``parameters``, and returns the same
        up to rounding; its ``source`` is C that can be read. It computes with 64 bits, and
        where NumPy warns, it does not.

        Raises:
            LoweringError: a line has no loops in C: the text names it.
            CompilerError: there is no C compiler.
            ProofError: it does not return what this program returns.
        """
        from autograd.vectorizer.compiling.calling import CompiledProgram

        return CompiledProgram(self)

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
            ValueError: the model lacks a parameter, or has it in another shape, or
                ``parameters`` has one that the program does not have; then no number is changed.
        """
        self._arguments.require_known(self.parameters)
        for key, shape, values in self._matching(model):
            numbers = np.asarray(self.parameters[key], float)
            if numbers.shape != shape:
                raise ValueError(
                    f"program.parameters[{key!r}] has shape {numbers.shape}, the model {shape}"
                )
            for value, number in zip(values, numbers.ravel().tolist(), strict=True):
                value.data = number

    def save(self, path: str | PathLike[str]) -> None:
        """Write the program to ``path`` with the ending ``.py``, and its numbers with ``.npz``.

        A path that already has one of these endings gets no second one. The saved module needs
        only NumPy; no pickle is involved. It holds the function and, as ``parameters``, the
        arrays of the parameters: with ``import saved``,
        ``saved.cost_and_gradients(X, Y, *saved.parameters.values())`` is what
        ``program(X, Y)`` was; for a program of outputs, the function is ``saved.outputs``.
        (``runpy.run_path`` runs files whose names cannot be imported.)

        Raises:
            TypeError, ValueError: a parameter is missing, is not made of numbers or has the
                wrong shape.
            OSError: a file cannot be written. Existing files are then unchanged.
            ProofError: the saved module returns something else; it is not kept.
        """
        held = self._arguments.parameters(self.parameters)
        parameters = dict(zip(self._shapes, [np.asarray(array) for array in held], strict=True))
        source = saving.module(
            self._function, self._returned, self.statements, self.leaves, self.tables
        )

        saving.write(
            path,
            source,
            saving.arrays(parameters, self.tables),
            lambda saved: self._require_same(saved, parameters),
        )

    @property
    def _returned(self) -> str:
        """What the function returns, in words."""
        if self.forward_only:
            return "the outputs of m examples, a row for each"
        first, *_ = self.outputs.values()
        each = "the loss of each example" if first.per_example else "the cost"
        names = dict.fromkeys([each.gradient_of for each in self.outputs.values()])
        by = ", ".join([name for name in names if name is not None])
        losses = ", ".join(
            [each.loss for each in self.outputs.values() if each.gradient_of is None]
        )
        return f"{each}{f' {losses}' * bool(losses)}, and its derivatives{f' by {by}' * bool(by)}"

    def _require_same(self, saved: Callable[[], dict[str, Any]], parameters: Arrays) -> None:
        """Raise unless a saved module returns, bit for bit, what the printed function does."""
        generator = np.random.default_rng(0)
        inputs = []
        for array in self.leaves:
            if not array.parameter:
                numbers = _numbers(array.values, array.shape, np)
                rows = [numbers * generator.uniform(0.5, 1.5, array.shape) for _ in range(3)]
                inputs.append(np.array(rows) if array.per_example else numbers)
        try:
            with np.errstate(all="ignore"):
                trees = [statement.tree for statement in self.statements]
                printed = compiled(self._function, trees, np, self.tables)
                expected = printed(*inputs, *parameters.values())
                module = saved()
                function = module[FORWARD if self.forward_only else FUNCTION]
                found = function(*inputs, *module["parameters"].values())
            problem = "" if _same(found, expected) else "returns other numbers"
        except Exception as error:
            problem = f"raises {type(error).__name__}: {error}"
        if problem:
            raise ProofError(f"The saved module {problem}, so nothing was written. {REPORT}")

    def check(
        self, function: Callable[..., Any], *inputs: Any, seed: int = 0, hints: bool = True
    ) -> Report:
        """Compare a reader's own function with this program, as a report.

        Args:
            function: the inputs and the parameters to ``(cost, gradients)``, or to
                ``(cost, gradients, arrays)``, where arrays by the names in this program are
                compared line by line. Examples may lie in rows or columns, weights either way.
            inputs: as in a call of the program; by default five random examples.
            seed: of the random examples.
            hints: whether to look for the mistake.

        Raises:
            TypeError: the function cannot be called in any orientation; or the program has several
                losses.
        """
        from autograd.vectorizer.running.comparing import compare

        return compare(self, function, inputs, seed, hints)

    @cached_property
    def _checked(self) -> Callable[..., Any]:
        """The function, looking at each result; most programs never need it."""
        return self.watched(self._require_finite)

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


def _same(found: Any, expected: Any) -> bool:
    """Whether two programs returned the same, nan being nan."""
    if isinstance(expected, dict):
        return list(found) == list(expected) and _same([*found.values()], [*expected.values()])
    if isinstance(expected, (tuple, list)):
        return all(map(_same, found, expected))
    return np.array_equal(found, expected, equal_nan=True)


def _numbers(values: Sequence[Any], shape: tuple[int, ...], namespace: Any) -> Any:
    return namespace.asarray(np.array([value.data for value in values]).reshape(shape))
