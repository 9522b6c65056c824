"""Reading .ang and .ctf: what they say, what they say wrongly, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segment.errors import UnreadableError
from segment.orientation import (
    grain_map_of,
    holds_orientation_map,
    is_orientation_map,
    read_orientation_map,
)
from segment.orientation.quaternions import from_euler, multiply, rotate
from segment.orientation.scan_points import X_DOWN_Y_RIGHT, X_RIGHT_Y_UP

Write = Callable[..., Path]


def test_vendors_agree_on_the_same_specimen(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    """One specimen as EDAX and as Oxford would write it: their axes differ, the map does not."""
    ang = read_orientation_map(write(tmp_path / "a.ang", four_grains))
    ctf = read_orientation_map(write(tmp_path / "a.ctf", four_grains))
    stored = from_euler(np.deg2rad(four_grains))
    for found, axes in ((ang, X_DOWN_Y_RIGHT), (ctf, X_RIGHT_Y_UP)):
        expected = multiply(stored, np.array(axes))
        assert np.abs((found.quaternions * expected).sum(axis=-1)).min() > 1 - 1e-8
        assert found.shape == (12, 16)
        assert (found.x_step_nm, found.y_step_nm, found.step_source) == (100.0, 100.0, "metadata")
    into = [rotate(m.quaternions[0, 0], [0.0, 0.0, 1.0]) for m in (ang, ctf)]
    assert np.allclose(np.abs(into), [0, 0, 1])
    assert np.allclose(np.abs(rotate(ang.quaternions[0, 0], [1.0, 0.0, 0.0])), [0, 1, 0])  # EDAX's A2 is x


def test_hexagonal_crystals_have_x_along_a(tmp_path: Path, write: Write) -> None:
    """Oxford's y lies along b: its crystal axes are 30 degrees away from EDAX's."""
    euler = np.zeros((4, 4, 3))
    found = read_orientation_map(write(tmp_path / "mg.ctf", euler, phases=(("Mg", 9),)))
    along_x = rotate(found.quaternions[0, 0], [1.0, 0.0, 0.0])
    assert np.allclose(along_x, [np.cos(np.pi / 6), np.sin(np.pi / 6), 0])
    cubic = read_orientation_map(write(tmp_path / "fe.ctf", euler))
    assert np.allclose(rotate(cubic.quaternions[0, 0], [1.0, 0.0, 0.0]), [1, 0, 0])


@pytest.mark.parametrize("suffix", ["ang", "ctf"])
def test_hexagonal_grid(tmp_path: Path, write: Write, suffix: str, four_grains: np.ndarray) -> None:
    path = tmp_path / f"hex.{suffix}"
    found = read_orientation_map(write(path, four_grains, hexagonal=True))
    assert found.grid == "hexagonal" and found.shape == (12, 16) and not found.first_row_shifted
    assert found.x_step_nm == 100 and found.y_step_nm == pytest.approx(86.6, abs=0.1)
    grains = grain_map_of(found)
    assert grains.n_grains == 4
    assert grains.pixel_size_nm == pytest.approx(86.6, abs=0.1)
    width = 16.5 * 100 / grains.pixel_size_nm
    assert grains.labels.shape == (12, round(width))


def test_short_rows_of_a_hexagonal_grid_are_whole(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    path = write(tmp_path / "hex.ang", four_grains, hexagonal=True)
    lines = path.read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    last_of_odd_rows = {first + 16 * (row + 1) - 1 for row in range(1, 12, 2)}
    path.write_text("\n".join(line for k, line in enumerate(lines) if k not in last_of_odd_rows) + "\n")
    found = read_orientation_map(path)
    assert found.measured is not None and (~found.measured).sum() == 6
    assert found.indexed_share == 1.0


def test_region_that_is_no_rectangle(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    """A round region: short rows at its end are no truncation, and nothing is known outside."""
    path = write(tmp_path / "round.ang", four_grains, header="# XSTEP: 0.1\n# YSTEP: 0.1")
    lines = path.read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    row, column = np.divmod(np.arange(192), 16)
    inside = np.hypot((row - 5.5) / 6, (column - 7.5) / 8) < 1
    path.write_text("\n".join([*lines[:first], *(lines[first + k] for k in np.flatnonzero(inside))]) + "\n")
    found = read_orientation_map(path)
    assert found.measured is not None and (found.measured.ravel() == inside).all()
    assert found.indexed_share == 1.0 and grain_map_of(found).n_grains == 4


def test_header_that_contradicts_the_coordinates(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    header = "# GRID: SqrGrid\n# XSTEP: 0.1\n# YSTEP: 0.1\n# NCOLS_ODD: 140\n# NCOLS_EVEN: 140\n# NROWS: 160"
    found = read_orientation_map(write(tmp_path / "s.ang", four_grains, 0.4, header=header))
    assert found.shape == (12, 16)
    assert (found.x_step_nm, found.step_source) == (400.0, "coordinates")
    assert any("step of 0.1" in w for w in found.warnings) and any("160 x 140" in w for w in found.warnings)


def test_rounded_coordinates_do_not_contradict_the_header(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    """Steps of 1.92 nm in micrometres with four decimals: .0019, .0038, .0058."""
    path = write(tmp_path / "fine.ctf", np.tile(four_grains, (4, 4, 1))[:40, :60], 0.00192)
    found = read_orientation_map(path)
    assert found.shape == (40, 60) and found.x_step_nm == 1.92 and found.warnings == ()


def test_coordinates_of_five_digits(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    """At 1000.05 a .ctf says 1000.1, and neighbours share a coordinate: the header's grid holds."""
    path = write(tmp_path / "wide.ctf", four_grains, 0.04)
    lines = path.read_text().splitlines()
    start = lines.index(next(line for line in lines if line.startswith("Phase\t"))) + 1
    for k, line in enumerate(lines[start:], start):
        fields = line.split("\t")
        fields[1], fields[2] = (f"{float(v) + 1000:.1f}" for v in fields[1:3])
        lines[k] = "\t".join(fields)
    path.write_text("\n".join(lines) + "\n")
    found = read_orientation_map(path)
    assert (found.shape, found.x_step_nm, found.warnings) == ((12, 16), 40.0, ())
    assert grain_map_of(found).n_grains == 4


