"""The functions of rows that NumPy lacks: accurate, without warnings at ±1000, for jax.numpy too.

Programs hold them as they stand here, so they say what they do in comments alone.
"""

from __future__ import annotations

import inspect

import numpy as np


def sigmoid(z):
    e = np.exp(-np.abs(z))  # which does not overflow
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def relu(z):
    return np.maximum(z, 0.0)


def leaky_relu(z):
    return np.maximum(0.01 * z, z)


def step(z):
    return np.heaviside(z, 1.0)


def is_positive(z):
    return np.heaviside(z, 0.0)


def stop_gradient(z):
    return z * 1.0


def sigmoid_slope(z):
    return sigmoid(z) * sigmoid(-z)


def tanh_slope(z):
    return 4.0 * sigmoid(2.0 * z) * sigmoid(-2.0 * z)


def sigmoid_error(y, z):
    return (1 - y) * sigmoid(z) - y * sigmoid(-z)


def softplus(z):
    e = np.exp(-np.abs(z))
    return np.maximum(z, 0.0) + np.log1p(e)


def silu(z):
    return np.maximum(z, -1000.0) * sigmoid(z)


def gelu(z):
    near = np.minimum(np.maximum(z, -40.0), 40.0)
    inside = near + 0.044715 * near * near * near
    return np.maximum(z, -40.0) * sigmoid(1.5957691216057308 * inside)


def elu(z):
    return np.maximum(z, 0.0) + np.expm1(np.minimum(z, 0.0))


# Infinite logits: the largest counts as the largest float, so that its distance to itself is 0,
# and all others are farther from it than exp can tell.


def logsumexp(z, axis=0):
    top = np.max(z, axis=axis, keepdims=True)
    high = np.finfo(top.dtype).max
    low = np.maximum(np.minimum(top, high), -high)
    inside = np.minimum(z, low)
    e = np.exp(inside - low)
    largest = z >= top
    rest = np.sum(e - largest, axis=axis) + (np.sum(largest, axis=axis) - 1.0)
    return np.log1p(np.maximum(rest, 0.0)) + top.squeeze(axis)


def softmax(z, axis=0):
    top = np.max(z, axis=axis, keepdims=True)
    high = np.finfo(top.dtype).max
    low = np.maximum(np.minimum(top, high), -high)
    inside = np.minimum(z, low)
    e = np.exp(inside - low)
    total = np.sum(e, axis=axis, keepdims=True)
    return e / total


def softmax_unit(z, total):
    same = (z == total) & (z > -np.inf)  # also of infinite logits, of which one is the largest
    return np.exp(np.where(same, 0.0, z) - np.where(same, 0.0, total))


def softmax_error(y, z, total):
    return softmax_unit(z, total) - y


def binary_cross_entropy(y, a):
    def log_likelihood(y, a):  # an outcome that never happens (y = 0) costs nothing
        return y * np.log(np.where((y == 0) & (a >= 0), 1, a))

    return -log_likelihood(y, a) - log_likelihood(1 - y, 1 - a)


def binary_cross_entropy_with_logits(y, z):
    # y softplus(-z) + (1 - y) softplus(z), with one logarithm; 0 times infinity is 0 here
    wrong = (z >= 0) - y
    return np.where(wrong == 0, 0.0, z) * wrong + np.log1p(np.exp(-np.abs(z)))


def softmax_cross_entropy_with_logits(y, z, axis=0):
    top = np.max(z, axis=axis, keepdims=True)
    high = np.finfo(top.dtype).max
    low = np.maximum(np.minimum(top, high), -high)
    inside = np.minimum(z, low)
    e = np.exp(inside - low)
    largest = z >= top
    rest = np.sum(e - largest, axis=axis) + (np.sum(largest, axis=axis) - 1.0)
    wanted = np.sum(y * np.where(y == 0, 0.0, inside), axis=axis)
    distance = low.squeeze(axis) - wanted
    return np.log1p(rest) + np.where(distance >= high, np.inf, distance)


def power_or_nan(a, b):
    exists = (a > 0) | ((a == 0) & (b >= 0)) | ((a < 0) & (b == np.floor(b)))
    exists = exists | (b == 0) | np.isinf(a) | np.isinf(b)
    y = np.where(exists, a, 1.0) ** b
    overflow = np.isinf(y) & np.isfinite(a) & np.isfinite(b)
    return np.where(exists & ~overflow, y, np.nan)


def xlogy(x, a):
    product = x * np.log(np.where(a > 0, a, 1.0))
    return np.where((a > 0) | ((a == 0) & (x == 0)), product, np.nan)


def xdivy(x, a):
    nothing = (x == 0) & (a == 0)
    return np.where(nothing, 0.0, x / np.where(nothing, 1.0, a))


def log_or_nan(a):
    return np.log(np.where(a > 0, a, np.nan))


# By name, as source.
NUMPY_HELPERS = {
    name: inspect.getsource(each) for name, each in list(vars().items()) if inspect.isfunction(each)
}
