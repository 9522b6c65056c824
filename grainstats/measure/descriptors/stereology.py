"""From the plane to space: Saltykov's spheres and what they assume."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SphereSizes:
    """Sphere diameters unfolded from section diameters."""

    diameter: np.ndarray  #: shape (n_classes,): upper class limits, equally spaced
    #: shape (n_classes,): share of the spheres by number; classes that came out negative are set to 0
    fraction: np.ndarray
    #: sum of negative class counts over that of positive ones; above some 5 % the assumptions fail
    negative_share: float
    assumptions: str = (
        "grains are spheres, cut at random by a section without thickness; the largest section shows the "
        "largest sphere; class counts are large. Grains that fill space are polyhedra: read it as a scale."
    )

    @property
    def mean(self) -> float:
        """Number-weighted mean diameter, class middles: of spheres 4 % (equal) to 16 % (broad sizes) low.

        Upper limits, with which the classes are unfolded, suit spheres better. But that mean rises with the
        largest section, and so with the window: by 20 % from 60 to 80,000 grains of broad sizes.
        """
        middle = self.diameter - self.diameter[0] / 2 if self.diameter.size else self.diameter
        return float(np.sum(self.fraction * middle)) if self.diameter.size else float("nan")


def saltykov(diameter: np.ndarray, weight: np.ndarray, n_classes: int = 12) -> SphereSizes:
    """Unfold section diameters into sphere diameters (Scheil, Schwartz, Saltykov).

    A sphere of diameter j D, cut at random, shows a section of class i with a chance proportional to
    sqrt(j^2 - (i - 1)^2) - sqrt(j^2 - i^2); the triangular system is solved from the largest class down.

    Parameters
    ----------
    diameter, weight : ndarray, shape (n,)
        Section diameters with their Miles-Lantuejoul weights.
    n_classes : int
        7 to 15 are usual; more only amplify noise.
    """
    if diameter.size == 0:
        return SphereSizes(np.zeros(0), np.zeros(0), 0.0)
    width = float(diameter.max()) / n_classes
    counts = np.histogram(diameter, n_classes, (0, diameter.max()), weights=weight)[0]
    i = np.arange(1, n_classes + 1)
    j = i[None, :]
    lower, upper = j**2 - (i[:, None] - 1) ** 2, j**2 - i[:, None] ** 2
    chance = width * (np.sqrt(np.maximum(lower, 0)) - np.sqrt(np.maximum(upper, 0)))
    spheres = np.linalg.solve(np.triu(chance), counts)
    negative = float(-spheres[spheres < 0].sum() / spheres[spheres > 0].sum())
    kept = np.maximum(spheres, 0)
    return SphereSizes(i * width, kept / kept.sum(), negative)
