"""Insert rate and size of the shared database, for images of about a thousand grains.

python benchmarks/bench_database.py results.db 300
python benchmarks/bench_database.py postgresql://user@host/name 300
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

from grainstats.measure import descriptors, grain_table, intercept_table
from grainstats.share import AnalysisKey, AnalysisRecord, Database, MicrographFacts
from segment.mosaics.laguerre import laguerre_section

IMAGES_PER_SAMPLE = 30


def main(url: str, n_images: int) -> None:
    """Store the same measured image under `n_images` names, one transaction each, then read a sample."""
    mosaic = laguerre_section((1024, 1024), 45, 0.3, np.random.default_rng(0)).grain_map(1.0)
    grains, intercepts, numbers = grain_table(mosaic), intercept_table(mosaic), tuple(descriptors(mosaic))
    rows = n_images * (len(grains) + len(intercepts))
    print(f"per image: {len(grains)} grains, {len(intercepts)} intercepts, {len(numbers)} descriptors")
    with Database.open(url) as db:
        wall, cpu = time.perf_counter(), time.process_time()
        for number in range(n_images):
            sha, sample_id = f"{number:064x}", f"S{number // IMAGES_PER_SAMPLE:03d}"
            facts = MicrographFacts(
                sha, sha, f"{sample_id}/{number:05d}.tif", "tiff", 1024, 1024, 1.0, "metadata"
            )
            key = AnalysisKey(sha, "m" * 64, "r" * 64)
            db.add_analysis(
                AnalysisRecord(key, facts, sample_id, "0.1.0", number, grains, intercepts, numbers)
            )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{rows} rows: {rows / wall:.0f} rows/s ({rows / cpu:.0f} per second of this process)")
        if Path(url).is_file():
            size = Path(url).stat().st_size
            per_image = size / n_images / 1e3
            print(f"{size / 1e6:.0f} MB, {size / rows:.0f} bytes per row, {per_image:.0f} kB per image")
        for name in ("grains", "intercepts"):
            start = time.process_time()
            found = len(getattr(db, name)("S000"))
            print(f"{name} of one sample: {found} rows in {time.process_time() - start:.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
