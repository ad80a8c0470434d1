"""Names in pictures, typeset as in print."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from autograd.notation import PLAIN, number, tell_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autograd.value import Value

LONGEST_NAME = 40  # characters shown; tooltips have all

_SUBSCRIPTS = str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉‚")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
_GREEK = dict(zip(_LETTERS.split(), "αβγδεζηθικλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ", strict=True))

_SIGNS = {letter: f"\\{word} " for word, letter in _GREEK.items()} | {
    "ϵ": r"\epsilon ", "ε": r"\varepsilon ", "ϕ": r"\phi ", "φ": r"\varphi ",
    "ϑ": r"\vartheta ", "ϱ": r"\varrho ", "ϖ": r"\varpi ", "ς": r"\varsigma ", "ο": "o",
    "−": "-", "×": r"\times ", "·": r"\cdot ", "∞": r"\infty ", "∂": r"\partial ",
    "∇": r"\nabla ", "→": r"\to ", "±": r"\pm ", "≈": r"\approx ", "≤": r"\leq ",
    "≥": r"\geq ", "∈": r"\in ", "∑": r"\sum ", "√": r"\surd ", "ℓ": r"\ell ", "…": r"\dots ",
    "′": r"{}^{\prime}", "°": r"{}^{\circ}", "ı": r"\imath ", "–": "-", "Α": "A", "Β": "B",
}  # fmt: skip
_ACCENTS = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar",
    "\u0306": "breve", "\u0307": "dot", "\u0308": "ddot", "\u030c": "check", "\u20d7": "vec",
}  # fmt: skip

# Braces keep the signs of markup from starting a tag where LaTeX stands in a page.
_IN_LATEX = str.maketrans(
    {
        "\\": r"\backslash ",
        "^": r"\wedge ",
        "~": r"\sim ",
        "<": "{<}",
        ">": "{>}",
        " ": r"\ ",
    }
    | {sign: rf"\{sign}" for sign in "{}_$%#&"}
)

# w1, x_1, W[1], W[1]_2,3: a word, the layer in brackets, the position after it; and primes.
_INDEXED = re.compile(
    r"(?P<word>[^\W\d_]+)(\[(?P<layer>\d+)\])?(_?(?P<position>\d+(,\d+)*))?(?P<primes>′+\d*)?"
)
_PRIMES = re.compile("′+\\d*$")


def typeset(name: str) -> str:
    """A name as in print, in Unicode: indices low, layers high, Greek letters as such.

    >>> typeset("w1"), typeset("x_1"), typeset("W[1]"), typeset("a[2]_10"), typeset("sigma")
    ('w₁', 'x₁', 'W⁽¹⁾', 'a₁₀⁽²⁾', 'σ')

    Any other text is left as it is.
    """
    parts = _INDEXED.fullmatch(name)
    if not parts:
        return name
    word, layer, position = parts["word"], parts["layer"], parts["position"]
    return (
        _GREEK.get(word, word)
        + (position or "").translate(_SUBSCRIPTS)
        + (parts["primes"] or "")
        + (f"⁽{layer.translate(_SUPERSCRIPTS)}⁾" if layer else "")
    )


def latex(name: str) -> str:
    r"""A name in LaTeX.

    >>> print(latex("w1"), latex("W[1]_2,3"), latex("sigma"), latex("loss"))
    w_{1} W_{2,3}^{(1)} \sigma \mathrm{loss}

    Any other text is upright, with what LaTeX would take for a command written out, and with
    commands for the letters and signs that LaTeX has no keys for: θ, é, x².

    >>> print(latex("θ"), latex("x′"), latex("ŷ"), latex("a&b"))
    \theta x^{\prime} \hat{y} \mathrm{a\&b}
    """
    parts = _INDEXED.fullmatch(name)
    primes = _PRIMES.search(name)
    word = parts["word"] if parts else printable(_PRIMES.sub("", name))
    letter = unicodedata.normalize("NFC", word)
    if word in _GREEK:
        text = f"\\{word}"
    elif len(letter) == 1 and letter.isalpha():
        text = _commands(letter).strip()
    else:
        text = rf"\mathrm{{{''.join(map(_commands, unicodedata.normalize('NFC', word)))}}}"
    if parts and parts["position"]:
        text += f"_{{{parts['position']}}}"
    raised = primes[0].replace("′", r"\prime") if primes else ""
    raised += f"({parts['layer']})" if parts and parts["layer"] else ""
    return text + (f"^{{{raised}}}" if raised else "")


_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def latex_number(x: float) -> str:
    r"""A number in LaTeX.

    >>> print(latex_number(-1.5e-7), latex_number(0.25))
    -1.5 \times 10^{-7} 0.25
    """
    mantissa, _, exponent = number(x).partition("×10")
    text = mantissa.replace("−", "-").replace("∞", r"\infty").replace("nan", r"\mathrm{nan}")
    return rf"{text} \times 10^{{{exponent.translate(_DIGITS)}}}" if exponent else text


def mathtext(name: str) -> str:
    r"""A name for matplotlib's mathtext, which is less than LaTeX.

    >>> print(mathtext("w_1"), mathtext("w&b"), mathtext("50 $"))
    w_{1} \text{w&b} \text{50 \$}
    """
    text = printable(name)
    if _INDEXED.fullmatch(text) and text.isascii():
        return latex(text)
    return rf"\text{{{typeset(text).translate(_IN_TEXT)}}}"


def plot_text(text: str) -> str:
    """A text for matplotlib in which dollars are dollars, unless a formula is between them."""
    from matplotlib.mathtext import MathTextParser

    text = f" {text}" if text.startswith("_") else text  # else it would not be in a legend
    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return printable(text).replace("$", r"\$")
    return text


_IN_TEXT = str.maketrans({sign: f"\\{sign}" for sign in "${}\\"})


@cache
def _commands(sign: str) -> str:
    """A character in LaTeX's mathematics; as it is where there is no command for it."""
    if sign.isascii():
        return sign.translate(_IN_LATEX)
    if sign in _SIGNS:
        return _SIGNS[sign]
    if digit := unicodedata.decomposition(sign):
        kind, *codes = digit.split()
        if kind in ("<super>", "<sub>"):
            inner = "".join(_commands(chr(int(code, 16))) for code in codes)
            return f"{{}}{'^' if kind == '<super>' else '_'}{{{inner}}}"
        pieces = unicodedata.normalize("NFD", sign)
        if len(pieces) == 2 and pieces[1] in _ACCENTS:
            return f"\\{_ACCENTS[pieces[1]]}{{{_commands(pieces[0])}}}"
    return sign


