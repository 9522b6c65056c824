"""``import grainstats as gs``: cheap to import, every name there, one answer in one call and step by step."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

import grainstats as gs
import segment
from grainstats.measure import grain_table, measure, measure_grain_map
from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from segment.errors import InputError
from segment.mosaics.laguerre import laguerre_section

HEAVY = ("numpy", "pandas", "scipy", "cv2", "matplotlib", "openvino", "sqlalchemy", "numba")


def test_importing_loads_nothing_heavy() -> None:
    code = f"import sys, grainstats, segment; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        ("grainstats.run.recipe", ("numpy", "cv2")),
        ("grainstats.share.exports.tables, grainstats.infer.modality.verdict", ("cv2", "scipy", "skimage")),
        ("segment.training.synthetic.preview, segment.mosaics.potts_growth", ("numba", "torch")),
        ("segment.volume.stack", ("numba",)),
        ("grainstats.run.report.compare_report", ("scipy.stats", "scipy.optimize")),
    ],
)
def test_a_module_loads_what_it_uses(module: str, unused: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([m for m in {unused!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Wrapped:
    """As an image of xarray, PyTorch or Dask: rows of its own kind, and an array behind it."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self.values, dtype)

    def __iter__(self):
        return (Wrapped(row) for row in self.values)


def test_what_calls_itself_an_array_is_one() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (80, 90), np.uint8)
    for image in (Wrapped(grey), Image.fromarray(grey), [Wrapped(grey)]):
        (read,) = gs.read(image, pixel_size_nm=2.0)
        assert np.array_equal(read.image, grey)
    inks = Image.fromarray(grey).convert("RGB").convert("CMYK")
    palette = Image.fromarray(grey, "P")
    palette.putpalette([255 - k // 3 for k in range(768)])
    assert np.array_equal(gs.read(inks)[0].image, grey) and np.array_equal(
        gs.read(palette)[0].image, 255 - grey
    )
    squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    assert len(gs.measure(Wrapped(squares), pixel_size_nm=2.0).grains) == 25
    with pytest.raises(InputError, match="DataFrame"):
        gs.read(pd.DataFrame(grey))
    with pytest.raises(InputError, match="paths with samples"):
        gs.analyze({"S1": "a.tif"})
    with pytest.raises(InputError, match="one by one"):
        gs.read(np.stack([grey, grey, grey, grey, grey]))


@pytest.mark.parametrize("package", [gs, segment])
def test_every_public_name_is_there_and_says_what_it_is(package) -> None:
    for name in package.__all__:
        thing = getattr(package, name)
        told = inspect.getdoc(getattr(thing, name) if inspect.ismodule(thing) else thing)
        assert name == "__version__" or ">>> " in (told or ""), name
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_a_tree_that_is_not_installed_has_a_version_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gs.__version__ == segment.__version__ != ""

    def unknown(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", unknown)
    with monkeypatch.context() as patched:
        patched.delitem(sys.modules, "grainstats._version")
        assert gs.__version__ == segment.__version__ == "0+unknown"


def test_a_room_can_be_called_and_entered() -> None:
    """`grainstats.measure` is the package and the function, whatever was imported before."""
    assert gs.measure.grain_table is grain_table
    assert inspect.signature(gs.measure) == inspect.signature(measure)
    assert callable(gs.magnet)


def test_arrays_are_taken_for_what_they_are() -> None:
    grey = np.random.default_rng(0).normal(100, 9, (80, 90)).astype(np.float32)
    assert [found.image.shape for found in gs.read([grey, grey[:, :70]])] == [(80, 90), (80, 70)]
    hidden = np.arange(90) < 20
    valid = gs.read(np.ma.masked_array(grey, np.tile(hidden, (80, 1))))[0].valid
    assert valid is not None and not valid[:, :20].any() and valid[:, 24:].all()
    squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    for call, words in (
        (lambda: gs.read(squares), "label map, not a micrograph"),
        (lambda: gs.segment(squares), "label map, not a micrograph"),
        (lambda: gs.segment([grey, grey]), "a list: holds 2 images"),
        (lambda: gs.segment(grey, persistence=2), "Give a number from 0 to 1"),
        (lambda: gs.read(1j * grey), "complex"),
        (lambda: gs.read({"a": grey}), "type dict"),
        (lambda: gs.read(pd.DataFrame(grey)), "type DataFrame"),
        (lambda: gs.measure(np.ma.masked_array(squares, squares == 3), pixel_size_nm=1.0), "masked array"),
        (lambda: gs.judge([]), "nothing to judge"),
    ):
        with pytest.raises(InputError, match=words):
            call()


def test_maps_in_pixels_are_not_judged_as_nanometres() -> None:
    squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    in_pixels = measure_grain_map(segment.grain_map_of_labels(squares), unit="px")
    with pytest.raises(InputError, match="measured in pixels"):
        gs.judge([gs.measure(squares, pixel_size_nm=2.0), in_pixels])


def test_label_maps_in_memory_are_measured_and_judged() -> None:
    mosaic = laguerre_section((700, 700), 18.0, 0.2, np.random.default_rng(3)).grain_map(1.0)
    measured = gs.measure(mosaic.labels.astype(np.uint16), pixel_size_nm=2.0)
    assert measured.grains["area_nm2"].sum() == pytest.approx(4 * (mosaic.labels > 0).sum())
    verdict = gs.judge(measured)
    assert verdict.verdict == "uniform" and "taken as given" in verdict.reason
    assert asdict(gs.judge([gs.measure(mosaic, pixel_size_nm=2.0)])) == asdict(verdict)
    assert asdict(gs.judge(m for m in [measured])) == asdict(verdict)
    lines = np.zeros((200, 200), np.uint8)
    lines[::40] = lines[:, ::40] = 255
    assert len(gs.measure(lines, pixel_size_nm=1.0, tracing=True).grains) == 25
    with pytest.raises(InputError, match="pixel_size_nm"):
        gs.measure(mosaic.labels)


@pytest.fixture(scope="module")
def analyzed(edge_model_with_rates: Path, tmp_path_factory, write_micrograph) -> tuple[gs.Results, Path]:
    """Two samples of two images, by one call."""
    folder = tmp_path_factory.mktemp("two")
    for number in range(4):
        write_micrograph(folder / f"S{number // 2 + 1}" / f"field_{number}.tif", number, 1.7)
    (folder / "S2/<notes>.tif").write_text("no image")
    return gs.analyze(folder, model=edge_model_with_rates), folder


@pytest.mark.slow
def test_what_passes_between_the_steps_shows_itself_in_a_line() -> None:
    (field, _) = gs.read(gs.example_micrographs() / "ai-02")
    assert repr(field) == "<Micrograph ai-02-field-1, 944 x 1024 px, 2 nm/px>"
    labels = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    assert repr(gs.measure(labels, pixel_size_nm=2.0)).startswith("<Measurement of 100 x 100 px: 25 grains")
    grain_map = segment.GrainMap(labels)
    assert repr(grain_map) == "<GrainMap 100 x 100 px, 25 grains, no pixel size>"


def test_one_call_the_steps_and_run_give_one_verdict(analyzed, edge_model_with_rates, tmp_path) -> None:
    results, folder = analyzed
    assert list(results.samples) == ["S1", "S2"] and len(results.images) == 4
    by_steps = gs.judge(
        [gs.measure(gs.segment(m, model=edge_model_with_rates)) for m in gs.read(folder / "S1")[::-1]]
    )
    assert by_steps == results.samples["S1"].verdict and by_steps.stability is not None
    recipe = _recipe(edge_model_with_rates)
    assert run_batch(Call((str(folder),), tmp_path / "run", workers=0), recipe).exit_status == 1
    stored = gs.load_results(tmp_path / "run")
    assert {name: s.verdict for name, s in stored.samples.items()} == {
        name: s.verdict for name, s in results.samples.items()
    }
    assert stored.grains.drop(columns="analysis_id").equals(results.grains.drop(columns="analysis_id"))
    with pytest.raises(InputError, match=r"2 samples: S1, S2.*samples\[NAME\]"):
        _ = results.verdict


def test_a_segmented_file_says_what_reading_noticed(edge_model_with_rates, tmp_path) -> None:
    framed = np.pad(np.random.default_rng(0).integers(1, 255, (100, 120)), 20).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", framed)
    (read,) = gs.read(tmp_path / "a.tif")
    said = gs.segment(tmp_path / "a.tif", model=edge_model_with_rates).warnings
    assert read.notes and set(read.notes) <= set(said)


@pytest.mark.slow
def test_results_are_shown_saved_and_loaded(analyzed, tmp_path) -> None:
    results, _ = analyzed
    matplotlib.use("Agg")
    figure = results.plot()
    assert len([axis for axis in figure.axes if axis.get_title()]) == 6
    matplotlib.pyplot.close(figure)
    html = results._repr_html_()
    assert "S1" in html and results.samples["S2"].verdict.short_reason.replace("<", "&lt;") in html
    assert "&lt;notes&gt;.tif: of no known microscope format" in html and "<notes>.tif: of no" in repr(
        results
    )
    again = gs.load_results(results.save(tmp_path / "kept"))
    assert list(gs.load_results(tmp_path / "kept", samples="S1").samples) == ["S1"]
    with pytest.raises(InputError, match=r"no sample 'S' with images. Known are S1, S2"):
        gs.load_results(tmp_path / "kept", samples="S")
    assert again.grains.equals(results.grains) and again.intercepts.equals(results.intercepts)
    assert again.images[0].grain_map.n_grains == results.images[0].n_grains
    assert json.loads(again.descriptors.to_json()) == json.loads(results.descriptors.to_json())
    with pytest.raises(InputError, match="holds results already"):
        results.save(tmp_path / "kept")


@pytest.mark.slow
def test_arrays_are_analyzed_like_files(analyzed, edge_model_with_rates, capsys) -> None:
    results, folder = analyzed
    images = [m.image for m in gs.read(folder / "S1")]
    found = gs.analyze({"A": images}, pixel_size_nm=1.7, model=edge_model_with_rates, progress=True)
    assert f"{len(images)}/{len(images)} " in capsys.readouterr().err
    assert found.verdict == results.samples["S1"].verdict  # sizes in pixels seed it, ratios decide
    assert found.grains["label"].equals(results.samples["S1"].grains["label"])
    with pytest.raises(InputError, match="no pixel size"):
        gs.analyze(images[0], model=edge_model_with_rates)


def _recipe(model: Path):
    return Recipe(model=str(model))


def test_the_same_field_twice_counts_once() -> None:
    section = laguerre_section((500, 500), 24.0, 0.4, np.random.default_rng(5)).grain_map()
    fields = [gs.measure(labels, pixel_size_nm=2.0) for labels in (section.labels, section.labels[:, ::-1])]
    once, twice = gs.judge(fields[0]), gs.judge(fields)
    assert twice.n_images == 1 and twice.n_grains == once.n_grains and twice.p_value == once.p_value
    assert twice.reason == f"{once.reason}. The same area, counted once: image 2 and image 1"


SQUARES = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
TEXTS = pd.DataFrame({"sample_id": list("abcd"), "g": list("xxyy"), "v": list("1234")})
NOISE = np.random.default_rng(0).random((64, 64))


@pytest.mark.parametrize(
    ("call", "named", "remedy"),
    [
        (lambda: gs.analyze([]), "an empty list", "Give a folder"),
        (lambda: gs.analyze(5), "type int", "Give a folder"),
        (lambda: gs.analyze([[1, 2], [3, 4]]), "type list", "Give a folder"),
        (lambda: gs.analyze(b"films"), "type bytes", "Give a folder"),
        (lambda: gs.analyze("films", pixel_size_nm="2 nm"), "pixel size", "above 0, in nanometres"),
        (lambda: gs.analyze("films", workers="2"), "workers", "whole number"),
        (lambda: gs.analyze("films", workers=-1), "workers", "whole number"),
        (lambda: gs.analyze("films", recipe={"persistence": 0.1}), "recipe", "path of a recipe.toml"),
        (lambda: gs.analyze("films", recipe="nowhere.toml"), "nowhere.toml", "Name a recipe"),
        (lambda: gs.analyze(NOISE), "arrays", "Give pixel_size_nm"),
        (lambda: gs.analyze({"S1": []}, pixel_size_nm=1.0), "list", "sample id"),
        (lambda: gs.analyze(gs.example_micrographs(), out=__file__), "--out", "Name a folder"),
        (lambda: gs.read("nowhere.tif"), "nowhere.tif", "Check the path"),
        (lambda: gs.read(gs.example_micrographs(), pixel_size_nm=0), "pixel size", "above 0"),
        (lambda: gs.segment(None), "type NoneType", "Give a folder"),
        (lambda: gs.measure("nowhere.labels.tif"), "nowhere.labels.tif", "Check the path"),
        (lambda: gs.measure(None, pixel_size_nm=1), "a NoneType", "Give one GrainMap"),
        (lambda: gs.judge("map.tif"), "a str", "gs.measure first"),
        (lambda: gs.current("nowhere.labels.tif", {"j0": 1.0}), "nowhere.labels.tif", "Check the path"),
        (lambda: gs.load_results("nowhere"), "nowhere", "grainstats run"),
        (lambda: gs.read("a" * 3000), "aaa", "Check the path"),
        (lambda: gs.measure("a" * 3000), "aaa", "Check the path"),
        (lambda: gs.load_results("a" * 3000), "aaa", "Check the path"),
        (lambda: gs.analyze("a" * 3000), "aaa", "Check the path"),
        (lambda: gs.segment(NOISE, model="a" * 3000), "aaa", "Known"),
        (lambda: gs.measure(np.array([["a"]]), tracing=True), "tracing", "Give grey levels"),
        (lambda: gs.measure(np.zeros((0, 0)), tracing=True), "tracing", "Give grey levels"),
        (lambda: gs.load_results(None), "type NoneType", "Give a results folder"),
        (lambda: gs.compare([1, 2]), "type list", "Give a results folder"),
        (lambda: gs.compare(TEXTS, by="g"), "table", "make numbers"),
        (lambda: gs.measure(SQUARES, pixel_size_nm=-1), "pixel size", "above 0"),
        (lambda: gs.measure(SQUARES, pixel_size_nm="wide"), "pixel size", "above 0"),
        (lambda: gs.read(NOISE, pixel_size_nm=float("nan")), "pixel size", "above 0"),
        (lambda: gs.segment(NOISE, pixel_size_nm=-2.0), "pixel size", "above 0"),
        (lambda: gs.segment(NOISE, device="tpu"), "device", "auto, cpu"),
        (lambda: gs.analyze(NOISE, pixel_size_nm=1.0, device="tpu"), "device", "auto, cpu"),
        (lambda: gs.judge(gs.measure(SQUARES, pixel_size_nm=1.0), null="film"), "null", "columnar"),
        (lambda: gs.analyze({}, pixel_size_nm=1.0), "empty dict", "sample id"),
        (lambda: gs.analyze({"../../a": [NOISE]}, pixel_size_nm=1.0), "../../a", "slashes"),
    ],
)
def test_what_cannot_be_used_is_named_with_a_remedy(call, named: str, remedy: str) -> None:
    with pytest.raises(InputError) as raised:
        call()
    assert named in raised.value.source and remedy in raised.value.remedy


def test_a_label_file_is_measured_with_what_lies_beside_it(tmp_path) -> None:
    labels = np.kron(np.arange(1, 101).reshape(10, 10), np.ones((20, 20), int)).astype(np.int32)
    cells = segment.GrainMap(labels, 2.0, "manual", probability=np.full(labels.shape, 0.5, np.float32))
    path = segment.write_label_map(tmp_path / "field.labels.tif", cells)
    segment.write_boundary_map(
        tmp_path / "field.boundary.tif", segment.BoundaryMap(cells.probability, 2.0, "manual")
    )
    assert segment.read_map(path).probability is not None
    found = gs.current(path, {"j0": 1.0}, draws=1)
    assert found.directions["x"].j_over_j0 == pytest.approx(
        gs.current(cells, {"j0": 1.0}, draws=1).directions["x"].j_over_j0
    )
    assert len(gs.measure(path).grains) == 100
