"""The distributions of a sample: diameters of its grains, distances of its boundaries; its populations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.infer.modality.verdict import ModalityVerdict
from grainstats.run.report.chart import Axis, Chart, Line, Rule, length_axis
from grainstats.run.report.wording import length

CURVE_POINTS = 121  #: of a fitted mode across the axis
SPARK_WIDTH, SPARK_HEIGHT = 120.0, 26.0  #: of an image's small histogram, its own units
SPARK_TOP = 1.6  #: height of the small histogram over the sample's highest class


@dataclass(frozen=True)
class Mode:
    """One fitted mode of the area-weighted distribution."""

    diameter_nm: float
    share: float  #: of the area
    ci_nm: tuple[float, float] | None
    width: float  #: standard deviation of log10 diameter


@dataclass(frozen=True, eq=False)
class Sizes:
    """Positive values with two weightings, in classes of equal width in the logarithm."""

    ends_nm: np.ndarray  #: shape (n + 1,)
    by_extent: np.ndarray  #: shape (n,): share of each class: by area (length), by number
    by_number: np.ndarray


def sizes(value_nm: np.ndarray, weight: np.ndarray, power: int) -> Sizes | None:
    """Classes of a distribution; specks share the first one.  None without values.

    Diameters (intercepts) of shape (n,), and what each counts in number; `power` of the value in the other
    weighting: 2 for the area of grains, 1 for the length of intercepts.
    """
    good = np.isfinite(value_nm) & np.isfinite(weight) & (value_nm > 0)
    x, w = np.log10(value_nm[good]), weight[good]
    if x.size == 0:
        return None
    low, high = float(np.quantile(x, 0.01)) - 1e-6, float(x.max()) + 1e-6
    ends = np.linspace(low, high, int(np.clip(np.sqrt(x.size) * 1.4, 10, 36)) + 1)
    shares = [_shares(x, part, ends) for part in (w * 10 ** (power * x), w)]
    return Sizes(10**ends, shares[0], shares[1])


def _shares(x: np.ndarray, weight: np.ndarray, ends: np.ndarray) -> np.ndarray:
    heights, _ = np.histogram(np.clip(x, ends[0], ends[-1]), ends, weights=weight)
    return np.asarray(heights / max(weight.sum(), 1e-300))


def diameter_chart(found: Sizes | None, modes: Sequence[Mode]) -> Chart | None:
    """Equivalent circle diameters by area (bars) and by number (line), with the fitted modes."""
    if found is None:
        return None
    step = float(np.diff(np.log10(found.ends_nm[:2]))[0])
    axis = _axis("equivalent circle diameter", found)
    x = np.linspace(np.log10(axis.low), np.log10(axis.high), CURVE_POINTS)
    curves = [step * m.share * _normal(x, np.log10(m.diameter_nm), m.width) for m in modes]
    several = len(modes) > 1
    rules = tuple(
        Rule(
            m.diameter_nm,
            length(m.diameter_nm) + (f" · {100 * m.share:.0f} % of the area" if several else ""),
            m.ci_nm,
        )
        for m in modes
    )
    lines = tuple(Line(10**x, curve, "fit") for curve in curves)
    legend = (("bar", "by area"), ("count", "by number"), *((("fit", "fitted modes"),) if modes else ()))
    return _chart("grain-sizes", "Grain sizes", axis, found, ("area_share", lines, rules, legend))


def spacing_chart(found: Sizes | None, mean_nm: float, ci: tuple[float, float] | None) -> Chart | None:
    """Intercepts between boundaries by length (bars) and by number (line), with the sample's mean."""
    if found is None:
        return None
    rules = (Rule(mean_nm, f"mean {length(mean_nm)}", ci),) if mean_nm > 0 else ()
    legend = (("bar", "by length"), ("count", "by number"))
    axis = _axis("intercept between boundaries", found)
    return _chart("spacings", "Spacings", axis, found, ("length_share", (), rules, legend))


def _axis(what: str, found: Sizes) -> Axis:
    room = (found.ends_nm[-1] / found.ends_nm[0]) ** 0.05
    return length_axis(what, float(found.ends_nm[0] / room), float(found.ends_nm[-1] * room))


