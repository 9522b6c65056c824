"""Label maps of other programs: read as they are, with their scale, or refused with what to export."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import tifffile

from segment.cells.label_edges import on_edges
from segment.errors import InputError, UnreadableError
from segment.label_maps.formats import format_of
from segment.label_maps.imagej_rois import draw_rois, read_rois, write_roi_set
from segment.label_maps.reading import read_label_map


@pytest.fixture(scope="module")
def cells() -> np.ndarray:
    """A Voronoi mosaic of 60 cells, one of which is a void."""
    rng = np.random.default_rng(5)
    labels = voronoi(rng.uniform(0, 150, (60, 2)), (150, 170))
    return np.where(labels == 30, 0, labels).astype(np.int32)


def voronoi(seeds: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    y, x = np.indices(shape)
    return ((y[..., None] - seeds[:, 0]) ** 2 + (x[..., None] - seeds[:, 1]) ** 2).argmin(-1).astype(
        np.int32
    ) + 1


def same_cells(a: np.ndarray, b: np.ndarray) -> bool:
    """The same division, whatever the numbers."""
    pairs = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1)
    return len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]


def axistags(axes: str) -> str:
    return json.dumps({"axes": [{"key": axis, "resolution": 0} for axis in axes]})


# DREAM.3D


def test_dream3d_version_7(cells, tmp_path):
    path = tmp_path / "section.dream3d"
    with h5py.File(path, "w") as file:
        container = file.create_group("DataContainers/ImageDataContainer")
        geometry = container.create_group("_SIMPL_GEOMETRY")
        geometry.attrs["Units"] = np.bytes_("um")
        geometry["DIMENSIONS"] = np.array([*cells.shape[::-1], 1], np.int64)
        geometry["SPACING"] = np.full(3, 0.0025, np.float32)
        container["CellData/FeatureIds"] = cells[None, :, :, None]
    read = read_label_map(path)
    assert same_cells(read.labels, cells) and read.pixel_size_nm == pytest.approx(2.5, rel=1e-6)
    assert read.warnings == ()
    with h5py.File(path, "a") as file:
        del file["DataContainers/ImageDataContainer/_SIMPL_GEOMETRY"].attrs["Units"]
    assert any("micrometres" in note for note in read_label_map(path).warnings)
    assert read_label_map(path, pixel_size_nm=4.0).warnings == ()


def test_dream3d_version_8_and_other_spacings(cells, tmp_path):
    path = tmp_path / "nx.dream3d"
    with h5py.File(path, "w") as file:
        geometry = file.create_group("DataStructure/Image Geometry")
        geometry.attrs["_DIMENSIONS"] = np.array([170, 150, 1], np.uint64)
        geometry.attrs["_SPACING"] = np.array([0.2, 0.4, 1.0], np.float32)
        geometry["Cell Data/FeatureIds"] = cells[None, :, :, None]
    read = read_label_map(path)
    assert read.pixel_size_nm == pytest.approx(200.0) and read.labels.shape == (300, 170)


def test_dream3d_flat_ids_and_volumes(cells, tmp_path):
    path = tmp_path / "flat.dream3d"
    with h5py.File(path, "w") as file:
        group = file.create_group("VoxelDataContainer")
        group["DIMENSIONS"], group["SPACING"] = np.array([170, 150, 1]), np.ones(3, np.float32)
        group["CELL_DATA/GrainIds"] = cells.reshape(-1, 1)
    assert same_cells(read_label_map(path).labels, cells)
    with h5py.File(path, "a") as file:
        del file["VoxelDataContainer"]
        file["DataContainers/a/CellData/FeatureIds"] = np.ones((3, 20, 20, 1), np.int32)
    with pytest.raises(UnreadableError, match="volume of 3 sections"):
        read_label_map(path)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_damaged_dream3d_is_refused(content, tmp_path):
    path = tmp_path / "a.dream3d"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_label_map(path)


# ilastik


@pytest.mark.parametrize("axes", ["yx", "tzyxc", "xyc", "yxc"])
def test_ilastik_object_identities(cells, tmp_path, axes):
    path = tmp_path / "field_Object Identities.h5"
    plane = cells.T if axes.startswith("xy") else cells
    shape = [dict(zip("yx", cells.shape, strict=True)).get(axis, 1) for axis in axes]
    with h5py.File(path, "w") as file:
        file["exported_data"] = plane.astype(np.uint32).reshape(shape)
        file["exported_data"].attrs["axistags"] = axistags(axes)
    assert same_cells(read_label_map(path).labels, cells)


def test_ilastik_simple_segmentation_is_divided_along_its_lines(cells, tmp_path):
    lines = on_edges(cells)
    path = tmp_path / "field_Simple Segmentation.h5"
    for boundary in (1, 2):
        with h5py.File(path, "w") as file:
            file["exported_data"] = np.where(lines, boundary, 3 - boundary).astype(np.uint8)[..., None]
            file["exported_data"].attrs["axistags"] = axistags("yxc")
        read = read_label_map(path)
        assert abs(read.n_grains - 60) <= 6
        assert f"class {boundary} was read as the boundary" in read.warnings


def test_ilastik_probabilities_and_blobs_are_refused(tmp_path):
    path = tmp_path / "field_Probabilities.h5"
    with h5py.File(path, "w") as file:
        file["exported_data"] = np.random.default_rng(0).random((50, 60, 2)).astype(np.float32)
    with pytest.raises(UnreadableError, match="probabilities"):
        read_label_map(path)
    with h5py.File(path, "w") as file:
        file["exported_data"] = np.repeat([[1, 2]], 50, axis=0).repeat(30, axis=1).astype(np.uint8)
    with pytest.raises(UnreadableError, match="none of which forms lines"):
        read_label_map(path)


# MTEX


@pytest.mark.parametrize(
    ("head", "mark", "unit"),
    [
        ("x,y,grainId", ",", 1000.0),
        ("% phase x (nm) y (nm) phi1 grain_id", None, 1.0),
        ("phi1\tx_um\ty_um\tgrainID", "\t", 1000.0),
        ("ebsd.grainId;ebsd.x;ebsd.y", ";", 1000.0),
    ],
)
def test_mtex_tables(cells, tmp_path, head, mark, unit):
    names = head.lstrip("% ").replace(" (nm)", "(nm)").split(mark)
    head = ("% " if head[0] == "%" else "") + (mark or " ").join(names)
    rows, columns = np.indices(cells.shape)
    values = {"x": columns * 0.5 + 3, "y": rows * 0.5, "grain": np.where(cells > 0, cells, np.nan)}
    data = []
    for name in names:
        kind = next((k for k in values if name.casefold().removeprefix("ebsd.").startswith(k)), None)
        data.append(np.zeros(cells.size) if kind is None else values[kind].ravel())
    path = tmp_path / "map.txt"
    table = np.column_stack(data)[np.random.default_rng(0).permutation(cells.size)]
    np.savetxt(path, table, fmt="%.6g", delimiter=mark or " ", header=head, comments="")
    read = read_label_map(path)
    assert same_cells(read.labels, cells) and read.pixel_size_nm == pytest.approx(0.5 * unit)


@pytest.mark.parametrize(("unit", "height", "said"), [("", 1, 0), ("", 2, 1), (" (nm)", 1, 1)])
def test_a_size_by_hand_against_that_of_a_table_is_told(cells, tmp_path, unit, height, said):
    y, x = np.indices(cells.shape)
    table = np.stack([x.ravel(), height * y.ravel(), cells.ravel()], axis=1)
    head = f"x{unit},y{unit},grainId"
    np.savetxt(tmp_path / "m.csv", table, fmt="%g", delimiter=",", header=head, comments="")
    warnings = read_label_map(tmp_path / "m.csv", pixel_size_nm=2.0).warnings
    assert sum("2 nm (manual --pixel-size) was taken" in warning for warning in warnings) == said


def test_mtex_tables_that_are_none(tmp_path):
    path = tmp_path / "map.csv"
    path.write_text("x,y,iq\n0,0,1\n")
    assert format_of(path) is None
    path.write_text("x,y,grainId\n" + "".join(f"{k},0,1\n" for k in range(9)))
    with pytest.raises(UnreadableError, match="one line"):
        read_label_map(path)
    hexagonal = "".join(f"{c + r % 2 / 2},{r * 0.866},{r}\n" for r in range(8) for c in range(8))
    path.write_text("x,y,grainId\n" + hexagonal)
    with pytest.raises(UnreadableError, match="gridify"):
        read_label_map(path)


# cellpose and MIPAR


def test_cellpose_objects_are_never_unpickled(cells, tmp_path):
    path = tmp_path / "field_seg.npy"
    np.save(path, {"masks": cells, "outlines": cells}, allow_pickle=True)
    with pytest.raises(UnreadableError, match="Save masks"):
        read_label_map(path)


@pytest.mark.parametrize("name", ["field_cp_masks.png", "field_cp_masks.tif"])
def test_cellpose_masks(cells, tmp_path, name):
    assert cv2.imwrite(str(tmp_path / name), cells.astype(np.uint16))
    assert same_cells(read_label_map(tmp_path / name).labels, cells)


def test_mipar_features_are_a_tracing_with_dark_lines(cells, tmp_path):
    features = np.where(on_edges(cells), 0, 255).astype(np.uint8)
    assert cv2.imwrite(str(tmp_path / "mipar.tif"), features)
    assert abs(read_label_map(tmp_path / "mipar.tif", tracing=True).n_grains - 60) <= 6


# Written for other programs


def test_regions_of_imagej_draw_the_same_cells(cells, tmp_path):
    path = tmp_path / "RoiSet.zip"
    assert write_roi_set(path, cells) == 59
    drawn = draw_rois(read_rois(path), cells.shape)
    assert same_cells(drawn, cells)
    before = path.read_bytes()
    write_roi_set(path, cells)
    assert path.read_bytes() == before


def test_a_grain_within_a_grain_keeps_its_region(tmp_path):
    labels = np.ones((40, 50), np.int32)
    labels[10:20, 10:25] = 2
    labels[12:15, 12:15] = 3
    write_roi_set(tmp_path / "a.zip", labels)
    assert same_cells(draw_rois(read_rois(tmp_path / "a.zip"), labels.shape), labels)


def test_labels_as_ome_tiff_have_its_pixel_size(cells, tmp_path):
    told = {f"PhysicalSize{axis}": 2.5 for axis in "XY"} | {f"PhysicalSize{axis}Unit": "nm" for axis in "XY"}
    tifffile.imwrite(
        tmp_path / "a.ome.tif", cells.astype(np.uint32), ome=True, metadata={"axes": "YX", **told}
    )
    read = read_label_map(tmp_path / "a.ome.tif")
    assert same_cells(read.labels, cells) and read.pixel_size_nm == 2.5


def test_image_files_are_no_foreign_maps(tmp_path):
    path = Path(tmp_path / "a.tif")
    tifffile.imwrite(path, np.zeros((4, 4), np.uint8))
    assert format_of(path) is None and format_of(tmp_path / "nothing.dream3d") is None


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_tables_with_decimal_commas(tmp_path: Path, separator: str, encoding: str) -> None:
    rows = [
        separator.join((f"{x * 0.05:.2f}", f"{y * 0.05:.2f}", str(x // 3 + 1)))
        for y in range(6)
        for x in range(9)
    ]
    text = "\n".join([separator.join(("x (Å)", "y (Å)", "grainId")), *rows]).replace(".", ",")
    (tmp_path / "a.csv").write_text(text, encoding=encoding)
    found = read_label_map(tmp_path / "a.csv")
    assert found.labels.shape == (6, 9) and found.n_grains == 3
    assert found.pixel_size_nm == pytest.approx(0.005)


def test_a_table_that_was_cut_off_or_has_halves_is_told(tmp_path: Path) -> None:
    rows = [f"{x},{y},{x // 3 + 1}" for y in range(6) for x in range(9)]
    (tmp_path / "a.csv").write_text("\n".join(["x_nm,y_nm,grainId", *rows[:-4]]))
    assert "its last row holds 5 of 9 points" in read_label_map(tmp_path / "a.csv").warnings[0]
    (tmp_path / "a.csv").write_text("\n".join(["x_nm,y_nm,grainId", *(f"{row}.5" for row in rows)]))
    with pytest.raises(UnreadableError, match="no whole numbers"):
        read_label_map(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["DataContainers/I/CellData/FeatureIds", "exported_data"])
def test_data_sets_that_claim_more_than_their_bytes_hold_are_refused(tmp_path: Path, name: str) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_dataset(name, shape=(1, 200_000, 200_000, 1), dtype="i4", chunks=(1, 1000, 1000, 1))
    with pytest.raises(UnreadableError, match="would unpack to 152587 MB"):
        read_label_map(tmp_path / "m.h5")
