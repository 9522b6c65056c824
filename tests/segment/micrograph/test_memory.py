"""Large images are read once: no needless copy, frames of a stack one at a time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import tifffile

from segment.errors import UnreadableError
from segment.label_maps.reading import read_label_map
from segment.micrograph import read_micrographs

MEGABYTE = 2**20


def _peak(path) -> float:
    """Largest allocation while reading, in bytes."""
    tracemalloc.start()
    try:
        for m in read_micrographs(path):
            assert m.image.size
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_a_large_image_costs_little_more_than_itself(tmp_path):
    """4096 x 8192 of uint8: 32 MiB; the search for a bar works on a fifth of the columns."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (4096, 8192), np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image)
    assert _peak(path) < 2.2 * image.nbytes


def test_a_stack_is_read_frame_by_frame(tmp_path):
    """24 frames of 2 MiB: the file holds 48."""
    rng = np.random.default_rng(0)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for _ in range(24):
            writer.write(rng.integers(0, 60000, (1024, 1024), np.uint16), metadata=None)
    assert _peak(path) < 18 * MEGABYTE


def test_colour_is_reduced_block_by_block(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (2048, 2048, 3), np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image, photometric="rgb")
    assert _peak(path) < image.nbytes + 3 * 2048 * 2048 + 40 * MEGABYTE


def test_memory_that_ends_while_reading_is_no_damage(tmp_path, monkeypatch):
    def ends(*_: object, **__: object) -> np.ndarray:
        raise MemoryError("Unable to allocate 7 TiB")

    tifffile.imwrite(tmp_path / "a.tif", np.zeros((80, 90), np.uint8))
    monkeypatch.setattr(tifffile.TiffPage, "asarray", ends)
    with pytest.raises(UnreadableError, match="not enough memory to read it"):
        next(read_micrographs(tmp_path / "a.tif"))
    with pytest.raises(UnreadableError, match="does not fit into memory"):
        read_label_map(tmp_path / "a.tif")
