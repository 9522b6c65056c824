"""From grey levels to cells: the network, the cells, the whole, and PyTorch eager beside it."""

from __future__ import annotations

import numpy as np

from segment.cells.close import close_cells
from segment.micrograph import Micrograph
from segment.mosaics.laguerre import poisson_voronoi_plane
from segment.pipeline import segment_micrograph
from segment.unet import load_model
from segment.unet.predict import predict

GRAIN_PX = 36.0  #: mean size of a grain, within what the network sees best


def micrograph(edge: int, seed: int = 1) -> Micrograph:
    """Grey cells with dark lines and noise, uint8 of edge x edge px."""
    rng = np.random.default_rng(seed)
    labels = poisson_voronoi_plane((edge, edge), GRAIN_PX**-2, rng).grain_map().labels
    grey = rng.uniform(110, 200, labels.max() + 1)[labels]
    line = (labels != np.roll(labels, 1, 0)) | (labels != np.roll(labels, 1, 1))
    grey = np.where(line, 60, grey) + rng.normal(0, 8, labels.shape)
    return Micrograph(np.clip(grey, 0, 255).astype(np.uint8), 1.0, "manual", "made", "0", "made")


class Segmentation:
    """Images of several sizes; the second of each, so that nothing is compiled in the time."""

    params = (1024, 2048, 4096)
    param_names = ("edge",)
    timeout = 300

    def setup(self, edge: int) -> None:
        self.model = load_model()
        self.micrograph = micrograph(edge)
        self.boundaries = predict(self.model, self.micrograph)
        self.least = self.model.smallest_px(self.boundaries.scale)

    def time_network(self, edge: int) -> None:
        predict(self.model, self.micrograph)

    def time_cells(self, edge: int) -> None:
        close_cells(self.boundaries, persistence=self.model.persistence, min_area_px=self.least)

    def time_whole(self, edge: int) -> None:
        segment_micrograph(self.micrograph, self.model)

    def peakmem_whole(self, edge: int) -> None:
        segment_micrograph(self.micrograph, self.model)


class AgainstPyTorch:
    """Ratios measured in one process: the whole line against PyTorch eager's network alone, 1024²."""

    timeout = 300
    unit = "ratio of wall time"

    def setup(self) -> None:
        try:
            from segment.unet.torch_runtime import TorchRuntime

            self.model = load_model()
            self.torch = TorchRuntime(self.model, "cpu", "f32")
        except ImportError as error:
            raise NotImplementedError("needs the extra train") from error
        self.micrograph = micrograph(1024)

    def track_whole_over_torch(self) -> float:
        from time import perf_counter

        from segment.unet.predict import infer_image

        segment_micrograph(self.micrograph, self.model)
        infer_image(self.model, self.torch, self.micrograph.image, None)
        start = perf_counter()
        segment_micrograph(self.micrograph, self.model)
        middle = perf_counter()
        infer_image(self.model, self.torch, self.micrograph.image, None)
        return (middle - start) / (perf_counter() - middle)


class Cuda:
    """The network on a CUDA device, 8192²."""

    timeout = 600

    def setup(self) -> None:
        from segment.unet.torch_runtime import cuda_is_there

        self.model = load_model()
        if not cuda_is_there(self.model):
            raise NotImplementedError("no CUDA device")
        self.micrograph = micrograph(8192)
        predict(self.model, self.micrograph, device="cuda")

    def time_network(self) -> None:
        predict(self.model, self.micrograph, device="cuda")
