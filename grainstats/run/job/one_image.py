"""One image from file to database record; runs in a worker process and never raises for a bad image."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grainstats.run.atomic import write_atomically, write_bytes
from grainstats.run.failures import Failure, reason_of
from grainstats.run.job.image_files import artefacts_of, beside, write_files
from grainstats.run.job.plan import Job
from grainstats.run.names import without_folders
from grainstats.run.recipe import Recipe, recipe_text, segment_by
from grainstats.share.safe_paths import file_below
from segment._threads import available_cores
from segment.choices import Device
from segment.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from grainstats.run.orientation_input import OrientationInput
    from grainstats.share.db.records import AnalysisKey, AnalysisRecord
    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph
    from segment.unet.model_folder import Model

DRAWS = 100  #: of the current: fewer than `infer.current` takes for one map; a batch has thousands
_OF_IMAGES_AND_SAMPLES = (
    "segment.pipeline",
    "grainstats.measure.any_map",
    "grainstats.infer.modality.judge_sample",
    "grainstats.run.report.orientation_pictures",
)
MOST_ALONE = 64 << 20  #: bytes of a file: an 8192 x 8192 image of 8 bits, some 3 GB while it is worked on


@dataclass(frozen=True)
class Analysed:
    """An image that gave a result."""

    record: AnalysisRecord
    seconds: float  #: from opening the file to the last table
    megapixels: float


@dataclass(frozen=True)
class IsStack:
    """The file holds several frames, each to be a job of its own."""

    n_frames: int


Outcome = Analysed | IsStack | Failure


@dataclass(frozen=True)
class Analyst:
    """Everything a worker needs besides the job."""

    recipe: Recipe
    model: str  #: path of the model's folder
    device: Device
    threads: int  #: threads the network may use
    out: Path  #: output folder
    #: digests of other recipes that cut images as this one does: their maps are used where they are
    alike: tuple[str, ...] = ()

    def __call__(self, job: Job) -> Outcome:
        """Analyse one image; whatever goes wrong becomes a `Failure` with reason and remedy."""
        try:
            return self._analyse(job)
        except Exception as error:
            reason, remedy = reason_of(error, self.out, job.name)
            source = Path(error.source.split(" (frame")[0]) if isinstance(error, InputError) else job.path
            further = any(picture.path == source for picture in job.pictures[1:])
            return job.failure(f"{source.name}: {reason}" if further else reason, remedy)

    def alone(self, job: Job) -> Outcome | None:
        """Analyse the only image of a run, on all cores; None where it may end the process.

        That is one whose size may end the memory, or one that has ended a process: its note is still there.
        """
        note = self.out / f".report/alone-{job.sha256[:16]}"
        try:
            if note.exists() or job.path.stat().st_size > MOST_ALONE:
                return None
            write_bytes(note, b"")
        except OSError:
            pass  # the analysis says why
        try:
            return replace(self, threads=available_cores())(job)
        finally:
            note.unlink(missing_ok=True)

    @staticmethod
    def prepare() -> None:
        """Load what images are analysed and samples judged with, and what compiled loops need."""
        import numpy as np

        for module in _OF_IMAGES_AND_SAMPLES:
            import_module(module)
        loop = import_module("segment.cells.watershed").number_cells
        loop(np.zeros((1, 1), np.int32), np.zeros(1, np.int32))

    def _analyse(self, job: Job) -> Outcome:
        from grainstats.share.db.records import AnalysisKey

        start = time.perf_counter()
        oriented = self._oriented(job)
        micrograph = oriented.micrograph if oriented else frame_of(job, self.recipe)
        if isinstance(micrograph, IsStack):
            return micrograph
        key = AnalysisKey(micrograph.digest, opened_model(self.model).digest, self.recipe.digest())
        artefacts = artefacts_of(job.stem(key.digest))
        calibrated = micrograph.pixel_size_nm is not None
        if not calibrated and all((self.out / path).is_file() for path in artefacts.values()):
            return _uncalibrated(job, micrograph, artefacts)
        pictures = _pictures(job, self.recipe) or [(micrograph, None)]
        job.check_unchanged()
        grains = oriented.grains if oriented else self._earlier(job, micrograph, key)
        if grains is None:
            shown, model = [seen for seen, _ in pictures], opened_model(self.model)
            _, grains = segment_by(self.recipe, shown, model, device=self.device, threads=self.threads)
        colours = oriented.colours if oriented else None
        if not calibrated:
            write_files(self.out, job, artefacts, micrograph, grains, self.recipe.digest(), colours)
            return _uncalibrated(job, micrograph, artefacts)
        record = self.finish(job, key, micrograph, grains, colours)
        if job.pictures:
            record = replace(record, micrograph=replace(record.micrograph, pictures=_kept(pictures)))
        megapixels = sum(seen.image.size for seen, _ in pictures) / 1e6
        return Analysed(record, time.perf_counter() - start, megapixels)

    def finish(
        self,
        job: Job,
        key: AnalysisKey,
        micrograph: Micrograph,
        grains: GrainMap,
        colours: np.ndarray | None = None,
    ) -> AnalysisRecord:
        """Write the files of a calibrated image and measure its grains; `colours`: an orientation map's."""
        artefacts = artefacts_of(job.stem(key.digest))
        write_files(self.out, job, artefacts, micrograph, grains, key.recipe_digest, colours)
        record = self._record(job, key, micrograph, grains, artefacts)
        if self.recipe.law is not None:
            record = with_current(record, micrograph.image, grains, self.recipe.law, self.out)
        return record

    def _oriented(self, job: Job) -> OrientationInput | None:
        """The job's orientation map cut into grains; None: it is a micrograph."""
        from grainstats.run.orientation_input import grain_rules, open_orientation_map
        from segment.orientation import is_orientation_map

        if not is_orientation_map(job.path):
            return None
        recipe = self.recipe
        rules = grain_rules(recipe.misorientation_deg, recipe.merge_twins, recipe.twin, recipe.phase)
        return open_orientation_map(job.path, recipe.pixel_size_of(job.path), rules, sha256=job.sha256)

    def _earlier(self, job: Job, micrograph: Micrograph, key: AnalysisKey) -> GrainMap | None:
        """What a recipe that differs only in how it is measured has left of this image: it is not cut again.

        None where nothing of use is there, for a field, and where a law needs the probabilities, too.
        """
        from segment.label_maps.reading import read_label_map

        if job.pictures or self.recipe.law is not None:
            return None
        for recipe_digest in self.alike:
            earlier = replace(key, recipe_digest=recipe_digest)
            name = artefacts_of(replace(job, stored_stem="").stem(earlier.digest))["labels"]
            if (labels := file_below(self.out, name)) is None:
                continue
            try:
                found = read_label_map(labels, pixel_size_nm=micrograph.pixel_size_nm)
            except (InputError, OSError):
                continue
            made = found.segmentation  # read only where no label has changed since
            if (
                made is not None
                and made.model_digest == key.model_digest
                and found.labels.shape == micrograph.image.shape
            ):
                return replace(found, pixel_size_source=micrograph.pixel_size_source, warnings=made.warnings)
        return None

    def _record(
        self, job: Job, key: AnalysisKey, micrograph: Micrograph, grains: GrainMap, artefacts: dict[str, str]
    ) -> AnalysisRecord:
        from grainstats._version import __version__
        from grainstats.measure import descriptors, measure_grain_map
        from grainstats.share.db.records import AnalysisRecord, MicrographFacts

        model = opened_model(self.model)
        angles, spacing, seed = self.recipe.angles_deg, self.recipe.line_spacing_px, self.recipe.seed
        measured = measure_grain_map(grains, angles=angles, spacing=spacing, seed=seed)
        noticed = micrograph.notes + micrograph.scale_warnings + grains.warnings
        return AnalysisRecord(
            key=key,
            micrograph=MicrographFacts.of(micrograph, job.name),
            sample_id=job.sample_id,
            code_version=__version__,
            seed=seed,
            grains=measured.grains,
            intercepts=measured.intercepts,
            descriptors=tuple(descriptors(measured)),
            segmentation=grains.segmentation,
            warnings=tuple(dict.fromkeys(without_folders(text, job.path, job.name) for text in noticed)),
            artefacts=artefacts,
            model_name=model.name,
            recipe_text=recipe_text(replace(self.recipe, model=model.name)),
        )


