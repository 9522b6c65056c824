"""`grainstats segment` and the pipeline behind it: files, pixel sizes, isolated failures, exit statuses."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy import ndimage as ndi

from grainstats.run.commands import segment as command
from grainstats.run.commands.segment import frames_of, output_names
from grainstats.run.job import isolated_workers
from grainstats.run.orientation_input import grain_rules
from grainstats.run.recipe import Recipe
from segment.label_maps.reading import read_label_map
from segment.pipeline import segment_micrograph
from segment.unet import choose_runtime


def run(*arguments) -> subprocess.CompletedProcess:
    code = "from grainstats.run.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "segment", *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture
def image() -> np.ndarray:
    field = ndi.gaussian_filter(np.random.default_rng(2).normal(size=(96, 128)), 4)
    return np.clip(128 + 400 * field, 0, 255).astype(np.uint8)


def test_files_carry_the_pixel_size_and_failures_are_isolated(tmp_path, image, model_folder):
    inputs = tmp_path / "in"
    inputs.mkdir()
    tifffile.imwrite(inputs / "good.tif", image)
    tifffile.imwrite(inputs / "stack.tif", np.stack([image, image[::-1]]), photometric="minisblack")
    (inputs / "text.tif").write_text("this is no image")
    out = tmp_path / "out"
    done = run(inputs, "--out", out, "--model", model_folder, "--pixel-size", 2.5)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "text.tif" in done.stderr and "2 of 3 files done" in done.stderr
    expected = {"good", "stack_0000", "stack_0001"}
    assert {path.name for path in out.iterdir()} == {
        f"{name}.{kind}.tif" for name in expected for kind in ("labels", "boundary")
    }
    labels = read_label_map(out / "good.labels.tif")
    assert labels.labels.shape == image.shape
    assert labels.pixel_size_nm == pytest.approx(2.5)
    probability = tifffile.imread(out / "good.boundary.tif")
    assert probability.dtype == np.float32 and 0 <= probability.min() <= probability.max() <= 1


def test_uncalibrated_image_needs_nothing_and_exit_is_zero(tmp_path, image, model_folder):
    tifffile.imwrite(tmp_path / "a.tif", image)
    done = run(tmp_path / "a.tif", "--out", tmp_path / "out", "--model", model_folder, "--json")
    assert done.returncode == 0, done.stderr
    assert "pixel size unknown" in done.stderr
    (one,) = json.loads(done.stdout)["images"]
    assert one["name"] == "a" and one["pixel_size_nm"] is None and one["n_grains"] >= 1
    assert all(f"warning: a: {warning}" in done.stderr for warning in one["warnings"])
    assert read_label_map(tmp_path / "out" / "a.labels.tif").pixel_size_nm is None


def test_what_reading_notices_is_said(tmp_path, image, model_folder):
    facts = {"unit": "nm"}
    framed = np.pad(image, 20)
    tifffile.imwrite(tmp_path / "a.tif", framed, imagej=True, resolution=(0.5, 0.5), metadata=facts)
    done = run(
        *(tmp_path / "a.tif", "--out", tmp_path / "out", "--model", model_folder),
        *("--pixel-size", 3, "--json"),
    )
    (one,) = json.loads(done.stdout)["images"]
    for words in ("a blank part at the rim", "was taken, not 2 nm (metadata ImageJ unit"):
        assert any(words in warning for warning in one["warnings"]) and words in done.stderr


def test_wrong_calls_exit_with_two(tmp_path, image):
    tifffile.imwrite(tmp_path / "a.tif", image)
    unknown = run(tmp_path / "a.tif", "--out", tmp_path / "out", "--model", tmp_path / "nowhere")
    assert unknown.returncode == 2 and "neither a released model" in unknown.stderr
    assert run(tmp_path / "a.tif").returncode == 2


def test_equal_stems_do_not_overwrite_each_other(tmp_path):
    paths = [Path("x/a.tif"), Path("y/a.tif"), Path("x/a.png"), Path("x/b.tif")]
    names = output_names(paths)
    assert len(set(names.values())) == 4
    assert names[paths[3]] == "b"
    alike = [Path(f"{sample}/raw/a.tif") for sample in ("S1", "S2", "S3")] + [Path("S3/raw/S3.raw.a.tif.tif")]
    assert len(set(output_names(alike).values())) == 4
    longest = [Path(f"{'é' * 120}{end}.tif") for end in "ab"]
    assert len({name for name in output_names(longest).values() if len(name.encode()) < 200}) == 2


def test_pipeline_hands_on_model_settings_and_warnings(tiny, as_micrograph, image):
    boundaries, grains = segment_micrograph(as_micrograph(image), tiny)
    assert grains.probability is boundaries.probability
    assert set(boundaries.warnings) <= set(grains.warnings)
    one = segment_micrograph(as_micrograph(image), tiny, persistence=1.0)[1]
    assert one.n_grains == 1
    assert any("only 1 cells" in warning or "visible" in warning for warning in one.warnings)
    assert segment_micrograph(as_micrograph(image), tiny, min_area_px=10_000)[1].n_grains == 1


def test_blank_image_is_flagged(tiny, as_micrograph):
    _, grains = segment_micrograph(as_micrograph(np.full((128, 128), 90, np.uint8)), tiny)
    assert grains.warnings


def test_a_frame_of_a_stack_does_not_overwrite_another_file(tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (2, 80, 80)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", frames, imagej=True)
    tifffile.imwrite(tmp_path / "a_0001.tif", frames[0])
    frames = list(frames_of([tmp_path / "a.tif", tmp_path / "a_0001.tif"], None))
    assert len({frame.name for frame in frames}) == 3
    assert not any(frame.error for frame in frames)


def segment_in_processes(monkeypatch, workers: int | None, paths, out, model_folder):
    """What `_segment_all` yields with so many processes, by the frames' numbers, and in what order."""
    monkeypatch.setattr(choose_runtime, "cuda_processes", lambda model, device: workers)
    out.mkdir()
    rules = grain_rules(None, False, None, None)
    work = command.FrameWork(str(model_folder), out, Recipe(precision="f32"), "cpu", rules)
    found = [(frame.number, result) for frame, result in command._segment_all(frames_of(paths, None), work)]
    return dict(found), [number for number, _ in found]


