"""What a micrograph is called in the database, the report and the exports: no folder of this machine."""

import glob
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from grainstats.share.safe_paths import short_name
from grainstats.share.spreadsheet_text import written_out

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

    >>> len(spellings("S1/a.tif")), spellings(chr(92).join(("S1", "a.tif")))[-1]
    (1, 'S1/a.tif')
    """
    written = (path, path.replace("\\", "/"))
    return list(
        dict.fromkeys(unicodedata.normalize(form, text) for text in written for form in ("NFC", "NFD"))
    )


#: control characters, marks of direction, half pairs, and the bytes of names that are not UTF-8
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    r"""`text` with what a terminal, a table or a database would not take as a character written out.

    Control characters (a terminal obeys them), marks that turn the direction of writing, and the bytes of a
    file name that is not UTF-8 become ``\\x1b``, ``\\u202e``, ``\\xff``.

    >>> print(printable("a\x1b[2J\udcff.tif"))
    a\x1b[2J\xff.tif
    """
    return text if text.isprintable() else _UNSEEN.sub(written_out, text)


def without_folders(text: str, path: Path, name: str) -> str:
    """`text`, which may speak of `path` or of a file beside it, without the folders above `name`."""
    own = Path(name).parent.as_posix()
    kept = "" if own == "." else f"{own}/"
    for folder in {str(path.parent), os.path.abspath(path.parent), os.path.realpath(path.parent)}:
        if os.path.isabs(folder):
            text = text.replace(folder.rstrip(os.sep) + os.sep, kept)
    return text


def plain_name(name: str) -> str:
    """A name fit for a file on every system, with room for what stands behind it."""
    return re.sub(r"[^\w.+-]+", "_", short_name(printable(name))).strip("._") or "image"
