"""The vectoriser: from the scalar graph of one example to the matrix program on the slide.

A learner writes the loss of one example with scalars. :func:`vectorize` gives back the
program that lectures derive by hand: forward and backward, over neurons and over examples,
as NumPy that a person can read. Four ideas do it, one after the other:

1. ``recording``: the gradients are recorded as scalars too, so that backpropagation is just
   more graph.
2. ``normal_form``: the same mathematics, however written, becomes the same nodes.
3. ``grouping``, ``layout``, ``index_maps``: nodes that do the same are one array; its axes
   are found, and who reads whom is compared entry by entry.
4. ``contraction``: a grid of sums of products is a matrix product.

``writing`` turns the arrays into ``statements`` with the names of the slides, and ``source``
makes a ``program`` of them. For irregular graphs there is a simpler way, ``levels``.
"""

from autograd.vectorizer.pipeline import vectorize
from autograd.vectorizer.program import Program
from autograd.vectorizer.statements import Statement

__all__ = ["Program", "Statement", "vectorize"]
