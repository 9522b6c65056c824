"""Grains, surfaces, edges and channels of a label volume."""

from grainstats.measure.volume.measurement import VolumeMeasurement, measure_volume
from grainstats.measure.volume.phases import phase_summary
from grainstats.measure.volume.summary import FEWEST_SEEN_WHOLE, section_summary, volume_summary

__all__ = [
    "FEWEST_SEEN_WHOLE",
    "VolumeMeasurement",
    "measure_volume",
    "phase_summary",
    "section_summary",
    "volume_summary",
]
