"""The page: four steps from images to a report. What they do is in `project` and `running`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grainstats.run.serve.project import ImageEntry, Project, zipped
from grainstats.run.serve.running import Running
from segment.errors import InputError
from segment.micrograph import describe

if TYPE_CHECKING:
    from PIL.Image import Image

_EVERY = 0.5  #: seconds between two looks at the run
_LOOKED_AT = 40  #: images whose pixel size is shown before the run; reading more takes too long

#: of the table of images, as AG Grid takes them; widths in CSS pixels
COLUMNS = [
    {"field": "image", "headerName": "image", "flex": 3, "minWidth": 160},
    {"field": "size", "headerName": "pixel size", "flex": 2, "minWidth": 130},
    {"field": "sample", "headerName": "sample (click)", "editable": True, "flex": 2, "minWidth": 140},
    {
        "field": "excluded",
        "headerName": "left out because (click)",
        "editable": True,
        "flex": 3,
        "minWidth": 180,
    },
]


@dataclass(frozen=True)
class PixelSizeText:
    """What an image says of its pixel size; with its scale bar where that alone says it, or is in doubt."""

    words: str
    remark: str = ""
    picture: Image | None = None


def pixel_size_texts(paths: Sequence[Path]) -> dict[Path, PixelSizeText]:
    """Read the pixel sizes of some images."""
    return {path: _scale_of(path) for path in paths}


def _scale_of(path: Path) -> PixelSizeText:
    from PIL import Image

    try:
        frame = describe(path)[0]
    except InputError as error:
        return PixelSizeText(error.reason)
    size = frame.pixel_size_nm
    words = "not stated: write it above" if size is None else f"{size:.4g} nm ({frame.pixel_size_source})"
    bar = frame.scale_bar
    if bar is None or frame.pixel_size_source not in ("none", "scalebar"):
        return PixelSizeText(words)
    return PixelSizeText(words, bar.remark, Image.fromarray(bar.crop))


class Page:
    """One visitor's view of the project, drawn by `nicegui.ui`."""

    def __init__(self, ui: Any, project: Project, running: Running) -> None:
        self._ui = ui
        self._project = project
        self._running = running
        self._entries: list[ImageEntry] = []
        self._was_active = False

    def build(self) -> None:
        """Draw the page."""
        ui = self._ui
        ui.page_title("grainstats")
        ui.add_css(".q-uploader__list { display: none }")
        with ui.column().classes("w-full max-w-5xl mx-auto p-2 gap-4 items-stretch"):
            ui.label("grainstats").classes("text-2xl font-bold")
            ui.label("Everything happens on this machine. No image leaves it.").classes("text-gray-600")
            with self._step("1  Images"):
                self._images()
            with self._step("2  Scale and samples"):
                self._table()
            with self._step("3  Run"):
                self._run()
            with self._step("4  Results"):
                self._results()
        ui.timer(_EVERY, self._look)
        ui.timer(0, self._refresh, once=True)

    def _step(self, title: str) -> Any:
        card = self._ui.card().classes("w-full")
        with card:
            self._ui.label(title).classes("text-lg font-semibold")
        return card

    def _images(self) -> None:
        ui = self._ui
        self._drop = ui.upload(
            label="Drop micrographs here, or press +. A samples.csv may be among them.",
            multiple=True,
            auto_upload=True,
            on_multi_upload=self._received,
        )
        self._drop.props("flat bordered").classes("w-full")
        with ui.row().classes("w-full items-center no-wrap"):
            self._folder = ui.input("or the path of a folder on this machine").classes("grow")
            ui.button("Use folder", on_click=self._use_folder).props("outline no-caps")

    def _table(self) -> None:
        ui = self._ui
        size = self._project.pixel_size_nm
        self._size = ui.input(
            "pixel size in nm (empty: as files say)",
            value="" if size is None else f"{size:g}",
            on_change=lambda e: self._tried(lambda: self._project.set_pixel_size(e.value)),
        ).classes("w-full")
        self._grid = ui.aggrid(
            {
                "columnDefs": COLUMNS,
                "rowData": [],
                "singleClickEdit": True,
                "stopEditingWhenCellsLoseFocus": True,
            }
        ).classes("h-64")
        self._grid.on("cellValueChanged", self._edited)
        self._questions = ui.column().classes("w-full")

    def _run(self) -> None:
        ui = self._ui
        with ui.row().classes("items-center"):
            self._start = ui.button("Start", on_click=self._started).props("no-caps")
            self._stop = ui.button("Stop", on_click=self._running.stop).props("outline no-caps")
            self._told = ui.label("")
        self._bar = ui.linear_progress(value=0, show_value=False)
        with ui.expansion("Messages of the run").classes("w-full"):
            self._log = ui.label("").classes("whitespace-pre-wrap break-words text-xs font-mono")

    def _results(self) -> None:
        ui = self._ui
        self._links = ui.row().classes("items-center")
        ui.label("Correct an image: give its mended label map, tracing or RoiSet.zip, then start again.")
        with ui.row().classes("w-full items-center"):
            self._which = ui.select([], label="image").classes("min-w-48 grow")
            self._why = ui.input("why").classes("grow")
        mended = ui.upload(label="Corrected map", auto_upload=True, on_upload=self._corrected)
        mended.props("flat bordered").classes("w-full")
        self._frame = ui.column().classes("w-full")

    async def _received(self, event: Any) -> None:
        for file in event.files:
            try:
                place = self._project.place_for(file.name)
                if place.exists():
                    self._ui.notify(f"{place.name} replaces the file of that name", type="warning")
                await file.save(place)
            except (InputError, OSError) as error:
                self._warn(error)
        self._drop.reset()
        await self._refresh()

    async def _use_folder(self) -> None:
        if self._tried(lambda: self._project.use_folder(self._folder.value or "")):
            await self._refresh()

    def _edited(self, event: Any) -> None:
        row = event.args["data"]
        path = self._entries[int(row["number"])].path
        self._project.say(path, sample_id=row["sample"] or "", excluded=row["excluded"] or "")

    async def _corrected(self, event: Any) -> None:
        try:
            image = self._entries[self._which.value].path
            content = await event.file.read()
            kept = self._project.correct(image, event.file.name, content, self._why.value or "")
            self._ui.notify(f"{kept.name} counts from the next start on")
        except TypeError:
            self._ui.notify("Choose the image first", type="warning")
        except (InputError, OSError) as error:
            self._warn(error)

    def _started(self) -> None:
        try:
            self._running.start(self._project.command())
        except (InputError, OSError) as error:
            self._warn(error)

    def _tried(self, step: Any) -> bool:
        try:
            step()
        except InputError as error:
            self._warn(error)
            return False
        return True

    def _warn(self, error: Exception) -> None:
        self._ui.notify(str(error), type="warning", multi_line=True, close_button="ok")

    async def _refresh(self) -> None:
        """Show the images as they are now; files are read while the page stays alive."""
        from nicegui import run

        self._entries = self._project.entries()
        self._show_images({})
        self._show_results()
        scales = await run.io_bound(pixel_size_texts, [entry.path for entry in self._entries[:_LOOKED_AT]])
        self._show_images(scales)

    def _show_images(self, scales: dict[Path, PixelSizeText]) -> None:
        rows = [
            {
                "number": number,
                "image": entry.path.name,
                "size": scales[entry.path].words if entry.path in scales else "",
                "sample": entry.sample_id,
                "excluded": entry.excluded,
            }
            for number, entry in enumerate(self._entries)
        ]
        self._grid.options["rowData"] = rows
        self._grid.update()
        self._which.set_options({n: entry.path.name for n, entry in enumerate(self._entries)})
        self._questions.clear()
        with self._questions:
            for path, scale in scales.items():
                if scale.picture is not None:
                    self._ui.label(f"{path.name}: {scale.remark}").classes("text-sm break-words")
                    self._ui.image(scale.picture).style("max-width: 340px")

    def _look(self) -> None:
        """What the run has done meanwhile."""
        running, active = self._running, self._running.active
        self._start.set_enabled(not active)
        self._stop.set_enabled(active)
        self._bar.set_value(running.done / running.total if running.total else 0)
        self._log.set_text("\n".join(running.lines))
        self._told.set_text(told(running))
        if self._was_active and not active:
            self._show_results()
        self._was_active = active

    def _show_results(self) -> None:
        ui, project = self._ui, self._project
        self._links.clear()
        self._frame.clear()
        if project.report() is None:
            with self._links:
                ui.label("The report appears here after the first run.")
            return
        with self._links:
            ui.link("Open the report", "/results/report.html", new_tab=True)
            for path in project.tables():
                ui.link(path.name, f"/results/{path.relative_to(project.results).as_posix()}")
            ui.button("Label maps (zip)", on_click=self._maps).props("outline no-caps dense")
        with self._frame:
            ui.element("iframe").props('src="/results/report.html" title="report"').classes(
                "w-full border max-sm:hidden"
            ).style("height: 80vh")

    def _maps(self) -> None:
        folder = self._project.results
        self._ui.download.content(
            zipped(folder, sorted(folder.glob("images/**/*.labels.tif"))), "label_maps.zip"
        )


def told(running: Running) -> str:
    """The state of a run in words.

    Examples
    --------
    >>> told(Running(done=2, total=5))
    'not started'
    """
    if running.active:
        return f"{running.done} of {running.total} images" if running.total else "starting"
    words = {
        0: "done",
        1: "done; some images gave no result: see the messages",
        130: "stopped; finished images are kept",
    }
    if running.exit_status is None:
        return "not started"
    return words.get(running.exit_status, f"it could not run: {running.lines[-1] if running.lines else ''}")
