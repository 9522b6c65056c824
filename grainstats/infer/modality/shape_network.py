"""A small network: how much does a standardised size distribution look like two populations?

It is trained on simulated sections (``calibration/build_null_library.py``) and used as a test statistic only:
what a score means is read from the null library, so that a badly trained network would cost power, not
honesty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grainstats.infer.modality.distribution import STEP, SizeDistribution
from grainstats.infer.modality.null_library import stored_arrays

SMOOTHING = 0.12  # SD of the kernel over the standardised log sizes
THINNING = 3  #: every third point of GRID is an input: the kernel is wider than that
MOST_GRAINS = 1600  # interior grains that were learned; a larger sample is taken for one of so many


@dataclass(frozen=True, eq=False)
class ShapeNetwork:
    """Weights of a perceptron with tanh layers."""

    #: centre, scale: shape (k,): standardise the inputs; matrices, offsets: of shapes (in, out) and (out,),
    #: layer by layer; the last gives one number
    centre: np.ndarray
    scale: np.ndarray
    matrices: tuple[np.ndarray, ...]
    offsets: tuple[np.ndarray, ...]

    def score(self, inputs: np.ndarray) -> np.ndarray:
        """Log odds of two populations, shape (n,)."""
        signal = (inputs - self.centre) / self.scale
        for matrix, offset in zip(self.matrices[:-1], self.offsets[:-1], strict=True):
            signal = np.tanh(signal @ matrix + offset)
        return np.asarray((signal @ self.matrices[-1] + self.offsets[-1])[:, 0])


def shape_inputs(grid: np.ndarray, counts: np.ndarray, scalars: np.ndarray) -> np.ndarray:
    """Roots of the smoothed density, four scalars and roots of the counts, shape (n, 74).

    Of n times `SizeDistribution.on_grid`, shape (n, 145), `SizeDistribution.counts`, (n, 27), and
    `shape_scalars`, (n, 4).
    """
    scalars = np.array(scalars)
    beyond = np.maximum(scalars[:, 1] - np.log(MOST_GRAINS), 0.0)
    scalars[:, 1:3] -= beyond[:, None]
    reach = np.arange(-8, 9) * STEP / SMOOTHING
    kernel = np.exp(-0.5 * reach**2)
    kernel /= kernel.sum() * STEP
    smooth, last = kernel[8] * grid[:, 8:-8], grid.shape[1]
    for k in range(8):  # scipy.ndimage takes .05 s to import
        smooth += kernel[k] * (grid[:, k : last - 16 + k] + grid[:, 16 - k : last - k])
    return np.column_stack([np.sqrt(smooth[:, ::THINNING]), scalars, np.sqrt(counts)])


def shape_scalars(distributions: Sequence[SizeDistribution]) -> np.ndarray:
    """Logs of SD, interior grains and n_eff, and the frame's share, shape (n, 4)."""
    return np.array(
        [
            [np.log(max(d.sd, 1e-6)), np.log(d.n_interior), np.log(d.n_eff), d.frame_share]
            for d in distributions
        ]
    )


@lru_cache(maxsize=2)
def load_network(null: str) -> ShapeNetwork:
    """The network shipped with the package for this null."""
    stored = stored_arrays(f"shape_{null}.npz")
    matrices, offsets = (
        tuple(stored[name] for name in sorted(stored) if name.startswith(kind))
        for kind in ("matrix", "offset")
    )
    return ShapeNetwork(stored["centre"], stored["scale"], matrices, offsets)


def shape_scores(distributions: Sequence[SizeDistribution], network: ShapeNetwork) -> np.ndarray:
    """Score of every distribution, shape (n,)."""
    grid = np.stack([d.on_grid() for d in distributions])
    counts = np.stack([d.counts() for d in distributions])
    return network.score(shape_inputs(grid, counts, shape_scalars(distributions)))
