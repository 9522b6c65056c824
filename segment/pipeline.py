"""One micrograph from grey levels to closed cells."""

from __future__ import annotations

from dataclasses import replace

from segment.boundarymap import BoundaryMap
from segment.doubts import cell_doubts
from segment.grainmap import GrainMap, close_cells
from segment.micrograph.model import Micrograph
from segment.unet.model import Device, Model, Precision


def segment_micrograph(
    micrograph: Micrograph,
    model: Model,
    *,
    device: Device = "auto",
    precision: Precision = "auto",
    persistence: float | None = None,
    min_area_px: int | None = None,
    threads: int | None = None,
) -> tuple[BoundaryMap, GrainMap]:
    """Boundary probability and cells of a micrograph.

    Parameters
    ----------
    micrograph : Micrograph
        Needs no pixel size.
    model : Model
    device, precision, threads
        As in `Model.predict`.
    persistence, min_area_px : optional
        Instead of the model's own; the model's smallest area is meant in the network's pixels, one given here
        in the image's.

    Returns
    -------
    boundary_map : BoundaryMap
    grain_map : GrainMap
        Carries the probability and the warnings of `boundary_map`, and those that its cells raise.
    """
    boundary_map = model.predict(micrograph, device=device, precision=precision, threads=threads)
    smallest = max(round(model.min_area_px / boundary_map.scale**2), 1)
    grain_map = close_cells(
        boundary_map,
        persistence=model.persistence if persistence is None else persistence,
        min_area_px=smallest if min_area_px is None else min_area_px,
    )
    found = cell_doubts(grain_map, boundary_map.scale)
    return boundary_map, replace(grain_map, warnings=grain_map.warnings + found)
