"""An image's sample: glob of the sheet, listed folder above it, or its folder; never two folders in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from grainstats.run.job.assign import assign_samples
from grainstats.share.db.records import SampleRow, SampleSheet
from segment.errors import InputError


def touch(root: Path, *names: str) -> list[Path]:
    paths = [root / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def sheet(root: Path, **globs: str | None) -> SampleSheet:
    rows = tuple(SampleRow(name, "ai", images=pattern) for name, pattern in globs.items())
    return SampleSheet(str(root / "samples.csv"), rows)


def test_without_a_sheet_the_folder_names_the_sample(tmp_path):
    a, b = touch(tmp_path, "S1/a.tif", "S2/b.tif")
    assert assign_samples([a, b]).sample_ids == {a: "S1", b: "S2"}


def test_two_folders_of_one_name_are_two_samples(tmp_path):
    paths = touch(tmp_path, "A/raw/1.tif", "B/raw/1.tif", "C/1.tif")
    assert list(assign_samples(paths).sample_ids.values()) == ["A/raw", "B/raw", "C"]


def test_globs_start_at_the_sheet_and_may_cross_folders(tmp_path):
    a, b, c = touch(tmp_path, "day1/s1_a.tif", "day2/deep/s1_b.tif", "day2/s2.tif")
    found = assign_samples([a, b, c], sheet(tmp_path, S1="**/s1_*.tif", S2="day2/s2.tif"))
    assert found.sample_ids == {a: "S1", b: "S1", c: "S2"}
    assert found.warnings == ()


def test_a_relative_path_matches_too(tmp_path, monkeypatch):
    touch(tmp_path, "day1/a.tif")
    monkeypatch.chdir(tmp_path)
    found = assign_samples([Path("day1/a.tif")], sheet(tmp_path, S1="day1/*.tif"))
    assert found.sample_ids == {Path("day1/a.tif"): "S1"}


def test_nearest_listed_folder_above_the_image(tmp_path):
    (a,) = touch(tmp_path, "S1/lamella2/a.tif")
    assert assign_samples([a], sheet(tmp_path, S1=None)).sample_ids == {a: "S1"}


def test_what_sheet_and_images_do_not_share_is_said(tmp_path):
    (a,) = touch(tmp_path, "other/a.tif")
    found = assign_samples([a], sheet(tmp_path, S1=None))
    assert found.sample_ids == {a: "other"}
    assert found.warnings == (
        "samples.csv: no image of this run belongs to S1",
        "samples.csv does not list other: named after the image's folder, without a design route",
    )


def test_an_image_of_two_samples_is_refused(tmp_path):
    (a,) = touch(tmp_path, "a.tif")
    with pytest.raises(InputError, match="'S1' and 'S2' both match"):
        assign_samples([a], sheet(tmp_path, S1="*.tif", S2="a*"))


def test_folders_with_accents_in_two_spellings_are_one_name(tmp_path):
    """macOS writes か and its mark apart; sheets write が."""
    (a,) = touch(tmp_path, "\u304b\u30991/a.tif")
    assert assign_samples([a], sheet(tmp_path, **{"\u304c1": None})).sample_ids == {a: "\u304c1"}


@pytest.mark.parametrize("pattern", ["S\\*.tif", "\u00e9\\*.tif", "\u00e9/*.tif", "e\u0301/*.tif"])
def test_globs_of_other_systems_match(tmp_path, pattern):
    folder = "S" if pattern.startswith("S") else "e\u0301"
    (a,) = touch(tmp_path, f"{folder}/a.tif")
    assert assign_samples([a], sheet(tmp_path, S1=pattern)).sample_ids == {a: "S1"}
