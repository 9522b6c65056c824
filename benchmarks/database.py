"""The shared database: storing images of about a thousand grains, and reading a sample back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from grainstats._version import __version__
from grainstats.measure import descriptors, grain_table, intercept_table
from grainstats.share import AnalysisKey, AnalysisRecord, Database, MicrographFacts
from segment.mosaics.laguerre import laguerre_section


class Storing:
    """One transaction an image, SQLite."""

    number = 1
    rounds = 1
    timeout = 300

    def setup(self) -> None:
        mosaic = laguerre_section((1024, 1024), 45, 0.3, np.random.default_rng(0)).grain_map(1.0)
        self.tables = grain_table(mosaic), intercept_table(mosaic), tuple(descriptors(mosaic))
        self.folder = tempfile.TemporaryDirectory()
        self.next = 0
        self.db = Database.open(str(Path(self.folder.name) / "bench.db"))
        self._store(10)

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()

    def time_store_ten_images(self) -> None:
        self._store(10)

    def time_grains_of_a_sample(self) -> None:
        self.db.grains("S1")

    def time_intercepts_of_a_sample(self) -> None:
        self.db.intercepts("S1")

    def _store(self, count: int) -> None:
        for number in range(self.next, self.next + count):
            sha = f"{number:064x}"
            facts = MicrographFacts(sha, sha, f"S1/{number}.tif", "tiff", 1024, 1024, 1.0, "metadata")
            key = AnalysisKey(sha, "m" * 64, "r" * 64)
            self.db.add_analysis(AnalysisRecord(key, facts, "S1", __version__, number, *self.tables))
        self.next += count
