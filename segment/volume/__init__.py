"""Stacks of slices as bodies: reading, preparing, segmenting and drawing volumes."""

from segment.volume.labels import label_volume
from segment.volume.reading import read_stack
from segment.volume.stack import GreyVolume, LabelVolume, VoxelSize

__all__ = ["GreyVolume", "LabelVolume", "VoxelSize", "label_volume", "read_stack"]
