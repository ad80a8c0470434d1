"""draw(J): milliseconds from a recorded graph to its SVG."""

from __future__ import annotations

from functools import partial
from time import perf_counter

import nn
from autograd import Value
from autograd.backprop import topological_order
from benchmarks.measuring import fastest, print_table
from viz import draw

ROUNDS = 20


def slide() -> Value:
    """J = 3(a + bc), swept."""
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    J: Value = 3 * (a + b * c)
    J.backward()
    return J


def network(units: list[int]) -> Value:
    """The loss of a small network, swept."""
    model = nn.MLP(2, units, activation="tanh", output_activation="sigmoid", seed=1)
    L = nn.BinaryCrossentropy()(1, model([0.5, -1.0]))
    L.backward()
    return L


def svg(J: Value) -> bytes:
    """The picture of a graph."""
    picture: bytes = draw(J).pipe("svg")
    return picture


def main() -> None:
    """Measure and print."""
    graphs = {
        "J = 3(a + bc)": slide(),
        "MLP(2, [2, 1]) and its loss": network([2, 1]),
        "MLP(2, [4, 1]) and its loss": network([4, 1]),
    }
    rows = []
    for name, J in graphs.items():
        start = perf_counter()
        svg(J)
        first = perf_counter() - start
        later = fastest({name: partial(svg, J)}, rounds=ROUNDS, progress="pictures")[name]
        values = len(topological_order(J))
        rows.append([name, str(values), f"{first * 1e3:.0f} ms", f"{later * 1e3:.0f} ms"])
    print_table(
        "draw(J) to SVG",
        ["graph", "values", "first", "later"],
        rows,
        "The first picture of all also loads Graphviz and its fonts.",
    )


if __name__ == "__main__":
    main()
