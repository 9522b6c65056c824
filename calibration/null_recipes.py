"""What the null library is made of: how many simulated parts, and how the networks learn from them."""

from __future__ import annotations

from dataclasses import dataclass

from null_windows import Kind, Part

from grainstats.infer.modality.distribution import CUT_CLASSES, WHOLE_CLASSES
from grainstats.infer.modality.shape_network import WITHOUT_COUNTS

# Parts by null, two populations or one, and kind: how many train (seeds 0, 2, ...) and calibrate (1, 3, ...).
PLAN: dict[tuple[str, bool], dict[Kind, tuple[int, int]]] = {
    ("section", False): {
        "few": (13, 6),
        "small": (8, 8),
        "medium": (4, 6),
        "large": (5, 8),
        "packed": (4, 4),
    },
    ("section", True): {"few": (13, 3), "small": (8, 3), "medium": (4, 2), "large": (5, 4), "packed": (1, 1)},
    ("columnar", False): {"small": (6, 6), "medium": (4, 6), "large": (5, 8), "packed": (4, 4)},
    ("columnar", True): {"small": (6, 2), "medium": (4, 2), "large": (5, 4), "packed": (1, 1)},
}


@dataclass(frozen=True)
class Recipe:
    """How the networks of a null and a range of sizes are made.

    Attributes
    ----------
    kinds : tuple of str
        Of the parts.
    members : int
        Of the committee.
    inputs : int
        How many of `shape_inputs` are read.
    hard : tuple of ((float, float), (float, float), float)
        Two populations that weigh more while the network learns: range of R, range of f, factor.
    """

    kinds: tuple[Kind, ...]
    members: int = 4
    inputs: int = WITHOUT_COUNTS
    hard: tuple[tuple[tuple[float, float], tuple[float, float], float], ...] = (
        ((0.0, 3.5), (0.45, 1.0), 5.0),
        ((4.5, 9.0), (0.0, 0.45), 2.0),
    )


MANY_GRAINS = Recipe(("small", "medium", "large", "packed"))
RECIPES = {
    # The weights were chosen on windows of ~155 grains so that the power wanted there is missed nowhere.
    ("section", "small"): Recipe(
        ("few", "packed"),
        members=12,
        inputs=WITHOUT_COUNTS + len(WHOLE_CLASSES) + len(CUT_CLASSES),
        hard=(
            ((0.0, 3.5), (0.45, 1.0), 15.0),
            ((3.5, 4.5), (0.45, 1.0), 8.0),
            ((4.5, 9.0), (0.0, 0.45), 3.0),
        ),
    ),
    ("columnar", "small"): Recipe(("small", "packed")),
    ("section", "large"): MANY_GRAINS,
    ("columnar", "large"): MANY_GRAINS,
}


def parts_of(null: str) -> list[Part]:
    """All parts of a null."""
    return [
        Part(null, two, kind, 2 * k + odd)
        for two in (False, True)
        for kind, counts in PLAN[null, two].items()
        for odd in (0, 1)
        for k in range(counts[odd])
    ]
