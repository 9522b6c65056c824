"""Boundary that a segmentation has lost, read from its own answer.

Cells that a model joins by mistake make spacings too large. How much border it found and left out tells how
much is missing, and so do corners without a third boundary, where they are more than in a sound map: they are
all that a boundary leaves which cannot be seen. The regression was fitted on rendered micrographs of known
truth and on traced ones (``calibration/fit_boundary_loss.py``) and is kept in the model's folder. Fields of
several pictures lose little, and alike: their mean loss by the number of pictures is kept beside it
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

from segment.quality.open_corners import SOUND
from segment.segmentation import Segmentation

FILE = "boundary_loss.json"  #: in the model's folder
WEIGHTS = "model.bin"


def joined_share(segmentation: Segmentation) -> float:
    """Length of the borders between fine cells that were joined, over the length of the map's borders."""
    cells = segmentation.cells
    first, second = cells.parent[cells.pairs - 1].reshape(-1, 2).T
    drawn, joined = (float(cells.length_px[kind].sum()) for kind in (first != second, first == second))
    return joined / max(drawn, 1.0)


def excess_corners(corners: float) -> float:
    """Corners without a third boundary, a junction, beyond those of a sound map."""
    return max(corners - SOUND, 0.0)


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
        """Loss of a sample: the mean over its images.

        What the micrographs of one laboratory have in common is as uncertain for many images as for one.
        None where some are fields of several pictures and the loss of such was not measured.
        """
        if any(s.pictures > 1 for s in segmentations) and "fields" not in self.facts:
            return None
        values = []
        for target in ("intercept", "diameter"):
            mean, deviation = np.array([self._one(s, target) for s in segmentations]).T
            chance = np.sqrt(np.mean(deviation**2) / len(segmentations))
            values += [float(mean.mean()), math.hypot(self.facts[target]["common"], float(chance))]
        return Loss(*values)

    def _one(self, segmentation: Segmentation, target: str) -> tuple[float, float]:
        """Log ratio and its deviation, of one image or of a field of several pictures."""
        if segmentation.pictures > 1:
            fields = self.facts["fields"]
            mean, deviation = (
                float(np.interp(segmentation.pictures, fields["pictures"], fields[name]))
                for name in (target, f"{target}_deviation")
            )
            return mean, deviation
        fitted = self.facts[target]
        # evidence beyond what was fitted on counts as its edge; no loss is below none
        share = float(np.clip(joined_share(segmentation), self.facts["low"], self.facts["high"]))
        # tables of other models may know of no corners
        unseen = fitted.get("corners", 0.0) * min(
            excess_corners(segmentation.corners), self.facts.get("most_corners", 0.0)
        )
        # borders are lost one by one: their number scatters with its root
        mean = fitted["slope"] * share + unseen + fitted["level"]
        return max(mean, 0.0), fitted["deviation"] * math.sqrt(share)


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
