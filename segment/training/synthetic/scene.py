"""A scene: the truth a renderer starts from."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from segment.cells.label_edges import cells_around
from segment.training.synthetic.geometry import Section
from segment.training.synthetic.random_fields import BoundaryField, boundary_field, per_grain, smooth_noise


@dataclass(frozen=True, eq=False)
class Scene:
    """Grains, their boundaries, and what is no grain."""

    section: Section
    field: BoundaryField  #: of the section's labels
    #: pores, phases: bool, shape (rows, columns): holes, and second phases: particles, pockets where grains
    #: meet, islands as large as grains
    pores: np.ndarray
    phases: np.ndarray
    #: bool, shape (rows, columns): layers of the second phase along boundaries, thin enough to be the
    #: boundary
    films: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        rows, columns = self.section.labels.shape
        return rows, columns

    @property
    def not_grain(self) -> np.ndarray:
        return self.pores | self.phases

    @property
    def n_crystals(self) -> int:
        """Number of orientations, with one that no pixel has."""
        return int(self.section.orientation.max()) + 1

    def per_crystal(self, values: np.ndarray) -> np.ndarray:
        """Paint one value an orientation: both sides of a twin lamella get the same; float32."""
        return per_grain(values[self.section.orientation], self.section.labels)


class Inclusions(NamedTuple):
    """What is no grain: mean numbers a grain of rounded second_phases, and shares."""

    #: pores_on, pores_in, phases_on, phases_in: pores and particles on boundaries and inside grains, mean
    #: number a grain
    pores_on: float = 0
    pores_in: float = 0
    phases_on: float = 0
    phases_in: float = 0
    wetted: float = 0  #: share of the boundaries along which the second phase lies as a film
    pockets: float = 0  #: share of the triple points with a pocket of it
    islands: float = 0  #: share of the grains that belong to the second phase, such as pearlite in iron


def build_scene(section: Section, rng: np.random.Generator, inclusions: Inclusions | None = None) -> Scene:
    """Boundaries of `section`, strewn with pores and particles, wetted by a second phase."""
    field = boundary_field(section.labels, rng)
    much = inclusions or Inclusions()
    on, inside = np.flatnonzero(field.on_line), np.flatnonzero(field.distance > 3)
    n_grains = int(section.labels.max())
    masks = [
        _strew(section, where, share * n_grains, rng)
        for where, share in zip((on, inside, on, inside), much[:4], strict=True)
    ]
    pores, phases = masks[0] | masks[1], masks[2] | masks[3]
    films = np.zeros(pores.shape, bool)
    if much.wetted or much.pockets:
        films, pockets = _wetting(section, field, much, rng)
        phases |= pockets
    if much.islands:
        phases |= _islands(section, much.islands, rng)
    return Scene(section, field, pores, phases & ~pores, films & ~pores & ~phases)


def with_end(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with a rough edge beyond which there is no specimen: a hole of 5 to 45 % of it."""
    y, x = np.mgrid[-0.5 : 0.5 : scene.size[0] * 1j, -0.5 : 0.5 : scene.size[1] * 1j].astype(np.float32)
    angle, mean = rng.uniform(0, 2 * np.pi), scene.section.shape.mean_intercept
    depth = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.5, 1) * (x**2 + y**2)
    for roughness, wavelength in ((0.06, 4 * mean), (0.02, 0.7 * mean)):
        depth += rng.uniform(0, roughness) * smooth_noise(rng, scene.size, wavelength)
    hole = depth > np.quantile(depth[::8, ::8], rng.uniform(0.55, 0.95))
    return replace(scene, pores=scene.pores | hole, phases=scene.phases & ~hole, films=scene.films & ~hole)


def _wetting(
    section: Section, field: BoundaryField, much: Inclusions, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Films of up to 5 px along boundaries, and cusped pockets where three grains meet."""
    labels, mean = section.labels, section.shape.mean_intercept
    film = rng.uniform(0.6, 2.4) * (rng.random(len(field.sides)) < much.wetted)[field.segment]
    corner = triple_points(labels)
    if not corner.any():
        return field.distance < film, np.zeros(labels.shape, bool)
    away, nearest = cv2.distanceTransformWithLabels(
        (~corner).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP
    )
    n = int(nearest.max()) + 1
    chosen = rng.random(n) < much.pockets
    size = chosen * mean * rng.uniform(0.05, 0.2) * np.exp(0.4 * rng.standard_normal(n))
    half_width = size[nearest] * np.exp(-away / (0.6 * np.maximum(size[nearest], 1.0)))
    return field.distance < film, (field.distance < half_width) & (half_width > 2.5)


def triple_points(labels: np.ndarray) -> np.ndarray:
    """Pixels whose square with the right and lower neighbours holds three labels or more; bool."""
    found = np.zeros(labels.shape, bool)
    found[:-1, :-1] = cells_around(labels) >= 3
    return found


def _islands(section: Section, share: float, rng: np.random.Generator) -> np.ndarray:
    """Whole grains of the second phase, some of them in bands or clusters."""
    labels, mean = section.labels, section.shape.mean_intercept
    n = int(labels.max()) + 1
    pull = smooth_noise(rng, labels.shape, rng.uniform(2, 8) * mean)
    count = np.maximum(np.bincount(labels.ravel(), minlength=n), 1)
    pull_of_grain = np.bincount(labels.ravel(), pull.ravel(), n) / count
    score = rng.uniform(0, 1.5) * pull_of_grain + rng.standard_normal(n)
    chosen = score > np.quantile(score[1:], 1 - share)
    return chosen[labels]


def _strew(section: Section, where: np.ndarray, mean: float, rng: np.random.Generator) -> np.ndarray:
    """Mask of rounded, elongated or faceted second_phases centred on pixels of `where`."""
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


def truth_lines(scene: Scene, *, through: bool = False) -> np.ndarray:
    """One-pixel boundaries as a careful annotator would trace them, bool of shape (rows, columns).

    A boundary runs through small particles and films and ends at the outline of a large second phase,
    which is a boundary, since there the grain ends; `through`: it runs through those as well, and their
    outlines are none.
    """
    line: np.ndarray = scene.field.on_line
    if through:
        return line & ~scene.pores
    large = _large_particles(scene)
    if large.any():
        inner = cv2.erode(large.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        line = (line & ~large) | (large & ~inner)
    return line


def _large_particles(scene: Scene) -> np.ndarray:
    second_phases = scene.not_grain
    if not second_phases.any():
        return second_phases
    _, label, stats, _ = cv2.connectedComponentsWithStats(second_phases.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] > 0.06 * scene.section.shape.mean_intercept**2
    large[0] = False
    return large[label]
