"""Whatever one map or image raises, `measure` and `segment` do the others."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import tifffile

from grainstats.run.cli import main


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
