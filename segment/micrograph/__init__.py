"""Reading microscope files: image, pixel size, its source, info bar."""

from segment.micrograph.model import Micrograph, PixelSizeSource, ScaleConflict

__all__ = ["Micrograph", "PixelSizeSource", "ScaleConflict"]
