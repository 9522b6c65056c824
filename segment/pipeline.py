"""One micrograph, or several pictures of one field, from grey levels to closed cells."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.recutting import as_in_map, fine_cells
from segment.cells.voids import find_voids
from segment.choices import GAP_WIDTH, Device, Precision, Twins, Voids
from segment.grain_map import GrainMap
from segment.micrograph.micrograph import Micrograph
from segment.quality.blank_regions import blank_regions, blank_warning, huge_warnings
from segment.quality.boundary_loss import corners_per_junction
from segment.quality.evidence import gather_evidence
from segment.quality.warnings import bright_cell_warnings, cell_warnings, corner_warnings, evidence_warnings
from segment.registration.align import warped
from segment.registration.fuse import fuse
from segment.segmentation import Segmentation
from segment.unet.model_folder import Model
from segment.unet.predict import predict
from segment.unet.resample import opencv_image


def segment_micrograph(
    micrograph: Micrograph | Sequence[Micrograph],
    model: Model,
    *,
    device: Device = "auto",
    precision: Precision = "auto",
    persistence: float | None = None,
    min_area_px: int | None = None,
    threads: int | None = None,
    voids: Voids = "auto",
    twins: Twins = "keep",
    gap_width: float = GAP_WIDTH,
) -> tuple[BoundaryMap, GrainMap]:
    """Boundary probability and cells of a micrograph, or of one field that several show.

    The network looks at each picture of a field (tilts, detectors, channels); its answers are laid on each
    other and fused (`segment.registration`), so that a boundary counts that only some of the pictures show.

    Parameters
    ----------
    micrograph : Micrograph or sequence of Micrograph
        Needs no pixel size. Pictures of one field have one magnification and lie at most a few degrees and a
        part of the frame apart; the maps have the pixels of the first.
    model : Model
    device, precision, threads : optional
        As in `predict`.
    persistence : float, optional
        As in `close_cells`; None: the model's own.
    min_area_px : int, optional
        Smallest cell in pixels of the image; None: the model's own, in pixels of the network.
    voids : {"auto", "dark", "bright", "none"}
        Whether the image has voids or second phases, and of which grey (`segment.cells.voids.find_voids`).
    twins : {"keep", "merge"}
        Whether twin lamellae are grains (`segment.cells.twins`).
    gap_width : float
        In mean intercepts: a narrower gap between two grains is a boundary (`segment.cells.label_gaps`).

    Returns
    -------
    boundary_map : BoundaryMap
    grain_map : GrainMap
        Carries the probability and the warnings of `boundary_map`, those that its cells raise, the model's
        table of how far its borders can be trusted, and how the cells were cut (`segmentation`).

    Raises
    ------
    InputError
        A picture shows another area than the first or has another magnification; the message names it.

    Examples
    --------
    >>> import grainstats as gs
    >>> from segment import load_model, read_micrographs
    >>> (micrograph,) = read_micrographs(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")
    >>> boundaries, grains = segment_micrograph(micrograph, load_model())
    >>> boundaries.probability.shape == micrograph.image.shape, grains.n_grains > 500
    (True, True)
    """
    pictures = [micrograph] if isinstance(micrograph, Micrograph) else micrograph
    answers = []
    for picture in pictures:
        answer = predict(model, picture, device=device, precision=precision, threads=threads)
        answers.append(with_voids(picture, answer, voids))
    return cells_of_field(pictures, answers, model, persistence, min_area_px, twins, gap_width)


def cells_of_field(
    pictures: Sequence[Micrograph],
    answers: Sequence[BoundaryMap],
    model: Model,
    persistence: float | None = None,
    min_area_px: int | None = None,
    twins: Twins = "keep",
    gap_width: float = GAP_WIDTH,
) -> tuple[BoundaryMap, GrainMap]:
    """Cells from the network's answers to the pictures; blank is what every picture shows nothing in."""
    first = pictures[0]
    own, copies = _each_once(pictures)
    pictures, answers = [pictures[k] for k in own], [answers[k] for k in own]
    boundary_map, places = fuse(answers, _names(pictures))
    boundary_map = replace(boundary_map, warnings=boundary_map.warnings + copies)
    shown = [first.image]
    for picture, place in zip(pictures[1:], places, strict=True):
        if place is not None:
            shown.append(
                warped(opencv_image(picture.image).astype(np.float32), place.matrix, first.image.shape)
            )
    seeds = model.persistence if persistence is None else persistence
    smallest = model.smallest_px(boundary_map.scale) if min_area_px is None else min_area_px
    grey = opencv_image(first.image)
    close = partial(
        close_cells, persistence=seeds, min_area_px=smallest, twins=twins, gap_width=gap_width, grey=grey
    )
    grain_map = close(boundary_map)
    blank = _blank_in_all(shown, grain_map.labels)
    if blank is not None:
        seen = ~blank if boundary_map.valid is None else boundary_map.valid & ~blank
        boundary_map = replace(boundary_map, valid=seen)
        grain_map = close(boundary_map)
        grain_map = replace(grain_map, warnings=(*grain_map.warnings, blank_warning(blank)))
    grain_map = replace(grain_map, warnings=grain_map.warnings + huge_warnings(grain_map.labels))
    grain_map = with_warnings(first, model, boundary_map, grain_map)
    corners = corners_per_junction(grain_map.labels)
    said = grain_map.warnings
    grain_map = replace(grain_map, warnings=said + corner_warnings(corners, said))
    how = replace(record_of(grain_map, model, seeds), pictures=len(shown), corners=corners)
    if grain_map.probability is not None:  # with its narrow gaps, so that both files tell the same
        boundary_map = replace(boundary_map, probability=grain_map.probability)
    return boundary_map, replace(grain_map, segmentation=how)


def _each_once(pictures: Sequence[Micrograph]) -> tuple[list[int], tuple[str, ...]]:
    """Places of the pictures that are no copy of an earlier one, and what is said of the copies."""
    own: list[int] = []
    said: list[str] = []
    names = _names(pictures)
    for k, picture in enumerate(pictures):
        same = next((j for j in own if np.array_equal(pictures[j].image, picture.image)), None)
        if same is None:
            own.append(k)
        else:
            said.append(
                f"{Path(names[k]).name} is left out: it is the same picture as {Path(names[same]).name}"
            )
    return own, tuple(said)


def _names(pictures: Sequence[Micrograph]) -> list[str]:
    """Files of the pictures, with the frame where one file holds several."""
    return [f"{p.path}" if p.n_frames == 1 else f"{p.path} (frame {p.frame})" for p in pictures]


def _blank_in_all(shown: Sequence[np.ndarray], labels: np.ndarray) -> np.ndarray | None:
    blank: np.ndarray | None = None
    for image in shown:
        here = blank_regions(image, labels)
        if here is None:
            return None
        blank = here if blank is None else blank & here
    return blank if blank is not None and blank.any() else None


def with_voids(micrograph: Micrograph, boundary_map: BoundaryMap, voids: Voids) -> BoundaryMap:
    """The network's answer with the voids and second phases that the grey levels show."""
    not_grain = find_voids(
        opencv_image(micrograph.image),
        boundary_map.not_grain,
        boundary_map.valid,
        voids=voids,
        scale=boundary_map.scale,
    )
    return replace(boundary_map, not_grain=not_grain)


def record_of(grain_map: GrainMap, model: Model, persistence: float) -> Segmentation:
    """How the cells of a map were cut by a model, with the errors to be expected in so clear an image."""
    cells = fine_cells(grain_map)
    return Segmentation(
        model_name=model.name,
        model_digest=model.digest,
        persistence=persistence,
        cells=cells,
        missed=model.error_rates.at(as_in_map(cells).confidence),
        measured=model.error_rates.measured,
        warnings=grain_map.warnings,
    )


def with_warnings(
    micrograph: Micrograph, model: Model, boundary_map: BoundaryMap, grain_map: GrainMap
) -> GrainMap:
    """The cells with the warnings that they raise, and with what the model's borders are worth."""
    found, known = cell_warnings(grain_map), model.confidence
    found += bright_cell_warnings(opencv_image(micrograph.image), grain_map.labels)
    if known is None:
        return replace(grain_map, warnings=grain_map.warnings + found)
    if not boundary_map.warnings:
        found += evidence_warnings(gather_evidence(micrograph, boundary_map, grain_map.labels), known)
    return replace(grain_map, warnings=grain_map.warnings + found, reliability=known.borders)
