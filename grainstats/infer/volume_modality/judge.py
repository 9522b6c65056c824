"""Uniform, bimodal, or not enough grains to say: the verdict on the grain size of a volume."""

from collections.abc import Sequence

import numpy as np

from grainstats.infer.modality.coarse_grains import FEWEST_COARSE, delta_g
from grainstats.infer.modality.judge import LEVEL, SMALLEST_RATIO, SMALLEST_SHARE, Decision
from grainstats.infer.modality.modes import Modes
from grainstats.infer.modality.null_library import PAIR_RATIO, PAIR_SHARE, p_in_words
from grainstats.infer.modality.verdict import ModalityVerdict, Verdict
from grainstats.infer.volume_modality.sizes import NullTable, VolumeSizes, coarse_limits, load_null, modes_of
from grainstats.measure.intervals.block_bootstrap import jackknife
from grainstats.measure.volume import VolumeMeasurement

_FEWEST_GRAINS = 30  #: interior grains, where the table of the null begins
FEWEST_UNIFORM = 200  #: in fewer, all of a few coarse grains may be missed, as in the plane
_FEWEST_WHOLE = 2  #: of the coarse grains of a population, among which visible parts count
STANDS_OUT = 7.0  #: `VolumeSizes.largest_out` of a grain that is none of the rest; the null's reach 5.5
LARGE_AT_FRAME = 1.3  #: times the largest whole grain: a cut grain that no whole one stands for
FEWEST_BLOCKS = 8  #: that hold a whole grain, for an interval; judgement


def decide_volumes(samples: Sequence[VolumeSizes]) -> list[Decision]:
    """The rule, for several samples at once."""
    table = load_null()
    enough = [s for s in samples if s.n_interior >= _FEWEST_GRAINS]
    found = iter(table.likeness(enough) if enough else ())
    return [
        _too_few(s) if s.n_interior < _FEWEST_GRAINS else _decide_one(s, float(next(found)), table)
        for s in samples
    ]


def _too_few(sizes: VolumeSizes) -> Decision:
    n = sizes.n_interior
    reason = f"only {n} grains lie wholly inside the volume; below {_FEWEST_GRAINS} no call is made"
    modes = modes_of(sizes, np.inf) if n else Modes((), ())
    return Decision("indeterminate", reason, modes, (), more_grains=FEWEST_UNIFORM - n)


def _decide_one(sizes: VolumeSizes, likeness: float, table: NullTable) -> Decision:
    n = sizes.n_interior
    p, pair_p = table.p_value(likeness, n), table.pair_p_value(likeness, n)
    shown = p_in_words(p, table.levels[-1])
    one = modes_of(sizes, np.inf)

    def decision(verdict: Verdict, reason: str, more: int | None, modes: Modes = one) -> Decision:
        return Decision(verdict, reason, modes, (), {"shape": p, "pair": pair_p}, table.power_at(n), more)

    if p < LEVEL:
        limit = coarse_limits([sizes])[0]
        two = modes_of(sizes, limit)
        if doubt := _why_not_two(two, sizes, limit):
            return decision("indeterminate", f"not one population ({shown}), but {doubt}", None)
        at = " and ".join(f"{d:.3g}" for d in two.diameter_nm)
        reason = f"two populations ({shown}): modes at {at} nm, ratio {two.ratio:.2f}"
        return decision("bimodal", reason, 0, two)
    found = f"no sign of a second population ({shown})"
    alone = large_alone(sizes)
    if alone is not None:
        return decision("indeterminate", f"{found}, but {alone}", None)
    target = table.grains_to_exclude_pairs(likeness / table.as_if(n), LEVEL)
    missing = None if target is None else max(target - n, FEWEST_UNIFORM - n, 0) or None
    if n < FEWEST_UNIFORM:
        reason = f"{found}; {n} interior grains may have missed all of a few coarse ones"
        return decision("indeterminate", reason, missing)
    if pair_p >= LEVEL:
        reason = (
            f"{found}, but {pair_p:.0%} of the pairs of populations that are hardest to see look so in "
            f"{table.as_if(n):.0f} interior grains"
        )
        return decision("indeterminate", reason, missing)
    reason = (
        f"{found}. Excluded (p < {LEVEL:g}) are two populations of spheres {PAIR_RATIO:.1f} times or more "
        f"apart, each {PAIR_SHARE:.0%} of the volume or more"
    )
    return decision("uniform", reason, 0)