def test_processes_side_by_side_give_the_same_files(monkeypatch, tmp_path, image, model_folder):
    stack = np.stack([np.roll(image, 7 * k, 1) for k in range(5)])
    tifffile.imwrite(tmp_path / "stack.tif", stack, photometric="minisblack")
    (tmp_path / "text.tif").write_text("this is no image")
    paths = [tmp_path / "text.tif", tmp_path / "stack.tif"]
    alone, order = segment_in_processes(monkeypatch, None, paths, tmp_path / "one", model_folder)
    beside, _ = segment_in_processes(monkeypatch, 2, paths, tmp_path / "two", model_folder)
    assert order == list(range(6)) and sorted(beside) == order
    assert "text.tif" in alone[0] and alone[0] == beside[0]
    for number in order[1:]:
        assert alone[number]["n_grains"] == beside[number]["n_grains"]
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 10
    for name in files:
        one, two = (tifffile.imread(tmp_path / folder / name) for folder in ("one", "two"))
        np.testing.assert_array_equal(one, two)


def test_a_process_that_dies_is_a_named_failure_with_a_remedy(monkeypatch, tmp_path, image, model_folder):
    def all_crash(self, next_job):
        while (job := next_job()) is not None:
            yield job, isolated_workers.Crash()

    monkeypatch.setattr(isolated_workers.IsolatedWorkers, "results", all_crash)
    stack = np.stack([image, image])
    tifffile.imwrite(tmp_path / "stack.tif", stack, photometric="minisblack")
    found, _ = segment_in_processes(monkeypatch, 2, [tmp_path / "stack.tif"], tmp_path / "out", model_folder)
    assert len(found) == 2
    assert all("stack.tif" in said and "died" in said and "--device cpu" in said for said in found.values())
