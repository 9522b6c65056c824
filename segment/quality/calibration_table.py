"""How far an answer can be trusted, as it was measured for the weights: a table beside them.

`calibration/calibrate_confidence.py` fits the table on images whose truth is known and writes it into the
model's folder; new weights need a new table, no new code.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from segment.errors import ModelError
from segment.grain_map import Reliability
from segment.quality.evidence_numbers import EVIDENCE_NAMES, Evidence

CONFIDENCE_FILE = "confidence.json"
CONFIDENCE_FORMAT = 2  #: version of confidence.json that this code reads


@dataclass(frozen=True)
class Weighing:
    """A weighted sum of evidence and of its products, and the value from which it is said.

    Few cells, say, or strong contrast at the borders mean little alone and much together.
    """

    names: tuple[str, ...]  #: fields of `Evidence`, each as `Evidence.vector` scales it
    #: centre, spread, weight: per field: mean and standard deviation where it was fitted, and weight of the
    #: standardised value
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    weight: tuple[float, ...]
    offset: float
    alarm: float  #: the image is flagged from here on
    #: weights of what `halved_products` makes of the standardised values; empty: none
    products: tuple[float, ...] = ()

    def __call__(self, evidence: Evidence) -> float:
        """The sum; a number that is missing (NaN) adds nothing, one beyond three deviations is three."""
        far = standardised(evidence.vector(self.names), self.centre, self.spread)
        pairs = halved_products(far) @ self.products if self.products else 0.0
        return float(far @ self.weight + pairs + self.offset)


def standardised(table: np.ndarray, centre: ArrayLike, spread: ArrayLike) -> np.ndarray:
    """Deviations from `centre` in units of `spread`, at most three; 0 where a value is missing (NaN)."""
    return np.nan_to_num(np.clip((table - np.asarray(centre)) / np.asarray(spread), -3, 3))


def halved_products(far: np.ndarray) -> np.ndarray:
    """Half the product of every two values, squares among them: shape (..., n) to (..., n (n + 1) / 2)."""
    one, other = np.triu_indices(far.shape[-1])
    return far[..., one] * far[..., other] / 2


@dataclass(frozen=True)
class Confidence:
    """The table of a model."""

    borders: Reliability
    unlike_grains: Weighing  #: log odds that the image shows no grain structure
    missed: Weighing  #: log of (true boundary length / length found)


def read_confidence(folder: Path) -> Confidence | None:
    """The table of a model folder; None where it has none.

    `ModelError`: the file is damaged, of another format version, or names evidence that this code does not
    gather.
    """
    path = folder / CONFIDENCE_FILE
    if not path.is_file():
        return None
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["format"] != CONFIDENCE_FORMAT:
            raise ValueError(f"format {facts['format']!r} where {CONFIDENCE_FORMAT} is read")
        return Confidence(
            Reliability(**_tuples(facts["borders"])),
            _weighing(facts["unlike_grains"]),
            _weighing(facts["missed"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        remedy = "Run calibration/calibrate_confidence.py on the folder, or delete the file"
        raise ModelError(path, f"cannot be read ({error})", remedy) from error


def _weighing(facts: dict[str, Any]) -> Weighing:
    weighing = Weighing(**_tuples(facts))
    if unknown := sorted(set(weighing.names) - set(EVIDENCE_NAMES)):
        raise ValueError(f"evidence {', '.join(unknown)} is not known")
    n = len(weighing.names)
    if len(weighing.weight) != n or len(weighing.products) not in (0, n * (n + 1) // 2):
        raise ValueError(f"{n} names of evidence have other numbers of weights")
    return weighing


def _tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
