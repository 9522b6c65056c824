"""Orientation maps (EBSD, TKD, precession electron diffraction) -> grain map with orientations."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from segment.orientation.boundary_character import (
    BoundaryCharacter,
    boundary_character,
    misorientation_of_pairs,
)
from segment.orientation.read import holds_orientation_map, is_orientation_map, read_orientation_map

if TYPE_CHECKING:
    from segment.grain_orientations import CrystalPhase, GrainOrientations
    from segment.orientation.grains import GrainRules, grain_map_of
    from segment.orientation.label_orientations import orientations_of_labels
    from segment.orientation.orientation_map import OrientationMap
    from segment.orientation.twins import TwinLaw, twin_law

_PLACES = {
    "CrystalPhase": "segment.grain_orientations",
    "GrainOrientations": "segment.grain_orientations",
    "GrainRules": "segment.orientation.grains",
    "OrientationMap": "segment.orientation.orientation_map",
    "TwinLaw": "segment.orientation.twins",
    "grain_map_of": "segment.orientation.grains",
    "orientations_of_labels": "segment.orientation.label_orientations",
    "twin_law": "segment.orientation.twins",
}

__all__ = [
    "BoundaryCharacter",
    "CrystalPhase",
    "GrainOrientations",
    "GrainRules",
    "OrientationMap",
    "TwinLaw",
    "boundary_character",
    "grain_map_of",
    "holds_orientation_map",
    "is_orientation_map",
    "misorientation_of_pairs",
    "orientations_of_labels",
    "read_orientation_map",
    "twin_law",
]


def __getattr__(name: str) -> Any:
    """What only orientation maps need, when first asked for: every run asks whether a file is one."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
