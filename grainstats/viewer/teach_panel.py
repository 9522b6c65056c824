"""The panel *Teach*: a model learns from the saved corrections, in the background."""

from pathlib import Path
from typing import Any

from grainstats.viewer.shown import as_tab, once_docked
from grainstats.viewer.teaching import Lesson, command, gained, gather_pairs, share_done
from segment.errors import InputError

MINUTES = 10.0  #: of training, the rest comes on top; judgement


class TeachPanel:
    """Folders, *Teach*, *Stop*, progress and the figures before and after."""

    def __init__(self, napari_viewer: Any) -> None:
        from magicgui import widgets as w

        from segment.unet import released_models

        self.images = w.FileEdit(label="images", mode="d", value=".")
        self.corrections = w.FileEdit(label="corrections", mode="d", value="corrections")
        self.model = w.ComboBox(label="from model", choices=released_models())
        self.out = w.FileEdit(label="new model", mode="d", value="taught-model")
        self.minutes = w.FloatSpinBox(label="minutes", value=MINUTES, min=0.1, max=600)
        self.start, self.stop = w.PushButton(text="Teach"), w.PushButton(text="Stop", enabled=False)
        self.progress = w.ProgressBar(min=0, max=100, value=0)
        self.status = w.Label(value="Needs the extra `train`.")
        self.table = w.TextEdit(value="", label="F1 before, after")
        self.table.read_only = True
        buttons = w.Container(widgets=[self.start, self.stop], layout="horizontal", labels=False)
        self.container = w.Container(
            widgets=[
                self.images, self.corrections, self.model, self.out, self.minutes,
                buttons, self.progress, self.status, self.table,
            ]
        )  # fmt: skip
        self.native = self.container.native  #: what napari docks
        once_docked(self.native, as_tab)
        self.lesson: Lesson | None = None
        self.start.changed.connect(self.teach)
        self.stop.changed.connect(self.end)

    def teach(self, event: Any = None) -> None:
        """Start a process that fine-tunes; the window stays usable."""
        from napari.qt.threading import create_worker

        try:
            pairs = gather_pairs(Path(self.images.value), Path(self.corrections.value))
        except (InputError, OSError) as error:
            self.status.value = str(error)
            return
        words = command(pairs, Path(self.out.value), model=self.model.value, minutes=self.minutes.value)
        self.lesson = Lesson(words)
        self.start.enabled, self.stop.enabled = False, True
        self.status.value, self.progress.value = f"{pairs.n} corrected images", 0
        create_worker(self.lesson.lines, _connect={"yielded": self._told, "finished": self._done})

    def end(self, event: Any = None) -> None:
        """Stop; *Teach* goes on from there."""
        if self.lesson is not None:
            self.lesson.stop()

    def _told(self, line: str) -> None:
        self.status.value = line
        if (share := share_done(line)) is not None:
            self.progress.value = round(100 * share)

    def _done(self) -> None:
        self.start.enabled, self.stop.enabled = True, False
        if self.lesson is None or self.lesson.failed:
            return
        self.progress.value = 100
        self.table.value = gained(Path(self.out.value))
        self.status.value = f"Done. Name {self.out.value} as model folder in the Segment panel."
