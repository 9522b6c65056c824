"""Whether a path leads to a file that can be read, said without opening it."""

import difflib
import errno
import itertools
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from segment.errors import InputError

#: endings of what this program writes beside a micrograph
OURS = (".labels.tif", ".boundary.tif", ".overlay.png", ".scale_bar.png", ".truth.tif", ".truth.png")
_LOOKED_AT = 5000  #: names of a folder that are compared with one that is missing
_FOLDER = "Name the images in it, check that you may list it, or rename it without the suffix"
_SAVE = "Save the image as a file"
_KINDS = {
    stat.S_IFDIR: ("a folder, not a file", _FOLDER),
    stat.S_IFIFO: ("a named pipe, not a file", _SAVE),
    stat.S_IFSOCK: ("a socket, not a file", _SAVE),
    **dict.fromkeys((stat.S_IFCHR, stat.S_IFBLK), ("a device, not a file", _SAVE)),
}


def place_of(path: Path) -> Path:
    """Where a file, or a link to one, lies: its folder without links, and its own name.

    A link is not followed: an image belongs to the folder in which its link lies.
    """
    return Path(os.path.realpath(path.parent), path.name)


def check_the_path(path: Path) -> str:
    """Remedy for a file that is not there: the name of its folder that comes nearest, where one does."""
    try:
        with os.scandir(path.parent) as found:
            names = [entry.name for entry in itertools.islice(found, _LOOKED_AT)]
    except (OSError, ValueError):
        return "Check the path"
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"Check the path; did you mean {near[0]}?" if near else "Check the path"


def no_file(path: Path) -> tuple[str, str]:
    """Reason and remedy for a path that leads to no file: missing, a broken link, a pipe, a device."""
    why = why_no_file(path) if os.path.lexists(path) else None
    return why or ("no such file", check_the_path(path))


def file_text(path: Path, encoding: str = "utf-8") -> str:
    """Text of a small file; OSError where it is none: opening a pipe waits, reading a device never ends."""
    if (why := why_no_file(path)) is not None:
        raise OSError(why[0].removeprefix("cannot be read: "))  # which the callers say themselves
    return path.read_text(encoding=encoding)


def toml_content(path: Path, remedy: str, kind: type[InputError] = InputError) -> dict[str, Any]:
    """Content of a TOML file; an error of this `kind`, with this `remedy`, where there is none.

    It is no TOML, too, where values are nested too deep, or a number has more than 64 bits.
    """
    try:
        content = tomllib.loads(file_text(path))
        _refuse_long_numbers("it", content)
    except OSError as error:
        raise kind(path, f"cannot be read: {error.strerror or error}", remedy) from error
    except (ValueError, RecursionError) as error:
        said = "its values are nested too deep" if isinstance(error, RecursionError) else error
        raise kind(path, f"is not valid TOML: {said}", "Correct that line") from error
    return content


def _refuse_long_numbers(name: str, value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_long_numbers(key, inner)
    for inner in value if isinstance(value, list) else ():
        _refuse_long_numbers(name, inner)
    if isinstance(value, int) and value.bit_length() > 63:
        raise ValueError(f"{name} has more than 64 bits")


def why_no_file(path: Path) -> tuple[str, str] | None:
    """Reason and remedy where `path` is no regular file; None where it is one.

    Opening a named pipe would wait for ever; a link may lead nowhere or in a circle.
    """
    try:
        mode = stat.S_IFMT(os.stat(path).st_mode)
    except ValueError:
        return "its name holds a NUL character", "Rename it"
    except OSError as error:
        if not os.path.islink(path):
            return f"cannot be read: {error.strerror}", "Check the path and its permissions"
        if error.errno == errno.ELOOP:
            return "a link that leads back to itself", "Remove the link, or let it lead to the image"
        return f"a link that leads nowhere ({error.strerror})", "Restore the file, or remove the link"
    if mode == stat.S_IFDIR and not os.access(path, os.R_OK | os.X_OK):
        return "a folder that cannot be listed", "Check its permissions"
    return _KINDS.get(mode)
