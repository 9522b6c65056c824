"""HDF5 files in the layouts of EDAX, Bruker, Oxford and orix, written here from their public descriptions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from segment.errors import InputError, UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.orientation import grain_map_of, is_orientation_map, read_orientation_map
from segment.orientation.misorientation import disorientation
from segment.orientation.symmetry import LAUE_GROUPS

ROWS, COLUMNS, STEP = 12, 16, 0.25
Write = Callable[..., Path]


def write_edax(path: Path, euler_deg: np.ndarray, *, grid: str = "SqrGrid", phases: int = 1) -> Path:
    row, column = np.mgrid[:ROWS, :COLUMNS]
    with h5py.File(path, "w") as file:
        file["Manufacturer"], file["Version"] = np.bytes_("EDAX"), np.bytes_("OIM Analysis 8.6.0050")
        data = file.create_group("Scan 1/EBSD/Data")
        angles = np.deg2rad(euler_deg).reshape(-1, 3).astype(np.float32)
        data["Phi1"], data["Phi"], data["Phi2"] = angles.T
        data["X Position"] = (column * STEP).ravel().astype(np.float32)
        data["Y Position"] = (row * STEP).ravel().astype(np.float32)
        ci = np.full(ROWS * COLUMNS, 0.7, np.float32)
        ci[5] = -1
        data["CI"], data["IQ"], data["Fit"] = ci, ci * 100, ci
        data["Phase"] = np.zeros(ROWS * COLUMNS, np.uint8)
        header = file.create_group("Scan 1/EBSD/Header")
        header["Grid Type"] = np.bytes_(grid)
        header["nColumns"], header["nRows"] = np.array([COLUMNS], np.int32), np.array([ROWS], np.int32)
        header["Step X"], header["Step Y"] = np.array([STEP], np.float32), np.array([STEP], np.float32)
        for k in range(1, phases + 1):
            phase = header.create_group(f"Phase/{k}")
            phase["MaterialName"], phase["Symmetry"] = np.bytes_("Nickel"), np.array([43], np.int32)
            for name in ("a", "b", "c"):
                phase[f"Lattice Constant {name}"] = np.array([3.56], np.float32)
            for name in ("alpha", "beta", "gamma"):
                phase[f"Lattice Constant {name}"] = np.array([90], np.float32)
    return path


def write_apex(path: Path, euler_deg: np.ndarray) -> Path:
    """One table instead of a group, without positions."""
    table = np.zeros(
        ROWS * COLUMNS, [("PHI1", "f4"), ("PHI", "f4"), ("PHI2", "f4"), ("CI", "f4"), ("PHASE", "i4")]
    )
    angles = np.deg2rad(euler_deg).reshape(-1, 3)
    for name, values in zip(("PHI1", "PHI", "PHI2"), angles.T, strict=True):
        table[name] = values
    table["CI"] = 0.5
    with h5py.File(path, "w") as file:
        file["Company"] = np.bytes_("EDAX")
        file["Project/Sample/Area 1/OIM Map 1/EBSD/ANG/DATA/DATA"] = table
        header = file.create_group("Project/Sample/Area 1/OIM Map 1/EBSD/ANG/HEADER")
        header["nColumns"], header["nRows"], header["Step X"], header["Step Y"] = COLUMNS, ROWS, STEP, STEP
        header["Phase/1/Material Name"], header["Phase/1/Symmetry"] = np.bytes_("Nickel"), 43
    return path


def write_bruker(path: Path, euler_deg: np.ndarray, *, shuffle: bool = False) -> Path:
    row, column = np.mgrid[:ROWS, :COLUMNS]
    order = np.random.default_rng(0).permutation(row.size) if shuffle else np.arange(row.size)
    with h5py.File(path, "w") as file:
        file["Manufacturer"], file["Version"] = np.bytes_("Bruker Nano"), np.bytes_("Esprit 2.3.0")
        data = file.create_group("Map 1/EBSD/Data")
        data["phi1"], data["PHI"], data["phi2"] = euler_deg.reshape(-1, 3)[order].T.astype(np.float32)
        data["X BEAM"], data["Y BEAM"] = (v.ravel()[order].astype(np.int32) + 40 for v in (column, row))
        data["X SAMPLE"] = (-STEP * column).ravel()[order].astype(np.float32)
        data["Y SAMPLE"] = (STEP * row).ravel()[order].astype(np.float32)
        phase = np.ones(row.size, np.int32)
        phase[5] = 0
        data["Phase"], data["MAD"] = phase[order], np.full(row.size, 0.4, np.float32)
        header = file.create_group("Map 1/EBSD/Header")
        header["NCOLS"], header["NROWS"], header["XSTEP"], header["YSTEP"] = COLUMNS, ROWS, STEP, STEP
        header["Grid Type"] = np.bytes_("isometric")
        header["Phases/1/Name"], header["Phases/1/IT"] = np.bytes_("Nickel"), np.int32(225)
        header["Phases/1/LatticeConstants"] = np.array([3.56, 3.56, 3.56, 90, 90, 90], np.float32)
    return path


def write_oxford(path: Path, euler_deg: np.ndarray, *, laue: int = 11, symbol: str = "m-3m") -> Path:
    row, column = np.mgrid[:ROWS, :COLUMNS]
    with h5py.File(path, "w") as file:
        file["Manufacturer"], file["Format Version"] = b"Oxford Instruments", b"5.0"
        file["Index"] = [b"1"]
        data = file.create_group("1/EBSD/Data")
        data["Euler"] = np.deg2rad(euler_deg).reshape(-1, 3).astype(np.float32)
        phase = np.ones((row.size, 1), np.uint8)
        phase[5] = 0
        data["Phase"] = phase
        data["X"], data["Y"] = (column * STEP).reshape(-1, 1), (row * STEP).reshape(-1, 1)
        data["Mean Angular Deviation"] = np.full((row.size, 1), np.deg2rad(0.4))
        data["Band Contrast"] = np.full((row.size, 1), 100, np.uint8)
        header = file.create_group("1/EBSD/Header")
        header["X Cells"], header["Y Cells"] = np.int32(COLUMNS), np.int32(ROWS)
        header["X Step"], header["Y Step"] = np.float32(STEP), np.float32(STEP)
        one = header.create_group("Phases/1")
        one["Phase Name"], one["Laue Group"] = b"Nickel", np.int32(laue)
        one["Laue Group"].attrs["Symbol"] = symbol
        one["Lattice Dimensions"], one["Lattice Angles"] = np.full((1, 3), 3.56), np.full((1, 3), np.pi / 2)
    return path


def write_orix(path: Path, euler_deg: np.ndarray, *, unit: str = "um", group: str = "", k: int = 1) -> Path:
    row, column = np.mgrid[:ROWS, :COLUMNS]
    with h5py.File(path, "w") as file:
        file["manufacturer"], file["version"] = "orix", "0.11.0"
        data = file.create_group(f"{group}crystal_map/data")
        angles = np.repeat(np.deg2rad(euler_deg).reshape(-1, 1, 3), k, axis=1)
        angles[:, 1:] += 0.5
        for name, values in zip(("phi1", "Phi", "phi2"), np.moveaxis(angles, -1, 0), strict=True):
            data[name] = values if k > 1 else values.ravel()
        phase = np.zeros(row.size, np.int32)
        phase[5] = -1
        data["phase_id"], data["is_in_data"] = phase, np.ones(row.size, bool)
        data["x"], data["y"] = (column * STEP).ravel(), (row * STEP).ravel()
        header = file.create_group(f"{group}crystal_map/header")
        header["nx"], header["ny"], header["x_step"], header["y_step"] = COLUMNS, ROWS, STEP, STEP
        header["grid_type"], header["scan_unit"] = "square", unit
        header["phases/0/name"], header["phases/0/point_group"] = "Nickel", "m-3m"
        header["phases/-1/name"], header["phases/-1/point_group"] = "not_indexed", "None"
    return path


WRITERS = {
    "edax.h5": write_edax,
    "apex.edaxh5": write_apex,
    "bruker.h5": write_bruker,
    "oxford.h5oina": write_oxford,
    "orix.h5": write_orix,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_layout_gives_the_same_grains(tmp_path: Path, name: str, four_grains: np.ndarray) -> None:
    path = WRITERS[name](tmp_path / name, four_grains)
    assert is_orientation_map(path)
    found = read_orientation_map(path)
    assert found.shape == (ROWS, COLUMNS) and found.warnings == ()
    assert (found.x_step_nm, found.y_step_nm, found.step_source) == (250.0, 250.0, "metadata")
    assert [(p.id, p.name, p.laue_group) for p in found.phases] == [(1, "Nickel", "m-3m")]
    assert found.indexed.sum() == 192 - (name != "apex.edaxh5") and found.indexed[1, 5]
    grains = grain_map_of(found)
    assert grains.n_grains == 4
    upper, left = np.arange(ROWS)[:, None] < 6, np.arange(COLUMNS)[None] < 8
    assert (grains.labels == np.where(upper, np.where(left, 1, 2), np.where(left, 3, 4))).all()


def test_orientations_are_those_of_the_text_formats(
    tmp_path: Path, write: Write, four_grains: np.ndarray
) -> None:
    """EDAX's HDF5 as its .ang, Oxford's and Bruker's as the .ctf, in cubic crystals."""
    ang = read_orientation_map(write(tmp_path / "a.ang", four_grains)).quaternions
    ctf = read_orientation_map(write(tmp_path / "a.ctf", four_grains)).quaternions
    for name, expected in (
        ("edax.h5", ang),
        ("apex.edaxh5", ang),
        ("bruker.h5", ctf),
        ("oxford.h5oina", ctf),
    ):
        q = read_orientation_map(WRITERS[name](tmp_path / name, four_grains)).quaternions
        assert np.nanmin(np.abs((q * expected).sum(axis=-1))) > 1 - 1e-6


