"""Mean spacings corrected for the boundary that a segmentation has lost; the intervals know of it."""

import math
from collections.abc import Sequence
from typing import Any

from grainstats.measure.descriptors.descriptor import Descriptor
from segment.quality.boundary_loss import Loss

Z95 = 1.96  #: standard errors of a 95 % interval
SHARE = "boundary_lost_share"
UNDRAWN = "undrawn_boundary_share"  #: of the borders found that a map leaves out, from which the loss is told
CORRECTED = {
    "intercept_mean_nm": "intercept_nm_corrected",
    "equivalent_diameter_mean_nm": "equivalent_diameter_nm_corrected",
    "boundary_density_per_um": "boundary_density_per_um_corrected",
}  #: descriptor as traced -> corrected
WHICH = (
    "beside tracings and published grain sizes, which miss faint and tiny grains too, quote the mean as "
    "traced; where all boundary counts, as for current or flux, the corrected one"
)  #: which of two means to use; measured in docs/validation/boundary_loss.csv


def with_corrected(found: Sequence[Descriptor], loss: Loss | None) -> list[Descriptor]:
    """The descriptors of a sample, in nanometres, and behind them those corrected for lost boundary.

    They have the names of `CORRECTED`, where there is what they correct, and `SHARE`: one minus the ratio of
    the boundary found to the true one.  Nothing is added where the loss of the segmentations is not known.
    """
    if loss is None:
        return list(found)
    of = {
        "intercept_mean_nm": (loss.intercept, loss.intercept_error),
        "equivalent_diameter_mean_nm": (loss.diameter, loss.diameter_error),
        "boundary_density_per_um": (-loss.intercept, loss.intercept_error),
    }
    more = [_corrected(d, CORRECTED[d.name], *of[d.name]) for d in found if d.name in of and d.value > 0]
    value, low, high = (
        max(1 - math.exp(-loss.intercept - z * loss.intercept_error), 0.0) for z in (0.0, -Z95, Z95)
    )
    how = "from the borders that the map left out, fitted on rendered and on traced micrographs"
    return [*found, *more, Descriptor(SHARE, value, low, high, "1", how)]


def corrected_json(found: Sequence[Descriptor]) -> dict[str, Any]:
    """What `measure --json` says of the corrected means: ``mean`` and ``ci``, of the share ``value``.

    Beside them ``which_mean``, a sentence; nothing where none is corrected.
    """
    said: dict[str, Any] = {
        d.name: {
            "value" if d.name == SHARE else "mean": d.value,
            "ci": None if d.ci_low is None or d.ci_high is None else [d.ci_low, d.ci_high],
        }
        for d in found
        if d.name == SHARE or d.name in CORRECTED.values()
    }
    return said | {"which_mean": WHICH} if said else said


def _corrected(d: Descriptor, name: str, log_ratio: float, error: float) -> Descriptor:
    """Corrected for the loss, the log of found over true; the interval holds the uncertainty of both."""
    mean = d.value * math.exp(-log_ratio)
    how = f"{d.method}; corrected for the boundary that the segmentation lost"
    if d.ci_low is None or d.ci_high is None or d.ci_low <= 0:
        return Descriptor(name, mean, None, None, d.unit, how)
    below = math.hypot(math.log(d.value / d.ci_low), Z95 * error)
    above = math.hypot(math.log(d.ci_high / d.value), Z95 * error)
    return Descriptor(name, mean, mean * math.exp(-below), mean * math.exp(above), d.unit, how)
