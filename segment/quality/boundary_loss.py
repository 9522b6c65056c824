"""Boundary that a segmentation has lost, read from its own answer.

Cells that a model joins by mistake make spacings too large. How much border it found and left out tells how
much is missing, and so do corners without a third boundary, where they are more than in a sound map: they are
all that a boundary leaves which cannot be seen. The regression was fitted on rendered micrographs of known
truth and on traced ones (``calibration/fit_boundary_loss.py``) and is kept in the model's folder. Fields of
several pictures lose little, and alike: their mean loss by the number of pictures is kept beside it
(``calibration/calibrate_fields.py``).

Three boundaries meet at about 120 degrees.  Where one of them is not drawn the other two are one boundary
with a sharp corner, whatever the contrast.  Boundaries of a sound map bend, but hardly so sharply: polygons
have no such corner, impinging discs (Johnson and Mehl) and maps of traced micrographs less than `SOUND` a
junction.  docs/explanation/confidence.md says how much they tell.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from segment.cells.label_edges import cells_around
from segment.segmentation import Segmentation

LOSS_FILE = "boundary_loss.json"  #: in the model's folder
WEIGHTS_FILE = "model.bin"
SOUND = 0.1  #: most corners a junction in maps of 14 traced micrographs (.097), docs/validation
_FEWEST = 100  #: junctions below which their share is chance; judgement
_RADIUS = 0.2  #: of the circle that an angle is read off, in the side of a square as large as a mean cell
WIDER = 1.35  #: second circle, over the first
LEAST_CIRCLE_PX = 4.0  #: smaller circles are all pixels
RING = 64  #: points on a circle
#: degrees below which an angle is a corner, midway between 120, where a border is missing, and what traced
#: boundaries have at their bends (135 and more)
SHARP = 125.0


def corners_per_junction(labels: np.ndarray) -> float:
    """Corners without a third boundary over places where three cells meet; 0 with fewer than `_FEWEST`.

    Boundaries of the labels (int32) at pixels of no cell (0) and near the frame are not looked at.
    """
    area = np.bincount(labels.ravel())[1:]
    n = np.count_nonzero(area)
    if n == 0:
        return 0.0
    radius = max(_RADIUS * float(area.sum() / n) ** 0.5, LEAST_CIRCLE_PX)
    around, margin = cells_around(labels), int(WIDER * radius) + 3
    for view in (around, around.T):
        view[:margin] = view[-margin:] = 0
    two, junctions = around == 2, _groups(around > 2, 1)
    if junctions < _FEWEST:
        return 0.0
    y, x = np.nonzero(two)
    two[y, x] = _angles(labels, y, x, radius) < SHARP
    return _groups(two, max(int(radius / 4), 1)) / junctions


def _angles(labels: np.ndarray, y: np.ndarray, x: np.ndarray, radius: float) -> np.ndarray:
    """Narrower angle between the two cells at pixel corners, degrees; inf where others lie on a circle."""
    from segment.cells._cell_kernels import points_in_first

    turn = np.linspace(0, 2 * np.pi, RING, endpoint=False)
    total = np.zeros(y.size)
    for reach in (radius, WIDER * radius):
        rows, columns = (np.round(0.5 + reach * part).astype(int) for part in (np.sin(turn), np.cos(turn)))
        first = points_in_first(labels, y, x, rows, columns) / RING
        total += np.where(first > 0, 360 * np.minimum(first, 1 - first), np.inf)
    return total / 2


def _groups(places: np.ndarray, reach: int) -> int:
    """Number of groups of places nearer to each other than about twice `reach`."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    grown = cv2.dilate(places.view(np.uint8), cross, iterations=reach)
    return int(cv2.connectedComponents(grown, connectivity=4)[0]) - 1


def joined_share(segmentation: Segmentation) -> float:
    """Length of the borders between fine cells that were joined, over the length of the map's borders."""
    cells = segmentation.cells
    first, second = cells.parent[cells.pairs - 1].reshape(-1, 2).T
    drawn, joined = (float(cells.length_px[kind].sum()) for kind in (first != second, first == second))
    return joined / max(drawn, 1.0)


def undrawn_share(segmentation: Segmentation) -> float:
    """Share of the length of all borders found that the map leaves out; 0 to 1."""
    share = joined_share(segmentation)
    return share / (1 + share)


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
    path, weights = folder / LOSS_FILE, folder / WEIGHTS_FILE
    if not (path.is_file() and weights.is_file()):
        return None
    facts = json.loads(path.read_text(encoding="utf-8")).get(weights_key(folder))
    return None if facts is None else LossTable(facts)


def weights_key(folder: Path) -> str:
    """By which `read_loss_table` knows the weights of a model's folder."""
    return hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
