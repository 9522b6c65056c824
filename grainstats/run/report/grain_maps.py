"""Where the coarse grains are: a label map coloured by grain size, by population, by local spacing."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from grainstats.measure.spacing.spacing_map import spacing_map
from grainstats.run.report.image_overlays import boundary_mask, encoded, shrink_indices
from segment.grain_map import GrainMap

_LEVELS = 61  #: shades of a map
BAND = 4  #: shades of one band of the local spacing and one field of a legend: readable, small files
FINE_RGB, COARSE_RGB = (86, 148, 200), (230, 126, 24)  #: blue and orange: told apart by all (Okabe and Ito)
LINE_RGB, NONE_RGB, CUT_RGB = (30, 32, 38), (120, 122, 128), (255, 255, 255)
CUT_SHARE = 0.45  #: of white over the grains that the frame cuts
MAPS = {"size": cv2.COLORMAP_VIRIDIS, "spacing": cv2.COLORMAP_CIVIDIS}  #: uniform to the eye, for all eyes
BAR_SHARE = 0.25  #: a scale bar is at most this wide (matplotlib-scalebar: a fifth, and the next step below)
BAR_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)  #: of each power of 1000 (matplotlib-scalebar)


@dataclass(frozen=True)
class Range:
    """Ends of a colour scale, nanometres; logarithmic."""

    low: float
    high: float

    def level(self, value: np.ndarray) -> np.ndarray:
        """Shade of each value, 0 ... LEVELS - 1; what is not positive is the lowest."""
        share = np.log(np.maximum(value, self.low) / self.low) / max(math.log(self.high / self.low), 1e-9)
        return np.clip(np.nan_to_num(share) * (_LEVELS - 1), 0, _LEVELS - 1).round().astype(np.uint8)


def colours(kind: str) -> np.ndarray:
    """The shades of a map as RGB, uint8 of shape (LEVELS, 3)."""
    grey = np.linspace(0, 255, _LEVELS).round().astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(grey[:, None], MAPS[kind])[:, 0, ::-1])


def size_png(grains: GrainMap, shape: tuple[int, int], scale: Range) -> bytes:
    """Grains coloured by their equivalent circle diameter, those cut by the frame paler; PNG."""
    level = scale.level(diameters_nm(grains))
    return _picture(grains, shape, level, colours("size"))


def population_png(grains: GrainMap, shape: tuple[int, int], border_nm: float) -> bytes:
    """Fine and coarse grains in two colours, those cut by the frame paler."""
    level = (diameters_nm(grains) >= border_nm).astype(np.uint8)
    return _picture(grains, shape, level, np.array([FINE_RGB, COARSE_RGB], np.uint8))


def spacing_png(grains: GrainMap, shape: tuple[int, int], scale: Range) -> bytes:
    """The local mean intercept in bands, and the boundaries."""
    level = scale.level(spacing_map(grains, shape)) // BAND * BAND
    lines = boundary_mask(grains.labels[shrink_indices(grains.labels.shape, shape)])
    level[lines] = _LEVELS
    return _png(level, np.vstack([colours("spacing"), [LINE_RGB]]))


def diameters_nm(grains: GrainMap) -> np.ndarray:
    """Equivalent circle diameter by label, 0 for no grain."""
    area = np.bincount(grains.labels.ravel(), minlength=grains.n_grains + 1)
    diameter = np.sqrt(4 / np.pi * area) * (grains.pixel_size_nm or 1.0)
    diameter[0] = 0
    return np.asarray(diameter)


def _picture(grains: GrainMap, shape: tuple[int, int], level: np.ndarray, shades: np.ndarray) -> bytes:
    """Each grain in the shade of its level; lines and what is no grain in colours of their own."""
    n = len(shades)
    paler = shades * (1 - CUT_SHARE) + np.array(CUT_RGB) * CUT_SHARE
    palette = np.vstack([shades, paler, [LINE_RGB, NONE_RGB]])
    of_label = np.where(grains.touches_frame, level + n, level).astype(np.uint8)
    of_label[0] = 2 * n + 1
    labels = grains.labels[shrink_indices(grains.labels.shape, shape)]
    shown = of_label[labels]
    shown[boundary_mask(labels)] = 2 * n
    return _png(shown, palette)


def _png(index: np.ndarray, palette: np.ndarray) -> bytes:
    picture = Image.fromarray(index, mode="P")
    picture.putpalette(palette.round().astype(np.uint8).tobytes())
    return encoded(picture, "PNG", compress_level=6)


def scale_bar(width_nm: float) -> tuple[float, str]:
    """Length of a picture's scale bar as a share of its width, and its words.

    Examples
    --------
    >>> scale_bar(1640.0)
    (0.152..., '250 nm')
    """
    most = BAR_SHARE * width_nm
    if most < 1:
        return BAR_SHARE, f"{most:.2g} nm"
    unit, words = next((u, w) for u, w in ((1e6, "mm"), (1e3, "µm"), (1.0, "nm")) if most >= u)
    step = max(s for s in BAR_STEPS if s * unit <= most)
    return step * unit / width_nm, f"{step} {words}"
