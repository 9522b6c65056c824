"""Trapped field, moment, stress and decay of magnetised discs and rings from their current density.

This room knows nothing of grains: a current density, or how it falls with the field, is all it is told.
"""

from grainstats.magnet.axis import axis_field_per_j
from grainstats.magnet.creep import Creep
from grainstats.magnet.field_map import FieldMap, field_map
from grainstats.magnet.jc_laws import CurrentLaw, Exponential, Kim, Table
from grainstats.magnet.jc_table import read_jc_table
from grainstats.magnet.stack import Stack
from grainstats.magnet.trapped_field import Magnet, magnet

__all__ = [
    "Creep",
    "CurrentLaw",
    "Exponential",
    "FieldMap",
    "Kim",
    "Magnet",
    "Stack",
    "Table",
    "axis_field_per_j",
    "field_map",
    "magnet",
    "read_jc_table",
]
