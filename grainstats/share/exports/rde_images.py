"""Main image and thumbnail of an RDE tile: the boundary overlay, or else the size distribution."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from segment.errors import InputError

THUMBNAIL_PX = 320  #: longer edge


def write_images(tile: Path, stem: str, overlay: Path | None, grains: pd.DataFrame | None) -> None:
    """Write ``main_image/`` and ``thumbnail/`` of one tile.

    Parameters
    ----------
    tile : Path
    stem : str
    overlay : Path or None
        Picture of the boundaries over the micrograph.
    grains : DataFrame or None
        Those inside the frame are drawn as a distribution where there is no overlay; no picture is made
        without either.
    """
    if overlay is None and (grains is None or bool(grains["touches_frame"].all())):
        return
    main, small = tile / "main_image", tile / "thumbnail"
    main.mkdir(parents=True)
    small.mkdir()
    if overlay is not None:
        picture = main / f"{stem}{overlay.suffix}"
        shutil.copyfile(overlay, picture)
    else:
        assert grains is not None
        picture = _draw_distribution(grains, main / f"{stem}.png")
    _shrink(picture, small / f"{stem}.png")


def _draw_distribution(grains: pd.DataFrame, path: Path) -> Path:
    """Equivalent diameters of whole grains, number- and area-weighted, on a logarithmic axis."""
    from matplotlib.figure import Figure

    whole = grains[~grains["touches_frame"]]
    diameter, number = (whole[name].to_numpy(float) for name in ("equivalent_diameter_nm", "weight"))
    area = number * whole["area_nm2"].to_numpy(float)
    low, high = diameter.min() * 0.9, diameter.max() * 1.1
    edges = np.geomspace(low, high, 21)
    figure = Figure(figsize=(6.4, 4.8), dpi=100, layout="constrained")
    axes = figure.subplots()
    for weights, label in ((number, "number"), (area, "area")):
        height, _ = np.histogram(diameter, edges, weights=weights)
        axes.stairs(height / height.sum(), edges, label=f"by {label}", linewidth=2)
    axes.set(xscale="log", xlabel="equivalent circle diameter, nm", ylabel="share of the grains")
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Software": None})
    return path


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