def test_bruker_points_in_any_order(tmp_path: Path, four_grains: np.ndarray) -> None:
    sorted_, mixed = (
        read_orientation_map(write_bruker(tmp_path / f"{k}.h5", four_grains, shuffle=k))
        for k in (False, True)
    )
    assert (sorted_.phase == mixed.phase).all()
    assert np.allclose(sorted_.quaternions, mixed.quaternions, equal_nan=True)


def test_bruker_beam_positions_two_apart(tmp_path: Path, four_grains: np.ndarray) -> None:
    path = write_bruker(tmp_path / "a.h5", four_grains)
    with h5py.File(path, "a") as file:
        data = file["Map 1/EBSD/Data"]
        for axis in "XY":
            data[f"{axis} BEAM"][...] = 2 * data[f"{axis} BEAM"][()]
            del data[f"{axis} SAMPLE"]
    found = read_orientation_map(path)
    assert (found.shape, found.x_step_nm, found.warnings) == ((ROWS, COLUMNS), 250.0, ())


def test_oxford_without_positions_or_symbol(tmp_path: Path, four_grains: np.ndarray) -> None:
    path = write_oxford(tmp_path / "a.h5oina", four_grains, laue=9, symbol="")
    with h5py.File(path, "a") as file:
        del file["1/EBSD/Data/X"]
    found = read_orientation_map(path)
    assert found.shape == (ROWS, COLUMNS) and found.x_step_nm == 250
    assert found.phases[0].laue_group == "6/mmm"
    assert found.phases[0].lattice == pytest.approx((3.56,) * 3 + (90,) * 3)
    assert np.nanmax(found.properties["mad"]) == pytest.approx(0.4)


