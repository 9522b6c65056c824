"""Which files of a folder are micrographs."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from segment.errors import UnreadableError

SUFFIXES = frozenset(
    ".dm3 .dm4 .emd .ser .mrc .mrcs .tif .tiff .png .jpg .jpeg .bmp".split()
)  #: files taken from a folder; a file named outright is tried whatever its suffix

_GLOB = frozenset("*?[")
_OURS = (".labels.tif", ".boundary.tif", ".overlay.png", ".truth.tif", ".truth.png")


def find_micrographs(inputs: Path | str | Iterable[Path | str]) -> list[Path]:
    """Micrograph files behind files, folders and glob patterns.

    Parameters
    ----------
    inputs : path or iterable of paths
        A folder is searched with all its subfolders for the known suffixes; hidden files, and label maps and
        overlays that this program wrote, are left out, as are text files beside an image.

    Returns
    -------
    list of Path
        Sorted, each file once.

    Raises
    ------
    UnreadableError
        A path that does not exist, or a pattern or folder without a micrograph.
    """
    wanted = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    found: dict[Path, Path] = {}
    for one in wanted:
        for path in _expand(one):
            found.setdefault(path.resolve(), path)
    return sorted(found.values())


def _expand(one: Path | str) -> list[Path]:
    path = Path(one)
    if path.is_file():
        return [path]
    if path.is_dir():
        matches = [p for p in path.rglob("*") if _is_micrograph(p, path)]
    elif _GLOB & set(str(one)):
        hits = [Path(hit) for hit in glob.glob(str(one), recursive=True)]
        inside = [p for hit in hits if hit.is_dir() for p in hit.rglob("*") if _is_micrograph(p, hit)]
        matches = [hit for hit in hits if hit.is_file() and _is_micrograph(hit, hit.parent)] + inside
    else:
        raise UnreadableError(one, "no such file or folder", "Check the path")
    if not matches:
        raise UnreadableError(
            one, "no micrograph found there", f"Known are {', '.join(sorted(SUFFIXES))}; name a file outright"
        )
    return matches


def _is_micrograph(path: Path, root: Path) -> bool:
    if path.suffix.lower() not in SUFFIXES or path.name.lower().endswith(_OURS):
        return False
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return not hidden and path.is_file()
