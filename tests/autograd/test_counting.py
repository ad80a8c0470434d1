"""count_steps: its two numbers, proved by counting what is really computed."""

import pytest

from autograd import Value, count_steps, gradients, total
from autograd.backprop import topological_order
from autograd.primitives import TABLE, Primitive


def test_the_numbers_of_the_lecture():
    """10,000 operations and 100,000 leaves: 1.1 × 10⁵ steps against 10⁹."""
    leaves = [Value(1) for _ in range(100_000)]
    J = total(leaves)
    for _ in range(9_999):
        J = J * 1
    steps = count_steps(J)
    assert (steps.operations, steps.inputs) == (10_000, 100_000)
    assert steps.backpropagation == 110_000
    assert steps.finite_differences == 1_000_000_000
    assert repr(steps) == (
        "10,000 operations, 100,000 inputs: backpropagation takes 10,000 + 100,000 = 110,000 "
        "steps, finite differences 10,000 × 100,000 = 1,000,000,000"
    )


@pytest.fixture
def counted():
    """A row that counts how often its value and its slopes are asked for."""
    counts = {"value": 0, "slopes": 0}

    def value(a, b):
        counts["value"] += 1
        return a * b

    def slopes(y, a, b):
        counts["slopes"] += 1
        return b, a

    row = Primitive(
        "counted", "ab", value=value, slopes=slopes, notation="", latex="", samples=((2.0, 3.0),)
    )
    del TABLE["counted"]
    return row, counts


def test_the_counts_are_those_of_real_calls(counted):
    row, counts = counted
    leaves = [Value(i + 1) for i in range(7)]
    J = leaves[0]
    for leaf in leaves[1:]:
        J = row(row(J, leaf), leaf)
    steps = count_steps(J)
    assert (steps.operations, steps.inputs) == (12, 7)
    assert counts == {"value": 12, "slopes": 12}  # the forward pass

    # Backpropagation: the slopes of each operation once, and a gradient for each leaf.
    derivatives = gradients(J, leaves)
    assert counts["slopes"] - 12 + len(derivatives) == steps.backpropagation == 19
    # Each value once more, to see whether the graph is up to date; none again for a slope.
    assert counts["value"] == 24

    # Finite differences: all operations again for each leaf.
    counts["value"] = 0
    for leaf in leaves:
        leaf.data += 0.001
        J.forward()
        leaf.data -= 0.001
    assert counts["value"] == steps.finite_differences == 84


def test_shared_nodes_constants_and_chosen_inputs():
    a, b, c = Value(5), Value(3), Value(2)
    u = b * c
    J = 3 * (a + u) * u
    assert sum(bool(node.inputs) for node in topological_order(J)) == 4
    assert repr(count_steps(J)).startswith("4 operations, 3 inputs")
    assert count_steps([J], inputs=[[b], c, b]).inputs == 2
    assert repr(count_steps(J, [b])).startswith("4 operations, 1 input: ")
    assert repr(count_steps(u)).startswith("1 operation, 2 inputs: ")
    alone = count_steps(a)
    assert (alone.operations, alone.inputs, alone.finite_differences) == (0, 1, 0)


def test_wrong_arguments():
    a, b = Value(1), Value(2)
    with pytest.raises(TypeError, match="a Value is needed"):
        count_steps(3.0)
    with pytest.raises(TypeError, match="a Value is needed"):
        count_steps(a, [3.0])
    with pytest.raises(TypeError, match="a list of Values is needed"):
        count_steps(a, a)
    with pytest.raises(ValueError, match="not a list of 2"):
        count_steps([a, b])
