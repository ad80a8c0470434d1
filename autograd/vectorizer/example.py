"""The example that the docstrings of this folder carry through: two units of tanh, two inputs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from autograd.backprop import topological_order
from autograd.primitives import dot, tanh, total
from autograd.value import Value
from autograd.vectorizer.formulas.statements import Body, Names, OutputArray
from autograd.vectorizer.grouping.arrays import Array
from autograd.vectorizer.grouping.groups import Group, group_nodes
from autograd.vectorizer.grouping.layout import lay_out
from autograd.vectorizer.merging.forms import Form
from autograd.vectorizer.merging.normal_form import Wanted
from autograd.vectorizer.merging.once import Once, normal_form_once
from autograd.vectorizer.recording.gradients import record_gradients
from autograd.vectorizer.recording.leaves import LeafArray, leaf_arrays, places
from autograd.vectorizer.writing.writer import write


class Layer:
    """L = a₁ + a₂ with aᵢ = tanh(wᵢ₁ x₁ + wᵢ₂ x₂), as far as each idea brings it.

    >>> layer = Layer()
    >>> layer.loss.data, [z.data for z in layer.z]
    (0.0, [0.0, 0.0])
    >>> for statement in layer.body.statements:
    ...     print(statement)
    Z = W @ X
    A = np.tanh(Z)
    J = np.sum(A) / m
    dZ = 1 - A ** 2
    dW = dZ @ X.T / m
    """

    def __init__(self) -> None:
        self.x = [Value(1, "x1"), Value(2, "x2")]
        self.W = [
            [Value(0.5, "w11"), Value(-0.25, "w12")],
            [Value(1, "w21"), Value(-0.5, "w22")],
        ]
        self.z = [dot(row, self.x) for row in self.W]
        self.a = [tanh(z) for z in self.z]
        self.loss = total(self.a)

    @cached_property
    def leaves(self) -> list[LeafArray]:
        """The named arrays: X of the example, and the parameters W."""
        return leaf_arrays({"X": self.x}, {"W": self.W}, per_example=True)

    @cached_property
    def gradients(self) -> Mapping[Value, Value]:
        """Idea 1: the derivative of the loss by each Value, as a Value."""
        return record_gradients(self.loss, [w for row in self.W for w in row])

    @cached_property
    def once(self) -> Once:
        """Idea 2: the nodes of the loss and of its gradients, each once."""
        order = topological_order(self.loss)
        wanted = [Wanted(self.loss, "J", 0, True, False)]
        weights = [w for row in self.W for w in row]
        wanted += [
            Wanted(self.gradients[w], "dW", i, True, derivative=True) for i, w in enumerate(weights)
        ]
        return normal_form_once(order, [self.gradients], wanted, places(order, self.leaves))

    @property
    def forms(self) -> Mapping[int, Form]:
        """What each node is."""
        return self.once.forms

    @cached_property
    def groups(self) -> list[Group]:
        """Idea 3: the nodes that do the same."""
        return group_nodes(self.forms)

    @cached_property
    def outputs(self) -> dict[str, OutputArray]:
        """The cost and the gradient."""
        return {"J": OutputArray((), False, None), "dW": OutputArray((2, 2), False, "W", "W")}

    @cached_property
    def arrays(self) -> list[Array]:
        """Idea 3: the groups with their axes."""
        shapes = {name: output.shape for name, output in self.outputs.items()}
        return lay_out(self.groups, self.forms, self.once.derivative, shapes)

    @cached_property
    def body(self) -> Body:
        """Idea 4: the lines."""
        forward = {self.once.node_of[value] for value in topological_order(self.loss)}
        names = Names(["X", "W", "J", "dW"])
        return write(self.arrays, forward, self.outputs, names, set())[0]
