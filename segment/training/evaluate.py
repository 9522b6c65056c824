"""A model against people's tracings, image by image."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from segment.grain_map import GrainMap
from segment.pipeline import segment_micrograph
from segment.quality.score import Score, score
from segment.training.data.pairs import find_pairs, traced_part
from segment.unet import Model


@dataclass(frozen=True)
class Evaluation:
    """Score of one image, the factor by which it was resampled, and what its tracing leaves in doubt."""

    image: str
    score: Score
    scale: float
    warnings: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """Image, scale, every figure of the score and the warnings, for tables and JSON."""
        return {
            "image": self.image,
            "scale": self.scale,
            **asdict(self.score),
            "warnings": list(self.warnings),
        }


def evaluate(
    model: Model, images: Path, tracings: Path, *, persistence: float | None = None
) -> Iterator[Evaluation]:
    """Segment every image of a folder and score it against the tracing of the same stem, one after the other.

    `persistence`: instead of the model's own.  `InputError`: as in `find_pairs` and `Pair.truth`.
    """
    for pair in find_pairs(images, tracings):
        truth = pair.truth()
        boundary_map, cells = segment_micrograph(pair.micrograph(), model, persistence=persistence)
        found = score_traced(cells, truth)
        yield Evaluation(pair.image.stem, found, boundary_map.scale, truth.warnings)


def score_traced(cells: GrainMap, truth: GrainMap) -> Score:
    """Score of cells in the part of an image that was traced."""
    part = traced_part(truth)
    return score(cells.cells()[part], truth.cells()[part])
