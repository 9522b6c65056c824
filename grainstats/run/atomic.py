"""Files appear whole or not at all: written beside their place, then renamed into it."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

_MARK = "grainstats-"  # so that nobody else's hidden file is taken for ours
_TEMPORARY = re.compile(rf"\.+{_MARK}\d+\..+")
#: A disk that is full, read-only or gone; the name of a file, its size and its rights concern it alone.
_NO_MORE = "ENOSPC EDQUOT EROFS EIO ESTALE ENODEV ENOTCONN ETIMEDOUT".split()


class OutputError(OSError):
    """The output takes no file any more: the next input would fare no better."""


def write_atomically(path: Path, write: Callable[[Path], object], *, durable: bool = False) -> None:
    """Let `write` fill a temporary file of the same suffix in the same folder, then rename it to `path`.

    A run that is killed leaves at worst the temporary file, which no run reads; see `remove_leftovers`.
    `durable`: the bytes are on the disk before the file has its name; a power cut leaves no empty one.

    `OSError`: it names `path`; an `OutputError` where no other file could be written either.
    """
    temporary = path.with_name(f".{_MARK}{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(temporary)
            if durable:
                with temporary.open("rb+") as file:
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if error.errno is None:
            raise
        kind = OutputError if errno.errorcode.get(error.errno) in _NO_MORE else OSError
        raise kind(error.errno, error.strerror, os.fspath(path)) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def remove_leftovers(folder: Path, before: float) -> None:
    """Remove the temporary files that killed runs left below `folder`.

    Only those last written before `before`, seconds since the epoch: other shards may be writing theirs.
    """
    for here, _, files in os.walk(folder):
        for path in (Path(here, name) for name in files if _TEMPORARY.fullmatch(name)):
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
