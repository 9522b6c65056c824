"""Micrographs of grains crossed by thin lamellae, wedges and slivers, as twins are in maps of band contrast.

A lamella is a grain of its own, however thin; its boundaries are fainter than those between grains.
"""

import cv2
import numpy as np
from scipy import ndimage

from segment.cells.editing import numbered
from segment.grain_map import GrainMap
from segment.training.synthetic.geometry import Section, Shape, random_section
from segment.training.synthetic.random_fields import blur, on_coarse_points, smooth_noise
from segment.training.synthetic.render import SyntheticMicrograph, photographed
from segment.training.synthetic.render_sem import render_sem_channelling
from segment.training.synthetic.scene import Inclusions, Scene, build_scene, truth_lines
from segment.training.synthetic.visibility import segment_contrast, unsure_pixels

LEAST_PX, LEAST_STEPS = 3.5, 1.7  #: width of the thinnest lamella, in pixels and in steps of the map
CHANNELLING = 0.25  #: share of the images that are no map but an image of channelling contrast
LEAST_GRAIN_PX = 350  #: area of the smallest grain that has lamellae
LEAST_PART_PX = 12  #: area of the smallest part of a grain or lamella that becomes one of its own


def lamellar_micrograph(rng: np.random.Generator, shape: tuple[int, int] = (512, 512)) -> SyntheticMicrograph:
    """Draw a micrograph of `shape` (rows, columns) of grains with lamellae; `rng` is the only randomness."""
    step = float(rng.uniform(1, 3.2))
    channelling = rng.random() < CHANNELLING
    grains = random_section(rng, shape, _grain_shape(rng))
    thinnest = max(LEAST_PX, LEAST_STEPS * (1 if channelling else step))
    section, grain = with_lamellae(grains, rng, thinnest)
    scene = build_scene(section, rng, Inclusions(0.1 * (rng.random() < 0.3)))
    style = "sem_channelling" if channelling else "band_contrast"
    image = render_sem_channelling(scene, rng) if channelling else _band_contrast(scene, grain, step, rng)
    grey = photographed(image.astype(np.float32), style, rng)
    contrast = segment_contrast(grey, section.labels, scene.field)
    unsure = unsure_pixels(contrast, scene.field) & ~scene.not_grain
    labels = numbered(np.where(scene.not_grain, 0, section.labels))
    return SyntheticMicrograph(
        grey, GrainMap(labels), truth_lines(scene), scene.not_grain, unsure, "lamellar"
    )


def with_lamellae(section: Section, rng: np.random.Generator, thinnest: float) -> tuple[Section, np.ndarray]:
    """Cut lamellae of `thinnest` pixels and more through some grains, all of a grain parallel.

    The second array says from which grain of `section` each label was cut: int, shape (n + 1,).  The parts of
    a grain between its lamellae share their orientation, and so do its lamellae.
    """
    labels = section.labels.astype(np.int64)
    orientation, grain = list(range(labels.max() + 1)), list(range(labels.max() + 1))
    share, mean_count = rng.uniform(0.3, 0.9), rng.uniform(0.3, 1.6)
    twinned = len(orientation)  # the orientation of the next grain's lamellae
    for of_grain, box in enumerate(ndimage.find_objects(section.labels), 1):
        inside = section.labels[box] == of_grain
        if rng.random() > share or inside.sum() < LEAST_GRAIN_PX:
            continue
        bands = _bands(inside, 1 + min(rng.poisson(mean_count), 3), thinnest, rng)
        for number in range(bands.max() + 1):
            part, n = ndimage.label(inside & (bands == number))
            for k in range(1, n + 1):
                if np.count_nonzero(part == k) >= LEAST_PART_PX:
                    labels[box][part == k] = len(grain)
                    orientation.append(twinned if number else of_grain)
                    grain.append(of_grain)
        twinned += 1
    present, labels = np.unique(labels, return_inverse=True)
    _, alike = np.unique(np.array(orientation)[present], return_inverse=True)
    cut = Section(
        labels.reshape(section.labels.shape).astype(np.int32) + 1, np.append(0, alike + 1), section.shape
    )
    return cut, np.append(0, np.array(grain)[present])


def _grain_shape(rng: np.random.Generator) -> Shape:
    bimodal = rng.random() < 0.35
    return Shape(
        mean_intercept=float(np.exp(rng.uniform(np.log(38), np.log(110)))),
        sigma=rng.uniform(0.15, 0.5),
        size_ratio=rng.uniform(1.8, 3) if bimodal else 1.0,
        coarse_volume=rng.uniform(0.3, 0.7) if bimodal else 0.0,
        elongation=rng.uniform(1, 1.3),
        angle=rng.uniform(0, np.pi),
        curvature=rng.uniform(0, 0.07),
    )


