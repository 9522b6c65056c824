"""Charts of the campaign as SVG text: best property against experiments, measured against predicted.

Colour and mark of a route come from the CSS classes ``ai`` (filled circles, solid lines) and ``researcher``
(hollow squares, dashed lines), so that nothing depends on colour alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from grainstats.run.report.wording import number
from grainstats.share.sheets.design_loops import Experiment, Loops, Prediction, Proposed, Route

_WIDTH, _HEIGHT = 560.0, 330.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 14.0, 16.0, 46.0
ROUTES: tuple[Route, ...] = ("ai", "researcher")
Place = Callable[[float], float]


def progress_chart(loops: Loops) -> str:
    """Best value so far against the number of experiments of each route; every experiment as a mark.

    Returns
    -------
    str
        SVG; empty without experiments.
    """
    shown = loops.experiments
    if not shown:
        return ""
    last = max(e.number for e in shown)
    x = _scale(0.5, last + 0.5, _LEFT, _WIDTH - _RIGHT)
    ends = [v for e in shown for v in (e.value - (e.uncertainty or 0), e.value + (e.uncertainty or 0))]
    y, axis = _vertical(ends)
    parts = [axis, _numbers(x, last)]
    for route in ROUTES:
        own = [e for e in shown if e.route == route]
        parts.append(_steps(own, x, y, route, last + 0.3))
        parts += [_experiment(e, x, y) for e in own]
    what = f"{_plain(loops.name)}, {unit_words(loops.unit)}"
    return _svg(f"{what}: best so far", "experiment of the route", parts, upright=what)


def prediction_chart(loops: Loops) -> str:
    """Measured against predicted value of the proposals that were made, with 95 % intervals and the diagonal.

    Returns
    -------
    str
        SVG; empty where no proposal with a prediction was measured.
    """
    shown = [(p, p.predicted, p.measured) for p in loops.proposals]
    drawn = [_predicted_at(p, e, m) for p, e, m in shown if e is not None and m is not None]
    if not drawn:
        return ""
    low, high = _room([v for p in drawn for v in (p.value, p.low, p.high, p.measured)])
    x = _scale(low, high, _LEFT, _WIDTH - _RIGHT)
    y, axis = _vertical([low, high], room=False)
    parts = [axis, _bottom(x, low, high)]
    ends_of_line = f'x1="{x(low):.1f}" y1="{y(low):.1f}" x2="{x(high):.1f}" y2="{y(high):.1f}"'
    parts.append(f'<line class="diagonal" {ends_of_line}/>')
    parts += [_predicted(p, x, y) for p in drawn]
    unit = unit_words(loops.unit)
    return _svg("Predicted and measured", f"predicted, {unit}", parts, upright=f"measured, {unit}")


def _experiment(e: Experiment, x: Place, y: Place) -> str:
    at = x(e.number)
    said = f"{e.sample_id}: {number(e.value)}"
    error = ""
    if e.uncertainty:
        low, high = y(e.value - e.uncertainty), y(e.value + e.uncertainty)
        error = f'<line class="error" x1="{at:.1f}" x2="{at:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
    return f'<g class="{e.route}">{error}{_mark(e.route, at, y(e.value), said)}</g>'


@dataclass(frozen=True)
class _Pair:
    """A prediction with its interval (of no width where none was stated), and what was measured."""

    route: Route
    sample_id: str
    value: float
    low: float
    high: float
    measured: float


def _predicted_at(p: Proposed, e: Prediction, measured: float) -> _Pair:
    low, high = (e.value, e.value) if e.low is None or e.high is None else (e.low, e.high)
    return _Pair(p.route, p.sample_id, e.value, low, high, measured)


def _predicted(p: _Pair, x: Place, y: Place) -> str:
    at = y(p.measured)
    bar = f'<line class="error" x1="{x(p.low):.1f}" x2="{x(p.high):.1f}" y1="{at:.1f}" y2="{at:.1f}"/>'
    said = f"{p.sample_id}: predicted {number(p.value)}, measured {number(p.measured)}"
    return f'<g class="{p.route}">{bar}{_mark(p.route, x(p.value), at, said)}</g>'


def _mark(route: str, x: float, y: float, said: str) -> str:
    title = f"<title>{escape(said)}</title>"
    if route == "ai":
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4.6">{title}</circle>'
    return f'<rect class="mark" x="{x - 4.2:.1f}" y="{y - 4.2:.1f}" width="8.4" height="8.4">{title}</rect>'


def _steps(own: Sequence[Experiment], x: Place, y: Place, route: str, end: float) -> str:
    """The best so far: level until the next experiment that beats it."""
    if not own:
        return ""
    points = [f"{x(own[0].number):.1f},{y(own[0].best):.1f}"]
    for before, e in pairwise(own):
        points += [f"{x(e.number):.1f},{y(before.best):.1f}", f"{x(e.number):.1f},{y(e.best):.1f}"]
    points.append(f"{x(end):.1f},{y(own[-1].best):.1f}")
    return f'<polyline class="best {route}" points="{" ".join(points)}"/>'


def _scale(low: float, high: float, first: float, last: float) -> Place:
    return lambda value: first + (last - first) * (value - low) / (high - low)


def _room(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis with a little room around the values."""
    low, high = min(values), max(values)
    room = 0.07 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def _vertical(values: Sequence[float], *, room: bool = True) -> tuple[Place, str]:
    low, high = _room(values) if room else (min(values), max(values))
    place = _scale(low, high, _HEIGHT - _BOTTOM, _TOP)
    lines = [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{place(t):.1f}" y2="{place(t):.1f}"/>'
        f'<text class="tick" x="{_LEFT - 7}" y="{place(t) + 4:.1f}" text-anchor="end">{t:g}</text>'
        for t in ticks(low, high)
    ]
    return place, "".join(lines)


def _bottom(x: Place, low: float, high: float) -> str:
    return "".join(_tick(x(t), f"{t:g}") for t in ticks(low, high, 6))


def _numbers(x: Place, last: int) -> str:
    step = max(1, math.ceil(last / 14))
    return "".join(_tick(x(n), str(n)) for n in range(step, last + 1, step))


def _tick(at: float, text: str) -> str:
    floor = _HEIGHT - _BOTTOM
    return (
        f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="{floor}" y2="{floor + 4}"/>'
        f'<text class="tick" x="{at:.1f}" y="{floor + 17}" text-anchor="middle">{text}</text>'
    )


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers between two ends, about `count` of them: steps of 1, 2 or 5."""
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _plain(name: str) -> str:
    return name.replace("_", " ")


def unit_words(unit: str) -> str:
    """``"kA/cm2"`` -> ``"kA/cm²"``, ``"degC"`` -> ``"°C"``."""
    raised = re.sub(r"(?<=[A-Za-z])[23]\b", lambda found: "²³"[int(found[0]) - 2], unit)
    return {"1": "pure number", "degC": "°C"}.get(unit, raised.replace("um", "µm"))


def _svg(title: str, below: str, parts: Sequence[str], *, upright: str) -> str:
    floor, middle = _HEIGHT - _BOTTOM, (_TOP + _HEIGHT - _BOTTOM) / 2
    return (
        f'<svg class="chart loops" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" '
        f'aria-label="{escape(title)}">'
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{floor}" y2="{floor}"/>{"".join(parts)}'
        f'<text class="tick" x="{(_LEFT + _WIDTH - _RIGHT) / 2:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">'
        f"{escape(below)}</text>"
        f'<text class="tick" transform="translate(12 {middle:.1f}) rotate(-90)" text-anchor="middle">'
        f"{escape(upright)}</text></svg>"
    )
