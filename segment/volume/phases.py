"""Void, solid and second phase by grey level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from segment.volume.components import large_pieces

VOID, SOLID, SECOND = 0, 1, 2
NAMES = ("void", "solid", "second phase")
SMOOTHING = 0.8  #: voxels; SD of the Gaussian before the threshold
APART = 3.0  #: distance of two phases' means over the SD of the larger one: voids alone are often uneven
SWEEPS = 200
SMALLEST_SD = 1.5  #: grey levels
SMALLEST_SHARE = 0.005  #: of the volume, below which a phase is not believed
SPECK_VOXELS = 27  #: smaller bodies are noise
SAMPLE = 2_000_000  #: voxels from which thresholds are found


@dataclass(frozen=True, eq=False)
class Phases:
    """Phase of every voxel.

    Attributes
    ----------
    phase : ndarray of uint8, shape (slices, rows, columns)
        0 void (dark), 1 solid, 2 second phase (bright).
    thresholds : tuple of float
        Grey levels between them; empty: all solid.
    """

    phase: np.ndarray
    thresholds: tuple[float, ...]

    @property
    def fractions(self) -> tuple[tuple[str, float], ...]:
        """Name and volume fraction of every phase there is, solid first."""
        count = np.bincount(self.phase.ravel(), minlength=3) / self.phase.size
        return tuple((NAMES[k], float(count[k])) for k in (SOLID, VOID, SECOND) if count[k] > 0 or k == SOLID)


def find_phases(grey: np.ndarray, n_phases: int | None = None) -> Phases:
    """Split a stack of even grey levels into phases.

    Parameters
    ----------
    grey : ndarray of uint8, shape (slices, rows, columns)
    n_phases : {1, 2, 3}, optional
        1: solid only; 2: void and solid; 3: void, solid and second phase.  None: as many as stand apart; of
        two, the larger is the solid.

    Examples
    --------
    >>> grey = np.full((8, 16, 16), 150, np.uint8)
    >>> grey[:, :, :4] = 20
    >>> find_phases(grey, 2).fractions
    (('solid', 0.75), ('void', 0.25))
    """
    smooth = np.empty_like(grey)
    ndimage.gaussian_filter(grey, SMOOTHING, output=smooth)
    thin = smooth.ravel()[:: max(1, smooth.size // SAMPLE)]
    cuts, solid = _thresholds(thin, n_phases)
    phase = np.full(grey.shape, SOLID, np.uint8)
    for k, cut in enumerate(cuts):
        if k < solid:
            phase[smooth <= cut] = VOID
        else:
            phase[smooth > cut] = SECOND
    if cuts:
        _take_specks_out(phase)
    return Phases(phase, tuple(cuts))


def _take_specks_out(phase: np.ndarray) -> None:
    """Voids and second phases smaller than a speck of noise become solid, in place."""
    for code in (VOID, SECOND):
        mine = phase == code
        phase[mine & ~large_pieces(mine, SPECK_VOXELS)] = SOLID


def _thresholds(values: np.ndarray, n_phases: int | None) -> tuple[list[float], int]:
    """Ascending thresholds, and how many of them lie below the solid."""
    if n_phases == 1 or np.ptp(values) < 2:
        return [], 0
    count = np.bincount(values, minlength=256).astype(float)
    low, middle, high = (float(np.percentile(values, q)) for q in (1.0, 50.0, 99.0))
    starts = [[low, middle, high], [low, middle], [middle, high]]
    for start in starts if n_phases is None else starts[3 - n_phases : 4 - n_phases]:
        fit = _mixture(count, np.array(start))
        if n_phases is not None:
            return fit.thresholds(), 1
        if fit.stands_apart():
            return fit.thresholds(), int(fit.share.argmax()) if len(start) == 2 else 1
    return [], 0


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Normals fitted to a histogram of grey levels, by ascending mean."""

    mean: np.ndarray
    sd: np.ndarray
    share: np.ndarray

    def stands_apart(self) -> bool:
        """Is every phase large enough and far enough from its neighbours?"""
        larger = np.where(self.share[1:] > self.share[:-1], self.sd[1:], self.sd[:-1])
        step = np.diff(self.mean) / larger
        return bool((step > APART).all() and (self.share > SMALLEST_SHARE).all())

    def thresholds(self) -> list[float]:
        """Half-way between neighbouring means: where the surface of a body blurs, half of it is left."""
        return [float(m) for m in (self.mean[1:] + self.mean[:-1]) / 2]


def _mixture(count: np.ndarray, start: np.ndarray) -> _Mixture:
    """Weighted EM on 256 grey levels."""
    grey = np.arange(256.0)
    mean, n = start.astype(float), len(start)
    sd, share = np.full(n, 15.0), np.full(n, 1.0 / n)
    for _ in range(SWEEPS):
        log = np.log(share / sd)[:, None] - 0.5 * ((grey - mean[:, None]) / sd[:, None]) ** 2
        part = np.exp(log - log.max(axis=0))
        part *= count / part.sum(axis=0)
        weight = part.sum(axis=1) + 1e-9
        mean = (part @ grey) / weight
        sd = np.sqrt((part * (grey - mean[:, None]) ** 2).sum(axis=1) / weight + SMALLEST_SD**2)
        share = weight / weight.sum()
    order = np.argsort(mean)
    return _Mixture(mean[order], sd[order], share[order])
