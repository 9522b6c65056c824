"""Void, solid and second phase by grey level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from segment.volume.components import large_pieces

VOID, SOLID, SECOND = 0, 1, 2
NAMES = ("void", "solid", "second phase")
HISTOGRAM_SMOOTHING = 0.8  #: voxels; SD of the Gaussian before thresholds are found
SMOOTHINGS = (0.0, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3)  #: voxels; of the Gaussian before they are applied
NOISE_SHARE = 0.1  #: of the step between two phases: noise left there puts a voxel wrong at 5 SD
APART = 3.0  #: distance of two phases' means over the SD of the larger one: voids alone are often uneven
SWEEPS = 200  #: of expectation and maximisation
SMALLEST_SD = 1.5  #: grey levels
SMALLEST_SHARE = 0.005  #: of the volume, below which a phase is not believed
CORE_SHARE = 0.25  #: of the way to the solid's grey; a body has a voxel nearer to its own
RIM_VOXELS = 2  #: that a body reaches beyond such voxels: the blur of its surface
MAD_TO_SD = 1.4826  #: of normal noise
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
    ndimage.gaussian_filter(grey, HISTOGRAM_SMOOTHING, output=smooth)
    fit, solid = _fit(smooth.ravel()[:: max(1, smooth.size // SAMPLE)], n_phases)
    phase = np.full(grey.shape, SOLID, np.uint8)
    if fit is None:
        return Phases(phase, ())
    ndimage.gaussian_filter(grey, _least_smoothing(grey, float(np.diff(fit.mean).min())), output=smooth)
    cuts = fit.thresholds()
    for k, cut in enumerate(cuts):
        own, other = (k, k + 1) if k < solid else (k + 1, k)
        core = fit.mean[own] + CORE_SHARE * (fit.mean[other] - fit.mean[own])
        code, sign = (VOID, 1) if k < solid else (SECOND, -1)
        phase[_bodies(smooth, sign, cut, core)] = code
    return Phases(phase, tuple(cuts))


def _bodies(smooth: np.ndarray, sign: int, cut: float, core: float) -> np.ndarray:
    """Voxels beyond `cut` near ones beyond `core`, without specks, bool of the shape of `smooth`.

    Grooves between grains pass the cut here and there, but are hardly as dark as a void.
    """
    beyond, deep = (smooth <= cut, smooth <= core) if sign > 0 else (smooth > cut, smooth > core)
    near = ndimage.binary_dilation(deep, iterations=RIM_VOXELS, mask=beyond)
    return large_pieces(near, SPECK_VOXELS)


def _least_smoothing(grey: np.ndarray, step: float) -> float:
    """SD in voxels of the narrowest Gaussian that leaves less noise than `NOISE_SHARE` of a step in grey.

    More would round off what is a few voxels thick.
    """
    sparse = np.asarray(grey[:: max(1, len(grey) // 16)], np.float32)
    noise = MAD_TO_SD * float(np.median(np.abs(np.diff(sparse, axis=2)))) / np.sqrt(2)
    for sigma in SMOOTHINGS:
        if noise * _noise_left(sigma) <= NOISE_SHARE * step:
            return sigma
    return SMOOTHINGS[-1]


def _noise_left(sigma: float) -> float:
    """SD of white noise after a Gaussian in three dimensions, over that before it."""
    if sigma == 0:
        return 1.0
    weight = np.exp(-0.5 * (np.arange(-8, 9) / sigma) ** 2)
    return float(np.sum((weight / weight.sum()) ** 2) ** 1.5)


def _fit(values: np.ndarray, n_phases: int | None) -> tuple[_Mixture | None, int]:
    """Grey levels of the phases, or None for the solid alone, and the number of phases below the solid."""
    if n_phases == 1 or np.ptp(values) < 2:
        return None, 0
    count = np.bincount(values, minlength=256).astype(float)
    low, middle, high = (float(np.percentile(values, q)) for q in (1.0, 50.0, 99.0))
    starts = [[low, middle, high], [low, middle], [middle, high]]
    for start in starts if n_phases is None else starts[3 - n_phases : 4 - n_phases]:
        fit = _mixture(count, np.array(start))
        if n_phases is not None:
            return fit, 1
        if fit.stands_apart():
            return fit, int(fit.share.argmax()) if len(start) == 2 else 1
    return None, 0


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
