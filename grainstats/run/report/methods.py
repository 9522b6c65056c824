"""What the methods section of the report has to fill in; its sentences are in the template."""

from __future__ import annotations

from typing import Any

import pandas as pd

from grainstats.infer.modality import coarse_grains, judge, null_library, stability
from grainstats.run.recipe import Recipe
from grainstats.run.report.wording import number
from segment.orientation import is_orientation_map
from segment.orientation.grains import MISORIENTATION_DEG
from segment.unet.model_folder import Model

_SOURCES = {
    "metadata": "the microscope's metadata",
    "sidecar": "the text file beside the image",
    "scalebar": "the scale bar",
    "manual": "the operator",
}
#: the constants that decide a verdict, from the modules that decide
RULES = {
    "level": judge.LEVEL,
    "fewest_grains": judge.FEWEST_GRAINS,
    "smallest_ratio": judge.SMALLEST_RATIO,
    "smallest_mode": judge.SMALLEST_SHARE,
    "pair_ratio": null_library.PAIR_RATIO,
    "pair_share": null_library.PAIR_SHARE,
    "fewest_coarse": coarse_grains.FEWEST_COARSE,
    "fewest_fields": coarse_grains.FEWEST_FIELDS,
    "elsewhere": coarse_grains.ELSEWHERE,
    "likely": stability.LIKELY,
    "cuts": 1 + len(stability.CUTS),
    "smallest_agreement": stability.LEAST_AGREEING,
}


def methods_of(model: Model, recipe: Recipe, images: pd.DataFrame) -> dict[str, Any]:
    """The settings that were in force, and how many images they were applied to."""
    sources = sorted(set(images["scale_source"]))
    return {
        "n_images": len(images),
        "n_maps": sum(is_orientation_map(path) for path in images["path"]),
        "pixel_sizes": _pixel_sizes(images["pixel_size_nm"]),
        "pixel_sources": " and ".join(_SOURCES.get(str(source), str(source)) for source in sources),
        "model": model,
        "recipe": recipe,
        "misorientation_deg": recipe.misorientation_deg or MISORIENTATION_DEG,
        "rules": RULES,
    }


def _pixel_sizes(sizes: pd.Series) -> str:
    if sizes.empty:
        return ""
    low, high = number(sizes.min()), number(sizes.max())
    return f"{low} nm" if low == high else f"{low} to {high} nm"
