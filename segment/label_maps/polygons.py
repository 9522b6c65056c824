"""Outlines and lines drawn in LabelMe, in QuPath (GeoJSON), or in a program that writes COCO.

Points count from the corner of the first pixel, x before y.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from segment.errors import InputError
from segment.label_maps.imagej_rois import Roi
from segment.label_maps.not_read import how_to_save

POLYGONS = (".json", ".geojson")
MASKS = "masks instead of outlines"
FARTHEST = 1e5  #: pixels from the corner at which no point of an image lies
MOST_KINDS = 0.5  #: names per outline up to which they are kinds, not numbers of the grains; judgement
_ODD = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


@dataclass(frozen=True, eq=False)
class Polygons:
    """What a file holds for one image."""

    rois: list[Roi]  #: the largest first: a grain within another is drawn over it
    shape: tuple[int, int] | None  #: (rows, columns) of the image, where the file says so
    notes: tuple[str, ...]


def holds_polygons(path: Path) -> bool:
    """Whether a file of such an ending holds what `read_polygons` reads, or would by its structure."""
    try:
        content = _content(path)
        features = content if isinstance(content, list) else content.get("features", [content])
        return bool({"shapes", "annotations"} & {*content} or any("geometry" in one for one in features))
    except _ODD:
        return False


def _content(path: Path) -> Any:
    stat = path.stat()
    return _parsed(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1)
def _parsed(path: Path, mtime_ns: int, size: int) -> Any:
    """What the file holds, read once for all its images: a COCO file of 100 takes .7 s."""
    return json.loads(path.read_bytes())


def named_images(path: Path) -> list[str]:
    """The images that a COCO file names, without their endings; of any other file none."""
    try:
        content = _content(path) if path.suffix.lower() in POLYGONS else {}
        return [_stem(one) for one in content["images"]]
    except _ODD:
        return []


def read_polygons(path: Path, image: str) -> Polygons:
    """Outlines and lines for the image of that name (without its ending).

    `InputError`: none of these formats, masks, points that are no numbers, or outlines of other images.
    """
    try:
        content = _content(path)
        found = [(name, roi) for name, *how in _drawn(content, image) if (roi := _roi(*how)) is not None]
        shape = _shape(content, image)
    except _ODD as error:
        remedy = how_to_save(path) or ""
        raise InputError(path, f"no outlines of LabelMe, COCO or GeoJSON ({error})", remedy) from error
    found.sort(key=lambda one: -cv2.contourArea(one[1].points.astype(np.float32)))
    names = sorted({name for name, _ in found} - {""})
    several = 1 < len(names) <= MOST_KINDS * len(found)
    kinds = f"outlines of {len(names)} kinds ({', '.join(names[:6])}): each counts as a grain"
    return Polygons([roi for _, roi in found], shape, (kinds,) * several)


def _drawn(content: Any, image: str) -> Iterator[tuple[str, str, Any]]:
    """Name, kind and points of every shape."""
    if "shapes" in content:
        for one in content["shapes"]:
            yield str(one.get("label") or ""), one.get("shape_type") or "polygon", one["points"]
    elif "annotations" in content:
        number = _of_name(content["images"], image)["id"]
        names = {kind["id"]: str(kind["name"]) for kind in content.get("categories", ())}
        for one in content["annotations"]:
            if one["image_id"] == number:
                parts = one.get("segmentation") or ()
                kind, parts = ("mask", [[]]) if isinstance(parts, dict) else ("polygon", parts)
                for flat in parts:
                    yield names.get(one.get("category_id"), ""), kind, np.reshape(flat, (-1, 2))
    else:
        for one in content if isinstance(content, list) else content.get("features", [content]):
            kind, at = one["geometry"]["type"], one["geometry"]["coordinates"]
            named = (one.get("properties") or {}).get("classification") or ""
            name = str(named.get("name", "") if isinstance(named, dict) else named)
            for part in at if kind.startswith("Multi") else [at]:
                outline = kind.endswith("Polygon")
                yield name, "polygon" if outline else kind.casefold(), part[0] if outline else part


def _roi(kind: str, points: Any) -> Roi | None:
    """One shape; None for points, which bound nothing."""
    if "point" in kind:
        return None
    if kind == "mask":
        raise ValueError(MASKS)
    at = np.array([point[:2] for point in points], float)
    if not (np.abs(at) <= FARTHEST).all():
        raise ValueError("a point that lies nowhere on an image")
    if "line" in kind:
        return Roi(at - 0.5, False)  # of lines ImageJ counts from the middle of a pixel
    if kind == "circle":
        turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        at = at[0] + np.hypot(*(at[1] - at[0])) * np.column_stack([np.cos(turn), np.sin(turn)])
    elif kind == "rectangle" and len(at) == 2:
        at = np.array([at[0], (at[1, 0], at[0, 1]), at[1], (at[0, 0], at[1, 1])])
    return Roi(at, True) if len(at) > 2 else None


def _shape(content: Any, image: str) -> tuple[int, int] | None:
    names, about = ("height", "width"), {}
    if "shapes" in content:
        names, about = ("imageHeight", "imageWidth"), content
    elif "annotations" in content:
        about = _of_name(content["images"], image)
    rows, columns = (about.get(name) for name in names)
    return (int(rows), int(columns)) if rows and columns else None


def _of_name(images: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The image of that name, or the only one."""
    fitting = [one for one in images if _stem(one) == name]
    if len(images) != 1 and len(fitting) != 1:
        raise ValueError(f"of {len(images)} images, {len(fitting)} of which are called {name}")
    return (fitting or images)[0]


def _stem(image: dict[str, Any]) -> str:
    return Path(str(image.get("file_name", "")).replace("\\", "/")).stem
