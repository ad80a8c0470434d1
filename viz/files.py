"""Files: the format by the ending of a name, and writing a file completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path


def format_of(path: str | os.PathLike[str], formats: Iterable[str]) -> str:
    """What a file name ends in, if it is one of the formats.

    Raises:
        ValueError: it is none of them.
    """
    ending = Path(path).suffix[1:].lower()
    check_format(ending, formats)
    return ending


def check_format(file_format: str, formats: Iterable[str]) -> None:
    """Raise ValueError if there is no such format."""
    if file_format not in formats:
        raise ValueError(f"unknown format {file_format!r}: choose one of {', '.join(formats)}")


def write_as(path: str | os.PathLike[str], **formats: Callable[[], bytes]) -> Path:
    """Write what belongs to the ending of a file name, given as ``html=…, pdf=…``.

    Raises:
        ValueError: nothing belongs to it.
        OSError: see :func:`write`.
    """
    write(path, formats[format_of(path, formats)]())
    return Path(path)


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: the file cannot be written; an existing file is then unchanged.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise type(error)(f"cannot write {os.fspath(path)}: {error.strerror}") from None
