"""The scale bar burned into an image: where it is, how long it is and what its label says."""

from segment.micrograph.scale_bar.scale_bar import NO_READER, ScaleBar, can_read, read_scale_bar

__all__ = ["NO_READER", "ScaleBar", "can_read", "read_scale_bar"]
