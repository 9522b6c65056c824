"""The scale bar of an image: read where it can be, named where it is there and cannot be read."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segment.micrograph.scale_bar.bars import Bar, find_bars, find_ruler
from segment.micrograph.scale_bar.labels import (
    LEAST_CONFIDENCE,
    TextLine,
    lines_near,
    may_be_label,
    nanometres,
    read_label,
)
from segment.micrograph.scale_bar.text import Words, recogniser

_CROP_MARGIN = 6  #: pixels around bar and label in the picture shown to the user
_AGREE = 0.01  #: relative difference up to which two bars of an image say the same
NO_READER = "scale bars cannot be read here: pip install --no-deps rapidocr-onnxruntime"
LARGEST_PIXEL_NM = 2e4  #: 20 µm: a label in mm that says more was misread, or is no micrograph's; judgement


@dataclass(frozen=True, eq=False)
class ScaleBar:
    """A burned-in scale bar."""

    length_px: float  #: from end to end, between the centres of the end ticks where it has any
    text: str  #: the label as it was read
    confidence: float  #: probability of the least certain sign, 0 to 1
    #: what the label states; None where it was not read for certain: the user is asked
    length_nm: float | None
    #: rows, columns: where bar and label stand in the image
    rows: slice
    columns: slice
    crop: np.ndarray  #: uint8: bar and label cut out, for the user to look at

    @property
    def pixel_size_nm(self) -> float | None:
        """What the bar states; None where its label was not read for certain."""
        return None if self.length_nm is None else self.length_nm / self.length_px

    @property
    def words(self) -> str:
        """Label and length, as ``"'500 nm' over 200.0 px"``."""
        return f"'{self.text}' over {self.length_px:.1f} px"

    def save(self, path: Path) -> None:
        """Write the picture of bar and label as PNG."""
        from PIL import Image

        Image.fromarray(self.crop).save(path, format="PNG")

    @property
    def remark(self) -> str:
        """What the user is told, or asked where the label is not certain."""
        if self.length_nm is not None:
            return f"the pixel size was read from the burned-in scale bar, {self.words}: check it"
        return f"a scale bar is burned in, but its label is not certain ({self.words}): {self.remedy}"

    def against(self, side_nm: float, apart: float) -> tuple[str, ...]:
        """Words where what was read in doubt differs from `side_nm`, nanometres, by more than this share."""
        doubtful = nanometres(Words(self.text, self.confidence)) if self.length_nm is None else None
        if doubtful is None or abs(doubtful / self.length_px / side_nm - 1) <= apart:
            return ()
        size = f"{doubtful / self.length_px:.4g} nm a pixel"
        return (f"a burned-in scale bar seems to say {self.words}, {size}, not {side_nm:.4g}: look at it",)

    @property
    def remedy(self) -> str:
        """What to do where the label is not certain."""
        return f"look at it and give the pixel size, its length in nm divided by {self.length_px:.1f}"


def can_read() -> bool:
    """Whether the recogniser of text is installed."""
    return recogniser() is not None


def read_scale_bar(image: np.ndarray, info_bar_rows: int = 0) -> ScaleBar | None:
    """Find the scale bar of an image as it is stored, info bar included, and read it.

    Only uint8 and uint16 are searched: other dtypes come from a detector. In the info bar a ruler of ticks is
    looked for as well. None where no bar with lettering that begins like a length is found, or nothing
    `can_read`.
    """
    if image.dtype not in (np.uint8, np.uint16) or not can_read():
        return None
    grey = _eight_bits(image)
    bars = find_bars(grey)
    ruler = find_ruler(grey, len(grey) - info_bar_rows) if info_bar_rows else None
    read = [found for bar in ([ruler] if ruler else []) + bars if (found := _read(grey, bar)) is not None]
    return _one(read)


def _eight_bits(image: np.ndarray) -> np.ndarray:
    if image.dtype == np.uint8:
        return image
    low, high = int(image.min()), int(image.max())
    return ((image - low) * (255 / max(high - low, 1))).astype(np.uint8)


def _read(grey: np.ndarray, bar: Bar) -> ScaleBar | None:
    """The nearest label that is a length; in doubt where that, or a nearer one, was not read for certain."""
    doubtful: tuple[float, ScaleBar] | None = None
    for far, line in lines_near(grey, bar):
        words = read_label(grey, line, bar)
        length = nanometres(words)
        if length is not None and length / bar.length > LARGEST_PIXEL_NM:
            continue
        sure = length is not None and words.confidence >= LEAST_CONFIDENCE
        if sure and (doubtful is None or far <= doubtful[0] + line.height):
            return _scale_bar(grey, bar, line, words, length)
        if doubtful is None and (length is not None or may_be_label(words)):
            doubtful = (far, _scale_bar(grey, bar, line, words, None))
    return None if doubtful is None else doubtful[1]


def _scale_bar(grey: np.ndarray, bar: Bar, line: TextLine, words: Words, length: float | None) -> ScaleBar:
    rows = slice(max(min(bar.top, line.top) - _CROP_MARGIN, 0), max(bar.bottom, line.bottom) + _CROP_MARGIN)
    columns = slice(
        max(min(int(bar.left), line.left) - _CROP_MARGIN, 0),
        max(int(bar.right) + 1, line.right) + _CROP_MARGIN,
    )
    return ScaleBar(
        bar.length, words.text, words.confidence, length, rows, columns, grey[rows, columns].copy()
    )


def _one(read: list[ScaleBar]) -> ScaleBar | None:
    """The bar that was read for certain; where two that were say different sizes, neither is believed."""
    sizes = [bar.pixel_size_nm for bar in read if bar.pixel_size_nm is not None]
    if not sizes:
        return read[0] if read else None
    first = next(bar for bar in read if bar.pixel_size_nm is not None)
    return first if max(sizes) <= (1 + _AGREE) * min(sizes) else replace(first, length_nm=None)
