"""Main image and thumbnail of an RDE tile: the boundaries over the micrograph."""

from __future__ import annotations

import shutil
from pathlib import Path

from segment.errors import InputError

THUMBNAIL_PX = 320  #: longer edge


def write_images(tile: Path, stem: str, overlay: Path) -> None:
    """Write ``main_image/`` and ``thumbnail/`` of one tile from the picture of its boundaries."""
    main, small = tile / "main_image", tile / "thumbnail"
    main.mkdir(parents=True)
    small.mkdir()
    shutil.copyfile(overlay, main / f"{stem}{overlay.suffix}")
    _shrink(overlay, small / f"{stem}.png")


def _shrink(picture: Path, path: Path) -> None:
    """A thumbnail that keeps the shape of the picture."""
    from PIL import Image

    try:
        with Image.open(picture, formats=("PNG", "JPEG")) as opened:
            small = opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        raise InputError(
            picture, "the overlay is no picture", "Run grainstats run again, or give --files"
        ) from None
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    small.save(path)
