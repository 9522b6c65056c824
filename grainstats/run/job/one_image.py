"""One image from file to database record; runs in a worker process and never raises for a bad image."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grainstats.run.atomic import write_atomically
from grainstats.run.failures import Failure, is_out_of_memory, unexpected
from grainstats.run.job.current_of_image import with_current
from grainstats.run.job.plan import Job
from grainstats.run.names import without_folders
from grainstats.run.recipe import Recipe, recipe_text, segment_by
from grainstats.share.safe_paths import is_below
from segment.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from grainstats.run.orientation_input import OrientationInput
    from grainstats.share.db.records import AnalysisKey, AnalysisRecord
    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph
    from segment.unet.model_folder import Model

Device = Literal["auto", "cpu", "cuda"]
REPORT_FOLDER = (
    ".report"  #: pictures the report is made of; hidden, so that no run takes them for micrographs
)


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
        except InputError as error:
            one = Path(error.source.split(" (frame")[0])
            of_field = any(picture.path == one for picture in job.pictures[1:])
            return job.failure(f"{one.name}: {error.reason}" if of_field else error.reason, error.remedy)
        except Exception as error:
            if is_out_of_memory(error):
                remedy = "Run again with --workers 1, or on a machine with more memory"
                return job.failure("not enough memory for this image", remedy)
            return job.failure(*unexpected(error, self.out, job.name))

    def _analyse(self, job: Job) -> Outcome:
        start = time.perf_counter()
        oriented = self._oriented(job)
        micrograph = oriented.micrograph if oriented else frame_of(job, self.recipe.pixel_size_nm)
        if isinstance(micrograph, IsStack):
            return micrograph
        pictures: list[tuple[Micrograph, float | None]] = [(micrograph, None)]
        if job.pictures:
            pictures = _pictures(job, self.recipe.pixel_size_nm)
        key = self._key(micrograph)
        artefacts = artefacts_of(job.stem(key.digest))
        if micrograph.pixel_size_nm is None and all(
            (self.out / path).is_file() for path in artefacts.values()
        ):
            return _uncalibrated(job, micrograph)
        for name in artefacts.values():
            if not is_below(self.out, name):
                reason = f"its result would be written outside the results folder ({name})"
                return job.failure(reason, "Remove the link in the results folder, or name another --out")
        grains = oriented.grains if oriented else self._earlier(job, micrograph)
        if grains is None:
            shown, model = [seen for seen, _ in pictures], opened_model(self.model)
            _, grains = segment_by(self.recipe, shown, model, device=self.device, threads=self.threads)
        colours = oriented.colours if oriented else None
        if micrograph.pixel_size_nm is None:
            self._write_files(micrograph, grains, artefacts, colours)
            return _uncalibrated(job, micrograph)
        record = self.finish(job, key, micrograph, grains, artefacts, colours=colours)
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
        artefacts: dict[str, str],
        *,
        colours: np.ndarray | None = None,
        model_name: str | None = None,
    ) -> AnalysisRecord:
        """Write the files of a calibrated image and measure its grains.

        `colours` are those of a map of orientations; `model_name` is what cut the grains, None: the network.
        """
        self._write_files(micrograph, grains, artefacts, colours)
        record = self._record(job, key, micrograph, grains, artefacts)
        if model_name is not None:
            record = replace(record, model_name=model_name)
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
        return open_orientation_map(job.path, recipe.pixel_size_nm, rules, sha256=job.sha256)

    def _key(self, micrograph: Micrograph) -> AnalysisKey:
        from grainstats.share.db.records import AnalysisKey

        return AnalysisKey(micrograph.digest, opened_model(self.model).digest, self.recipe.digest())

    def _earlier(self, job: Job, micrograph: Micrograph) -> GrainMap | None:
        """The map of a recipe that differs only in how it is measured; a law needs the probabilities, too."""
        from grainstats.run.job.earlier_map import earlier_map

        if job.pictures or self.recipe.law is not None:
            return None
        key, own = self._key(micrograph), replace(job, stored_stem="")
        stems = [own.stem(replace(key, recipe_digest=digest).digest) for digest in self.alike]
        return earlier_map(
            micrograph, key.model_digest, [artefacts_of(stem)["labels"] for stem in stems], self.out
        )

    def _write_files(
        self,
        micrograph: Micrograph,
        grains: GrainMap,
        artefacts: dict[str, str],
        colours: np.ndarray | None = None,
    ) -> None:
        from grainstats.run.report.image_overlays import write_pictures
        from grainstats.run.report.orientation_pictures import write_orientation_pictures
        from segment.label_maps.writing import write_label_map
        from segment.orientation.orientation_table import write_orientations

        recipe = self.recipe.digest()
        write_atomically(
            self.out / artefacts["labels"],
            lambda path: write_label_map(path, grains, recipe_digest=recipe),
            durable=True,
        )
        if micrograph.scale_bar is not None:
            write_atomically(self.out / _scale_bar_picture(artefacts), micrograph.scale_bar.save)
        paths = {name: self.out / artefacts[name] for name in ("overlay", "view", "layer")}
        if colours is None:
            write_pictures(micrograph.image, grains, **paths)
        else:
            write_orientation_pictures(colours, grains, **paths)
            table = artefacts["labels"].removesuffix(".labels.tif") + ".orientations.csv"
            write_atomically(self.out / table, lambda path: write_orientations(path, grains))

    def _record(
        self, job: Job, key: AnalysisKey, micrograph: Micrograph, grains: GrainMap, artefacts: dict[str, str]
    ) -> AnalysisRecord:
        from grainstats._version import __version__
        from grainstats.measure import descriptors, measure_grain_map
        from grainstats.share.db.records import AnalysisRecord, MicrographFacts

        model = opened_model(self.model)
        seed = seed_from(key.micrograph_digest, key.recipe_digest)
        measured = measure_grain_map(
            grains, angles=self.recipe.angles_deg, spacing=self.recipe.line_spacing_px, seed=seed
        )
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
            warnings=tuple(
                dict.fromkeys(
                    without_folders(text, job.path, job.name)
                    for text in micrograph.notes + micrograph.scale_warnings + grains.warnings
                )
            ),
            artefacts=artefacts,
            model_name=model.name,
            recipe_text=recipe_text(replace(self.recipe, model=model.name)),
        )


def seed_from(*digests: str) -> int:
    """A seed that depends on what is analysed alone, not on when or where."""
    return int.from_bytes(hashlib.sha256("\n".join(digests).encode()).digest()[:4])


def opened_model(folder: str) -> Model:
    """The model of this process, opened once, and again where its files have changed."""
    files = sorted(path for path in Path(folder).iterdir() if path.is_file())
    return _opened(folder, tuple((path.name, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=1)
def _opened(folder: str, state: tuple[tuple[str, int], ...]) -> Model:
    from segment.unet import load_model

    return load_model(folder)


def frame_of(job: Job, pixel_size_nm: float | None) -> Micrograph | IsStack:
    """The job's frame, or the number of frames where the job does not name one of several.

    Of a field it is the first picture, known by the digest of the field.
    """
    from segment.micrograph import read_micrographs

    if job.pictures:
        first = next(read_micrographs(job.path, pixel_size_nm=pixel_size_nm, all_channels=True))
        return replace(first, sha256=job.sha256, frame=0, n_frames=1)
    found = read_micrographs(job.path, pixel_size_nm=pixel_size_nm, frame=job.frame, sha256=job.sha256)
    first = next(found)
    if job.frame is not None:
        return first
    return first if first.n_frames == 1 else IsStack(first.n_frames)


def _pictures(job: Job, pixel_size_nm: float | None) -> list[tuple[Micrograph, float | None]]:
    """All pictures of the job's field, with every frame and channel of their files, and their tilts."""
    from segment.micrograph import read_micrographs

    return [
        (micrograph, picture.tilt_deg)
        for picture in job.pictures
        for micrograph in read_micrographs(picture.path, pixel_size_nm=pixel_size_nm, all_channels=True)
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


def artefacts_of(stem: str) -> dict[str, str]:
    """Names of the image's files, relative to the output folder."""
    images, report = f"images/{stem}", f"{REPORT_FOLDER}/{stem}"
    return {
        "labels": f"{images}.labels.tif",
        "overlay": f"{images}.overlay.png",
        "view": f"{report}.view.jpg",
        "layer": f"{report}.layer.png",
    }


def _uncalibrated(job: Job, micrograph: Micrograph) -> Failure:
    """No size: the scale bar, where there is one, is in the results folder to be looked at."""
    bar = micrograph.scale_bar
    if bar is None:
        reason, remedy = (
            "no pixel size in the file",
            "Give --pixel-size NM, or export the image with its scale",
        )
    else:
        reason = f"no pixel size in the file, and the label of its scale bar is not certain ({bar.words})"
        remedy = f"See {_scale_bar_picture(artefacts_of(job.stem(micrograph.digest)))}: {bar.remedy}"
    return job.failure(f"{reason}: segmented, but not measured", remedy)


def _scale_bar_picture(artefacts: dict[str, str]) -> str:
    """Name of the picture of the burned-in scale bar beside the label map."""
    return artefacts["labels"].removesuffix(".labels.tif") + ".scale_bar.png"
