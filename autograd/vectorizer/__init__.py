"""The vectoriser: from the scalar graph of one example to the matrix program on the slide.

A learner writes the loss of one example with scalars. :func:`vectorize` returns the program
that lectures derive by hand: forward and backward, over neurons and over examples, as readable
NumPy. It applies four ideas, one after the other:

1. ``recording``: the gradients are recorded as scalars too, so that backpropagation is just
   more graph.
2. ``merging``: the same mathematics, however and however often it is written, becomes the
   same nodes.
3. ``grouping``: nodes that do the same are one array; its axes are found, and who reads whom
   is compared entry by entry.
4. ``contraction``: a grid of sums of products is a matrix product.

Between the third and the fourth stands what repeats over time (``repeating``): arrays whose
steps read each other, such as the states of a recurrent network, are computed by a loop.

Each idea is a folder, and its modules carry one example through: two units on two inputs
(``example``). ``formulas`` has the trees of which lines are made, ``writing`` turns the arrays into
lines with the names of the slides, ``running`` is the program that comes of it.

In an irregular graph hardly any two nodes compute the same thing, and nearly each would need a
line. So where arrays would make more than 50 lines, and more than three times as many as
going level by level, the program is written level by level instead, with index tables that
gather what is read (``writing.levels``). Such a program is harder to read, and equally correct.

No program is returned without a test. The finished program runs beside the recorded graph
at examples near the recorded numbers and in batches of many lengths, and must return the same
(``proving``). If it does not, the program that is returned is written level by level from the
graph as it was recorded (``merging.plain_form``), and a :class:`ProofWarning` says so::

    import warnings
    from autograd.vectorizer import ProofWarning

    warnings.simplefilter("error", ProofWarning)  # have it raised instead

Programs use only what NumPy and jax.numpy share, so that JAX, where it is installed, compiles
them and spreads the examples over several devices by itself::

    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    jax.config.update("jax_enable_x64", True)  # else with half the digits
    program = vectorize(loss, inputs, parameters, namespace=jax.numpy)
    step = jax.jit(program.function)
    rows = NamedSharding(Mesh(jax.devices(), ("examples",)), PartitionSpec("examples"))
    X, Y = jax.device_put(X, rows), jax.device_put(Y, rows)
    cost, grads = step(X, Y, *program.parameters.values())
"""

from autograd.vectorizer.formulas.statements import Statement
from autograd.vectorizer.pipeline import vectorize
from autograd.vectorizer.proving.proof import ProofError, ProofWarning
from autograd.vectorizer.running.program import Program

__all__ = ["Program", "ProofError", "ProofWarning", "Statement", "vectorize"]
