"""The shipped samples say what their truth says: vendors, scales, bars, label maps, descriptors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from grainstats.measure import measure_grain_map, sample_summary
from grainstats.share.sheets.samples import read_samples
from segment.label_maps.reading import read_label_map
from segment.micrograph import find_micrographs, read_micrographs

FOLDER = Path(__file__).resolve().parents[3] / "data_samples"
TRUTH = json.loads((FOLDER / "truth.json").read_text())
VENDORS = {"imagej": "imagej_tiff", "fei": "fei_tiff", "zeiss": "zeiss_tiff"}


def test_folder_holds_eight_micrographs_and_is_small():
    names = [p.relative_to(FOLDER).as_posix() for p in find_micrographs(FOLDER)]
    assert names == sorted(name for sample in TRUTH.values() for name in sample["images"])
    assert len(names) == 8
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) < 8e6
    assert {s["modality"] for s in TRUTH.values()} == {"uniform", "bimodal"}
    assert {s["vendor"] for s in TRUTH.values()} == set(VENDORS)


def test_sheet_names_every_sample_and_both_routes():
    rows = read_samples(FOLDER / "samples.csv").rows
    assert [row.sample_id for row in rows] == list(TRUTH)
    assert {row.design_route for row in rows} == {"ai", "researcher"}


@pytest.mark.parametrize("sample_id", TRUTH)
def test_files_read_with_their_true_scale_and_without_their_bar(sample_id):
    truth = TRUTH[sample_id]
    for name, facts in truth["images"].items():
        (m,) = read_micrographs(FOLDER / name)
        assert m.vendor == VENDORS[truth["vendor"]]
        assert m.pixel_size_nm == pytest.approx(truth["pixel_size_nm"], rel=1e-6)
        assert list(m.image.shape) == facts["shape"]
        assert m.image.dtype == np.uint8 and m.valid is None
        assert (m.info_bar_rows > 0) == (truth["vendor"] != "imagej")
        assert len(m.conflicts) == (truth["vendor"] == "zeiss")
        assert facts["n_interior"] >= 250


@pytest.mark.slow
@pytest.mark.parametrize("sample_id", TRUTH)
def test_label_maps_measure_to_the_stated_truth(sample_id):
    truth = TRUTH[sample_id]
    maps = [
        read_label_map(FOLDER / "truth" / name.replace(".tif", ".labels.tif")) for name in truth["images"]
    ]
    for grain_map, facts in zip(maps, truth["images"].values(), strict=True):
        assert grain_map.n_grains == facts["n_grains"]
        assert grain_map.pixel_size_nm == pytest.approx(truth["pixel_size_nm"], rel=1e-6)
    whole = sample_summary([measure_grain_map(m, unit="nm") for m in maps])
    for name, key in [("equivalent_diameter_nm", "mean"), ("intercept_nm", "mean"), ("intercept_nm", "cv")]:
        assert whole[name][key] == pytest.approx(truth[name][key], rel=0.01), (name, key)
