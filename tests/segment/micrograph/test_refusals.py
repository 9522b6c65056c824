"""Unusable input: refused with reason and remedy, never another exception, never a hang."""

from __future__ import annotations

import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segment.errors import InputError, UnreadableError
from segment.micrograph import MINIMUM_SIDE, describe, find_micrographs, read_micrographs


def _reads_or_refuses(path) -> str:
    try:
        for m in read_micrographs(path):
            assert m.image.ndim == 2 and min(m.image.shape) >= MINIMUM_SIDE
    except InputError as error:
        assert error.reason and error.remedy and str(path) in str(error)
        return "refused"
    return "read"


def test_every_prefix_of_every_format_is_refused_or_read(vendor_files, format_name, make_grains):
    """The header byte by byte where it is short, then in steps, then the last bytes one by one."""
    path = vendor_files.build(format_name)
    whole = [m.image for m in read_micrographs(path)]
    raw = path.read_bytes()
    n = len(raw)
    lengths = {*range(0, min(n, 600), 7), *range(0, n, max(n // 60, 1)), *range(max(n - 20, 0), n)}
    for length in sorted(lengths):
        path.write_bytes(raw[:length])
        if _reads_or_refuses(path) == "read":
            for m, image in zip(read_micrographs(path), whole, strict=True):
                np.testing.assert_array_equal(m.image, image)


@settings(max_examples=40, deadline=20_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_are_refused_or_read(vendor_files, format_name, data):
    """Any bytes overwritten anywhere: an answer or an `InputError`."""
    path = vendor_files.build(format_name)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, min(len(raw), 3000) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw))
    _reads_or_refuses(path)


def _refusal(path) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        list(read_micrographs(path))
    assert caught.value.source == str(path)
    assert caught.value.remedy
    return caught.value


def test_pixels_that_the_data_cannot_hold_are_not_reserved(tmp_path):
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, np.zeros((64, 64), np.uint8), compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as file:
        for name, edge in (("ImageWidth", 60_000), ("ImageLength", 60_000), ("RowsPerStrip", 60_000)):
            file.pages[0].tags[name].overwrite(edge)
    assert "3433 MB" in _refusal(path).reason


def test_missing_empty_and_text_files(tmp_path):
    assert "no such file" in _refusal(tmp_path / "missing.tif").reason
    empty = tmp_path / "empty.tif"
    empty.touch()
    assert "empty" in _refusal(empty).reason
    text = tmp_path / "text.tif"
    text.write_text("not an image")
    assert "no known microscope format" in _refusal(text).reason
    assert "a folder, not a file" in _refusal(tmp_path).reason


def test_truncated_tiff_says_so(tmp_path, make_grains):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, make_grains((256, 256)))
    path.write_bytes(path.read_bytes()[:-1000])
    assert "truncated" in _refusal(path).reason


@pytest.mark.parametrize("shape", [(40, 40), (63, 500), (500, 63)])
def test_too_small_images_are_refused_with_the_limit(tmp_path, make_grains, shape):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(make_grains(shape)))
    error = _refusal(path)
    assert "64" in error.reason and f"{shape[1]} x {shape[0]}" in error.reason
    (info,) = describe(path)
    assert info.problem == error.reason


def test_the_limit_counts_after_the_bar_is_cut(vendor_files):
    path = vendor_files.build("fei_tiff", bar=18, rows=62)
    assert "100 x 62" in _refusal(path).reason


@pytest.mark.parametrize("level", [0, 255, 7])
def test_constant_images_are_refused(tmp_path, level):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.full((100, 100), level, np.uint8))
    assert "same value" in _refusal(path).reason


def test_no_number_at_all_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.full((100, 100), np.nan, np.float32))
    assert "no pixel is left" in _refusal(path).reason


def test_complex_pixels_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.ones((100, 100), np.complex64))
    assert "no real numbers" in _refusal(path).reason


def test_one_bad_frame_of_a_stack_costs_only_itself(tmp_path, make_grains):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for k in range(4):
            image = np.zeros((100, 100), np.uint8) if k in (1, 3) else make_grains((100, 100), seed=k)
            writer.write(image, metadata=None)
    found = list(read_micrographs(path))
    assert [m.frame for m in found] == [0, 2]
    assert [n for n in found[-1].notes if "left out" in n] == [
        "frame 1 left out: all pixels have the same value (0)",
        "frame 3 left out: all pixels have the same value (0)",
    ]
    assert [i.problem is None for i in describe(path)] == [True, False, True, False]


def test_one_frame_of_a_stack_by_its_number(tmp_path, make_grains, monkeypatch):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for k in range(4):
            image = np.zeros((100, 100), np.uint8) if k == 1 else make_grains((100, 100), seed=k)
            writer.write(image, metadata=None)
    everything = {m.frame: m for m in read_micrographs(path)}
    decoded = []
    asarray = tifffile.TiffPage.asarray
    monkeypatch.setattr(
        tifffile.TiffPage, "asarray", lambda page, **how: decoded.append(page.index) or asarray(page, **how)
    )
    (found,) = read_micrographs(path, frame=2)
    assert decoded == [2]
    assert (found.frame, found.n_frames, found.digest) == (2, 4, everything[2].digest)
    np.testing.assert_array_equal(found.image, everything[2].image)
    with pytest.raises(UnreadableError, match="same value"):
        next(read_micrographs(path, frame=1))
    for number in (4, -1):
        with pytest.raises(UnreadableError, match=rf"no frame {number}.*4 frames"):
            next(read_micrographs(path, frame=number))


def test_find_micrographs(tmp_path, make_grains):
    for name in (
        "b.tif",
        "sub/a.PNG",
        "sub/deep/c.dm4",
        ".hidden/x.tif",
        "a.labels.tif",
        "a.txt",
        "t-tif.hdr",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    names = [p.relative_to(tmp_path).as_posix() for p in find_micrographs(tmp_path)]
    assert names == ["b.tif", "sub/a.PNG", "sub/deep/c.dm4"]
    assert find_micrographs([tmp_path, tmp_path / "b.tif"]) == find_micrographs(tmp_path)
    assert find_micrographs(f"{tmp_path}/sub/*") == [tmp_path / "sub/a.PNG", tmp_path / "sub/deep/c.dm4"]
    assert find_micrographs(tmp_path / "a.txt") == [tmp_path / "a.txt"]
    for nothing in (tmp_path / "missing", f"{tmp_path}/*.xyz"):
        with pytest.raises(UnreadableError):
            find_micrographs(nothing)


def test_linked_folders_are_entered_once(tmp_path):
    for name in ("disk/a.tif", "project/b.tif"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    project = tmp_path / "project"
    (project / "data").symlink_to(tmp_path / "disk")
    (project / "again").symlink_to(project)
    assert [p.name for p in find_micrographs(project)] == ["b.tif", "a.tif"]


def test_a_folder_that_cannot_be_listed_is_no_silence(tmp_path, monkeypatch):
    for name in ("a.tif", "locked/b.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_micrographs(tmp_path)
    assert found == [tmp_path / "a.tif", tmp_path / "locked"]
    assert "list" in _refusal(tmp_path / "locked").remedy


def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path):
    (tmp_path / "field_1.tif").write_bytes(b"x")
    with pytest.raises(InputError, match=r"did you mean field_1\.tif\?"):
        list(read_micrographs(tmp_path / "feild_1.tif"))
    with pytest.raises(InputError, match="Check the path"):
        list(read_micrographs(tmp_path / "nowhere" / "a.tif"))
