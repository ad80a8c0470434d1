"""What compiled programs are timed against computes the same numbers."""

from functools import partial

import numpy as np
import pytest

from autograd import vectorize
from benchmarks import compiling
from benchmarks.vectorizing import same

CASES = {
    "logistic regression": (compiling.logistic_regression, compiling.logistic_regression_by_hand),
    "convolution": (compiling.convolution, compiling.convolution_by_hand),
    "attention": (partial(compiling.attention, 3, 4), compiling.attention_by_hand),
    "LSTM": (partial(compiling.lstm, 4), compiling.lstm_by_hand),
}


@pytest.mark.parametrize("name", CASES)
def test_numpy_by_hand_is_the_program(name):
    recorded, by_hand = CASES[name]
    program = vectorize(*recorded())
    draw = np.random.default_rng(0)
    shapes = [(5, *leaf.shape) for leaf in program.leaves if not leaf.parameter]
    arrays = [draw.normal(size=shape) for shape in shapes]
    expected = program(*arrays)
    same(by_hand(*arrays, program.parameters), expected, name)
    wrong = {key: array * 1.001 for key, array in expected[1].items()}
    with pytest.raises(AssertionError, match="another gradient"):
        same((expected[0], wrong), expected, name)
