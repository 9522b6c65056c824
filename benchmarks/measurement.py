"""From a grain map to tables, descriptors and a verdict, and scikit-image's table beside it."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from grainstats.infer import ImageGrains, judge_modality
from grainstats.measure import descriptors, grain_table, measure_grain_map, sample_summary
from segment.mosaics.laguerre import poisson_voronoi_plane

GRAIN_PX = 57.93  #: 5,000 grains at 4096²


class Measurement:
    """Poisson-Voronoi maps of several sizes."""

    params = (1024, 2048, 4096, 8192)
    param_names = ("edge",)
    timeout = 300

    def setup(self, edge: int) -> None:
        rng = np.random.default_rng(1)
        self.map = poisson_voronoi_plane((edge, edge), GRAIN_PX**-2, rng).grain_map(1.0)
        self.tables = measure_grain_map(self.map)
        pixel, shape = self.map.pixel_size_nm, self.map.labels.shape
        self.grains = [ImageGrains.from_columns(self.tables.grains, pixel, shape)]
        judge_modality(self.grains)

    def time_tables(self, edge: int) -> None:
        measure_grain_map(self.map)

    def time_summary(self, edge: int) -> None:
        sample_summary([self.tables])

    def time_descriptors(self, edge: int) -> None:
        descriptors(self.map)

    def time_verdict(self, edge: int) -> None:
        judge_modality(self.grains)

    def peakmem_tables(self, edge: int) -> None:
        measure_grain_map(self.map)


class AgainstScikitImage:
    """Ratio measured in one process: the table of grains against regionprops_table of the same properties."""

    timeout = 300
    unit = "ratio of wall time"
    properties = ("label", "area", "perimeter", "centroid", "bbox", "axis_major_length", "axis_minor_length")

    def setup(self) -> None:
        rng = np.random.default_rng(1)
        self.map = poisson_voronoi_plane((2048, 2048), GRAIN_PX**-2, rng).grain_map(1.0)
        grain_table(self.map)

    def track_table_over_scikit_image(self) -> float:
        from skimage.measure import regionprops_table

        start = perf_counter()
        grain_table(self.map)
        middle = perf_counter()
        regionprops_table(self.map.labels, properties=self.properties)
        return (middle - start) / (perf_counter() - middle)