def test_oxford_region_that_is_no_rectangle(tmp_path: Path, four_grains: np.ndarray) -> None:
    path = write_oxford(tmp_path / "a.h5oina", four_grains)
    with h5py.File(path, "a") as file:
        for name in ("X", "Y", "Euler"):
            values = file[f"1/EBSD/Data/{name}"][()]
            values[:40:16] = np.nan
            file[f"1/EBSD/Data/{name}"][...] = values
    found = read_orientation_map(path)
    assert found.measured is not None and (~found.measured).sum() == 3
    assert not found.measured[:3, 0].any()


def test_orix_units_groups_and_several_solutions(tmp_path: Path, four_grains: np.ndarray) -> None:
    plain = read_orientation_map(write_orix(tmp_path / "a.h5", four_grains))
    nano = read_orientation_map(write_orix(tmp_path / "b.h5", four_grains, unit="nm"))
    assert nano.x_step_nm == 0.25
    pixels = read_orientation_map(write_orix(tmp_path / "c.h5", four_grains, unit="px"))
    assert pixels.x_step_nm is None and pixels.step_source == "none"
    within = write_orix(tmp_path / "d.h5", four_grains, group="Scan 1/EBSD/CrystalMap/", k=3)
    assert np.allclose(read_orientation_map(within).quaternions, plain.quaternions, equal_nan=True)


