"""`grainstats segment --field`: tilts of one field give one map; what is no field is refused by name."""

import json

import numpy as np
import pytest
import tifffile
from fit_error_rates import count_errors
from tilts import render_tilts
from typer.testing import CliRunner

from grainstats.run.cli import app
from segment.micrograph import read_micrographs
from segment.mosaics.laguerre import laguerre_section


def field(seed: int, n: int, side: int = 288):
    rng = np.random.default_rng(seed)
    truth = laguerre_section((side, side), 40, 0.3, rng).grain_map(1.3)
    return truth, render_tilts(truth, "bf_tem", rng, n)[0]


@pytest.fixture(scope="module")
def tilts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tilts")
    truth, images = field(5, 3)
    for k, image in enumerate(images):
        tifffile.imwrite(folder / f"tilt-{k}.tif", image)
    tifffile.imwrite(folder / "series.tif", np.stack(images), photometric="minisblack")
    tifffile.imwrite(folder / "other.tif", field(6, 1)[1][0])
    return folder, truth


def run(*arguments):
    return CliRunner().invoke(app, ["segment", *map(str, arguments), "--pixel-size", "1.3", "--json"])


def lost(path, truth) -> int:
    return int(count_errors(tifffile.imread(path).astype(np.int32), truth.labels, 0.0).lost.sum())


def test_tilts_give_one_map_that_loses_fewer_grains(tilts, tmp_path):
    folder, truth = tilts
    files = [folder / f"tilt-{k}.tif" for k in range(3)]
    done = run(*files, "--field", "--out", tmp_path / "field")
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "field").glob("*.labels.tif")] == ["tilt-0.labels.tif"]
    (one,) = json.loads(done.stdout)["images"]
    assert one["pictures"] == [str(path) for path in files]
    assert run(files[0], "--out", tmp_path / "one").exit_code == 0
    alone = lost(tmp_path / "one" / "tilt-0.labels.tif", truth)
    assert lost(tmp_path / "field" / "tilt-0.labels.tif", truth) < alone


def test_the_pages_of_a_file_may_be_the_pictures(tilts, tmp_path):
    done = run(tilts[0] / "series.tif", "--field", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert [path.name for path in tmp_path.glob("*.labels.tif")] == ["series.labels.tif"]


def test_a_copy_among_the_pictures_is_left_out(tilts, tmp_path):
    image = tifffile.imread(tilts[0] / "tilt-0.tif")
    tifffile.imwrite(tmp_path / "copy.tif", image, compression="zlib")
    once = run(tilts[0] / "tilt-0.tif", "--out", tmp_path / "once")
    twice = run(tilts[0] / "tilt-0.tif", tmp_path / "copy.tif", "--field", "--out", tmp_path / "twice")
    assert once.exit_code == twice.exit_code == 0, twice.output
    (one,) = json.loads(twice.stdout)["images"]
    assert any("copy.tif is left out: it is the same picture as tilt-0.tif" in w for w in one["warnings"])
    maps = [tifffile.imread(tmp_path / name / "tilt-0.labels.tif") for name in ("once", "twice")]
    assert np.array_equal(*maps)


def test_another_area_is_refused_with_file_and_remedy(tilts, tmp_path):
    done = run(tilts[0] / "tilt-0.tif", tilts[0] / "other.tif", "--field", "--out", tmp_path)
    assert done.exit_code == 1
    assert "other.tif: its boundaries do not lie on those of" in done.output and "take it out" in done.output
    assert not list(tmp_path.glob("*.tif"))


def test_channels_of_a_hyperstack_are_all_read_for_a_field(tmp_path):
    images = field(7, 2, 96)[1]
    path = tmp_path / "channels.tif"
    meta = {"axes": "CYX", "mode": "composite"}
    tifffile.imwrite(path, np.stack(images), imagej=True, metadata=meta, resolution=(1, 1))
    assert len(list(read_micrographs(path))) == 1
    assert len(list(read_micrographs(path, all_channels=True))) == 2
