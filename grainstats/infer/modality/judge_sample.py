"""The one verdict on a sample: command line, batch, report, notebooks and Python all ask here.

The verdict is a function of what the images show and of the model that cut them, and of nothing else: not of
file names, of the order of the images, or of where their results were kept.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Self

import numpy as np

from grainstats.infer.modality.flagged import with_remark
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.judge import FEWEST_GRAINS, judge_modality
from grainstats.infer.modality.stability import cut_anew, with_stability
from grainstats.infer.modality.verdict import ModalityVerdict, in_sentences
from grainstats.measure.descriptors.corrected import UNDRAWN
from grainstats.measure.measurement import Measurement
from segment.choices import Null
from segment.quality.boundary_loss import undrawn_share
from segment.segmentation import Segmentation

#: of the borders found that a map leaves out (`undrawn_share`), beyond which joined grains hide two
#: populations: rendered samples of three and five images, calibration/calibrate_samples.py
MOST_UNDRAWN = 1 / 3
HOW_TO_MEASURE = "calibration/measure_error_rates.py measures them"
AS_GIVEN = "the maps were taken as given: errors of a segmentation are not included"


@dataclass(frozen=True, eq=False)
class SampleImage:
    """One image of a sample, with all that its verdict needs."""

    grains: ImageGrains
    #: how a model cut the image; None: the cells were given, as a tracing or as labels
    segmentation: Segmentation | None = None
    warnings: tuple[str, ...] = ()  #: of the segmentation
    #: why it cannot be tried whether other cuts would say the same; empty where it can, or need not be
    missing: str = ""

    @classmethod
    def of_measurement(cls, measured: Measurement) -> Self:
        """From what was measured; the verdict depends on ratios of sizes, so that pixels serve as well."""
        table = measured.grains
        if measured.unit == "px":
            table = table.rename(columns={"equivalent_diameter_px": "equivalent_diameter_nm"})
        grains = ImageGrains.from_columns(table, measured.pixel_size, measured.shape)
        return cls(replace(grains, unit=measured.unit), measured.segmentation, measured.warnings)

    @property
    def in_doubt(self) -> bool:
        """So many borders are too faint to be drawn that joined grains may hide a population."""
        return self.segmentation is not None and undrawn_share(self.segmentation) > MOST_UNDRAWN

    @property
    def content(self) -> str:
        """Digest of the grains' areas in pixels, whole and cut, in whatever order: the image's identity."""
        grains, pixel = self.grains, self.grains.pixel_size_nm
        total = hashlib.sha256()
        for size in (grains.diameter_nm, grains.frame_diameter_nm):
            area = np.rint(np.pi / 4 * np.square(np.asarray(size) / pixel)).astype("<i8")
            total.update(np.sort(area).tobytes() + b"|")
        total.update(np.rint(np.array(grains.window_nm) / pixel).astype("<i8").tobytes())
        return total.hexdigest()


def judge_sample(
    images: Sequence[SampleImage], *, null: Null = "section", seed: int = 0, said: Sequence[str] = ()
) -> ModalityVerdict:
    """Judge whether the boundary network of one sample is uniform or bimodal.

    Images whose maps leave out more than `MOST_UNDRAWN` of the borders found do not count beside clearer
    ones. The grains of those that count are compared with mosaics of one population. Then every image that a
    model has cut is cut anew in other ways; a verdict that these contradict is withdrawn. What this check
    needs and does not find makes the verdict indeterminate, with that reason.

    Parameters
    ----------
    images : sequence of SampleImage
        In any order.
    null : {"section", "columnar"}
        Uniform microstructure to compare with: plane sections of a three-dimensional mosaic, or a film whose
        grains run through its thickness.
    seed : int
        Mixed with the images' content into the seed of the modes' intervals.
    said : sequence of str
        Of images left out before (`segment.registration.overlap.each_area_once`); it ends the reason.

    Returns
    -------
    ModalityVerdict
        `stability` is None where no image was cut by a model, and its reason says so.
    """
    counting = which_count(images)
    ordered = sorted(compress(images, counting), key=lambda image: image.content)
    cuts = [cut_anew(image.grains, image.segmentation) for image in ordered]
    judged = judge_modality([likely for likely, *_ in cuts], null=null, seed=_content_seed(ordered, seed))
    others = [other for _, *other in cuts]
    found = with_remark(_tried(judged, ordered, others), [image.warnings for image in ordered])
    return replace(found, reason=in_sentences(found.reason, *said, *_left_out(counting)))


def which_count(images: Sequence[SampleImage]) -> list[bool]:
    """The images that a verdict rests on: the clear ones, or all where these have too few whole grains."""
    clear = [not image.in_doubt for image in images]
    enough = sum(image.grains.n_interior for image in compress(images, clear)) >= FEWEST_GRAINS
    return clear if enough else [True] * len(clear)


def _left_out(counting: Sequence[bool]) -> Iterator[str]:
    """What is said of images that do not count."""
    n = len(counting) - sum(counting)
    if n:
        count, them = ("does not count", "it") if n == 1 else ("do not count", "them")
        yield (
            f"{n} of {len(counting)} images {count}, since more than {MOST_UNDRAWN:.0%} of the borders found "
            f"are too faint to be drawn ({UNDRAWN}): correct {them}, retake {them} (another tilt of the same "
            f"field shows more) or exclude {them}"
        )


def _content_seed(ordered: Sequence[SampleImage], seed: int) -> int:
    """32 bits that depend on what is judged alone."""
    text = "\n".join([str(seed), *(image.content for image in ordered)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def _tried(
    judged: ModalityVerdict, images: Sequence[SampleImage], others: Sequence[Sequence[ImageGrains]]
) -> ModalityVerdict:
    """The verdict after the stability check, as far as there is one; `others`: each image cut otherwise."""
    missing = next((image.missing for image in images if image.missing), "")
    if missing:
        return _not_known(judged, missing)
    if all(image.segmentation is None for image in images):
        decided = judged.verdict != "indeterminate"
        return replace(judged, reason=in_sentences(judged.reason, AS_GIVEN)) if decided else judged
    tried = with_stability(judged, list(zip(*others, strict=True)))
    for image in images:
        if image.segmentation is not None and not image.segmentation.measured:
            name = image.segmentation.model_name
            return _not_known(tried, f"no error rates were measured for the model {name} ({HOW_TO_MEASURE})")
    return tried


def _not_known(judged: ModalityVerdict, missing: str) -> ModalityVerdict:
    """Indeterminate, since nothing tells how far the verdict holds; what is undecided stays as it is."""
    if judged.verdict == "indeterminate":
        return judged
    return judged.taken_back(f"{judged.verdict}, but it is not known how far that holds: {missing}")
