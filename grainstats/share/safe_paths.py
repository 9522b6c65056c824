"""Names of files that a shared database hands out: only those below the output folder are used.

Whoever may write into a shared database could otherwise let a run write elsewhere, or read any file of the
machine into a report.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
MOST_BYTES = 64 << 20  #: of one picture; the largest overlay (2048 px) has about 4 MB


def is_relative(name: object) -> bool:
    """Whether `name` is a plain relative path: text, without ``..``, drive, backslash or control character.

    Examples
    --------
    >>> [is_relative(name) for name in ("images/S1/a.png", "../a.png", "/etc/passwd", "C:/a")]
    [True, False, False, False]
    """
    if not isinstance(name, str) or not name or re.search(r"[\x00-\x1f\x7f\\]|^\w:", name):
        return False
    return not name.startswith("/") and ".." not in name.split("/")


def is_below(folder: Path, name: object) -> bool:
    """Whether the file `name` of `folder` lies below it when all links are followed; it may not exist yet."""
    if not is_relative(name):
        return False
    root = os.path.realpath(folder)
    return os.path.realpath(os.path.join(root, str(name))).startswith(root.rstrip(os.sep) + os.sep)


class FilesBelow:
    """The files below a folder: ``name in files``; each of its folders is looked at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._inside: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        if not is_relative(name):
            return False
        above, _, last = str(name).rpartition("/")
        if above not in self._inside:
            self._inside[above] = not above or is_below(self._folder, above)
        path = os.path.join(self._folder, above, last)
        return self._inside[above] and os.path.isfile(path) and not os.path.islink(path)


def picture_kind(path: Path) -> str | None:
    """``"image/png"`` or ``"image/jpeg"`` by the file's first bytes; None where it is no such picture."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        with path.open("rb") as file:
            head = file.read(8)
    except OSError:
        return None
    return next((kind for magic, kind in _PICTURES.items() if head.startswith(magic)), None)


def picture_below(folder: Path, name: object) -> Path | None:
    """The picture `name` of `folder`; None where it leads out of it, is missing, or is no picture."""
    if not is_below(folder, name):
        return None
    path = folder / str(name)
    return path if picture_kind(path) is not None else None
