"""Lost boundary is read from the borders' probabilities, and corrected means carry its uncertainty."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fit_boundary_loss import as_joined, mixed_model

from grainstats.measure.descriptors.corrected import corrected_json, with_corrected
from grainstats.measure.descriptors.descriptor import Descriptor
from segment.grain_map import GrainMap
from segment.quality.boundary_loss import (
    LOSS_FILE,
    SOUND,
    WEIGHTS_FILE,
    Loss,
    LossTable,
    excess_corners,
    joined_share,
    read_loss_table,
    weights_key,
)
from segment.segmentation import FineCells, Segmentation


def segmentation(joined_px: int) -> Segmentation:
    """Four fine cells in a row, the last two joined: so many pixels of border, beside 20 that were drawn."""
    cells = FineCells(
        area_px=np.full(4, 100, np.int32),
        at_frame=np.zeros(4, bool),
        bottom=np.zeros(4, np.float32),
        parent=np.array([0, 1, 2, 2], np.int32),
        pairs=np.array([[1, 2], [2, 3], [3, 4]], np.int32),
        length_px=np.array([10, 10, joined_px], np.int32),
        confidence=np.array([0.9, 0.9, 0.1], np.float32),
        lowest_pass=np.array([0.5, 0.5, 0.1], np.float32),
        least_px=20,
    )
    return Segmentation("m", "d", 0.1, cells, (0.0,) * 4, True, ())


def table(slope: float = 1.0) -> LossTable:
    fitted = {"slope": slope, "level": 0.0, "common": 0.04, "deviation": 0.05}
    return LossTable({"low": 0.1, "high": 0.4, "intercept": fitted, "diameter": fitted})


def test_joined_border_counts_over_what_was_drawn() -> None:
    assert joined_share(segmentation(5)) == 0.25


def test_one_cell_has_joined_nothing() -> None:
    cells = segmentation(5).cells
    none = {name: getattr(cells, name)[:0] for name in ("pairs", "length_px", "confidence", "lowest_pass")}
    alone = replace(segmentation(5), cells=replace(cells, **none))
    assert joined_share(alone) == 0.0


def test_loss_stays_between_none_and_what_was_seen_in_fitting() -> None:
    found = [table().of([segmentation(px)]).intercept for px in (0, 4, 20)]
    np.testing.assert_allclose(found, [0.1, 0.2, 0.4])
    assert table(-1.0).of([segmentation(4)]).intercept == 0.0


def test_corners_count_beyond_those_of_a_sound_map_and_up_to_what_was_seen() -> None:
    fitted = {**table().facts["intercept"], "corners": 2.0}
    knows = LossTable({**table().facts, "most_corners": 0.2, "intercept": fitted})
    cut = segmentation(5)
    found = [knows.of([replace(cut, corners=SOUND + more)]).intercept for more in (-0.05, 0.0, 0.1, 0.5)]
    np.testing.assert_allclose(found, [0.25, 0.25, 0.45, 0.65])
    assert table().of([replace(cut, corners=0.5)]).intercept == 0.25, "a table that knows of no corners"


def test_more_images_make_the_correction_surer_but_never_sure() -> None:
    errors = [table().of([segmentation(5)] * n).intercept_error for n in (1, 4, 100)]
    assert errors[0] == pytest.approx(math.hypot(0.04, 0.05 * 0.5))
    assert errors[0] > errors[1] > errors[2] > 0.04


def corrected_of(loss: Loss) -> dict:
    found = [
        Descriptor("intercept_mean_nm", 60.0, 55.0, 66.0, "nm", "lines"),
        Descriptor("equivalent_diameter_mean_nm", 70.0, None, None, "nm", "areas"),
        Descriptor("boundary_density_per_um", 20.0, 18.0, 22.0, "1/um", "lines"),
        Descriptor("astm_g", 10.0, 9.0, 11.0, "1", "E112"),
    ]
    return corrected_json(with_corrected(found, loss))


def test_a_corrected_mean_has_a_wider_interval() -> None:
    wide, bare = (
        corrected_of(Loss(log, error, log, error)) for log, error in ((math.log(1.1), 0.05), (0.0, 0.0))
    )
    assert wide["intercept_nm_corrected"]["mean"] == pytest.approx(60 / 1.1)
    low, high = wide["intercept_nm_corrected"]["ci"]
    assert low < 55 / 1.1 and high > 66 / 1.1
    assert bare["intercept_nm_corrected"]["ci"] == pytest.approx([55.0, 66.0])
    assert wide["equivalent_diameter_nm_corrected"]["ci"] is None
    assert "beside tracings" in wide["which_mean"]
    assert corrected_json([Descriptor("astm_g", 10.0, 9.0, 11.0, "1", "E112")]) == {}


def test_boundary_is_more_where_spacings_are_less() -> None:
    found = corrected_of(Loss(math.log(1.2), 0.03, math.log(1.1), 0.03))
    assert found["intercept_nm_corrected"]["mean"] == pytest.approx(50.0)
    assert found["equivalent_diameter_nm_corrected"]["mean"] == pytest.approx(70 / 1.1)
    assert found["boundary_density_per_um_corrected"]["mean"] == pytest.approx(24.0)
    share = found["boundary_lost_share"]
    assert share["value"] == pytest.approx(1 - 1 / 1.2)
    assert 0 < share["ci"][0] < share["value"] < share["ci"][1]
    assert corrected_of(Loss(0.05, 0.1, 0.05, 0.1))["boundary_lost_share"]["ci"][0] == 0
    low, high = found["boundary_density_per_um_corrected"]["ci"]
    assert low < 18 * 1.2 and high > 22 * 1.2


def test_fields_of_several_pictures_have_a_loss_of_their_own() -> None:
    field = replace(segmentation(5), pictures=4)
    assert table().of([field]) is None
    own = {"pictures": [2, 3, 5], "intercept": [0.06, 0.04, 0.02], "intercept_deviation": [0.03, 0.02, 0.02]}
    own |= {"diameter": [0.1, 0.1, 0.1], "diameter_deviation": [0.01, 0.01, 0.01]}
    found = LossTable({**table().facts, "fields": own}).of([field])
    assert (found.intercept, found.intercept_error) == pytest.approx((0.03, math.hypot(0.04, 0.02)))


def test_a_table_of_other_weights_is_not_read(tmp_path) -> None:
    assert read_loss_table(tmp_path) is None
    (tmp_path / WEIGHTS_FILE).write_bytes(b"1")
    (tmp_path / LOSS_FILE).write_text(json.dumps({weights_key(tmp_path): table().facts}))
    assert read_loss_table(tmp_path) is not None
    (tmp_path / WEIGHTS_FILE).write_bytes(b"2")
    assert read_loss_table(tmp_path) is None


def test_the_fit_lies_half_way_between_rendered_and_traced_micrographs() -> None:
    rng, rows = np.random.default_rng(4), []
    for lab in range(40):
        kind, level = ("rendered", 0.0) if lab % 2 else ("traced", -0.2)
        level += rng.normal(0, 0.04)
        for share in rng.uniform(0.1, 0.4, 10):
            corners = float(rng.uniform(0, 0.2))
            loss = 0.8 * share + 2 * excess_corners(corners) + level
            loss += rng.normal(0, 0.06 * math.sqrt(share))
            row = {"kind": kind, "laboratory": str(lab), "share": share, "corners": corners}
            rows.append({**row, "intercept": loss})
    fitted = mixed_model(pd.DataFrame(rows), "intercept")
    assert fitted["slope"] == pytest.approx(0.8, abs=0.06)
    assert fitted["corners"] == pytest.approx(2, abs=0.2)
    assert fitted["level"] == pytest.approx(-0.1, abs=0.02)
    assert fitted["common"] == pytest.approx(math.hypot(0.1, 0.04), abs=0.01)
    assert fitted["deviation"] == pytest.approx(0.06, abs=0.006)


def test_true_grains_are_joined_as_the_map_joins_them() -> None:
    truth = GrainMap(np.repeat([1, 2, 3, 0, 4], 4)[None].repeat(3, axis=0).astype(np.int32))
    found = GrainMap(np.repeat([1, 1, 2, 0, 0], [5, 4, 3, 4, 4])[None].repeat(3, axis=0).astype(np.int32))
    np.testing.assert_array_equal(as_joined(found, truth).labels[0], np.repeat([1, 1, 2, 0, 3], 4))
