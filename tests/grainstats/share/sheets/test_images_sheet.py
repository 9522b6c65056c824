"""The sheet of images: read whole, or refused with every problem named."""

from pathlib import Path

import pytest

from grainstats.share.db.records import ImageRow, SheetError
from grainstats.share.sheets.images import read_images


def test_rows_are_read_as_they_stand(tmp_path):
    path = tmp_path / "images.csv"
    path.write_text(
        "file,sample_id,field,tilt_deg,excluded\nS1/a.tif,001,f1,-5.5,\n\nb.tif,,,,out of focus\n"
    )
    assert read_images(path).rows == (
        ImageRow("S1/a.tif", "001", "f1", -5.5),
        ImageRow("b.tif", excluded="out of focus"),
    )


def test_all_problems_are_named_at_once(tmp_path):
    path = tmp_path / "images.csv"
    path.write_text("file,tilt_deg,comment\na.tif,five,\na.tif,5,\n,6,\n")
    with pytest.raises(SheetError) as error:
        read_images(path)
    for text in (
        "unknown column 'comment'",
        "row 2",
        "'five' is not a number",
        "stands in row 2 already",
        "file is empty",
    ):
        assert text in str(error.value)


@pytest.mark.parametrize("word", ["no", "FALSE", "0", "n/a", "-"])
def test_a_reason_that_may_mean_none_is_named(tmp_path: Path, word: str) -> None:
    (tmp_path / "images.csv").write_text(f"file,excluded\na.tif,{word}\nb.tif,yes\n", encoding="utf-8")
    with pytest.raises(SheetError, match=rf"1 problem .*\n.*row 2: excluded is '{word}': write the reason"):
        read_images(tmp_path / "images.csv")
