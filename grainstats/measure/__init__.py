"""GrainMap -> tables: grains, intercepts, boundary network, descriptors."""

from grainstats.measure.descriptor import Descriptor

__all__ = ["Descriptor"]
