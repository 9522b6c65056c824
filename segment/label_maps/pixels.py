"""Pixels of a label map or tracing as its file holds them, with the pixel size that any reader finds."""

import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

from segment.errors import InputError, NotAnImageError, UnreadableError, lacking
from segment.file_kind import no_file
from segment.label_maps.formats import format_of
from segment.label_maps.formats.foreign_map import ForeignMap
from segment.label_maps.not_read import how_to_save
from segment.micrograph.formats import open_frames
from segment.micrograph.micrograph import PixelSizeSource
from segment.micrograph.open_file import OpenFile, Scale, stated
from segment.micrograph.open_tiff import quiet_tifffile
from segment.micrograph.pixel_size import ChosenScale, choose_scale
from segment.micrograph.refusals import refuse_bomb
from segment.micrograph.tiffpages import load_page
from segment.micrograph.upright import turned

GRAINS_KEY = "grains"  #: in the image description: larger labels are pores and second phases
TIFFS = (".tif", ".tiff")
RASTERS = (".png", ".bmp", ".jpg", ".jpeg", ".webp")
_JPEG_IN_TIFF = (6, 7)  #: values of the tag Compression (TIFF 6.0, and its technical note 2)
_OBJECTS = (
    "it holds Python objects (cellpose's _seg.npy), which could run any program when read",
    "In cellpose, choose File > Save masks as PNG/tif, or call `cellpose --save_tif`, and give that file",
)
_MOST_PACKED = 700  #: pixel bytes per stored byte of a label map: large cells pack well


@dataclass(frozen=True, eq=False)
class MapPixels:
    """What a file holds."""

    image: np.ndarray  #: shape (rows, columns): square pixels
    pixel_size_nm: float | None
    pixel_size_source: PixelSizeSource
    n_grains: int | None  #: highest label that is a grain, where the file says so
    notes: tuple[str, ...]


def read_map_pixels(path: Path, pixel_size_nm: float | None, *, tracing: bool = False) -> MapPixels:
    """Read TIFF, PNG, BMP, WebP, NPY, a map of another program, or JPEG for a tracing.

    A difference of more than 3 % between the user's `pixel_size_nm` and the file's is noted. `tracing`: of a
    palette, the colours are wanted, not the numbers.

    `UnreadableError`: not an image, several images, damaged, or too large.
    """
    suffix = path.suffix.lower()
    if not os.path.isfile(path):
        raise UnreadableError(path, *no_file(path))
    try:
        if (foreign := format_of(path)) is not None:
            return _of_foreign(path, foreign.read(path), pixel_size_nm)
        if suffix in TIFFS:
            image, n_grains = _tiff(path, tracing)
        elif suffix == ".npy":
            image, n_grains = _npy(path), None
        elif suffix in RASTERS:
            image, n_grains = _raster(path, tracing), None
        else:
            reason = "not a label map: TIFF, PNG, NPY, or one of another program"
            raise UnreadableError(path, reason, how_to_save(path) or "Save it as TIFF")
        chosen, orientation, notes = _scale(path, pixel_size_nm)
        image, more = _squared(path, turned(np.squeeze(image), orientation), chosen)
    except InputError:
        raise
    except Exception as error:  # decoders raise nearly anything for damaged bytes
        if lacking(error):
            raise UnreadableError(path, "it does not fit into memory", "Cut it into smaller maps") from error
        raise UnreadableError(path, f"cannot be read ({error})", "Check that the file is whole") from error
    return MapPixels(image, chosen.side_nm, chosen.source, n_grains, notes + more)


def _of_foreign(path: Path, foreign: ForeignMap, pixel_size_nm: float | None) -> MapPixels:
    """Labels of another program, on square pixels."""
    chosen = choose_scale(stated(foreign.where, foreign.y_nm, foreign.x_nm), pixel_size_nm)
    image, more = _squared(path, foreign.labels, chosen)
    said = _said_of(chosen)
    notes = foreign.notes if pixel_size_nm is None else tuple(n for n in foreign.notes if "no unit" not in n)
    if len(notes) < len(foreign.notes) and foreign.y_nm == foreign.x_nm:
        said = ()  # the user tells the unit
    return MapPixels(image, chosen.side_nm, chosen.source, None, notes + said + more)


def one_channel(path: Path, image: np.ndarray) -> np.ndarray:
    """Label numbers of shape (rows, columns): equal colour channels dropped, 0 where alpha is 0.

    `UnreadableError`: colours, or not one image.
    """
    if image.ndim == 3 and image.shape[-1] in (2, 3, 4):
        colours = image[..., :3] if image.shape[-1] > 2 else image[..., :1]
        if (colours == colours[..., :1]).all():
            numbers = np.asarray(colours[..., 0])
            if image.shape[-1] == 3:
                return numbers
            if np.unique(image[..., -1][image[..., -1] > 0]).size < 2:
                return np.where(image[..., -1] == 0, 0, numbers)
            raise UnreadableError(path, f"{image.shape[-1]} maps in one, or soft edges", "Give one 2-D image")
        remedy = "Save the label numbers as a 16- or 32-bit TIFF, not the coloured picture"
        raise UnreadableError(path, "the labels are colours", remedy)
    if image.ndim != 2 or not image.size:
        raise UnreadableError(path, f"an array of shape {image.shape}, not one image", "Give one 2-D image")
    return image


