"""Reading microscope files: image, pixel size, its source, info bar."""

from segment.micrograph.finding import find_micrographs
from segment.micrograph.from_array import micrograph_of_array
from segment.micrograph.micrograph import Micrograph, PixelSizeSource, ScaleConflict
from segment.micrograph.prepare import MINIMUM_SIDE
from segment.micrograph.reading import FrameInfo, describe, read_micrographs

__all__ = [
    "MINIMUM_SIDE",
    "FrameInfo",
    "Micrograph",
    "PixelSizeSource",
    "ScaleConflict",
    "describe",
    "find_micrographs",
    "micrograph_of_array",
    "read_micrographs",
]