def common_name(name: str, *, in_layer: bool) -> str:
    """What the names of a layer have in common; or else of the weights of one neuron.

    >>> common_name("W[1]_2,13", in_layer=True), common_name("W[1]_2,13", in_layer=False)
    ('W[1]', 'W[1]_2')
    >>> common_name("x_3", in_layer=True), common_name("x_3", in_layer=False)
    ('x', 'x_3')

    Any other text is left as it is, but for primes that tell it apart.
    """
    parts = _INDEXED.fullmatch(name)
    if not parts or not parts["position"]:
        return _PRIMES.sub("", name)
    layer = f"[{parts['layer']}]" if parts["layer"] else ""
    unit = "" if in_layer else "_" + parts["position"].split(",")[0]
    return f"{parts['word']}{layer}{unit}"


def position(name: str) -> tuple[int, ...]:
    """The indices in a name.

    >>> position("W[1]_2,13"), position("x_3"), position("loss")
    ((2, 13), (3,), ())
    """
    parts = _INDEXED.fullmatch(name)
    return tuple(map(int, parts["position"].split(","))) if parts and parts["position"] else ()


def printable(text: str) -> str:
    """A text in which control characters, also those that turn the direction, are spaces."""
    return "".join(c if c.isprintable() else " " for c in text)


def shown(name: str) -> str:
    """A name as pictures show it: typeset, clipped if endless, without control characters."""
    clipped = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return printable(typeset(clipped))


def distinct(names: Mapping[Value, str]) -> dict[Value, str]:
    """Names that can be told apart as pictures show them.

    Of long ones that begin alike the middle is left out; the later of equal ones get primes.
    """
    count = Counter(map(shown, names.values()))
    room = LONGEST_NAME - 8  # for primes
    short = {
        node: f"{name[: room // 2]}…{name[-room // 2 :]}"
        if len(name) > LONGEST_NAME and count[shown(name)] > 1
        else name
        for node, name in names.items()
    }
    return tell_apart(short, lambda name: " ".join(shown(name).split()))


def isolated(text: str) -> str:
    """A text that does not change the writing direction of the text around it."""
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return f"\u2068{text}\u2069"  # first strong isolate … pop directional isolate
    return text


# Formulas in captions.
TEXT = PLAIN._replace(name=lambda name: isolated(shown(name)))
