"""A scene: the truth a renderer starts from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from segment.training.fields import BoundaryField, boundary_field
from segment.training.geometry import Section


@dataclass(frozen=True, eq=False)
class Scene:
    """Grains, their boundaries, and what is no grain.

    Attributes
    ----------
    section : Section
    field : BoundaryField
        Of the section's labels.
    pores, phases : ndarray of bool, shape (rows, columns)
        Holes, and particles of a second phase.
    visible : ndarray of bool, shape (rows, columns)
        False on and near boundary segments that no annotator would trace.
    """

    section: Section
    field: BoundaryField
    pores: np.ndarray
    phases: np.ndarray
    visible: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        rows, columns = self.section.labels.shape
        return rows, columns

    @property
    def not_grain(self) -> np.ndarray:
        result: np.ndarray = self.pores | self.phases
        return result


#: mean number of (pores on boundaries, pores inside, phases on boundaries, phases inside) per grain
Inclusions = tuple[float, float, float, float]


def build_scene(section: Section, rng: np.random.Generator, inclusions: Inclusions = (0, 0, 0, 0)) -> Scene:
    """Boundaries of `section`, strewn with pores and particles."""
    field = boundary_field(section.labels, rng)
    on, inside = np.flatnonzero(field.on_line), np.flatnonzero(field.distance > 3)
    n_grains = int(section.labels.max())
    masks = [
        _strew(section, where, share * n_grains, rng)
        for where, share in zip((on, inside, on, inside), inclusions, strict=True)
    ]
    pores = masks[0] | masks[1]
    return Scene(section, field, pores, (masks[2] | masks[3]) & ~pores, np.ones(pores.shape, bool))


def _strew(section: Section, where: np.ndarray, mean: float, rng: np.random.Generator) -> np.ndarray:
    """Mask of rounded, elongated or faceted bodies centred on pixels of `where`."""
    out = np.zeros(section.labels.shape, np.uint8)
    count = int(rng.poisson(mean)) if mean and where.size else 0
    typical = section.shape.mean_intercept * rng.uniform(0.05, 0.16)
    faceted, slender = rng.random() < 0.3, rng.uniform(1, 2.2)
    centres = where[rng.integers(where.size, size=count)].tolist() if count else []
    for centre in centres:
        y, x = divmod(int(centre), section.labels.shape[1])
        radius = max(float(typical * np.exp(0.45 * rng.standard_normal())), 1.0)
        turn = np.linspace(0, 2 * np.pi, 6 if faceted else 20, endpoint=False) + rng.uniform(0, np.pi)
        stretch = rng.uniform(1, slender)
        wobble = 1 + 0.15 * rng.standard_normal(turn.size) * (1 if faceted else 0.4)
        u, v = radius * stretch * wobble * np.cos(turn), radius / stretch**0.5 * wobble * np.sin(turn)
        angle = rng.uniform(0, np.pi)
        px, py = x + np.cos(angle) * u - np.sin(angle) * v, y + np.sin(angle) * u + np.cos(angle) * v
        cv2.fillPoly(out, [np.round(np.column_stack([px, py]) * 16).astype(np.int32)], 1, shift=4)
    return out.astype(bool)


def truth_lines(scene: Scene) -> np.ndarray:
    """One-pixel boundaries as an annotator would trace them, bool of shape (rows, columns).

    A boundary runs through small particles and ends at the outline of large ones; the outline of a large body
    is a boundary, since there the grain ends.
    """
    line: np.ndarray = scene.field.on_line & scene.visible
    large = _large_bodies(scene)
    if large.any():
        inner = cv2.erode(large.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        line = (line & ~large) | (large & ~inner)
    return line


def _large_bodies(scene: Scene) -> np.ndarray:
    bodies = scene.not_grain
    if not bodies.any():
        return bodies
    _, label, stats, _ = cv2.connectedComponentsWithStats(bodies.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] > 0.06 * scene.section.shape.mean_intercept**2
    large[0] = False
    result: np.ndarray = large[label]
    return result
