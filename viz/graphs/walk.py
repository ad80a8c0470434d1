"""The walk over a graph of numbers: one Value at a time, then one use of the chain rule."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.notation import expression, formula, number
from autograd.primitives import constant
from autograd.tracing import equals, multiplied, terms
from autograd.value import Value
from viz.graphs.detail import MOST_IN_FULL
from viz.graphs.sketch import LONGEST_TITLE, chain_rule, sketch
from viz.graphs.sweep import Sweep, Use
from viz.names import TEXT
from viz.player.operations import literal, recorded
from viz.player.walkthrough import Step, Walkthrough
from viz.style import theme_named

MOST_NAMED = 4  # inputs in a sentence
MOST_SUMMED_UP = 8  # gradients in the last caption

# A piece of a formula: words, or what number goes there as a kind and a position. "v" and "g"
# are a value and a gradient, "m" and "s" the product with its factors and the sum so far of a
# backward step, "p" the product alone.
Piece = str | tuple[str, int]


def walk_of_graph(
    sweep: Sweep, theme: str | None, detail: str, digits: int | None = None
) -> Walkthrough:
    """The steps of a sweep; of no other graph may the numbers change on the way.

    Args:
        digits: the decimals with which the player writes numbers.
    """
    teller = _Teller(sweep, grows=detail == "full" and theme != "circuit")
    told = [teller.start(), *teller.forward(), teller.seed(), *teller.backward(), teller.end()]
    picture = sketch(sweep, theme_named(theme or "light"), detail)

    def data() -> str:
        words = {
            "names": list(teller.names.values()),
            "derivatives": [teller.derivative(node) for node in sweep.names],
            "captions": [(step.sentence, pieces) for step, pieces in told],
            "lit": [" ".join(step.lit) for step, _ in told],
        }
        if digits is not None:
            words["digits"] = digits
        return f"{{...{recorded(sweep.values)}, ...{literal(words)}}}"

    J = teller.names[sweep.output]
    return Walkthrough(J, teller.title(), picture, [step for step, _ in told], data, theme)


class _Teller:
    """Tells the steps of a sweep, each with its formula in pieces.

    Attributes:
        grows: whether the picture has the chain rule, which grows path by path.
    """

    def __init__(self, sweep: Sweep, *, grows: bool) -> None:
        self.sweep = sweep
        self.grows = grows
        self.ids = {node: i for i, node in enumerate(sweep.names)}
        self.names = {node: TEXT.name(name) for node, name in sweep.names.items()}
        self.handed: dict[Value, list[int]] = {node: [] for node in sweep.names}
        for k, use in enumerate(sweep.uses):
            self.handed[use.node].append(k)

    def title(self) -> str:
        """The output, written out in its leaves where that is short."""
        output, names = self.sweep.output, self.names
        if output.inputs and len(names) <= MOST_IN_FULL:
            written = expression(output, self.sweep.names, TEXT)
            if len(written) <= LONGEST_TITLE:
                return f"{names[output]} = {written}"
        return names[output]

    def derivative(self, node: Value) -> str:
        return f"d{self.names[self.sweep.output]}/d{self.names[node]}"

    def _step(
        self, sentence: str, rule: Sequence[Piece] = (), **more: object
    ) -> tuple[Step, Sequence[Piece]]:
        text = "".join(map(self._fill, rule))
        return Step(sentence, text, **more), rule  # type: ignore[arg-type]

    def start(self) -> tuple[Step, Sequence[Piece]]:
        operations = sum(1 for node in self.names if node.inputs)
        leaves = len(self.names) - operations
        counted = f"{_count(leaves, 'leaf', 'leaves')} and {_count(operations, 'operation')}"
        return self._step(
            f"The graph of {self.title()}, with {counted}. Values flow forward first."
        )

    def forward(self) -> list[tuple[Step, Sequence[Piece]]]:
        return [self._computed(i, node) for node, i in self.ids.items()]

    def _computed(self, i: int, node: Value) -> tuple[Step, Sequence[Piece]]:
        name = self.names[node]
        inputs = [x for x in node.inputs if x.op is not constant]
        wires = [f"w{self.ids[x]}" for x in dict.fromkeys(inputs)]
        more = {
            "lit": [f"w{i}", f"n{i}", *wires, *self._uses(self.handed[node]), *self._on(node)],
            "shows": [(f"w{i}", "value")],
        }
        if not node.inputs:
            sentence = f"Forward: {name} is a leaf, its value is given."
            return self._step(sentence, [f"{name} ", ("v", i)], **more)
        named = list(dict.fromkeys(self.names[x] for x in inputs))
        if len(named) > MOST_NAMED:
            named[2:-1] = [f"{len(named) - 3} more"]
        sentence = f"Forward: {name} is computed from {_listed(named or ['constants'])}."
        text = formula(node, self.sweep.names, TEXT)
        return self._step(sentence, [f"{name} = {text} ", ("v", i)], **more)

    def seed(self) -> tuple[Step, Sequence[Piece]]:
        output = self.sweep.output
        i = self.ids[output]
        return self._step(
            f"Backward: {self.names[output]} changes by exactly as much as itself.",
            [f"{self.derivative(output)} ", ("g", i)],
            lit=[f"w{i}", "end"],
            shows=[(f"w{i}", "gradient")],
            backward=True,
        )

    def backward(self) -> list[tuple[Step, Sequence[Piece]]]:
        return [self._handed_down(k, use) for k, use in enumerate(self.sweep.uses)]

    def _handed_down(self, k: int, use: Use) -> tuple[Step, Sequence[Piece]]:
        node, x = self.names[use.node], self.names[use.input]
        i, j = self.ids[use.input], self.ids[use.node]
        paths = self.sweep.paths[use.input]
        come = paths.index(k) + 1
        complete = come == len(paths)
        terms_of = (f"w{i}", "product")
        more: dict[str, object] = {
            "lit": [f"w{i}", f"n{j}", f"w{j}", f"u{k}", *self._on(use.node)],
            "shows": [terms_of] * (come == 1) + [(f"w{i}", "gradient")] * complete,
            "backward": True,
        }
        if self.grows and len(paths) > 1:
            more["texts"] = {terms_of: "".join(chain_rule(use.input, self.sweep)[:come])}
        result = self.derivative(use.input)
        first = use.node is self.sweep.output  # its gradient is 1, and no factor
        product = "" if first else f"{self.derivative(use.node)} × d{node}/d{x}"
        handed = ("p" if first else "m", k)
        if len(paths) == 1:
            way = "the local slope" if first else "the upstream gradient times the local slope"
            sentence = f"Backward: from {node} to {x}, {way}."
            left = f"{result} " if first else f"{result} = {product} "
            return self._step(sentence, [left, handed], **more)
        sentence = f"Backward: from {node} to {x}, path {come} of {len(paths)}"
        sentence += ": the products of all paths add up." if complete else "."
        so_far = ", " if complete else ", so far "
        return self._step(
            sentence,
            [f"{product or f'∂{node}/∂{x}'} ", handed, f"{so_far}{result} ", ("s", k)],
            **more,
        )

    def end(self) -> tuple[Step, Sequence[Piece]]:
        leaves = [node for node in self.names if not node.inputs]
        if len(leaves) > MOST_SUMMED_UP:
            return self._step("Finished: every value has its gradient.")
        rule: list[Piece] = []
        for node in leaves:
            rule += [f"{', ' if rule else ''}{self.derivative(node)} ", ("g", self.ids[node])]
        return self._step("Finished: the gradients of the leaves.", rule)

    def _uses(self, positions: Sequence[int]) -> list[str]:
        return [f"u{k}" for k in positions]

    def _on(self, node: Value) -> list[str]:
        """The wires on which a Value goes on to all that read it."""
        return [*self._uses(self.sweep.paths[node]), *["end"] * (node is self.sweep.output)]

    def _fill(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        kind, i = piece
        if kind in "vg":
            node = list(self.ids)[i]
            x = self.sweep.values[node] if kind == "v" else self.sweep.gradients[node]
            return f"{equals(x)} {number(x)}"
        use = self.sweep.uses[i]
        if kind == "p":
            return f"{equals(use.product)} {number(use.product)}"
        if kind == "m":
            return multiplied(use.upstream, use.local, use.product)
        so_far = [self.sweep.uses[k] for k in self.sweep.paths[use.input] if k <= i]
        return "".join(terms([each.product for each in so_far], use.total))


def _count(n: int, one: str, several: str = "") -> str:
    return f"{n} {one if n == 1 else several or one + 's'}"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
