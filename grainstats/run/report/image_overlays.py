"""Pictures of one analysed image: boundaries over the micrograph, and the two layers the report shows."""

import io
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from grainstats.run.atomic import write_bytes
from segment.cells.label_edges import on_edges
from segment.grain_map import GrainMap

OVERLAY_PX = 2048  #: longest side of the overlay PNG: a larger one is most of what a run writes
_GREYS = 32  #: of the overlay; 64 take a fifth more bytes and look alike
VIEW_PX = 900  #: widest picture in the report
BOUNDARY_RGB = (255, 122, 0)  #: orange: told from every grey, also by the colour-blind
_CUT_RGBA = (24, 30, 48, 118)  #: veil over grains that the frame cuts
_NOT_GRAIN_RGBA = (64, 140, 220, 110)  #: pores, second phases, outside the specimen


def write_pictures(image: np.ndarray, grains: GrainMap, *, overlay: Path, view: Path, layer: Path) -> None:
    """Write the pictures of one image of grey levels of any dtype.

    `overlay` is a PNG of 128 colours: the micrograph with thin boundaries and dimmed frame grains. For the
    report, `view` is a JPEG of the micrograph alone, and `layer` a transparent PNG of the same size with all
    the rest.
    """
    shown = to_grey8(image, grains.valid)
    grey, small = (_shrink(shown, min(1.0, most / max(shown.shape))) for most in (OVERLAY_PX, VIEW_PX))
    kinds = {shape: layer_kinds(grains, shape) for shape in {grey.shape, small.shape}}
    picture = _overlay(grey, kinds[grey.shape])
    write_bytes(overlay, encoded(picture, "PNG", compress_level=1))  # 6: slower, no smaller
    picture = Image.fromarray(small)  # quality 75 looks alike: a quarter more
    write_bytes(view, encoded(picture, "JPEG", quality=65, progressive=True))
    picture = _layer(kinds[small.shape])
    write_bytes(layer, encoded(picture, "PNG", compress_level=1, compress_type=zlib.Z_RLE))  # as small as 6


def _overlay(grey: np.ndarray, kind: np.ndarray) -> Image.Image:
    """32 grey levels, each plain, veiled as a cut grain and tinted as no grain; and the boundary's colour."""
    row_of_kind = np.zeros(256, np.uint8)
    row_of_kind[:4] = _GREYS * np.array([0, 3, 1, 2])
    picture = Image.fromarray((grey >> 3) + cv2.LUT(kind, row_of_kind), mode="P")
    levels = np.repeat(np.linspace(0, 255, _GREYS), 3).reshape(_GREYS, 3)
    blended = [levels * (1 - a / 255) + np.array(c) * a / 255 for *c, a in (_CUT_RGBA, _NOT_GRAIN_RGBA)]
    lines = np.tile(BOUNDARY_RGB, (_GREYS, 1))
    picture.putpalette(np.concatenate([levels, *blended, lines]).round().astype(np.uint8).tobytes())
    return picture


def to_grey8(image: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Stretch grey levels to uint8 between the 0.5 and 99.5 percentiles of the valid pixels."""
    step = max(1, int(np.sqrt(image.size / 1e6)))
    sample = image[::step, ::step]
    if valid is not None and valid[::step, ::step].any():
        sample = sample[valid[::step, ::step]]
    low, high = np.nanpercentile(sample, [0.5, 99.5])
    gain = 255.0 / max(float(high - low), 1e-12)

    def stretched(levels: np.ndarray) -> np.ndarray:
        return np.clip(np.nan_to_num((levels.astype(np.float32) - low) * gain), 0, 255).astype(np.uint8)

    table = stretched(np.arange(2**16)) if image.dtype in (np.uint8, np.uint16) else None
    out = np.empty(image.shape, np.uint8)
    for first in range(0, image.shape[0], 512):
        rows = image[first : first + 512]
        out[first : first + 512] = stretched(rows) if table is None else table[rows]
    return out


def _layer(kind: np.ndarray) -> Image.Image:
    """Boundaries, frame grains and not-grains as a palette image with transparency."""
    picture = Image.fromarray(kind, mode="P")
    colours = [(0, 0, 0, 0), (*BOUNDARY_RGB, 255), _CUT_RGBA, _NOT_GRAIN_RGBA]
    picture.putpalette([level for colour in colours for level in colour[:3]])
    picture.info["transparency"] = bytes(colour[3] for colour in colours)
    return picture


def layer_kinds(grains: GrainMap, shape: tuple[int, ...]) -> np.ndarray:
    """Uint8 of `shape`: 1 boundary, 2 cut by the frame, 3 no grain, 0 the rest.

    Lines are one pixel of the picture wide, two above 1500 px.
    """
    labels = grains.labels[shrink_indices(grains.labels.shape, shape)]
    of_label = np.where(grains.touches_frame, np.uint8(2), np.uint8(0))
    of_label[0] = 3
    kind = of_label[labels]
    kind[boundary_mask(labels, 2 if max(shape) > 1500 else 1)] = 1
    return kind


def shrink_indices(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[Any, ...]:
    """Rows and columns of an array of shape `old` that a picture of shape `new` shows."""
    if old == new:
        return np.s_[:, :]
    return np.ix_(*(((np.arange(n) + 0.5) * o / n).astype(int) for n, o in zip(new, old, strict=True)))


def boundary_mask(labels: np.ndarray, width: int = 1) -> np.ndarray:
    """Bool of the labels' shape: pixels whose right or lower neighbour carries another label."""
    return thick(on_edges(labels), width)


def thick(mask: np.ndarray, width: int) -> np.ndarray:
    """A mask whose pixels are squares of `width` pixels, to the right and below."""
    if width == 1:
        return mask
    return cv2.dilate(mask.view(np.uint8), np.ones((width, width), np.uint8)).view(bool)


def _shrink(image: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file of a kind, in memory."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
