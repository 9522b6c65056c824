"""Do the fields of a sample show grains of one size?  A pooled verdict does not say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from grainstats.infer.modality.image_grains import ImageGrains

FEWEST_WHOLE = 8  # whole grains of a field that is held against the others; judgement
UNLIKELY = 0.01  # p of the most unlike field, times the number of fields
UNLIKE = 1.25  # ratio of mean diameters that is worth a word: 0.6 ASTM numbers; judgement


def unlike_field(images: Sequence[ImageGrains]) -> str:
    """A clause on the field whose grains differ most from those of all others; empty where none stands out.

    Welch's t on the log diameters of whole grains, times the number of fields (Bonferroni).  SciPy has it in
    ``scipy.stats``, which takes half a second to import.

    Examples
    --------
    >>> import numpy as np
    >>> fine, coarse = (
    ...     ImageGrains(size * np.linspace(8, 12, 40), np.ones(40), 1.0, (99.0, 99.0)) for size in (1, 2)
    ... )
    >>> unlike_field([fine, fine, coarse])
    'the mean diameter of one field is 2.00 times that of the others: not the same everywhere'
    """
    logs = [np.log(g.diameter_nm) for g in images]
    known = [k for k, values in enumerate(logs) if len(values) >= FEWEST_WHOLE]
    n, total, square = (np.array([np.sum(v**power) for v in logs]) for power in (0, 1, 2))
    worst, ratio = UNLIKELY, 1.0
    for k in known if len(known) > 1 else ():
        count = np.array([n[k], n.sum() - n[k]])
        mean = np.array([total[k], total.sum() - total[k]]) / count
        spread = np.array([square[k], square.sum() - square[k]]) / count - mean**2
        error = spread / (count - 1)
        if error.sum() <= 0:
            continue
        t, df = (mean[0] - mean[1]) / np.sqrt(error.sum()), error.sum() ** 2 / (error**2 / (count - 1)).sum()
        p = 2 * float(special.stdtr(df, -abs(t))) * len(known)
        if p < worst:
            worst, ratio = p, float(np.exp(mean[0] - mean[1]))
    if max(ratio, 1 / ratio) < UNLIKE:
        return ""
    return f"the mean diameter of one field is {ratio:.2f} times that of the others: not the same everywhere"
