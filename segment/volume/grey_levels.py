"""Even grey levels: the same brightness and contrast in every slice, without curtains."""

import numpy as np
from scipy import ndimage

from segment.volume.phases import MAD_TO_SD, SOLID

_ENDS = (0.2, 99.8)  #: percentiles of the whole stack that are put at `_KEPT`
_KEPT = (12.0, 243.0)  #: grey levels; room on both sides for what is corrected afterwards
_SAMPLE = 4  #: every fourth row and column
GAIN_SLICES = 8.0  #: SD of the smoothing of contrast along z; what a slice shows changes its contrast too
SHADING_SHARE = 0.17  #: of the longer edge; SD over which brightness across a slice is levelled
SHADING_PX = 40.0  #: at least; grains of a small image are no shading
SHADING_SPREADS = 1.5  #: what is further from the solid's level does not count for it
CURTAIN_PX = 5.0  #: curtains are about so narrow; wider structures stay
CURTAIN_ROWS = 60.0  #: and run on for longer than this
CURTAIN_STEP = 8  #: rows averaged before that smoothing, which hardly sees them

#: deviation of the solid's grey over that within `NEAR_PX`.  Chosen on made stacks: said of 16 of 20 with
#: .02 of the volume too much as voids, of 8 of 40 alike that are right, of 8 of 160 of slight contrast
_UNLIKE = 3.5
SMOOTHING_PX, NEAR_PX = 1.0, 3  #: SD of the Gaussian that takes noise out; distance within most grains
_EDGE_PX = 5  #: of the solid, left out beside other phases
_SLICES = 16  #: looked at
LEAST_VOXELS = 1000  #: of solid; judgement
_QUIET = 0.3  #: grey levels, the rounding of 8 bits


def even_slices(values: np.ndarray, *, curtains: bool = True) -> np.ndarray:
    """The stack, of any real dtype, as uint8 with brightness and contrast alike in every slice.

    The median of each slice is brought to that of the stack, its spread likewise but smoothed along z, and
    slow changes of brightness across a slice are taken out; with `curtains`, vertical stripes too (the ion
    beam comes from above).
    """
    thin = np.asarray(values[:, ::_SAMPLE, ::_SAMPLE], np.float32)
    middle = np.median(thin, axis=(1, 2))
    spread = np.median(np.abs(thin - middle[:, None, None]), axis=(1, 2))
    spread = ndimage.gaussian_filter1d(spread, GAIN_SLICES, mode="nearest")
    gain = np.median(spread) / np.maximum(spread, 1e-9) if spread.min() > 0 else np.ones(len(spread))
    even = (thin - middle[:, None, None]) * gain[:, None, None].astype(np.float32)
    low, high = (float(v) for v in np.percentile(even, _ENDS))
    scale = (_KEPT[1] - _KEPT[0]) / max(high - low, 1e-9)
    out = np.empty(values.shape, np.uint8)
    for k, image in enumerate(values):
        grey = np.asarray(image, np.float32) - np.float32(middle[k])
        grey = (grey * np.float32(gain[k]) - np.float32(low)) * np.float32(scale) + np.float32(_KEPT[0])
        grey -= shading(grey)
        if curtains:
            grey -= curtain(grey)
        np.clip(np.rint(grey), 0, 255, out=grey)
        out[k] = grey
    return out


def shading(grey: np.ndarray) -> np.ndarray:
    """Slow change of brightness across a slice about its median, float32 of its shape.

    Voids and bright phases are replaced by the estimate itself, three times over, so that the solid decides.
    """
    thin = grey[::_SAMPLE, ::_SAMPLE]
    sigma, seen = max(SHADING_SHARE * max(grey.shape), SHADING_PX) / _SAMPLE, thin
    for _ in range(3):
        level = ndimage.gaussian_filter(seen, sigma, mode="nearest")
        rest = thin - level
        spread = MAD_TO_SD * float(np.median(np.abs(rest - np.median(rest))))
        seen = np.where(np.abs(rest) > SHADING_SPREADS * spread, level, thin)
    level = ndimage.gaussian_filter(seen, sigma, mode="nearest")
    zoom = [n / m for n, m in zip(grey.shape, level.shape, strict=True)]
    return np.asarray(ndimage.zoom(level - np.median(level), zoom, order=1), np.float32)


def curtain(grey: np.ndarray) -> np.ndarray:
    """Vertical stripes of a slice: narrow across, long along the rows, float32 of its shape.

    Details are clipped before they are averaged along the rows, so that edges of grains and pores
    hardly count.
    """
    across = grey - ndimage.gaussian_filter1d(grey, CURTAIN_PX, axis=1, mode="nearest")
    spread = MAD_TO_SD * float(np.median(np.abs(across[::2, ::2])))
    np.clip(across, -spread, spread, out=across)
    rows = len(grey)
    first = np.arange(0, rows, CURTAIN_STEP)
    count = np.diff(np.append(first, rows))[:, None].astype(np.float32)
    thin = np.add.reduceat(across, first, axis=0) / count
    thin = ndimage.gaussian_filter1d(thin, CURTAIN_ROWS / CURTAIN_STEP, axis=0)  # reflected at the ends
    return np.asarray(ndimage.zoom(thin, (rows / len(first), 1), order=1, mode="nearest", grid_mode=True))


def contrast_note(grey: np.ndarray, phase: np.ndarray) -> tuple[str, ...]:
    """What to know where grains of the solid differ in grey, and other phases were found.

    That is channelling contrast.  Dark ones look like voids, bright ones like a phase.

    `grey` and `phase` are uint8 of shape (slices, rows, columns), the phase as `find_phases` gives it.
    """
    chosen = slice(0, None, max(1, len(grey) // _SLICES))
    solid = ndimage.minimum_filter((phase[chosen] == SOLID).view(np.uint8), (1, _EDGE_PX, _EDGE_PX)) > 0
    if solid.sum() < LEAST_VOXELS or (phase == SOLID).all():
        return ()
    smooth = ndimage.gaussian_filter(grey[chosen].astype(np.float32), (0, SMOOTHING_PX, SMOOTHING_PX))
    step = (smooth[..., NEAR_PX:] - smooth[..., :-NEAR_PX])[solid[..., NEAR_PX:] & solid[..., :-NEAR_PX]]
    near = MAD_TO_SD * float(np.median(np.abs(step))) / np.sqrt(2) + _QUIET
    inside = smooth[solid]
    if MAD_TO_SD * float(np.median(np.abs(inside - np.median(inside)))) < _UNLIKE * near:
        return ()
    return (
        "grey differs from grain to grain: dark grains may count as voids, bright ones as second phase; "
        "--phases 1, 2 or 3 says which phases there are",
    )
