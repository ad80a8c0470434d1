"""Calling f and df as courses write them, and finding the gradients in what they return."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

CACHES = {"cache", "caches", "saved", "memory", "ctx", "context"}
# What a single parameter of df may be called where f keeps its cache for itself, as layers do.
UPSTREAM = {"dout", "d_out", "dy", "da", "dz", "dl", "grad", "grad_out", "grad_output", "upstream",
            "upstream_grad", "upstream_gradient", "cotangent", "delta"}  # fmt: skip
FORMS = """\
  df(*arguments, **fixed)            called as f is
  df(cache)                          where f returns (cost, cache)
  df(dout, cache)                    dout: the upstream gradient, 1.0 for a cost
  df(parameters, cache, X, Y)        names of f's parameters, of fixed, and cache, in any order
or leave df out where f returns (cost, gradients)."""


class Leaf(NamedTuple):
    """An array among the arguments: its name, and how to reach it."""

    name: str
    path: tuple[Any, ...]

    @property
    def short(self) -> str:
        """The last part of its name: W1 of parameters["W1"]."""
        last = self.path[-1]
        return last if isinstance(last, str) else self.name


class Functions:
    """f and df at given arguments: how they are called and what comes out.

    Attributes:
        names: of the arguments, as f's parameters are called.
        leaves: all arrays and numbers among the arguments.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        df: Any,
        arguments: tuple[Any, ...],
        fixed: Mapping[str, Any],
        cotangent: Any,
        seed: int,
    ) -> None:
        if not callable(f):
            raise TypeError(f"f is a function of the arguments, not {f!r:.60}")
        if df is not None and not callable(df):
            df, arguments = None, (df, *arguments)  # left out
        self.f, self.df = f, df
        self.fixed = dict(fixed)
        self.names = _names(f, len(arguments))
        self.arguments = [_copied(argument) for argument in arguments]
        self.leaves = [
            Leaf(name, (i, *path))
            for i, argument in enumerate(self.arguments)
            for name, path in _leaves(argument, self.names[i])
        ]
        self.cotangent = cotangent
        self.seed = seed
        self.cache: Any = None
        self._fits = False
        self._read_only = True
        self._working: Any = None
        self._locked: Any = None

    def at(self, leaf: Leaf) -> Any:
        """The number or array at a leaf."""
        return _reach(self.arguments, leaf.path)

    def replaced(self, numbers: Mapping[Leaf, Any]) -> list[Any]:
        """The arguments, copied, with other arrays at some leaves."""
        arguments = [_copied(argument) for argument in self.arguments]
        for leaf, array in numbers.items():
            _put(arguments, leaf.path, array)
        return arguments

    def split(self, result: Any) -> tuple[Any, Any]:
        """The output of f, and what comes with it: a cache, gradients or None."""
        if isinstance(result, tuple) and len(result) >= 2:
            if isinstance(result[0], Mapping) and len(result) == 2:
                result = result[::-1]  # (gradients, cost)
            return result[0], result[1] if len(result) == 2 else result[1:]
        return result, None

    def nudged(self, leaf: Leaf, place: tuple[int, ...], number: float) -> float:
        """The output with another number at one entry.

        Large arrays are not copied for that: f gets them read-only, and copies only if it writes.
        """
        array = self.at(leaf)
        if not isinstance(array, np.ndarray):
            return self.output(self.replaced({leaf: type(array)(number)}))
        if self._read_only:
            if self._working is None:
                self._working = _locked(self.replaced({}))
                self._locked = _locked(_copied(self.fixed))
            working = _reach(self._working, leaf.path)
            try:
                _write(working, place, number)
                return self.output(self._working)
            except ValueError as error:
                if "read-only" not in str(error):
                    raise
                self._read_only = False
            finally:
                _write(working, place, array[place])
        array = array.copy()
        array[place] = number
        return self.output(self.replaced({leaf: array}))

    def output(self, arguments: Sequence[Any]) -> float:
        """The cost, or the sum of output times cotangent."""
        y, _ = self.split(self.call(arguments))
        return self.scalar(y)

    def call(self, arguments: Sequence[Any]) -> Any:
        """What f returns."""
        if not self._fits:
            self._require_fit(arguments)
        fixed = self._locked if arguments is self._working else _copied(self.fixed)
        with np.errstate(all="ignore"):
            return self.f(*arguments, **fixed)

    def _require_fit(self, arguments: Sequence[Any]) -> None:
        self._fits = True
        try:
            signature = inspect.signature(self.f)
        except (TypeError, ValueError):
            return  # some functions written in C do not tell
        try:
            signature.bind(*arguments, **self.fixed)
        except TypeError as error:
            raise TypeError(
                f"f cannot be called with {_counted(len(arguments), 'argument')} and "
                f"{', '.join(self.fixed) or 'nothing'} fixed: {error}. "
                "It is called as f(*arguments, **fixed)"
            ) from None

    def scalar(self, y: Any) -> float:
        """One number of an output."""
        array = np.asarray(y)
        if array.dtype == object or array.dtype.kind not in "fiub":
            raise ValueError(f"f returns {y!r:.60}: a number or an array of real numbers is needed")
        if self.cotangent is None:
            return float(array.reshape(())) if array.size == 1 else float(np.sum(array))
        return float(np.sum(array.astype(float) * self.cotangent))

    def settle_cotangent(self, y: Any) -> None:
        """Choose the cotangent for an output of more than one number."""
        shape = np.shape(y)
        if self.cotangent is not None:
            self.cotangent = np.asarray(self.cotangent, float)
            if self.cotangent.shape != shape:
                raise ValueError(
                    f"the cotangent has shape {self.cotangent.shape}, the output of f {shape}"
                )
        elif np.size(y) != 1 and self.df is not None and self._takes_upstream():
            self.cotangent = np.random.default_rng(self.seed).normal(size=shape)

    def _takes_upstream(self) -> bool:
        return any(source == "upstream" for source in self._sources().values())

    def gradients(self, arguments: Sequence[Any]) -> Any:
        """What df returns, or what f returns beside its output."""
        y, beside = self.split(self.call(_copied(list(arguments))))
        self.cache = beside
        if self.df is None:
            if beside is None:
                raise TypeError(
                    "df is left out, so f has to return (cost, gradients); it returns the cost "
                    f"only. The accepted forms are\n{FORMS}"
                )
            return self._gradients_among(beside)
        sources = self._sources()
        if "cache" in sources.values() and beside is None:
            raise TypeError(
                f"df{inspect.signature(self.df)} asks for a cache, and f returns none. "
                f"The accepted forms are\n{FORMS}"
            )
        fixed = _copied(self.fixed)
        named = dict(zip(self.names, arguments, strict=True)) | fixed
        upstream: Any = 1.0 if self.cotangent is None else self.cotangent.copy()
        if self.cotangent is None and np.size(y) != 1:
            upstream = np.ones(np.shape(y))
        meanings = {"cache": beside, "upstream": upstream}
        with np.errstate(all="ignore"):
            if not sources:
                return self.df(*arguments, **fixed)
            positional, keywords = [], {}
            parameters = inspect.signature(self.df).parameters
            for name, source in sources.items():
                value = meanings[source] if source in meanings else named[source.removeprefix("=")]
                if parameters[name].kind is inspect.Parameter.KEYWORD_ONLY:
                    keywords[name] = value
                else:
                    positional.append(value)
            return self.df(*positional, **keywords)

    def _gradients_among(self, beside: Any) -> Any:
        """The dict of gradients among dicts, as of (cost, gradients, cache); else all of it."""

        def named(each: Mapping[Any, Any]) -> int:
            return sum(bare(str(key)) != str(key) and bool(_named(str(key), self.leaves))
                       for key in each)  # fmt: skip

        dicts = (
            [each for each in beside if isinstance(each, Mapping)] if type(beside) is tuple else []
        )
        return max(dicts, key=named) if any(map(named, dicts)) else beside

    def _sources(self) -> dict[str, str]:
        """Where each parameter of df comes from; empty where df is called as f is."""
        try:
            signature = inspect.signature(self.df)
        except (TypeError, ValueError):
            return {}
        kinds = inspect.Parameter
        parameters = [
            p for p in signature.parameters.values()
            if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)
        ]  # fmt: skip
        known = {*self.names, *self.fixed}
        sources: dict[str, str] = {}
        unknown = []
        for p in parameters:
            if p.name in known:
                sources[p.name] = f"={p.name}"
            elif p.name.lower() in CACHES and p.default is kinds.empty:
                sources[p.name] = "cache"
            elif p.default is kinds.empty:
                unknown.append(p.name)
                sources[p.name] = ""
        upstream = [n for n in unknown if re.match(r"(d|grad|upstream|delta|cotangent)", n.lower())]
        special = "cache" in sources.values()
        alone = len(sources) == 1 and unknown and unknown[0].lower() in UPSTREAM
        if len(unknown) == 1 and upstream and (special or len(sources) > 1 or alone):
            [name] = upstream
            sources[name] = "upstream"
            unknown = []
        if not unknown:
            return sources if sources else {}
        try:
            signature.bind(*self.arguments, **self.fixed)
        except TypeError:
            raise TypeError(
                f"df{signature} cannot be called: there is nothing for "
                f"{', '.join(unknown)}. Known are {', '.join(sorted(known)) or 'no names'}"
                f"{' and a cache' if self.cache is not None else ''}. The accepted forms are\n"
                f"{FORMS}"
            ) from None
        return {}

    def matched(self, gradients: Any) -> tuple[dict[Leaf, Any], dict[str, Any]]:
        """The gradients by their leaves, and other arrays among them by their names."""
        if isinstance(gradients, Mapping):
            return self._by_name(gradients)
        if not isinstance(gradients, (tuple, list)):
            return self._single(gradients), {}
        arguments, parts = self.arguments, list(gradients)
        found: dict[Leaf, Any] = {}
        if len(arguments) == 1 and isinstance(arguments[0], (list, tuple)):
            self._nest(arguments[0], parts, (0,), found)
            return found, {}
        if len(parts) == 1 and len(arguments) == 1:
            self._nest(arguments[0], parts[0], (0,), found)
            return found, {}
        if len(parts) > len(arguments):
            raise ValueError(
                f"{len(parts)} gradients for {_counted(len(arguments), 'argument')} "
                f"({', '.join(self.names)}): return one for each, or a dict with their names"
            )
        for i, part in zip(self._meant(parts), parts, strict=True):
            if part is not None:
                self._nest(arguments[i], part, (i,), found)
        return found, {}

    def _meant(self, parts: Sequence[Any]) -> Sequence[int]:
        """The arguments that these gradients belong to, in order.

        Where there are fewer, none belongs to integers such as labels; then the first ones are
        meant, or those that the shapes fit.
        """
        every = range(len(self.arguments))
        floats = [i for i in every if not _is_integer(self.arguments[i])]
        decimals = [i for i in floats if not isinstance(self.arguments[i], (int, np.integer))]
        for places in (every, floats, decimals):
            if len(places) == len(parts):
                return places
        first = tuple(every[: len(parts)])
        fitting = [
            places for places in itertools.combinations(floats, len(parts))
            if all(_same_shape(self.arguments[i], p) for i, p in zip(places, parts, strict=True))
        ]  # fmt: skip
        return fitting[0] if len(fitting) == 1 and first not in fitting else first

    def _nest(
        self, argument: Any, part: Any, path: tuple[Any, ...], found: dict[Leaf, Any]
    ) -> None:
        inside = [leaf for leaf in self.leaves if leaf.path[: len(path)] == path]
        if isinstance(argument, Mapping) and isinstance(part, Mapping):
            named, _ = self._by_name(part, inside)
            found.update(named)
        elif isinstance(argument, (list, tuple)) and isinstance(part, (list, tuple)):
            if len(argument) != len(part):
                raise ValueError(f"{len(part)} gradients for a list of {len(argument)} arrays")
            for k, (each, its) in enumerate(zip(argument, part, strict=True)):
                self._nest(each, its, (*path, k), found)
        elif len(inside) == 1:
            found[inside[0]] = part
        else:
            raise ValueError(
                f"one array for the {len(inside)} arrays of {self.names[path[0]]}: "
                "return them as it holds them"
            )

    def _single(self, gradient: Any) -> dict[Leaf, Any]:
        first = self.arguments[0] if self.arguments else None
        if isinstance(first, (list, tuple)) and np.shape(gradient) == np.shape(first):
            found: dict[Leaf, Any] = {}  # a list of numbers, or of arrays of one shape
            self._nest(first, list(gradient), (0,), found)
            return found
        candidates = [leaf for leaf in self.leaves if not _is_integer(self.at(leaf))]
        if not candidates:
            candidates = self.leaves
        if not candidates:
            raise ValueError("there is no argument to take the gradient along")
        earliest = candidates[0]
        same = [leaf for leaf in candidates if np.shape(self.at(leaf)) == np.shape(gradient)]
        return {same[0] if earliest not in same and len(same) == 1 else earliest: gradient}

    def _by_name(
        self, gradients: Mapping[Any, Any], among: Sequence[Leaf] | None = None
    ) -> tuple[dict[Leaf, Any], dict[str, Any]]:
        among = self.leaves if among is None else among
        found: dict[Leaf, Any] = {}
        others: dict[str, Any] = {}
        for key, gradient in gradients.items():
            leaf = _named(str(key), among)
            if leaf is not None and not isinstance(gradient, (Mapping, list, tuple)):
                found[leaf] = gradient
            elif isinstance(gradient, (Mapping, list, tuple)) and (
                path := self._container(str(key), among)
            ):
                self._nest(_reach(self.arguments, path), gradient, path, found)
            else:
                others[str(key)] = gradient
        if not found:
            raise ValueError(
                f"none of the gradients {', '.join(map(str, gradients))} bears the name of an "
                f"array: {', '.join(leaf.name for leaf in among)}"
            )
        return found, others

    def _container(self, key: str, among: Sequence[Leaf]) -> tuple[Any, ...]:
        """The path of a dict or list of arrays with that name."""
        for name in (key, bare(key)):
            for leaf in among:
                names = (self.names[leaf.path[0]], *leaf.path[1:])
                if name in names[:-1]:
                    return leaf.path[: names.index(name) + 1]
        return ()

    def forgotten(self, found: Mapping[Leaf, Any]) -> list[Leaf]:
        """Arrays without a gradient in a dict or list of which others have one."""
        containers = {leaf.path[:-1] for leaf in found if len(leaf.path) > 1}
        return [
            leaf for leaf in self.leaves
            if leaf.path[:-1] in containers and leaf not in found and not _is_integer(self.at(leaf))
        ]  # fmt: skip


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def bare(name: str) -> str:
    """The name of an array in the name of its gradient: W1 of dW1, grad_W1, dJ_dW1, dL/dW1."""
    name = re.sub(r"^d[A-Z]?[_/]d_?", "", name)
    return re.sub(r"^(grads?_|gradient_|d_|d(?=.))", "", name)


