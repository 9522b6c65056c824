"""GrainMap -> tables: grains, intercepts, boundary network, descriptors."""

from grainstats.measure.check import check_label_map
from grainstats.measure.describe import descriptor_table, descriptors
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
    "check_label_map",
    "descriptor_table",
    "descriptors",
    "grain_table",
    "intercept_table",
    "measure_grain_map",
    "sample_summary",
    "summary",
]
