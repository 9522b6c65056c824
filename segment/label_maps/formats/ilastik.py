"""ilastik: object identities, or the classes of a pixel classification, from ``exported_data`` in HDF5."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from segment.cells.close import grain_map_from_tracing
from segment.errors import UnreadableError
from segment.label_maps.formats.foreign_map import ForeignMap
from segment.orientation.hdf5 import datasets, is_hdf5, last_name, open_file, text, values_of

_DATASET = "exported_data"  #: ilastik's name, unless the user chose another
MOST_CLASSES = 6  #: values of a map of bytes from which on they are numbers of objects; judgement
_LINE = 0.5  #: half width of the class that is the boundary, over that of the next wider class; judgement


def recognises(path: Path) -> bool:
    """HDF5 with ilastik's dataset, or one that carries ilastik's axis tags."""
    if not is_hdf5(path):
        return False
    with open_file(path) as file:
        return _dataset(file) is not None


def read(path: Path) -> ForeignMap:
    """Labels of an export.

    A map of at most `MOST_CLASSES` small values is one of classes: the class that forms lines is the
    boundary, and the cells between are the grains.

    `UnreadableError`: probabilities, a stack, classes without lines, or damaged.
    """
    with open_file(path) as file:
        return _of_dataset(path, _dataset(file))


def _dataset(file: Any) -> Any | None:
    every = [one for one in datasets(file) if one.ndim >= 2]
    named = [one for one in every if last_name(one) == _DATASET]
    return next(iter([*named, *(one for one in every if "axistags" in one.attrs)]), None)


def _of_dataset(path: Path, found: Any) -> ForeignMap:
    image = _plane(path, values_of(found), _axes(found))
    if image.dtype.kind == "f" and not np.array_equal(image, np.rint(image)):
        raise UnreadableError(
            path, "it holds probabilities, no labels", "Export Simple Segmentation or Object Identities"
        )
    image = image.astype(np.int64)
    values = np.unique(image)
    if values.size > MOST_CLASSES or values[-1] > MOST_CLASSES:
        return ForeignMap(image, where=str(found.name))
    lines, name = _boundary_class(path, image, values[values > 0])
    cells = grain_map_from_tracing(lines, source=str(path))
    return ForeignMap(cells.labels, notes=(f"class {name} was read as the boundary", *cells.warnings))


def _axes(found: Any) -> str:
    """Letters of the axes, such as ``tzyxc``; by number where the file has no tags."""
    told = found.attrs.get("axistags")
    if told is not None:
        keys = [str(axis.get("key", "?")) for axis in json.loads(text(told))["axes"]]
        if len(keys) == found.ndim:
            return "".join(keys)
    n_axes: int = found.ndim
    return {2: "yx", 3: "yxc", 4: "zyxc", 5: "tzyxc"}.get(n_axes, "?" * n_axes)


def _plane(path: Path, image: np.ndarray, axes: str) -> np.ndarray:
    """The one image, rows first."""
    kept = [axis for axis, n in zip(axes, image.shape, strict=True) if n > 1 or axis in "yx"]
    if sorted(kept) != ["x", "y"]:
        many = ", ".join(
            f"{n} along {axis}" for axis, n in zip(axes, image.shape, strict=True) if axis not in "yx"
        )
        if image.dtype.kind == "f":
            remedy = "Export Simple Segmentation or Object Identities instead of probabilities"
        else:
            remedy = "Export one slice, time and channel; `grainstats volume` reads stacks"
        raise UnreadableError(path, f"not one map of labels ({many})", remedy)
    plane = image.reshape([n for axis, n in zip(axes, image.shape, strict=True) if axis in "yx"])
    return plane if axes.index("y") < axes.index("x") else plane.T


def _boundary_class(path: Path, image: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, int]:
    """Pixels of the class that forms lines, and its number."""
    width = {}
    for name in classes.tolist():
        inside = cv2.distanceTransform((image == name).astype(np.uint8), cv2.DIST_L2, 5)
        width[name] = float(np.percentile(inside[inside > 0], 95))
    thin = sorted(width, key=lambda name: width[name])
    if len(thin) < 2 or width[thin[0]] > _LINE * width[thin[1]]:
        raise UnreadableError(
            path,
            f"a map of {len(thin)} classes, none of which forms lines",
            "Export Object Identities, or train ilastik with a class for the boundaries",
        )
    return image == thin[0], thin[0]
