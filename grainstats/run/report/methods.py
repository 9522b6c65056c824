"""What the methods section of the report has to fill in; its sentences are in the template."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from grainstats._version import __version__
from grainstats.infer.modality import coarse_grains, judge, stability
from grainstats.run.recipe import Recipe
from segment.orientation import is_orientation_map
from segment.orientation.grains import MISORIENTATION_DEG
from segment.unet.model_folder import Model

_SOURCES = {
    "metadata": "the microscope's metadata",
    "sidecar": "the text file beside the image",
    "scalebar": "the scale bar",
    "manual": "the operator",
}


@dataclass(frozen=True)
class Rules:
    """The constants that decide a verdict, from the modules that decide."""

    level: float = judge.LEVEL
    smallest_ratio: float = judge.SMALLEST_RATIO
    smallest_mode: float = judge.SMALLEST_SHARE
    enough_power: float = judge.ENOUGH_POWER
    fewest_uniform: int = judge.FEWEST_UNIFORM
    left_out: int = coarse_grains.LEFT_OUT
    fewest_coarse: int = coarse_grains.FEWEST_COARSE
    fewest_fields: int = coarse_grains.FEWEST_FIELDS
    repeats: int = stability.REPEATS
    smallest_agreement: float = stability.SMALLEST_SHARE
    largest_contrary: float = stability.LARGEST_CONTRARY


@dataclass(frozen=True)
class Methods:
    """Settings and counts that the sentences name."""

    n_images: int
    n_maps: int
    pixel_sizes: str
    pixel_sources: str
    version: str
    model: str
    model_digest: str
    persistence: float
    min_area_px: int
    angles: tuple[str, ...]
    null: str
    misorientation: str
    twins: str
    fewest_grains: int
    rules: Rules = Rules()


def methods_of(model: Model, recipe: Recipe, images: pd.DataFrame) -> Methods:
    """The settings that were in force, the model's own where the recipe leaves them to it."""
    sources = sorted(set(images["scale_source"]))
    return Methods(
        n_images=len(images),
        n_maps=sum(is_orientation_map(path) for path in images["path"]),
        pixel_sizes=_pixel_sizes(images["pixel_size_nm"]),
        pixel_sources=" and ".join(_SOURCES.get(str(source), str(source)) for source in sources),
        version=__version__,
        model=model.name,
        model_digest=model.digest,
        persistence=model.persistence if recipe.persistence is None else recipe.persistence,
        min_area_px=model.min_area_px if recipe.min_area_px is None else recipe.min_area_px,
        angles=tuple(f"{angle:g}°" for angle in recipe.angles_deg),
        null=recipe.null,
        fewest_grains=judge.FEWEST_GRAINS[recipe.null],
        misorientation=f"{recipe.misorientation_deg or MISORIENTATION_DEG:g}°",
        twins=" and ".join(
            [*(["Σ3"] if recipe.merge_twins else []), *([recipe.twin] if recipe.twin else [])]
        ),
    )


def _pixel_sizes(sizes: pd.Series) -> str:
    if sizes.empty:
        return ""
    low, high = f"{sizes.min():.3g}", f"{sizes.max():.3g}"
    return f"{low} nm" if low == high else f"{low} to {high} nm"
