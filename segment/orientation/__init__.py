"""Orientation maps (EBSD, TKD, precession electron diffraction) -> grain map with orientations."""

from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.orientation.boundary_character import (
    BoundaryCharacter,
    boundary_character,
    misorientation_of_pairs,
)
from segment.orientation.grains import GrainRules, grain_map_of, orientations_of_labels
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.read import holds_orientation_map, is_orientation_map, read_orientation_map
from segment.orientation.twins import TwinLaw, twin_law

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
