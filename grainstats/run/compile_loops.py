"""Compile the loops ahead of the first image: ``python -m grainstats.run.compile_loops``, as ``make`` does.

numba keeps what it compiled beside the modules, or, where these cannot be written, in the user's cache folder
(``NUMBA_CACHE_DIR``). Without this the first image of a fresh installation waits some 10 s for it.
"""

import tempfile
from pathlib import Path

import numpy as np


def compile_loops() -> None:
    """Run one small drawn image of each kind of pixel through everything, and throw the result away."""
    import tifffile

    from grainstats.run.job.batch import run_batch
    from grainstats.run.job.call import Call
    from segment.mosaics.laguerre import laguerre_section

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="grainstats-") as scratch:
        folder = Path(scratch)
        for kind, gain in ((np.uint8, 1), (np.uint16, 200), (np.float32, 1)):
            grains = laguerre_section((256, 256), 24, 0.3, rng).grain_map()
            levels = rng.integers(60, 200, grains.n_grains + 1)
            image = levels[grains.labels] * gain + rng.normal(0, 3 * gain, grains.labels.shape)
            tifffile.imwrite(
                folder / f"{np.dtype(kind).name}.tif",
                np.clip(image, 0, None).astype(kind),
                imagej=True,
                resolution=(1.0, 1.0),
                metadata={"unit": "nm"},
            )
        run_batch(Call((scratch,), folder / "out", workers=0, device="cpu"))


if __name__ == "__main__":
    compile_loops()
