"""Descriptors of an image or a sample: every number with its 95 % interval, unit and method."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import pandas as pd

from grainstats.measure.descriptors.corrected import UNDRAWN
from grainstats.measure.descriptors.describe_network import misorientation_descriptors, network_descriptors
from grainstats.measure.descriptors.describe_spacing import intercept_descriptors
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.descriptors.sample_descriptors import ImageTables, sample_descriptors
from grainstats.measure.descriptors.stereology import saltykov
from grainstats.measure.intervals.map_blocks import MapBlocks, map_blocks
from grainstats.measure.intervals.sizes import PLANIMETRIC, grain_mean, grains_per_area, size_estimates
from grainstats.measure.measurement import Measurement, measure_grain_map
from segment.grain_map import GrainMap
from segment.quality.boundary_loss import undrawn_share
from segment.segmentation import Segmentation

MILES = "grains not cut by the frame, weighted by 1/P (Miles-Lantuejoul)"
WIDENED = f"{MILES}; interval with the product limit over all grains in view, those cut by the frame too"


def descriptors(
    measured: Measurement | GrainMap | Sequence[Measurement], *, unit: str = "nm"
) -> list[Descriptor]:
    """All descriptors of one map, or of several maps as one sample.

    Parameters
    ----------
    measured : Measurement, GrainMap or sequence of Measurement
        A `GrainMap` is measured with default settings first.
    unit : {"nm", "px"}
        Used for a `GrainMap` only.

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    ValueError
        No map, or maps measured in different units.
    """
    if isinstance(measured, GrainMap):
        measured = measure_grain_map(measured, unit=unit)
    maps = [measured] if isinstance(measured, Measurement) else list(measured)
    return of_sample(maps, [of_map(m, map_blocks(m)) for m in maps])


def of_sample(maps: Sequence[Measurement], of_each: Sequence[list[Descriptor]]) -> list[Descriptor]:
    """Descriptors of the maps as one sample, from those of each."""
    return of_each[0] if len(maps) == 1 else sample_descriptors(_image_tables(maps, of_each))


def _image_tables(maps: Sequence[Measurement], of_each: Sequence[list[Descriptor]]) -> ImageTables:
    """Tables of several maps as one sample; raises ValueError where there is none or the units differ."""
    units = {m.unit for m in maps}
    if len(units) != 1:
        raise ValueError(f"one unit is needed for a sample, got {sorted(units) or 'no map'}")
    found = [pd.DataFrame([asdict(d) for d in own]) for own in of_each]
    return ImageTables(
        range(len(maps)),
        _one_table([m.grains for m in maps]),
        _one_table([m.intercepts for m in maps]),
        _one_table([table.astype({"ci_low": float, "ci_high": float}) for table in found]),
        *units,
    )


def _one_table(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(analysis_id=i) for i, table in enumerate(tables)], ignore_index=True)


def of_map(measured: Measurement, blocks: MapBlocks) -> list[Descriptor]:
    """Descriptors of one map with its blocks."""
    return [
        *_grain_descriptors(blocks, measured),
        *intercept_descriptors(blocks, measured),
        *network_descriptors(blocks, measured),
        *second_phase_descriptors(measured),
        *misorientation_descriptors(measured),
        *_segmentation_descriptors(measured.segmentation),
    ]


def descriptor_table(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Descriptors of every map and, with ``image`` empty, of all maps as one sample.

    Returns
    -------
    DataFrame
        ``image, name, value, ci_low, ci_high, unit, method``.
    """
    of_each = [of_map(m, map_blocks(m)) for m in measurements]
    groups = [*zip((m.image_id for m in measurements), of_each, strict=True)]
    groups.append(("", of_sample(measurements, of_each)))
    return pd.DataFrame([{"image": image, **asdict(d)} for image, found in groups for d in found])


def _grain_descriptors(p: MapBlocks, measured: Measurement) -> Iterator[Descriptor]:
    u, d, w, name = p.unit, p.diameter, p.weight, "equivalent_diameter"
    yield Descriptor("n_grains", float(len(p.grains)), None, None, "1", "grains that show in the window")
    yield Descriptor("n_interior", float(d.size), None, None, "1", "grains not cut by the frame")
    sizes = size_estimates(p)
    for kind, estimate, how in (
        ("mean", sizes.mean, f"number-weighted mean; {MILES}"),
        ("median", sizes.median, f"number-weighted median; {MILES}"),
        ("area_weighted_median", sizes.area_weighted_median, f"area-weighted median; {WIDENED}"),
        ("area_weighted_mean", sizes.area_weighted_mean, f"area-weighted mean; {WIDENED}"),
    ):
        yield Descriptor.of(f"{name}_{kind}_{u}", estimate, u, how)
    yield Descriptor.of(f"{name}_cv", sizes.cv, "1", f"standard deviation / mean; {WIDENED}")
    area = grains_per_area(p, measured).map(lambda per_area: 1 / per_area if per_area > 0 else float("nan"))
    yield Descriptor.of(f"grain_area_mean_{u}2", area, f"{u}2", f"ASTM E112: 1 / {PLANIMETRIC}")
    aspect = grain_mean(p, w, p.aspect_ratio)
    yield Descriptor.of("aspect_ratio_mean", aspect, "1", f"number-weighted, equal-moment ellipse; {MILES}")
    spheres = saltykov(d, w)
    negative = f"negative classes are {spheres.negative_share:.0%} of the positive"
    method = f"Saltykov, {spheres.diameter.size} classes, {negative}; assumes: {spheres.assumptions}"
    yield Descriptor(f"sphere_diameter_saltykov_{u}", spheres.mean, None, None, u, method)


def _segmentation_descriptors(segmentation: Segmentation | None) -> Iterator[Descriptor]:
    """How much of what a model found its map leaves out; nothing of maps that were given."""
    if segmentation is None or not segmentation.cells.nested:
        return
    method = "borders between fine cells that the map leaves out / all that were found, by length"
    yield Descriptor(UNDRAWN, undrawn_share(segmentation), None, None, "1", method)


def second_phase_descriptors(measured: Measurement) -> Iterator[Descriptor]:
    """Number of parts, shares of area and outline, mean diameter; nothing where all is grain.

    One map gives no interval: its parts are few, and stand where they please.
    """
    found, unit = measured.second_phases, measured.unit
    if found.n == 0:
        return
    method = "connected parts of pores and second phases, those cut by the frame as they show"
    yield Descriptor("n_second_phase_parts", float(found.n), None, None, "1", method)
    area = float(found.area_px / found.valid_area_px)
    method = "pores and second phases / valid area"
    yield Descriptor("second_phase_area_fraction", area, None, None, "1", method)
    covered = float(found.covered_px / found.outline_px) if found.outline_px else float("nan")
    method = "share of the grains' outlines that lies on pores and second phases"
    yield Descriptor("second_phase_boundary_share", covered, None, None, "1", method)
    diameter = float(measured.pixel_size * found.diameter_px.mean())
    method = "equivalent circle diameter, mean by number of the connected parts"
    yield Descriptor(f"second_phase_diameter_mean_{unit}", diameter, None, None, unit, method)
