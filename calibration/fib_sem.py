"""Made FIB-SEM stacks of known truth: Laguerre or grown grains, voids, a second phase, as they are imaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from laguerre_volume import laguerre_volume
from potts_volume import potts_volume
from scipy import ndimage

VOID_GREY, SOLID_GREY, SECOND_GREY = 25.0, 125.0, 205.0
CHANNELLING = 11.0  #: SD of grey from grain to grain
GROOVE = 38.0  #: how much darker a boundary is
EXPONENTIAL_DEPTH = 3.0  #: slices into a pore that the beam still sees of what lies behind


@dataclass(frozen=True)
class FibSem:
    """How a stack is imaged; a fault of 0 is none.

    Attributes
    ----------
    noise : float
        SD in grey levels.
    curtains : float
        SD of the vertical stripes in grey levels.
    charging : float
        Brightness around voids in grey levels.
    shine_through : float
        Share of a void's grey that comes from the slices behind (pore-back effect).
    drift_px : float
        SD of the step from slice to slice.
    flicker : float
        SD of a slice's brightness in grey levels.
    """

    noise: float = 9.0
    curtains: float = 5.0
    charging: float = 12.0
    shine_through: float = 0.25
    drift_px: float = 0.0
    flicker: float = 4.0


@dataclass(frozen=True, eq=False)
class MadeStack:
    """A stack and its truth, all of shape (slices, rows, columns).

    Attributes
    ----------
    grey : ndarray of uint8
    labels : ndarray of int32
        Grains 1 ... n; 0 in voids and second phase.
    phase : ndarray of uint8
        0 void, 1 solid, 2 second phase.
    drift_px : ndarray, shape (slices, 2)
        By how much each slice was moved; labels and phase are not.
    """

    grey: np.ndarray
    labels: np.ndarray
    phase: np.ndarray
    drift_px: np.ndarray


def made_stack(
    shape: tuple[int, int, int],
    mean_diameter: float,
    rng: np.random.Generator,
    *,
    sigma: float = 0.25,
    porosity: float = 0.1,
    second: float = 0.05,
    mosaic: Literal["laguerre", "potts"] = "laguerre",
    imaging: FibSem | None = None,
) -> MadeStack:
    """Make a stack of cubic voxels.

    Parameters
    ----------
    shape : tuple of int
        (slices, rows, columns).
    mean_diameter : float
        Of the grains, in voxels.
    rng : Generator
    sigma : float
        SD of log diameter; grown grains have their own.
    porosity, second : float
        Volume fractions of voids and of the second phase.
    mosaic : {"laguerre", "potts"}
        Cells of packed spheres, or grains grown by a Potts model.
    imaging : FibSem, optional

    Examples
    --------
    >>> made = made_stack((12, 40, 40), 15, np.random.default_rng(0))
    >>> bool(0.05 < (made.phase == 0).mean() < 0.15)
    True
    """
    imaging = imaging or FibSem()
    if mosaic == "potts":
        labels = potts_volume(shape, np.pi / 6 * mean_diameter**3, rng)
    else:
        box = (float(shape[0]), float(shape[1]), float(shape[2]))
        labels = laguerre_volume(box, mean_diameter, sigma, rng, centres="packed").labels(shape)
    phase = _phases(shape, mean_diameter, porosity, second, rng)
    clean = _grey(labels, phase, imaging, rng)
    grey, drift = _imaged(clean, imaging, rng)
    return MadeStack(grey, np.where(phase == 1, labels, 0).astype(np.int32), phase, drift)


def _phases(
    shape: tuple[int, ...], size: float, porosity: float, second: float, rng: np.random.Generator
) -> np.ndarray:
    """Voids and second phase where two smooth random fields are low."""
    phase = np.ones(shape, np.uint8)
    for code, fraction in ((2, second), (0, porosity)):
        if fraction > 0:
            field = ndimage.gaussian_filter(rng.standard_normal(shape, np.float32), size / 5)
            phase[field < np.quantile(field, fraction)] = code
    return phase


def _grey(labels: np.ndarray, phase: np.ndarray, imaging: FibSem, rng: np.random.Generator) -> np.ndarray:
    """Grey levels without the microscope's faults, float32."""
    tone = rng.normal(0, CHANNELLING, int(labels.max()) + 1).astype(np.float32)
    solid = SOLID_GREY + tone[labels] - GROOVE * _boundaries(labels)
    grey = np.choose(phase, [np.float32(VOID_GREY), solid, np.float32(SECOND_GREY)]).astype(np.float32)
    if imaging.shine_through:
        behind = np.empty_like(grey)
        carry = grey[-1].copy()
        weight = np.float32(np.exp(-1 / EXPONENTIAL_DEPTH))
        for k in range(len(grey) - 1, -1, -1):
            behind[k] = carry
            carry = weight * carry + (1 - weight) * grey[k]
        grey = np.where(phase == 0, grey + imaging.shine_through * (behind - VOID_GREY), grey)
    if imaging.charging:
        near = ndimage.gaussian_filter((phase == 0).astype(np.float32), 2.0)
        grey = np.where(phase != 0, grey + 2 * imaging.charging * near, grey)
    return grey


def _boundaries(labels: np.ndarray) -> np.ndarray:
    """A line about two voxels wide on the boundaries, 0 ... 1."""
    edge = np.zeros(labels.shape, np.float32)
    for axis in range(3):
        first = [slice(None)] * 3
        last = [slice(None)] * 3
        first[axis], last[axis] = slice(0, -1), slice(1, None)
        differ = labels[tuple(first)] != labels[tuple(last)]
        edge[tuple(first)][differ] = 1
        edge[tuple(last)][differ] = 1
    return np.asarray(ndimage.gaussian_filter(edge, 0.7))


def _imaged(clean: np.ndarray, imaging: FibSem, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Slices with drift, curtains, flicker and noise, uint8, and the drift."""
    slices, rows, columns = clean.shape
    drift = np.zeros((slices, 2))
    if imaging.drift_px:
        drift = np.cumsum(rng.normal(0, imaging.drift_px, (slices, 2)), axis=0)
        drift -= drift[slices // 2]
    out = np.empty(clean.shape, np.uint8)
    fade = 0.6 + 0.4 * np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    for k in range(slices):
        image = clean[k] if not drift[k].any() else ndimage.shift(clean[k], drift[k], order=1, mode="reflect")
        stripes = ndimage.gaussian_filter1d(rng.standard_normal(columns), 1.5)
        stripes *= imaging.curtains / max(float(stripes.std()), 1e-9)
        image = ndimage.gaussian_filter(image, 0.6) + fade * stripes[None, :].astype(np.float32)
        image = image + rng.normal(0, imaging.flicker) + rng.normal(0, imaging.noise, image.shape)
        out[k] = np.clip(np.rint(image), 0, 255)
    return out, drift
