"""GrainMap -> tables: grains, intercepts, boundary network, descriptors."""

from grainstats.measure.anisotropy import Anisotropy, anisotropy
from grainstats.measure.arrangement import Arrangement, arrangement
from grainstats.measure.check import check_label_map
from grainstats.measure.circles import circular_intercepts
from grainstats.measure.counts import PlanimetricCount, planimetric_count
from grainstats.measure.describe import descriptor_table, descriptors
from grainstats.measure.descriptor import Descriptor
from grainstats.measure.grains import grain_table
from grainstats.measure.intercepts import intercept_table
from grainstats.measure.measurement import Measurement, measure_grain_map
from grainstats.measure.network import BoundaryNetwork, boundary_network
from grainstats.measure.spacing_map import SpacingMap, spacing_map
from grainstats.measure.stereology import SphereSizes, saltykov
from grainstats.measure.summary import sample_summary, summary

__all__ = [
    "Anisotropy",
    "Arrangement",
    "BoundaryNetwork",
    "Descriptor",
    "Measurement",
    "PlanimetricCount",
    "SpacingMap",
    "SphereSizes",
    "anisotropy",
    "arrangement",
    "boundary_network",
    "check_label_map",
    "circular_intercepts",
    "descriptor_table",
    "descriptors",
    "grain_table",
    "intercept_table",
    "measure_grain_map",
    "planimetric_count",
    "saltykov",
    "sample_summary",
    "spacing_map",
    "summary",
]
