"""Label and boundary maps as TIFF files that ImageJ opens with their pixel size, and the same read back."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from segment._threads import available_cores
from segment.boundary_map import BoundaryMap
from segment.cells.close import grain_map_from_tracing
from segment.cells.second_phases import set_aside
from segment.errors import UnreadableError
from segment.grain_map import GrainMap
from segment.label_record import lines_of, tags_of, with_record
from segment.micrograph.micrograph import PixelSizeSource

NANOMETRES = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "microns": 1e3, "mm": 1e6, "cm": 1e7}
ANGSTROM = {"å": 0.1, "angstrom": 0.1, "a": 0.1, "pm": 1e-3, "m": 1e9}
GRAINS_KEY = "grains"  #: in the image description: larger labels are pores and second phases
STEPS = 8192  #: of a stored probability
STRIP_ROWS = 64  #: that are compressed at a time, in threads
RASTERS = (".png", ".bmp", ".jpg", ".jpeg", ".webp")


def write_label_map(path: str | Path, grain_map: GrainMap, *, recipe_digest: str = "") -> Path:
    """Cells as uint32 TIFF, 0 = neither grain nor body; the pixel size as ImageJ keeps it.

    Grains are 1 ... n, then come pores and second phases as large as grains; where there are any, the image
    description tells n as ``grains=n``, and `read_label_map` takes the others for no grains.  What else the
    map knows of itself, such as how a model cut it, goes along (`segment.label_record`).
    """
    labels = np.ascontiguousarray(grain_map.cells(), np.int32).view(np.uint32)
    facts = lines_of(grain_map, recipe_digest)
    if grain_map.second_phases is not None:
        facts = (f"{GRAINS_KEY}={grain_map.n_grains}", *facts)
    return _write(path, labels, grain_map.pixel_size_nm, facts, tags_of(grain_map))


def write_boundary_map(path: str | Path, boundary_map: BoundaryMap) -> Path:
    """Boundary probability as float32 TIFF in steps of 1/8192; the pixel size as ImageJ keeps it.

    All its digits would take twice the space and time, and a network in bf16 knows fewer.
    """
    steps = boundary_map.probability * np.float32(STEPS)
    np.rint(steps, out=steps)
    np.multiply(steps, np.float32(1 / STEPS), out=steps)
    return _write(path, steps, boundary_map.pixel_size_nm)


def read_label_map(
    path: str | Path, *, pixel_size_nm: float | None = None, tracing: bool = False
) -> GrainMap:
    """A label map or a boundary tracing from TIFF, PNG or NPY.

    Parameters
    ----------
    path : str or Path
    pixel_size_nm : float, optional
        The user's pixel size; None: the one in the file, where ImageJ or `write_label_map` left one.
    tracing : bool
        The file shows traced boundaries (255 = boundary) instead of labels.

    Returns
    -------
    GrainMap
        Labels renumbered to 1 ... n in the order of their values; with how a model cut them (`segmentation`),
        where `write_label_map` left that and no label has changed since.

    Raises
    ------
    UnreadableError
        Not an image, or not labels.
    """
    path = Path(path)
    image, written, n_grains = _read(path)
    size = written if pixel_size_nm is None else pixel_size_nm
    given: PixelSizeSource = "metadata" if pixel_size_nm is None else "manual"
    source: PixelSizeSource = "none" if size is None else given
    if tracing:
        return grain_map_from_tracing(image, pixel_size_nm=size, pixel_size_source=source, source=str(path))
    labels = _contiguous_labels(path, image)
    second_phases = None
    if n_grains is not None:
        second_phases = set_aside(labels, image.reshape(labels.shape) > n_grains)
    read = GrainMap(labels, size, source, second_phases=second_phases)
    return with_record(path, read, exact_size=pixel_size_nm is None)


def boundary_beside(path: str | Path, grain_map: GrainMap) -> GrainMap:
    """The label map with the probability that ``segment`` wrote beside it, where there is one of its shape.

    `path` is that of the label map, ``NAME.labels.tif``; the probability is in ``NAME.boundary.tif``.
    """
    path = Path(path)
    beside = path.with_name(path.name.removesuffix(".labels.tif") + ".boundary.tif")
    if not path.name.endswith(".labels.tif") or not beside.is_file():
        return grain_map
    probability = _read(beside)[0]
    if probability.shape != grain_map.labels.shape:
        return grain_map
    return replace(grain_map, probability=probability.astype(np.float32, copy=False))


def _write(
    path: str | Path,
    image: np.ndarray,
    pixel_size_nm: float | None,
    facts: tuple[str, ...] = (),
    tags: Sequence[tuple[int, int, int, bytes, bool]] = (),
) -> Path:
    """Write beside the target first, so that a killed run leaves no half file under the final name."""
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    lines = ["ImageJ=1.54f", "images=1", *facts]
    options: dict[str, Any] = {}
    if pixel_size_nm is not None:
        lines.append("unit=nm")
        options = {"resolution": (1 / pixel_size_nm, 1 / pixel_size_nm), "resolutionunit": "NONE"}
    description = "\n".join([*lines, ""])
    tifffile.imwrite(
        part,
        image,
        description=description,
        metadata=None,
        compression="zlib",
        compressionargs={"level": 1},
        rowsperstrip=STRIP_ROWS,
        maxworkers=available_cores(),
        extratags=tags,
        **options,
    )
    os.replace(part, path)
    return path


def _read(path: Path) -> tuple[np.ndarray, float | None, int | None]:
    """One grey or label image, its pixel size, and the highest label that is a grain where it says so."""
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            image, size, n_grains = _read_tiff(path)
        elif path.suffix.lower() == ".npy":
            image, size, n_grains = np.load(path, allow_pickle=False), None, None
        elif path.suffix.lower() in RASTERS:
            image, size, n_grains = _read_raster(path), None, None
        else:
            raise UnreadableError(
                path, "not a label map: TIFF, PNG or NPY", "Save it in one of these formats"
            )
    except (OSError, ValueError, tifffile.TiffFileError, KeyError, IndexError, EOFError) as error:
        raise UnreadableError(path, f"cannot be read ({error})", "Check that the file is whole") from error
    return _one_channel(path, np.squeeze(image)), size, n_grains


def _read_raster(path: Path) -> np.ndarray:
    import cv2

    data = np.frombuffer(path.read_bytes(), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise ValueError("not an image")
    return image


def _read_tiff(path: Path) -> tuple[np.ndarray, float | None, int | None]:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        grains = re.search(rf"^{GRAINS_KEY}=(\d+)$", page.description or "", re.MULTILINE)
        return page.asarray(), _imagej_pixel_size(page), int(grains[1]) if grains else None


def _imagej_pixel_size(page: Any) -> float | None:
    """Pixel edge in nm from ImageJ's description and XResolution; None without either."""
    unit = re.search(r"^unit=(.+)$", page.description or "", re.MULTILINE)
    resolution = page.tags.get("XResolution")
    if unit is None or resolution is None or not page.description.startswith("ImageJ"):
        return None
    name = unit.group(1).strip().replace("\\u00B5", "µ").lower()
    factor = NANOMETRES.get(name, ANGSTROM.get(name))
    numerator, denominator = resolution.value
    return None if factor is None or not numerator else factor * denominator / numerator


