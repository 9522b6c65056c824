"""Grains, surfaces, edges and channels of a label volume."""

from grainstats.measure.volume.measurement import VolumeMeasurement, measure_volume
from grainstats.measure.volume.summary import volume_summary

__all__ = ["VolumeMeasurement", "measure_volume", "volume_summary"]
