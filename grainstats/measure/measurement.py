"""Everything measured on one map, once: its tables, its network and the blocks its intervals rest on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.measure.grains.second_phases import SecondPhases, measure_second_phases
from grainstats.measure.grains.table import grain_table
from grainstats.measure.grains.window_blocks import BlockGrid, grid_for
from grainstats.measure.network.graph import BoundaryNetwork, boundary_network
from grainstats.measure.spacing.astm import PlanimetricCount, planimetric_count
from grainstats.measure.spacing.circles import circular_intercepts
from grainstats.measure.spacing.intercepts import ANGLES, intercept_table
from grainstats.measure.window import Window
from segment.grain_map import GrainMap
from segment.registration.overlap import Places
from segment.segmentation import Segmentation


@dataclass(frozen=True, eq=False)
class Measurement:
    """Tables of one map.

    Attributes
    ----------
    grains, intercepts, circles : DataFrame
        See `grain_table`, `intercept_table`, `circular_intercepts`.
    planimetric : PlanimetricCount
        Of the whole window.
    network : BoundaryNetwork
    second_phases : SecondPhases
        What is no grain.
    grid : BlockGrid
        Blocks of the window.
    unit : {"nm", "px"}
    pixel_size : float
        Of one pixel in `unit`.
    image_id : str
    shape : tuple of int
        (rows, columns) of the map.
    segmentation : Segmentation or None
        How a model cut the map; None: it was given.
    warnings : tuple of str
        Of the map.

    Examples
    --------
    >>> import numpy as np, grainstats as gs
    >>> gs.measure(np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int)), pixel_size_nm=2.0)
    <Measurement of 100 x 100 px: 25 grains, 386 intercepts>
    """

    grains: pd.DataFrame
    intercepts: pd.DataFrame
    circles: pd.DataFrame
    planimetric: PlanimetricCount
    network: BoundaryNetwork
    second_phases: SecondPhases
    grid: BlockGrid
    unit: str
    pixel_size: float
    image_id: str = ""
    shape: tuple[int, ...] = (0, 0)
    segmentation: Segmentation | None = None
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.shape))
        return f"<Measurement of {size} px: {len(self.grains)} grains, {len(self.intercepts)} intercepts>"

    @property
    def window(self) -> Window:
        return self.network.window

    def places(self) -> Places:
        """Where the whole grains lie, in `unit`."""
        whole = self.grains[~self.grains["touches_frame"].astype(bool)]
        centres = whole[["y_px", "x_px"]].to_numpy(float) * self.pixel_size
        size = (self.shape[0] * self.pixel_size, self.shape[1] * self.pixel_size)
        return Places(centres, whole[f"area_{self.unit}2"].to_numpy(float), size)


def measure_grain_map(
    grain_map: GrainMap,
    *,
    unit: str = "nm",
    angles: tuple[float, ...] = ANGLES,
    spacing: float | None = None,
    seed: int | np.random.Generator = 0,
    image_id: str = "",
) -> Measurement:
    """Measure a map once; `descriptors`, `summary` and the other functions take the result.

    Parameters
    ----------
    grain_map : GrainMap
    unit : {"nm", "px"}
    angles, spacing, seed
        Of the test lines; see `intercept_table`.
    image_id : str
        Name of the image in results of the sample.

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    """
    rng = np.random.default_rng(seed)
    network = boundary_network(grain_map, unit=unit)
    grains = grain_table(grain_map, unit=unit, network=network)
    lines = intercept_table(grain_map, unit=unit, angles=angles, spacing=spacing, seed=rng, network=network)
    grid = grid_for(network.window, len(grains))
    circles = circular_intercepts(grain_map, unit=unit, seed=rng, network=network)
    count = planimetric_count(grain_map)
    return Measurement(
        grains,
        lines,
        circles,
        count,
        network,
        measure_second_phases(grain_map),
        grid,
        unit,
        network.pixel_size,
        image_id,
        grain_map.labels.shape,
        grain_map.segmentation,
        grain_map.warnings,
    )