def _chart(
    name: str,
    title: str,
    axis: Axis,
    found: Sizes,
    drawn: tuple[str, tuple[Line, ...], tuple[Rule, ...], tuple[tuple[str, str], ...]],
) -> Chart:
    column, lines, rules, legend = drawn
    count = Line(np.repeat(found.ends_nm, 2), np.r_[0, np.repeat(found.by_number, 2), 0] * 100, "count")
    curves = tuple(Line(line.x, line.y * 100, line.kind) for line in lines)
    tops = [100 * found.by_extent.max(), *(float(line.y.max()) for line in (count, *curves))]
    columns = {"from_nm": found.ends_nm[:-1], "to_nm": found.ends_nm[1:], column: found.by_extent}
    table = pd.DataFrame({**columns, "number_share": found.by_number})
    y = Axis("share per class (%)", 0.0, 1.04 * max(tops))
    bars = (found.ends_nm, 100 * found.by_extent)
    return Chart(name, title, axis, y, table, bars, (count, *curves), (), rules, legend)


def spark(found: Sizes, value_nm: np.ndarray, weight: np.ndarray) -> str:
    """One image's area-weighted histogram in the sample's classes, as the text of a path.

    All images of a sample share one height: `SPARK_TOP` times the sample's highest class.
    """
    x = np.log10(np.maximum(value_nm, found.ends_nm[0]))
    shares = _shares(x, weight * 10 ** (2 * x), np.log10(found.ends_nm))
    step = SPARK_WIDTH / shares.size
    rise = SPARK_HEIGHT * (1 - np.minimum(shares / (SPARK_TOP * found.by_extent.max()), 1.0))
    steps = "".join(f"V{y:.1f}H{(k + 1) * step:.1f}" for k, y in enumerate(rise))
    return f"M0 {SPARK_HEIGHT:.0f}{steps}V{SPARK_HEIGHT:.0f}z"


def fitted_modes(
    verdict: ModalityVerdict | None, value_nm: np.ndarray, weight: np.ndarray
) -> tuple[Mode, ...]:
    """The verdict's modes; places and shares are the verdict's, widths fitted.

    Expectation maximisation over the widths alone, so that the drawing cannot contradict the verdict.
    """
    good = np.isfinite(value_nm) & np.isfinite(weight) & (value_nm > 0)
    if verdict is None or not verdict.modes_nm or not good.any():
        return ()
    x = np.log10(value_nm[good])
    w = weight[good] * value_nm[good] ** 2
    w = w / w.sum()
    n = len(verdict.modes_nm)
    centre = np.log10(verdict.modes_nm)
    share = np.array(verdict.mode_fractions or [1.0 / n] * n)
    share = share / share.sum()
    floor = 0.1 * max(float(np.sqrt(np.average((x - np.average(x, weights=w)) ** 2, weights=w))), 1e-3)
    width = np.full(n, 5 * floor)
    for _ in range(60):
        density = share * _normal(x[:, None], centre, width)
        part = w[:, None] * density / np.maximum(density.sum(axis=1, keepdims=True), 1e-300)
        spread = (part * (x[:, None] - centre) ** 2).sum(axis=0) / np.maximum(part.sum(axis=0), 1e-12)
        width = np.maximum(np.sqrt(spread), floor)
    intervals = verdict.modes_ci_nm or (None,) * n
    return tuple(
        Mode(float(10**c), float(s), None if ci is None else (float(ci[0]), float(ci[1])), float(d))
        for c, s, ci, d in zip(centre, share, intervals, width, strict=True)
    )


def border_nm(modes: Sequence[Mode]) -> float | None:
    """The diameter from which a grain is likelier coarse than fine; None unless there are two modes."""
    if len(modes) != 2:
        return None
    fine, coarse = modes
    x = np.linspace(np.log10(fine.diameter_nm), np.log10(coarse.diameter_nm), 400)
    wins = coarse.share * _normal(x, np.log10(coarse.diameter_nm), coarse.width) > fine.share * _normal(
        x, np.log10(fine.diameter_nm), fine.width
    )
    return float(10 ** x[np.argmax(wins)]) if wins.any() else coarse.diameter_nm


def _normal(x: np.ndarray, centre: np.ndarray | float, width: np.ndarray | float) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * ((x - centre) / width) ** 2) / (width * np.sqrt(2 * np.pi)))
