"""What a verdict needs to know of one image: its grains' sizes, the frame's effect on them, the window."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class ImageGrains:
    """Grain sizes of one image."""

    diameter_nm: np.ndarray  #: shape (n,): equivalent circle diameter of the interior grains
    #: shape (n,): Miles-Lantuejoul weight, 1 / P(a grain of this box does not touch the frame)
    weight: np.ndarray
    pixel_size_nm: float
    window_nm: tuple[float, float]  #: height and width of the window
    #: shape (m,): equivalent circle diameter of the *visible* part of the grains cut by the frame: a lower
    #: bound of their size.  Empty: unknown, and the interior grains stand alone with their weights
    frame_diameter_nm: np.ndarray = field(default_factory=lambda: np.empty(0))
    #: shape (n, 2): centroids (row, column) of the interior grains; empty: unknown (then no block bootstrap)
    centre_nm: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    frame_centre_nm: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))  #: shape (m, 2)
    #: "nm", "px": of all lengths, as the reason of a verdict names them; "px" where the scale is not known
    unit: str = "nm"

    @property
    def n_interior(self) -> int:
        return len(self.diameter_nm)

    @property
    def n_grains(self) -> int:
        """All grains of the image, those at the frame too."""
        return len(self.diameter_nm) + len(self.frame_diameter_nm)

    @property
    def every_diameter_nm(self) -> np.ndarray:
        """Of whole grains, then of the visible parts of cut ones."""
        return np.concatenate([self.diameter_nm, self.frame_diameter_nm])

    def only(self, whole: np.ndarray, cut: np.ndarray) -> Self:
        """The image with the chosen ones of its grains; two masks, shape (n,) and (m,), or places."""
        return replace(
            self,
            diameter_nm=self.diameter_nm[whole],
            weight=self.weight[whole],
            frame_diameter_nm=self.frame_diameter_nm[cut],
            centre_nm=self.centre_nm[whole[: len(self.centre_nm)]],
            frame_centre_nm=self.frame_centre_nm[cut[: len(self.frame_centre_nm)]],
        )

    @classmethod
    def from_columns(cls, table: pd.DataFrame, pixel_size_nm: float, shape: tuple[int, ...]) -> Self:
        """From the columns of a grain table, as a database keeps them, and the image's (rows, columns)."""
        frame = table["touches_frame"].to_numpy(bool)
        size = table["equivalent_diameter_nm"].to_numpy(float)
        centre = table[["y_px", "x_px"]].to_numpy(float) * pixel_size_nm
        rows, columns = shape
        return cls(
            diameter_nm=size[~frame],
            weight=table["weight"].to_numpy(float)[~frame],
            pixel_size_nm=pixel_size_nm,
            window_nm=(rows * pixel_size_nm, columns * pixel_size_nm),
            frame_diameter_nm=size[frame],
            centre_nm=centre[~frame],
            frame_centre_nm=centre[frame],
        )
