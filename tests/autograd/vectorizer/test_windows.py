"""Convolutions, pooling and attention: windows and heads without index tables."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from recurrences import drawn
from vectorized import assert_agrees, flat, lines
from windows import attention, convolution, image

from autograd import dot, relu, vectorize
from autograd.value import Value


@pytest.mark.parametrize(
    ("make", "options", "most"),
    [
        (convolution, {}, 10),
        (convolution, {"filters": 3, "stride": 2}, 10),
        (convolution, {"n": 9, "width": 3, "stride": 3, "filters": 2}, 10),
        (image, {}, 10),
        (image, {"n": 7, "stride": 2}, 10),
        (image, {"n": 8, "pool": 2}, 12),
        (attention, {}, 17),
        (attention, {"heads": 2}, 17),
        (attention, {"positions": 3, "width": 6, "heads": 3}, 17),
    ],
)
def test_no_tables_and_few_lines(make, options, most):
    program = assert_agrees(*make(**options))
    assert program.tables == {}
    assert len(program.statements) <= most, program.source


def test_a_convolution_reads_as_a_product_with_windows():
    text = lines(vectorize(*convolution(filters=3, stride=2)))
    assert text[0] == "Z1 = K @ X[np.arange(0, 18, 2)[:, None] + np.arange(4)] + b"
    windows = "X[np.arange(0, 18, 2)[:, None] + np.arange(4)]"
    assert f"dK = np.tensordot(dZ1, {windows}, ((0, 2), (0, 2))) / m" in text


def test_states_read_as_windows_over_time():
    """A loop whose rounds read three steps of the input each."""
    leaves = drawn()
    x, w, u = leaves(20), leaves(3), leaves()
    h = dot(w, x[:3]).tanh()
    for t in range(1, 9):
        h = (dot(w, x[2 * t : 2 * t + 3]) + u * h).tanh()
    program = assert_agrees(h, {"x": x}, {"w": w, "u": u})
    assert program.tables == {}


def test_each_entry_several_times_over_the_rounds():
    leaves = drawn()
    x, w, u = leaves(5), leaves(), leaves()
    h = x[0]
    for t in range(1, 10):
        h = (w * x[t // 2] + u * h).tanh()
    program = assert_agrees(h, {"x": x}, {"w": w, "u": u})
    assert program.tables == {}


@pytest.fixture(scope="module")
def gpt():
    """The example, and what it records."""
    folder = str(Path(__file__).parents[3] / "examples")
    sys.path.insert(0, folder)
    try:
        import gpt
    finally:
        sys.path.remove(folder)
    loss, _, inputs, parameters = gpt.recorded()
    return gpt, loss, inputs, parameters, vectorize(loss, inputs, parameters)


def test_a_gpt_is_a_page(gpt):
    *_, program = gpt
    assert sum([array.size for array in program.parameters.values()]) == 4192
    assert program.tables == {}
    body = program.source[program.source.index("def cost_and_gradients") :].splitlines()
    assert len(body) <= 60


def test_the_gradients_of_a_masked_sequence_are_those_of_the_scalars(gpt):
    example, loss, inputs, parameters, program = gpt
    arrays = example.arrays_of(["ada"])
    for name, nested in inputs.items():
        for leaf, number in zip(flat(nested), arrays[name].ravel(), strict=True):
            leaf.data = float(number)
    loss.forward()
    for leaf in [leaf for nested in parameters.values() for leaf in flat(nested)]:
        leaf.grad = 0.0
    loss.backward()
    cost, grads = program(**arrays)
    assert cost == pytest.approx(loss.data, rel=1e-12)
    for name, nested in parameters.items():
        expected = np.array([leaf.grad for leaf in flat(nested)]).reshape(grads[name].shape)
        np.testing.assert_allclose(grads[name], expected, rtol=0, atol=1e-12 * abs(expected).max())


def test_the_variable_of_no_loop_is_no_window():
    x = [Value(float(i)) for i in range(6)]
    program = vectorize(sum(a * b for a, b in zip(x, x[::-1], strict=True)), {"x": x}, {})
    assert program.tables == {}


@pytest.mark.parametrize("channels_first", [True, False])
def test_what_a_layer_reads_of_a_convolution_row_by_row_is_a_reshape(channels_first):
    leaves = drawn()
    x, K, V, y = leaves(5, 5), leaves(2, 2, 2), leaves(3, 32), leaves(3)

    def unit(f, i, j):
        return relu(sum(dot(K[f][r], x[i + r][j : j + 2]) for r in range(2)))

    places = [(i, j) for i in range(4) for j in range(4)]
    if channels_first:
        a = [unit(f, i, j) for f in range(2) for i, j in places]
    else:
        a = [unit(f, i, j) for i, j in places for f in range(2)]
    loss = sum([(dot(row, a) - one) ** 2 for row, one in zip(V, y, strict=True)])
    program = assert_agrees(loss, {"X": x, "Y": y}, {"K": K, "V": V})
    assert program.tables == {}
    flat = "A1.reshape(32, -1)"
    if channels_first:
        flat = "np.transpose(A1, (2, 0, 1, 3)).reshape(32, -1)"
    assert f"Z2 = V @ {flat}" in lines(program)
