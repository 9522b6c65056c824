"""What the limiting-path calculation finds."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from grainstats.infer.current.cut_graph import CutGraph
from grainstats.infer.current.law import Law
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.network.graph import BoundaryNetwork

MEANING = (
    "exact for columnar films, where every boundary stands upright; a lower guide for bulk, where current "
    "also flows above and below the section"
)
MEANING_OF_VOLUME = "of the volume itself, whose grains carry whatever their boundaries let in"


@dataclass(frozen=True, eq=False)
class DirectionEstimate:
    """Current along one direction.

    Attributes
    ----------
    j_over_j0 : float
        Median over draws of the limiting current per length across it, over the law's j0.
    j_over_mean : float
        The same over the mean of all boundaries.
    low, high : float
        95 % of the draws of `j_over_j0`.
    values : ndarray of shape (draws,)
        `j_over_j0` of each draw.
    """

    j_over_j0: float
    j_over_mean: float
    low: float
    high: float
    values: np.ndarray

    @classmethod
    def of_draws(cls, values: np.ndarray, mean: np.ndarray) -> Self:
        """From the currents of the draws and the mean of all boundaries in each, both over j0."""
        over_mean = np.divide(values, mean, out=np.full(values.size, np.nan), where=mean > 0)
        middle = float(np.median(over_mean)) if np.isfinite(over_mean).all() else float("nan")
        low, high = np.percentile(values, [2.5, 97.5])
        return cls(float(np.median(values)), middle, float(low), float(high), values)

    @property
    def ci(self) -> tuple[float, float] | None:
        """95 % of the draws; None of a single one, where the law leaves nothing to chance."""
        return (self.low, self.high) if self.values.size > 1 else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "j_over_mean": self.j_over_mean if np.isfinite(self.j_over_mean) else None,
            "j_over_j0": self.j_over_j0,
            "ci": list(self.ci) if self.ci else None,
            "draws": int(self.values.size),
        }


@dataclass(frozen=True, eq=False)
class MapPaths:
    """Where the limiting paths of one map run."""

    network: BoundaryNetwork
    graph: CutGraph
    #: by direction: rows of the graph's `edge` that the path of the median draw follows
    path: dict[str, np.ndarray]
    #: shape (n_segments,): by direction: share of draws whose path goes along each row of the network's
    #: `segments`
    share_of_draws: dict[str, np.ndarray]
    offset_px: tuple[float, float] = (0.0, 0.0)  #: (row, column) in the map at which network and graph begin


@dataclass(frozen=True, eq=False)
class CurrentEstimate:
    """Limiting current of a sample's boundary network.

    Attributes
    ----------
    directions : dict of DirectionEstimate
        By direction of the current: x along the rows of the image, y down its columns (z through a volume).
    grains_across : dict of float
        By direction: grains that a line along it meets, mean over lines and smallest of the maps.
    missed_share : float
        Share of boundaries taken to be missed, for which the currents are corrected.
    law : Law
    maps : tuple of MapPaths
        Of each map; empty for a volume.
    calibrated : bool
        Whether every map has a pixel size; else only ratios mean anything.
    warnings : tuple of str
    """

    directions: dict[str, DirectionEstimate]
    grains_across: dict[str, float]
    missed_share: float
    law: Law
    maps: tuple[MapPaths, ...] = ()
    calibrated: bool = False
    warnings: tuple[str, ...] = field(default=())

    @property
    def anisotropy(self) -> float:
        """Current along x over current along y; NaN where nothing flows along y."""
        x, y = (self.directions[name].j_over_j0 for name in ("x", "y"))
        return x / y if y > 0 else float("nan")

    @property
    def meaning(self) -> str:
        """What the numbers stand for."""
        return MEANING if self.maps else MEANING_OF_VOLUME

    def as_dict(self) -> dict[str, Any]:
        """The document of ``grainstats current --json``."""
        ratio = self.anisotropy
        directions = {name: found.as_dict() for name, found in self.directions.items()}
        if self.calibrated and self.law.j0 != 1.0:
            for name, found in self.directions.items():
                directions[name]["j_A_per_m"] = found.j_over_j0 * self.law.j0
        return {
            "directions": directions,
            "anisotropy": ratio if np.isfinite(ratio) else None,
            "grains_across": self.grains_across,
            "corrected_for_missing": self.missed_share > 0,
            "missed_share": self.missed_share,
            "law": self.law.as_dict(),
            "meaning": self.meaning,
            "warnings": list(self.warnings),
        }

    def descriptors(self) -> list[Descriptor]:
        """Rows for database, comparison and optimizer."""
        method = "limiting path (minimum cut) of the boundary network, over the law's j0"
        over = "limiting path over the mean of all boundaries"
        rows = [
            Descriptor(f"current_{name}_over_j0", found.j_over_j0, low, high, "1", method)
            for name, found in self.directions.items()
            for low, high in (found.ci or (None, None),)
        ]
        rows += [
            Descriptor(f"current_{name}_over_mean", found.j_over_mean, None, None, "1", over)
            for name, found in self.directions.items()
        ]
        along = "limiting current along x over that along y"
        return [*rows, Descriptor("current_anisotropy", self.anisotropy, None, None, "1", along)]