def _named(key: str, leaves: Sequence[Leaf]) -> Leaf | None:
    for wanted in (key, bare(key)):
        for fold in (str, str.lower):
            for leaf in leaves:
                if fold(wanted) in (fold(leaf.short), fold(leaf.name)):
                    return leaf
    return None


def _names(f: Callable[..., Any], n: int) -> list[str]:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind is not inspect.Parameter.VAR_POSITIONAL]
    names = names[: sum(p.kind < inspect.Parameter.KEYWORD_ONLY for p in parameters)][:n]
    return [*names, *[f"argument {i + 1}" for i in range(len(names), n)]]


def _leaves(thing: Any, name: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(thing, Mapping):
        for key, each in thing.items():
            for inner, path in _leaves(each, f"{name}[{key!r}]".replace("'", '"')):
                yield inner, (key, *path)
    elif isinstance(thing, (list, tuple)):
        for i, each in enumerate(thing):
            for inner, path in _leaves(each, f"{name}[{i}]"):
                yield inner, (i, *path)
    elif np.asarray(thing).dtype.kind in "fiu":
        yield name, ()


def _copied(thing: Any) -> Any:
    if isinstance(thing, Mapping):
        return {key: _copied(each) for key, each in thing.items()}
    if isinstance(thing, (list, tuple)):
        return (
            type(thing)([_copied(each) for each in thing])
            if type(thing) in (list, tuple)
            else thing
        )
    return thing.copy() if isinstance(thing, np.ndarray) else thing


def _locked(thing: Any) -> Any:
    """The same with arrays that cannot be written to."""
    if isinstance(thing, np.ndarray):
        thing.flags.writeable = False
    elif isinstance(thing, (Mapping, list, tuple)):
        for each in thing.values() if isinstance(thing, Mapping) else thing:
            _locked(each)
    return thing


def _write(array: Any, place: tuple[int, ...], number: Any) -> None:
    array.flags.writeable = True
    array[place] = number
    array.flags.writeable = False


def _reach(thing: Any, path: Sequence[Any]) -> Any:
    for key in path:
        thing = thing[key]
    return thing


def _put(arguments: list[Any], path: Sequence[Any], array: Any) -> None:
    *before, last = path
    holder = arguments
    for key in before:
        if isinstance(holder[key], tuple):  # tuples cannot be changed
            holder[key] = list(holder[key])
        holder = holder[key]
    holder[last] = array


def _same_shape(argument: Any, gradient: Any) -> bool:
    if isinstance(argument, (Mapping, list, tuple)):
        return isinstance(gradient, (Mapping, list, tuple)) and len(argument) == len(gradient)
    return not isinstance(gradient, Mapping) and np.shape(argument) == np.shape(gradient)


def _is_integer(thing: Any) -> bool:
    return isinstance(thing, np.ndarray) and thing.dtype.kind in "iub"
