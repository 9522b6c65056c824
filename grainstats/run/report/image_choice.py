"""Which pictures the report carries, and these pictures as text inside the page."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from grainstats.run.report.page_model import ImageView
from grainstats.run.report.svg_charts import length
from grainstats.share.db.records import CORRECTION
from grainstats.share.safe_paths import picture_below, picture_kind

MOST_PER_SAMPLE = 12
SMALL_PX = 400
MOST_IN_ALL = 72  #: about 15 MB of pictures, what mail still carries


def choose_images(images: pd.DataFrame, per_image: pd.DataFrame, n_samples: int) -> tuple[pd.DataFrame, str]:
    """At most so many images of a sample that the page can be mailed: the most extreme ones first.

    Parameters
    ----------
    images : DataFrame
        Analyses of one sample.
    per_image : DataFrame
        Image descriptors.
    n_samples : int
        Samples that share the page.

    Returns
    -------
    chosen : DataFrame
        In the order of their paths.
    title : str
        Says what is shown and what is not.
    """
    room = min(MOST_PER_SAMPLE, MOST_IN_ALL // max(1, n_samples))
    ordered = images.sort_values(["path", "frame"], ignore_index=True)
    if room == 0:
        return ordered.iloc[:0], "Images: in the folder images"
    if len(ordered) <= room:
        return ordered, "Images"
    spacing = per_image[per_image["name"] == "intercept_mean_nm"].set_index("analysis_id")["value"]
    rank = ordered["analysis_id"].map(spacing).rank(method="first")
    middle = (len(ordered) + 1) / 2
    extreme = (rank.fillna(0) - middle).abs().sort_values(ascending=False, kind="stable").index[:room]
    title = f"Images: the {room} of {len(ordered)} with the finest and the coarsest spacing"
    return ordered.loc[sorted(extreme)], f"{title}; the others are in the folder images"


def image_views(out: Path, images: pd.DataFrame, per_image: pd.DataFrame, anchor: str) -> Iterator[ImageView]:
    """Pictures of the chosen images; one whose files are missing is left out."""
    from PIL import Image

    values = per_image.pivot_table(index="analysis_id", columns="name", values="value")
    for number, (_, image) in enumerate(images.iterrows()):
        view, layer = (picture_below(out, image["artefacts"].get(name)) for name in ("view", "layer"))
        if view is None or layer is None:
            continue
        try:
            with Image.open(layer, formats=("PNG",)) as shown:
                width, height = shown.size
                if max(width, height) <= SMALL_PX:  # doubled for the eye
                    width, height = 2 * width, 2 * height
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        frame = f", frame {image['frame'] + 1}" if "#" in image["micrograph_digest"] else ""
        yield ImageView(
            anchor=f"{anchor}-{number}",
            name=Path(image["path"]).name + frame,
            view=_data_uri(view),
            layer=_data_uri(layer),
            width=width,
            height=height,
            facts=_facts(image, values),
            warnings=tuple(image["warnings"]),
        )


def _facts(image: pd.Series, values: pd.DataFrame) -> str:
    parts = [f"{image['n_grains']} grains"]
    if str(image["model_digest"]).startswith(CORRECTION):
        parts.append("corrected by hand")
    if image["analysis_id"] in values.index and "intercept_mean_nm" in values:
        spacing = float(values.loc[image["analysis_id"], "intercept_mean_nm"])
        if spacing > 0:
            parts.append(f"mean intercept {length(spacing)}")
    wide = image["columns"] * image["pixel_size_nm"]
    parts.append(f"{length(wide)} wide")
    parts.append(f"{image['pixel_size_nm']:.4g} nm per pixel ({image['scale_source']})")
    return " · ".join(parts)


def _data_uri(path: Path) -> str:
    return f"data:{picture_kind(path)};base64,{base64.b64encode(path.read_bytes()).decode()}"
