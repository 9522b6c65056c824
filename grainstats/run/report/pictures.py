"""Pictures of a sample's images: which the report carries, and each with its maps and scale bar."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from PIL import Image

from grainstats.run.report.grain_maps import Range, population_png, scale_bar, size_png, spacing_png
from grainstats.run.report.orientation_pictures import LEGEND_PX
from grainstats.run.report.page import data_uri, jpeg_uri
from grainstats.run.report.wording import counted, length
from grainstats.share.db.records import BY_HAND, CORRECTION
from grainstats.share.safe_paths import file_below, picture_below
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.label_maps.reading import read_label_map
from segment.orientation import is_orientation_map

MOST_PER_SAMPLE = 12  #: images that the page shows of a sample
MOST_IN_ALL = 72  #: and of all samples together: the page stays below 5 MB
SMALL_PX = 400  #: longer side up to which a picture is doubled for the eye
CURRENT_PX = 1100  #: widest picture of a limiting path on the page
MAP_NAMES = {"size": "grain size", "spacing": "local spacing", "population": "population"}


@dataclass(frozen=True)
class Scales:
    """What the colours of a sample's maps stand for; `border_nm` parts its two populations."""

    size: Range
    spacing: Range
    border_nm: float | None


def choose_images(images: pd.DataFrame, per_image: pd.DataFrame, n_samples: int) -> pd.DataFrame:
    """Images of one sample to show: all, or those with the finest and the coarsest spacing.

    `n_samples` share the room of `MOST_IN_ALL`.
    """
    room = min(MOST_PER_SAMPLE, MOST_IN_ALL // max(1, n_samples))
    ordered = images.sort_values(["path", "frame"], ignore_index=True)
    if room == 0 or len(ordered) <= room:
        return ordered.iloc[: room or 0]
    spacing = per_image[per_image["name"] == "intercept_mean_nm"].set_index("analysis_id")["value"]
    rank = ordered["analysis_id"].map(spacing).rank(method="first")
    middle = (len(ordered) + 1) / 2
    extreme = (rank.fillna(0) - middle).abs().sort_values(ascending=False, kind="stable").index[:room]
    return ordered.loc[sorted(extreme)]


def image_views(out: Path, images: pd.DataFrame, scales: Scales, most_bytes: int) -> Iterator[dict[str, Any]]:
    """Pictures of images, as many as `most_bytes` hold; one whose files are missing is left out."""
    used = 0
    for _, image in images.iterrows():
        shown = _view(out, image, scales)
        if shown is None:
            continue
        used += sum(map(len, (shown["view"], shown["layer"], shown["current"], *shown["maps"].values())))
        if used > most_bytes:
            return
        yield shown


def image_name(image: pd.Series) -> str:
    """File and frame."""
    frame = f", frame {image['frame'] + 1}" if "#" in image["micrograph_digest"] else ""
    return Path(image["path"]).name + frame


def _view(out: Path, image: pd.Series, scales: Scales) -> dict[str, Any] | None:
    """One image on the page; pictures are data URIs of the same shape."""
    paths = {name: picture_below(out, image["artefacts"].get(name)) for name in ("view", "layer", "overlay")}
    view, layer, overlay = paths.values()
    if view is None or layer is None:
        return None
    with Image.open(layer) as shown:
        width, height = shown.size
    oriented = is_orientation_map(image["path"])
    map_width = width - LEGEND_PX if oriented else width
    share, words = scale_bar(image["columns"] * image["pixel_size_nm"])
    grains = _grains(out, image)
    shape = (height, width)
    if oriented and grains is not None:
        shape = (round(map_width * grains.labels.shape[0] / grains.labels.shape[1]), map_width)
    twice = 2 if max(width, height) <= SMALL_PX else 1  # doubled for the eye
    return {
        "name": image_name(image),
        "view": data_uri(view.read_bytes(), "image/jpeg"),
        "layer": data_uri(layer.read_bytes(), "image/png"),
        "width": twice * width,
        "height": twice * height,
        "maps": {} if grains is None else maps_of(grains, shape, scales),
        "bar": (share * map_width / width, words),
        "map_bar": (share, words),
        "full": "" if oriented or overlay is None else quote(str(image["artefacts"]["overlay"])),
        "current": _current(out, image),
        "facts": _facts(image),
        "warnings": tuple(image["warnings"]),
        "has_key": oriented,  #: the key of its colours stands beside it, in the picture
    }


def maps_of(grains: GrainMap, shape: tuple[int, int], scales: Scales) -> dict[str, str]:
    """The maps of one image as data URIs, by kind."""
    drawn = {
        "size": size_png(grains, shape, scales.size),
        "spacing": spacing_png(grains, shape, scales.spacing),
    }
    if scales.border_nm is not None:
        drawn["population"] = population_png(grains, shape, scales.border_nm)
    return {kind: data_uri(content, "image/png") for kind, content in drawn.items()}


def scales_of(diameter_nm: np.ndarray, mean_spacing_nm: float, border_nm: float | None) -> Scales:
    """Ends of the colour scales that all images of a sample share.

    Sizes from the smallest hundredth of the grains to the largest grain; spacings from half to twice the
    sample's mean.
    """
    good = diameter_nm[np.isfinite(diameter_nm) & (diameter_nm > 0)]
    low, high = (float(np.quantile(good, 0.01)), float(good.max())) if good.size else (1.0, 2.0)
    mean = mean_spacing_nm if mean_spacing_nm > 0 else 1.0
    return Scales(Range(low, max(high, 1.01 * low)), Range(mean / 2, mean * 2), border_nm)


def _grains(out: Path, image: pd.Series) -> GrainMap | None:
    """The image's label map; None where it is gone or somebody's else."""
    path = file_below(out, image["artefacts"].get("labels"))
    if path is None:
        return None
    try:
        found = read_label_map(path, pixel_size_nm=float(image["pixel_size_nm"]))
    except (InputError, OSError):
        return None
    return found if found.labels.shape[1] == image["columns"] else None


def _current(out: Path, image: pd.Series) -> str:
    """The picture of the limiting path, where the recipe asked for one."""
    path = picture_below(out, image["artefacts"].get("current"))
    if path is None:
        return ""
    with Image.open(path) as picture:
        return jpeg_uri(picture, CURRENT_PX)


def _facts(image: pd.Series) -> str:
    parts = [counted(image["n_grains"], "grain")]
    if str(image["model_digest"]).startswith(CORRECTION):
        parts.append(BY_HAND)
    if isinstance(image["pictures"], list) and image["pictures"]:
        parts.append(f"one field of {len(image['pictures'])} pictures")
    parts.append(f"{length(image['columns'] * image['pixel_size_nm'])} wide")
    parts.append(f"{image['pixel_size_nm']:.4g} nm per pixel ({image['scale_source']})")
    return " · ".join(parts)
