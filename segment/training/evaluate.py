"""A model against people's tracings, image by image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from segment.pipeline import segment_micrograph
from segment.quality.score import Score, score
from segment.training.data.pairs import find_pairs
from segment.unet import Model


@dataclass(frozen=True)
class Evaluation:
    """Score of one image, and the factor by which it was resampled for the network."""

    image: str
    score: Score
    scale: float

    def row(self) -> dict[str, Any]:
        """Image, scale and every figure of the score, for tables and JSON."""
        return {"image": self.image, "scale": self.scale, **asdict(self.score)}


def evaluate(
    model: Model, images: Path, tracings: Path, *, persistence: float | None = None
) -> Iterator[Evaluation]:
    """Segment every image of a folder and score it against the tracing of the same stem, one after the other.

    `persistence`: instead of the model's own.  `InputError`: as in `find_pairs` and `Pair.truth`.
    """
    for pair in find_pairs(images, tracings):
        truth = pair.truth().cells()
        boundary_map, cells = segment_micrograph(pair.micrograph(), model, persistence=persistence)
        yield Evaluation(pair.image.stem, score(cells.cells(), truth), boundary_map.scale)
