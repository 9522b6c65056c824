"""Void, solid and second phase by grey level.

Normals fitted to the histogram say which phases there are.  Bodies begin where the grey is clearly theirs.
Their surfaces are then settled voxel by voxel (iterated conditional modes; Besag, J. R. Stat. Soc. B 48,
1986) against the levels that the phases have close by: a void is brighter where the solid behind it shines
through, the solid brighter beside a void that charges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from scipy import ndimage

from segment.volume.components import large_components

VOID, SOLID, SECOND = 0, 1, 2
PHASE_NAMES = ("void", "solid", "second phase")
_SMOOTHING = 0.8  #: voxels; SD of the Gaussian before the histogram
_APART = 3.0  #: distance of two phases' means over the SD of the larger one: voids alone are often uneven
_SWEEPS = 200  #: of expectation and maximisation
STEEP = 3.0  #: of the gradient's lower quartile: the 99th percentile of that of noise (Maxwell)
#: of a middle phase's share everywhere, seen away from edges; made stacks 1 and more, mere edges to .25
EDGE_SHARE = 0.5
FIRST_SD, SMALLEST_SD = 15.0, 1.5  #: grey levels
_SMALLEST_SHARE = 0.005  #: of the volume, below which a phase is not believed
CORE_SHARE = 0.35  #: of the way to the solid's grey; a body begins with voxels nearer to its own
#: of a neighbour against grey, rising from sweep to sweep as Besag advises; of .15 ... .8 in made
#: stacks of seeds 7 ... 9 best at the noises 9 and 20 together
NEIGHBOUR_WEIGHTS = (0.15, 0.3, 0.3, 0.45, 0.45)
#: of the level in the whole stack, added to those close by; 100 ... 3,000 are alike within .01
PRIOR_VOXELS = 300.0
MAD_TO_SD = 1.4826  #: of normal noise
SPECK_VOXELS = 27  #: smaller bodies are noise
_SAMPLE = 2_000_000  #: voxels from which the levels of the phases are found
CUBE = 4  #: voxels; levels are those of three cubes along each axis


def fractions_of(phase: np.ndarray) -> tuple[tuple[str, float], ...]:
    """Name and volume fraction of every phase there is, solid first."""
    count = np.sum([np.bincount(s.ravel(), minlength=3) for s in phase], axis=0) / phase.size
    return tuple(
        (PHASE_NAMES[k], float(count[k])) for k in (SOLID, VOID, SECOND) if count[k] > 0 or k == SOLID
    )


def find_phases(grey: np.ndarray, n_phases: int | None = None) -> np.ndarray:
    """Split a stack of even grey levels, uint8: 0 void (dark), 1 solid, 2 second phase (bright).

    `n_phases` 1: solid only; 2: void and solid; 3: void, solid and second phase.  None: as many as stand
    apart; of two, the larger is the solid.

    >>> grey = np.full((8, 16, 16), 150, np.uint8)
    >>> grey[:, :, :4] = 20
    >>> fractions_of(find_phases(grey, 2))
    (('solid', 0.75), ('void', 0.25))
    """
    smooth = np.empty_like(grey)
    ndimage.gaussian_filter(grey, _SMOOTHING, output=smooth)
    fit, solid = _fit(smooth, n_phases)
    phase = np.full(grey.shape, SOLID, np.uint8)
    if fit is None:
        return phase
    level = np.zeros(3)
    for k, mean in enumerate(fit.mean):
        code = VOID if k < solid else SOLID if k == solid else SECOND
        level[code] = mean
        core = abs(fit.mean[solid] - mean) * CORE_SHARE
        for found, image in zip(phase, smooth, strict=True):
            if code != SOLID:
                found[image <= mean + core if code == VOID else image >= mean - core] = code
    del smooth
    for weight in NEIGHBOUR_WEIGHTS:
        levels = phase_levels(grey, phase, level, PRIOR_VOXELS)
        noise = MAD_TO_SD * max(median_departure(grey, phase, levels), 1)
        vote(grey, phase, levels, noise**2, weight)
    for code in (VOID, SECOND):
        large = large_components(phase == code, SPECK_VOXELS)
        for found, keep in zip(phase, large, strict=True):
            found[(found == code) & ~keep] = SOLID
    return phase


def given_phases(
    values: np.ndarray, levels: np.ndarray, n_phases: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Grey levels (0 to 255) and phases, uint8, of a stack that has two or three levels only.

    Three are void, solid and second phase by brightness.  Of two the larger is the solid, or the brighter
    where two phases are asked for.
    """
    rank = np.stack([np.searchsorted(levels, image).astype(np.uint8) for image in values])
    if len(levels) == 3 or n_phases == 2:
        solid = 1
    else:
        solid = int(np.bincount(rank.ravel()).argmax())
    return rank * np.uint8(255 // (len(levels) - 1)), np.asarray(rank + np.uint8(SOLID) - np.uint8(solid))


def _away_from_edges(smooth: np.ndarray) -> np.ndarray:
    """Grey levels of voxels whose gradient is that of noise, of a sample of slices."""
    found = []
    for k in range(0, len(smooth), max(1, smooth.size // _SAMPLE)):
        near = smooth[max(k - 1, 0) : k + 2].astype(np.float32)
        across = (near[-1] - near[0]) / max(len(near) - 1, 1)
        steep = np.linalg.norm([across, *np.gradient(smooth[k].astype(np.float32))], axis=0)
        found.append(smooth[k][steep <= max(STEEP * float(np.percentile(steep, 25)), SMALLEST_SD)])
    return np.concatenate(found)


def _fit(smooth: np.ndarray, n_phases: int | None) -> tuple[_Mixture | None, int]:
    """Grey levels of the phases, or None for the solid alone, and the number of phases below the solid.

    Voxels at an edge have a grey in between, as a third phase would; they also hide that two phases stand
    apart.  So those away from edges are asked, too.
    """
    values = smooth.ravel()[:: max(1, smooth.size // _SAMPLE)]
    if n_phases == 1 or np.ptp(values) < 2:
        return None, 0
    count = _histogram(values)
    low, middle, high = (float(np.percentile(values, q)) for q in (1.0, 50.0, 99.0))
    three, dark, bright = [low, middle, high], [low, middle], [middle, high]
    if n_phases is not None:
        tries = [(three, True), (three, False)] if n_phases == 3 else [(dark, False)]
        fits = [_mixture(count, *t) for t in tries]
        return next((fit for fit in fits if fit.stands_apart()), fits[0]), 1
    inside = _histogram(_away_from_edges(smooth))
    for seen in (count, inside):
        for start, alike in ((three, True), (three, False), (dark, False), (bright, False)):
            fit = _mixture(seen, start, alike)
            if not fit.stands_apart():
                continue
            if len(start) == 2:
                return fit, int(fit.share.argmax())
            if fit.middle_share(inside) > EDGE_SHARE * fit.middle_share(count):
                return fit, 1
    return None, 0


def _histogram(values: np.ndarray) -> np.ndarray:
    """How often each of 256 grey levels is there."""
    return np.bincount(values, minlength=256).astype(float)


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Normals fitted to a histogram of grey levels, by ascending mean."""

    mean: np.ndarray
    sd: np.ndarray
    share: np.ndarray

    def stands_apart(self) -> bool:
        """Is every phase large enough and far enough from its neighbours?"""
        larger = np.where(self.share[1:] > self.share[:-1], self.sd[1:], self.sd[:-1])
        return bool((np.diff(self.mean) > _APART * larger).all() and (self.share > _SMALLEST_SHARE).all())

    def middle_share(self, count: np.ndarray) -> float:
        """Share of a histogram that is nearer to the second mean than to others."""
        nearest = abs(np.arange(len(count))[:, None] - self.mean).argmin(axis=1)
        return float(count[nearest == 1].sum() / count.sum())


def _mixture(count: np.ndarray, start: list[float], alike: bool) -> _Mixture:
    """Weighted EM on 256 grey levels.

    With `alike` all normals have one SD.  Voids are often uneven, but a normal that is free to widen may take
    up the tails of the solid instead of a rare phase.
    """
    grey, mean = np.arange(256.0), np.array(start)
    sd, share = np.full(len(mean), FIRST_SD), np.full(len(mean), 1.0 / len(mean))
    for _ in range(_SWEEPS):
        log = np.log(share / sd)[:, None] - 0.5 * ((grey - mean[:, None]) / sd[:, None]) ** 2
        part = np.exp(log - log.max(axis=0))
        part *= count / part.sum(axis=0)
        weight = part.sum(axis=1) + 1e-9
        mean = (part * grey).sum(axis=1) / weight
        square = (part * (grey - mean[:, None]) ** 2).sum(axis=1)
        variance = np.full(len(mean), square.sum() / weight.sum()) if alike else square / weight
        sd, share = np.sqrt(variance + SMALLEST_SD**2), weight / weight.sum()
    order = np.argsort(mean)
    return _Mixture(mean[order], sd[order], share[order])


@numba.njit(cache=True, nogil=True)
def phase_levels(grey: np.ndarray, phase: np.ndarray, mean: np.ndarray, prior: float) -> np.ndarray:
    """Mean grey level of each phase around every cube of voxels, float32 of shape (z, y, x, 3).

    `prior` voxels of the level that a phase has in the whole stack are added to those that are there.
    """
    nz, ny, nx = [-(-n // CUBE) for n in grey.shape]
    total, count = np.zeros((nz, ny, nx, 3), np.int32), np.zeros((nz, ny, nx, 3), np.uint8)
    for z in range(grey.shape[0]):
        for y in range(grey.shape[1]):
            for x in range(grey.shape[2]):
                k = phase[z, y, x]
                total[z // CUBE, y // CUBE, x // CUBE, k] += grey[z, y, x]
                count[z // CUBE, y // CUBE, x // CUBE, k] += 1
    levels = np.empty((nz, ny, nx, 3), np.float32)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                for k in range(3):
                    grey_sum, n = prior * mean[k], prior
                    for w in range(max(z - 1, 0), min(z + 2, nz)):
                        for v in range(max(y - 1, 0), min(y + 2, ny)):
                            for u in range(max(x - 1, 0), min(x + 2, nx)):
                                grey_sum += total[w, v, u, k]
                                n += count[w, v, u, k]
                    levels[z, y, x, k] = grey_sum / n
    return levels


@numba.njit(cache=True, nogil=True)
def median_departure(grey: np.ndarray, phase: np.ndarray, levels: np.ndarray) -> int:
    """Median distance, in whole grey levels, of every fifth voxel to the level of its phase around it."""
    count, n = np.zeros(256, np.int64), 0
    for z in range(grey.shape[0]):
        for y in range(grey.shape[1]):
            for x in range((y + z) % 5, grey.shape[2], 5):
                level = levels[z // CUBE, y // CUBE, x // CUBE, phase[z, y, x]]
                count[min(int(abs(grey[z, y, x] - level) + 0.5), 255)] += 1
                n += 1
    return int(np.searchsorted(np.cumsum(count), n / 2))


@numba.njit(cache=True, nogil=True)
def _amid_its_own(phase: np.ndarray, z: int, y: int, x: int) -> bool:
    """Are all six neighbours of the voxel's phase?"""
    nz, ny, nx = phase.shape
    own = phase[z, y, x]
    return bool(
        (z == 0 or phase[z - 1, y, x] == own)
        and (z + 1 == nz or phase[z + 1, y, x] == own)
        and (y == 0 or phase[z, y - 1, x] == own)
        and (y + 1 == ny or phase[z, y + 1, x] == own)
        and (x == 0 or phase[z, y, x - 1] == own)
        and (x + 1 == nx or phase[z, y, x + 1] == own)
    )


@numba.njit(cache=True, nogil=True)
def vote(grey: np.ndarray, phase: np.ndarray, levels: np.ndarray, variance: float, weight: float) -> int:
    """One sweep, in place, over the voxels at interfaces; returns how many changed.

    Each takes the phase of least (grey - level)^2 / (2 variance) - weight x votes.  Of the 26 neighbours each
    votes for its own phase with the inverse of its distance.
    """
    nz, ny, nx = grey.shape
    inverse_distance = np.array([0.0, 1.0, 2**-0.5, 3**-0.5])
    votes, changed = np.zeros(3), 0
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                if _amid_its_own(phase, z, y, x):
                    continue
                votes[:] = 0
                for w in range(max(z - 1, 0), min(z + 2, nz)):
                    for v in range(max(y - 1, 0), min(y + 2, ny)):
                        for u in range(max(x - 1, 0), min(x + 2, nx)):
                            votes[phase[w, v, u]] += inverse_distance[abs(w - z) + abs(v - y) + abs(u - x)]
                best, least = phase[z, y, x], np.inf
                for k in range(3):
                    if votes[k] == 0:
                        continue
                    step = grey[z, y, x] - levels[z // CUBE, y // CUBE, x // CUBE, k]
                    cost = step * step / (2 * variance) - weight * votes[k]
                    if cost < least:
                        best, least = k, cost
                changed += best != phase[z, y, x]
                phase[z, y, x] = best
    return changed
