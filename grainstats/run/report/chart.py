"""One frame for every chart of the reports: axes with their names, bars, lines, points; laid out as SVG.

Colours come from the classes of the page's style sheet, so that one chart serves light, dark and print, and
nothing in it needs a style of its own, which the page's policy would not allow.  Matplotlib draws the same
histogram of 36 classes in 0.12 s and 17 kB, this frame in 0.004 s and 6 kB (time of one core, medians).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 440, 270  #: of a chart, in its own units
TOP, BOTTOM, RIGHT = 40, 46, 12
LETTER = 6.3  #: mean width of a tick's letter, in the same units


@dataclass(frozen=True)
class Axis:
    """What an axis is called, its ends, and how values are told on it."""

    label: str  #: quantity and unit
    low: float
    high: float
    log: bool = False
    #: ticks by name, where the axis holds things and not values; of an upright axis above their rows
    names: tuple[tuple[float, str], ...] = ()
    per: float = 1.0  #: the unit of the label in the unit of the values

    def share(self, value: np.ndarray | float) -> np.ndarray:
        """Where a value lies: 0 at the lower end, 1 at the upper one."""
        low, high, at = self.low, self.high, np.asarray(value, float)
        if self.log:
            low, high, at = math.log10(low), math.log10(high), np.log10(at)
        return (at - low) / (high - low)

    def ticks(self) -> list[tuple[float, str]]:
        """Round numbers between the ends, or the names."""
        if self.names:
            return list(self.names)
        values = log_ticks(self.low, self.high) if self.log else ticks(self.low, self.high)
        return [(value, f"{value / self.per:g}".replace("-", "−")) for value in values]


def length_axis(what: str, low_nm: float, high_nm: float) -> Axis:
    """A logarithmic axis of lengths, told in µm where its middle is 1000 nm or more."""
    unit, per = ("µm", 1000.0) if low_nm * high_nm >= 1000**2 else ("nm", 1.0)
    return Axis(f"{what} ({unit})", low_nm, high_nm, log=True, per=per)


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points; `kind` is its class, `said` is shown where one points at it."""

    x: np.ndarray
    y: np.ndarray
    kind: str
    said: str = ""


@dataclass(frozen=True)
class DataPoint:
    """A value with its intervals along both axes; `note` stands above it, at the right end of its row."""

    x: float
    y: float
    kind: str = ""
    x_ends: tuple[float, float] | None = None
    y_ends: tuple[float, float] | None = None
    said: str = ""
    note: str = ""
    square: bool = False


@dataclass(frozen=True)
class Rule:
    """An upright line with its words above and its interval as a band."""

    x: float
    text: str = ""
    ends: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart, ready to be laid out."""

    name: str  #: of the file that it is saved as
    title: str  #: also what a screen reader says
    x: Axis
    y: Axis
    table: pd.DataFrame  #: the numbers that are drawn, saved as CSV
    bars: tuple[np.ndarray, np.ndarray] | None = None  #: classes of a histogram: n + 1 ends and n heights
    lines: tuple[Line, ...] = ()  #: drawn in this order over the bars
    points: tuple[DataPoint, ...] = ()
    rules: tuple[Rule, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()  #: class and meaning
    left: int = 52  #: margin
    right: int = RIGHT
    height: int = HEIGHT
    width: ClassVar[int] = WIDTH
    top: ClassVar[int] = TOP

    def px(self, value: float) -> float:
        """Horizontal place of a value, kept inside the frame."""
        at = self.left + (self.width - self.left - self.right) * float(self.x.share(value))
        return round(min(max(at, self.left), self.width - self.right), 1)

    def py(self, value: float) -> float:
        """Vertical place of a value."""
        return round(self.floor - (self.floor - TOP) * float(self.y.share(value)), 1)

    @property
    def floor(self) -> int:
        return self.height - BOTTOM

    def x_ticks(self) -> list[tuple[float, str]]:
        """Place and text of the ticks that have room beside each other."""
        found: list[tuple[float, str]] = []
        end = -math.inf
        for value, text in self.x.ticks():
            at, half = self.px(value), LETTER * len(text) / 2 + 3
            if at - half > end:
                found.append((at, text))
                end = at + half
        return found

    def y_ticks(self) -> list[tuple[float, str]]:
        return [(self.py(value), text) for value, text in self.y.ticks()]

    def bar_path(self) -> str:
        """All bars as one path, a gap of one unit between them."""
        if self.bars is None:
            return ""
        ends, heights = self.bars
        steps = zip(ends[:-1], ends[1:], heights, strict=True)
        return "".join(
            f"M{self.px(a) + 0.5:.1f} {self.floor}V{self.py(h)}H{self.px(b) - 0.5:.1f}V{self.floor}z"
            for a, b, h in steps
            if h > 0
        )

    def points_of(self, line: Line) -> str:
        """A line as the text of a polyline."""
        return " ".join(f"{self.px(x)},{self.py(y)}" for x, y in zip(line.x, line.y, strict=True))

    def words_of(self, index: int) -> tuple[float, str]:
        """Place and anchor of a rule's words: one in the middle, two turned away from each other."""
        at = self.px(self.rules[index].x)
        half = LETTER * len(self.rules[index].text) / 2
        if len(self.rules) == 1:
            return min(max(at, self.left + half), self.width - self.right - half), "middle"
        if index == 0:
            return (at - 4, "end") if at - 2 * half > self.left else (float(self.left), "start")
        return (at + 4, "start") if at + 2 * half < self.width else (float(self.width), "end")

    def csv(self) -> str:
        """The numbers behind the chart; no text in it is a formula of a spreadsheet."""
        from grainstats.share.spreadsheet_text import without_formulas

        return without_formulas(self.table).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends, about five of them: steps of 1, 2 or 5."""
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each decade between two ends; closer ones where fewer than three of these lie there."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        found = [t for d in decades for m in steps if low <= (t := m * 10.0**d) <= high]
        if len(found) >= 3:
            return found
    return [t for t in ticks(low, high) if t > 0]


def with_room(values: np.ndarray | list[float]) -> tuple[float, float]:
    """Ends of an axis with a little room around the values."""
    low, high = float(np.min(values)), float(np.max(values))
    room = 0.07 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room
