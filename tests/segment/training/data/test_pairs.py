"""Every kind of tracing that fine-tuning and evaluation accept gives the same cells."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import tifffile
from skimage.measure import find_contours

from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.label_maps.by_hand import close_gaps
from segment.label_maps.imagej_rois import draw_rois, read_rois
from segment.micrograph.micrograph import Micrograph
from segment.quality.score import score
from segment.training.data.pairs import GAP_PX, Pair, find_pairs, traced_part, without_image

SIZE = (150, 180)


def encoded(points: np.ndarray, kind: int, *, subpixel: bool = True) -> bytes:
    """A region as ImageJ writes it: header of 64 bytes, then points relative to the box, then floats."""
    left, top = np.floor(points.min(axis=0)).astype(int)
    right, bottom = np.ceil(points.max(axis=0)).astype(int)
    header = bytearray(64)
    header[:4], header[6] = b"Iout", kind
    struct.pack_into(">h", header, 4, 228)
    struct.pack_into(">4h", header, 8, top, left, bottom, right)
    struct.pack_into(">H", header, 16, len(points))
    struct.pack_into(">h", header, 50, 128 if subpixel else 0)
    relative = np.round(points - [left, top]).astype(">i2")
    data = bytes(header) + relative[:, 0].tobytes() + relative[:, 1].tobytes()
    return data + (points.T.astype(">f4").tobytes() if subpixel else b"")


@pytest.fixture(scope="module")
def cells() -> np.ndarray:
    points = np.random.default_rng(8).uniform(0, 1, (24, 2)) * SIZE
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    distance = [np.hypot(y - a, x - b) for a, b in points]
    return (np.argmin(distance, axis=0) + 1).astype(np.int32)


@pytest.fixture
def lines(cells: np.ndarray) -> np.ndarray:
    edge = on_edges(cells, upper_left=True).view(np.uint8)
    return cv2.dilate(edge, np.ones((3, 3), np.uint8)) * np.uint8(255)


def outlines(cells: np.ndarray) -> list[np.ndarray]:
    padded = np.pad(cells, 1)
    return [find_contours(padded == label, 0.5)[0][:, ::-1] - 0.5 for label in np.unique(cells)]


def truth(folder: Path, name: str) -> np.ndarray:
    cv2.imwrite(str(folder / "image.png"), np.random.default_rng(0).integers(0, 256, SIZE, dtype=np.uint8))
    return Pair(folder / "image.png", folder / name).truth().labels


def written(kind: str, folder: Path, cells: np.ndarray, lines: np.ndarray) -> str:
    """Write the cells as one kind of tracing; the file's name."""
    if kind == "outlines in a zip":
        with zipfile.ZipFile(folder / "t.zip", "w") as archive:
            for number, outline in enumerate(outlines(cells)):
                archive.writestr(f"{number:04d}.roi", encoded(outline, 7))
        return "t.zip"
    if kind == "overlay in a TIFF":
        regions = [encoded(outline, 0) for outline in outlines(cells)]
        facts = {"Overlays": regions}
        tifffile.imwrite(folder / "t.tif", np.zeros(SIZE, np.uint8), imagej=True, metadata=facts)
        return "t.tif"
    images = {
        "bright lines": lines,
        "dark lines": 255 - lines,
        "softened lines": cv2.GaussianBlur(lines, (0, 0), 0.7),
        "labels of 8 bits": cells.astype(np.uint8),
    }
    if kind in images:
        cv2.imwrite(str(folder / "t.png"), images[kind])
        return "t.png"
    labels = np.where(lines > 0, 0, cells) if kind == "labels with lines of 0" else cells
    tifffile.imwrite(folder / "t.tif", labels.astype(np.uint16))
    return "t.tif"