def large_alone(sizes: VolumeSizes) -> str | None:
    """A large grain that makes no population but might belong to one."""
    if sizes.cut_diameter.size and sizes.cut_diameter.max() > LARGE_AT_FRAME * sizes.diameter.max():
        return "the frame cuts grains larger than any seen whole"
    return "one grain is far larger than all others" if sizes.largest_out > STANDS_OUT else None


def _why_not_two(modes: Modes, sizes: VolumeSizes, limit: float) -> str | None:
    """What keeps a fit from counting as two populations."""
    if modes.ratio is None:
        return "no two modes are told apart"
    if modes.ratio < SMALLEST_RATIO:
        return f"the modes are only a factor of {modes.ratio:.2f} apart"
    whole, cut = (int((d > limit).sum()) for d in (sizes.diameter, sizes.cut_diameter))
    if whole + cut < FEWEST_COARSE or whole < _FEWEST_WHOLE:
        needed = f"a population needs {FEWEST_COARSE} and {_FEWEST_WHOLE}"
        return f"of {whole + cut} coarse grains {whole} are seen whole; {needed}"
    if min(modes.share) < SMALLEST_SHARE:
        return f"the smaller mode holds only {min(modes.share):.0%} of the volume"
    return None


def judge_volume(measured: VolumeMeasurement, *, seed: int = 0) -> ModalityVerdict:
    """Judge the grain sizes of one measured volume.

    Parameters
    ----------
    measured : VolumeMeasurement
    seed : int
        Kept in the verdict, which uses no random number.

    Returns
    -------
    ModalityVerdict
        Modes are geometric mean diameters by number, their fractions those of the volume of the grains.
    """
    sizes, n_grains = VolumeSizes.of(measured), len(measured.grains)
    if sizes.n_interior == 0:
        return no_verdict("no grain lies wholly inside the volume", n_grains, seed)
    (decision,) = decide_volumes([sizes])
    modes = decision.modes
    return ModalityVerdict(
        verdict=decision.verdict,
        reason=decision.reason,
        p_value=decision.p_value,
        p_values=decision.p_values,
        modes_nm=modes.diameter_nm,
        modes_ci_nm=intervals(sizes, modes),
        mode_fractions=modes.share,
        mode_ratio=modes.ratio,
        power=decision.power,
        n_images=1,
        n_grains=n_grains,
        n_interior=sizes.n_interior,
        n_eff=sizes.n_eff,
        more_grains=decision.more_grains,
        null="volume",
        delta_g=delta_g(modes.ratio),
        seed=seed,
        excluded_ratio=PAIR_RATIO if decision.verdict == "uniform" else None,
    )


def no_verdict(reason: str, n_grains: int, seed: int) -> ModalityVerdict:
    """Of a volume in which no grain is seen whole, or none was looked for."""
    return ModalityVerdict(
        verdict="indeterminate",
        reason=reason,
        n_images=1,
        n_grains=n_grains,
        n_interior=0,
        more_grains=FEWEST_UNIFORM if n_grains else None,
        null="volume",
        seed=seed,
    )


def intervals(sizes: VolumeSizes, modes: Modes) -> tuple[tuple[float, float], ...]:
    """95 % intervals of the modes, each fitted anew without one block at a time (jackknife).

    Neighbours are of like size, so that grains drawn one by one would scatter too little.  None where there
    are few grains or blocks, or where a population is gone without one of the blocks.
    """
    blocks = np.unique(sizes.block)
    if sizes.n_interior < _FEWEST_GRAINS or len(blocks) < FEWEST_BLOCKS:
        return ()
    parts = [sizes.only(sizes.block != block) for block in blocks]
    limits = [np.inf] * len(parts) if modes.ratio is None else coarse_limits(parts)
    again = [modes_of(part, limit).diameter_nm for part, limit in zip(parts, limits, strict=True)]
    if any(len(diameter) != len(modes.diameter_nm) for diameter in again):
        return ()
    found = [jackknife(*mode) for mode in zip(modes.diameter_nm, np.transpose(again), strict=True)]
    return tuple((e.low, e.high) for e in found if e.low is not None and e.high is not None)
