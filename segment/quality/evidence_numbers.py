"""The numbers that tell an answer's quality (`segment.quality.evidence`); read without any image library."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Evidence:
    """Numbers of one image; NaN where it shows too little for one."""

    cells: float  #: number of cells looked at
    line_share: float  #: share of pixels of probability above one half
    faint: float  #: pixels of probability .1 ... .5 per pixel above one half
    open_lines: float  #: share of the pixels above one half that lie on no border
    weak: float  #: share of the border length whose mean probability is below .75
    #: length times mean probability of the borders across which fine cells were joined, per border length
    hidden: float
    #: mean widest angle at the triple junctions, degrees; 120 where three equal tensions meet
    widest_angle: float
    clean_junctions: float  #: share of junctions around which exactly three grains lie
    solidity: float  #: tenth percentile over cells of area / area of the convex hull
    size_spread: float  #: standard deviation of the log of the cells' areas
    largest_cell: float  #: its share of the area
    density_spread: float  #: coefficient of variation of border length per area between blocks of the image
    contrast_spread: float  #: the same of the grey levels' standard deviation
    edge_contrast: float  #: mean gradient of the grey level at the borders, over that elsewhere
    #: kurtosis of the grey levels against their surroundings: 3 for a normal distribution, more where small
    #: bright or dark second_phases lie on a plain ground
    grey_tails: float
    spurious: float  #: expected share of cells that are no grains (`segment.quality.evidence`)

    def vector(self, names: tuple[str, ...]) -> np.ndarray:
        """Values of `names`, shape (len(names),): the logarithm of those that are ratios or shares."""
        values = ((getattr(self, name), _LEAST.get(name)) for name in names)
        return np.array([value if least is None else np.log(max(value, least)) for value, least in values])


#: least value under the logarithm; numbers that are not named here enter as they are
_LEAST = {
    "cells": 1.0,
    "line_share": 0.01,
    "faint": 0.05,
    "open_lines": 0.003,
    "weak": 0.01,
    "hidden": 0.01,
    "largest_cell": 0.002,
    "density_spread": 0.02,
    "contrast_spread": 0.02,
    "edge_contrast": 0.5,
    "grey_tails": 1.0,
    "spurious": 0.01,
}
EVIDENCE_NAMES = tuple(field.name for field in fields(Evidence))
