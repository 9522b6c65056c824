"""GrainMap -> tables: grains, intercepts, boundary network, descriptors."""

from grainstats.measure.descriptors.anisotropy import Anisotropy, anisotropy
from grainstats.measure.descriptors.arrangement import Arrangement, arrangement
from grainstats.measure.descriptors.describe import descriptor_table, descriptors
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.descriptors.stereology import SphereSizes, saltykov
from grainstats.measure.descriptors.summary import sample_summary, summary
from grainstats.measure.grains.label_map_check import check_label_map
from grainstats.measure.grains.table import grain_table
from grainstats.measure.measurement import Measurement, measure_grain_map
from grainstats.measure.network.graph import BoundaryNetwork, boundary_network
from grainstats.measure.spacing.circles import circular_intercepts
from grainstats.measure.spacing.counts import PlanimetricCount, planimetric_count
from grainstats.measure.spacing.intercepts import intercept_table
from grainstats.measure.spacing.spacing_map import SpacingMap, spacing_map

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
