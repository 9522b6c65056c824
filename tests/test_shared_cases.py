"""Inputs that once came out wrong, kept beside the checkout: each must give the right value or a refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from grainstats.run.cli import app
from grainstats.share.db.records import SheetError
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError
from segment.micrograph import describe, read_micrographs
from segment.micrograph.fingerprint import fingerprint, same_areas


@pytest.fixture(scope="module")
def cases() -> Path:
    folder = Path(__file__).resolve().parents[2] / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("cases not found: ../shared/cases is missing")
    return folder


def one(cases: Path, pattern: str) -> Path:
    (found,) = cases.glob(pattern)
    return found


@pytest.mark.parametrize(
    ("pattern", "nanometres", "words"),
    [
        ("01*/black_frame.tif", None, "blank part at the rim (one level"),
        ("02*/i8_ok.mrc", 1.6, ""),
        ("02*/u8_imod.mrc", 1.6, "unsigned, by their smoothness"),
        ("03*/c.tif", 1.6, "another channel of the same area left out"),
        ("10*/*/j.tif", 1.6, ""),
        ("11*/*/i.tif", None, "72 dots per inch"),
        ("12*/*/t.tif", 1.6, ""),
        ("13*/*/m0.ome.tif", 1.6, ""),
        ("13*/*/m1.ome.tif", 4.8, ""),
        ("14*/*/o.ome.tif", 1.6, "decimal comma"),
        ("15*/cmyk_k.jpg", None, ""),
        ("16*/*/ph.tif", 1.6, ""),
    ],
)
def test_pixel_sizes_and_notes(cases: Path, pattern: str, nanometres: float | None, words: str) -> None:
    (found,) = describe(one(cases, pattern))
    assert found.problem is None
    assert found.pixel_size_nm == (None if nanometres is None else pytest.approx(nanometres))
    assert words in "\n".join(found.notes)


def test_the_frame_is_hidden_and_what_is_left_is_the_image(cases: Path) -> None:
    (framed,), (base,) = (list(read_micrographs(one(cases, f"01*/{n}.tif"))) for n in ("black_frame", "base"))
    assert framed.valid is not None
    assert 0.98 < framed.valid.sum() / base.image.size <= 1


def test_bytes_are_the_same_whatever_their_sign(cases: Path) -> None:
    (first,), (second,) = (list(read_micrographs(one(cases, f"02*/{n}.mrc"))) for n in ("i8_ok", "u8_imod"))
    assert same_areas([fingerprint(first.image), fingerprint(second.image)], 0.999)
    assert np.corrcoef(first.image.ravel(), second.image.ravel())[0, 1] > 0.999


def test_copies_show_the_same_area(cases: Path) -> None:
    prints = [
        fingerprint(micrograph.image)
        for name in ("a", "a_copy", "c")
        for micrograph in read_micrographs(one(cases, f"03*/{name}.tif"))
    ]
    assert len(prints) == 3
    assert (0, 1) in [(found.first, found.second) for found in same_areas(prints, 0.999)]


def test_a_cropped_image_beside_its_sidecar_is_named(cases: Path) -> None:
    (found,) = describe(one(cases, "10*/*/j.tif"))
    (conflict,) = found.conflicts
    assert "cropped" in conflict.chosen and "resized" in conflict.rejected


@pytest.mark.parametrize("pattern", ["04*/ref.tif", "05*/sat8.tif", "17*/tr_gaps.png"])
def test_maps_are_no_micrographs(cases: Path, pattern: str) -> None:
    with pytest.raises(InputError, match=r"not a micrograph.*grainstats measure"):
        list(read_micrographs(one(cases, pattern)))


def measured(*arguments: str) -> tuple[dict[str, Any], str]:
    done = CliRunner().invoke(app, ["measure", *arguments, "--json"])
    return (json.loads(done.stdout) if done.stdout else {}), done.stderr


@pytest.mark.slow
def test_measure(cases: Path) -> None:
    ref, _ = measured(str(one(cases, "04*/ref.tif")), "--pixel-size", "1")
    dams, said = measured(str(one(cases, "04*/dam1.tif")), "--pixel-size", "1")
    assert "closed along their middle" in said
    for name in ("boundary_density_per_um", "triple_junctions_per_um2"):
        assert dams[name] == pytest.approx(ref[name], rel=0.01)
    flat, said = measured(str(one(cases, "06*/nonsq.tif")))
    assert "2 nm height and 1 nm width" in said
    assert flat["intercept_nm"]["mean"] == pytest.approx(32.4, rel=0.03)
    nothing, said = measured(str(one(cases, "05*/sat8.tif")), "--pixel-size", "1")
    assert nothing == {} and "higher numbers were cut to it" in said
    twice, said = measured(*[str(one(cases, "04*/ref.tif"))] * 2, "--pixel-size", "1")
    assert twice["n_grains"] == ref["n_grains"] and "counted once" in said


@pytest.mark.parametrize(
    ("name", "grains", "words"), [("tr_grey110", (400, 400), ""), ("tr_gaps", (375, 400), "gaps")]
)
def test_tracings(cases: Path, name: str, grains: tuple[int, int], words: str) -> None:
    from segment.label_maps.reading import read_label_map

    found = read_label_map(one(cases, f"17*/{name}.png"), pixel_size_nm=1.0, tracing=True)
    assert grains[0] <= found.n_grains <= grains[1]
    assert words in "\n".join(found.warnings)


def test_sheets(cases: Path) -> None:
    rows = read_samples(one(cases, "07*/percent.xlsx")).rows
    assert [row.properties[0].value for row in rows] == [92.5, 94.0]
    assert read_samples(one(cases, "09*/ids000.xlsx")).sample_ids() == ("001", "002")
    for pattern, words in (
        ("08*/formula.xlsx", "formula without a value"),
        ("09*/nfd.csv", "stands in row 2 already"),
        ("09*/zwsp.csv", "ZERO WIDTH SPACE"),
    ):
        with pytest.raises(SheetError, match=words):
            read_samples(one(cases, pattern))
