"""Stacks of slices as bodies: reading, preparing, segmenting and drawing volumes."""

from typing import TYPE_CHECKING

from segment._lazy import lazily

if TYPE_CHECKING:
    from segment.volume.labels import label_volume
    from segment.volume.reading import read_stack
    from segment.volume.stack import GreyVolume, LabelVolume, VoxelSize

__all__ = ["GreyVolume", "LabelVolume", "VoxelSize", "label_volume", "read_stack"]

__getattr__ = lazily(  # Numba takes half a second
    __name__,
    {"stack": "GreyVolume LabelVolume VoxelSize", "labels": "label_volume", "reading": "read_stack"},
)
