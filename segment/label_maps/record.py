"""What a label map carries besides its labels: how it was segmented, what was hidden, the exact pixel size.

The lines of the image description are for people and other programs; two private TIFF tags hold the rest.
Programs that edit and save a map drop the tags, and rightly so: what a hand has changed is no longer what the
model cut.  A check sum over the labels finds the programs that keep them.
"""

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from segment.grain_map import GrainMap
from segment.label_maps.pixels import TIFFS, line_of
from segment.micrograph.length_units import number
from segment.segmentation import Segmentation

SEGMENTATION_TAG, VALID_TAG = 65001, 65002  #: in the range that TIFF leaves to private use
SAME_SIZE = 1e-5  #: relative difference up to which the tag's rational is the line's exact pixel size
_UNDEFINED = 7  # the TIFF type of plain bytes


def lines_of(grain_map: GrainMap, recipe_digest: str = "") -> tuple[str, ...]:
    """Lines of the image description, as ``name=value``."""
    facts: dict[str, object] = {}
    if grain_map.pixel_size_nm is not None:
        facts["pixel_size_nm"] = float(grain_map.pixel_size_nm)
    if (made := grain_map.segmentation) is not None:
        facts |= {"model": made.model_name, "model_digest": made.model_digest}
        facts |= {"persistence": made.persistence, "labels_crc32": _check_sum(grain_map)}
    if recipe_digest:
        facts["recipe_digest"] = recipe_digest
    return tuple(f"{name}={value}" for name, value in facts.items())


def tags_of(grain_map: GrainMap) -> list[tuple[int, int, int, bytes, bool]]:
    """Private tags, as `tifffile.imwrite` wants them in ``extratags``."""
    found = []
    if grain_map.segmentation is not None:
        found.append((SEGMENTATION_TAG, grain_map.segmentation.to_bytes()))
    if grain_map.valid is not None and not grain_map.valid.all():
        found.append((VALID_TAG, zlib.compress(np.packbits(grain_map.valid).tobytes())))
    return [(code, _UNDEFINED, len(content), content, True) for code, content in found]


def with_record(path: Path, grain_map: GrainMap, *, exact_size: bool) -> GrainMap:
    """The map, as read from the labels, with what its file carries besides them, where there is any.

    `exact_size`: the pixel size comes from the file, so take all its digits.
    """
    if path.suffix.lower() not in TIFFS:
        return grain_map
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        written, check_sum = number(line_of(page, "pixel_size_nm") or ""), line_of(page, "labels_crc32")
        stored = {code: page.tags[code].value for code in (SEGMENTATION_TAG, VALID_TAG) if code in page.tags}
    changes: dict[str, Any] = {}
    size = grain_map.pixel_size_nm
    if exact_size and size and written and abs(written / size - 1) < SAME_SIZE:
        changes["pixel_size_nm"] = written
    valid = _valid(stored.get(VALID_TAG), grain_map.labels.shape)
    if valid is not None:
        changes["valid"] = valid | (grain_map.cells() > 0)  # by hand, a grain may have been drawn there
    made = _segmentation(stored.get(SEGMENTATION_TAG))
    if made is not None and check_sum == str(_check_sum(grain_map)):
        changes |= {"segmentation": made, "warnings": grain_map.warnings + made.warnings}
    return replace(grain_map, **changes) if changes else grain_map


def note_in(path: Path, name: str) -> str | None:
    """The text of a line ``name=text`` in the image description of a TIFF; None where there is none."""
    if path.suffix.lower() not in TIFFS:
        return None
    try:
        with tifffile.TiffFile(path) as file:
            return line_of(file.pages.first, name)
    except (OSError, ValueError):  # tifffile's own error is a ValueError
        return None


def _check_sum(grain_map: GrainMap) -> int:
    return zlib.crc32(np.ascontiguousarray(grain_map.cells(), "<i4").data.cast("B"))


def _segmentation(content: object) -> Segmentation | None:
    """None where there is none, or it is damaged: the labels are good without it."""
    if not isinstance(content, bytes):
        return None
    try:
        return Segmentation.from_bytes(content)
    except ValueError:
        return None


def _valid(content: object, shape: tuple[int, ...]) -> np.ndarray | None:
    if not isinstance(content, bytes):
        return None
    try:
        bits = np.unpackbits(np.frombuffer(zlib.decompress(content), np.uint8))
    except zlib.error:
        return None
    rows, columns = shape
    n = rows * columns
    return bits[:n].reshape(rows, columns).astype(bool) if n <= bits.size < n + 8 else None
