"""What a micrograph is called in the database, the report and the exports: no folder of this machine."""

from __future__ import annotations

import glob
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from pathlib import Path

DATABASE = "results.db"  #: of a run, in its output folder


def stored_names(inputs: Sequence[str]) -> Callable[[Path], str]:
    """Function that names a micrograph after the input it was found under.

    ``run /home/ann/films`` finds ``/home/ann/films/S1/a.tif`` and calls it ``films/S1/a.tif``; a file that
    was given itself is called after its folder, ``S1/a.tif``. The digest, not the name, is its identity.
    """
    folders = sorted(
        {
            os.path.abspath(found)
            for text in inputs
            for found in ([text] if os.path.exists(text) else glob.glob(text, recursive=True))
            if Path(found).is_dir()
        },
        key=len,
    )

    def name(path: Path) -> str:
        text = os.path.abspath(path)
        above = (folder for folder in folders if text.startswith(folder.rstrip(os.sep) + os.sep))
        root = os.path.dirname(next(above, os.path.dirname(text)))
        return printable(Path(text[len(root) :].lstrip(os.sep)).as_posix())

    return name


def spellings(path: str) -> list[str]:
    """A sheet's path as this file system may have it: slashes for backslashes, accents composed or apart.

    Examples
    --------
    >>> len(spellings("S1/a.tif")), spellings(chr(92).join(("S1", "a.tif")))[-1]
    (1, 'S1/a.tif')
    """
    written = (path, path.replace("\\", "/"))
    return list(
        dict.fromkeys(unicodedata.normalize(form, text) for text in written for form in ("NFC", "NFD"))
    )


_UNSEEN = frozenset("\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def printable(text: str) -> str:
    r"""`text` with what a terminal, a table or a database would not take as a character written out.

    Control characters (a terminal obeys them), marks that turn the direction of writing, and the bytes of a
    file name that is not UTF-8 become ``\\x1b``, ``\\u202e``, ``\\xff``.

    Examples
    --------
    >>> print(printable("a\x1b[2J\udcff.tif"))
    a\x1b[2J\xff.tif
    """
    if text.isprintable():
        return text
    return "".join(map(_written_out, text))


def _written_out(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python keeps it (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or 0x7F <= code < 0xA0:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if character in _UNSEEN or 0xD800 <= code <= 0xDFFF else character


def without_folders(text: str, path: Path, name: str) -> str:
    """`text`, which may speak of `path` or of a file beside it, without the folders above `name`."""
    own = Path(name).parent.as_posix()
    kept = "" if own == "." else f"{own}/"
    for folder in {str(path.parent), os.path.abspath(path.parent), os.path.realpath(path.parent)}:
        if os.path.isabs(folder):
            text = text.replace(folder.rstrip(os.sep) + os.sep, kept)
    return text


_LONGEST = 160  #: bytes of a sample's or an image's name in a file name, of 255 that file systems take


def plain_name(name: str) -> str:
    """A name fit for a file on every system, with room for what stands behind it."""
    return re.sub(r"[^\w.+-]+", "_", short_name(printable(name))).strip("._") or "image"


def told_apart(names: Iterable[str]) -> list[str]:
    """The names as those of files; of ones that differ in no letter but its case the later are numbered.

    Examples
    --------
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
