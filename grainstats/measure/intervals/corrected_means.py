"""Mean spacings without the boundary that a segmentation has lost, and with intervals that know of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from segment.quality.boundary_loss import Loss

Z95 = 1.96  #: standard errors of a 95 % interval


def corrected(value: float, ci: Sequence[float] | None, log_ratio: float, error: float) -> dict[str, Any]:
    """A mean without the loss, its interval widened by the uncertainty of the correction.

    Parameters
    ----------
    value : float
        As traced, positive.
    ci : (low, high) or None
        Its 95 % interval.
    log_ratio, error : float
        Log of found over true, and its standard error.

    Returns
    -------
    dict
        ``mean, ci``.

    Examples
    --------
    >>> corrected(110.0, None, 0.0953, 0.0)["mean"]
    100.0...
    """
    mean = value * math.exp(-log_ratio)
    if ci is None:
        return {"mean": mean, "ci": None}
    below, above = math.log(value / ci[0]), math.log(ci[1] / value)
    extra = Z95 * error
    return {
        "mean": mean,
        "ci": [mean * math.exp(-math.hypot(below, extra)), mean * math.exp(math.hypot(above, extra))],
    }


def corrected_means(summary: dict[str, Any], loss: Loss) -> dict[str, Any]:
    """The corrected entries of a sample's summary (`sample_summary`, nanometres).

    Returns
    -------
    dict
        ``intercept_nm_corrected``, ``equivalent_diameter_nm_corrected`` and
        ``boundary_density_per_um_corrected`` with mean and ci; ``boundary_lost_share`` with value and ci.
        What cannot be said is left out.
    """
    out: dict[str, Any] = {}
    for name, ratio, error in (
        ("intercept_nm", loss.intercept, loss.intercept_error),
        ("equivalent_diameter_nm", loss.diameter, loss.diameter_error),
    ):
        entry = summary.get(name) or {}
        if entry.get("mean"):
            out[f"{name}_corrected"] = corrected(entry["mean"], entry.get("ci"), ratio, error)
    density = (summary.get("descriptors") or {}).get("boundary_density_per_um") or {}
    if density.get("value"):
        out["boundary_density_per_um_corrected"] = corrected(
            density["value"], density.get("ci"), -loss.intercept, loss.intercept_error
        )
    reach = Z95 * loss.intercept_error
    out["boundary_lost_share"] = {
        "value": 1 - math.exp(-loss.intercept),
        "ci": [max(1 - math.exp(-(loss.intercept - reach)), 0.0), 1 - math.exp(-(loss.intercept + reach))],
    }
    return out
