"""Label volumes: whatever numbers a file uses, as grains 1 ... n with their lines closed."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from segment.errors import UnreadableError
from segment.volume.components import component_table
from segment.volume.slice_defects import listed
from segment.volume.stack import GreyVolume, LabelVolume

DENSE = 1 << 24  #: labels up to this are looked up in a table
THIN = 0.98  #: share of the unlabelled voxels within two of a grain, on both sides, that makes them lines
SPREAD = 60.0  #: box over volume; grains stay below 10, grey levels reach thousands
SHARE_SCATTERED = 0.5  #: of all labelled voxels
SLICES = 32  #: in which lines between grains, and numbers that go on, are looked for
CARRIED = 0.6  #: of the overlap of matching grains in neighbouring slices, that has one number
#: of all voxels.  Mosaics numbered slice by slice: carried .1 to .4, loose .7 to .9; others: loose 0
LOOSE = 0.3
#: of that overlap, where numbers run on from slice to slice; grains as thick as a slice: .1
NUMBERED_ON = 0.02
FRAGMENT = 0.05  #: of a grain's volume: less in loose pieces is not worth a warning
SMALL_VOXELS = 27  #: the same, in voxels
NO_LABEL = np.iinfo(np.int32).max  #: above all labels


def label_volume(stack: GreyVolume) -> LabelVolume:
    """Grains of a stack that holds labels.

    Unlabelled voxels that form nothing but sheets of one or two voxels between grains (watershed lines) go to
    the nearest grain, with a warning.

    Raises
    ------
    UnreadableError
        No label at all, fractions, or labels scattered like grey levels.
    """
    assert stack.voxel_size is not None
    labels, names, notes = _compact(stack)
    if len(names) < 2:
        raise UnreadableError(
            stack.source, "it holds no label above 0", "Give a volume with a number per grain"
        )
    notes += _parts_note(stack.source, labels, names)
    if _lines_only(labels):
        if np.shares_memory(labels, stack.values):
            labels = labels.copy()
        close_lines(labels)
        notes += ("grains were parted by lines of label 0; their voxels went to the nearest grain",)
    solid = float(np.count_nonzero(labels) / labels.size)
    phases = (("solid", solid), ("void", 1.0 - solid))
    return LabelVolume(labels, stack.voxel_size, names, phases, stack.warnings + notes)


def _compact(stack: GreyVolume) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Labels 0 ... n as int32, and the number in the file of each."""
    values = stack.values
    notes: tuple[str, ...] = ()
    present = np.unique(np.concatenate([np.unique(s) for s in values]))
    if present.dtype.kind == "f" and (not np.isfinite(present).all() or (present != np.round(present)).any()):
        raise UnreadableError(stack.source, "its values are fractions, not labels", "Leave out --labels")
    if present.size and present[0] < 0:
        notes = ("labels below 0 are taken for no grain",)
    names = np.concatenate([[0], present[present > 0].astype(np.int64)])
    if values.dtype == np.int32 and not notes and names[-1] == len(names) - 1:
        return values, names, notes  # as they are: a second copy would be half of all memory
    out = np.empty(values.shape, np.int32)
    table = _table(names) if names[-1] < DENSE else None
    for k, image in enumerate(values):
        whole = np.maximum(image, 0).astype(np.int64)
        out[k] = table[whole] if table is not None else np.searchsorted(names, whole)
    return out, names, notes


def _table(names: np.ndarray) -> np.ndarray:
    table = np.zeros(int(names[-1]) + 1, np.int32)
    table[names] = np.arange(len(names))
    return table


def _parts_note(source: str, labels: np.ndarray, names: np.ndarray) -> tuple[str, ...]:
    """Labels in several pieces; refuses those scattered like grey levels."""
    size, owner, _ = component_table(labels)
    largest = np.zeros(len(names), np.int64)
    np.maximum.at(largest, owner, size)
    total = np.bincount(owner, size, len(names))
    scattered = largest[1:] * SPREAD < total[1:]
    if len(names) > 3 and total[1:][scattered].sum() > SHARE_SCATTERED * total[1:].sum():
        raise UnreadableError(
            source,
            "its labels are scattered over the volume like the grey levels of a micrograph",
            "Leave out --labels to segment it",
        )
    rest = total[1:] - largest[1:]
    _check_slices(source, labels, float(rest.sum() / total.sum()))
    loose = np.flatnonzero((rest > FRAGMENT * total[1:]) & (rest >= SMALL_VOXELS)) + 1
    if not loose.size:
        return ()
    return (f"labels in several pieces, each measured as one grain: {listed(names[loose].tolist())}",)


def _check_slices(source: str, labels: np.ndarray, loose: float) -> None:
    """Refuse slices that were labelled each by itself; `loose` is the share of voxels in lesser pieces.

    What lies under a label then mostly has one number again, but another one.
    """
    same, matched = 0, 0
    for k in range(0, len(labels) - 1, max(1, len(labels) // SLICES)):
        both = (labels[k] > 0) & (labels[k + 1] > 0)
        here, there = labels[k][both].astype(np.int64), labels[k + 1][both]
        pairs, count = np.unique(here << 32 | there, return_counts=True)
        most = np.zeros(int(here.max(initial=0)) + 1, np.int64)
        np.maximum.at(most, pairs >> 32, count)
        same, matched = same + int((here == there).sum()), matched + int(most.sum())
    if same < NUMBERED_ON * matched or (same < CARRIED * matched and loose > LOOSE):
        raise UnreadableError(
            source,
            "its slices are labelled each by itself: a grain has another number in the next slice",
            "Label the stack in three dimensions, or give the grey slices without --labels",
        )


def _lines_only(labels: np.ndarray) -> bool:
    """Are the unlabelled voxels nothing but thin sheets between different grains?

    In a sheet two grains lie within two voxels, and one of them beside: lines are not three voxels wide.
    """
    empty, thin = 0, 0
    for k in range(0, len(labels), max(1, len(labels) // SLICES)):
        gap = labels[k] == 0
        if not gap.any():
            continue
        around = labels[max(k - 2, 0) : k + 3]
        highest = ndimage.maximum_filter(around.max(axis=0), 5)
        lowest = ndimage.minimum_filter(np.where(around > 0, around, NO_LABEL).min(axis=0), 5)
        beside = ndimage.maximum_filter(labels[max(k - 1, 0) : k + 2].max(axis=0), 3) > 0
        empty += int(np.count_nonzero(gap))
        thin += int(np.count_nonzero(gap & beside & (highest != lowest)))
    return bool(empty > 0 and thin >= THIN * empty)


def close_lines(labels: np.ndarray) -> None:
    """Give every unlabelled voxel, in place, the commonest label among its six neighbours, layer by layer."""
    changed, none = True, np.zeros(labels.shape[1:], labels.dtype)
    while changed:
        changed = False
        for z, image in enumerate(labels):
            y, x = np.nonzero(image == 0)
            if not y.size:
                continue
            above, below = (labels[k] if 0 <= k < len(labels) else none for k in (z - 1, z + 1))
            wide = np.pad(image, 1)
            beside = wide[y, x + 1], wide[y + 2, x + 1], wide[y + 1, x], wide[y + 1, x + 2]
            votes = np.maximum(np.stack([above[y, x], below[y, x], *beside]), 0)
            count = (votes[:, None] == votes).sum(axis=1) * (votes > 0)
            best = np.take_along_axis(votes, count.argmax(axis=0)[None], axis=0)[0]
            image[y, x] = -best  # no neighbour's vote before the next layer
            changed |= bool(best.any())
        np.abs(labels, out=labels)
