"""One field at several tilts: each grain diffracts otherwise, the boundaries stay where they are."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from segment.grain_map import GrainMap
from segment.training.synthetic.render import photographed, scene_of
from segment.training.synthetic.styles import STYLES

TURN_DEG, SHIFT, TILT_DEG = 2.0, 0.03, 10.0  #: most, from picture to picture; the shift of the edge's length


def render_tilts(
    grain_map: GrainMap, style: str, rng: np.random.Generator, n: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Image a known grain map `n` times, as at several tilts of the specimen.

    Each grain has another grey in each picture; what the boundaries themselves show stays.  Every picture
    after the first is turned, shifted and foreshortened a little, and each has its own exposure.

    Parameters
    ----------
    grain_map : GrainMap
    style : str
        Key of `STYLES`.
    rng : Generator
    n : int

    Returns
    -------
    images : list of ndarray of uint8
    matrices : list of ndarray, shape (2, 3)
        Each takes (x, y, 1) of the first picture to (x, y) of this one.
    """
    scene, seed = scene_of(grain_map, rng), int(rng.integers(2**31))
    images, matrices = [], []
    for k in range(n):
        orientation = scene.section.orientation
        others = np.arange(1, int(orientation.max()) + 1)
        swapped = np.concatenate([[0], others if k == 0 else rng.permutation(others)])
        tilted = replace(scene, section=replace(scene.section, orientation=swapped[orientation]))
        seen = STYLES[style].renderer(tilted, np.random.default_rng(seed)).astype(np.float32)
        matrix = _small_warp(scene.size, rng) if k else np.eye(2, 3)
        back = cv2.invertAffineTransform(matrix)
        rows, columns = scene.size
        how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(seen, back, (columns, rows), flags=how, borderMode=cv2.BORDER_REFLECT)
        images.append(photographed(moved if k else seen, style, rng))
        matrices.append(matrix)
    return images, matrices


def _small_warp(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Turned, shifted, and foreshortened along one direction; shape (2, 3)."""
    rows, columns = size
    middle, axis = np.array([columns, rows]) / 2, rng.uniform(0, np.pi)
    turn = np.deg2rad(rng.uniform(-TURN_DEG, TURN_DEG))
    along = np.array([np.cos(axis), np.sin(axis)])
    squeeze = np.eye(2) - (1 - np.cos(np.deg2rad(rng.uniform(0, TILT_DEG)))) * np.outer(along, along)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ squeeze
    shift = rng.uniform(-SHIFT, SHIFT, 2) * (columns, rows)
    return np.column_stack([linear, middle - linear @ middle + shift])
