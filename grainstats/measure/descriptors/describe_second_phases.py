"""Descriptors of what is no grain: how much, how large, and how much of the grains' outlines it covers."""

from __future__ import annotations

from collections.abc import Iterator

from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.measurement import Measurement


def second_phase_descriptors(measured: Measurement) -> Iterator[Descriptor]:
    """Number of parts, shares of area and outline, mean diameter; nothing where all is grain.

    One map gives no interval: its parts are few, and stand where they please.
    """
    found, unit = measured.second_phases, measured.unit
    if found.n == 0:
        return
    for name, value, of, method in (
        (
            "n_second_phase_parts",
            found.n,
            "1",
            "connected parts of pores and second phases, those cut by the frame as they show",
        ),
        (
            "second_phase_area_fraction",
            found.area_px / found.valid_area_px,
            "1",
            "pores and second phases / valid area",
        ),
        (
            "second_phase_boundary_share",
            found.covered_px / found.outline_px if found.outline_px else float("nan"),
            "1",
            "share of the grains' outlines that lies on pores and second phases",
        ),
        (
            f"second_phase_diameter_mean_{unit}",
            measured.pixel_size * found.diameter_px.mean(),
            unit,
            "equivalent circle diameter, mean by number of the connected parts",
        ),
    ):
        yield Descriptor(name, float(value), None, None, of, method)
