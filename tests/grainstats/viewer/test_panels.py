"""The panels in napari itself; skipped where the extra `napari` or a display (Xvfb will do) is missing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

napari = pytest.importorskip("napari", reason="the extra `napari` is not installed")
pytest.importorskip("qtpy.QtWidgets", reason="no Qt binding is installed")

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # those of napari and Qt are not ours
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform == "linux" and not os.environ.get("DISPLAY"),
        reason="napari draws with OpenGL: give it a display, such as by xvfb-run",
    ),
]

from grainstats.api.analysis import example_micrographs  # noqa: E402
from grainstats.viewer.correct_panel import DOUBTFUL  # noqa: E402
from grainstats.viewer.edited_map import EditedMap  # noqa: E402
from grainstats.viewer.opening import layers_of_cells, segmented  # noqa: E402
from segment.grain_map import GrainMap  # noqa: E402

SIDE = 20


@pytest.fixture
def viewer():
    shown = napari.Viewer(show=False)
    yield shown
    shown.close()


def dock(viewer, name: str):
    """The panel of a dock of the plugin."""
    return viewer.window.add_plugin_dock_widget("grainstats", name)[1]


def wait(condition, seconds: float = 60.0) -> None:
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        QApplication.processEvents()
        time.sleep(0.01)


@pytest.fixture
def cells(tmp_path) -> EditedMap:
    labels = np.kron(np.arange(1, 101, dtype=np.int32).reshape(10, 10), np.ones((SIDE, SIDE), np.int32))
    probability = np.full(labels.shape, 0.9, np.float32)
    probability[1 : SIDE - 1, SIDE - 1 : SIDE + 1] = 0.3

    class Field:
        name, path, n_frames = "field_1", tmp_path / "S1" / "field_1.tif", 1

    Field.path.parent.mkdir()
    Field.path.touch()
    return segmented(Field(), GrainMap(labels, 2.0, "manual", probability=probability))


def show(viewer, known: EditedMap):
    for data, options, kind in layers_of_cells(known):
        layer = getattr(viewer, f"add_{kind}")(data, **options)
    return layer


def test_files_open_through_the_manifest_with_their_scale(viewer):
    path = example_micrographs() / "ai-02" / "ai-02-field-1.tif"
    (layer,) = viewer.open(path, plugin="grainstats")
    assert layer.scale.tolist() == [2.0, 2.0] and str(layer.units[0]) == "nanometer"
    panel = dock(viewer, "Segment")
    assert panel.pixel_size.value == "2" and "1024x944" in panel.status.value
    panel.pixel_size.value = "2.5"
    assert panel.micrograph().pixel_size_nm == 2.5 and layer.scale.tolist() == [2.5, 2.5]
    panel.pixel_size.value = "wide"
    panel.segment()
    assert "above 0" in panel.status.value


def test_from_the_doubtful_border_to_the_saved_correction(viewer, cells, tmp_path):
    layer = show(viewer, cells)
    panel, measuring = dock(viewer, "Correct"), dock(viewer, "Measure")
    wait(lambda: measuring.now is not None)
    assert len(panel.list.choices) == 100
    panel.go(1)
    np.testing.assert_allclose(viewer.camera.center[-2:], [20, 39], atol=21)
    assert len(viewer.layers[DOUBTFUL].data) == SIDE
    panel.join_doubtful()
    assert (layer.data == 1).sum() == 2 * SIDE**2
    wait(lambda: "before: 100" in measuring.text.value)
    assert viewer.layers["field_1 confidence"].data[10, SIDE] == 0
    layer.undo()
    wait(lambda: viewer.layers["field_1 confidence"].data[10, SIDE] > 0)
    assert (layer.data == cells.original.labels).all()
    panel.store()
    assert "no cell was changed" in panel.status.value
    panel.edit(panel_tool("cut"), np.array([[50.0, 45.0], [50.0, 55.0]]))
    panel.folder.value, panel.why.value = tmp_path / "fixed", "missed"
    panel.store()
    assert (tmp_path / "fixed" / "S1" / "field_1.labels.tif").is_file()


def panel_tool(name: str):
    from grainstats.viewer.correct_panel import TOOLS

    return TOOLS[name]


def test_the_mouse_draws_where_the_tool_says(viewer, cells):
    layer = show(viewer, cells)
    panel = dock(viewer, "Correct")
    panel.tool.value = "void"
    assert layer.mouse_pan is False

    class Event:
        type, button, position = "mouse_press", 1, (20.0, 100.0)

    drag = panel._drag(layer, Event)
    next(drag)
    Event.type = "mouse_release"
    with pytest.raises(StopIteration):
        next(drag)
    assert (layer.data[cells.original.labels == 3] == 0).all()
    panel.tool.value = "look"
    assert layer.mouse_pan is True


def test_teach_says_what_is_missing(viewer, tmp_path):
    panel = dock(viewer, "Teach")
    panel.images.value = panel.corrections.value = Path(tmp_path)
    panel.teach()
    assert "no " in panel.status.value and panel.start.enabled
