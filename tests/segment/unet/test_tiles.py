"""Tiles cover the frame once, read what they may, and fold the image by reflection."""

import numpy as np
import pytest

from segment.unet.tiles import padded_image, plan_tiles, reflected


@pytest.mark.parametrize("shape", [(128, 128), (512, 1536), (1120, 96), (2048, 2048)])
@pytest.mark.parametrize("read_px", [60_000, 300_000, 10**9])
@pytest.mark.parametrize("margin", [0, 32])
def test_write_rectangles_cover_the_frame_within_its_margin_once(shape, read_px, margin):
    tiles = plan_tiles(shape, stride=32, halo=64, margin=margin, read_px=read_px)
    times = np.zeros(shape, int)
    for tile in tiles:
        times[tile.rows, tile.columns] += 1
        for write, read, size in zip(
            (tile.rows, tile.columns), (tile.read_rows, tile.read_columns), shape, strict=True
        ):
            assert write.start % 32 == 0
            assert 0 <= read.start <= max(write.start - 64, 0)
            assert min(write.stop + 64, size) <= read.stop <= size
            assert read.start % 32 == read.stop % 32 == 0
        assert times[tile.rows, tile.columns].size <= read_px
    inside = np.pad(np.ones([size - 2 * margin for size in shape], int), margin)
    np.testing.assert_array_equal(times, inside)
    edges = {
        (t.read_rows.stop - t.read_rows.start, t.read_columns.stop - t.read_columns.start) for t in tiles
    }
    assert len(edges) == 1


def test_read_rectangles_keep_to_the_limit_and_one_tile_suffices_where_it_fits():
    limited = plan_tiles((4096, 4096), stride=32, halo=64, read_px=2_000_000)
    for tile in limited:
        rows, columns = tile.source()
        assert (rows.stop - rows.start) * (columns.stop - columns.start) <= 2_000_000
    read = sum(
        (t.read_rows.stop - t.read_rows.start) * (t.read_columns.stop - t.read_columns.start) for t in limited
    )
    assert read < 1.3 * 4096**2
    assert len(plan_tiles((1024, 1024), stride=32, halo=384, read_px=2_000_000)) == 1


def test_frame_continues_the_image_like_numpy():
    image = np.arange(70 * 90).reshape(70, 90)
    frame = padded_image(image, 64, 32)
    assert frame.shape == (224, 224)
    padded = np.pad(image, ((64, 90), (64, 70)), mode="reflect")
    np.testing.assert_array_equal(frame.read(slice(0, 224), slice(0, 224))[0], padded)
    pixels, rows, columns = frame.read(slice(32, 160), slice(192, 224))
    np.testing.assert_array_equal(pixels, padded[32:160, 192:224])
    np.testing.assert_array_equal(pixels, image[np.ix_(rows, columns)])


@pytest.mark.parametrize("size", [1, 2, 5, 40])
def test_reflection_folds_as_often_as_needed(size):
    expected = np.pad(np.arange(size), (64, 64), mode="reflect") if size > 1 else np.zeros(129, int)
    np.testing.assert_array_equal(reflected(-64, size + 128, size), expected)