def _tiff(path: Path, tracing: bool) -> tuple[np.ndarray, int | None]:
    with quiet_tifffile(), tifffile.TiffFile(path) as file:
        page: Any = file.pages.first
        planes = (file.imagej_metadata or {}).get("images", 1)  # which ImageJ keeps behind one page
        n_images = max(len(file.pages), planes if isinstance(planes, int) else 1)
        others = list(file.pages)[1:]
        if n_images > 1 and not (others and all(other.aspage().is_reduced for other in others)):
            raise UnreadableError(
                path,
                f"a stack of {n_images} images, not one map",
                "Save each slice as a file of its own, masks of single grains as one map of numbers; "
                "`grainstats volume` reads stacks in three dimensions",
            )
        refuse_bomb(path, page.nbytes, sum(page.databytecounts), _MOST_PACKED)
        if page.compression in _JPEG_IN_TIFF and not tracing:
            raise _changed_by_jpeg(path)
        grains = line_of(page, GRAINS_KEY)
        image = load_page(page) if tracing else page.asarray()
        if page.axes.startswith("S") and not tracing:
            image = np.moveaxis(image, 0, -1)
        return image, int(grains) if grains and grains.isdecimal() else None


def line_of(page: Any, name: str) -> str | None:
    """The text of a line ``name=text`` in the description of a TIFF's page; None where there is none."""
    found = re.search(rf"^{name}=(.+)$", page.description or "", re.MULTILINE)
    return found[1].strip() if found else None


def _changed_by_jpeg(path: Path) -> UnreadableError:
    remedy = "Save labels as TIFF or PNG; a tracing takes --tracing, a micrograph `grainstats run`"
    return UnreadableError(path, "JPEG changes numbers, so they are no labels any more", remedy)


def _npy(path: Path) -> np.ndarray:
    """The array, mapped first: a header that claims more than the file holds reserves nothing."""
    with path.open("rb") as file:
        if b"'|O'" in file.read(256):
            raise UnreadableError(path, *_OBJECTS)
    return np.array(np.load(path, mmap_mode="r", allow_pickle=False))


def _raster(path: Path, tracing: bool) -> np.ndarray:
    from PIL import Image

    raw = path.read_bytes()
    if raw.startswith(b"\xff\xd8") and not tracing:
        raise _changed_by_jpeg(path)
    if raw.startswith(b"\x89PNG"):
        columns, rows = (int.from_bytes(raw[at : at + 4], "big") for at in (16, 20))
        refuse_bomb(path, columns * rows, len(raw), _MOST_PACKED)
        if raw[25:26] == b"\3" and not tracing:  # colours are for the eye: the numbers behind them are labels
            with Image.open(io.BytesIO(raw)) as picture:
                return np.asarray(picture)
    data = np.frombuffer(raw, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise ValueError("not an image")
    return image


def _scale(path: Path, pixel_size_nm: float | None) -> tuple[ChosenScale, int, tuple[str, ...]]:
    """Pixel size and orientation by the readers of micrographs, so that they mean the same everywhere."""
    scales: tuple[Scale, ...] = ()
    orientation = 1
    notes: tuple[str, ...] = ()
    if path.suffix.lower() != ".npy":
        try:
            with OpenFile(path) as opened, quiet_tifffile():
                _, frames = open_frames(opened)
                scales, orientation, notes = frames[0].scales, frames[0].orientation, frames[0].notes
        except NotAnImageError as error:
            notes = (f"no pixel size taken: {error.reason}",)
        except Exception:  # a scale that cannot be read is none; the pixels were read already
            pass
    chosen = choose_scale(scales, pixel_size_nm)
    return chosen, orientation, notes + _said_of(chosen)


def _said_of(chosen: ChosenScale) -> tuple[str, ...]:
    return chosen.doubts + tuple(f"{c.chosen} was taken, not {c.rejected}" for c in chosen.conflicts)


def _squared(path: Path, image: np.ndarray, chosen: ChosenScale) -> tuple[np.ndarray, tuple[str, ...]]:
    """Pixels repeated to squares of the finer side; labels are numbers that nothing may mix."""
    note, scale = chosen.how_squared(path, "repeated"), chosen.stretched
    if scale is None:
        return image, ()
    edges = np.array([scale.y_nm, scale.x_nm])
    places = [_nearest(*pair) for pair in zip(image.shape[:2], edges / edges.min(), strict=True)]
    return image[np.ix_(*places)], note


def _nearest(size: int, factor: float) -> np.ndarray:
    """Place in the old pixels of each of the `factor` times as many new ones."""
    n_new = max(round(size * factor), 1)
    return np.minimum(((np.arange(n_new) + 0.5) / factor).astype(np.int64), size - 1)
