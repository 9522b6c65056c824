"""JEOL SightX TEM TIFF: XML in ImageDescription, camera resolution over magnification."""

import re
import xml.etree.ElementTree as ElementTree

from segment.micrograph.length_units import INCH_NM, number
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated
from segment.micrograph.refusals import not_real_space
from segment.micrograph.sidecar import parsed_xml
from segment.micrograph.tiffpages import X_RESOLUTION, Y_RESOLUTION, page_frames

NAME = "jeol_sightx"

_RESOLUTION_UNIT, _INCH = 296, 2
_GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+")  #: a magnification in thousands; none has three decimals
_MODE = "ImageFormingSystem/ModeString"
_CAMERA = ".//DrawImageInformation/PixelsPerMeter/Horizontal"


def recognises(opened: OpenFile) -> bool:
    """The root element of SightX reports."""
    return opened.is_tiff and "<TemReporter" in opened.tiff.pages.first.description[:2000]


def frames(opened: OpenFile) -> list[Frame]:
    """Pages with camera pixel / magnification. `NotAnImageError`: a diffraction frame: its axis is 1/nm."""
    text = opened.tiff.pages.first.description.rstrip("\0 \r\n")
    root = parsed_xml(opened.path, text[text.index("<TemReporter") :], "JEOL report")
    unit = root.findtext(".//InstrumentsParameter/Measurement_UnitType", "")
    if "DIFF" in root.findtext(_MODE, "").upper() or "Diffraction" in unit:
        raise not_real_space(opened.path, "a diffraction pattern: the axis is 1/nm")
    return page_frames(opened, scales=_scales(opened, root))


def _scales(opened: OpenFile, root: ElementTree.Element) -> tuple[Scale, ...]:
    """Pixel pitch at the camera over the magnification.

    The vendor writes the pitch twice: as the TIFF's resolution (here, and only here, it is one) and as
    PixelsPerMeter. Both are kept, so that a difference of more than 3 % is flagged.
    """
    written = root.findtext("ImageFormingSystem/SelectorValue", "").strip()
    magnification = number(written.replace(",", "") if _GROUPED.fullmatch(written) else written) or 0.0
    if magnification <= 0 or root.findtext("ImageFormingSystem/SelectorUnitString", "X").upper() != "X":
        return ()
    y, x = (_pitch(opened, tag, magnification) for tag in (Y_RESOLUTION, X_RESOLUTION))
    per_metre = number(root.findtext(_CAMERA, ""))
    side = 1e9 / per_metre / magnification if per_metre else None
    return (
        *stated("XResolution / magnification", y, x),
        *stated("PixelsPerMeter / magnification", None, side),
    )


def _pitch(opened: OpenFile, tag: int, magnification: float) -> float | None:
    tags = opened.tiff.pages.first.tags
    numerator, denominator = tags.valueof(tag, (0, 1))
    if not numerator or not denominator or tags.valueof(_RESOLUTION_UNIT, _INCH) != _INCH:
        return None
    return float(INCH_NM * denominator / numerator / magnification)
