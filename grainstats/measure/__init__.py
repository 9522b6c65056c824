"""GrainMap -> tables: grains, intercepts, boundary network, descriptors."""

from grainstats.measure.describe import descriptors
from grainstats.measure.descriptor import Descriptor
from grainstats.measure.grains import grain_table
from grainstats.measure.intercepts import intercept_table
from grainstats.measure.measurement import Measurement, measure_grain_map
from grainstats.measure.network import BoundaryNetwork, boundary_network
from grainstats.measure.summary import sample_summary, summary

__all__ = [
    "BoundaryNetwork",
    "Descriptor",
    "Measurement",
    "boundary_network",
    "descriptors",
    "grain_table",
    "intercept_table",
    "measure_grain_map",
    "sample_summary",
    "summary",
]
