"""Would another segmentation of the same images have given the same verdict?

Each repeat cuts the cells anew: at another seed persistence or another probability level where the map
carries its boundary probability, then with grains lost to a neighbour and grains cut at random, at the rates
at which another model was found to differ from this one in images as clear (`segment.quality.error_rates`).
All of
it happens on the graph of neighbouring cells, a few milliseconds a repeat, where segmenting again would cost
seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.judge import LEVEL, Decision, decide
from grainstats.infer.modality.verdict import ModalityVerdict, Verdict
from segment.cells.recutting import Cut, as_in_map, cut_at, fine_cells, level_of
from segment.grain_map import GrainMap
from segment.quality.error_rates import ErrorRates, size_class
from segment.segmentation import FineCells, Segmentation

REPEATS = 25  #: perturbed segmentations: a share of .6 is known to .1 (binomial)
SMALLEST_SHARE = 0.6  # of agreeing repeats; below, a "uniform" is withdrawn
LARGEST_CONTRARY = 0.1  # of repeats that are called bimodal; above, a "uniform" is withdrawn
PERSISTENCE = 0.1  # of a map that does not say how it was cut
CUTS = ((0.5, 0.0), (2.0, 0.0), (1.0, -0.15), (1.0, 0.15))  # persistence over, least border beyond the own
SMALLEST_PART, LARGEST_PART = 0.2, 0.5  # share of a cell that an invented boundary cuts off


@dataclass(frozen=True, eq=False)
class CellGraph:
    """Cells of one cut of an image and who borders on whom.

    Attributes
    ----------
    area_nm2 : ndarray, shape (n,)
    at_frame : ndarray of bool, shape (n,)
    pairs : ndarray of int, shape (m, 2)
        Neighbouring cells, from 0.
    confidence : ndarray, shape (m,)
        Mean boundary probability along the border; all 1 where the map carries none.
    """

    area_nm2: np.ndarray
    at_frame: np.ndarray
    pairs: np.ndarray
    confidence: np.ndarray

    @classmethod
    def of_cut(cls, cut: Cut, pixel_size_nm: float) -> CellGraph:
        return cls(
            cut.area_px * pixel_size_nm**2, cut.at_frame, cut.borders.pairs - 1, cut.borders.confidence
        )

    def perturbed(
        self, rng: np.random.Generator, missed: np.ndarray, invented: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Areas and frame contact after some cells are lost to a neighbour and some are cut in two.

        Parameters
        ----------
        rng : Generator
        missed, invented : ndarray, shape (CLASSES,)
            Chances by class of area (`segment.quality.error_rates`).
        """
        n, kind = len(self.area_nm2), size_class(self.area_nm2)
        cell, neighbour = self._weakest(rng)
        lost = rng.random(n)[cell] < missed[kind[cell]]
        edges = coo_array((np.ones(int(lost.sum())), (cell[lost], neighbour[lost])), shape=(n, n))
        count, group = connected_components(edges, directed=False)
        area = np.bincount(group, self.area_nm2, count)
        frame = np.bincount(group, self.at_frame, count) > 0
        cut = rng.random(count) < invented[size_class(area)]
        part = np.where(cut, rng.uniform(SMALLEST_PART, LARGEST_PART, count), 0.0)
        inside = np.zeros(int(cut.sum()), bool)
        return np.concatenate([area * (1 - part), (area * part)[cut]]), np.concatenate([frame, inside])

    def _weakest(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Each cell that has one, with the larger neighbour that it would be lost to.

        Drawn with chances proportional to 1 - confidence + 0.1 of the border between them.
        """
        larger = np.argmax(self.area_nm2[self.pairs], axis=1) if len(self.pairs) else np.zeros(0, int)
        at = np.arange(len(larger))
        small, large = self.pairs[at, 1 - larger], self.pairs[at, larger]
        waiting = rng.exponential(size=len(larger)) / (1.1 - np.clip(self.confidence, 0, 1))
        order = np.lexsort((waiting, small))
        first = np.diff(small[order], prepend=-1) != 0
        return small[order][first], large[order][first]


@dataclass(frozen=True, eq=False)
class ImageCuts:
    """One image cut into cells in several ways, and the errors to be expected in it.

    Attributes
    ----------
    graphs : tuple of CellGraph
        The map's own cut first; it stands alone where the map carries no probability.
    missed, invented : ndarray, shape (CLASSES,)
        Shares of grains that another segmentation of so clear an image loses and cuts, by class of area.
    pixel_size_nm : float
    window_nm : tuple of float
    """

    graphs: tuple[CellGraph, ...]
    missed: np.ndarray
    invented: np.ndarray
    pixel_size_nm: float
    window_nm: tuple[float, float]

    @classmethod
    def of(
        cls,
        grain_map: GrainMap,
        rates: ErrorRates | None = None,
        *,
        persistence: float = PERSISTENCE,
    ) -> ImageCuts:
        """Cut a map in several ways; without a pixel size, in pixels.

        Parameters
        ----------
        grain_map : GrainMap
        rates : ErrorRates, optional
            Of the model (`segment.quality.error_rates.read_rates`); None: nominal.
        persistence : float
            With which the map was cut.
        """
        pixel = grain_map.pixel_size_nm or 1.0
        fine = fine_cells(grain_map)
        cuts = _several(fine, persistence) if grain_map.probability is not None else [as_in_map(fine)]
        missed, invented = (rates or ErrorRates()).at(cuts[0].confidence)
        rows, columns = grain_map.labels.shape
        graphs = tuple(CellGraph.of_cut(cut, pixel) for cut in cuts)
        return cls(graphs, missed, invented, pixel, (rows * pixel, columns * pixel))

    @classmethod
    def of_segmentation(
        cls, segmentation: Segmentation, pixel_size_nm: float, window_nm: tuple[float, float]
    ) -> ImageCuts:
        """Cut anew what a model has cut, with that model's error rates."""
        cuts = _several(segmentation.cells, segmentation.persistence)
        graphs = tuple(CellGraph.of_cut(cut, pixel_size_nm) for cut in cuts)
        missed, invented = np.array(segmentation.missed), np.array(segmentation.invented)
        return cls(graphs, missed, invented, pixel_size_nm, window_nm)

    def perturbed(self, number: int, rng: np.random.Generator) -> ImageGrains:
        """The grains of repeat `number`: the cuts take turns."""
        graph = self.graphs[number % len(self.graphs)]
        area, frame = graph.perturbed(rng, self.missed, self.invented)
        size = np.sqrt(4 / np.pi * area)
        return ImageGrains(
            diameter_nm=size[~frame],
            weight=np.ones(int((~frame).sum())),
            pixel_size_nm=self.pixel_size_nm,
            window_nm=self.window_nm,
            n_grains=len(size),
            frame_diameter_nm=size[frame],
        )


@dataclass(frozen=True, eq=False)
class AsGiven:
    """An image that no model has cut, a tracing say: no repeat changes it."""

    grains: ImageGrains

    def perturbed(self, number: int, rng: np.random.Generator) -> ImageGrains:
        """The grains as they are."""
        return self.grains


def _several(fine: FineCells, persistence: float) -> list[Cut]:
    """The map's own cut, then others."""
    level = level_of(fine)
    return [as_in_map(fine)] + [cut_at(fine, persistence * factor, level + more) for factor, more in CUTS]


@dataclass(frozen=True)
class Repeats:
    """What perturbed segmentations say of a verdict: shares of all repeats."""

    agreeing: float
    bimodal: float
    uniform: float


def repeated(
    images: Sequence[ImageCuts | AsGiven], judged: ModalityVerdict, *, repeats: int = REPEATS
) -> Repeats:
    """Judge perturbed segmentations by the same rule."""
    generators = np.random.default_rng(judged.seed).spawn(repeats)
    samples = [[image.perturbed(k, rng) for image in images] for k, rng in enumerate(generators)]
    judgeable = [grains for grains in samples if any(g.n_interior for g in grains)]
    decisions = [decision for decision, _ in decide(judgeable, judged.null)] if judgeable else []
    agreeing = sum(_agrees(decision, judged.verdict) for decision in decisions)
    if judged.verdict == "indeterminate":
        agreeing += repeats - len(judgeable)
    bimodal, uniform = (sum(d.verdict == v for d in decisions) for v in ("bimodal", "uniform"))
    return Repeats(agreeing / repeats, bimodal / repeats, uniform / repeats)


def _agrees(decision: Decision, verdict: Verdict) -> bool:
    """The same finding; lost grains make a sample wider, which does not speak against "uniform"."""
    if verdict == "uniform" and decision.verdict == "indeterminate":
        return decision.p_value is not None and decision.p_value >= LEVEL
    return decision.verdict == verdict


def with_stability(
    judged: ModalityVerdict, images: Sequence[ImageCuts | AsGiven], *, repeats: int = REPEATS
) -> ModalityVerdict:
    """The verdict with its stability; withdrawn where other segmentations speak against it.

    "uniform" is withdrawn where too few repeats agree or some are called bimodal.  Lost and cut grains blur
    two populations and never make them, so that a "bimodal" is withdrawn only where more repeats are called
    uniform than bimodal; where few agree, the reason says so.

    Parameters
    ----------
    judged : ModalityVerdict
        From `judge_modality` of the same images.
    images : sequence of ImageCuts or AsGiven
    repeats : int
    """
    if not images:
        return judged
    found = repeated(images, judged, repeats=repeats)
    share = found.agreeing
    undecided = replace(judged, verdict="indeterminate", more_grains=None, excluded_ratio=None)
    if judged.verdict == "uniform" and (share < SMALLEST_SHARE or found.bimodal > LARGEST_CONTRARY):
        reason = f"uniform in only {share:.0%} of perturbed segmentations ({judged.reason})"
        if found.bimodal > LARGEST_CONTRARY:
            reason = f"bimodal in {found.bimodal:.0%} of perturbed segmentations ({judged.reason})"
        return replace(undecided, reason=reason, stability=share)
    if judged.verdict == "bimodal" and found.uniform > found.bimodal:
        reason = f"uniform in {found.uniform:.0%} of perturbed segmentations ({judged.reason})"
        return replace(undecided, reason=reason, stability=share)
    if judged.verdict == "bimodal" and share < SMALLEST_SHARE:
        reason = (
            f"{judged.reason}; the same in only {share:.0%} of perturbed segmentations, which lose grains"
        )
        return replace(judged, reason=reason, stability=share)
    return replace(judged, stability=share)
