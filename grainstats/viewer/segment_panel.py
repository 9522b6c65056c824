"""The panel *Segment*: image, pixel size and model in; cells, boundary probability and confidence out."""

import time
from dataclasses import replace
from typing import Any

from grainstats.viewer.edited_map import KEY, EditedMap
from grainstats.viewer.opening import CONFIDENCE, GRAINS, PROBABILITY, layers_of_cells, scale_of, segmented
from grainstats.viewer.shown import as_tab, image_layer_of, in_background, once_docked
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.micrograph import Micrograph, micrograph_of_array
from segment.micrograph.pixel_size import given_size


class SegmentPanel:
    """Fields and the button *Segment*."""

    def __init__(self, napari_viewer: Any) -> None:
        from magicgui.widgets import ComboBox, Container, FileEdit, Label, LineEdit, PushButton
        from qtpy.QtCore import QTimer

        from segment.unet import released_models

        self.viewer = viewer = napari_viewer
        self.pixel_size = LineEdit(label="pixel size (nm)", tooltip="Empty: what the file says")
        self.model = ComboBox(label="model", choices=released_models())
        self.folder = FileEdit(label="or model folder", mode="d", value="", nullable=True)
        self.start = PushButton(text="Segment")
        self.status = Label(value="Open a micrograph.")
        self.container = Container(
            widgets=[self.pixel_size, self.model, self.folder, self.start, self.status], labels=True
        )
        self.native = self.container.native  #: what napari docks
        once_docked(self.native, as_tab)
        self.begun = 0.0
        self.shown: Any = None
        self.clock = QTimer(self.container.native)
        self.clock.setInterval(500)
        self.clock.timeout.connect(self._tick)
        self.start.changed.connect(self.segment)
        viewer.layers.selection.events.changed.connect(self.refresh)
        viewer.layers.events.inserted.connect(self.refresh)
        self.refresh()

    def refresh(self, event: Any = None) -> None:
        """Show what is known of the chosen image."""
        layer = image_layer_of(self.viewer)
        if layer is None or layer == self.shown or self.clock.isActive():
            return
        self.shown = layer
        micrograph = layer.metadata.get(KEY)
        size = micrograph.pixel_size_nm if isinstance(micrograph, Micrograph) else None
        self.pixel_size.value = "" if size is None else f"{size:.6g}"
        self.status.value = f"{layer.name}: {'x'.join(map(str, layer.data.shape[::-1]))} px"
        if size is not None:
            self.viewer.scale_bar.visible = True

    def micrograph(self) -> Micrograph:
        """The chosen image with the pixel size of the field.

        `InputError`: there is no image, or the pixel size is no number.
        """
        layer = image_layer_of(self.viewer)
        if layer is None:
            raise InputError("Segment", "no image is open", "Open a micrograph")
        known = layer.metadata.get(KEY)
        found = known if isinstance(known, Micrograph) else micrograph_of_array(layer.data, name=layer.name)
        text = self.pixel_size.value.strip().replace(",", ".")
        if text and text != f"{found.pixel_size_nm or 0:.6g}":
            found = replace(found, pixel_size_nm=given_size(text), pixel_size_source="manual")
        layer.metadata = {**layer.metadata, KEY: found}
        for name, value in scale_of(found.pixel_size_nm).items():
            setattr(layer, name, value)
        return found

    def segment(self, event: Any = None) -> None:
        """Start; the window stays usable."""
        try:
            micrograph = self.micrograph()
        except InputError as error:
            self._failed(str(error))
            return
        chosen = self.folder.value
        name = str(chosen) if chosen and str(chosen) not in ("", ".") else self.model.value
        self.start.enabled, self.begun = False, time.monotonic()
        self.clock.start()
        self._tick()
        in_background(lambda: cut(micrograph, name), self._done, self._failed)

    def _tick(self) -> None:
        self.status.value = f"Segmenting ... {time.monotonic() - self.begun:.0f} s"

    def _done(self, known: EditedMap) -> None:
        self._ready()
        for kind in (PROBABILITY, CONFIDENCE, GRAINS):
            if (name := f"{known.name} {kind}") in self.viewer.layers:
                self.viewer.layers.remove(name)
        for data, options, kind in layers_of_cells(known):
            getattr(self.viewer, f"add_{kind}")(data, **options)
        self.viewer.scale_bar.visible = known.original.pixel_size_nm is not None
        self.status.value = _in_words(known.original, time.monotonic() - self.begun)

    def _failed(self, reason: str) -> None:
        self._ready()
        self.status.value = reason

    def _ready(self) -> None:
        self.clock.stop()
        self.start.enabled = True


def cut(micrograph: Micrograph, model: str | None) -> EditedMap:
    """Segment a micrograph and find where its borders lie."""
    from segment.pipeline import segment_micrograph
    from segment.unet import load_model

    _, grain_map = segment_micrograph(micrograph, load_model(model))
    return segmented(micrograph, grain_map)


def _in_words(grain_map: GrainMap, seconds: float) -> str:
    lines = [f"{grain_map.n_grains} grains in {seconds:.0f} s"]
    return "\n".join([*lines, *(f"Warning: {warning}" for warning in grain_map.warnings[:3])])