def test_units_and_names_of_columns(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    """As newer .ang files tell them; without a step line the unit alone is enough."""
    names = "# COLUMN_HEADERS: phi1, PHI, phi2, x, y, IQ, CI, Phase index, SEM, Fit"
    for unit, step in (("nm", 4.0), ("microns", 4000.0)):
        units = f"# COLUMN_UNITS: radians, radians, radians, {unit}, {unit}, , , , , degrees"
        header = f"# GRID: SqrGrid\n{names}\n{units}"
        found = read_orientation_map(write(tmp_path / f"{unit}.ang", four_grains, 4.0, header=header))
        assert (found.x_step_nm, found.step_source) == (step, "coordinates")
        assert {"iq", "ci", "fit"} <= set(found.properties)


def test_lists_of_points_are_refused(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    path = write(tmp_path / "points.ctf", four_grains)
    path.write_text(path.read_text().replace("JobMode\tGrid", "JobMode\tInteractive"))
    with pytest.raises(UnreadableError, match="single points"):
        read_orientation_map(path)


def test_tem_data_have_no_sure_unit(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    path = write(tmp_path / "tem.ang", four_grains)
    path.write_text("# TEM data\n" + path.read_text())
    assert read_orientation_map(path).x_step_nm is None


def test_coordinates_that_count_points_leave_the_step_open(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    found = read_orientation_map(write(tmp_path / "n.ctf", four_grains, 1.0, told_step=0.3))
    assert found.x_step_nm is None and found.step_source == "none"
    assert any("--pixel-size" in w for w in found.warnings)


def test_no_unit_is_asked_for(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    """As ACOM writes it: no step lines; points marked -1 are not indexed."""
    ci = np.full((12, 16), 0.4)
    ci[3, 4:7] = -1
    path = write(tmp_path / "acom.ang", four_grains, 2.0, ci=ci, header="# GRID: SqrGrid#", phase=1)
    path.write_text("# File created from ACOM RES results\n" + path.read_text())
    found = read_orientation_map(path)
    assert found.x_step_nm is None and found.vendor == "ACOM / ASTAR .ang"
    assert "reliability" in found.properties and not found.indexed[3, 4:7].any()
    assert grain_map_of(found).pixel_size_nm is None
    given = read_orientation_map(path, step_nm=5.0)
    assert (given.x_step_nm, given.step_source) == (5.0, "manual")


def test_three_phases(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    phase = np.ones((12, 16), int)
    phase[6:, :8], phase[6:, 8:], phase[0, 0] = 2, 3, 0
    phases = (("Iron", 11), ("Ba122", 5), ("FeAs", 3))
    found = read_orientation_map(write(tmp_path / "three.ctf", four_grains, phase=phase, phases=phases))
    assert [p.laue_group for p in found.phases] == ["m-3m", "4/mmm", "mmm"]
    facts = found.facts()
    assert [p["share"] for p in facts["phases"]] == pytest.approx([95 / 192, 0.25, 0.25])  # type: ignore[attr-defined]
    assert facts["indexed_share"] == pytest.approx(191 / 192)


def test_ang_phases_from_zero_or_one(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    two = (("Iron", "43"), ("Mg", "62"))
    phase = np.ones((12, 16), int)
    phase[:, 8:] = 2
    found = read_orientation_map(write(tmp_path / "a.ang", four_grains, phase=phase, phases=two))
    assert found.share(1) == found.share(2) == 0.5 and found.warnings == ()
    shifted = read_orientation_map(write(tmp_path / "b.ang", four_grains, phase=phase - 1, phases=two))
    assert (shifted.phase == found.phase).all() and "count phases from 0" in shifted.warnings[0]
    for number in (0, 1):
        single = read_orientation_map(write(tmp_path / "c.ang", four_grains, phase=number))
        assert single.indexed.all()


def test_one_orientation_throughout_phase_0_is_none(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    """Points of phase 0 with angles of 0 are not indexed, though phase 2 of the header has no point."""
    phase = np.ones((12, 16), int)
    phase[4:8] = 0
    four_grains[4:8] = 0
    two = (("Iron", "43"), ("Mg", "62"))
    found = read_orientation_map(write(tmp_path / "a.ang", four_grains, phase=phase, phases=two))
    assert (found.phase == phase).all() and found.warnings == ()


@pytest.mark.parametrize(("name", "none"), [("a.ang", np.nan), ("a.ctf", np.nan), ("b.ang", 1e300)])
def test_no_angles(tmp_path: Path, write: Write, four_grains: np.ndarray, name: str, none: float) -> None:
    four_grains[4:8, 4:8] = none
    found = read_orientation_map(write(tmp_path / name, four_grains))
    assert found.indexed_share == pytest.approx(1 - 16 / 192) and not found.indexed[5, 5]


def test_coordinates_in_nanometres_beside_a_step_in_micrometres(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    path = write(tmp_path / "a.ctf", four_grains, step=50.0, told_step=0.05)
    found = read_orientation_map(path)
    assert found.x_step_nm is None and "another unit" in found.warnings[-1]
    assert read_orientation_map(path, step_nm=50.0).x_step_nm == 50.0


@pytest.mark.parametrize(
    ("cell", "axis"), [("90 99 90", "b"), ("90 90 99", "c"), ("99 90 90", "a"), ("90 90 90", "c")]
)
def test_the_oblique_angle_tells_the_two_fold_axis(
    tmp_path: Path, write: Write, four_grains: np.ndarray, cell: str, axis: str
) -> None:
    """EDAX's code 2 says c, which holds where the cell says nothing."""
    path = write(tmp_path / "a.ang", four_grains, phases=(("ZrO2", "2"),))
    path.write_text(path.read_text().replace("2.9 2.9 2.9 90 90 90", f"5.1 5.2 5.3 {cell}"))
    assert read_orientation_map(path).phases[0].unique_axis == axis


def test_turned_scans_are_refused(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    path = write(tmp_path / "a.ang", four_grains)
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    y, x = np.mgrid[:12, :16] * 0.1
    turned = np.stack([x * 0.9 - y * 0.436, x * 0.436 + y * 0.9], axis=-1).reshape(-1, 2)
    body = [f"1 1 1 {u:.5f} {v:.5f} 100 .9 0 1 .5" for u, v in turned]
    path.write_text("\n".join([*head, *body]) + "\n")
    with pytest.raises(UnreadableError, match="turned"):
        read_orientation_map(path)


def test_old_and_foreign_layouts(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    """Seven columns without a phase, as the oldest .ang files; a phase named as ASTAR does."""
    path = write(tmp_path / "old.ang", four_grains)
    lines = [
        line if line.startswith("#") else " ".join(line.split()[:7]) for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines) + "\n")
    found = read_orientation_map(path)
    assert found.indexed.all() and "ci" in found.properties
    astar = read_orientation_map(
        write(tmp_path / "a.ctf", four_grains, phases=(("_mineral 'Nickel' 'x'", 11),))
    )
    assert astar.phases[0].name == "Nickel"


def test_points_marked_with_four_pi_are_not_indexed(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    four_grains[2, 2] = np.rad2deg(4 * np.pi)
    found = read_orientation_map(write(tmp_path / "a.ang", four_grains))
    assert not found.indexed[2, 2] and found.indexed.sum() == 191 and found.warnings == ()


def test_angles_in_the_other_unit_are_found(tmp_path: Path, write: Write) -> None:
    rng = np.random.default_rng(0)
    euler = rng.uniform(0, [360, 180, 360], (10, 10, 3))
    right = read_orientation_map(write(tmp_path / "r.ang", euler))
    degrees = read_orientation_map(write(tmp_path / "d.ang", euler, degrees=True))
    assert np.abs((degrees.quaternions * right.quaternions).sum(axis=-1)).min() > 1 - 1e-6
    assert "in degrees" in degrees.warnings[0]
    radians = read_orientation_map(write(tmp_path / "r.ctf", np.deg2rad(euler)))
    assert "in radians" in radians.warnings[0]
    euler[..., 0] /= 2  # as programs write a hexagonal crystal: half a turn, and a sixth of one
    euler[..., 2] /= 6
    assert "in radians" in read_orientation_map(write(tmp_path / "h.ctf", np.deg2rad(euler))).warnings[0]


def test_a_cell_that_the_symmetry_forbids_is_told(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    told = write(tmp_path / "right.ctf", four_grains).read_text()
    cell = next(line for line in told.splitlines() if ";" in line).split("\t")
    wrong = told.replace("\t".join(cell[:2]), "3.2;3.2;5.2\t90;90;120")
    (tmp_path / "wrong.ctf").write_text(wrong)
    (said,) = read_orientation_map(tmp_path / "wrong.ctf").warnings
    assert "said to be m-3m, and its cell is 3.2 3.2 5.2 90 90 120" in said
    assert read_orientation_map(tmp_path / "right.ctf").warnings == ()


def test_decimal_comma(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    found = read_orientation_map(write(tmp_path / "comma.ctf", four_grains, comma=True))
    assert found.x_step_nm == 100 and found.shape == (12, 16)


@pytest.mark.parametrize("suffix", ["ang", "ctf"])
@pytest.mark.parametrize(
    ("cut", "reason"),
    [
        ("line", "truncated"),
        ("rows", "truncated"),
        ("number", "truncated"),
        ("header", "holds no points|not complete|not those of"),
    ],
)
def test_truncated_files_are_refused(
    tmp_path: Path, write: Write, suffix: str, cut: str, reason: str, four_grains: np.ndarray
) -> None:
    path = write(tmp_path / f"cut.{suffix}", four_grains)
    lines = path.read_text().splitlines()
    kept = {
        "line": "\n".join(lines[:-3]) + "\n",
        "rows": "\n".join(lines[:-32]) + "\n",
        "number": "\n".join(lines)[:-30],
        "header": "\n".join(lines[:8]),
    }[cut]
    path.write_text(kept)
    with pytest.raises(UnreadableError, match=reason) as refused:
        read_orientation_map(path)
    assert path.name in str(refused.value) and refused.value.remedy


@pytest.mark.parametrize("suffix", ["ang", "ctf"])
def test_files_without_anything_indexed_are_refused(
    tmp_path: Path, write: Write, suffix: str, four_grains: np.ndarray
) -> None:
    path = tmp_path / f"none.{suffix}"
    if suffix == "ang":
        write(path, four_grains, ci=-1.0)
    else:
        write(path, four_grains, phase=0)
    with pytest.raises(UnreadableError, match="no point is indexed"):
        read_orientation_map(path)


@pytest.mark.parametrize("suffix", ["ang", "ctf"])
def test_phases_that_the_header_does_not_know(
    tmp_path: Path, write: Write, suffix: str, four_grains: np.ndarray
) -> None:
    path = tmp_path / f"other.{suffix}"
    write(path, four_grains, phase=4)
    with pytest.raises(UnreadableError, match="phase 4"):
        read_orientation_map(path)
    mixed = np.ones((12, 16), int)
    mixed[0, :4] = 4
    write(path, four_grains, phase=mixed)
    found = read_orientation_map(path)
    assert not found.indexed[0, :4].any() and "unknown to the header" in found.warnings[0]


@pytest.mark.parametrize("name", ["empty.ang", "empty.ctf", "micrograph.ang", "text.ctf", "table.csv"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"" if "empty" in name else b"1 2 3\n4 5 6\n")
    with pytest.raises(UnreadableError, match=name):
        read_orientation_map(path)
    with pytest.raises(UnreadableError, match="no such file"):
        read_orientation_map(tmp_path / "absent.ang")


@pytest.mark.parametrize("suffix", ["cpr", "osc", "res", "blo", "up2", "ebsp"])
def test_kinds_that_are_not_read_come_with_advice(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"project.{suffix}"
    path.write_text("[General]")
    assert is_orientation_map(path) and not holds_orientation_map(path)
    with pytest.raises(UnreadableError, match=r"as \.(ctf|ang)"):
        read_orientation_map(path)


def test_line_scans_and_stacks_are_refused(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    with pytest.raises(UnreadableError, match="one line"):
        read_orientation_map(write(tmp_path / "line.ctf", four_grains[:1]))
    path = write(tmp_path / "stack.ctf", four_grains)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, *lines[-192:]]) + "\n")
    with pytest.raises(UnreadableError, match="at one place"):
        read_orientation_map(path)
    with pytest.raises(UnreadableError, match="coordinates"):
        read_orientation_map(write(tmp_path / "far.ctf", four_grains, 1e300))


def test_symmetry_that_is_none(tmp_path: Path, write: Write, four_grains: np.ndarray) -> None:
    with pytest.raises(UnreadableError, match="symmetry of phase 'Iron' is '99'"):
        read_orientation_map(write(tmp_path / "s.ang", four_grains, phases=(("Iron", "99"),)))
    with pytest.raises(UnreadableError, match="Laue group of phase 'Iron'"):
        read_orientation_map(write(tmp_path / "s.ctf", four_grains, phases=(("Iron", 12),)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("suffix", [".ang", ".ctf"])
def test_byte_order_marks_of_editors(
    tmp_path: Path, write: Write, suffix: str, encoding: str, four_grains: np.ndarray
) -> None:
    path = write(tmp_path / f"a{suffix}", four_grains)
    plain = read_orientation_map(path)
    path.write_bytes(path.read_text().encode(encoding))
    assert np.array_equal(read_orientation_map(path).quaternions, plain.quaternions)
