"""Synthetic micrographs: a scene drawn at random, rendered in one of the styles, exposed and spoilt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from segment.grainmap import GrainMap
from segment.training import faults
from segment.training.fields import smooth_noise, stretch
from segment.training.geometry import Section, Shape, random_section, random_shape
from segment.training.render_optical import render_etched, render_stained
from segment.training.render_sem import render_sem_channelling, render_sem_film, render_sem_lines
from segment.training.render_tem import render_bf_tem
from segment.training.scene import Inclusions, Scene, build_scene, truth_lines
from segment.training.visibility import unsure_pixels

Renderer = Callable[[Scene, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Style:
    """A way of imaging: the renderer, its share in training, and what goes with it.

    Attributes
    ----------
    renderer : callable
    share : float
        Relative frequency in training.
    inclusions : tuple of float
        Largest mean number a grain: pores on boundaries, pores inside, phases on boundaries, phases inside.
    noise_floor : bool
        Noise as strong as the boundaries.
    """

    renderer: Renderer
    share: float
    inclusions: Inclusions = (0, 0, 0, 0)
    noise_floor: bool = False


STYLES: dict[str, Style] = {
    "bf_tem": Style(render_bf_tem, 0.32, (0.1, 0.1, 0.05, 0.05)),
    "sem_film": Style(render_sem_film, 0.16, (0.4, 0.05, 0, 0)),
    "sem_channelling": Style(render_sem_channelling, 0.10, (0.3, 0.3, 0, 0)),
    "sem_lines": Style(render_sem_lines, 0.08, (0.5, 0.3, 0, 0)),
    "etched": Style(render_etched, 0.12, (0.1, 0.3, 0.2, 0.2)),
    "stained": Style(render_stained, 0.04, (0.1, 0.5, 0, 0.1)),
    "second_phase": Style(render_sem_channelling, 0.07, (0.2, 0.1, 2.5, 0.6)),
    "second_phase_lines": Style(render_sem_lines, 0.05, (0.1, 0.1, 2.5, 0.6)),
    "noisy_film": Style(render_sem_film, 0.06, (0.1, 0, 0, 0), noise_floor=True),
    "noisy_lines": Style(render_sem_lines, 0.06, (0.2, 0.1, 0.2, 0), noise_floor=True),
}


@dataclass(frozen=True, eq=False)
class SyntheticMicrograph:
    """An image and what is true about it, all of one shape.

    Attributes
    ----------
    image : ndarray of uint8
    grain_map : GrainMap
        Label 0 where `not_grain`.
    boundary : ndarray of bool
        One-pixel lines as an annotator would trace them.
    not_grain : ndarray of bool
    unsure : ndarray of bool
        Around boundaries that the image does not show.
    style : str
    """

    image: np.ndarray
    grain_map: GrainMap
    boundary: np.ndarray
    not_grain: np.ndarray
    unsure: np.ndarray
    style: str


def synthetic_micrograph(
    rng: np.random.Generator,
    shape: tuple[int, int] = (512, 512),
    *,
    style: str | None = None,
    grains: Shape | None = None,
    omissions: float = 0.0,
    pixel_size_nm: float | None = None,
) -> SyntheticMicrograph:
    """Draw one micrograph.

    Parameters
    ----------
    rng : Generator
        The only source of randomness.
    shape : tuple of int
        Rows and columns.
    style : str, optional
        Key of `STYLES`; None: drawn by their shares.
    grains : Shape, optional
        Geometry; None: drawn.
    omissions : float
        Share of boundary segments missing in `boundary`, as annotators leave some out.
    pixel_size_nm : float, optional
        Handed through to the grain map.

    Returns
    -------
    SyntheticMicrograph
    """
    style = style or draw_style(rng)
    section = random_section(rng, shape, grains or random_shape(rng))
    scene = _scene(section, style, rng)
    scene = replace(scene, visible=scene.field.chance[1] >= omissions)
    labels = np.where(scene.not_grain, 0, section.labels)
    image = _develop(scene, style, rng)
    return SyntheticMicrograph(
        image,
        _as_grain_map(labels, pixel_size_nm),
        truth_lines(scene),
        scene.not_grain,
        unsure_pixels(image, section.labels, scene.field) & ~scene.not_grain,
        style,
    )


def draw_style(rng: np.random.Generator) -> str:
    """A key of `STYLES`, drawn by their shares."""
    shares = np.array([style.share for style in STYLES.values()])
    return str(rng.choice(list(STYLES), p=shares / shares.sum()))


def render(grain_map: GrainMap, style: str, rng: np.random.Generator) -> np.ndarray:
    """Image a known grain map in one style; uint8 of its shape.

    Pixels of label 0 become pores (styles of the electron microscope) or dark islands (etched).
    """
    labels = grain_map.labels
    filled = labels + 1
    mean = float(np.sqrt(labels.size / max(grain_map.n_grains, 1)) * 0.9)
    section = Section(filled, np.arange(int(filled.max()) + 1), Shape(mean_intercept=mean))
    scene = replace(build_scene(section, rng), pores=labels == 0)
    return _develop(scene, style, rng)


def empty_micrograph(rng: np.random.Generator, shape: tuple[int, int] = (512, 512)) -> np.ndarray:
    """An image without grains: noise, a slow gradient, a texture; uint8."""
    image = rng.uniform(0, 1) * smooth_noise(rng, shape, float(np.exp(rng.uniform(1, 5.5))))
    image = faults.shade(image + 0.01 * smooth_noise(rng, shape, 200), rng)
    return _spoil(faults.expose(image, rng, noise_floor=rng.random() < 0.5), rng)


def _scene(section: Section, style: str, rng: np.random.Generator) -> Scene:
    use = rng.random() < 0.5 or style.startswith("second_phase")
    most = STYLES[style].inclusions
    a, b, c, d = rng.uniform(0.2, 1.0, 4).tolist() if use else (0.0, 0.0, 0.0, 0.0)
    return build_scene(section, rng, (most[0] * a, most[1] * b, most[2] * c, most[3] * d))


def _develop(scene: Scene, style: str, rng: np.random.Generator) -> np.ndarray:
    """Render, shade, expose, spoil; uint8."""
    chosen = STYLES[style]
    image = chosen.renderer(scene, rng).astype(np.float32)
    if rng.random() < 0.6:
        image = faults.shade(image, rng)
    if rng.random() < (0.5 if style == "etched" else 0.12):
        image = faults.scratch(image, rng)
    if style.startswith(("sem", "noisy", "second")) and rng.random() < 0.25:
        image = faults.jitter(image, rng)
    return _spoil(faults.expose(image, rng, noise_floor=chosen.noise_floor), rng)


def _spoil(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.15:
        image = faults.stripe(image, rng)
    grey = stretch(image, rng)
    return faults.compress(grey, rng) if rng.random() < 0.35 else grey


def _as_grain_map(labels: np.ndarray, pixel_size_nm: float | None) -> GrainMap:
    """Consecutive labels, 0 kept."""
    present = np.zeros(int(labels.max(initial=0)) + 1, bool)
    present[labels] = True
    present[0] = False
    order = np.where(present, np.cumsum(present), 0)
    return GrainMap(
        order[labels].astype(np.int32), pixel_size_nm, "none" if pixel_size_nm is None else "manual"
    )
