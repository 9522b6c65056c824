"""`grainstats current` as scripts call it."""

import json
import shutil

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from grainstats.run.cli import app
from segment.errors import InputError
from segment.label_maps.writing import write_label_map
from segment.mosaics.laguerre import poisson_voronoi_plane


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("current")
    mosaic = poisson_voronoi_plane((160, 200), 1 / 14**2, np.random.default_rng(0))
    write_label_map(folder / "a.labels.tif", mosaic.grain_map(20.0))
    (folder / "equal.toml").write_text("j0 = 1.0\n", encoding="utf-8")
    (folder / "angles.toml").write_text(
        'theta_c_deg = 9\ntheta_0_deg = 9\nplateau = 0.05\n[misorientation]\nlaue = "4/mmm"\n',
        encoding="utf-8",
    )
    tifffile.imwrite(folder / "grey.tif", np.random.default_rng(1).integers(0, 255, (99, 99), np.uint8))
    return folder


def _run(*arguments):
    return CliRunner().invoke(app, ["current", *map(str, arguments)])


def test_document_follows_the_contract(files):
    result = _run(files / "a.labels.tif", "--law", files / "angles.toml", "--draws", 6, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) >= {
        "directions", "anisotropy", "grains_across", "corrected_for_missing", "law", "warnings",
    }  # fmt: skip
    for name in ("x", "y"):
        assert set(found["directions"][name]) >= {"j_over_mean", "j_over_j0", "ci", "draws"}
        assert found["directions"][name]["draws"] == 6
    assert found["grains_across"]["x"] > found["grains_across"]["y"] > 8


def test_an_enlarged_map_counts_at_its_own_size(files, tmp_path):
    small = tifffile.imread(files / "a.labels.tif")
    tifffile.imwrite(tmp_path / "a3.tif", small.repeat(3, axis=0).repeat(3, axis=1))
    law = ("--law", files / "equal.toml", "--json")
    found, expected = (
        json.loads(_run(path, *law, "--pixel-size", size).stdout)["directions"]
        for path, size in ((tmp_path / "a3.tif", 20 / 3), (files / "a.labels.tif", 20))
    )
    assert found["x"]["j_over_j0"] == pytest.approx(expected["x"]["j_over_j0"], rel=1e-9)


def test_words_pictures_and_tables(files, tmp_path):
    result = _run(files / "a.labels.tif", "--law", files / "equal.toml", "--out", tmp_path)
    assert result.exit_code == 0
    assert "columnar" in result.stdout
    assert (tmp_path / "a.limiting_paths.png").stat().st_size > 10_000
    assert "share_of_draws_x" in (tmp_path / "a.limiting_boundaries.csv").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "current.json").read_text(encoding="utf-8"))["anisotropy"] > 0


def test_maps_of_one_name_have_files_of_their_own(files, tmp_path):
    other = tmp_path / "other/a.labels.tif"
    other.parent.mkdir()
    shutil.copy(files / "a.labels.tif", other)
    out = tmp_path / "out"
    result = _run(files / "a.labels.tif", other, "--law", files / "equal.toml", "--out", out)
    assert result.exit_code == 0
    assert sorted(p.name for p in out.glob("*.csv")) == [
        "a.limiting_boundaries.csv",
        "a_2.limiting_boundaries.csv",
    ]


def test_one_bad_map_is_named_and_the_rest_used(files):
    result = _run(files / "a.labels.tif", files / "grey.tif", "--law", files / "equal.toml", "--json")
    assert result.exit_code == 1
    assert "grey.tif" in result.stderr
    assert json.loads(result.stdout)["directions"]["x"]["j_over_j0"] > 1


def test_missing_law_is_a_wrong_call(files):
    with pytest.raises(InputError, match=r"none\.toml"):
        CliRunner().invoke(
            app,
            ["current", str(files / "a.labels.tif"), "--law", str(files / "none.toml")],
            catch_exceptions=False,
        )


def test_orientation_map(shared_data, files):
    path = shared_data / "orientation_maps" / "twins.ctf"
    result = _run(path, "--law", files / "angles.toml", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["directions"]["x"]["draws"] == 1
    assert 0.03 < found["directions"]["x"]["j_over_j0"] < 1


def test_map_that_nothing_crosses_is_named(files, tmp_path):
    stripes = tmp_path / "stripes.tif"
    tifffile.imwrite(stripes, np.repeat(np.arange(1, 9, dtype=np.uint16), 12)[None].repeat(96, axis=0))
    alone = _run(stripes, "--law", files / "equal.toml", "--json")
    assert alone.exit_code == 1
    assert "stripes.tif: no path" in alone.stderr
    both = _run(stripes, files / "a.labels.tif", "--law", files / "equal.toml", "--json")
    assert both.exit_code == 1
    assert "stripes.tif: no path" in both.stderr
    assert json.loads(both.stdout)["directions"]["y"]["j_over_j0"] > 1