def test_several_scans_are_told(tmp_path: Path, four_grains: np.ndarray) -> None:
    path = write_edax(tmp_path / "two.h5", four_grains)
    with h5py.File(path, "a") as file:
        file.copy("Scan 1", "Scan 2")
    assert any("2 scans" in w for w in read_orientation_map(path).warnings)


@pytest.mark.parametrize("name", WRITERS)
def test_truncated_and_foreign_files_are_refused(tmp_path: Path, name: str, four_grains: np.ndarray) -> None:
    path = WRITERS[name](tmp_path / name, four_grains)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableError, match="truncated or damaged"):
        read_orientation_map(path)
    with h5py.File(path, "w") as file:
        file["image"] = np.zeros((4, 4))
    with pytest.raises(UnreadableError, match="none of EDAX"):
        read_orientation_map(path)


@pytest.mark.parametrize(
    ("name", "group"), [("edax.h5", "Scan 1"), ("bruker.h5", "Map 1"), ("oxford.h5oina", "1")]
)
def test_files_without_orientations_are_refused(
    tmp_path: Path, name: str, group: str, four_grains: np.ndarray
) -> None:
    path = WRITERS[name](tmp_path / name, four_grains)
    with h5py.File(path, "a") as file:
        del file[f"{group}/EBSD/Data"]
    with pytest.raises(UnreadableError, match=name):
        read_orientation_map(path)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files_are_read_or_refused(tmp_path: Path, name: str, four_grains: np.ndarray) -> None:
    """Twenty files with a piece cut out or bytes changed: nothing but our own error comes out."""
    whole, rng = WRITERS[name](tmp_path / name, four_grains).read_bytes(), np.random.default_rng(0)
    for k in range(20):
        content = bytearray(whole)
        place = int(rng.integers(len(content)))
        if k % 2:
            del content[place : place + int(rng.integers(1, 400))]
        else:
            content[place : place + 3] = rng.bytes(3)
        path = tmp_path / f"{k}-{name}"
        path.write_bytes(bytes(content))
        with contextlib.suppress(InputError):
            grain_map_of(read_orientation_map(path))


def test_points_cut_short(tmp_path: Path, four_grains: np.ndarray) -> None:
    path = write_edax(tmp_path / "a.h5", four_grains)
    with h5py.File(path, "a") as file:
        for name in list(file["Scan 1/EBSD/Data"]):
            values = file[f"Scan 1/EBSD/Data/{name}"][:-16]
            del file[f"Scan 1/EBSD/Data/{name}"]
            file[f"Scan 1/EBSD/Data/{name}"] = values
    with pytest.raises(UnreadableError, match="truncated"):
        read_orientation_map(path)


def test_orix_writes_what_is_read(tmp_path: Path) -> None:
    """A file by orix itself (GPL, so only here), and its misorientations in all Laue groups against ours."""
    pytest.importorskip("orix")
    from orix import io
    from orix.crystal_map import CrystalMap, Phase, PhaseList
    from orix.quaternion import Orientation, Rotation, symmetry

    angles = np.random.default_rng(0).uniform(0, [6.28, 3.14, 6.28], (30, 3))
    y, x = np.divmod(np.arange(30), 6)
    rotations = Rotation.from_euler(angles)
    phases = PhaseList(Phase("Mg", point_group="6/mmm"))
    crystal_map = CrystalMap(
        rotations, np.zeros(30, int), x * 0.5, y * 0.5, phase_list=phases, scan_unit="um"
    )
    io.save(str(tmp_path / "map.h5"), crystal_map)
    found = read_orientation_map(tmp_path / "map.h5")
    assert found.shape == (5, 6) and found.x_step_nm == 500 and found.phases[0].laue_group == "6/mmm"
    assert found.warnings == ()
    q = found.quaternions.reshape(-1, 4)
    assert np.abs((q * rotations.data).sum(axis=1)).min() > 1 - 1e-9
    theirs = ("Ci", "C2h", "D2h", "C4h", "D4h", "S6", "D3d", "C6h", "D6h", "Th", "Oh")
    for group, name in zip(LAUE_GROUPS, theirs, strict=True):
        orientation = Orientation(rotations, symmetry=getattr(symmetry, name))
        expected = np.rad2deg(orientation[:-1].angle_with(orientation[1:]))
        phase = CrystalPhase(1, "any", group, None, "c")
        assert np.allclose(disorientation(q[:-1], q[1:], phase), expected, atol=1e-6)
