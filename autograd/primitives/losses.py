"""Cross-entropies: losses of a target and a prediction, of probabilities or of logits."""

from __future__ import annotations

import math
import operator
from numbers import Real

from autograd.primitives.activations import (
    CANCELLED,
    log_one_plus_exp,
    logistic,
    sigmoid,
    sigmoid_slope,
    softplus,
)
from autograd.primitives.elementary import log
from autograd.primitives.logits import (
    LogSumExp,
    at_least_one,
    log_sum_exp,
    logsumexp,
    softmax_error,
    softmax_unit,
)
from autograd.primitives.powers import log_or_nan, xdivy
from autograd.primitives.row import SUM, Primitive, one_by_one
from autograd.primitives.sums import paired, placeholders, product_texts, sum_latex, sum_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _target_first(
    name: str, flatten: Callable[..., tuple[Any, ...]] = one_by_one
) -> Callable[..., tuple[Any, ...]]:
    """The flat inputs of a loss; targets that come second, as they do in PyTorch, are refused."""

    def flattened(targets: Any, predictions: Any) -> tuple[Any, ...]:
        inputs = flatten(targets, predictions)
        half = len(inputs) // 2
        # A target is a number, or a leaf that holds 0 or 1: other leaves may be predictions.
        computed = any(getattr(x, "inputs", ()) for x in inputs[:half])
        if computed and all(_is_target(x) for x in inputs[half:]):
            raise ValueError(
                f"{name} takes the target first and the prediction second: here the first was "
                "computed and the second was not, as if they were swapped"
            )
        return inputs

    return flattened


def _is_target(x: Any) -> bool:
    return isinstance(x, Real) or (not getattr(x, "inputs", True) and x.data in (0.0, 1.0))


binary_cross_entropy = Primitive(
    "binary_cross_entropy",
    "−y log a − (1 − y) log(1 − a) of a target y in [0, 1] and a probability a.",
    family="loss",
    value=lambda y, a: 0.0 - _log_likelihood(y, a) - _log_likelihood(1.0 - y, 1.0 - a),
    # A unit that saturates at the right answer, a = y = 1, still has its slope −1.
    slopes=lambda loss, y, a: (
        log_or_nan(1.0 - a) - log_or_nan(a),
        xdivy(1.0 - y, 1.0 - a) - xdivy(y, a),
    ),
    symbol="cross-entropy",
    javascript="(y, a) => -logLikelihood(y, a) - logLikelihood(1 - y, 1 - a)",
    notation="−{0}·log {1} − (1 − {0})·log(1 − {1})",
    latex=r"-#1 \log #2 - (1 - #1) \log\left(1 - #2\right)",
    numpy="binary_cross_entropy({0}, {1})",
    flatten=_target_first("binary_cross_entropy"),
    unfolded=lambda y, a: -(y * log(a)) - (1.0 - y) * log(1.0 - a),
    samples=((1.0, 0.25), (0.0, 0.75), (0.3, 0.6)),
    binds=SUM,
)


def _log_likelihood(y: float, a: float) -> float:
    # An outcome that never happens (y = 0) costs nothing, however improbable it is.
    return 0.0 if y == 0.0 <= a else y * math.log(a)


def _share(y: float, cost: float) -> float:
    # What never happens costs nothing, even where it would cost ∞.
    return 0.0 if y == 0.0 < cost else y * cost


def _sigmoid_error(y: float, z: float) -> float:
    error = logistic(z) - y
    if math.fabs(error) > CANCELLED:
        return error
    return (1.0 - y) * logistic(z) - y * logistic(-z)


sigmoid_error: Primitive = Primitive(
    "sigmoid_error",
    "The slope σ(z) − y of the cross-entropy, accurate where both are near 1.",
    family="slope",
    value=_sigmoid_error,
    slopes=lambda error, y, z: (-1.0, sigmoid_slope(z)),
    textbook=lambda error, y, z: (-1.0, sigmoid(z) * (1.0 - sigmoid(z))),
    symbol="σ − y",
    javascript="(y, z) => (1 - y) * sigmoid(z) - y * sigmoid(-z)",
    notation="σ({1}) − {0}",
    latex=r"\sigma\left(#2\right) - #1",
    numpy="sigmoid_error({0}, {1})",
    samples=((1.0, 0.25), (0.3, 1.5)),
    binds=SUM,
)

