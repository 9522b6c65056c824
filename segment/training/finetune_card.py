"""What a fine-tuned model says of itself: where it came from, and what it gained and lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from segment.grain_map import GrainMap
from segment.micrograph.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.quality.score import cells_of_tracing
from segment.training.data.pairs import Pair
from segment.training.evaluate import score_traced
from segment.training.synthetic.render import synthetic_micrograph
from segment.training.synthetic.styles import STYLES
from segment.unet import Model

FRESH_SEED = 515151  #: of synthetic micrographs that no training draws
FRESH_PX = 384  #: edge of each
MOST_OWN = 10  #: images of the user that are scored


@dataclass(frozen=True)
class Check:
    """Boundary F1 at 4 px of one image before and after fine-tuning."""

    kind: str  #: "own" | "synthetic": the user's images, or fresh synthetic micrographs
    image: str
    before: float
    after: float


def check_model(before: Model, after: Model, pairs: list[Pair]) -> list[Check]:
    """Score two models on the user's images and on one fresh synthetic micrograph of every style."""
    checks = []
    for kind, name, micrograph, truth in _examples(pairs):
        cut = (segment_micrograph(micrograph, model)[1] for model in (before, after))
        f1 = [score_traced(cells, truth).f1 for cells in cut]
        checks.append(Check(kind, name, *f1))
    return checks


def _examples(pairs: list[Pair]) -> Iterator[tuple[str, str, Micrograph, GrainMap]]:
    for pair in pairs[:MOST_OWN]:
        yield "own", pair.image.name, pair.micrograph(), pair.truth()
    for number, style in enumerate(STYLES):
        rng = np.random.default_rng([FRESH_SEED, number])
        drawn = synthetic_micrograph(rng, (FRESH_PX, FRESH_PX), style=style)
        micrograph = Micrograph(drawn.image, None, "none", Path(style), "0" * 64, "synthetic")
        yield "synthetic", style, micrograph, GrainMap(cells_of_tracing(drawn.boundary))


def write_card(folder: Path, parent: Model, pairs: list[Pair], kept: float, checks: list[Check]) -> Path:
    """``CARD.md`` of a model fine-tuned on `pairs`; the share `kept` of its weights is its parent's.

    No `checks`: nothing was measured, and the card says so.
    """
    date = datetime.now(UTC).date().isoformat()
    lines = [
        f"# {folder.resolve().name}",
        "",
        f"`{parent.name}` (digest {parent.digest[:12]}) fine-tuned on {date}; {kept:.0%} of the parent's",
        "weights kept in the blend. Steps, rate, seed and versions: `recipe.toml`.",
        "",
        f"Fine-tuned on {', '.join(pair.image.name for pair in pairs)}.",
        "",
        *_table(checks),
        "",
        "The tables of confidence and of errors, where there are any, are the parent's, and verdicts rest on",
        "them: measure this model's own with `calibration/calibrate_confidence.py` and",
        "`calibration/fit_error_rates.py`.",
        "What the parent's card says of data and licences holds here too.",
    ]
    path = folder / "CARD.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _table(checks: list[Check]) -> list[str]:
    if not checks:
        return ["What it gained and lost was not measured."]
    rows = [f"| {c.image} | {c.before:.3f} | {c.after:.3f} |" for c in checks]
    for kind, name in (("own", "mean of the images it learnt from"), ("synthetic", "mean of the synthetic")):
        f1 = np.array([(c.before, c.after) for c in checks if c.kind == kind])
        rows.append(f"| **{name}** | {f1[:, 0].mean():.3f} | {f1[:, 1].mean():.3f} |")
    return [
        "Boundary F1 at 4 px. On the images it learnt from the gain says how well it fits, not how well it",
        "does on their siblings; the synthetic ones, one a style and never trained on, show what it forgot.",
        "",
        "| image | before | after |",
        "|---|---|---|",
        *rows,
    ]
