"""The panel *Correct*: doubtful borders one after the other, four tools for the mouse, *Save correction*."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from grainstats.run.job.corrections import user
from grainstats.viewer.edited_map import changed_box, save_correction
from grainstats.viewer.opening import CONFIDENCE
from grainstats.viewer.shown import as_tab, cells_layer, known_of, once_docked
from grainstats.viewer.unsure_borders import UnsureBorder, UnsureBorders, percent_now
from segment.cells.editing import Patch, cut_cell, draw_boundary, join_cells, take_out
from segment.errors import InputError

LOOK = "look"
#: name of the button, and what it does to labels along a line
TOOLS: dict[str, Callable[[np.ndarray, np.ndarray], Patch]] = {
    "join": join_cells,
    "cut": cut_cell,
    "boundary": draw_boundary,
    "void": lambda labels, line: take_out(labels, line[-1]),
}
HINTS = {
    LOOK: "Drag to move, turn the wheel to zoom.",
    "join": "Drag from a cell across the border into its neighbour.",
    "cut": "Drag a line across one cell; it is drawn on to the border.",
    "boundary": "Drag a line over any cells, from border to border, or a closed loop.",
    "void": "Click into a cell that is a pore or another phase.",
}
DOUBTFUL, DRAWN = "doubtful border", "drawn line"  #: names of layers
LISTED = 100  #: borders in the list
FIELD = 12.0  #: times the border's extent that the view shows
LEAST_FIELD_PX = 120.0  #: that it shows at least
CANVAS_PX = 700.0  #: shorter side of a usual canvas
_SETTLE_MS = 250  #: after the last edit, until the confidence is drawn again


class CorrectPanel:
    """Buttons and the mouse."""

    def __init__(self, napari_viewer: Any) -> None:
        from magicgui import widgets as w
        from qtpy.QtCore import QTimer

        self.viewer = viewer = napari_viewer
        self.layer: Any = None
        self.unsure: UnsureBorder | None = None
        self.seen: np.ndarray | None = None
        self.next = w.PushButton(text="Next doubtful border (N)")
        self.before = w.PushButton(text="Previous (B)")
        self.join = w.PushButton(text="No border: join the two (J)")
        self.list = w.Select(label="least sure", choices=self._rows, allow_multiple=False)
        self.tool = w.RadioButtons(label="tool", choices=[LOOK, *TOOLS], value=LOOK, orientation="horizontal")
        self.undo = w.PushButton(text="Undo")
        self.status = w.Label(value=HINTS[LOOK])
        self.folder = w.FileEdit(label="corrections", mode="d", value="corrections")
        self.who = w.LineEdit(label="who", value=user())
        self.why = w.LineEdit(label="why", tooltip="Kept in the database with the correction")
        self.save = w.PushButton(text="Save correction")
        visit = w.Container(widgets=[self.before, self.next], layout="horizontal", labels=False)
        self.container = w.Container(
            widgets=[
                visit, self.join, self.list, self.tool, self.undo, self.status,
                self.folder, self.who, self.why, self.save,
            ]
        )  # fmt: skip
        self.native = self.container.native  #: what napari docks
        once_docked(self.native, as_tab)
        self.clock = QTimer(self.container.native)
        self.clock.setSingleShot(True)
        self.clock.timeout.connect(self.settle)
        self.next.changed.connect(lambda: self.go(1))
        self.before.changed.connect(lambda: self.go(-1))
        self.join.changed.connect(self.join_doubtful)
        self.list.changed.connect(self._chosen)
        self.tool.changed.connect(self._use)
        self.undo.changed.connect(self.take_back)
        self.save.changed.connect(self.store)
        for key, action in (("n", lambda: self.go(1)), ("b", lambda: self.go(-1)), ("j", self.join_doubtful)):
            viewer.bind_key(key, lambda _, action=action: action(), overwrite=True)
        viewer.layers.selection.events.changed.connect(self.attach)
        viewer.layers.events.inserted.connect(self.attach)
        viewer.layers.events.removed.connect(self.attach)
        self.attach()

    def attach(self, event: Any = None) -> None:
        """Work on the chosen layer of cells."""
        layer = cells_layer(self.viewer)
        if layer == self.layer:  # not `is`: napari hands out a new proxy each time
            return
        if self.layer is not None and self._drag in self.layer.mouse_drag_callbacks:
            self.layer.mouse_drag_callbacks.remove(self._drag)
        self.layer, self.unsure = layer, None
        if layer is None:
            return
        self.seen = layer.data.copy()
        layer.mouse_drag_callbacks.append(self._drag)
        layer.events.set_data.connect(self._touched)
        layer.events.labels_update.connect(self._touched)
        image = known_of(layer).image
        if image is not None:
            self.folder.value = image.parent.parent / "corrections"
        self.list.reset_choices()
        self._use()

    @property
    def borders(self) -> UnsureBorders | None:
        """Those of the chosen cells; None where none are known."""
        return None if self.layer is None else known_of(self.layer).unsure

    def _rows(self, widget: Any = None) -> list[tuple[str, int]]:
        """The list of the least sure borders, with their positions."""
        unsure = self.borders
        if unsure is None:
            return []
        first = unsure.order[:LISTED]
        sure, length = unsure.places.borders.confidence[first], unsure.places.borders.length_px[first]
        return [
            (f"{at + 1}: {share:.0%} sure, {px} px long", at)
            for at, (share, px) in enumerate(zip(sure.tolist(), length.tolist(), strict=True))
        ]

    def go(self, by: int) -> None:
        """Show the next (or previous) doubtful border that is still there."""
        if self.borders is None:
            self.status.value = "No borders are listed: segment the image first."
            return
        found = self.borders.step(self.layer.data, by)
        if found is None:
            self.status.value = "No further border in this direction."
            return
        self.show(found)

    def _chosen(self, chosen: list[int]) -> None:
        if not chosen or self.borders is None:
            return
        found = self.borders.look(chosen[0], self.layer.data)
        if found is None:
            self.status.value = "This border is gone: its cells were joined."
        else:
            self.show(found)

    def show(self, border: UnsureBorder) -> None:
        """Move the view to a border and mark it."""
        self.unsure = border
        self._vectors(DOUBTFUL, border.edges, "#00ffff", 2.0)
        scale = np.array(self.layer.scale[-2:])
        self.viewer.camera.center = tuple(np.array(border.middle) * scale)
        extent = max(float(np.ptp(border.edges[:, 0], axis=0).max()) * FIELD, LEAST_FIELD_PX) * scale[0]
        self.viewer.camera.zoom = CANVAS_PX / extent
        position = "" if self.borders is None else f"{self.borders.at + 1} of {len(self.borders)}"
        length = len(border.edges) * scale[0]
        unit = "nm" if known_of(self.layer).original.pixel_size_nm else "px"
        self.status.value = f"Border {position}: {border.confidence:.0%} sure, {length:.0f} {unit}"

    def join_doubtful(self) -> None:
        """The border shown is none: join the cells on its sides, and go on."""
        if self.unsure is None or self.layer is None:
            self.status.value = "Show a doubtful border first."
            return
        start, step = self.unsure.edges[len(self.unsure.edges) // 2]
        middle, across = start + step / 2, step[::-1] / 2
        self.edit(join_cells, np.array([middle - across, middle + across]))
        self.go(1)

    def edit(self, tool: Callable[[np.ndarray, np.ndarray], Patch], line: np.ndarray) -> None:
        """Apply a tool along a line of pixels; only what it changes is drawn again."""
        try:
            where, value = tool(self.layer.data, line).changes(self.layer.data)
        except InputError as error:
            self.status.value = f"{error.reason.capitalize()}. {error.remedy}."
            return
        self.layer.data_setitem(where, value)
        self.status.value = f"{where[0].size} pixels changed."

    def take_back(self) -> None:
        """Undo the last edit."""
        if self.layer is not None:
            self.layer.undo()

    def _touched(self, event: Any = None) -> None:
        self.clock.start(_SETTLE_MS)

    def settle(self) -> None:
        """Draw the confidence of the borders again where cells have changed."""
        if self.layer is None or self.seen is None:
            return
        box = changed_box(self.seen, self.layer.data)
        known = known_of(self.layer)
        if box is None:
            return
        self.seen[box] = self.layer.data[box]
        name = f"{known.name} {CONFIDENCE}"
        if known.at_first is None or name not in self.viewer.layers:
            return
        now = percent_now(self.layer.data[box], known.at_first[box])
        shown = self.viewer.layers[name]
        rows, columns = np.nonzero(shown.data[box] != now)
        shown.data_setitem((rows + box[0].start, columns + box[1].start), now[rows, columns])

    def _use(self, event: Any = None) -> None:
        if self.layer is None:
            return
        self.layer.mode = "pan_zoom"
        self.layer.mouse_pan = self.tool.value == LOOK
        self.status.value = HINTS[self.tool.value]
        if self.tool.value != LOOK:
            self.viewer.layers.selection.active = self.layer

    def _drag(self, layer: Any, event: Any) -> Iterator[None]:
        """Collect the line that the mouse draws, then apply the tool."""
        tool = TOOLS.get(self.tool.value)
        if tool is None or event.button != 1:
            return
        points = [layer.world_to_data(event.position)[-2:]]
        yield
        while event.type == "mouse_move":
            points.append(layer.world_to_data(event.position)[-2:])
            ends = np.array(points)
            self._vectors(DRAWN, np.stack([ends[:-1], np.diff(ends, axis=0)], axis=1), "#ffff00", 1.5)
            yield
        if DRAWN in self.viewer.layers:
            self.viewer.layers[DRAWN].data = np.zeros((0, 2, 2))
        self.edit(tool, np.array(points))

    def _vectors(self, name: str, edges: np.ndarray, colour: str, width: float) -> None:
        """Lines in a layer of their own; the layer of cells stays the chosen one."""
        if name in self.viewer.layers:
            self.viewer.layers[name].data = edges
            return
        self.viewer.add_vectors(
            edges, name=name, edge_color=colour, edge_width=width, vector_style="line",
            scale=self.layer.scale, units=self.layer.units,
        )  # fmt: skip
        self.viewer.layers.selection.active = self.layer

    def store(self) -> None:
        """Write the correction."""
        if self.layer is None:
            self.status.value = "There are no cells to save."
            return
        try:
            path = save_correction(
                known_of(self.layer), self.layer.data, Path(self.folder.value),
                why=self.why.value, who=self.who.value,
            )  # fmt: skip
        except (InputError, OSError) as error:
            self.status.value = str(error)
            return
        self.status.value = (
            f"Saved {path.name}. It counts after\ngrainstats run ... --corrections {self.folder.value}"
        )
