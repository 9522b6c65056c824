"""Files of one analysed volume: tables, labels, and the page with its slices and the block from outside."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from grainstats.run.atomic import write_atomically, write_bytes
from grainstats.run.report.grain_maps import scale_bar
from grainstats.run.report.image_overlays import encoded, shrink_indices
from grainstats.run.report.page import data_uri, jpeg_uri, render_page
from grainstats.run.volume.analysis import VolumeAnalysis, rows_of
from segment.cells.label_edges import on_edges
from segment.volume.export import write_ome_zarr, write_stl, write_tiff, write_vti

MOST_SLICES = 64  #: in the slider
_MOST_BYTES = 8_000_000  #: of the slider's pictures together
#: each axis that a slice is cut across, and what its picture shows
_AXES = ((0, "x right, y down"), (1, "x right, z down"), (2, "y right, z down"))
_LONGEST_PX = 512  #: longer edge of a slice on the page
VOID = (38, 40, 46)  #: RGB
LINE, DARK_LINE = (255, 214, 10), (30, 30, 34)  #: RGB, on grey levels and on colours
_GOLDEN = 0.618034  #: golden ratio: neighbouring numbers get distant hues
#: where the axes z, y, x of the block go on the page (right, down): z runs to the back
ON_PAGE = np.array([[0.5, -0.32], [0.0, 1.0], [0.87, 0.2]])
#: faces that are seen: axis cut across, index of the slice, brightness
FACES = ((1, 0, 1.0), (0, 0, 0.92), (2, -1, 0.78))


def volume_page(found: VolumeAnalysis, name: str) -> str:
    """The whole page as one self-contained document of less than 10 MB."""
    middle = [_view(found, axis, found.volume.labels.shape[axis] // 2, title) for axis, title in _AXES]
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
        if used > _MOST_BYTES:
            return
        yield view


def _view(found: VolumeAnalysis, axis: int, where: int, title: str) -> dict[str, Any]:
    """One slice across an axis inside the page, with its scale bar; `number` counts from 1."""
    picture = _picture(found, axis, where)
    return {
        "caption": f"{title}, {'zyx'[axis]} = slice {where + 1}",
        "number": where + 1,
        "uri": jpeg_uri(Image.fromarray(picture), _LONGEST_PX, quality=80),
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


def palette(n: int) -> np.ndarray:
    """A calm colour for each label, label 0 dark, uint8 of shape (n + 1, 3)."""
    hue = (np.arange(n + 1) * _GOLDEN) % 1.0
    light = 0.62 + 0.18 * ((np.arange(n + 1) * _GOLDEN * 7) % 1.0)
    angle = 2 * np.pi * (hue[:, None] + np.array([0.0, 1 / 3, 2 / 3]))
    colours = light[:, None] + 0.16 * np.cos(angle)
    out = np.clip(colours * 255, 0, 255).astype(np.uint8)
    out[0] = VOID
    return out


def slice_picture(
    labels: np.ndarray, grey: np.ndarray | None, colours: np.ndarray, edges: tuple[float, float]
) -> np.ndarray:
    """One slice with thin boundaries over its grey levels, or over a colour of `palette` for each grain.

    `edges` are height and width of a pixel. RGB of square pixels; the longer edge has `_LONGEST_PX`.
    """
    length = np.array(labels.shape) * np.array(edges)
    rows, columns = np.maximum(np.rint(length / length.max() * _LONGEST_PX), 1).astype(int)
    shown = labels[shrink_indices(labels.shape, (rows, columns))]
    if grey is None:
        picture = colours[shown]
    else:
        method = cv2.INTER_AREA if rows < labels.shape[0] else cv2.INTER_NEAREST
        picture = np.repeat(cv2.resize(grey, (columns, rows), interpolation=method)[..., None], 3, axis=2)
    picture[on_edges(shown, upper_left=True)] = DARK_LINE if grey is None else LINE
    return picture


def block_picture(faces: list[np.ndarray], extent: np.ndarray) -> np.ndarray:
    """The block as it is seen from the front, from above and from the right; RGBA, uint8.

    `faces` are pictures of `FACES`, `extent` the lengths of the block along z, y, x.
    """
    along = ON_PAGE * (extent / extent.max() * _LONGEST_PX)[:, None]
    corners = np.array([z * along[0] + y * along[1] + x * along[2] for z, y, x in np.ndindex(2, 2, 2)])
    origin = -corners.min(axis=0)
    width, height = np.ceil(np.ptp(corners, axis=0)).astype(int)
    canvas = np.zeros((height, width, 4), np.uint8)
    for picture, (axis, place, light) in zip(faces, FACES, strict=True):
        down, right = (along[k] for k in range(3) if k != axis)
        start = origin - place * along[axis]
        opaque = np.dstack([(picture * light).astype(np.uint8), np.full(picture.shape[:2], 255, np.uint8)])
        here = np.array([[0, 0], [picture.shape[1], 0], [0, picture.shape[0]]], np.float32)
        there = np.array([start, start + right, start + down], np.float32)
        moved = cv2.warpAffine(opaque, cv2.getAffineTransform(here, there), (int(width), int(height)))
        canvas = np.maximum(canvas, moved)
    return canvas


def write_volume(
    found: VolumeAnalysis, out: Path, name: str, surfaces: tuple[int, ...] = (), *, as_zarr: bool = False
) -> None:
    """Tables, document, labels for Fiji, napari and ParaView, page; into a folder that is made if need be.

    `InputError`: a surface of a label that is not there was asked for, or OME-Zarr without the package zarr.
    """
    out.mkdir(parents=True, exist_ok=True)
    tables = {"grains": found.measured.grains, "neighbours": found.measured.neighbours}
    for kind, table in tables.items():
        write_bytes(out / f"{kind}.csv", table.to_csv(index=False).encode())
    document = json.dumps(found.document, indent=2) + "\n"
    write_bytes(out / "summary.json", document.encode())
    labels, size = found.volume.labels, found.volume.voxel_size
    write_atomically(out / f"{name}.labels.tif", lambda path: write_tiff(path, labels, size))
    arrays = {"grain": labels} if found.grey is None else {"grain": labels, "grey": found.grey}
    write_atomically(out / f"{name}.vti", lambda path: write_vti(path, arrays, size))
    if as_zarr:
        write_ome_zarr(out / f"{name}.labels.zarr", labels, size)
    for label in surfaces:
        number = int(np.flatnonzero(found.volume.names == label)[0]) if label in found.volume.names else -1
        write_stl(out / f"{name}.grain{label}.stl", labels, number, size)
    write_bytes(out / "report.html", volume_page(found, name).encode())
