"""The styles of synthetic micrographs: ways of imaging, their shares in training, and what goes with them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segment.training.synthetic.render_ceramic import render_band_contrast, render_ceramic
from segment.training.synthetic.render_dense import render_dense, render_precipitates
from segment.training.synthetic.render_free import render_free
from segment.training.synthetic.render_optical import render_etched, render_stained
from segment.training.synthetic.render_pitted import render_pitted, render_strung
from segment.training.synthetic.render_sem import (
    render_sem_channelling,
    render_sem_film,
    render_sem_lines,
    render_sem_polished,
)
from segment.training.synthetic.render_tem import render_adf_stem, render_bf_tem
from segment.training.synthetic.scene import Inclusions, Scene

Renderer = Callable[[Scene, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Style:
    """A way of imaging: the renderer, its share in training, and what goes with it."""

    renderer: Renderer
    share: float  #: relative frequency in training
    inclusions: Inclusions  #: the most there may be
    always: bool = False  #: the inclusions are what the style is about; else half of the images have none
    scanned: bool = True  #: line by line, so that lines may be displaced
    noise_floor: bool = False  #: noise as strong as the boundaries
    gaps: float = 0.0  #: share of the images with open boundaries (`gaps.with_gaps`)
    frayed: float = 0.0  #: share of the images whose pores and second phases have rough outlines
    solid: float = 0.0  #: share of the images in which no boundary shows, and none is to be found
    #: precipitates on the boundaries (`gaps.with_precipitates`); a boundary runs through what lies on it, and
    #: the outlines of that are none
    overgrown: bool = False
    patches: bool = False  #: a second phase in patches (`gaps.with_patches`)
    largest: float = 0.0  #: mean intercepts are drawn up to this many pixels; 0: as for every style

    @property
    def scratched(self) -> bool:
        """Whether half of the images have scratches: ground and polished by hand."""
        return self.renderer in (render_etched, render_pitted, render_dense)


_SECOND = Inclusions(0.2, 0.1, 2.5, 0.6)  #: many particles on boundaries, some in grains
#: by name: renderer, share of the draws and what lies among the grains; shares need not add up to 1
STYLES: dict[str, Style] = {
    "bf_tem": Style(render_bf_tem, 0.4, Inclusions(0.1, 0.1, 0.05, 0.05), scanned=False),
    "adf_stem": Style(render_adf_stem, 0.06, Inclusions(0.2, 0.1, 0.1, 0.1)),
    "sem_film": Style(render_sem_film, 0.14, Inclusions(0.4, 0.05)),
    "sem_channelling": Style(render_sem_channelling, 0.08, Inclusions(0.3, 0.3)),
    "sem_lines": Style(render_sem_lines, 0.07, Inclusions(0.5, 0.3)),
    "etched": Style(render_etched, 0.09, Inclusions(0.1, 0.3, 0.2, 0.2), scanned=False),
    "pearlite": Style(
        render_etched, 0.06, Inclusions(0, 0.3, 0.1, 0.1, islands=0.5), always=True, scanned=False
    ),
    "stained": Style(render_stained, 0.03, Inclusions(0.1, 0.5, 0, 0.1), scanned=False),
    "second_phase": Style(render_sem_channelling, 0.05, _SECOND, always=True),
    "second_phase_lines": Style(render_sem_lines, 0.04, Inclusions(0.1, 0.1, 2.5, 0.6), always=True),
    "wetted": Style(render_sem_polished, 0.05, Inclusions(0.2, 0.1, 0.3, 0.3, 0.9, 0.9, 0.15), always=True),
    "free": Style(render_free, 0.16, Inclusions(0.3, 0.2, 0.4, 0.3, 0.2, 0.2, 0.05)),
    "noisy_free": Style(render_free, 0.04, Inclusions(0.1), noise_floor=True),
    "noisy_film": Style(render_sem_film, 0.05, Inclusions(0.1), noise_floor=True),
    "noisy_lines": Style(render_sem_lines, 0.05, Inclusions(0.2, 0.1, 0.2), noise_floor=True),
    "pitted": Style(
        render_pitted, 0.5, Inclusions(0.3, 0.3, 0.1, 0.1), scanned=False, gaps=0.55, frayed=0.5, largest=110
    ),
    "strung": Style(
        render_strung,
        0.25,
        Inclusions(0.1, 0.1, 4, 0.6, 0.7, 0.6),
        always=True,
        scanned=False,
        frayed=0.6,
        largest=90,
    ),
    "ceramic": Style(
        render_ceramic,
        0.3,
        Inclusions(1.2, 0.4, 0.3, 0.2, 0.3, 0.5, 0.05),
        always=True,
        gaps=0.7,
        frayed=0.8,
        solid=0.6,
        largest=110,
    ),
    "band_contrast": Style(render_band_contrast, 0.1, Inclusions(0.1), largest=90),
    "dense_etch": Style(render_dense, 0.2, Inclusions(0, 0.1), scanned=False, largest=100),
    "overgrown": Style(
        render_precipitates, 0.15, Inclusions(0.1, 0.1, 0.3, 1.5), frayed=0.5, overgrown=True, largest=180
    ),
    "ceramic_patches": Style(
        render_ceramic,
        0.1,
        Inclusions(1, 0.4, 0.2, 0.2, 0.2, 0.4),
        always=True,
        gaps=0.5,
        frayed=0.8,
        solid=0.5,
        patches=True,
        largest=110,
    ),
}


def draw_style(rng: np.random.Generator) -> str:
    """A key of `STYLES`, drawn by their shares."""
    shares = np.array([style.share for style in STYLES.values()])
    return str(rng.choice(list(STYLES), p=shares / shares.sum()))
