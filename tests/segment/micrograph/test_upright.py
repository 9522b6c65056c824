"""Pictures that a tag turns are read as they are shown, and so are drawings on them."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from segment.label_maps.by_hand import read_drawing
from segment.label_maps.reading import read_label_map
from segment.micrograph import describe, read_micrographs


def with_exif(kind: str, pixels: np.ndarray, orientation: int) -> bytes:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "a maker"
    exif[274] = orientation
    Image.fromarray(pixels).save(file, kind, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 10))
@pytest.mark.parametrize("kind", ["tiff", "png", "jpeg"])
def test_a_picture_is_read_as_programs_show_it(tmp_path, make_grains, kind, orientation):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(with_exif(kind, make_grains((80, 100)), orientation))
    shown = "jpeg" if kind == "jpeg" else "png"  # Pillow turns a TIFF by itself
    raw = with_exif(shown, make_grains((80, 100)), orientation)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(raw))))
    (found,), (info,) = read_micrographs(path), describe(path)
    np.testing.assert_array_equal(found.image, expected)
    assert info.shape == expected.shape
    assert any("as its orientation tag says" in note for note in found.notes) == (1 < orientation < 9)


@pytest.mark.parametrize(("orientation", "sides"), [(3, (0.2, 0.4)), (6, (0.4, 0.2))])
def test_height_and_width_of_its_pixels_turn_with_it(tmp_path, make_grains, orientation, sides):
    """Stored 0.4 px/nm along the columns (2.5 nm wide) and 0.2 along the rows (5 nm high)."""
    path = tmp_path / "a.tif"
    tag = [(274, "H", 1, orientation, True)]
    tifffile.imwrite(
        path,
        make_grains((80, 100)),
        imagej=True,
        resolution=(0.4, 0.2),
        metadata={"unit": "nm"},
        extratags=tag,
    )
    (found,) = read_micrographs(path)
    assert found.pixel_size_nm == pytest.approx(2.5)
    assert found.image.shape == ((160, 100) if sides == (0.2, 0.4) else (100, 160))


def test_damaged_exif_turns_nothing(tmp_path, make_grains):
    raw = with_exif("jpeg", make_grains((80, 100)), 6)
    at = raw.find(b"Exif\0\0")
    (tmp_path / "a.jpg").write_bytes(raw[: at + 10] + b"\xff" * 8 + raw[at + 18 :])
    assert next(read_micrographs(tmp_path / "a.jpg")).image.shape == (80, 100)


def test_a_map_and_a_tracing_with_the_tag_lie_on_the_picture_with_it(tmp_path, make_grains):
    cells = np.kron(np.arange(1, 21, dtype=np.uint8).reshape(4, 5), np.ones((20, 20), np.uint8))
    (tmp_path / "a.jpg").write_bytes(with_exif("jpeg", make_grains((80, 100)), 8))
    tag = [(274, "H", 1, 8, True)]
    tifffile.imwrite(tmp_path / "a.labels.tif", cells, extratags=tag)
    (image,) = read_micrographs(tmp_path / "a.jpg")
    assert (read_drawing(tmp_path / "a.labels.tif", image).labels[0, :4] > 0).all()
    found = read_label_map(tmp_path / "a.labels.tif")
    np.testing.assert_array_equal(found.labels, np.rot90(cells))
    assert any("orientation tag" in text for text in found.warnings)
