"""The observed window of a grain map: its extent, its area, and labels with the hidden part marked."""

from dataclasses import dataclass

import numpy as np

from segment.errors import UncalibratedError
from segment.grain_map import GrainMap

HIDDEN = -1  #: label of pixels outside `valid`
_STRIP_PIXELS = 1 << 22  #: pixels compared at a time, so that no whole-map temporary exists


@dataclass(frozen=True)
class Window:
    """Extent of the valid region in pixels."""

    #: y0, x0, y1, x1: bounding box of `valid`, half-open
    y0: int
    x0: int
    y1: int
    x1: int
    grain_area_px2: int  #: pixels with a grain

    @property
    def seen_share(self) -> float:
        """Share of the extent that lies between pixel centres, where boundaries and junctions can show."""
        pixels = self.height * self.width
        return (self.height - 1) * (self.width - 1) / pixels if pixels else 0.0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    @property
    def width(self) -> int:
        return self.x1 - self.x0


def strips(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Row ranges of about `_STRIP_PIXELS` pixels."""
    rows, columns = shape
    step = max(1, _STRIP_PIXELS // max(columns, 1))
    return [(a, min(a + step, rows)) for a in range(0, rows, step)]


def window_of(grain_map: GrainMap) -> Window:
    """Measure the valid region; the whole image where `valid` is None."""
    labels, valid = grain_map.labels, grain_map.valid
    if valid is None:
        y0, x0, (y1, x1) = 0, 0, labels.shape
        return Window(y0, x0, y1, x1, _n_grain_pixels(labels, None))
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    if rows.size == 0:
        return Window(0, 0, 0, 0, 0)
    y0, x0, y1, x1 = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    return Window(y0, x0, y1, x1, _n_grain_pixels(labels, valid))


def _n_grain_pixels(labels: np.ndarray, valid: np.ndarray | None) -> int:
    """Pixels with a grain, counted by strips: no temporary of the map's size."""
    if valid is None:
        return sum(int(np.count_nonzero(labels[a:b] > 0)) for a, b in strips(labels.shape))
    return sum(int(np.count_nonzero((labels[a:b] > 0) & valid[a:b])) for a, b in strips(labels.shape))


def labels_with_hidden(grain_map: GrainMap) -> np.ndarray:
    """Labels with `HIDDEN` outside `valid`; no copy where everything is valid."""
    if grain_map.valid is None or bool(grain_map.valid.all()):
        return grain_map.labels
    return np.where(grain_map.valid, grain_map.labels, np.int32(HIDDEN)).astype(np.int32, copy=False)


def length_scale(grain_map: GrainMap, unit: str) -> float:
    """Factor from pixels to `unit` ("nm" or "px").

    `UncalibratedError`: nanometres asked of a map without a pixel size. `ValueError`: another unit.
    """
    if unit == "px":
        return 1.0
    if unit != "nm":
        raise ValueError(f"unit must be 'nm' or 'px', not {unit!r}")
    if grain_map.pixel_size_nm is None:
        raise UncalibratedError(
            "grain map",
            "its pixel size is unknown",
            "Give the pixel size in nm (--pixel-size) or ask for pixels (--pixels)",
        )
    return float(grain_map.pixel_size_nm)