binary_cross_entropy_with_logits = Primitive(
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy(y, σ(z)) computed from z, accurate where σ saturates.",
    family="loss",
    # y·softplus(−z) + (1 − y)·softplus(z) equals softplus(z) − yz without cancellation.
    value=lambda y, z: _share(y, log_one_plus_exp(-z)) + _share(1.0 - y, log_one_plus_exp(z)),
    slopes=lambda loss, y, z: (-z, sigmoid_error(y, z)),
    textbook=lambda loss, y, z: (-z, sigmoid(z) - y),
    symbol="cross-entropy",
    javascript="(y, z) => y * softplus(-z) + (1 - y) * softplus(z)",
    notation="softplus({1}) − {0}·{1}",
    latex=r"\mathrm{softplus}\left(#2\right) - #1 #2",
    numpy="binary_cross_entropy_with_logits({0}, {1})",
    flatten=_target_first("binary_cross_entropy_with_logits"),
    unfolded=lambda y, z: softplus(z) - y * z,
    samples=((1.0, 0.25), (0.0, -2.0), (0.3, 1.5)),
    binds=SUM,
)


def _softmax_cross_entropy(*inputs: float) -> float:
    n = len(inputs) // 2
    targets, logits = inputs[:n], inputs[n:]
    if any(map(math.isnan, inputs)):
        return math.nan
    normalizer = log_sum_exp(*logits)
    assert isinstance(normalizer, LogSumExp)
    largest = normalizer.largest
    if largest == -math.inf:
        return math.nan
    # logsumexp(z) − Σ yᵢzᵢ with the largest logit taken out of both, against cancellation.
    pairs = zip(targets, logits, strict=True)
    distances = sum([y * (largest - z) for y, z in pairs if y != 0.0 and z != largest])
    missing = 1.0 - sum(targets)
    return math.log1p(normalizer.rest) + distances + (largest * missing if missing else 0.0)


def _softmax_cross_entropy_slopes(
    loss: Any, *inputs: Any, error: Callable[..., Any] | None = None
) -> tuple[Any, ...]:
    error = error or softmax_error
    n = len(inputs) // 2
    targets, logits = inputs[:n], inputs[n:]
    normalizer = logsumexp(logits)
    by_target = [-z for z in logits]
    by_logit = [error(y, z, normalizer) for y, z in zip(targets, logits, strict=True)]
    return (*by_target, *by_logit)


def _softmax_cross_entropy_unfolded(*inputs: Any) -> Any:
    n = len(inputs) // 2
    return logsumexp(inputs[n:]) - sum(map(operator.mul, inputs[:n], inputs[n:]))


def _one_hot_first(targets: Any, logits: Any) -> tuple[Any, ...]:
    if isinstance(targets, Real):
        raise TypeError(
            "a class for a list",
            ": it takes a target per class, as in [float(k == 3) for k in range(10)] for the "
            "class 3 of 10; nn.SparseCategoricalCrossentropy(from_logits=True) takes the class",
        )
    name = "softmax_cross_entropy_with_logits"
    return paired(name, at_least_one("the loss", targets), logits)


softmax_cross_entropy_with_logits = Primitive(
    "softmax_cross_entropy_with_logits",
    "logsumexp(z) − Σ yᵢzᵢ, which is −Σ yᵢ log softmax(z)ᵢ for targets y that sum to 1.",
    family="loss",
    value=_softmax_cross_entropy,
    slopes=_softmax_cross_entropy_slopes,
    textbook=lambda loss, *inputs: _softmax_cross_entropy_slopes(
        loss, *inputs, error=lambda y, z, normalizer: softmax_unit(z, normalizer) - y
    ),
    symbol="cross-entropy",
    javascript="(...x) => softmaxCrossEntropy(x)",
    notation=lambda n: (
        "logsumexp(z) − "
        + (f"({sum_text(product_texts(n // 2, '{%d}', '·'))})" if n > 2 else "{0}·{1}")
    ),
    latex=lambda n: (
        rf"\log\left({sum_latex(placeholders(n // 2 + 1, n + 1, 'e^{#%d}'))}\right) - "
        rf"\left({sum_latex(product_texts(n // 2, '#%d', ' ', first=1))}\right)"
    ),
    numpy="softmax_cross_entropy_with_logits({0}, {1})",
    arguments=lambda *inputs: (inputs[: len(inputs) // 2], inputs[len(inputs) // 2 :]),
    unfolded=_softmax_cross_entropy_unfolded,
    samples=((1.0, 0.0, 0.0, 2.0, 3.0, -1.0), (0.25, 0.75, 1.0, -1.0)),
    binds=SUM,
    flatten=_target_first("softmax_cross_entropy_with_logits", _one_hot_first),
)