def opened_model(folder: str) -> Model:
    """The model of this process, opened once, and again where its files have changed."""
    files = sorted(path for path in Path(folder).iterdir() if path.is_file())
    return _opened(folder, tuple((path.name, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=1)
def _opened(folder: str, state: tuple[tuple[str, int], ...]) -> Model:
    from segment.unet import load_model

    return load_model(folder)


def frame_of(job: Job, recipe: Recipe) -> Micrograph | IsStack:
    """The job's frame, or the number of frames where the job does not name one of several.

    Of a field it is the first picture, known by the digest of the field.
    """
    from segment.micrograph import read_micrographs

    pixel_size_nm = recipe.pixel_size_of(job.path)
    if job.pictures:
        first = next(read_micrographs(job.path, pixel_size_nm=pixel_size_nm, all_channels=True))
        return replace(first, sha256=job.sha256, frame=0, n_frames=1)
    found = read_micrographs(job.path, pixel_size_nm=pixel_size_nm, frame=job.frame, sha256=job.sha256)
    first = next(found)
    return first if job.frame is not None or first.n_frames == 1 else IsStack(first.n_frames)


def _pictures(job: Job, recipe: Recipe) -> list[tuple[Micrograph, float | None]]:
    """All pictures of the job's field, with every frame and channel of their files, and their tilts."""
    from segment.micrograph import read_micrographs

    return [
        (micrograph, picture.tilt_deg)
        for picture in job.pictures
        for micrograph in read_micrographs(
            picture.path, pixel_size_nm=recipe.pixel_size_of(picture.path), all_channels=True
        )
    ]


def _kept(pictures: list[tuple[Micrograph, float | None]]) -> list[dict[str, object]]:
    """What the database keeps of the pictures of a field."""
    return [
        {
            "path": f"{seen.path.parent.name}/{seen.path.name}",
            "sha256": seen.sha256,
            "frame": seen.frame,
            "tilt_deg": tilt,
        }
        for seen, tilt in pictures
    ]


def _uncalibrated(job: Job, micrograph: Micrograph, artefacts: dict[str, str]) -> Failure:
    """No size: the scale bar, where there is one, is in the results folder to be looked at."""
    from segment.micrograph.scale_bar import NO_READER

    bar = micrograph.scale_bar
    reason, remedy = (
        "no pixel size in the file",
        "Give --pixel-size NM (pixel_size_nm in Python), or export the image with its scale",
    )
    if bar is not None:
        reason = f"{reason}, and the label of its scale bar is not certain ({bar.words})"
        remedy = f"See {beside(artefacts, '.scale_bar.png')}: {bar.remedy}"
    elif NO_READER in micrograph.notes:
        remedy = f"{remedy}; {NO_READER}"
    return job.failure(f"{reason}: segmented, but not measured", remedy)


def with_current(
    record: AnalysisRecord, image: np.ndarray, grains: GrainMap, law: Mapping[str, Any], out: Path
) -> AnalysisRecord:
    """The record with descriptors of the current; the path is drawn beside the overlay, for the report.

    An image in which no boundary leads from side to side has none; a warning says so.
    """
    from grainstats.infer.current import current

    try:
        found = current(grains, law, draws=DRAWS, seed=record.seed)
    except InputError as error:
        return replace(record, warnings=(*record.warnings, f"no limiting current: {error.reason}"))
    rows = tuple(d for d in found.descriptors() if math.isfinite(d.value))
    name = beside(record.artefacts, ".current.png")
    _draw(out / name, found.maps[0], grains, image)
    return replace(
        record,
        descriptors=(*record.descriptors, *rows),
        warnings=tuple(dict.fromkeys((*record.warnings, *found.warnings))),
        artefacts={**record.artefacts, "current": name},
    )


def _draw(target: Path, found: Any, grains: GrainMap, image: np.ndarray) -> None:
    from grainstats.run.report.current_pictures import picture_of_paths

    shown = image if image.shape[:2] == grains.labels.shape else None
    figure = picture_of_paths(found, grains, shown)
    write_atomically(target, lambda path: figure.savefig(path, dpi=120, format="png"))
