"""What all slices of a stack show: empty frames, as alignment leaves them, and info bars are cut off.

A frame counted as void would add its own volume and surface, and grains cut by it would count as whole.
"""

from dataclasses import replace

import numpy as np

from segment.cells.label_gaps import within_frame
from segment.errors import UnreadableError
from segment.micrograph.blank_frame import find_blank
from segment.micrograph.infobar import find_info_bar
from segment.volume.stack import GreyVolume, few_levels

_LOOKED_AT = 32  #: slices in which a frame is looked for; all of them where one has it
RARELY = 0.05  #: of the slices may be empty at a voxel that stays: one slice's saturated corner cuts nothing
_MOSTLY = 0.5  #: of the slices have no label in a corner that was turned; voids at the rim end sooner
LEAST_VIEW_PX = 24  #: edge of the least common view that is worth measuring; judgement


def common_view(stack: GreyVolume, *, labels: bool = False) -> GreyVolume:
    """The largest box, about, that all slices fill, with a warning where that is not the whole stack.

    `labels` tells that the values are labels, whose frame is 0.  Maps of phases stay whole: a frame would
    look like a phase.  `UnreadableError`: no common part is left.
    """
    values = stack.values
    first = next((k for k, image in enumerate(values) if _shows(image)), None)
    if first is None or (not labels and few_levels(values) is not None):
        return stack
    last = next(k for k, image in enumerate(values[::-1]) if _shows(image))
    values = values[first : len(values) - last]
    bar = 0 if labels else find_info_bar(values[len(values) // 2])
    values = values[:, : values.shape[1] - bar]
    rows, columns = _box(_empty(values, labels))
    values = values[:, rows, columns]
    if values.shape == stack.values.shape:
        return stack
    before, after = (" x ".join(map(str, v.shape[::-1])) for v in (stack.values, values))
    if min(values.shape[1:]) < LEAST_VIEW_PX:
        raise UnreadableError(
            stack.source,
            f"frames that alignment left empty leave {after} of {before} voxels that all slices show",
            "Crop the stack, or give the slices as they were before alignment",
        )
    said = (
        f"empty frames or info bars were cut off: {after} of {before} voxels are measured, from column "
        f"{columns.start}, row {rows.start}, slice {first} on"
    )
    return replace(stack, values=values, warnings=(*stack.warnings, said))


def _empty(values: np.ndarray, labels: bool) -> np.ndarray:
    """Where more than a few slices show nothing, bool of shape (rows, columns)."""
    count, bands = np.zeros((2, *values.shape[1:]), np.int32)
    few = np.unique(np.linspace(0, len(values) - 1, _LOOKED_AT).astype(int))
    if any(_frame(values[k], labels) is not None for k in few):
        for image in values:
            frame = _frame(image, labels)
            if frame is not None:
                count += frame
                bands += frame.all(axis=1, keepdims=True) | frame.all(axis=0)
    rarely = max(1, RARELY * len(values))
    return np.asarray((bands > rarely) | (count > _MOSTLY * len(values)) if labels else count > rarely)


def _frame(image: np.ndarray, labels: bool) -> np.ndarray | None:
    """The empty frame of a slice; None where it has none, or shows nothing at all."""
    if not _shows(image):
        return None
    if labels:
        inside = within_frame(np.maximum(image, 0))
        return None if inside is None else ~inside
    number = np.isfinite(image)
    return find_blank(
        image if number.all() else np.where(number, image, image[number].min() - 1), noisy=False
    )


def _shows(image: np.ndarray) -> bool:
    """Not all of one value, or of none."""
    values = image[np.isfinite(image)]
    return bool(values.size and values.min() != values.max())


def _box(empty: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns without an empty voxel: the emptiest side goes, again and again."""
    top, bottom, left, right = 0, empty.shape[0], 0, empty.shape[1]
    while top < bottom and left < right:
        view = empty[top:bottom, left:right]
        share = [view[0].mean(), view[-1].mean(), view[:, 0].mean(), view[:, -1].mean()]
        side = int(np.argmax(share))
        if share[side] == 0:
            break
        top, bottom = top + (side == 0), bottom - (side == 1)
        left, right = left + (side == 2), right - (side == 3)
    return slice(top, bottom), slice(left, right)
