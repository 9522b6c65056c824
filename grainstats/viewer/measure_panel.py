"""The panel *Measure*: distributions, numbers and verdict of the cells shown, again after every edit."""

from typing import Any

import numpy as np

from grainstats.viewer.edited_map import EditedMap, edited
from grainstats.viewer.measured_map import MeasuredMap, draw_distributions, measured, summary_text
from grainstats.viewer.shown import cells_layer, in_background, known_of, once_docked, tall

_SETTLE_MS = 400  #: after the last edit, until the map is measured
INCHES = (4.2, 4.6)  #: of the figure
TEXT_PX, FIGURE_PX = 120, 220  #: heights: three panels fit above each other on a screen of 900 pixels


class MeasurePanel:
    """Figure and lines of the chosen layer of cells."""

    def __init__(self, napari_viewer: Any) -> None:
        from magicgui.widgets import CheckBox, Container, PushButton, TextEdit
        from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
        from matplotlib.figure import Figure
        from qtpy.QtCore import QTimer

        self.viewer = viewer = napari_viewer
        self.layer: Any = None
        self.before: MeasuredMap | None = None
        self.now: MeasuredMap | None = None
        self.busy = self.again = False
        self.live = CheckBox(value=True, text="after every edit")
        self.start = PushButton(text="Measure")
        self.text = TextEdit(value="")
        self.text.read_only = True
        row = Container(widgets=[self.start, self.live], layout="horizontal", labels=False)
        self.container = Container(widgets=[row, self.text], labels=False)
        self.native = self.container.native  #: what napari docks
        once_docked(self.native, tall)
        self.text.native.setFixedHeight(TEXT_PX)
        self.figure = Figure(figsize=INCHES, layout="constrained")
        self.canvas: Any = FigureCanvasQTAgg(self.figure)  # type: ignore[no-untyped-call]
        self.canvas.setMinimumHeight(FIGURE_PX)
        self.container.native.layout().addWidget(self.canvas)
        self.clock = QTimer(self.container.native)
        self.clock.setSingleShot(True)
        self.clock.timeout.connect(self.measure)
        self.start.changed.connect(self.measure)
        viewer.layers.selection.events.changed.connect(self.attach)
        viewer.layers.events.inserted.connect(self.attach)
        self.attach()

    def attach(self, event: Any = None) -> None:
        """Measure the chosen layer of cells from now on."""
        layer = cells_layer(self.viewer)
        if layer is None or layer == self.layer:  # not `is`: napari hands out a new proxy each time
            return
        self.layer, self.before = layer, None
        layer.events.set_data.connect(self._touched)
        layer.events.labels_update.connect(self._touched)
        self.measure()

    def _touched(self, event: Any = None) -> None:
        if self.live.value:
            self.clock.start(_SETTLE_MS)

    def measure(self, event: Any = None) -> None:
        """Start measuring a copy of the cells as they are; once more if they change meanwhile."""
        if self.layer is None:
            self.text.value = "There are no cells: segment an image or open a label map."
            return
        if self.busy:
            self.again = True
            return
        self.busy, self.again = True, False
        known, labels, layer = known_of(self.layer), self.layer.data.copy(), self.layer
        first = self.before
        in_background(
            lambda: measure_both(known, labels, first), lambda both: self._done(layer, both), self._failed
        )

    def _done(self, layer: Any, both: tuple[MeasuredMap, MeasuredMap]) -> None:
        self.busy = False
        if layer == self.layer:
            self.before, self.now = both
            self.text.value = summary_text(self.now, self.before)
            draw_distributions(self.figure, self.now, self.before)
            self.canvas.draw_idle()
        if self.again or layer != self.layer:
            self.measure()

    def _failed(self, reason: str) -> None:
        self.busy = False
        self.text.value = reason


def measure_both(
    known: EditedMap, labels: np.ndarray, before: MeasuredMap | None
) -> tuple[MeasuredMap, MeasuredMap]:
    """The map before the edits (measured once) and now; the same where nothing has changed."""
    first = before or measured(known.name, known.original)
    now = edited(known.original, labels)
    return first, first if now is known.original else measured(known.name, now)
