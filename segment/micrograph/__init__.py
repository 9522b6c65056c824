"""Reading microscope files: image, pixel size, its source, info bar."""

from segment.micrograph.finding import find_micrographs
from segment.micrograph.micrograph import Micrograph, PixelSizeSource, ScaleConflict
from segment.micrograph.reading import MINIMUM_SIDE, FrameInfo, describe, read_micrographs
from segment.same_area import SameArea, fingerprint, labels_digest, pixel_digest, same_areas

__all__ = [
    "MINIMUM_SIDE",
    "FrameInfo",
    "Micrograph",
    "PixelSizeSource",
    "SameArea",
    "ScaleConflict",
    "describe",
    "find_micrographs",
    "fingerprint",
    "labels_digest",
    "pixel_digest",
    "read_micrographs",
    "same_areas",
]
