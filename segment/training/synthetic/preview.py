"""Contact sheet of synthetic micrographs: a row a style, the last picture with its boundaries drawn in."""

import cv2
import numpy as np

from segment.training.synthetic.render import synthetic_micrograph
from segment.training.synthetic.styles import STYLES

COLUMNS, EDGE_PX = 3, 320  #: micrographs a style, and the edge of each


def contact_sheet(seed: int, *, styles: tuple[str, ...] = ()) -> np.ndarray:
    """RGB picture, uint8, of some `STYLES` (none: of all)."""
    rows = []
    for number, style in enumerate(styles or tuple(STYLES)):
        drawn = [
            synthetic_micrograph(np.random.default_rng([seed, number, k]), (EDGE_PX, EDGE_PX), style=style)
            for k in range(COLUMNS)
        ]
        pictures = [cv2.cvtColor(one.image, cv2.COLOR_GRAY2RGB) for one in drawn]
        marked = pictures[-1].copy()
        marked[drawn[-1].not_grain] = marked[drawn[-1].not_grain] // 2 + np.array([0, 60, 127], np.uint8)
        marked[drawn[-1].boundary] = (230, 40, 40)
        cv2.putText(pictures[0], style, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 220, 0), 1, cv2.LINE_AA)
        rows.append(np.hstack([*pictures, marked]))
    return np.vstack(rows)
