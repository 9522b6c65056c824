"""Would another segmentation of the same images have given the same verdict?

Boundaries are taken away and added at random on the graph of neighbouring cells, which costs a millisecond
where segmenting again costs seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from grainstats.infer.distribution import pooled_distribution
from grainstats.infer.grains import ImageGrains
from grainstats.infer.modality import decide
from grainstats.infer.verdict import ModalityVerdict, Null, Verdict
from segment.borders import find_borders
from segment.grainmap import GrainMap

MISSED = 0.02  # share of true boundaries that a segmentation loses, by number
INVENTED = 0.02  # share of grains that it cuts in two
SMALLEST_SHARE = 0.7  # of agreeing repeats; below, the verdict is withdrawn


@dataclass(frozen=True, eq=False)
class CellGraph:
    """Cells of one image and who borders on whom.

    Attributes
    ----------
    area_nm2 : ndarray, shape (n,)
    at_frame : ndarray of bool, shape (n,)
    pairs : ndarray of int, shape (m, 2)
        Neighbouring cells.
    confidence : ndarray, shape (m,)
        Mean boundary probability along the border; all 1 where the map carries none.
    pixel_size_nm : float
    window_nm : tuple of float
    """

    area_nm2: np.ndarray
    at_frame: np.ndarray
    pairs: np.ndarray
    confidence: np.ndarray
    pixel_size_nm: float
    window_nm: tuple[float, float]

    @classmethod
    def from_grain_map(cls, grain_map: GrainMap) -> CellGraph:
        """Areas, frame contact and borders of a map; without a pixel size, in pixels."""
        pixel = grain_map.pixel_size_nm or 1.0
        labels = grain_map.labels
        certain = np.broadcast_to(np.float32(1), labels.shape)
        known = grain_map.probability if grain_map.probability is not None else certain
        borders = find_borders(labels, known)
        return cls(
            area_nm2=np.bincount(labels.ravel(), minlength=grain_map.n_grains + 1)[1:] * pixel**2,
            at_frame=grain_map.touches_frame[1:],
            pairs=borders.pairs - 1,
            confidence=borders.confidence,
            pixel_size_nm=pixel,
            window_nm=(labels.shape[0] * pixel, labels.shape[1] * pixel),
        )

    def perturbed(self, rng: np.random.Generator, missed: float, invented: float) -> ImageGrains:
        """The grains after losing about `missed` of the borders and cutting about `invented` of the cells.

        Uncertain borders are lost first: the chance is proportional to 1 - confidence + 0.1.
        """
        doubt = 1.1 - np.clip(self.confidence, 0, 1)
        chance = missed * doubt / doubt.mean() if len(doubt) else doubt
        lost = self.pairs[rng.random(len(chance)) < chance]
        n = len(self.area_nm2)
        edges = coo_array((np.ones(len(lost)), (lost[:, 0], lost[:, 1])), shape=(n, n))
        count, group = connected_components(edges, directed=False)
        area = np.bincount(group, self.area_nm2, count)
        frame = np.bincount(group, self.at_frame, count) > 0
        cut = rng.random(count) < invented
        part = rng.uniform(0.2, 0.5, count)
        area = np.concatenate([area * np.where(cut, 1 - part, 1.0), (area * part)[cut]])
        frame = np.concatenate([frame, np.zeros(int(cut.sum()), bool)])
        size = np.sqrt(4 / np.pi * area)
        return ImageGrains(
            diameter_nm=size[~frame],
            weight=np.ones(int((~frame).sum())),
            pixel_size_nm=self.pixel_size_nm,
            window_nm=self.window_nm,
            n_grains=len(size),
            frame_diameter_nm=size[frame],
        )


def stability(
    graphs: Sequence[CellGraph],
    verdict: Verdict,
    *,
    null: Null = "section",
    missed: float = MISSED,
    invented: float = INVENTED,
    repeats: int = 20,
    seed: int = 0,
) -> float:
    """Share of perturbed segmentations that give `verdict`, between 0 and 1."""
    samples = [
        [graph.perturbed(rng, missed, invented) for graph in graphs]
        for rng in np.random.default_rng(seed).spawn(repeats)
    ]
    judged = [pooled_distribution(images) for images in samples if any(g.n_interior for g in images)]
    found: list[Verdict] = [decision.verdict for decision, _ in decide(judged, null)] if judged else []
    found += ["indeterminate"] * (repeats - len(judged))
    return found.count(verdict) / repeats


def with_stability(
    judged: ModalityVerdict,
    grain_maps: Sequence[GrainMap],
    *,
    missed: float = MISSED,
    invented: float = INVENTED,
    repeats: int = 20,
    smallest_share: float = SMALLEST_SHARE,
) -> ModalityVerdict:
    """The verdict with its stability; withdrawn where too few perturbed segmentations agree.

    Parameters
    ----------
    judged : ModalityVerdict
        From `judge_modality` of the same images.
    grain_maps : sequence of GrainMap
    missed, invented : float
        The segmentation's error rates: share of boundaries lost and share of grains cut in two.
    repeats : int
    smallest_share : float
        Below this share of agreement a "uniform" or "bimodal" becomes "indeterminate".
    """
    graphs = [CellGraph.from_grain_map(g) for g in grain_maps]
    share = stability(
        graphs,
        judged.verdict,
        null=judged.null,
        missed=missed,
        invented=invented,
        repeats=repeats,
        seed=judged.seed,
    )
    if judged.verdict == "indeterminate" or share >= smallest_share:
        return replace(judged, stability=share)
    reason = f"{judged.verdict} in only {share:.0%} of perturbed segmentations ({judged.reason})"
    return replace(judged, verdict="indeterminate", reason=reason, stability=share, more_grains=None)
