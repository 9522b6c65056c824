"""By how many grains a coarse population is known: a second population is several grains, in several fields.

One grain of a tenth of the area has the share of a population and the number of a single event.  What few
grains carry is reported as *isolated coarse grains* (ALA, ASTM E930) beside the verdict on the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grainstats.infer.modality.distribution import SizeDistribution
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.modes import Modes
from grainstats.measure.spacing.astm import g_from_area

FEWEST_COARSE = 5  # grains of a second population (``calibration/calibrate_outside.py``)
FEWEST_FIELDS = 2  # fields, of several, that show coarse grains
COARSER = 2**1.5  # diameter over the area-weighted median: 3 ASTM numbers, as E930 parts an outlier
ALA_NUMBERS = 3.0  # E930: an outlier grain is at least 3 ASTM numbers coarser than the rest ...
ALA_SHARE = 0.05  # ... and such grains hold at most 5 % of the area
ELSEWHERE = ALA_SHARE  # of the area of all other fields: the tail of the fine grains alone holds less
# E1181: the wide-range condition spans at least 5 ASTM numbers; sections of grains of one size span that
# already (4.7 for 99 % of the area), so 2.5 more; judgement
WIDE_NUMBERS = 7.5
BIMODAL_NUMBERS = 4.0  # E1181: two sizes at least 4 ASTM numbers apart


def delta_g(ratio: float | None) -> float | None:
    """Difference of two ASTM grain size numbers whose lengths have this ratio: 2 log2(ratio)."""
    return None if ratio is None else float(2 * np.log2(ratio))


def largest_grain_g(diameter_nm: np.ndarray) -> float:
    """ASTM G of the largest grain seen (E930), from its area; cut grains count with their visible part."""
    return g_from_area(np.pi / 4 * float(diameter_nm.max()) ** 2)


def duplex_class(distribution: SizeDistribution, modes: Modes | None) -> str:
    """Class after ASTM E1181, judged from area fractions; `modes` only where the verdict is bimodal.

    Random classes only: the topological ones (banding, necklace, germinant) need the places of the grains.
    """
    number = -2 * distribution.log_size / np.log(2)  # G up to a constant, descending
    cumulated = np.cumsum(distribution.mass)
    middle = number[np.searchsorted(cumulated, 0.5)]
    coarse = distribution.mass[number <= middle - ALA_NUMBERS].sum()
    low, high = number[np.searchsorted(cumulated, [0.005, 0.995]).clip(max=len(number) - 1)]
    apart = delta_g(modes.ratio) if modes is not None else None
    if apart is not None and round(apart, 3) >= BIMODAL_NUMBERS:
        return "duplex, bimodal"
    if 0 < coarse <= ALA_SHARE:
        return "duplex, isolated coarse grains (ALA)"
    if low - high >= WIDE_NUMBERS:
        return "duplex, wide range"
    if apart is not None:
        return f"no class (modes less than {BIMODAL_NUMBERS:g} ASTM numbers apart)"
    if coarse:
        return f"no class (coarse grains on more than {ALA_SHARE:.0%} of the area, no two modes)"
    return "not duplex"


@dataclass(frozen=True)
class CoarseGrains:
    """Grains that are much coarser than the rest of a sample."""

    n_grains: int  #: cut ones too
    n_fields: int  #: images that show one
    area_share: float  #: of the visible area
    elsewhere: float  #: of the area of all fields but the one that shows most of them; 0 of a single field
    largest_nm: float  #: equivalent circle diameter of the largest, or of its visible part
    above_nm: float  #: diameter from which a grain counts here


def coarse_grains(images: Sequence[ImageGrains], above_nm: float) -> CoarseGrains:
    """Count the grains of at least this diameter.

    >>> import numpy as np
    >>> image = ImageGrains(np.array([10.0, 12.0, 90.0]), np.ones(3), 1.0, (100.0, 100.0))
    >>> coarse_grains([image], 40.0).n_grains
    1
    """
    sizes = [g.every_diameter_nm for g in images]
    every = np.concatenate(sizes)
    coarse = every[every >= above_nm]
    area = np.array([((s[s >= above_nm] ** 2).sum(), (s**2).sum()) for s in sizes])
    others = np.delete(area, area[:, 0].argmax(), axis=0).sum(axis=0)
    return CoarseGrains(
        n_grains=len(coarse),
        n_fields=sum(bool((s >= above_nm).any()) for s in sizes),
        area_share=float((coarse**2).sum() / (every**2).sum()),
        elsewhere=float(others[0] / others[1]) if others[1] else 0.0,
        largest_nm=float(coarse.max(initial=0.0)),
        above_nm=float(above_nm),
    )


def is_population(coarse: CoarseGrains, n_images: int) -> bool:
    """Are these grains enough, and in enough fields, to be a population?"""
    if coarse.n_grains < FEWEST_COARSE or coarse.n_fields < min(FEWEST_FIELDS, n_images):
        return False
    return n_images == 1 or coarse.elsewhere >= ELSEWHERE


def below(images: Sequence[ImageGrains], above_nm: float) -> list[ImageGrains]:
    """The images without their grains of at least this diameter."""
    return [g.only(g.diameter_nm < above_nm, g.frame_diameter_nm < above_nm) for g in images]


def outlier_diameter(log_size: np.ndarray, mass: np.ndarray) -> float:
    """Diameter 3 ASTM numbers above the area-weighted median (E930).

    Of ascending natural logs of diameter and their shares of area, both of shape (k,).
    """
    middle = log_size[min(int(np.searchsorted(np.cumsum(mass), 0.5)), len(log_size) - 1)]
    return float(np.exp(middle) * COARSER)
