"""Charts of the comparison as SVG text; colour and dash of a group come from CSS classes ``g0``, ``g1``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from grainstats.infer.comparison.groups import Contrast, GroupComparison
from grainstats.run.report.compare_input import SampleSizes
from grainstats.run.report.compare_words import level_name, plain_name

_WIDTH = 760.0
_RATIO_TICKS = (0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
_LENGTH_TICKS = tuple(m * 10.0**e for e in range(-1, 6) for m in (1, 2, 5))


@dataclass(frozen=True)
class _Row:
    """One line of the forest: a contrast with the reference; `name` stands on the first of its descriptor."""

    name: str
    contrast: Contrast
    kind: str
    colour: str


def forest_plot(comparisons: Sequence[GroupComparison]) -> str:
    """Ratios of geometric means with their intervals, logarithmic axis, line at 1.

    Two groups: one row per descriptor. More: one row per descriptor and group, each against the reference,
    in the group's colour.

    Returns
    -------
    str
        SVG; empty where no ratio was estimated.
    """
    shown = [c for c in comparisons if c.scale == "ratio"]
    rows = [row for c in shown for row in _forest_rows(c)]
    if not rows:
        return ""
    found = [(r.contrast.estimate, r.contrast.ci_low, r.contrast.ci_high) for r in rows]
    ends = [v for three in found for v in three if v is not None and v > 0]
    low, high = np.log(min([*ends, 0.8])) - 0.05, np.log(max([*ends, 1.25])) + 0.05
    two = len(shown[0].levels) == 2
    left, right, top, step = 230.0, 130.0, 34.0, 30.0 if two else 22.0
    gap = 0.0 if two else 8.0
    heights = np.cumsum([step + (gap if row.name else 0.0) for row in rows])
    floor = top + float(heights[-1])

    def place(ratio: float) -> float:
        return float(left + (_WIDTH - left - right) * (np.log(ratio) - low) / (high - low))

    ticks = [t for t in _RATIO_TICKS if low <= np.log(t) <= high]
    parts = [_log_axis(place, ticks, (left, _WIDTH - right), floor, top)]
    parts.append(f'<line class="unity" x1="{place(1):.1f}" x2="{place(1):.1f}" y1="{top - 8}" y2="{floor}"/>')
    parts += [_forest_row(row, place, top + y - step / 2) for row, y in zip(rows, heights, strict=True)]
    parts.append(_forest_words(shown[0], place(1), (left + _WIDTH - right) / 2, floor))
    return _svg(floor + 44, "Forest plot of the effects", parts)


def _forest_rows(c: GroupComparison) -> list[_Row]:
    """The contrasts of one descriptor with the reference, in the order of the groups."""
    own = {k.level: k for k in c.contrasts if k.reference == c.levels[0] and k.estimate is not None}
    two = len(c.levels) == 2
    if two and c.estimate is not None:
        own = {c.levels[1]: Contrast(c.levels[1], c.levels[0], c.estimate, c.ci_low, c.ci_high, None, None)}
    rows: list[_Row] = []
    for index, level in enumerate(c.levels):
        if level not in own:
            continue
        sure = c.p_holm is not None and c.p_holm < 0.05
        pair = own[level].p_value
        sure = sure and (two or (pair is not None and pair < 0.05))
        kind = "sure" if sure else ("specimens" if c.interval_from.startswith("images") else "open")
        rows.append(
            _Row("" if rows else plain_name(c.descriptor), own[level], kind, "" if two else f"g{index}")
        )
    return rows


def _forest_row(row: _Row, place: Callable[[float], float], y: float) -> str:
    c, kind = row.contrast, row.kind
    assert c.estimate is not None
    parts = [f'<text class="label" x="0" y="{y + 4:.1f}">{escape(row.name)}</text>'] if row.name else []
    words, bar = f"{c.estimate:.2f}", ""
    if c.ci_low is not None and c.ci_high is not None:
        x1, x2 = place(c.ci_low), place(c.ci_high)
        bar = f'<line class="ci {kind}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        words += f"  ({c.ci_low:.2f}–{c.ci_high:.2f})"
    dot = f'<circle class="dot {kind}" cx="{place(c.estimate):.1f}" cy="{y:.1f}" r="5"/>'
    parts.append(f'<g class="pair {row.colour}">{bar}{dot}</g>' if row.colour else bar + dot)
    parts.append(f'<text class="label num" x="{_WIDTH}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    return "".join(parts)


def _forest_words(c: GroupComparison, unity: float, middle: float, floor: float) -> str:
    """What is left and right of the line, and the name of the axis."""
    reference = level_name(c.levels[0], c.groups)
    if len(c.levels) == 2:
        group = level_name(c.levels[1], c.groups)
        sides, axis = f" in {group}", f"{group} / {reference}"
    else:
        sides, axis = f" than in {reference}", f"each group / {reference}"
    less, more = f"◂ smaller{sides}", f"larger{sides} ▸"
    return (
        f'<text class="tick" x="{unity - 8:.1f}" y="14" text-anchor="end">{escape(less)}</text>'
        f'<text class="tick" x="{unity + 8:.1f}" y="14">{escape(more)}</text>'
        f'<text class="tick" x="{middle:.1f}" y="{floor + 36}" text-anchor="middle">'
        f"ratio of geometric means, {escape(axis)}</text>"
    )


def distribution_plot(sizes: Sequence[SampleSizes], levels: Sequence[str], by: str = "") -> str:
    """Area-weighted density of log diameter, one line per sample, all on one axis, coloured by group.

    Parameters
    ----------
    sizes : sequence of SampleSizes
    levels : sequence of str
        Order of the groups: colours and dashes.
    by : str
        Column that makes the groups, for their names.

    Returns
    -------
    str
        SVG; empty without grains.
    """
    drawn = [s for s in sizes if s.level in levels]
    if not drawn:
        return ""
    logs = [np.log10(s.diameter_nm.to_numpy(float)) for s in drawn]
    low, high = min(float(x.min()) for x in logs) - 0.1, max(float(x.max()) for x in logs) + 0.2
    grid = np.linspace(low, high, 161)
    curves = [_density(x, s, grid) for x, s in zip(logs, drawn, strict=True)]
    top, floor, left, right = 18.0, 250.0, 6.0, 6.0
    peak = max(float(c.max()) for c in curves)

    def place(nm: float) -> float:
        return float(left + (_WIDTH - left - right) * (np.log10(nm) - low) / (high - low))

    ticks = [t for t in _LENGTH_TICKS if low <= np.log10(t) <= high]
    parts = [_log_axis(place, ticks, (left, _WIDTH - right), floor, top)]
    for curve, s in zip(curves, drawn, strict=True):
        points = " ".join(
            f"{place(10**x):.1f},{floor - (floor - top) * y / peak:.1f}"
            for x, y in zip(grid, curve, strict=True)
        )
        group = escape(level_name(s.level, by))
        title = f"<title>{escape(s.sample_id)} ({group}), {len(s.weight)} grains</title>"
        parts.append(
            f'<polyline class="curve g{list(levels).index(s.level)}" points="{points}">{title}</polyline>'
        )
    parts.append(
        f'<text class="tick" x="{_WIDTH / 2}" y="{floor + 36}" text-anchor="middle">'
        "equivalent circle diameter, nm (logarithmic); height: share of the area</text>"
    )
    return _svg(floor + 44, "Grain sizes of every sample", parts)


def _density(x: np.ndarray, s: SampleSizes, grid: np.ndarray) -> np.ndarray:
    """Kernel density of log10 diameter, weighted by area and frame correction (Silverman's width)."""
    weight = s.weight.to_numpy(float) * 10 ** (2 * x)
    weight = weight / weight.sum()
    effective = 1 / float((weight**2).sum())
    mean = float((weight * x).sum())
    spread = max(float(np.sqrt((weight * (x - mean) ** 2).sum())), 1e-3)
    width = max(0.9 * spread * effective**-0.2, 0.02)
    kernel = np.exp(-0.5 * ((grid[:, None] - x[None]) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return np.asarray(kernel @ weight)


def _log_axis(
    place: Callable[[float], float],
    ticks: Sequence[float],
    ends: tuple[float, float],
    floor: float,
    top: float,
) -> str:
    left, right = ends
    parts = [f'<line class="axis" x1="{left:.1f}" x2="{right:.1f}" y1="{floor}" y2="{floor}"/>']
    last = -1e9
    for tick in ticks:
        x = place(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{floor}"/>')
        if x - last > 30:
            text = f'y="{floor + 16}" text-anchor="middle">{tick:g}</text>'
            parts.append(f'<text class="tick" x="{x:.1f}" {text}')
            last = x
    return "".join(parts)


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="chart compare" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
