"""An orientation map: what crystal lies how at every point of a grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from segment.grain_orientations import CrystalPhase

Grid = Literal["square", "hexagonal"]
StepSource = Literal["metadata", "coordinates", "manual", "none"]


@dataclass(frozen=True, eq=False)
class OrientationMap:
    """Orientations on a square or hexagonal grid of points.

    A quaternion q = (w, x, y, z) takes a direction of the map into the crystal: ``v_crystal = q v_map q*``.
    The map's x runs along a row, its y down the rows, its z into the specimen.  The crystal's z is along c,
    and in trigonal and hexagonal crystals its x is along a.  All readers bring their vendor's axes to these.

    Attributes
    ----------
    quaternions : ndarray of float64, shape (rows, columns, 4)
        NaN where nothing is indexed.
    phase : ndarray of int32, shape (rows, columns)
        `CrystalPhase.id`; 0 where the point is not indexed or not measured.
    phases : tuple of CrystalPhase
        Those of the header, in its order.
    x_step_nm, y_step_nm : float or None
        Distance of points in a row, and of rows; None: the file gives no length and nobody was asked.
    step_source : {"metadata", "coordinates", "manual", "none"}
        "coordinates": the header says nothing, or contradicts the points' coordinates.
    grid : {"square", "hexagonal"}
        On a hexagonal grid every other row is shifted by half a step in x.
    first_row_shifted : bool
        Which rows of a hexagonal grid those are: True: rows 0, 2 ...; False: rows 1, 3 ...
    row_distance : float
        Distance of rows over distance of points in a row; known also without nanometres.
    measured : ndarray of bool, shape (rows, columns)
        False where the file has no point (outside a region of interest, short rows of a hexagonal grid).
    properties : mapping of str to ndarray, each of shape (rows, columns)
        What the vendor says of each point, where given: ``ci`` confidence index, ``reliability``, ``mad``
        mean angular deviation in degrees, ``fit`` in degrees, ``bc`` band contrast, ``bs`` band slope, ``iq``
        image quality, ``bands``, ``error``, ``index``, ``dp`` dot product.
    vendor : str
        Kind of file, such as ``"EDAX .ang"``.
    source : str
        The file.
    warnings : tuple of str
    """

    quaternions: np.ndarray
    phase: np.ndarray
    phases: tuple[CrystalPhase, ...]
    x_step_nm: float | None = None
    y_step_nm: float | None = None
    step_source: StepSource = "none"
    grid: Grid = "square"
    first_row_shifted: bool = False
    row_distance: float = 1.0
    measured: np.ndarray | None = None
    properties: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))
    vendor: str = ""
    source: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of points."""
        rows, columns = self.phase.shape
        return rows, columns

    @property
    def indexed(self) -> np.ndarray:
        """Bool of shape (rows, columns): a phase and an orientation are known."""
        return self.phase > 0

    @property
    def n_measured(self) -> int:
        """Points that the file has."""
        return self.phase.size if self.measured is None else int(self.measured.sum())

    def share(self, number: int) -> float:
        """Share of the measured points that belong to a phase."""
        return float(np.count_nonzero(self.phase == number) / self.n_measured)

    @property
    def indexed_share(self) -> float:
        """Share of the measured points that are indexed."""
        return float(np.count_nonzero(self.indexed) / self.n_measured)

    def facts(self) -> dict[str, object]:
        """What ``grainstats info --json`` says of the map; phases without points are listed with share 0."""
        return {
            "kind": "orientation_map",
            "vendor": self.vendor,
            "shape": list(self.shape),
            "step_nm": self.x_step_nm,
            "row_step_nm": self.y_step_nm,
            "step_source": self.step_source,
            "grid": self.grid,
            "phases": [
                {"name": p.name, "laue_group": p.laue_group, "share": self.share(p.id)} for p in self.phases
            ],
            "indexed_share": self.indexed_share,
            "warnings": list(self.warnings),
        }
