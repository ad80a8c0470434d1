"""The pipeline: from a recorded loss to a program, and its proof."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np

from autograd.backprop import topological_order
from autograd.operations import single
from autograd.progress import Progress
from autograd.value import Value
from autograd.vectorizer.candidates import Task, written
from autograd.vectorizer.formulas.statements import Body, Names, OutputArray
from autograd.vectorizer.merging.plain_form import plain_form
from autograd.vectorizer.proving.proof import REPORT, Entries, Proof, ProofError, ProofWarning
from autograd.vectorizer.recording.identities import simplified
from autograd.vectorizer.recording.leaves import (
    RESERVED,
    LeafArray,
    each_once,
    flatten,
    identifier,
    leaf_arrays,
    places,
)
from autograd.vectorizer.running.program import Model, Program
from autograd.vectorizer.writing.levels import write_by_levels

# Gradients, the normal form, arrays, and the proof of the program and of its text.
STEPS = 5

FAILED = "vectorize found no program that computes what this graph computes"


def vectorize(
    loss: Value | Sequence[Any] | Mapping[str, Value],
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any] | Model | None = None,
    *,
    shared: Mapping[str, Any] | None = None,
    with_respect_to: str | None = None,
    forward_only: bool = False,
    whole_batch: bool = False,
    as_written: bool = False,
    namespace: Any = np,
) -> Program:
    """The matrix program of a loss, or of outputs, recorded with scalars for one example.

    >>> from autograd import Value, affine, sigmoid, binary_cross_entropy_with_logits
    >>> x, y = [Value(0.5), Value(-1.0)], Value(1.0)
    >>> w, b = [Value(0.0), Value(0.0)], Value(0.0)
    >>> loss = binary_cross_entropy_with_logits(y, affine(w, x, b))
    >>> program = vectorize(loss, inputs={"X": x, "Y": y}, parameters={"w": w, "b": b})
    >>> for statement in program.statements:
    ...     print(statement)
    Z = w @ X + b
    A = sigmoid(Z)
    J = np.mean(binary_cross_entropy_with_logits(Y, Z))
    dZ = A - Y
    dw = X @ dZ / m
    db = np.sum(dZ) / m
    >>> X, Y = [[0.5, -1.0], [1.5, 2.0]], [1.0, 0.0]  # two examples, as rows
    >>> cost, grads = program(X, Y)
    >>> grads["w"]  # the mean of (σ(0) − 1)·(0.5, −1) and (σ(0) − 0)·(1.5, 2)
    array([0.25, 0.75])

    Of several outputs it is the forward program, which returns one array, a row of outputs for
    each example. Here σ(w·x + b) of the first example and σ(−(w·x + b)), at zero weights:

    >>> z = affine(w, x, b)
    >>> program = vectorize([sigmoid(z), sigmoid(-z)], {"X": x}, {"w": w, "b": b})
    >>> program(X)
    array([[0.5, 0.5],
           [0.5, 0.5]])

    Of several losses, it returns all, and the gradients of each:

    >>> losses = {"J": loss, "R": w[0] * w[0] + w[1] * w[1]}
    >>> program = vectorize(losses, {"X": x, "Y": y}, {"w": w, "b": b})
    >>> program.parameters["w"] = np.array([3.0, 4.0])
    >>> costs, grads = program(X, Y)
    >>> print(costs["R"], grads["R"]["w"], grads["R"]["b"])  # 3² + 4², and 2w
    25.0 [6. 8.] 0.0

    Decisions that Python took on the numbers while recording (``if z > 0``) are part of the
    graph and stay as they were taken. Graphs too irregular for matrices come out level by
    level, by the rule in :mod:`autograd.vectorizer`.

    Each program is proven before it is returned: it ran beside the recorded graph, at numbers
    near the recorded ones, and gave the same cost and gradients (:mod:`.proof`). Where the
    program that reads best does not, a ``ProofWarning`` says so, and the one that is returned
    is right but written level by level. What takes more than a second shows how far it is.

    Args:
        loss: the loss, or a list that holds only the loss; or several losses by their names; or
            several outputs, in a list or in nested lists, as a layer returns them: then the
            program is forward only.
        inputs: the leaves that change from example to example: name to Value or nested
            lists of Values. In the program, each gets an axis of examples in front.
        parameters: the leaves that all examples share, likewise; or a model, for its
            ``named_parameters()``, each Value in the first of its places.
        shared: other leaves that all examples share, likewise, such as λ or a mask. No
            gradient is asked for, and calls take them behind the inputs.
        with_respect_to: an input to differentiate with respect to, instead of the parameters.
            The program then returns the loss and the derivatives of each example.
        forward_only: whether to leave out the derivatives, also of a single output. Of a list
            of one, as a network with one output returns it, the program returns m rows of one
            number; of a Value, m numbers.
        whole_batch: whether the graph holds all examples already, so that the inputs get no
            axis of examples and nothing is averaged.
        as_written: whether to keep the steps of the loss as they were written, as for a lecture
            that derives dZ = dA * A * (1 - A). By default the logarithms of σ and of softmax, and
            the cross-entropies of a sigmoid, are computed from its logit, which is exact wherever σ
            saturates and gives dZ = A - Y.
        namespace: the module to compute with: NumPy, or one with the same functions, such
            as ``jax.numpy``.

    Raises:
        TypeError: the loss, or an entry of inputs, shared or parameters, is not a Value, or
            these are not mappings from names.
        ValueError: there is no loss; a leaf of the graph is in none of these, or in two places; a
            list is ragged;
            an operation has no slope at the recorded numbers; or ``with_respect_to`` is given
            with several outputs.
        ProofError: no program was found that computes what the graph computes.
    """
    if parameters is not None and hasattr(parameters, "named_parameters"):
        parameters = each_once(parameters.named_parameters())
    if isinstance(loss, Mapping):
        _require_named(loss)
    several = isinstance(loss, (list, tuple, np.ndarray)) and len(loss) > 1
    forward_only = forward_only or several
    if forward_only and with_respect_to is not None:
        raise ValueError(
            "with_respect_to asks for the derivatives of one loss, a single Value: a program of "
            "outputs goes forward only"
        )
    progress = Progress(STEPS, "vectorize")
    with _collector_paused(), closing(progress):
        program = _vectorize(
            loss,
            inputs,
            parameters or {},
            shared or {},
            with_respect_to,
            progress,
            forward_only=forward_only,
            whole_batch=whole_batch,
            as_written=as_written,
        )
    return program if namespace is np else program.computed_with(namespace)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: many objects are allocated, none of them in cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _vectorize(
    loss: Value | Sequence[Any] | Mapping[str, Value],
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any],
    shared: Mapping[str, Any],
    with_respect_to: str | None,
    progress: Progress,
    *,
    forward_only: bool,
    whole_batch: bool,
    as_written: bool,
) -> Program:
    losses = loss if isinstance(loss, Mapping) else {"": loss}
    shape: tuple[int, ...] = ()
    values = tuple([single(each) for each in losses.values()] if not forward_only else ())
    if forward_only:
        shape, values = flatten("the output", loss)
    leaves = leaf_arrays(inputs, parameters, shared, per_example=not whole_batch)
    recorded = topological_order(*values)
    place_of = places(recorded, leaves)
    # What everything below takes for the graph:
    found = dict(zip(recorded, recorded, strict=True)) if as_written else simplified(recorded)
    values = tuple([found[v] for v in values])
    order = topological_order(*values)
    sought = [] if forward_only else _sought(leaves, with_respect_to)

    names = Names([*RESERVED, *(array.name for array in leaves)])
    per_example = (forward_only or with_respect_to is not None) and not whole_batch
    outputs: dict[str, OutputArray] = {}
    for key in losses:
        name = identifier(key) if key else "Y_hat" if forward_only else "L" if per_example else "J"
        outputs[names.fresh(name)] = OutputArray(shape, per_example, None, key, key)
    for name, cost in [*outputs.items()]:
        prefix = f"d{name}_d" if cost.loss else "d"
        for array in sought:
            gradient = OutputArray(array.shape, per_example, array.name, array.key, cost.loss)
            outputs[names.fresh(f"{prefix}{array.name}")] = gradient
    averaged = not per_example and not whole_batch
    task = Task(leaves, outputs, order, values, place_of, sought, averaged, forward_only, progress)
    proof = Proof(order, leaves, values, outputs)
    if not proof.possible:
        warnings.warn(
            "vectorize could not try this program: at the numbers that the leaves hold now, the "
            "graph has no value. Set them to numbers at which it has one",
            ProofWarning,
            stacklevel=3,
        )
    program, problem = _by_the_rules(task, names.copy(), proof)
    if program is None:
        program = _as_recorded(task, names.copy(), proof)
        warnings.warn(
            "vectorize wrote this program level by level, as the graph was recorded. The program "
            f"that reads better was not right: {problem}. {REPORT}",
            ProofWarning,
            stacklevel=3,
        )
    return program


def _by_the_rules(task: Task, names: Names, proof: Proof) -> tuple[Program | None, str]:
    """The program that reads best; or, where it is wrong, what it does."""
    try:
        body, named, names = written(task, names)
        program, problem, false = _proven(task, body, named, proof)
        if false and not problem:
            body = body.without_claims(false, names)
            program, problem, _ = _proven(task, body, {}, proof)
    except Exception as error:  # whatever there is that the rules do not expect
        return None, f"{type(error).__name__}: {error}"
    return (None, problem) if problem else (program, "")


def _as_recorded(task: Task, names: Names, proof: Proof) -> Program:
    """The program that owes nothing to the rules."""
    try:
        forms = plain_form(task.wanted, task.place_of)
        body = write_by_levels(forms, task.leaves, task.outputs, names)
        program, problem, _ = _proven(task, body, {}, proof)
    except Exception as error:
        raise ProofError(f"{FAILED}: {type(error).__name__}: {error}. {REPORT}") from error
    if problem:
        raise ProofError(f"{FAILED}: {problem}. {REPORT}")
    return program


def _proven(
    task: Task, body: Body, named: Mapping[str, Entries], proof: Proof
) -> tuple[Program, str, list[str]]:
    """The program of a body, its problem, and its lines that are not what they are called."""
    program = Program(task.leaves, task.outputs, body, np, forward_only=task.forward_only)
    task.progress.step()
    problem = proof.problem(program)
    task.progress.step()
    return program, *((problem, []) if problem else proof.problem_as_printed(program, named))


def _sought(leaves: Sequence[LeafArray], with_respect_to: str | None) -> list[LeafArray]:
    """The arrays by which to differentiate."""
    if with_respect_to is None:
        return [array for array in leaves if array.parameter]
    for array in leaves:
        if array.key == with_respect_to and not array.parameter:
            return [array]
    names = ", ".join([array.key for array in leaves if not array.parameter])
    raise ValueError(f"with_respect_to={with_respect_to!r} is not one of the inputs: {names}")


def _require_named(losses: Mapping[str, Any]) -> None:
    if not losses:
        raise ValueError("no loss is given: name at least one, as in {'J': J}")
    for key in losses:
        if not isinstance(key, str) or not key:
            raise TypeError(f"the names of losses are strings, not {key!r:.60}")
