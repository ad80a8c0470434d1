"""One entry of an array, as the scalar formula that the matrix formula stands for.

The line ``dW1 = dZ1 @ X.T / m`` says of each entry that dw₁₂ = Σᵢ dz₁ᵢ x₂ᵢ / m: the index i of the
examples is summed over, the others are free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd.primitives import TABLE
from autograd.vectorizer.formulas.statements import Shape
from autograd.vectorizer.formulas.trees import (
    CALL,
    NEGATIVE,
    NEW_AXIS,
    POWER,
    PRODUCT,
    WHOLE_AXIS,
    Attribute,
    Binary,
    Call,
    Index,
    Name,
    Number,
    Tree,
    Unary,
    Word,
)
from viz.derivations import Written
from viz.names import latex_number
from viz.programs.notation import TEXT

_LOW = str.maketrans("0123456789ijklnp,", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₙₚ‚")
_HIGH = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SIGNS = {
    "-": (" − ", " - "),
    "+": (" + ", " + "),
    "*": (" ", " "),
    "/": (" / ", " / "),
    ">": (" > ", " > "),
    ">=": (" ≥ ", r" \ge "),
}


class UnknownEntryError(Exception):
    """A formula with no entry that could be written so."""


class Entry(NamedTuple):
    """A formula of scalars.

    Attributes:
        level: how tightly it binds, as in ``autograd.vectorizer.formulas.trees``.
        summed: the indices that sums in it run over, with what they count.
    """

    text: str
    latex: str
    level: int = CALL
    summed: tuple[tuple[str, str], ...] = ()

    def within(self, level: int) -> Entry:
        """The formula, in parentheses if it binds less tightly than ``level``."""
        if self.level >= level:
            return self
        return Entry(f"({self.text})", rf"\left({self.latex}\right)", CALL, self.summed)

    @property
    def written(self) -> Written:
        """The formula in both media."""
        return Written(self.text, self.latex)


class Entries:
    """Writes entries of the arrays of one program.

    Args:
        names: of each array, as W[1] or dW[1].
        shapes: of each array.
    """

    def __init__(self, names: Mapping[str, str], shapes: Mapping[str, Shape]) -> None:
        self._names = names
        self._shapes = shapes
        self._taken: set[str] = set()  # letters that sums in the entry have for other lengths

    def entry(self, tree: Tree, indices: tuple[str, ...]) -> Entry:
        """The entry of a formula at these indices, one for each axis.

        Raises:
            UnknownEntryError: the formula reads arrays in another way than along their axes.
        """
        self._taken = set()
        return self._entry(tree, indices)

    def _entry(self, tree: Tree, indices: tuple[str, ...]) -> Entry:
        match tree:
            case Name(name=name):
                return self.named(name, self._kept(self.shape(tree), indices))
            case Word(word=word):
                return Entry(word, word)
            case Number(data=data):
                return Entry(TEXT.number(data), latex_number(data), tree.level)
            case Attribute(array=array, name="T"):
                return self._entry(array, indices[::-1])
            case Unary(sign="-", operand=operand):
                x = self._entry(operand, indices).within(POWER)
                return Entry(f"−{x.text}", f"-{x.latex}", NEGATIVE, x.summed)
            case Binary(sign="@", left=left, right=right):
                return self._contracted(left, right, indices)
            case Binary(sign="**", left=left, right=Number(data=data)):
                x = self._entry(left, self._kept(self.shape(left), indices)).within(CALL)
                raised = TEXT.power(x.text, TEXT.number(data))
                return Entry(raised, f"{x.latex}^{{{latex_number(data)}}}", POWER, x.summed)
            case Binary(sign=sign) if sign in _SIGNS:
                return self._combined(tree, indices)
            case Call(function="np.sum", arguments=(array,), options=options):
                return self._total(array, dict(options), indices)
            case Call(function=function, arguments=(array,), options=()):
                row = TABLE.get(function.removeprefix("np."))
                if row is not None and row.n_inputs == 1:
                    x = self._entry(array, indices)
                    text = str(row.notation).format(x.text)
                    return Entry(text, str(row.latex).replace("#1", x.latex), CALL, x.summed)
            case Index(array=array, axes=axes) if {*axes} <= {WHOLE_AXIS, NEW_AXIS}:
                pairs = zip(axes, indices, strict=True)
                return self._entry(array, tuple([i for axis, i in pairs if axis == WHOLE_AXIS]))
        raise UnknownEntryError(str(tree))

    def named(self, name: str, indices: tuple[str, ...]) -> Entry:
        """An entry of an array by its name: w₁₂⁽¹⁾ of W1, a small letter for a capital one."""
        raw = self._names.get(name, name)
        d = "d" if raw[:1] == "d" and name[1:] in self._names else ""
        word, _, layer = raw.removeprefix(d).rstrip("]").partition("[")
        letter = word.lower() if len(word) == 1 and indices else word
        far = any(len(index) > 1 for index in indices)
        low, high = ("," if far else "").join(indices), f"⁽{layer.translate(_HIGH)}⁾"
        text = f"{d}{letter}{low.translate(_LOW)}{high if layer else ''}"
        typeset = letter if len(letter) == 1 else rf"\mathrm{{{letter}}}"
        typeset += f"_{{{low}}}" * bool(low) + f"^{{({layer})}}" * bool(layer)
        return Entry(text, d + typeset)

    def shape(self, tree: Tree) -> Shape:
        """The shape of a formula.

        Raises:
            UnknownEntryError: as :meth:`entry`.
        """
        match tree:
            case Name(name=name):
                return self._shapes.get(name, ())
            case Number() | Word():
                return ()
            case Attribute(array=array, name="T"):
                return self.shape(array)[::-1]
            case Unary(operand=operand):
                return self.shape(operand)
            case Binary(sign="@", left=left, right=right):
                return (*self.shape(left)[:-1], *self.shape(right)[1:])
            case Binary(left=left, right=right):
                return max(self.shape(left), self.shape(right), key=len)
            case Call(function="np.sum", arguments=(array,), options=options):
                return self._left_by_sum(self.shape(array), dict(options))[0]
            case Call(arguments=(array,)):
                return self.shape(array)
            case Index(array=Name(name=name), axes=[Binary() | Word() | Number()]):
                return self._shapes.get(name, ())[1:]
            case Index(array=array, axes=axes) if {*axes} <= {WHOLE_AXIS, NEW_AXIS}:
                sizes = iter(self.shape(array))
                return tuple([1 if axis == NEW_AXIS else next(sizes) for axis in axes])
        raise UnknownEntryError(str(tree))

    def _kept(self, shape: Shape, indices: tuple[str, ...]) -> tuple[str, ...]:
        """The indices of an array that is broadcast: its axes are the last ones, or have size 1."""
        last = indices[len(indices) - len(shape) :]
        return tuple([index for size, index in zip(shape, last, strict=True) if size != 1])

    def _contracted(self, left: Tree, right: Tree, indices: tuple[str, ...]) -> Entry:
        one, other = self.shape(left), self.shape(right)
        if not 1 <= len(one) <= 2 or not 1 <= len(other) <= 2:
            raise UnknownEntryError(f"{left} @ {right}")
        free = len(one) - 1
        k = "1" if one[-1] == 1 else self._new_index(one[-1], indices)
        a = self._entry(left, (*indices[:free], k)).within(PRODUCT)
        b = self._entry(right, (k, *indices[free:])).within(POWER)
        texts = f"{a.text} {b.text}", f"{a.latex} {b.latex}"
        terms = Entry(*texts, PRODUCT, a.summed + b.summed)
        return terms if one[-1] == 1 else self._sum_over(k, one[-1], terms)

    def _new_index(self, size: int | str, taken: tuple[str, ...]) -> str:
        if size == "m" and "i" not in taken:
            return "i"
        free = [each for each in "kjlnp" if each not in (*taken, *self._taken)]
        if not free:
            raise UnknownEntryError("more sums than letters")
        self._taken.add(free[0])
        return free[0]

    def _sum_over(self, index: str, size: int | str, inside: Entry) -> Entry:
        counted = "the examples" if size == "m" else f"1 to {size}"
        summed = ((index, counted), *inside.summed)
        x = inside.within(PRODUCT)
        text = f"Σ{index.translate(_LOW)} {x.text}"
        return Entry(text, rf"\sum_{{{index}}} {x.latex}", PRODUCT, summed)

    def _combined(self, tree: Binary, indices: tuple[str, ...]) -> Entry:
        text, latex = _SIGNS[tree.sign]
        right = POWER if tree.level == PRODUCT else tree.level + 1
        sides = []
        for side, level in ((tree.left, tree.level), (tree.right, right)):
            shape = self.shape(side)
            last = indices[len(indices) - len(shape) :]
            sides.append(self._entry(side, last).within(level))
        one, other = sides
        whole = one.text + text + other.text
        return Entry(whole, one.latex + latex + other.latex, tree.level, one.summed + other.summed)

    def _left_by_sum(
        self, shape: Shape, options: Mapping[str, Tree]
    ) -> tuple[Shape, list[int], bool]:
        axis, keeps = options.get("axis"), "keepdims" in options
        if axis is not None and not isinstance(axis, Number):
            raise UnknownEntryError("a sum over several axes")
        over = [*range(len(shape))] if axis is None else [int(axis.data)]
        if keeps:
            return tuple([1 if k in over else size for k, size in enumerate(shape)]), over, keeps
        return tuple([size for k, size in enumerate(shape) if k not in over]), over, keeps

    def _total(self, array: Tree, options: Mapping[str, Tree], indices: tuple[str, ...]) -> Entry:
        shape = self.shape(array)
        _, over, keeps = self._left_by_sum(shape, options)
        rest = iter([i for k, i in enumerate(indices) if k not in over] if keeps else indices)
        taken: tuple[str, ...] = indices
        found: dict[int, str] = {}
        for k in over:
            found[k] = "1" if shape[k] == 1 else self._new_index(shape[k], taken)
            taken = (*taken, found[k])
        inside = self._entry(array, tuple([found.get(k) or next(rest) for k in range(len(shape))]))
        for k in reversed([k for k in over if shape[k] != 1]):
            inside = self._sum_over(found[k], shape[k], inside)
        return inside
