"""Tables of a grain map: grains, intercepts, boundary network, descriptors.

The package can be called: ``grainstats.measure(map)`` is the function `grainstats.measure.measure`, whose
help has the parameters.
"""

from grainstats._callable_room import callable_room
from grainstats.measure.any_map import measure
from grainstats.measure.descriptors.anisotropy import Anisotropy, anisotropy
from grainstats.measure.descriptors.arrangement import Arrangement, arrangement
from grainstats.measure.descriptors.describe import descriptor_table, descriptors
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.descriptors.stereology import SphereSizes, saltykov
from grainstats.measure.descriptors.summary import sample_summary
from grainstats.measure.grains.label_map_check import check_label_map
from grainstats.measure.grains.table import grain_table
from grainstats.measure.measurement import Measurement, measure_grain_map
from grainstats.measure.network.graph import BoundaryNetwork, boundary_network
from grainstats.measure.spacing.astm import PlanimetricCount, planimetric_count
from grainstats.measure.spacing.circles import circular_intercepts
from grainstats.measure.spacing.intercepts import intercept_table
from grainstats.measure.spacing.spacing_map import spacing_map

__all__ = [
    "Anisotropy",
    "Arrangement",
    "BoundaryNetwork",
    "Descriptor",
    "Measurement",
    "PlanimetricCount",
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
    "measure",
    "measure_grain_map",
    "planimetric_count",
    "saltykov",
    "sample_summary",
    "spacing_map",
]

callable_room(__name__, measure)
