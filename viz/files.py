"""Files: the format by the ending of a name, and writing a file completely or not at all."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
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


def check_target(path: str | os.PathLike[str], formats: Iterable[str]) -> str:
    """What a file name ends in, if a file of that name can be written as far as one can tell.

    It is asked before anything is made, which may take a while.

    Raises:
        ValueError: it is none of the formats.
        OSError: its folder is missing, or there is a folder of that name.
    """
    ending = format_of(path, formats)
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {os.fspath(path)}: {os.strerror(errno.EISDIR)}")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {os.fspath(path)}: {os.strerror(errno.ENOENT)}")
    return ending


def write_as(path: str | os.PathLike[str], **formats: Callable[[], bytes]) -> Path:
    """Write what belongs to the ending of a file name, given as ``html=…, pdf=…``.

    Raises:
        ValueError: nothing belongs to it.
        OSError: see :func:`check_target` and :func:`write`.
    """
    write(path, formats[check_target(path, formats)]())
    return Path(path)


_count = itertools.count()


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all; one that was there keeps its permissions.

    Raises:
        OSError: the file cannot be written; an existing file is then unchanged.
    """
    target = Path(os.path.realpath(path))
    # A short name, as that of the target may be as long as names can be, and one for each thread.
    draft = target.with_name(f".glassgrad-{os.getpid()}-{next(_count)}")
    try:
        draft.write_bytes(content)
        with suppress(FileNotFoundError):
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise type(error)(f"cannot write {os.fspath(path)}: {error.strerror}") from None
