"""Synthetic micrographs: a scene drawn at random, rendered in one of the styles, exposed and spoilt."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from segment.cells.editing import numbered
from segment.grain_map import GrainMap
from segment.training.synthetic import degradations
from segment.training.synthetic.annotator import Annotator
from segment.training.synthetic.gaps import (
    opened,
    ragged,
    with_gaps,
    with_patches,
    with_precipitates,
    without_boundaries,
)
from segment.training.synthetic.geometry import Section, Shape, random_section, random_shape
from segment.training.synthetic.lettering import add_info_bar, letter
from segment.training.synthetic.no_network import KINDS as NO_NETWORKS
from segment.training.synthetic.random_fields import smooth_noise, stretch
from segment.training.synthetic.scene import Inclusions, Scene, build_scene, truth_lines, with_end
from segment.training.synthetic.styles import STYLES, Style
from segment.training.synthetic.visibility import segment_contrast, unsure_pixels

LETTERED, BARRED = 0.08, 0.04  #: shares of the training images with a scale bar, with an info bar
BURIED_PX = 13  #: width of a body in which nobody can tell where the boundary below it runs
ENDING = 0.05  #: share of the images where the specimen ends


@dataclass(frozen=True, eq=False)
class SyntheticMicrograph:
    """An image and what is true about it, all of one shape."""

    image: np.ndarray  #: uint8
    grain_map: GrainMap  #: label 0 where `not_grain`
    boundary: np.ndarray  #: bool: one-pixel lines as an annotator would trace them
    not_grain: np.ndarray  #: bool
    unsure: np.ndarray  #: bool: around boundaries that the image does not show
    style: str


def synthetic_micrograph(
    rng: np.random.Generator,
    shape: tuple[int, int] = (512, 512),
    *,
    style: str,
    grains: Shape | None = None,
    annotator: Annotator | None = None,
    mishaps: bool = False,
) -> SyntheticMicrograph:
    """Draw one micrograph of `shape` (rows, columns); `rng` is the only source of randomness.

    `style` is a key of `STYLES`; the geometry, `grains`, is drawn where it is None; without an `annotator` a
    careful one traces `boundary`.  `mishaps`: some images get a scale bar or an info bar, in some the
    specimen ends.
    """
    drawn_shape = grains or random_shape(rng, _coarse(STYLES[style], rng))
    scene = _scene(random_section(rng, shape, drawn_shape), style, rng)
    (aside,) = rng.spawn(1)
    if mishaps and aside.random() < ENDING:
        scene = with_end(scene, aside)
    scene, is_solid = _opened(scene, STYLES[style], aside)
    section = scene.section
    labels = np.where(scene.not_grain, 0, section.labels)
    image = _develop(scene, style, rng)
    contrast = segment_contrast(image, section.labels, scene.field)
    lines = truth_lines(scene, through=STYLES[style].overgrown)
    unsure = unsure_pixels(contrast, scene.field) & ~scene.not_grain
    if STYLES[style].overgrown:
        unsure |= opened(scene.phases, BURIED_PX)
    drawn = SyntheticMicrograph(
        image,
        GrainMap(numbered(labels)),
        annotator.trace(lines, contrast, scene.field, rng) if annotator and not is_solid else lines,
        scene.not_grain,
        unsure,
        style,
    )
    return _lettered(drawn, rng) if mishaps else drawn


def _coarse(style: Style, rng: np.random.Generator) -> float | None:
    """Mean intercept of a style that has its own range; None: as for every style."""
    return float(np.exp(rng.uniform(np.log(26), np.log(style.largest)))) if style.largest else None


def _opened(scene: Scene, style: Style, rng: np.random.Generator) -> tuple[Scene, bool]:
    """The scene with gaps and rough outlines, and whether its boundaries show nowhere."""
    if style.gaps and rng.random() < style.gaps:
        scene = with_gaps(scene, rng, rng.uniform(0.1, 1) ** 0.5)
    if style.overgrown:
        scene = with_precipitates(scene, rng)
    if style.patches:
        scene = with_patches(scene, rng)
    if style.frayed and rng.random() < style.frayed:
        scene = ragged(scene, rng)
    if style.solid and rng.random() < style.solid:
        return without_boundaries(scene, rng), True
    return scene, False


def _lettered(drawn: SyntheticMicrograph, rng: np.random.Generator) -> SyntheticMicrograph:
    """With a scale bar (what lies beneath counts for nothing) or an info bar (no grain), by their shares."""
    choice = rng.random()
    if choice < LETTERED:
        image, covered = letter(drawn.image, rng)
        return replace(drawn, image=image, unsure=drawn.unsure | covered)
    if choice < LETTERED + BARRED:
        image, height = add_info_bar(drawn.image, rng)
        bar = np.zeros(image.shape, bool)
        bar[-height:] = True
        edge = np.zeros(image.shape, bool)
        edge[-height - 4 : -height + 4] = True
        labels = np.where(bar, 0, drawn.grain_map.labels)
        return replace(
            drawn,
            image=image,
            grain_map=GrainMap(numbered(labels)),
            boundary=drawn.boundary & ~bar,
            not_grain=drawn.not_grain | bar,
            unsure=(drawn.unsure & ~bar) | edge,
        )
    return drawn


def render(grain_map: GrainMap, style: str, rng: np.random.Generator) -> np.ndarray:
    """Image a known grain map in one style; uint8 of its shape.

    Pixels of label 0 become pores (styles of the electron microscope) or dark islands (etched).
    """
    return _develop(scene_of(grain_map, rng), style, rng)


def scene_of(grain_map: GrainMap, rng: np.random.Generator) -> Scene:
    """A known grain map as a specimen; pixels of label 0 are pores."""
    labels = grain_map.labels
    filled = labels + 1
    mean = float(np.sqrt(labels.size / max(grain_map.n_grains, 1)) * 0.9)
    section = Section(filled, np.arange(int(filled.max()) + 1), Shape(mean_intercept=mean))
    return replace(build_scene(section, rng), pores=labels == 0)


def empty_micrograph(rng: np.random.Generator, shape: tuple[int, int] = (512, 512)) -> SyntheticMicrograph:
    """An image of one crystal that shows nothing: noise, a slow gradient, a texture."""
    image = rng.uniform(0, 1) * smooth_noise(rng, shape, float(np.exp(rng.uniform(1, 5.5))))
    image = degradations.shade(image + 0.01 * smooth_noise(rng, shape, 200), rng)
    image = _spoil(degradations.expose(image, rng, noise_floor=rng.random() < 0.5), rng)
    none = np.zeros(shape, bool)
    return SyntheticMicrograph(image, GrainMap(np.ones(shape, np.int32)), none, none, none, "empty")


def networkless_micrograph(
    rng: np.random.Generator, shape: tuple[int, int] = (512, 512), *, kind: str | None = None
) -> SyntheticMicrograph:
    """An image of one crystal with a structure that mimics grains, of one of `no_network.KINDS`."""
    kind = kind or str(rng.choice(list(NO_NETWORKS)))
    image, bodies = NO_NETWORKS[kind](rng, shape)
    image = degradations.shade(image, rng) if rng.random() < 0.6 else image
    image = _spoil(degradations.expose(image, rng), rng)
    edge = cv2.morphologyEx(bodies.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8)) > 0
    labels = (~bodies).astype(np.int32)
    return SyntheticMicrograph(image, GrainMap(numbered(labels)), np.zeros(shape, bool), bodies, edge, kind)


def _scene(section: Section, style: str, rng: np.random.Generator) -> Scene:
    chosen = STYLES[style]
    use = chosen.always or rng.random() < 0.5
    share = rng.uniform(0.2, 1.0, len(chosen.inclusions)) if use else np.zeros(len(chosen.inclusions))
    return build_scene(section, rng, Inclusions(*(share * chosen.inclusions).tolist()))


def _develop(scene: Scene, style: str, rng: np.random.Generator) -> np.ndarray:
    """Render, shade, expose, spoil; uint8."""
    return photographed(STYLES[style].renderer(scene, rng).astype(np.float32), style, rng)


def photographed(image: np.ndarray, style: str, rng: np.random.Generator) -> np.ndarray:
    """What the specimen shows, float32, as a camera takes it: uint8."""
    chosen = STYLES[style]
    if rng.random() < 0.6:
        image = degradations.shade(image, rng)
    if rng.random() < 0.2:
        image = degradations.stain(image, rng)
    if rng.random() < (0.5 if chosen.scratched else 0.12):
        image = degradations.scratch(image, rng)
    if chosen.scanned and rng.random() < 0.25:
        image = degradations.jitter(image, rng)
    return _spoil(degradations.expose(image, rng, noise_floor=chosen.noise_floor), rng)


def _spoil(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.15:
        image = degradations.stripe(image, rng)
    grey = stretch(image, rng)
    return degradations.compress(grey, rng) if rng.random() < 0.35 else grey
