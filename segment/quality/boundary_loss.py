"""Boundary that a segmentation has lost, read from its own answer.

Cells that a model joins by mistake make spacings too large.  How sure the borders are that it drew, and how
much of a border it saw where it drew none, tells how much is missing; the regression was fitted on rendered
micrographs of known truth (``calibration/fit_boundary_loss.py``) and is kept in the model's folder.  Fields
of several pictures lose little, and alike: their mean loss by the number of pictures is kept beside it
(``calibration/calibrate_fields.py``).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segment.segmentation import Segmentation

FILE = "boundary_loss.json"  #: in the model's folder
WEIGHTS = "model.bin"
WEAK = 0.75  #: mean probability of a weak border
SHARED = 0.5  #: of the variance that all images of a sample have in common: the style of the micrographs


def evidence_of(segmentation: Segmentation) -> dict[str, float]:
    """Numbers that tell of lost boundary, from the borders of the fine cells.

    Returns
    -------
    dict of str to float
        ``unsure``: log of 1 - mean probability along the borders of the map; ``weak``: share of their length
        with a mean below .75; ``hidden``: length times probability of the borders inside the map's cells over
        the length of the map's borders, root; ``confidence_low``: tenth percentile of the borders' means.
    """
    cells = segmentation.cells
    side = cells.parent[cells.pairs - 1]
    outer = side[:, 0] != side[:, 1] if len(side) else np.zeros(0, bool)
    length, sure = cells.length_px.astype(float), cells.confidence.astype(float)
    total = max(float(length[outer].sum()), 1.0)
    mean = float(length[outer] @ sure[outer]) / total
    order = np.argsort(sure[outer])
    share = np.cumsum(length[outer][order]) / total
    low = float(sure[outer][order][np.searchsorted(share, 0.1)]) if outer.any() else 0.0
    return {
        "unsure": float(np.log(max(1 - mean, 1e-3))),
        "weak": float(length[outer & (sure < WEAK)].sum() / total),
        "hidden": float(np.sqrt((length[~outer] @ sure[~outer]) / total)) if len(side) else 0.0,
        "confidence_low": low,
    }


@dataclass(frozen=True)
class Loss:
    """Log ratio of what is found to what is true, with its standard error."""

    intercept: float
    intercept_error: float
    diameter: float
    diameter_error: float


@dataclass(frozen=True, eq=False)
class LossTable:
    """A model's regression of loss on evidence; see `read_loss_table`."""

    facts: dict[str, Any]

    def of(self, segmentations: Sequence[Segmentation]) -> Loss | None:
        """Loss of a sample: the mean over its images; half of the variance is the style's and stays.

        None where some are fields of several pictures and the loss of such was not measured.
        """
        n = len(segmentations)
        shrunk = math.sqrt(SHARED + (1 - SHARED) / n)
        values = []
        for target in ("intercept", "diameter"):
            each = [self._one(s, target) for s in segmentations]
            if None in each:
                return None
            mean, deviation = np.array(each, float).T
            values += [float(mean.mean()), float(np.sqrt(np.mean(deviation**2))) * shrunk]
        return Loss(*values)

    def _one(self, segmentation: Segmentation, target: str) -> tuple[float, float] | None:
        """Log ratio and its deviation, of one image or of a field of several pictures."""
        if segmentation.pictures == 1:
            fitted = self.facts[target]
            return self._predicted(evidence_of(segmentation), fitted), float(fitted["deviation"])
        fields = self.facts.get("fields")
        if fields is None:
            return None
        mean, deviation = (
            float(np.interp(segmentation.pictures, fields["pictures"], fields[name]))
            for name in (target, f"{target}_deviation")
        )
        return mean, deviation

    def _predicted(self, evidence: dict[str, float], fitted: dict[str, Any]) -> float:
        """Evidence beyond what was fitted on counts as its edge; no loss is below none."""
        x = np.array([evidence[name] for name in self.facts["names"]])
        x = np.clip(x, self.facts["low"], self.facts["high"])
        z = (x - np.array(self.facts["centre"])) / np.array(self.facts["scale"])
        *slope, offset = fitted["coefficients"]
        return float(np.clip(z @ np.array(slope) + offset, 0.0, fitted["largest"]))


def read_loss_table(folder: Path) -> LossTable | None:
    """The table for the weights in a model's folder; None where these were not measured.

    The file holds tables by the SHA-256 of ``model.bin``.
    """
    path, weights = folder / FILE, folder / WEIGHTS
    if not (path.is_file() and weights.is_file()):
        return None
    facts = json.loads(path.read_text(encoding="utf-8")).get(weights_key(folder))
    return None if facts is None else LossTable(facts)


def weights_key(folder: Path) -> str:
    """By which `read_loss_table` knows the weights of a model's folder."""
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
