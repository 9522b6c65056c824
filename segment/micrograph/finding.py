"""Which files of a folder are micrographs."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from segment.errors import UnreadableError
from segment.file_kind import OURS, check_the_path, place_of

SUFFIXES = frozenset(
    ".dm3 .dm4 .emd .ser .mrc .mrcs .tif .tiff .png .jpg .jpeg .bmp".split()
)  #: files taken from a folder; a file named outright is tried whatever its suffix

Wanted = Callable[[Path], bool] | None

_GLOB = frozenset("*?[")


def find_micrographs(
    inputs: Path | str | Iterable[Path | str], *, also: Callable[[Path], bool] | None = None
) -> list[Path]:
    """Micrograph files behind files, folders and glob patterns.

    Parameters
    ----------
    inputs : path or iterable of paths
        A folder is searched with all its subfolders, linked ones too, for the known suffixes; hidden files,
        and label maps and overlays that this program wrote, are left out, as are text files beside an image.
        A folder that cannot be listed stands for itself, so that reading it says why; so do links that lead
        nowhere, named pipes, and folders named like an image that hold none.
    also : callable, optional
        Tells other files of a folder that are wanted, such as orientation maps.

    Returns
    -------
    list of Path
        Sorted, each file once; links to one file from several folders are as many images.

    Raises
    ------
    UnreadableError
        A path that does not exist, or a pattern or folder without a micrograph.

    Examples
    --------
    >>> find_micrographs("nowhere/*.tif")
    Traceback (most recent call last):
        ...
    segment.errors.UnreadableError: nowhere/*.tif: ...
    """
    wanted = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    found: dict[Path, Path] = {}
    folders: dict[Path, Path] = {}  # without links, each followed once
    for one in wanted:
        for path in _expand(one, also):
            if path.parent not in folders:
                folders[path.parent] = place_of(path).parent
            found.setdefault(folders[path.parent] / path.name, path)
    return sorted(found.values())


def _expand(one: Path | str, also: Wanted) -> list[Path]:
    path = Path(one)
    if os.path.lexists(path) and not os.path.isdir(path):
        return [path]
    if os.path.isdir(path):
        matches = list(_inside(path, also))
    elif _GLOB & set(str(one)):
        hits = [Path(hit) for hit in glob.glob(str(one), recursive=True)]
        inside = [p for hit in hits if hit.is_dir() for p in _inside(hit, also)]
        matches = [hit for hit in hits if not hit.is_dir() and _is_wanted(hit, also)] + inside
    else:
        raise UnreadableError(one, "no such file or folder", check_the_path(path))
    if not matches:
        raise UnreadableError(
            one, "no micrograph found there", f"Known are {', '.join(sorted(SUFFIXES))}; name a file outright"
        )
    return matches


def _inside(root: Path, also: Wanted) -> Iterator[Path]:
    """Micrographs below a folder, linked folders once, and those folders that cannot be listed."""
    unlisted: list[Path] = []
    entered = set()
    empty: dict[Path, bool] = {}  # folders named like an image, and whether no image was found below
    for here, folders, files in os.walk(
        root, followlinks=True, onerror=lambda e: unlisted.append(Path(e.filename))
    ):
        real = os.path.realpath(here)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        empty.update((path, True) for name in folders if _is_wanted(path := Path(here, name), None))
        inside = [path for name in files if _is_wanted(path := Path(here, name), also)]
        if inside:
            empty.update((above, False) for above in (Path(here), *Path(here).parents) if above in empty)
        yield from inside
    yield from unlisted
    yield from (folder for folder, nothing in empty.items() if nothing)


def _is_wanted(path: Path, also: Wanted) -> bool:
    name = path.name.lower()
    known = path.suffix.lower() in SUFFIXES and not name.endswith(OURS)
    if name.startswith("."):
        return False
    return known or (also is not None and path.is_file() and also(path))
