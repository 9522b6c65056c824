"""Images that show the same area: found by where their grains lie, counted once in a sample, else told."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd

from grainstats.run.job.stored_sample import StoredSample
from grainstats.run.scope import Rows
from segment.micrograph.fingerprint import fingerprint, same_areas
from segment.registration.overlap import MOST_FIELDS, TWICE, Places, each_area_once, overlapping

_SAME = 0.6  #: correlation of the places of grains: 60 random fields stay below 0.3, copies above 0.8
_FEWEST = 20  #: grains whose smoothed places tell one area from another
_FEW = 3  #: grains whose exact places do: of one grain that fills the frame they are always the middle
_SIDE = 64  #: edge of the picture of places, in blocks
_BLUR = 1.5  #: blocks by which the place of a grain may differ between two copies


def fields_once(sample: StoredSample) -> tuple[StoredSample, list[str]]:
    """The sample without copies and large parts of an image that is there already, and what is said of each.

    The same pixels give the same grains, whatever file they come in; so, nearly, do a turned or compressed
    copy and another detector of the same scan. A crop, or a field that overlaps by half, is none of its own.
    """
    images = sample.images.reset_index(drop=True)
    if len(images) < 2:
        return sample, []
    by_image = dict(tuple(sample.grains.groupby("analysis_id", sort=False)))
    none = sample.grains.iloc[:0]
    grains = [by_image.get(number, none) for number in images["analysis_id"]]
    copies = {second: first for first, second in reversed(_alike([_marks(own) for own in grains]))}
    fields = [_field(image, own) for (_, image), own in zip(images.iterrows(), grains, strict=True)]
    several = images["path"].duplicated(keep=False)
    frames = (", frame " + (images["frame"] + 1).astype(str)).where(several, "")
    own, said = each_area_once(fields, (images["path"].astype(str) + frames).tolist(), copies)
    if len(own) == len(images):
        return sample, said
    kept = set(images["analysis_id"].iloc[own])

    def ours(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["analysis_id"].isin(kept)].reset_index(drop=True)

    once = replace(
        sample,
        images=ours(sample.images),
        grains=ours(sample.grains),
        intercepts=ours(sample.intercepts),
        descriptors=ours(sample.descriptors),
        segmentations={k: v for k, v in sample.segmentations.items() if k in kept},
    )
    return once, said


def copies_between_samples(rows: Rows) -> list[str]:
    """What is said of images of two samples that show one area, as when one was saved again in another form.

    Which of the two samples it belongs to, nobody but the user knows; each keeps it. Crops are sought among
    as many images as `overlapping` compares.
    """
    if len(rows.sample_ids) < 2:
        return []
    images, marks, fields = rows.images.set_index("analysis_id"), {}, []
    for sample_id in rows.sample_ids:
        for number, grains in rows.grains(sample_id).groupby("analysis_id", sort=False):
            if number in images.index:
                marks[number] = _marks(grains)
                fields += [_field(images.loc[number], grains)] if len(images) <= MOST_FIELDS else []
    seen = images.loc[list(marks)]
    alike = {*_alike(list(marks.values()))}
    crops = [o for o in overlapping(fields) if o.share >= TWICE]
    alike |= {(min(o.kept, o.other), max(o.kept, o.other)) for o in crops}
    pairs = [(seen.iloc[first], seen.iloc[second]) for first, second in sorted(alike)]
    return [
        f"{one['path']} and {other['path']} show the same area: samples {one['sample_id']} and "
        f"{other['sample_id']} share it; exclude it from one of them in the sheet of images"
        for one, other in pairs
        if one["sample_id"] != other["sample_id"]
    ]


def _marks(grains: pd.DataFrame) -> tuple[np.ndarray, bytes]:
    """By what an area is known again: about where its grains lie, and of few grains exactly where."""
    few = _FEW <= len(grains) < _FEWEST
    exact = grains[["y_px", "x_px"]].to_numpy(float).tobytes() if few else b""
    return fingerprint(_places(grains)), exact


def _alike(marks: Sequence[tuple[np.ndarray, bytes]]) -> list[tuple[int, int]]:
    """Pairs of images of one area."""
    found = same_areas([about for about, _ in marks], _SAME)
    pairs = [(one.first, one.second) for one in found if one.correlation > 0]
    first: dict[bytes, int] = {}
    for number, (_, exact) in enumerate(marks):
        if exact and (before := first.setdefault(exact, number)) < number:
            pairs.append((before, number))
    return sorted(pairs)


def _field(image: pd.Series, grains: pd.DataFrame) -> Places:
    """Whole grains of an image and where they lie, in nanometres."""
    whole = grains[~grains["touches_frame"].astype(bool)]
    scale = float(image["pixel_size_nm"])
    size = (float(image["rows"]) * scale, float(image["columns"]) * scale)
    return Places(whole[["y_px", "x_px"]].to_numpy(float) * scale, whole["area_nm2"].to_numpy(float), size)


def _places(grains: pd.DataFrame) -> np.ndarray:
    """Smoothed picture of grain centres; zeros where there are too few to tell."""
    if len(grains) < _FEWEST:
        return np.zeros((_SIDE, _SIDE), np.float32)
    within = [[0, grains["bbox_y1_px"].max()], [0, grains["bbox_x1_px"].max()]]
    centres, _, _ = np.histogram2d(grains["y_px"], grains["x_px"], bins=_SIDE, range=within)
    return cv2.GaussianBlur(centres.astype(np.float32), (0, 0), _BLUR)