def _bands(inside: np.ndarray, count: int, thinnest: float, rng: np.random.Generator) -> np.ndarray:
    """Number 1 ... `count` on each lamella of a grain, 0 beside them; where there is no room, fewer."""
    angle = rng.uniform(0, np.pi)
    y, x = np.indices(inside.shape, np.float32)
    middle_y, middle_x = ndimage.center_of_mass(inside)
    across = (x - middle_x) * np.cos(angle) + (y - middle_y) * np.sin(angle)
    along = (y - middle_y) * np.cos(angle) - (x - middle_x) * np.sin(angle)
    low, high = across[inside].min(), across[inside].max()
    span = high - low
    bands = np.zeros(inside.shape, int)
    if span < 4 * thinnest:
        return bands
    for number in range(1, count + 1):
        width = np.exp(rng.uniform(np.log(thinnest), np.log(max(0.3 * span, 1.3 * thinnest))))
        half = width / 2 * (_wedge(along, inside, rng) if rng.random() < 0.3 else 1)
        at = rng.uniform(low + 0.1 * span, high - 0.1 * span)
        band = inside & (np.abs(across - at) < half)
        near = ndimage.binary_dilation(bands > 0, iterations=int(thinnest))
        if np.count_nonzero(band) > 2 * thinnest**2 and not (band & near).any():
            bands[band] = number
    return bands


def _wedge(along: np.ndarray, inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Factor on the width of a lamella that ends inside its grain."""
    first, last = along[inside].min(), along[inside].max()
    sign = rng.choice([-1, 1])
    end = rng.uniform(0.3, 0.9) * (last - first)
    left = (first + end - along) if sign > 0 else along - (last - end)
    return np.asarray(np.clip(left / (rng.uniform(0.15, 0.6) * (last - first)), 0, 1) ** 0.7)


def _band_contrast(scene: Scene, grain: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """Quality of diffraction patterns on a raster `step` pixels apart, lines of twins fainter; float32."""
    level = rng.uniform(0.5, 0.85) + rng.uniform(0.01, 0.13) * rng.standard_normal(scene.n_crystals)
    image = scene.per_crystal(level) + rng.uniform(0, 0.06) * smooth_noise(
        rng, scene.size, rng.uniform(8, 60)
    )
    image -= _lines(scene, grain, rng)
    if rng.random() < 0.4:
        bent = np.clip(smooth_noise(rng, scene.size, rng.uniform(12, 50)) - rng.uniform(1, 2), 0, 1)
        image -= rng.uniform(0.05, 0.3) * bent
    if rng.random() < 0.4:
        image -= rng.uniform(0.1, 0.4) * _dust(scene.size, rng)
    coarse = on_coarse_points(np.where(scene.not_grain, rng.uniform(0, 0.25), image), step, rng)
    how = int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC], p=[0.3, 0.5, 0.2]))
    return cv2.resize(coarse, scene.size[::-1], interpolation=how)


def _lines(scene: Scene, grain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Darkness of the boundaries, one width and depth a segment; float32."""
    field = scene.field
    chance = rng.random((2, len(field.sides)))
    width = rng.uniform(1.2, 4.5) * (0.6 + 0.8 * chance[0])
    depth = rng.uniform(0.2, 0.6) * (0.4 + 0.6 * chance[1])
    twin = grain[field.sides[:, 0]] == grain[field.sides[:, 1]]
    width[twin] *= rng.uniform(0.4, 0.9)
    depth[twin] *= rng.uniform(0.25, 0.95)
    lines = depth[field.segment] * np.exp(-((field.distance / width[field.segment]) ** 2))
    return np.asarray(lines, np.float32)


def _dust(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Clusters of small spots in which no pattern was solved; float32."""
    spots = np.zeros(size, np.float32)
    for _ in range(rng.integers(1, 8)):
        centre = rng.uniform([0, 0], size)
        for _ in range(rng.integers(1, 9)):
            y, x = (centre + rng.normal(0, 14, 2)).astype(int).tolist()
            cv2.circle(spots, (x, y), int(rng.integers(1, 5)), float(rng.uniform(0.3, 1)), -1)
    return blur(spots, rng.uniform(0.8, 2))
