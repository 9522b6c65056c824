"""Which layers of a viewer are ours, and telling the user what went wrong."""

from collections.abc import Callable
from typing import Any

from grainstats.viewer.edited_map import KEY, EditedMap
from segment.errors import InputError
from segment.micrograph import Micrograph

TABS = tuple(f"{name} (grainstats)" for name in ("Segment", "Correct", "Teach"))  #: docks in one place
TALL_PX = 520  #: of a window of 900, so that a figure of two diagrams can be read


def cells_layer(viewer: Any) -> Any | None:
    """The layer of cells to work on: the chosen one, else the topmost; None where there is none."""
    chosen = viewer.layers.selection.active
    for layer in [chosen, *reversed(viewer.layers)]:
        if layer is not None and isinstance(layer.metadata.get(KEY), EditedMap):
            return layer
    return None


def image_layer_of(viewer: Any) -> Any | None:
    """The micrograph to work on: the chosen layer, else the topmost of grey levels; None where none is."""
    from napari.layers import Image

    ours = [one for one in viewer.layers if isinstance(one.metadata.get(KEY), Micrograph)]
    chosen = viewer.layers.selection.active
    if chosen in ours or (isinstance(chosen, Image) and not ours):
        return chosen
    return ours[-1] if ours else next((one for one in viewer.layers if isinstance(one, Image)), None)


def known_of(layer: Any) -> EditedMap:
    """What is known of a layer of cells."""
    known: EditedMap = layer.metadata[KEY]
    return known


def error_text(error: BaseException) -> str:
    """What the user reads of an error."""
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


def in_background(work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[str], None]) -> Any:
    """Call `work` in a thread, then `done` with its result, or `failed` with the reason, in this one."""
    from napari.qt.threading import create_worker

    return create_worker(
        work, _connect={"returned": done, "errored": lambda error: failed(error_text(error))}
    )


def once_docked(native: Any, act: Callable[[Any, Any], None]) -> None:
    """Call `act` with the main window and the dock of a panel, as soon as napari has docked it."""
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QDockWidget, QMainWindow

    def later() -> None:
        dock = native
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parentWidget()
        window = None if dock is None else dock.window()
        if dock is not None and isinstance(window, QMainWindow):
            act(window, dock)

    QTimer.singleShot(0, later)


def as_tab(window: Any, dock: Any) -> None:
    """Let a panel share its place with the others that are used one after the other."""
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QDockWidget

    for other in window.findChildren(QDockWidget):
        if other is not dock and other.objectName() in TABS:
            window.tabifyDockWidget(other, dock)
            QTimer.singleShot(0, dock.raise_)
            return


def tall(window: Any, dock: Any) -> None:
    """Give a panel `TALL_PX` of the window's height."""
    from qtpy.QtCore import Qt

    window.resizeDocks([dock], [TALL_PX], Qt.Orientation.Vertical)
