"""Draw the pictures of the napari page: a micrograph opened, segmented, and its least sure border.

    xvfb-run -a python scripts/make_napari_pictures.py [OUT]

OUT is docs/images where it is not given.  Needs the extra `napari` and a display.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtWidgets import QApplication

import grainstats as gs

OUT = Path(__file__).parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1200, 900  #: of the window
SECONDS = 300.0  #: that segmenting and measuring may take
SETTLE = 2.0  #: seconds after which the window is drawn


def wait(ready: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Let the window work until it is ready, or that many seconds."""
    end = time.monotonic() + seconds
    while not ready() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.02)


def keep(viewer: napari.Viewer, path: Path) -> None:
    """Write the window as it is."""
    wait(lambda: False, SETTLE)
    shown: np.ndarray = viewer.window.screenshot(canvas_only=False, flash=False)
    Image.fromarray(shown[..., :3]).save(path, quality=85)


def main(out: Path) -> None:
    """Open, segment, measure, and go to the least sure border."""
    out.mkdir(parents=True, exist_ok=True)
    viewer = napari.Viewer(show=True)
    viewer.window.resize(WIDTH, HEIGHT)
    viewer.open(gs.example_micrographs() / "ai-01" / "ai-01-field-2.tif", plugin="grainstats")
    dock = viewer.window.add_plugin_dock_widget
    segment = dock("grainstats", "Segment")[1]
    keep(viewer, out / "napari-open.jpg")
    segment.segment()
    wait(lambda: segment.start.enabled)
    correct, measure = dock("grainstats", "Correct")[1], dock("grainstats", "Measure")[1]
    correct.who.value, correct.folder.value = "K. Sato", Path("films/corrections")
    wait(lambda: measure.now is not None)
    keep(viewer, out / "napari-segmented.jpg")
    correct.go(1)
    keep(viewer, out / "napari-doubtful.jpg")
    viewer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
