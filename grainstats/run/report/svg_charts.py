"""Charts of the report as SVG text: no library, no network, colours left to the page's style sheet.

Colours come from CSS classes, so that one chart serves light, dark and print.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 420.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 2.0, 10.0, 48.0, 44.0
_CURVE_POINTS = 161


@dataclass(frozen=True)
class Mode:
    """One fitted mode of the area-weighted distribution.

    Attributes
    ----------
    diameter_nm : float
    fraction : float
        Share of the area.
    ci_nm : (float, float) or None
    """

    diameter_nm: float
    fraction: float
    ci_nm: tuple[float, float] | None


def length(nm: float) -> str:
    """A length in words: three significant digits, µm from 1000 nm on."""
    value, unit = (nm / 1000, "µm") if nm >= 1000 else (nm, "nm")
    digits = max(0, 2 - int(np.floor(np.log10(value)))) if value > 0 else 0
    return f"{value:.{digits}f} {unit}"


def distribution_charts(
    diameter_nm: np.ndarray, weight: np.ndarray, modes: tuple[Mode, ...]
) -> tuple[str, str]:
    """The grain sizes of one sample twice: by number of grains and by area.

    Parameters
    ----------
    diameter_nm : ndarray, shape (n,)
        Equivalent circle diameters of interior grains.
    weight : ndarray, shape (n,)
        Miles-Lantuéjoul weights.
    modes : tuple of Mode
        Drawn as curves and marks over the area-weighted chart.

    Returns
    -------
    tuple of str
        SVG of the number-weighted and of the area-weighted chart; empty strings without grains.
    """
    good = np.isfinite(diameter_nm) & np.isfinite(weight) & (diameter_nm > 0)
    x, w = np.log10(diameter_nm[good]), weight[good]
    if x.size == 0:
        return "", ""
    axis = _axis(x)
    area = w * 10 ** (2 * x)
    mean = float(np.average(10**x, weights=w))
    number_marks = [_Mark(np.log10(mean), f"mean {length(mean)}", None)]
    return (
        _chart(axis, x, w / w.sum(), number_marks, [], "Share of the number of grains"),
        _chart(
            axis, x, area / area.sum(), _mode_marks(modes), _mode_curves(x, area, modes), "Share of the area"
        ),
    )


def range_chart(value: float, ci: tuple[float, float] | None, axis_nm: tuple[float, float]) -> str:
    """A dot with its interval on a logarithmic axis, for one row of a table.

    Parameters
    ----------
    value : float
    ci : (float, float) or None
    axis_nm : (float, float)
        Ends of the axis, the same in every row.
    """
    low, high = np.log10(axis_nm)

    def place(nm: float) -> float:
        return 6 + 148 * (np.log10(nm) - low) / max(high - low, 1e-9)

    bar = ""
    if ci is not None and ci[0] > 0:
        bar = f'<line class="ci" x1="{place(ci[0]):.1f}" x2="{place(ci[1]):.1f}" y1="9" y2="9"/>'
    return (
        '<svg class="range" viewBox="0 0 160 18" width="160" height="18" aria-hidden="true">'
        f'<line class="axis" x1="6" x2="154" y1="9" y2="9"/>{bar}'
        f'<circle class="dot" cx="{place(value):.1f}" cy="9" r="3.6"/></svg>'
    )


@dataclass(frozen=True)
class _Mark:
    """A labelled vertical line, with a band where an interval is known; x in log10 nm."""

    x: float
    text: str
    band: tuple[float, float] | None


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    bins: np.ndarray

    def place(self, x: float) -> float:
        return float(self.places(np.array(x)))

    def places(self, x: np.ndarray) -> np.ndarray:
        """Horizontal positions of log10 diameters."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (x - self.low) / (self.high - self.low)


def _axis(x: np.ndarray) -> _Axis:
    """Common axis of both charts: equal bins in log d, room for curves; specks share the first bin."""
    low, high = float(np.quantile(x, 0.002)) - 1e-6, float(x.max()) + 1e-6
    count = int(np.clip(np.sqrt(x.size) * 1.4, 10, 36))
    room = max(0.12 * (high - low), 0.05)
    return _Axis(low - room / 3, high + room, np.linspace(low, high, count + 1))


def _mode_marks(modes: tuple[Mode, ...]) -> list[_Mark]:
    marks = []
    for mode in modes:
        share = f" · {100 * mode.fraction:.0f} % of the area" if len(modes) > 1 else ""
        band = (
            (np.log10(mode.ci_nm[0]), np.log10(mode.ci_nm[1])) if mode.ci_nm and mode.ci_nm[0] > 0 else None
        )
        marks.append(_Mark(float(np.log10(mode.diameter_nm)), f"{length(mode.diameter_nm)}{share}", band))
    return marks


