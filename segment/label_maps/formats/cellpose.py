"""cellpose: ``NAME_seg.npy`` is a pickle, which can run programs when it is read; refused with the remedy.

The masks that cellpose saves as PNG or TIFF are label maps like any other.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from segment.errors import UnreadableError


def recognises(path: Path) -> bool:
    """An array file of Python objects, as cellpose writes beside the image."""
    if path.suffix.lower() != ".npy":
        return False
    with path.open("rb") as file:
        return file.read(6) == b"\x93NUMPY" and b"'|O'" in file.read(256)


def read(path: Path) -> NoReturn:
    """Refuse. `UnreadableError`: always."""
    raise UnreadableError(
        path,
        "it holds Python objects (cellpose's _seg.npy), which could run any program when read",
        "In cellpose, choose File > Save masks as PNG/tif, or call `cellpose --save_tif`, and give that file",
    )
