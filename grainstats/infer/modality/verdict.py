"""The shape of a verdict; final: the database, the report and `--json` share these names."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from segment.choices import Null

Verdict = Literal["uniform", "bimodal", "indeterminate"]


@dataclass(frozen=True, kw_only=True)
class ModalityVerdict:
    """Is the boundary network of one sample uniform or bimodal?

    Attributes
    ----------
    verdict : {"uniform", "bimodal", "indeterminate"}
    reason : str
        In words: what decided, or what was missing. The sentences after the first say what that does not
        cover, and what to do.
    p_value : float or None
        p against the null mosaics; None where no test was made.
    p_values : dict of str to float
        ``shape``: the same; ``pair``: share of the pairs of populations hardest to see that look at least as
        uniform, small where the sample is unlike two populations.
    modes_nm : tuple of float
        Area-weighted mode positions (equivalent circle diameter), nanometres, ascending; one or two.  Of the
        grains judged: isolated coarse grains that were set apart are in no mode.
    modes_ci_nm : tuple of (float, float)
        95 % interval of each mode; empty where none could be given.
    mode_fractions : tuple of float
        Area fraction of each mode.
    mode_ratio : float or None
        Coarse over fine mode; None with one mode.
    power : float or None
        Share of pairs of populations (a ratio of 3 in the plane, .3 to .6 of the area coarse) with so many
        grains in one field and so wide a spread that are called bimodal; in several fields fewer are.
    n_images, n_grains, n_interior : int
        Those that count.
    n_eff : float
        Kish effective number under the area weights.
    more_grains : int or None
        Of an undecided sample: interior grains still missing until such pairs would be called bimodal with a
        probability of .8 (in a volume: until pairs are excluded); None where they are not, or no number is
        enough; 0 when decided.
    null : {"section", "columnar", "volume"}
        The null the user chose, or that of volumes: spheres and volumes then stand for circles and areas.
    stability : float or None
        Share of other cuts of the images that give the same verdict, or beside "uniform" show no second
        population (p of .05 or more); None where not tried.
    astm_e1181 : str
        Class of the distribution by ASTM E1181; "not determined" where too few grains allow no call.
    delta_g : float or None
        Difference in ASTM grain-size number between the modes, 2 log2(mode ratio).
    ala_g : float or None
        ASTM G of the largest grain (E930).
    seed : int
    isolated_grains : int
        Grains much coarser than the rest that are no population: too few, or in one field only.
    isolated_share : float
        Of the visible area.
    isolated_largest_nm : float or None
        Equivalent circle diameter of the largest of them.
    excluded_ratio : float or None
        Of "uniform": two populations at least so many times apart in the plane, each on a tenth of the area
        or more, look so uniform with a probability below .05.

    Examples
    --------
    >>> import numpy as np, grainstats as gs
    >>> squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    >>> print(gs.judge(gs.measure(squares, pixel_size_nm=2.0)))
    indeterminate: only 9 grains lie wholly inside the frame; below 80 no call is made.
    """

    verdict: Verdict
    reason: str
    p_value: float | None = None
    p_values: dict[str, float] = field(default_factory=dict)
    modes_nm: tuple[float, ...] = ()
    modes_ci_nm: tuple[tuple[float, float], ...] = ()
    mode_fractions: tuple[float, ...] = ()
    mode_ratio: float | None = None
    power: float | None = None
    n_images: int
    n_grains: int
    n_interior: int
    n_eff: float = 0.0
    more_grains: int | None = None
    null: Null | Literal["volume"]
    stability: float | None = None
    astm_e1181: str = "not determined"
    delta_g: float | None = None
    ala_g: float | None = None
    seed: int
    isolated_grains: int = 0
    isolated_share: float = 0.0
    isolated_largest_nm: float | None = None
    excluded_ratio: float | None = None

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}."

    @property
    def short_reason(self) -> str:
        """The first sentence of the reason."""
        return self.reason.partition(". ")[0]

    def taken_back(self, why: str) -> Self:
        """The same, indeterminate; the reason says why, and what decided before."""
        reason = in_sentences(why, f"by itself {self.verdict}: {self.reason}")
        return replace(self, verdict="indeterminate", reason=reason, more_grains=None, excluded_ratio=None)


def in_sentences(*clauses: str) -> str:
    """Clauses as a reason's sentences, the first without a capital, the last without a full stop.

    >>> in_sentences("too few grains", "", "take more fields.")
    'too few grains. Take more fields'
    """
    first, *others = (clause.rstrip(".") for clause in clauses if clause)
    return ". ".join([first, *(clause[:1].upper() + clause[1:] for clause in others)])


def modality_json(verdict: ModalityVerdict) -> dict[str, Any]:
    """The verdict as the `modality` object of `--json`; what cannot be said is None."""
    facts = asdict(verdict)
    del facts["n_grains"]  # beside the object
    return facts
