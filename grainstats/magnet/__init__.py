"""Trapped field, moment, stress and decay of magnetised discs and rings from their current density.

It knows nothing of grains: it is told a current density, or how that falls with the field. The package can be
called: ``grainstats.magnet(...)`` is the function `grainstats.magnet.magnet`, whose help has the parameters.
"""

import sys
from inspect import signature
from types import ModuleType

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


class _Room(ModuleType):
    """A package is an attribute of the one above it: here it has to be the function of that name too."""

    __call__ = staticmethod(magnet)
    __signature__ = signature(magnet)


sys.modules[__name__].__class__ = _Room
