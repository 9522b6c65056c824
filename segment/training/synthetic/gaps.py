"""Open and covered boundaries: gaps, ragged voids, precipitates, patches of a second phase; solids."""

from dataclasses import replace

import cv2
import numpy as np

from segment.training.synthetic.geometry import Section
from segment.training.synthetic.random_fields import boundary_field, displaced, per_grain, smooth_noise
from segment.training.synthetic.scene import Scene

THIN_SHARE = 0.1  #: of the mean intercept: a gap narrower than this is a boundary, a wider one no grain
THIN_PX = 5.0  #: and so is one narrower than this


def with_gaps(scene: Scene, rng: np.random.Generator, share: float) -> Scene:
    """The scene with gaps along a share of its boundary segments, wider where three grains meet.

    Gaps wider than `THIN_SHARE` of the mean intercept are in `pores`, thinner ones in `films`.
    """
    mean, field = scene.section.shape.mean_intercept, scene.field
    n = len(field.sides)
    typical = mean * rng.uniform(0.02, 0.18)
    segment_width = typical * np.exp(0.5 * rng.standard_normal(n)) * (rng.random(n) < share)
    uneven = 1 + rng.uniform(0.2, 0.7) * smooth_noise(rng, scene.size, mean * rng.uniform(0.3, 0.9))
    rough = rng.uniform(0, 0.5) * smooth_noise(rng, scene.size, rng.uniform(3, 9))
    half = cv2.GaussianBlur(segment_width.astype(np.float32)[field.segment], (0, 0), 3) * uneven
    half = half * np.clip(1 + rough, 0.3, 2)
    gap = field.distance < half
    wide = half > max(THIN_SHARE * mean, THIN_PX) / 2
    pores = scene.pores | opened(gap & wide)
    return replace(scene, pores=pores, phases=scene.phases & ~pores, films=(scene.films | gap) & ~pores)


def with_precipitates(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with coarse precipitates along its boundaries, each as ragged as those that grow from them.

    Their width changes along the boundary in lumps, at their rims in teeth a few pixels apart, and from one
    grain to the next, since many grow to one side only.  Some boundaries are bare.  Those wider than
    `THIN_SHARE` of the mean intercept are in `phases`, thinner ones in `films`.
    """
    mean, field, labels = scene.section.shape.mean_intercept, scene.field, scene.section.labels
    typical = float(np.exp(rng.uniform(np.log(2), np.log(min(0.12 * mean, 12.0) + 2.5))))
    covered = rng.random(len(field.sides)) < rng.uniform(0.35, 1)
    of_segment = covered * np.exp(0.4 * rng.standard_normal(len(field.sides)))
    of_side = np.exp(rng.uniform(0, 0.9) * rng.standard_normal(int(labels.max()) + 1))
    lumps = rng.uniform(0, 0.9) * smooth_noise(rng, scene.size, typical * rng.uniform(3, 10))
    teeth = rng.uniform(0.0, 0.6) * smooth_noise(rng, scene.size, rng.uniform(2.5, 7))
    half = (
        typical * of_segment.astype(np.float32)[field.segment] * per_grain(np.clip(of_side, 0.2, 2), labels)
    )
    body = field.distance < half * (1 + lumps + teeth)
    width = max(round(THIN_SHARE * mean), round(THIN_PX)) | 1
    core = opened(body, width).astype(np.uint8)
    wide = body & (cv2.dilate(core, np.ones((5, 5), np.uint8)) > 0)
    phases = (scene.phases | wide) & ~scene.pores
    return replace(scene, phases=phases, films=(scene.films | body) & ~phases & ~scene.pores)


def with_patches(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with patches of a second phase, most of them beside its voids: 2 to 15 % of the area."""
    wavelength = scene.section.shape.mean_intercept * rng.uniform(0.25, 1.0)
    pull = smooth_noise(rng, scene.size, wavelength) + 0.3 * smooth_noise(rng, scene.size, 0.3 * wavelength)
    if scene.pores.any():
        away = cv2.distanceTransform((~scene.pores).astype(np.uint8), cv2.DIST_L2, 3)
        pull = pull + rng.uniform(0, 2.5) * np.exp(-away / (0.5 * wavelength))
    patches = opened(pull > np.quantile(pull[::4, ::4], 1 - rng.uniform(0.02, 0.15)))
    phases = (scene.phases | patches) & ~scene.pores
    return replace(scene, phases=phases, films=scene.films & ~phases)


def opened(mask: np.ndarray, width_px: int = 3) -> np.ndarray:
    """Without specks and spikes below `width_px`; bool."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width_px, width_px))
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc).astype(bool)


def ragged(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with frayed outlines of its pores and second phases: a displacement of a few pixels."""
    reach, wavelength = rng.uniform(0.5, 2.5), rng.uniform(3, 8)
    dy, dx = (reach * smooth_noise(rng, scene.size, wavelength) for _ in range(2))
    frayed = (
        opened(displaced(mask.astype(np.uint8), dy, dx, cv2.INTER_NEAREST) > 0)
        for mask in (scene.pores, scene.phases)
    )
    pores, phases = frayed
    phases &= ~pores
    return replace(scene, pores=pores, phases=phases, films=scene.films & ~pores & ~phases)


def without_boundaries(scene: Scene, rng: np.random.Generator) -> Scene:
    """One solid with the same voids and second phases: its boundaries show nowhere, and count for none.

    What was a thin gap along a boundary is a crack in the solid, no grain like the wide ones.
    """
    whole = np.ones_like(scene.section.labels)
    section = Section(whole, np.arange(2), scene.section.shape)
    pores, nothing = scene.pores | (scene.films & ~scene.phases), np.zeros(scene.size, bool)
    return replace(scene, section=section, field=boundary_field(whole, rng), pores=pores, films=nothing)
