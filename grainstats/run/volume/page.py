"""The page of one volume: figures, the block from outside, orthogonal slices, a slider through the stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from grainstats.run.report.grain_maps import scale_bar
from grainstats.run.report.image_overlays import encoded
from grainstats.run.report.page import data_uri, jpeg_uri, render_page
from grainstats.run.volume.analysis import VolumeAnalysis, rows_of
from grainstats.run.volume.slices import FACES, LONGEST_PX, block_picture, palette, slice_picture

MOST_SLICES = 64  #: in the slider
MOST_BYTES = 8_000_000  #: of the slider's pictures together
#: each axis that a slice is cut across, and what its picture shows
AXES = ((0, "x right, y down"), (1, "x right, z down"), (2, "y right, z down"))


def volume_page(found: VolumeAnalysis, name: str) -> str:
    """The whole page as one self-contained document of less than 10 MB."""
    middle = [_view(found, axis, found.volume.labels.shape[axis] // 2, title) for axis, title in AXES]
    faces = [_picture(found, axis, where) for axis, where, _ in FACES]
    block = Image.fromarray(block_picture(faces, found.volume.extent_nm))
    return render_page(
        "volume.html.j2",
        name=name,
        d=found.document,
        rows=list(rows_of(found.document)),
        block=data_uri(encoded(block, "WEBP", quality=80), "image/webp"),
        views=middle,
        slices=list(_slices(found)),
    )


def _slices(found: VolumeAnalysis) -> Iterator[dict[str, Any]]:
    """Slices for the slider, evenly spread, as many as the page holds."""
    n, used = len(found.volume.labels), 0
    for z in np.unique(np.linspace(0, n - 1, min(n, MOST_SLICES)).astype(int)):
        view = _view(found, 0, int(z), "")
        used += len(view["uri"])
        if used > MOST_BYTES:
            return
        yield view


def _view(found: VolumeAnalysis, axis: int, where: int, title: str) -> dict[str, Any]:
    """One slice across an axis inside the page, with its scale bar; `number` counts from 1."""
    picture = _picture(found, axis, where)
    return {
        "caption": f"{title}, {'zyx'[axis]} = slice {where + 1}",
        "number": where + 1,
        "uri": jpeg_uri(Image.fromarray(picture), LONGEST_PX, quality=80),
        "width": picture.shape[1],
        "height": picture.shape[0],
        "bar": scale_bar(found.volume.extent_nm[1 if axis == 2 else 2]),
    }


def _picture(found: VolumeAnalysis, axis: int, where: int) -> np.ndarray:
    """A slice across an axis as RGB."""
    labels = found.volume.labels.take(where, axis=axis)
    grey = None if found.grey is None else found.grey.take(where, axis=axis)
    down, right = (e for k, e in enumerate(found.volume.voxel_size.zyx) if k != axis)
    return slice_picture(labels, grey, palette(found.volume.n_grains), (down, right))
