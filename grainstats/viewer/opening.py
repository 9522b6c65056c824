"""Files as napari's layers, with their pixel size: the reader of the plugin."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from grainstats.viewer.edited_map import KEY, EditedMap
from grainstats.viewer.unsure_borders import percent_picture, unsure_borders
from segment.errors import InputError, NotAnImageError
from segment.grain_map import GrainMap
from segment.label_maps.formats import format_of
from segment.micrograph import Micrograph, read_micrographs
from segment.orientation import is_orientation_map

LABELS = ".labels.tif"  #: end of the names of label maps that `grainstats` writes
GRAINS, PROBABILITY, CONFIDENCE = "grains", "boundary probability", "confidence"  #: ends of layers' names

Layer = tuple[np.ndarray | None, dict[str, Any], str]


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list[Layer]] | None:
    """What napari asks for: a function that opens the files, or None where one is no file."""
    paths = [Path(one) for one in ([path] if isinstance(path, str) else path)]
    if not paths or not all(one.is_file() for one in paths):
        return None
    return lambda _: [layer for one in paths for layer in layers_of_file(one)]


def layers_of_file(path: Path) -> list[Layer]:
    """A micrograph as an image, one a frame; a label or orientation map as cells.

    `InputError`: the file is none of them; the message names file, reason and remedy.
    """
    from segment.label_maps.any_file import read_map

    name = path.name.removesuffix(LABELS)
    labels = path.name != name or path.suffix.lower() == ".npy" or format_of(path) is not None
    if labels or is_orientation_map(path):
        return layers_of_cells(_with_unsure(name if labels else path.stem, read_map(path)))
    try:
        return [image_layer(micrograph) for micrograph in read_micrographs(path)]
    except NotAnImageError as error:
        try:
            return layers_of_cells(_with_unsure(path.stem, read_map(path)))
        except InputError:
            raise error from None


def image_layer(micrograph: Micrograph) -> Layer:
    """The grey levels, with the pixel size where it is known."""
    low, high = np.quantile(micrograph.image[::4, ::4], [0.001, 0.999])
    options = {
        "name": micrograph.name,
        "metadata": {KEY: micrograph},
        "contrast_limits": (float(low), float(max(high, low + 1e-6))),
    }
    return micrograph.image, options | scale_of(micrograph.pixel_size_nm), "image"


def scale_of(pixel_size_nm: float | None) -> dict[str, Any]:
    """A layer's scale and units; none where the pixel size is not known."""
    return {} if pixel_size_nm is None else {"scale": (pixel_size_nm,) * 2, "units": ("nm", "nm")}


def segmented(micrograph: Micrograph, grain_map: GrainMap) -> EditedMap:
    """Cells of a micrograph, ready to be looked at and edited."""
    path = micrograph.path if micrograph.path.is_file() else None
    return replace(_with_unsure(micrograph.name, grain_map), image=path, n_frames=micrograph.n_frames)


def _with_unsure(name: str, grain_map: GrainMap) -> EditedMap:
    unsure = unsure_borders(grain_map)
    picture = None if unsure is None else percent_picture(unsure.places, grain_map.labels.shape)
    return EditedMap(name, grain_map, unsure=unsure, at_first=picture)


def layers_of_cells(known: EditedMap) -> list[Layer]:
    """Boundary probability (hidden at first), confidence of the borders, and the cells on top."""
    grain_map, scale = known.original, scale_of(known.original.pixel_size_nm)
    layers: list[Layer] = []
    if grain_map.probability is not None:
        shown = {"colormap": "magma", "blending": "additive", "contrast_limits": (0, 1), "visible": False}
        layers.append((grain_map.probability, _named(known, PROBABILITY) | scale | shown, "image"))
    if known.at_first is not None:
        shown = {"opacity": 0.9, "colormap": confidence_colours()}
        layers.append((known.at_first.copy(), _named(known, CONFIDENCE) | scale | shown, "labels"))
    cells = _named(known, GRAINS) | scale | {"opacity": 0.25, "metadata": {KEY: known}}
    layers.append((grain_map.labels.copy(), cells, "labels"))
    return layers


def _named(known: EditedMap, kind: str) -> dict[str, Any]:
    return {"name": f"{known.name} {kind}"}


def confidence_colours() -> dict[int | None, tuple[float, ...]]:
    """Colours of 1 ... 100 per cent: bright where a border is doubtful, dark where it is sure.

    Matplotlib's ``plasma`` backwards, which is perceptually uniform and safe for the colour-blind, from 50 %
    on: few borders that a model draws are less sure.
    """
    from matplotlib import colormaps

    colours = colormaps["plasma_r"](np.maximum(np.arange(1, 101) - 50, 0) / 50)
    return {None: (0, 0, 0, 0), 0: (0, 0, 0, 0)} | dict(enumerate(map(tuple, colours.tolist()), 1))