KINDS = (
    "outlines in a zip",
    "overlay in a TIFF",
    "bright lines",
    "dark lines",
    "softened lines",
    "labels of 8 bits",
    "labels of 16 bits",
    "labels with lines of 0",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tracing_gives_the_same_cells(
    kind: str, tmp_path: Path, cells: np.ndarray, lines: np.ndarray
) -> None:
    found = truth(tmp_path, written(kind, tmp_path, cells, lines))
    assert found.shape == SIZE
    agreement = score(found, cells)
    assert agreement.f1 > 0.99
    assert agreement.intercept_ratio == pytest.approx(1, abs=0.04)
    assert found.max() == cells.max()


def test_lines_of_imagej_are_boundaries(tmp_path: Path) -> None:
    """A polyline with whole pixels and a straight line across: four cells."""
    straight = bytearray(encoded(np.array([[90.0, 0.0], [90.0, 149.0]]), 3))
    struct.pack_into(">4f", straight, 18, 90, 0, 90, 150)
    bent = encoded(np.array([[0.0, 70.0], [60.0, 76.0], [179.0, 70.0]]), 5, subpixel=False)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a.roi", bytes(straight))
        archive.writestr("b.roi", bent)
    found = truth(tmp_path, "t.zip")
    assert found.max() == 4
    assert found[10, 10] != found[10, 170] and found[10, 10] != found[140, 10]


def test_rectangles_and_ovals_are_outlines(tmp_path: Path) -> None:
    (tmp_path / "a.roi").write_bytes(encoded(np.array([[20.0, 30.0], [60.0, 90.0]]), 1))
    (rectangle,) = read_rois(tmp_path / "a.roi")
    assert np.count_nonzero(draw_rois([rectangle], SIZE)) == pytest.approx(
        40 * 60, rel=0.05
    )  # OpenCV fills the outline too
    (tmp_path / "b.roi").write_bytes(encoded(np.array([[20.0, 30.0], [60.0, 90.0]]), 2))
    area = np.count_nonzero(draw_rois(read_rois(tmp_path / "b.roi"), SIZE))
    assert area == pytest.approx(np.pi / 4 * 40 * 60, rel=0.05)  # OpenCV fills the outline too


def test_what_is_no_region_is_said(tmp_path: Path) -> None:
    for name, content in (("a.roi", b"no region at all" * 8), ("b.zip", b"PK nothing"), ("c.roi", b"Iout")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="cannot be read as ImageJ regions"):
            read_rois(tmp_path / name)
    combined = bytearray(encoded(np.array([[0.0, 0.0], [9.0, 9.0]]), 1))
    struct.pack_into(">i", combined, 36, 40)
    (tmp_path / "d.roi").write_bytes(bytes(combined))
    with pytest.raises(InputError, match="Split"):
        read_rois(tmp_path / "d.roi")


def test_regions_without_outline_or_line_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.roi").write_bytes(encoded(np.array([[4.0, 5.0], [9.0, 9.0]]), 10))
    with pytest.raises(InputError):
        truth(tmp_path, "t.roi")


def test_narrow_gaps_close_and_wide_ones_stay() -> None:
    labels = np.ones((80, 80), np.int32)
    labels[:, 40:] = 2
    labels[:, 38:42] = 0
    labels[10:30, 5:25] = 0
    closed = close_gaps(labels, GAP_PX)
    assert (closed[:, 38:42] > 0).all()
    assert (closed[14:26, 9:21] == 0).all()


@pytest.mark.parametrize("traced", ["a.zip", "a_RoiSet.zip", "a.labels.tif", "a.tracing.png"])
def test_pairs_go_by_stem(tmp_path: Path, traced: str) -> None:
    for folder, name in (("images", "a.png"), ("tracings", traced), ("images", "b.png")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(b"")
    with pytest.raises(InputError, match="no tracing"):
        find_pairs(tmp_path / "images", tmp_path / "tracings")
    (tmp_path / "images" / "b.png").unlink()
    (pair,) = find_pairs(tmp_path / "images", tmp_path / "tracings")
    assert pair.tracing.name == traced
    assert without_image([pair], tmp_path / "tracings") == []


def test_a_tracing_that_includes_the_info_bar_is_cut_like_the_image(
    tmp_path: Path, cells: np.ndarray, lines: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader cut 30 rows of the image; the person traced on what the microscope wrote."""
    cut = Micrograph(
        np.zeros((120, 180), np.uint8), None, "none", Path("image.png"), "0", "test", info_bar_rows=30
    )
    monkeypatch.setattr(Pair, "micrograph", lambda pair: cut)
    for kind in ("bright lines", "labels of 16 bits"):
        found = truth(tmp_path, written(kind, tmp_path, cells, lines))
        assert found.shape == cut.image.shape
        assert score(found, cells[:120]).f1 > 0.98
        assert set(np.unique(found)) == set(range(1, found.max() + 1))


def test_a_tracing_of_another_size_is_refused(tmp_path: Path, lines: np.ndarray, cells: np.ndarray) -> None:
    cv2.imwrite(str(tmp_path / "t.png"), lines[:100])
    with pytest.raises(InputError, match="180 x 100 pixels, its image 180 x 150"):
        truth(tmp_path, "t.png")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for number, outline in enumerate(outlines(cells)):
            archive.writestr(f"{number}.roi", encoded(2 * outline, 7))
    with pytest.raises(InputError, match="beyond the image"):
        truth(tmp_path, "t.zip")


def test_a_tracing_without_any_line_is_refused(tmp_path: Path) -> None:
    drawing = np.zeros((*SIZE, 4), np.uint8)
    drawing[..., 3] = 255
    cv2.imwrite(str(tmp_path / "t.png"), drawing)
    with pytest.raises(InputError, match="one level only"):
        truth(tmp_path, "t.png")


def test_black_lines_on_a_transparent_layer_are_boundaries(
    tmp_path: Path, lines: np.ndarray, cells: np.ndarray
) -> None:
    layer = np.zeros((*SIZE, 4), np.uint8)
    layer[..., 3] = lines
    cv2.imwrite(str(tmp_path / "t.png"), layer)
    assert truth(tmp_path, "t.png").max() == cells.max()


@pytest.mark.parametrize("kind", ["grey lines", "16 bits", "dark and 16 bits", "thin"])
def test_softened_lines_of_any_depth_are_a_drawing(
    kind: str, tmp_path: Path, cells: np.ndarray, lines: np.ndarray
) -> None:
    soft = cv2.GaussianBlur(lines, (0, 0), 0.7)
    drawings = {
        "grey lines": soft // 4 * 3,
        "16 bits": soft.astype(np.uint16) * 257,
        "dark and 16 bits": 65535 - soft.astype(np.uint16) * 257,
        "thin": cv2.GaussianBlur(cv2.erode(lines, np.ones((2, 2), np.uint8)), (0, 0), 0.5),
    }
    tifffile.imwrite(tmp_path / "t.tif", drawings[kind])
    found = truth(tmp_path, "t.tif")
    assert found.max() == cells.max()
    assert score(found, cells).f1 > 0.99


def test_labels_on_a_wide_background_are_no_drawing(tmp_path: Path) -> None:
    labels = np.zeros((160, 160), np.uint8)
    y, x = np.mgrid[:160, :96] // 6
    labels[:, :96] = y * 5 + x // 2 + 1
    labels[:, 60:] = 0
    cv2.imwrite(
        str(tmp_path / "image.png"), np.random.default_rng(0).integers(0, 256, (160, 160), dtype=np.uint8)
    )
    cv2.imwrite(str(tmp_path / "t.png"), labels)
    found = Pair(tmp_path / "image.png", tmp_path / "t.png").truth().labels
    assert found.max() == len(np.unique(labels)) - 1
    assert (found[:, 80:] == 0).all()


def test_labels_with_a_selection_left_in_the_file_stay_labels(tmp_path: Path, cells: np.ndarray) -> None:
    """ImageJ saves whatever is selected, and scale bars and letters as an overlay."""
    box = encoded(np.array([[20.0, 30.0], [60.0, 90.0]]), 1)
    letters, arrow = bytearray(box), bytearray(encoded(np.array([[4.0, 4.0], [40.0, 40.0]]), 3))
    struct.pack_into(">h", letters, 48, 1)
    struct.pack_into(">h", arrow, 48, 2)
    for facts in ({"ROI": box}, {"Overlays": [bytes(letters), bytes(arrow)]}):
        tifffile.imwrite(tmp_path / "t.tif", cells.astype(np.uint16), imagej=True, metadata=facts)
        assert truth(tmp_path, "t.tif").max() == cells.max()


def test_archives_from_a_macintosh_and_damaged_ones(tmp_path: Path, cells: np.ndarray) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, outline in enumerate(outlines(cells)):
            archive.writestr(f"RoiSet/{number}.roi", encoded(outline, 7))
            archive.writestr(f"__MACOSX/RoiSet/._{number}.roi", b"\0\5\26\7 Mac OS X")
    assert truth(tmp_path, "t.zip").max() == cells.max()
    content = bytearray((tmp_path / "t.zip").read_bytes())
    content[60:120] = b"\xff" * 60
    (tmp_path / "bad.zip").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as ImageJ regions"):
        read_rois(tmp_path / "bad.zip")


def test_only_the_traced_part_counts(tmp_path: Path, cells: np.ndarray) -> None:
    labels = np.where(np.arange(SIZE[1]) < 90, cells, 0).astype(np.uint16)
    grey = cells * 9 + np.random.default_rng(1).integers(0, 20, SIZE)
    cv2.imwrite(str(tmp_path / "image.png"), grey.astype(np.uint8))
    tifffile.imwrite(tmp_path / "t.tif", labels)
    found = Pair(tmp_path / "image.png", tmp_path / "t.tif").truth()
    assert traced_part(found) == (slice(0, SIZE[0]), slice(0, 90))
    assert "grains cover 50% of the image: trace all of it" in found.warnings[-1]


def test_a_stack_is_no_image_to_trace(tmp_path: Path, lines: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    tifffile.imwrite(tmp_path / "image.tif", rng.integers(0, 255, (3, *SIZE)).astype(np.uint8), imagej=True)
    cv2.imwrite(str(tmp_path / "t.png"), lines)
    with pytest.raises(InputError, match="3 frames"):
        Pair(tmp_path / "image.tif", tmp_path / "t.png").truth()


def test_what_is_ambiguous_is_asked_and_what_is_no_image_passed_over(tmp_path: Path) -> None:
    for folder, name in (
        ("images", "a.tif"),
        ("images", "a.txt"),
        ("images", "._a.tif"),
        ("traced", "a.zip"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_bytes(b"")
    (pair,) = find_pairs(tmp_path / "images", tmp_path / "traced")
    assert pair.image.name == "a.tif"
    (tmp_path / "traced" / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.zip.*a\.png|a\.png.*a\.zip"):
        find_pairs(tmp_path / "images", tmp_path / "traced")
    (tmp_path / "traced" / "a.png").unlink()
    (tmp_path / "images" / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.tif"):
        find_pairs(tmp_path / "images", tmp_path / "traced")


def test_maps_of_other_programs_are_tracings_like_any_other(tmp_path: Path) -> None:
    cells = np.kron(np.arange(1, 13).reshape(3, 4), np.ones((40, 40), np.int32)).astype(np.int32)
    grey = (cells * 15 + np.random.default_rng(0).normal(30, 4, cells.shape)).astype(np.uint8)
    (tmp_path / "images").mkdir()
    (tmp_path / "traced").mkdir()
    y, x = np.indices(cells.shape)
    for name in "abc":
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), grey)
    with h5py.File(tmp_path / "traced" / "a.h5", "w") as file:
        file["DataContainers/a/CellData/FeatureIds"] = cells[None, :, :, None]
    table = "\n".join(f"{c},{r},{n}" for c, r, n in zip(x.flat, y.flat, cells.flat, strict=True))
    (tmp_path / "traced" / "b.csv").write_text(f"x,y,grainId\n{table}\n")
    np.save(tmp_path / "traced" / "c.npy", cells)
    (tmp_path / "traced" / "scores.csv").write_text("image,f1\na,0.9\n")
    pairs = find_pairs(tmp_path / "images", tmp_path / "traced")
    assert [pair.truth().n_grains for pair in pairs] == [12, 12, 12]
    assert without_image(pairs, tmp_path / "traced") == []
