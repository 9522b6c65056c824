"""Names of files: those that a shared database hands out, and new ones that every file system takes.

Of the former only those below the output folder are used: whoever may write into a shared database could
otherwise let a run write elsewhere, or read any file of the machine into a report.
"""

import os
import re
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path

_MOST_BYTES = 64 << 20  #: of one picture; the largest overlay (2048 px) has about 4 MB


def is_relative(name: object) -> bool:
    """Whether `name` is a plain relative path: text, without ``..``, drive, backslash or control character.

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


def file_below(folder: Path, name: object) -> Path | None:
    """The file `name` of `folder`; None where it leads out of it, or is not there."""
    path = folder / str(name)
    return path if is_below(folder, name) and os.path.isfile(path) else None


def picture_below(folder: Path, name: object) -> Path | None:
    """The PNG or JPEG `name` of `folder`; None where it leads out of it, is not there, or is no picture."""
    from PIL import Image

    path = file_below(folder, name)
    if path is None or path.stat().st_size > _MOST_BYTES:
        return None
    Image.preinit()  # else it loads all its formats to see whether a JPEG is a PNG
    try:
        with Image.open(path, formats=("PNG", "JPEG")):
            return path
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


_LONGEST = 160  #: bytes of a sample's or an image's name in a file name, of 255 that file systems take


def told_apart(names: Iterable[str]) -> list[str]:
    """The names as those of files; of ones that differ in no letter but its case the later are numbered.

    >>> told_apart(["a", "b", "A"])
    ['a', 'b', 'A_2']
    """
    found: dict[str, str] = {}
    for name in map(short_name, names):
        numbered = (f"{name}_{number}" for number in count(2))
        free = next(each for each in chain([name], numbered) if each.casefold() not in found)
        found[free.casefold()] = free
    return list(found.values())


def short_name(name: str) -> str:
    """The name, or as much of it as leaves room in a file name."""
    encoded = os.fsencode(name)
    return name if len(encoded) <= _LONGEST else encoded[:_LONGEST].decode(errors="ignore")
