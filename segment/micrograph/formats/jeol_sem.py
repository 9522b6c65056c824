"""JEOL SEM: a ``.txt`` beside the image, ``$$SM_MICRON_MARKER`` over ``$$SM_MICRON_BAR``."""

from segment.micrograph.formats import pixels
from segment.micrograph.length_units import comma_doubt, number, parse_length
from segment.micrograph.open_file import Frame, OpenFile
from segment.micrograph.sidecar import whole_numbers

NAME = "jeol_sem"


def recognises(opened: OpenFile) -> bool:
    """A text file of the same stem with JEOL's ``$$SM_`` entries."""
    return "$$SM_MICRON" in pixels.text_beside(opened)


def frames(opened: OpenFile) -> list[Frame]:
    """The image, with the scale of its text file."""
    facts = _entries(pixels.text_beside(opened))
    full = whole_numbers(facts.get("$CM_FULL_SIZE", ""))
    return pixels.with_scale(
        opened, lambda shape: _scale(facts, full, shape), lambda shape: pixels.bar_below(full, shape)
    )


def _entries(text: str) -> dict[str, str]:
    """``$KEY value value`` lines; a key that says two things has both, as ``a/b``: no number."""
    said: dict[str, dict[str, None]] = {}
    for line in text.splitlines():
        if line.strip().startswith("$") and len(words := line.split(None, 1)) > 1:
            said.setdefault(words[0], {})[words[1].strip()] = None
    return {key: "/".join(values) for key, values in said.items()}


def _scale(facts: dict[str, str], full: tuple[int, ...], shape: tuple[int, int]) -> tuple[pixels.Stated, ...]:
    """``$$SM_MICRON_MARKER`` (length) over ``$$SM_MICRON_BAR`` (pixels at full size)."""
    marker = facts.get("$$SM_MICRON_MARKER", "")
    of_bar = facts.get("$$SM_MICRON_BAR", "")
    length, pixels_of_bar = parse_length(marker), number(of_bar.split()[0]) if of_bar else None
    if length is None or pixels_of_bar is None or pixels_of_bar <= 0:
        return (f'$$SM_MICRON_MARKER "{marker}" over $$SM_MICRON_BAR "{of_bar}" is no length: not taken',)
    if comma_doubt(marker):
        return (f"$$SM_MICRON_MARKER {marker}: of one or of thousands? No size taken, give --pixel-size",)
    where = "$$SM_MICRON_MARKER / $$SM_MICRON_BAR"
    return pixels.as_stored(where, length / pixels_of_bar, full, shape, "sidecar")