def _mode_curves(
    x: np.ndarray, area: np.ndarray, modes: tuple[Mode, ...]
) -> list[tuple[float, float, float]]:
    """(centre, standard deviation, share) of each mode; places and shares are the verdict's, widths fitted.

    Expectation maximisation over the widths alone, so that the drawing cannot contradict the verdict.
    """
    if not modes:
        return []
    w = area / area.sum()
    centre = np.log10([mode.diameter_nm for mode in modes])
    share = np.array([mode.fraction for mode in modes])
    share = share / share.sum()
    floor = 0.1 * max(float(np.sqrt(np.average((x - np.average(x, weights=w)) ** 2, weights=w))), 1e-3)
    width = np.full(len(modes), 5 * floor)
    for _ in range(60):
        density = share * np.exp(-0.5 * ((x[:, None] - centre) / width) ** 2) / width
        part = w[:, None] * density / np.maximum(density.sum(axis=1, keepdims=True), 1e-300)
        spread = (part * (x[:, None] - centre) ** 2).sum(axis=0) / np.maximum(part.sum(axis=0), 1e-12)
        width = np.maximum(np.sqrt(spread), floor)
    return [(float(c), float(s), float(f)) for c, s, f in zip(centre, width, share, strict=True)]


def _chart(
    axis: _Axis,
    x: np.ndarray,
    share: np.ndarray,
    marks: list[_Mark],
    curves: list[tuple[float, float, float]],
    title: str,
) -> str:
    heights, _ = np.histogram(np.maximum(x, axis.bins[0]), axis.bins, weights=share)
    step = axis.bins[1] - axis.bins[0]
    grid = np.linspace(axis.low, axis.high, _CURVE_POINTS)
    drawn = [f * np.exp(-0.5 * ((grid - c) / s) ** 2) / (s * np.sqrt(2 * np.pi)) * step for c, s, f in curves]
    top = max([heights.max(), *(curve.max() for curve in drawn)])
    floor = _HEIGHT - _BOTTOM

    def rise(values: np.ndarray) -> np.ndarray:
        return floor - (floor - _TOP) * values / top

    parts = [_bands(axis, marks, floor), _bars(axis, rise(heights), floor)]
    parts += [_curve(axis.places(grid), rise(curve)) for curve in drawn]
    parts += [_marks(axis, marks, floor), _ticks(axis, floor)]
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" '
        f'aria-label="{escape(title)}"><text class="title" x="{_LEFT}" y="14">{escape(title)}</text>'
        f"{''.join(parts)}</svg>"
    )


def _bars(axis: _Axis, tops: np.ndarray, floor: float) -> str:
    edges = axis.places(axis.bins)
    return "".join(
        f'<rect class="bar" x="{left + 0.6:.1f}" y="{top:.1f}" width="{right - left - 1.2:.1f}" '
        f'height="{floor - top:.1f}"/>'
        for left, right, top in zip(edges[:-1], edges[1:], tops, strict=True)
        if top < floor
    )


def _curve(x: np.ndarray, y: np.ndarray) -> str:
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in zip(x, y, strict=True))
    return f'<polyline class="fit" points="{points}"/>'


def _bands(axis: _Axis, marks: list[_Mark], floor: float) -> str:
    boxes = [(axis.place(m.band[0]), axis.place(m.band[1])) for m in marks if m.band is not None]
    return "".join(
        f'<rect class="band" x="{a:.1f}" y="{_TOP - 8}" width="{max(b - a, 1):.1f}" '
        f'height="{floor - _TOP + 8:.1f}"/>'
        for a, b in ((max(a, _LEFT), min(b, _WIDTH - _RIGHT)) for a, b in boxes)
        if b > a
    )


def _marks(axis: _Axis, marks: list[_Mark], floor: float) -> str:
    """Lines with their words above: one mark is centred on its line, two are turned away from each other."""
    parts = []
    for i, mark in enumerate(marks):
        x = axis.place(mark.x)
        anchor = "middle" if len(marks) == 1 else ("end" if i == 0 else "start")
        at = min(max(x, 100), _WIDTH - 100) if anchor == "middle" else x + (-4 if anchor == "end" else 4)
        if anchor == "end" and at < 130:
            anchor, at = "start", _LEFT
        if anchor == "start" and at > _WIDTH - 130:
            anchor, at = "end", _WIDTH - _RIGHT
        parts.append(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{floor:.1f}"/>'
            f'<text class="label" x="{at:.1f}" y="{_TOP - 12}" text-anchor="{anchor}">'
            f"{escape(mark.text)}</text>"
        )
    return "".join(parts)


def _ticks(axis: _Axis, floor: float) -> str:
    """Ticks at 1, 2 and 5 of each decade, as many as have room, and the axis' name."""
    decades = np.arange(np.floor(axis.low), np.ceil(axis.high) + 1)
    places = sorted(float(d + np.log10(m)) for d in decades for m in (1, 2, 5))
    shown = [x for x in places if axis.low <= x <= axis.high]
    parts = [f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{floor:.1f}" y2="{floor:.1f}"/>']
    for x in shown:
        at = axis.place(x)
        parts.append(
            f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="{floor:.1f}" y2="{floor + 4:.1f}"/>'
            f'<text class="tick" x="{at:.1f}" y="{floor + 17:.1f}" text-anchor="middle">{10**x:.4g}</text>'
        )
    parts.append(
        f'<text class="tick" x="{_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">'
        "equivalent circle diameter, nm</text>"
    )
    return "".join(parts)
