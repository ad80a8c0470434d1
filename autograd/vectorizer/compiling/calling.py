"""Calling: a compiled program takes what the one in NumPy takes, and returns the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.vectorizer.compiling.building import load
from autograd.vectorizer.compiling.code import c_source
from autograd.vectorizer.compiling.proof import require_same
from autograd.vectorizer.formulas.statements import by_loss

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program


class CompiledProgram:
    """A program as C; made by :meth:`autograd.vectorizer.Program.compiled`.

    Attributes:
        program: the same in NumPy, whose ``parameters`` both compute with.
        source: its C.

    Raises:
        LoweringError: a line has no loops in C.
        CompilerError: there is no C compiler.
        ProofError: what it returns is not what the program returns.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.source = c_source(program)
        self._call = load(self.source).call
        self._places = [i for i, leaf in enumerate(program.leaves) if not leaf.parameter]
        self._keys = {i: leaf.key for i, leaf in enumerate(program.leaves) if leaf.parameter}
        self._outputs = program.outputs.values()
        self._losses = any(output.loss for output in self._outputs)
        require_same(program, self.function)

    def __call__(self, *inputs: Any, check: bool = False, **named: Any) -> Any:
        """What the program in NumPy returns, and raises; see :meth:`Program.__call__`."""
        program = self.program
        if not (named or check):
            result = self._call(program.parameters, *inputs)
            if result is not NotImplemented:
                return by_loss(self._outputs, result) if self._losses else result
        if check:
            return program(*inputs, check=True, **named)
        return self.function(*program.arrays(inputs, named))

    def function(self, *arrays: Any) -> Any:
        """The pure function of the inputs and then the parameters."""
        for given in (arrays, [np.asarray(array, float, order="C") for array in arrays]):
            parameters = {key: given[i] for i, key in self._keys.items()}
            result = self._call(parameters, *[given[i] for i in self._places])
            if result is not NotImplemented:
                return by_loss(self._outputs, result) if self._losses else result
        return self.program.function(*arrays)  # which says what is wrong

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledProgram, (self.program,)
