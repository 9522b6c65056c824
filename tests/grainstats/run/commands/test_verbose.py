"""`run -v` says what was noticed at each image."""

from __future__ import annotations

from grainstats.run.commands.run import _tell_remarks


def test_remarks_of_each_image(tmp_path, capsys):
    table = tmp_path / "images.csv"
    table.write_text('path,warnings\na.tif,"[""blank rim"", ""a scale bar""]"\nb.tif,[]\nc.tif,\n')
    _tell_remarks(table)
    assert capsys.readouterr().out == "a.tif: blank rim\na.tif: a scale bar\n"
