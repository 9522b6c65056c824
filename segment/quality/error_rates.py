"""How often another segmentation, as good, loses a grain: measured rates, kept with the weights.

Small grains are lost far more often than large ones, and everything happens more often in images that show
their boundaries badly.  The network knows the latter itself: rates are stored by classes of relative area as
falling functions of the mean probability along the borders found in the image.  They are counted and fitted
by `calibration/measure_error_rates.py`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_FILE = "errors.json"
_FORMAT = 1  #: version of errors.json that this code reads
NOMINAL = 0.02  #: of lost grains where nothing was measured, as for a tracing by hand
SIZES = (0.1, 0.4, 1.0)  #: between the classes of area over mean area
SIZE_CLASSES = len(SIZES) + 1  #: of size, the largest open

RateTable = tuple[tuple[float, ...], ...]
_NOMINAL: RateTable = ((NOMINAL,),) * SIZE_CLASSES


@dataclass(frozen=True)
class ErrorRates:
    """Rates of grains of one segmentation that another loses, by the confidence of an image."""

    confidence: tuple[float, ...] = (1.0,)  #: mean boundary probability along the found borders, ascending
    #: by class of area and confidence, the share of grains that vanish in a larger neighbour of the other
    missed: RateTable = _NOMINAL
    measured: bool = False  #: False: nominal values

    def at(self, confidence: float) -> tuple[float, ...]:
        """By class of area, in an image of this confidence."""
        return tuple(float(np.interp(confidence, self.confidence, rates)) for rates in self.missed)


def size_class(area: np.ndarray) -> np.ndarray:
    """Class of each area among all of them, 0 ... SIZE_CLASSES - 1."""
    return np.digitize(area / area.mean(), SIZES) if area.size else np.zeros(0, np.int64)


def write_rates(folder: Path, rates: ErrorRates, digest: str, origin: str) -> Path:
    """Put the rates beside the weights that they belong to."""
    path = folder / _FILE
    content = {
        "format": _FORMAT,
        "model_digest": digest,
        "origin": origin,
        "area_over_mean": SIZES,
        "confidence": rates.confidence,
        "missed": rates.missed,
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def read_rates(folder: Path, digest: str) -> ErrorRates:
    """Measured rates of a model; nominal ones where none were measured or the weights have changed since."""
    try:
        content = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if content["format"] != _FORMAT or content["model_digest"] != digest:
            return ErrorRates()
        missed = tuple(tuple(float(v) for v in line) for line in content["missed"])
        return ErrorRates(tuple(float(v) for v in content["confidence"]), missed, measured=True)
    except (OSError, ValueError, KeyError, TypeError):
        return ErrorRates()
