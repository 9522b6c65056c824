"""What the napari plugin does without a window: opening, unsure, edits, measuring, saving, teaching."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import tifffile

from grainstats.api.analysis import example_micrographs
from grainstats.viewer import edited_map, teaching
from grainstats.viewer.edited_map import KEY, EditedMap, changed_box, edited, save_correction
from grainstats.viewer.measured_map import draw_distributions, measured, summary_text
from grainstats.viewer.opening import get_reader, layers_of_cells, layers_of_file, segmented
from grainstats.viewer.unsure_borders import percent_now, unsure_borders
from segment.cells.editing import cut_cell, join_cells, take_out
from segment.errors import InputError
from segment.grain_map import GrainMap, Reliability
from segment.label_maps.reading import read_label_map
from segment.label_maps.record import note_in
from segment.micrograph import read_micrographs
from segment.training.data.pairs import find_pairs

SIDE = 20


@pytest.fixture
def squares() -> GrainMap:
    """Ten by ten square cells; the border between 1 and 2 is the least sure, that of 2 and 3 the next."""
    labels = np.kron(np.arange(1, 101, dtype=np.int32).reshape(10, 10), np.ones((SIDE, SIDE), np.int32))
    probability = np.full(labels.shape, 0.9, np.float32)
    probability[1 : SIDE - 1, SIDE - 1 : SIDE + 1] = 0.3
    probability[1 : SIDE - 1, 2 * SIDE - 1 : 2 * SIDE + 1] = 0.5
    return GrainMap(labels, 2.0, "manual", probability=probability)


@pytest.fixture
def micrograph() -> Path:
    return example_micrographs() / "ai-02" / "ai-02-field-1.tif"


def across(row: float, left: float, right: float) -> np.ndarray:
    return np.array([[row, left], [row, right]])


def test_the_manifest_names_what_there_is():
    manifest = Path(edited_map.__file__).with_name("napari.yaml").read_text(encoding="utf-8")
    names = re.findall(r"python_name: (\S+):(\S+)", manifest)
    assert len(names) == 5
    for module, name in names:
        assert callable(getattr(import_module(module), name))


def test_a_micrograph_opens_with_its_scale(micrograph):
    reader = get_reader(str(micrograph))
    assert reader is not None
    ((data, options, kind),) = reader(str(micrograph))
    assert kind == "image" and data.shape == (944, 1024)
    assert options["scale"] == (2.0, 2.0) and options["units"] == ("nm", "nm")
    assert get_reader(str(micrograph.parent)) is None


def test_a_label_map_opens_as_cells():
    path = example_micrographs() / "truth" / "ai-02" / "ai-02-field-1.labels.tif"
    (*_, (labels, options, kind)) = layers_of_file(path)
    assert kind == "labels" and labels.max() > 100 and options["metadata"][KEY].name == "ai-02-field-1"


def test_doubtful_borders_come_least_sure_first_and_joined_ones_are_passed_over(squares):
    unsure = unsure_borders(squares)
    first = unsure.step(squares.labels)
    assert first.middle[1] == SIDE - 0.5 and first.confidence < 0.4
    joined = join_cells(squares.labels, across(5, 5, 25)).applied(squares.labels)
    assert unsure.look(0, joined) is None
    assert unsure.step(joined).middle[1] == 2 * SIDE - 0.5  # now between 1 and 3
    assert unsure.step(joined, -1) is None
    assert unsure_borders(GrainMap(squares.labels)) is None


def test_confidence_is_the_calibrated_one_where_it_was_measured(squares):
    table = Reliability((0.0, 1.0), (0.0, 0.5))
    calibrated = unsure_borders(
        GrainMap(squares.labels, 2.0, probability=squares.probability, reliability=table)
    )
    ratio = calibrated.places.borders.confidence / unsure_borders(squares).places.borders.confidence
    np.testing.assert_allclose(ratio, 0.5)


def test_the_picture_of_confidence_follows_edits_in_a_part_of_the_map(squares):
    known = EditedMap("a", squares, unsure=unsure_borders(squares))
    at_first = layers_of_cells(segmented_like(known))[1][0]
    labels = cut_cell(squares.labels, across(50, 45, 55)).applied(squares.labels)
    labels = join_cells(labels, across(5, 5, 25)).applied(labels)
    box = changed_box(squares.labels, labels)
    part = at_first.copy()
    part[box] = percent_now(labels[box], at_first[box])
    assert (part == percent_now(labels, at_first)).all()
    assert part[10, SIDE] == 0 and part[50, 50] == 100 and 50 < part[10, 2 * SIDE] < 60
    assert changed_box(labels, labels) is None


def segmented_like(known: EditedMap) -> EditedMap:
    """As `segmented`, of a map without a file."""

    class NoFile:
        name, path, n_frames = "a", Path("array"), 1

    return segmented(NoFile(), known.original)


def test_an_untouched_map_stays_what_the_model_cut(squares):
    assert edited(squares, squares.labels.copy()) is squares


def test_voids_become_second_phases_and_labels_close_up(squares):
    labels = take_out(squares.labels, np.array([10.0, 50.0])).applied(squares.labels)
    now = edited(squares, labels)
    assert now.n_grains == 99 and now.n_second_phases == 1
    assert ((now.second_phases > 0) == (squares.labels == 3)).all()
    labels[labels == 0] = 3  # as undo does
    assert edited(now, labels).second_phases is None


def test_a_cell_drawn_where_nothing_was_seen_is_seen(squares):
    valid = np.ones(squares.labels.shape, bool)
    valid[:, -3:] = False
    hidden = GrainMap(np.where(valid, squares.labels, 0), 1.0, "manual", valid)
    drawn = hidden.labels.copy()
    drawn[0, -3:] = drawn[0, -4]
    assert edited(hidden, drawn).valid[0].all() and not edited(hidden, drawn).valid[1:, -3:].any()


def test_measured_before_and_after(squares):
    from matplotlib.figure import Figure

    before = measured("a", squares)
    now = measured(
        "a", edited(squares, join_cells(squares.labels, across(50, 50, 70)).applied(squares.labels))
    )
    text = summary_text(now, before)
    assert "grains: 99  (before: 100)" in text and f"Why: {now.verdict.reason}." in text
    figure = Figure()
    draw_distributions(figure, now, before)
    assert len(figure.axes) == 2
    with pytest.raises(InputError, match="pixel size"):
        measured("a", GrainMap(squares.labels))


def test_a_saved_correction_reads_as_it_was_with_who_when_and_why(squares, tmp_path):
    image = tmp_path / "data" / "S1" / "field_1.tif"
    known = EditedMap("field_1", squares, image)
    labels = take_out(squares.labels, np.array([10.0, 50.0])).applied(squares.labels)
    path = save_correction(known, labels, tmp_path / "fixed", why="a pore\nhere", who="Ann B")
    assert path == tmp_path / "fixed" / "S1" / "field_1.labels.tif"
    back, now = read_label_map(path), edited(squares, labels)
    assert (back.labels == now.labels).all() and (back.second_phases == now.second_phases).all()
    assert back.pixel_size_nm == 2.0 and note_in(path, "corrected_by") == "Ann B"
    assert note_in(path, "corrected_at").endswith("UTC")
    assert path.with_name("field_1.txt").read_text() == "a pore here\n"
    save_correction(known, labels, tmp_path / "fixed")
    assert not path.with_name("field_1.txt").exists()


@pytest.mark.parametrize(
    ("labels", "n_frames", "word"),
    [(None, 1, "no cell was changed"), (0, 1, "grains are left"), (0, 3, "stack")],
)
def test_what_is_no_correction_is_not_saved(squares, tmp_path, labels, n_frames, word):
    known = EditedMap("field_1", squares, n_frames=n_frames)
    now = squares.labels if labels is None else np.zeros_like(squares.labels)
    with pytest.raises(InputError, match=word):
        save_correction(known, now, tmp_path)


def test_corrections_are_gathered_in_pairs_that_training_finds(squares, tmp_path, micrograph):
    images, fixed = tmp_path / "S1", tmp_path / "fixed"
    for folder in (images, fixed):
        folder.mkdir()
    picture = next(read_micrographs(micrograph)).image[:200, :200]
    for name in ("one", "two"):
        tifffile.imwrite(images / f"{name}.tif", picture)
    with pytest.raises(InputError, match="no correction"):
        teaching.gather_pairs(images, fixed)
    labels = join_cells(squares.labels, across(5, 5, 25)).applied(squares.labels)
    save_correction(EditedMap("two", squares, images / "two.tif"), labels, fixed)
    pairs = teaching.gather_pairs(images, fixed)
    (pair,) = find_pairs(pairs.images, pairs.boundaries)
    assert pair.image.name == "001-two.tif" and pair.truth().n_grains == 99
    words = teaching.command(pairs, tmp_path / "new", model="unet-lite2", minutes=2)
    assert words[-2:] == ["--minutes", "2"] and "unet-lite2" in words
    assert teaching.gather_pairs(images, fixed).n == 1  # its own copies are no corrections


def test_a_lesson_tells_lines_and_shares_and_whether_it_failed():
    talk = "print('drawing'); print('step 30  loss 0.41  20.0%'); raise SystemExit(3)"
    lesson = teaching.Lesson([sys.executable, "-c", talk])
    assert [(line[:4], teaching.share_done(line)) for line in lesson.lines()] == [
        ("draw", None),
        ("step", 0.2),
    ]
    assert lesson.failed


def test_the_gain_is_read_from_the_card(tmp_path):
    assert teaching.gained(tmp_path) == ""
    rows = [
        "image | before | after",
        "---|---|---",
        "a.tif | 0.7 | 0.8",
        "**mean of the images** | 0.8 | 0.9",
    ]
    (tmp_path / "CARD.md").write_text("# a\n" + "".join(f"| {row} |\n" for row in rows))
    assert teaching.gained(tmp_path).splitlines()[1:] == ["0.8  0.9  mean of the images", "0.7  0.8  a.tif"]
