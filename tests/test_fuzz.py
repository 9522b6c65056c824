"""Damaged and hostile input: an answer or an error with a remedy, never another exception.

Fixed examples in the normal run; ``GRAINSTATS_FUZZ=5000 pytest tests/test_fuzz.py`` draws so many anew.
"""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grainstats.run.recipe import read_recipe
from grainstats.share.optimizer.space import read_space
from grainstats.share.quantity_units import normalise_unit
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError
from segment.label_maps.reading import read_label_map

LONG = os.environ.get("GRAINSTATS_FUZZ")
fuzz = settings(
    max_examples=int(LONG or 25),
    derandomize=LONG is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
damage = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8)


def damaged(raw: bytes, places: list[tuple[int, int]], cut: int) -> bytes:
    changed = bytearray(raw)
    for at, value in places:
        changed[at % len(changed)] = value
    return bytes(changed[: max(len(changed) - cut, 1)])


def maps() -> dict[str, bytes]:
    cells = np.kron(np.arange(1, 17, dtype=np.uint16).reshape(4, 4), np.ones((12, 12), np.uint16))
    tiff, npy = io.BytesIO(), io.BytesIO()
    tifffile.imwrite(tiff, cells, imagej=True, resolution=(0.5, 0.5), metadata={"unit": "nm"})
    np.save(npy, cells)
    return {
        "a.tif": tiff.getvalue(),
        "a.npy": npy.getvalue(),
        "a.png": cv2.imencode(".png", cells)[1].tobytes(),
    }


@pytest.mark.filterwarnings("ignore")  # numpy and tifffile warn of damaged headers, then read or refuse
@pytest.mark.parametrize("name", ["a.tif", "a.npy", "a.png"])
@pytest.mark.parametrize("tracing", [False, True])
@fuzz
@given(places=damage, cut=st.integers(0, 40))
def test_label_maps(
    tmp_path: Path, name: str, tracing: bool, places: list[tuple[int, int]], cut: int
) -> None:
    path = tmp_path / name
    path.write_bytes(damaged(maps()[name], places, cut))
    try:
        found = read_label_map(path, tracing=tracing)
    except InputError as error:
        assert error.reason and error.remedy and str(path) in str(error)
    else:
        assert found.labels.ndim == 2 and found.n_grains >= 1


@fuzz
@given(
    labels=st.lists(st.lists(st.integers(-1, 5), min_size=7, max_size=7), min_size=3, max_size=9),
    kind=st.sampled_from(["int16", "uint8", "float32", "int64"]),
)
def test_any_small_map_is_read_or_refused(tmp_path: Path, labels: list[list[int]], kind: str) -> None:
    np.save(tmp_path / "a.npy", np.array(labels).astype(kind))
    try:
        found = read_label_map(tmp_path / "a.npy")
    except InputError:
        return
    assert set(np.unique(found.labels)) - {0} == set(range(1, found.n_grains + 1))


cell = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["S1", "ai", "92.5 %", "1e999", "=1+1", "001", "", "\u200b", "nan", "0x1", "1_0", "％"]),
)
header = st.sampled_from(
    [
        "sample_id",
        "design_route",
        "prop:d_%",
        "param:t_h",
        "param:x_m**9**9**9",
        "date",
        "prop_sd:d_%",
        "",
        "images",
    ]
)


@fuzz
@given(names=st.lists(header, min_size=1, max_size=6), rows=st.lists(st.lists(cell, max_size=7), max_size=4))
def test_sheets(tmp_path: Path, names: list[str], rows: list[list[str]]) -> None:
    import csv

    with (tmp_path / "s.csv").open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([names, *rows])
    try:
        read = read_samples(tmp_path / "s.csv")
    except InputError as error:
        assert str(tmp_path / "s.csv") in str(error)
    else:
        assert all(row.sample_id for row in read.rows)


@fuzz
@given(raw=st.binary(max_size=300))
def test_any_bytes_as_a_sheet(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "s.csv").write_bytes(b"sample_id,design_route\n" + raw)
    try:
        read_samples(tmp_path / "s.csv")
    except InputError:
        pass


@pytest.mark.filterwarnings("ignore")  # openpyxl warns of parts that it does not know
@fuzz
@given(places=damage, cut=st.integers(0, 40))
def test_workbooks(tmp_path: Path, places: list[tuple[int, int]], cut: int) -> None:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["sample_id", "design_route", "prop:d_%"])
    book.active.append(["S1", "ai", 92.5])
    book.save(content)
    (tmp_path / "s.xlsx").write_bytes(damaged(content.getvalue(), places, cut))
    try:
        read_samples(tmp_path / "s.xlsx")
    except InputError as error:
        assert error.remedy


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "s.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(60):
                part.write(b"0" * (4 << 20))
    with pytest.raises(InputError, match="would unpack to 240 MB"):
        read_samples(tmp_path / "s.xlsx")


def test_a_picture_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    from segment.micrograph import read_micrographs

    raw = bytearray(cv2.imencode(".png", np.zeros((64, 64), np.uint8))[1].tobytes())
    raw[16:24] = (30_000).to_bytes(4, "big") * 2
    (tmp_path / "a.png").write_bytes(raw)
    with pytest.raises(InputError, match="would unpack to 858 MB"):
        list(read_micrographs(tmp_path / "a.png"))
    with pytest.raises(InputError, match="would unpack to 858 MB"):
        read_label_map(tmp_path / "a.png")


@fuzz
@given(text=st.text("abmsKhg0129_*^/()-. %°µ", max_size=24))
def test_units(text: str) -> None:
    try:
        assert normalise_unit(text)
    except ValueError:
        pass


@pytest.mark.parametrize("read", [read_recipe, read_space])
@fuzz
@given(text=st.one_of(st.text(max_size=60), st.integers(1, 3000).map(lambda n: f"a = {'[' * n}")))
def test_toml(tmp_path: Path, read: object, text: str) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8", errors="replace")
    assert callable(read)
    try:
        read(tmp_path / "a.toml")
    except InputError as error:
        assert error.remedy
