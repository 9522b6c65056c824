"""Serial EBSD sections as a volume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from laguerre_volume import laguerre_volume

from grainstats.measure.volume import measure_volume
from segment.errors import UncalibratedError, UnreadableError
from segment.volume import VoxelSize
from segment.volume.orientation_sections import is_section_folder, orientation_volume, read_shifts


@pytest.mark.realdata
def test_twenty_sections_of_iron(shared_data: Path) -> None:
    folder = shared_data / "orientation_maps/sections"
    if not is_section_folder(folder):
        pytest.skip("the sections of iron are missing")
    volume = orientation_volume(folder, VoxelSize(400, 400, 400))
    assert volume.labels.shape == (20, 40, 35)
    assert 50 < volume.n_grains < 120
    assert not any("off each other" in note for note in volume.warnings)
    assert any("a step of 0.1, the coordinates one of 0.4" in note for note in volume.warnings)
    found = measure_volume(volume)
    by_faces = found.block_area_nm2.sum() / found.volume_nm3
    assert found.lines.surface_per_nm == pytest.approx(by_faces, rel=0.05)
    with pytest.raises(UncalibratedError, match="--voxel-size"):
        orientation_volume(folder, None)


MOVES = np.array([(0, 0), (3, -2), (-2, 4), (5, 1), (-4, -3), (1, 5)])


@pytest.fixture
def moved_sections(tmp_path: Path) -> Path:
    """Sections of a mosaic, each cut out `MOVES` away from its place."""
    rng = np.random.default_rng(5)
    labels = laguerre_volume((6.0, 72.0, 72.0), 12.0, 0.2, rng).labels((6, 72, 72))
    angles = rng.uniform(0, (360, 90, 360), (int(labels.max()) + 1, 3))
    for k, (rows, columns) in enumerate(MOVES):
        cut = labels[k, 8 - rows : 64 - rows, 8 - columns : 64 - columns]
        lines = ["Channel Text File", "JobMode\tGrid", "XCells\t56", "YCells\t56", "XStep\t0.1", "YStep\t0.1"]
        lines += ["Euler angles refer to Sample Coordinate system (CS0)!", "Phases\t1"]
        lines += ["2.9;2.9;2.9\t90;90;90\tIron\t11\t0\t\t\t"]
        lines += ["Phase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS"]
        for (y, x), grain in np.ndenumerate(cut):
            a, b, c = angles[grain]
            lines.append(f"1\t{x / 10:.1f}\t{y / 10:.1f}\t8\t0\t{a:.3f}\t{b:.3f}\t{c:.3f}\t.5\t120\t200")
        (tmp_path / f"section{k}.ctf").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_moved_sections_are_brought_into_register(moved_sections: Path) -> None:
    size = VoxelSize(100, 100, 100)
    as_they_lie = orientation_volume(moved_sections, size)
    straight = orientation_volume(moved_sections, size, align="reference")
    table = moved_sections / "shifts.csv"
    table.write_text("rows;columns\n" + "\n".join(f"{-r};{-c}" for r, c in MOVES))
    known = orientation_volume(moved_sections, size, shifts=read_shifts(table))
    assert straight.n_grains == pytest.approx(known.n_grains, abs=2)
    assert as_they_lie.n_grains > known.n_grains
    assert any("moved by up to" in note for note in straight.warnings)
    assert [any("off each other" in note for note in v.warnings) for v in (as_they_lie, straight, known)] == [
        True,
        False,
        False,
    ]


def test_sections_of_another_step_are_told(moved_sections: Path) -> None:
    given = VoxelSize(100, 100, 250), VoxelSize(200, 200, 250), VoxelSize(100, 200, 100)
    told = [
        [n for n in orientation_volume(moved_sections, size).warnings if "are given" in n] for size in given
    ]
    assert not told[0]
    assert "points of 100 x 100 nm; 200 x 200 nm are given" in told[1][0] and len(told[2]) == 1


def test_shifts_of_another_number_or_form_are_refused(moved_sections: Path) -> None:
    table = moved_sections / "shifts.csv"
    table.write_text("1,2\n3,4\n")
    with pytest.raises(UnreadableError, match="2 shifts are given for 6"):
        orientation_volume(moved_sections, VoxelSize(1, 1, 1), shifts=read_shifts(table))
    table.write_text("rows,columns\n1.5,2\n")
    with pytest.raises(UnreadableError, match="a line a section"):
        read_shifts(table)
