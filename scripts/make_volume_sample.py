"""Make the stack in data_samples/volume: a made FIB-SEM stack of known truth, as a NeXus file.

    python scripts/make_volume_sample.py [OUT]

Laguerre grains with voids and a second phase, curtains, charging, shine-through of pores, drift and noise, of
one seed.  Its grains stand in truth/volume, 0 in voids and second phase.
"""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "calibration"))

from fib_sem import FibSem, made_stack

from segment.volume import VoxelSize
from segment.volume.export import write_tiff

OUT = Path(__file__).resolve().parents[1] / "data_samples"
SHAPE, MEAN_DIAMETER, SEED = (64, 112, 112), 28.0, 12
SIZE = VoxelSize(10.0, 10.0, 10.0)
NAME = "made-fib-sem"


def write_nexus(path: Path, grey: np.ndarray, size: VoxelSize) -> None:
    """One NXdata with its axes in nanometres."""
    with h5py.File(path, "w") as file:
        file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "stack"})
        entry["title"] = "synthetic FIB-SEM stack"
        data = entry.create_group("stack")
        data.attrs.update({"NX_class": "NXdata", "signal": "grey", "axes": ["z", "y", "x"]})
        data.create_dataset(
            "grey", data=grey, chunks=(1, *grey.shape[1:]), compression="gzip", compression_opts=9
        )
        for name, n, edge in zip("zyx", grey.shape, size.zyx, strict=True):
            data[name] = (np.arange(n) + 0.5) * edge
            data[name].attrs["units"] = "nm"


def main(out: Path) -> None:
    """Write the stack and its truth."""
    made = made_stack(SHAPE, MEAN_DIAMETER, np.random.default_rng(SEED), imaging=FibSem(drift_px=0.3))
    for folder in (out / "volume", out / "truth/volume"):
        folder.mkdir(parents=True, exist_ok=True)
    write_nexus(out / f"volume/{NAME}.nxs", made.grey, SIZE)
    write_tiff(out / f"truth/volume/{NAME}.labels.tif", made.labels, SIZE)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
