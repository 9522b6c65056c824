"""Whatever one map or image raises, `measure` and `segment` do the others."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from scipy.ndimage import gaussian_filter

from grainstats.run.cli import main
from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.recutting import fine_cells
from segment.label_maps.writing import write_label_map
from segment.segmentation import Segmentation


@pytest.mark.parametrize("error", [MemoryError(), ZeroDivisionError("odd"), RecursionError("deep")])
def test_a_map_that_raises_costs_itself_only(tmp_path, monkeypatch, capsys, error):
    import segment.label_maps.any_file as any_file

    rows, columns = np.indices((120, 120))
    labels = (rows // 20 * 6 + columns // 20 + 1).astype(np.uint32)
    for name in ("good", "bad"):
        tifffile.imwrite(tmp_path / f"{name}.tif", labels)
    read = any_file.read_label_map

    def read_or_raise(path, **options):
        if path.stem == "bad":
            raise error
        return read(path, **options)

    monkeypatch.setattr(any_file, "read_label_map", read_or_raise)
    maps = [str(tmp_path / f"{name}.tif") for name in ("bad", "good")]
    monkeypatch.setattr("sys.argv", ["grainstats", "measure", *maps, "--pixel-size", "2", "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert end.value.code == 1 and "bad.tif" in said.err
    assert json.loads(said.out)["n_grains"] == 36


def test_a_file_that_raises_costs_info_and_current_itself_only(tmp_path, monkeypatch, capsys):
    import segment.label_maps.any_file as any_file
    import segment.micrograph as micrograph

    rows, columns = np.indices((120, 120))
    labels = ((rows + 3 * (columns // 20 % 2)) // 20 * 6 + columns // 20 + 1).astype(np.uint32)
    for name in ("good", "bad"):
        tifffile.imwrite(tmp_path / f"{name}.tif", labels)
    (tmp_path / "law.toml").write_text("j0 = 1.0\n", encoding="utf-8")

    def raising(read):
        def read_or_raise(path, **options):
            if path.stem == "bad":
                raise ZeroDivisionError("odd")
            return read(path, **options)

        return read_or_raise

    for module, name in ((any_file, "read_label_map"), (micrograph, "describe")):
        monkeypatch.setattr(module, name, raising(getattr(module, name)))
    maps = [str(tmp_path / f"{name}.tif") for name in ("bad", "good")]
    law = ["--law", str(tmp_path / "law.toml"), "--pixel-size", "2"]
    for command in (["info", *maps], ["current", *maps, *law]):
        monkeypatch.setattr("sys.argv", ["grainstats", *command, "--json"])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        assert end.value.code == 1 and "bad.tif: unexpected error, ZeroDivisionError: odd" in said.err
        assert json.loads(said.out)


def test_pipes_and_broken_links_are_named_and_cost_nothing(tmp_path, monkeypatch, capsys):
    rows, columns = np.indices((120, 120))
    tifffile.imwrite(tmp_path / "good.tif", (rows // 20 * 6 + columns // 20 + 1).astype(np.uint32))
    os.mkfifo(tmp_path / "pipe.tif")
    (tmp_path / "link.tif").symlink_to("nowhere.tif")
    maps = [str(tmp_path / f"{name}.tif") for name in ("pipe", "link", "good")]
    monkeypatch.setattr("sys.argv", ["grainstats", "measure", *maps, "--pixel-size", "2", "--json"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr()
    assert "a named pipe, not a file" in said.err and "a link that leads nowhere" in said.err
    assert json.loads(said.out)["n_grains"] == 36


def test_maps_of_a_model_whose_loss_is_unknown_are_said_to_be_uncorrected(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(1)
    walls = gaussian_filter(rng.random((160, 160)), 4)
    walls = ((walls - walls.min()) / np.ptp(walls)).astype(np.float32)
    found = close_cells(BoundaryMap(walls, 2.0, "manual"))
    made = Segmentation("unet-lite2", "older", 0.1, fine_cells(found), (0.1, 0.05, 0.02, 0.0), True, ())
    path = write_label_map(tmp_path / "a.labels.tif", replace(found, segmentation=made), recipe_digest="x")
    monkeypatch.setattr("sys.argv", ["grainstats", "measure", str(path), "--json"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr()
    assert "no mean is corrected for lost boundary" in said.err
    assert "intercept_nm_corrected" not in json.loads(said.out)
