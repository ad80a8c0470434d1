"""draw(J) and step_through(J): milliseconds from a recorded graph to its picture and its page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import graphviz

import nn
from autograd import Value, total
from autograd.backprop import topological_order
from benchmarks.measuring import fastest, print_table, ratio
from benchmarks.peers import Peer, installed
from viz import draw, step_through

ROUNDS = 5
SIZES = (9, 57, 297)  # values, of which a picture stays legible in full, as numbers, and at all


def chain(peer: Peer, values: int) -> Any:
    """A swept graph of so many values, 1 + 4 for each step v = v·w + x."""
    v = peer.Value(1.0)
    for k in range(values // 4):
        v = v * peer.Value(0.5 + 0.01 * k) + peer.Value(0.1 * k)
    v.backward()
    return v


def training_graph() -> Value:
    """The swept loss of a network with 337 parameters on 120 examples: about 9,000 values."""
    model = nn.MLP(2, [16, 16, 1], seed=1)
    loss = nn.SquaredError()
    J = total([loss(k % 2, model([0.01 * k, 1 - 0.01 * k])) for k in range(120)])
    J.backward()
    return J


def svg(J: Value) -> bytes:
    """Our picture of a graph."""
    picture: bytes = draw(J).pipe("svg")
    return picture


def player(J: Value) -> bytes:
    """Our page of a graph without the frame around it."""
    return step_through(J)._repr_html_().encode()


def records(output: Any) -> bytes:
    """What micrograd's notebook draws: a record of data and grad per value, a circle per operation.

    Its own function starts the program ``dot``; here all pictures are laid out by one library.
    """
    picture = graphviz.Digraph(graph_attr={"rankdir": "LR"})
    found: set[Any] = set()
    waiting = [output]
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        found.add(node)
        name = str(id(node))
        picture.node(name, f"{{data {node.data:.4f} | grad {node.grad:.4f}}}", shape="record")
        if node._op:
            picture.node(f"{name}{node._op}", node._op)
            picture.edge(f"{name}{node._op}", name)
        for x in node._prev:
            picture.edge(str(id(x)), f"{name}{node._op}")
            waiting.append(x)
    return by_graphviz(picture.source)


def by_graphviz(source: str) -> bytes:
    """Graphviz's own SVG of a DOT source."""
    library = import_module("pygraphviz")
    picture: bytes = library.AGraph(string=source).draw(format="svg", prog="dot")
    return picture


def torchviz(output: Any) -> bytes:
    """What torchviz draws: the functions of the backward sweep, without numbers."""
    source: str = import_module("torchviz").make_dot(output).source
    # Labels that start with an empty line crash the Graphviz 14.1.5 of pygraphviz 2.0.4.
    return by_graphviz(source.replace('"\n ', '"'))


DRAWN_BY: dict[str, Callable[[Any], bytes]] = {"glassgrad": svg, "micrograd": records}
if find_spec("torchviz"):
    DRAWN_BY["PyTorch"] = torchviz


def main() -> None:
    """Measure and print."""
    peers = {peer.name: peer for peer in installed() if peer.name in DRAWN_BY}
    ours = peers.pop("glassgrad")
    start = perf_counter()
    svg(chain(ours, SIZES[0]))
    first = perf_counter() - start
    rows = []
    for values in SIZES:
        J = chain(ours, values)
        assert len(topological_order(J)) == values
        work: dict[str, Callable[[], bytes]] = {"draw": partial(svg, J), "step": partial(player, J)}
        for name, peer in peers.items():
            work[name] = partial(DRAWN_BY[name], chain(peer, values))
        seconds = fastest(work, rounds=ROUNDS, progress=f"{values} values")
        drawn, stepped = seconds.pop("draw"), seconds.pop("step")
        rows.append(
            [
                str(values),
                f"{drawn * 1e3:.0f} ms",
                *(ratio(theirs, drawn) for theirs in seconds.values()),
                f"{len(work['draw']()) / 1e3:.0f} kB",
                f"{stepped * 1e3:.0f} ms",
                f"{len(work['step']()) / 1e3:.0f} kB",
            ]
        )
    print_table(
        "Pictures",
        ["values", "draw to SVG", *peers, "SVG", "step_through", "page"],
        rows,
        f"The first picture of all also loads the fonts: {first * 1e3:.0f} ms. micrograd: records\n"
        "as in its notebook, drawn by Graphviz; PyTorch: torchviz. Others: how many times as\n"
        "long as draw.",
    )
    J = training_graph()
    folded = fastest({"": partial(svg, J)}, rounds=2, progress="a large graph")[""]
    print_table(
        "A training graph, folded",
        ["values", "draw to SVG", "goal"],
        [[f"{len(topological_order(J)):,}", f"{folded:.2f} s", "≤ 2 s at 10,000"]],
    )


if __name__ == "__main__":
    main()
