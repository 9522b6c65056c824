"""Label maps for synthetic micrographs: sections of mosaics, curved, elongated, twinned, bimodal, grown.

The mosaics are those of `segment.mosaics.laguerre`; here they are rasterised coarsely, bent by a smooth
displacement,
and their edges rounded by a median of labels, which costs a tenth of an exact rasterisation and looks more
like grains that have grown.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from scipy.spatial import cKDTree

from segment.mosaics.laguerre import Mosaic, laguerre_section
from segment.mosaics.potts_growth import abnormal_growth, normal_growth
from segment.training.synthetic.random_fields import smooth_noise

Growth = Literal["", "normal", "abnormal"]
GROWTHS, GROWTH_SHARES = ("", "normal", "abnormal"), (0.92, 0.05, 0.03)
PAD = 32  #: pixels of margin, so that bending has something to bring in


@dataclass(frozen=True)
class Shape:
    """What the grains look like; lengths in pixels."""

    mean_intercept: float = 35.0  #: aim for the mean lineal intercept
    sigma: float = 0.3  #: standard deviation of the log of the grain diameter
    #: size_ratio, coarse_volume: second population: ratio of its diameter to the first's, and its volume
    #: fraction; 0 for none
    size_ratio: float = 1.0
    coarse_volume: float = 0.0
    #: elongation, angle: axis ratio of all grains, and its direction in radians (columnar films, rolled
    #: sheet)
    elongation: float = 1.0
    angle: float = 0.0
    curvature: float = 0.08  #: amplitude of the boundary's bending in mean intercepts
    serration: float = 0.0  #: amplitude of its roughness in mean intercepts
    twins: float = 0.0  #: share of the grains crossed by a twin lamella
    #: "" | "normal" | "abnormal": grains that have grown in the plane (`segment.mosaics.potts_growth`)
    #: instead of a section of a 3-D mosaic: `sigma`, `size_ratio` and `elongation` have no effect,
    #: `coarse_volume` is the share of the abnormal grains
    growth: Growth = ""


@dataclass(frozen=True, eq=False)
class Section:
    """Labelled grains and which of them share an orientation."""

    labels: np.ndarray  #: int32, shape (rows, columns): 1 ... n, every label present
    #: int, shape (n + 1,): parent grain of each label: the two sides of a twin lamella share it
    orientation: np.ndarray
    shape: Shape


def random_shape(rng: np.random.Generator, mean_intercept: float | None = None) -> Shape:
    """Draw a `Shape` as wide as the micrographs that are to be segmented."""
    bimodal = rng.random() < 0.25
    return Shape(
        mean_intercept=mean_intercept or float(np.exp(rng.uniform(np.log(22), np.log(62)))),
        sigma=rng.uniform(0.05, 0.45),
        size_ratio=rng.uniform(1.8, 3.5) if bimodal else 1.0,
        coarse_volume=rng.uniform(0.2, 0.7) if bimodal else 0.0,
        elongation=rng.uniform(1.4, 3.0) if rng.random() < 0.1 else rng.uniform(1.0, 1.35),
        angle=rng.uniform(0, np.pi),
        curvature=float(rng.choice([0.0, rng.uniform(0, 0.08), rng.uniform(0.08, 0.2)], p=[0.2, 0.65, 0.15])),
        serration=rng.uniform(0.02, 0.08) if rng.random() < 0.12 else 0.0,
        twins=rng.uniform(0.1, 0.5) if rng.random() < 0.08 else 0.0,
        growth=str(rng.choice(GROWTHS, p=GROWTH_SHARES)),  # type: ignore[arg-type]
    )


def random_section(rng: np.random.Generator, size: tuple[int, int], shape: Shape | None = None) -> Section:
    """Grains of one synthetic micrograph of `size` (rows, columns)."""
    shape = shape or random_shape(rng)
    owner = _grown(rng, size, shape) if shape.growth else _rasterise(_mosaic(rng, size, shape), size, shape)
    labels = _bend(owner, shape, rng)
    orientation = np.arange(labels.max() + 1)
    if shape.twins:
        labels, orientation = _twin(labels, shape, rng)
    present, labels = np.unique(labels, return_inverse=True)
    parent = np.concatenate([[0], orientation[present]])
    return Section(labels.reshape(size).astype(np.int32) + 1, parent, shape)


def _mosaic(rng: np.random.Generator, size: tuple[int, int], shape: Shape) -> Mosaic:
    # The mean intercept of a section is about 0.67 sphere diameters of these mosaics; elongation adds margin.
    span = int(max(size) * 1.15 * np.sqrt(shape.elongation)) + 16
    return laguerre_section(
        (span, span),
        shape.mean_intercept / (0.72 * (0.75 + 0.25 * shape.size_ratio)),
        shape.sigma,
        rng,
        size_ratio=shape.size_ratio,
        coarse_volume=shape.coarse_volume,
    )


def _grown(rng: np.random.Generator, size: tuple[int, int], shape: Shape) -> np.ndarray:
    """Labels of a grown mosaic at every second pixel, with margin; float32 for `cv2`."""
    # mean intercept of a grown plane mosaic: about pi / 4 / 0.9 of the square root of the mean area
    area = max((shape.mean_intercept / 2 / 0.87) ** 2, 16.0)
    lattice = (size[0] // 2 + PAD, size[1] // 2 + PAD)
    if shape.growth == "normal":
        return normal_growth(lattice, area, rng).labels.astype(np.float32)
    spacing = min(7.0, (lattice[0] * lattice[1] / area / 3) ** 0.5)  # three abnormal grains at least
    grown = abnormal_growth(lattice, area, shape.coarse_volume or 0.4, rng, spacing=spacing)
    return grown.labels.astype(np.float32)


def _rasterise(mosaic: Mosaic, size: tuple[int, int], shape: Shape) -> np.ndarray:
    """Owner of every second pixel, with margin, in the stretched frame; float32 for `cv2`."""
    y, x = np.mgrid[-PAD : size[0] + PAD : 2, -PAD : size[1] + PAD : 2].astype(np.float64)
    y, x = y - size[0] / 2, x - size[1] / 2
    c, s = np.cos(shape.angle), np.sin(shape.angle)
    u = (c * x + s * y) / np.sqrt(shape.elongation)
    v = (-s * x + c * y) * np.sqrt(shape.elongation)
    centre = mosaic.shape[0] / 2
    tree = cKDTree(np.column_stack([mosaic.points, mosaic.height]), balanced_tree=False, compact_nodes=False)
    query = np.stack([v + centre, u + centre, np.zeros_like(u)], axis=-1)
    return tree.query(query)[1].astype(np.float32)


def _bend(coarse: np.ndarray, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Sample the coarse owners along bent coordinates at full resolution and round the edges."""
    rows, columns = coarse.shape[0] * 2 - 2 * PAD, coarse.shape[1] * 2 - 2 * PAD
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    for amplitude, wavelength in ((shape.curvature, 0.7), (shape.serration, 0.15)):
        if amplitude:
            reach = float(min(amplitude * shape.mean_intercept, 10.0))
            y += reach * smooth_noise(rng, (rows, columns), wavelength * shape.mean_intercept)
            x += reach * smooth_noise(rng, (rows, columns), wavelength * shape.mean_intercept)
    owner = cv2.remap(
        coarse, (x + PAD) / 2, (y + PAD) / 2, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
    )
    for _ in range(2 if shape.serration else 3):
        owner = cv2.medianBlur(owner, 5)
    return owner.astype(np.int64)


def _twin(labels: np.ndarray, shape: Shape, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cut a lamella through some grains; its two sides keep the parent's orientation."""
    n = int(labels.max()) + 1
    count = np.maximum(np.bincount(labels.ravel(), minlength=n), 1)
    y, x = np.mgrid[0 : labels.shape[0], 0 : labels.shape[1]]
    cy = np.bincount(labels.ravel(), y.ravel(), n) / count
    cx = np.bincount(labels.ravel(), x.ravel(), n) / count
    angle = rng.uniform(0, np.pi, n)
    radius = np.sqrt(count / np.pi)
    start = rng.uniform(-0.5, 0.2, n) * radius
    stop = start + rng.uniform(0.25, 0.6, n) * radius
    chosen = (rng.random(n) < shape.twins) & (radius > 0.4 * shape.mean_intercept)
    start[~chosen] = np.inf
    across = (x - cx[labels]) * np.cos(angle)[labels] + (y - cy[labels]) * np.sin(angle)[labels]
    band = (across > start[labels]).astype(np.int64) + ((across > stop[labels]) & chosen[labels])
    parent = np.repeat(np.arange(n), 3)
    parent[1::3] += n
    return labels * 3 + band, parent
