"""What a reader finds in a file, before the points are put on their grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from segment.grain_orientations import CrystalPhase

NOT_INDEXED = 4 * np.pi  #: radians; EDAX writes it where a pattern was not indexed
#: unit quaternions that take the map's axes (x along rows, y down, z into the specimen) to the vendor's
SAME_AXES = (1.0, 0.0, 0.0, 0.0)
#: EDAX: A1 points down the map, A2 to the right, A3 at the viewer
X_DOWN_Y_RIGHT = (0.0, 0.5**0.5, 0.5**0.5, 0.0)
X_RIGHT_Y_UP = (0.0, 1.0, 0.0, 0.0)  #: Oxford and Bruker: X to the right, Y up the map, Z at the viewer


@dataclass(frozen=True)
class Header:
    """What a header says of the grid; None where it does not."""

    #: x_step, y_step: in the file's unit
    x_step: float | None = None
    y_step: float | None = None
    columns: int | None = None
    rows: int | None = None

    @classmethod
    def of(
        cls, x_step: float | None, y_step: float | None, columns: float | None, rows: float | None
    ) -> Self:
        """From the numbers of a file; 0 counts as unknown."""
        return cls(x_step or None, y_step or None, int(columns or 0) or None, int(rows or 0) or None)


@dataclass(frozen=True, eq=False)
class ScanPoints:
    """The points of a file, in any order."""

    #: x, y: float, shape (n,): position in the file's unit
    x: np.ndarray
    y: np.ndarray
    angles: np.ndarray  #: float, shape (n, 3): Bunge's
    phase: np.ndarray  #: int, shape (n,): `CrystalPhase.id`; 0: not indexed
    phases: tuple[CrystalPhase, ...]
    unit_nm: float | None  #: nanometres of one unit of x and y; None: the file does not say
    header: Header
    vendor: str
    degrees: bool = False  #: what the format documents for `angles`; False: radians
    #: rotation from the map's axes to those that the Euler angles refer to
    specimen_axes: tuple[float, float, float, float] = SAME_AXES
    #: in trigonal and hexagonal crystals the vendor's x is along a; False: y is along b, 30° away
    x_along_a: bool = True
    properties: Mapping[str, np.ndarray] = field(default_factory=dict)  #: shape (n,)
    warnings: tuple[str, ...] = ()
