"""Hitachi SEM and TEM: a ``.txt`` beside the image, ASCII or UTF-16; PixelSize in nanometres by default."""

from pathlib import PureWindowsPath

from segment.micrograph.formats import pixels
from segment.micrograph.length_units import comma_doubt, length
from segment.micrograph.open_file import Frame, OpenFile, stated_as
from segment.micrograph.sidecar import pairs, whole_numbers

NAME = "hitachi"

_SECTIONS = ("[SemImageFile]", "[TemImageFile]")


def recognises(opened: OpenFile) -> bool:
    """A text file of the same stem with one of the vendor's sections."""
    text = pixels.text_beside(opened)
    return any(section in text for section in _SECTIONS)


def frames(opened: OpenFile) -> list[Frame]:
    """The image, with the scale of its text file."""
    facts = pairs(pixels.text_beside(opened))
    size = whole_numbers(facts.get("DataSize", ""))
    own = facts.get("ImageName", "")
    other = own and PureWindowsPath(own).stem.casefold() != opened.path.stem.casefold()
    doubt = (f"the text beside it was written for {own}: is its pixel size the same?",) if other else ()
    return pixels.with_scale(
        opened, lambda shape: _scale(facts, size, shape) + doubt, lambda shape: pixels.bar_below(size, shape)
    )


def _scale(facts: dict[str, str], size: tuple[int, ...], shape: tuple[int, int]) -> tuple[pixels.Stated, ...]:
    """PixelSize belongs to an image of DataSize."""
    written = facts.get("PixelSize", "")
    nanometres = length(written, "nm")
    if nanometres is None:
        return stated_as("PixelSize", None, written, "nm", source="sidecar")
    return (*pixels.as_stored("PixelSize", nanometres, size, shape, "sidecar"), *comma_doubt(written))
