"""The graphs and networks of the worked examples, which many tests look at."""

from __future__ import annotations

from autograd import (
    Value,
    affine,
    binary_cross_entropy,
    exp,
    sigmoid,
    softmax_cross_entropy_with_logits,
    total,
    vectorize,
)
from autograd.vectorizer.running.program import Program
from nn import MLP, BinaryCrossentropy, SquaredError


def slide() -> Value:
    """Worked example 2: J = 3(a + bc)."""
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    u = b * c
    v = a + u
    J = 3 * v
    u.label, v.label, J.label = "u", "v", "J"
    return J


def circuit() -> Value:
    """Worked example 3: f = (x + y)z."""
    x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
    q = x + y
    f = q * z
    q.label, f.label = "q", "f"
    return f


def sigmoid_circuit() -> Value:
    """Worked example 4: a sigmoid neuron, gate by gate."""
    w0, x0, w1, x1 = Value(2, "w0"), Value(-1, "x0"), Value(-3, "w1"), Value(-2, "x1")
    f = 1 / (1 + exp(-1 * (w0 * x0 + w1 * x1 + Value(-3, "w2"))))
    f.label = "f"
    return f


def logistic_regression() -> Value:
    """Worked example 7: z = wᵀx + b, a = σ(z), L(a, y)."""
    w = [Value(0.5, "w1"), Value(-1, "w2"), Value(0.25, "w3")]
    x = [Value(1.5, "x1"), Value(2, "x2"), Value(-1, "x3")]
    z = affine(w, x, Value(0.1, "b"))
    a = sigmoid(z)
    L = binary_cross_entropy(Value(1, "y"), a)
    z.label, a.label, L.label = "z", "a", "L"
    return L


GRAPHS = [slide, circuit, sigmoid_circuit, logistic_regression]


def xnor() -> MLP:
    """Worked example 9: OR(AND, NOR), set by hand."""
    return MLP.from_weights(
        [([[20, 20], [-20, -20]], [-30, 10]), ([[20, 20]], [-10])],
        activation="sigmoid",
        output_activation="sigmoid",
    )


def mazur() -> MLP:
    """Worked example 11."""
    return MLP.from_weights(
        [([[0.15, 0.20], [0.25, 0.30]], 0.35), ([[0.40, 0.45], [0.50, 0.55]], 0.60)],
        activation="sigmoid",
        output_activation="sigmoid",
    )


def network_loss(units: list[int], n_inputs: int = 2, examples: int = 1) -> Value:
    """The loss of a network of tanh units, summed over some examples, and swept."""
    model = MLP(n_inputs, units, activation="tanh", seed=1)
    inputs = [[0.1 * k + 0.2 * i for i in range(n_inputs)] for k in range(examples)]
    losses = [SquaredError()(k % 2, model(x)) for k, x in enumerate(inputs)]
    J = losses[0] if examples == 1 else total(losses)
    J.backward()
    return J


def logistic_program() -> Program:
    """Worked example 7, of vectors: Z = wᵀX + b, A = σ(Z), from the loss of a probability."""
    w, x = [Value(0) for _ in range(3)], [Value(0) for _ in range(3)]
    b, y = Value(0), Value(1)
    L = binary_cross_entropy(y, sigmoid(affine(w, x, b)))
    return vectorize(L, {"X": x, "Y": y}, {"w": w, "b": b})


def network_program(
    n_inputs: int = 3, units: tuple[int, ...] = (4, 1), *, with_respect_to: str | None = None
) -> Program:
    """Worked example 8, of vectors: a network of sigmoid units, its cross-entropy from logits."""
    model = MLP(n_inputs, list(units), activation="sigmoid", seed=1)
    x, y = [Value(0) for _ in range(n_inputs)], Value(1)
    L = BinaryCrossentropy(from_logits=True)(y, model(x))
    parameters = model.named_parameters()
    return vectorize(L, {"X": x, "Y": y}, parameters, with_respect_to=with_respect_to)


def softmax_program() -> Program:
    """A classifier with four inputs, three tanh units and five classes."""
    model = MLP(4, [3, 5], activation="tanh", seed=1)
    x, y = [Value(0) for _ in range(4)], [Value(i == 2) for i in range(5)]
    L = softmax_cross_entropy_with_logits(y, model(x))
    return vectorize(L, {"X": x, "Y": y}, model.named_parameters())
