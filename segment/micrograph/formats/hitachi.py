"""Hitachi SEM and TEM: a ``.txt`` beside the image, ASCII or UTF-16, PixelSize in nanometres."""

from __future__ import annotations

from segment.micrograph.formats import pixels
from segment.micrograph.open_file import Frame, OpenFile, Scale, scale_or_none
from segment.micrograph.sidecar import pairs, read_text, sidecar

NAME = "hitachi"

_SECTIONS = ("[SemImageFile]", "[TemImageFile]")


def recognises(opened: OpenFile) -> bool:
    """A text file of the same stem with one of the vendor's sections."""
    beside = sidecar(opened.path, ".txt")
    if beside is None or not pixels.holds_pixels(opened):
        return False
    text = read_text(beside)
    return any(section in text for section in _SECTIONS)


def frames(opened: OpenFile) -> list[Frame]:
    """The image, with the scale of its text file."""
    beside = sidecar(opened.path, ".txt")
    assert beside is not None
    facts = pairs(read_text(beside))
    size = tuple(int(word) for word in facts.get("DataSize", "").lower().split("x") if word.strip().isdigit())
    return pixels.with_scale(
        opened, lambda shape: _scale(facts, size, shape[1]), lambda shape: pixels.bar_below(size, shape)
    )


def _scale(facts: dict[str, str], size: tuple[int, ...], columns: int) -> Scale | None:
    """PixelSize belongs to an image of DataSize; an image stored smaller has larger pixels."""
    try:
        nanometres = float(facts.get("PixelSize", "0").split()[0])
    except (IndexError, ValueError):
        return None
    enlarged = size[0] / columns if size else 1.0
    return scale_or_none("PixelSize", None, nanometres * enlarged, "sidecar")
