"""Do the fields of a sample show grains of one size?  The sample's verdict does not say."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from grainstats.infer.modality.image_grains import ImageGrains

_FEWEST_WHOLE = 8  # whole grains of a field that is held against the others; judgement
UNLIKELY = 0.01  # p of the most unlike field, times the number of fields
UNLIKE = 1.25  # ratio of mean diameters that is worth a word: 0.6 ASTM numbers; judgement


def unlike_fields(images: Sequence[ImageGrains]) -> str:
    """A clause on fields whose grains differ in size; empty where none stands out.

    The most unlike field is named where the others are alike, else how far the fields' means differ.

    >>> import numpy as np
    >>> fine, coarse = (
    ...     ImageGrains(size * np.linspace(8, 12, 40), np.ones(40), 1.0, (99.0, 99.0)) for size in (1, 2)
    ... )
    >>> unlike_fields([fine, fine, coarse])
    'the mean diameter of one field is 2.00 times that of the others: not the same everywhere'
    >>> unlike_fields([fine, fine, coarse, coarse])
    'mean diameters of the fields differ by a factor of up to 2.00: not the same everywhere'
    """
    logs = [np.log(g.diameter_nm) for g in images if g.n_interior]
    worst, ratio = most_unlike(logs)
    if worst is None:
        return ""
    others = logs[:worst] + logs[worst + 1 :]
    if most_unlike(others)[0] is None:
        rest = "others" if len(others) > 1 else "other"
        found = f"the mean diameter of one field is {ratio:.2f} times that of the {rest}"
    else:
        means = [values.mean() for values in logs if values.size >= _FEWEST_WHOLE]
        found = f"mean diameters of the fields differ by a factor of up to {np.exp(np.ptp(means)):.2f}"
    return f"{found}: not the same everywhere"


def most_unlike(logs: Sequence[np.ndarray]) -> tuple[int | None, float]:
    """Place of the field whose mean differs most from that of all others, and the ratio of the means.

    Of log diameters of whole grains.  None: no field differs beyond chance, or by a factor of `UNLIKE`.
    Welch's t, times the number of fields (Bonferroni).  SciPy has it in ``scipy.stats``, which takes half a
    second to import.
    """
    known = [k for k, values in enumerate(logs) if values.size >= _FEWEST_WHOLE]
    place, worst, ratio = None, UNLIKELY, 1.0
    for k in known if len(known) > 1 else ():
        two = logs[k], np.concatenate([*logs[:k], *logs[k + 1 :]])
        error = np.array([v.var(ddof=1) / v.size for v in two])
        if error.sum() <= 0:
            continue
        df = error.sum() ** 2 / sum(e**2 / (v.size - 1) for e, v in zip(error, two, strict=True))
        apart = float(two[0].mean() - two[1].mean())
        p = 2 * float(special.stdtr(df, -abs(apart) / np.sqrt(error.sum()))) * len(known)
        if p < worst:
            place, worst, ratio = k, p, float(np.exp(apart))
    return (None, 1.0) if max(ratio, 1 / ratio) < UNLIKE else (place, ratio)
