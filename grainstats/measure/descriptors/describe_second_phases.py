"""Descriptors of what is no grain: how much, how large, and how much of the grains' outlines it covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import share
from grainstats.measure.measurement import Measurement


def second_phase_descriptors(maps: Sequence[Measurement]) -> Iterator[Descriptor]:
    """Number of parts, shares of area and outline, mean diameter; nothing where all is grain.

    Each map is one block, so that the shares have intervals from three maps on.
    """
    found = [m.second_phases for m in maps]
    n = sum(phases.n for phases in found)
    if n == 0:
        return
    unit, size = maps[0].unit, np.array([m.pixel_size for m in maps])
    method = "connected parts of pores and second phases, those cut by the frame as they show"
    yield Descriptor("n_second_phase_parts", float(n), None, None, "1", method)
    area, valid = (size**2 * part for part in np.transpose([(f.area_px, f.valid_area_px) for f in found]))
    fraction = share(area, valid)
    method = "pores and second phases / valid area"
    yield Descriptor.of("second_phase_area_fraction", fraction, "1", method)
    covered, outline = (size * part for part in np.transpose([(f.covered_px, f.outline_px) for f in found]))
    cover = share(covered, outline)
    method = "share of the grains' outlines that lies on pores and second phases"
    yield Descriptor.of("second_phase_boundary_share", cover, "1", method)
    diameters = [m.pixel_size * phases.diameter_px for m, phases in zip(maps, found, strict=True)]
    mean = float(np.concatenate(diameters).mean())
    method = "equivalent circle diameter, mean by number of the connected parts"
    yield Descriptor(f"second_phase_diameter_mean_{unit}", mean, None, None, unit, method)
