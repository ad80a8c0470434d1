"""Names in pictures, typeset as in print."""

from __future__ import annotations

import re
import unicodedata

from autograd.notation import PLAIN

LONGEST_NAME = 40  # characters shown; tooltips have all

_SUBSCRIPTS = str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉‚")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
_GREEK = dict(zip(_LETTERS.split(), "αβγδεζηθικλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ", strict=True))

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

    Any other text is upright, with what LaTeX would take for a command written out.
    """
    parts = _INDEXED.fullmatch(name)
    word = parts["word"] if parts else printable(name)
    if word in _GREEK:
        text = f"\\{word}"
    elif len(word) == 1 and word.isalpha():
        text = word
    else:
        text = rf"\mathrm{{{word.translate(_IN_LATEX)}}}"
    if parts and parts["position"]:
        text += f"_{{{parts['position']}}}"
    return text + (f"^{{({parts['layer']})}}" if parts and parts["layer"] else "")


def common_name(name: str, *, in_layer: bool) -> str:
    """What the names of a layer have in common; or else of the weights of one neuron.

    >>> common_name("W[1]_2,13", in_layer=True), common_name("W[1]_2,13", in_layer=False)
    ('W[1]', 'W[1]_2')
    >>> common_name("x_3", in_layer=True), common_name("x_3", in_layer=False)
    ('x', 'x_3')

    Any other text is left as it is.
    """
    parts = _INDEXED.fullmatch(name)
    if not parts or not parts["position"]:
        return name
    layer = f"[{parts['layer']}]" if parts["layer"] else ""
    unit = "" if in_layer else "_" + parts["position"].split(",")[0]
    return f"{parts['word']}{layer}{unit}"


def printable(text: str) -> str:
    """A text in which control characters, also those that turn the direction, are spaces."""
    return "".join(c if c.isprintable() else " " for c in text)


def shown(name: str) -> str:
    """A name as pictures show it: typeset, clipped if endless, without control characters."""
    clipped = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return printable(typeset(clipped))


def isolated(text: str) -> str:
    """A text kept from turning the direction of what stands around it."""
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return f"\u2068{text}\u2069"  # first strong isolate … pop directional isolate
    return text


# Formulas in captions.
TEXT = PLAIN._replace(name=lambda name: isolated(shown(name)))
