"""Trapped field, moment, stress and decay of magnetised discs and rings from their current density.

It knows nothing of grains: it is told a current density, or how that falls with the field. The package can be
called: ``grainstats.magnet(...)`` is the function `grainstats.magnet.magnet`, whose help has the parameters.
"""

from grainstats._callable_room import callable_room
from grainstats.magnet.creep import Creep
from grainstats.magnet.current_sheets import axis_field_per_j
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

callable_room(__name__, magnet)