def _one_channel(path: Path, image: np.ndarray) -> np.ndarray:
    """Drop an alpha channel and equal colour channels."""
    if image.ndim == 3 and image.shape[-1] in (2, 3, 4):
        colours = image[..., :3] if image.shape[-1] > 2 else image[..., :1]
        if (colours == colours[..., :1]).all():
            return colours[..., 0]
        raise UnreadableError(
            path, "the labels are colours", "Save the label numbers as a 16- or 32-bit TIFF"
        )
    if image.ndim != 2 or not image.size:
        raise UnreadableError(path, f"an array of shape {image.shape}, not one image", "Give one 2-D image")
    return image


def _contiguous_labels(path: Path, image: np.ndarray) -> np.ndarray:
    """int32 labels 1 ... n in the order of the file's values."""
    if image.dtype.kind == "f":
        if not np.array_equal(image, np.rint(image)):
            raise UnreadableError(
                path, "the values are no whole numbers", "Give labels, or --tracing for boundaries"
            )
    elif image.dtype.kind not in "iub":
        raise UnreadableError(path, f"values of type {image.dtype} are no labels", "Save whole numbers")
    if image.min() < 0 or image.max() > np.iinfo(np.int32).max:
        raise UnreadableError(path, "labels lie outside 0 ... 2147483647", "Renumber them")
    labels = image.astype(np.int32)
    if not labels.any():
        raise UnreadableError(
            path, "no pixel has a label", "Give labels 1 ... n, or --tracing for boundaries"
        )
    if labels.max() <= labels.size:
        present = np.zeros(int(labels.max()) + 1, bool)
        for row in labels:
            present[row] = True
        present[0] = False
        number = (np.cumsum(present) * present).astype(np.int32)
        for row in labels:
            np.take(number, row, out=row)
        return labels
    values = np.unique(labels[labels > 0])
    return np.where(labels > 0, np.searchsorted(values, labels) + 1, 0).astype(np.int32)
