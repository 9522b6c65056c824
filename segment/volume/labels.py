"""Label volumes: whatever numbers a file uses, as grains 1 ... n with their lines closed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from segment.cells.label_parts import LabelParts
from segment.errors import UnreadableError
from segment.volume.components import component_table, renumbered
from segment.volume.slice_defects import FILLED, listed, slice_numbers, without_blanks
from segment.volume.stack import GreyVolume, LabelVolume

_DENSE = 1 << 24  #: labels up to this are looked up in a table
LEAST_VOIDS = (3, 5)  #: edges of cubes that no line contains: lines of one or two voxels, or of three
#: shares of the unlabelled voxels of lines, and of voids at most, that lie between two grains.  Voronoi
#: mosaics with lines: .8 to 1, faces of grains that touch .13 of the voxels; with voids alone 2 and more
THIN, THIN_WIDE = 0.7, 0.5
_SPREAD = 60.0  #: box over volume; grains stay below 10, grey levels reach thousands
SHARE_SCATTERED = 0.5  #: of all labelled voxels
_SLICES = 32  #: in which lines between grains, and numbers that go on, are looked for
CARRIED = 0.6  #: of the overlap of matching grains in neighbouring slices, that has one number
#: of all voxels.  Mosaics numbered slice by slice: carried .1 to .4, loose .7 to .9; others: loose 0
LOOSE = 0.3
GOES_ON = 0.5  #: of a side that has the labels of the opposite one: periodic; grains of 3 voxels have .56
#: of that overlap, where numbers run on from slice to slice; grains as thick as a slice: .1
NUMBERED_ON = 0.02
FRAGMENT = 0.05  #: of a grain's volume: less in loose pieces is not worth a warning
SMALL_VOXELS = 27  #: the same, in voxels
NO_LABEL = np.iinfo(np.int32).max  #: above all labels
FILLS = 0.95  #: share of a side; a porous body shows its porosity there
MIDDLE = 0.5  #: of the middle third along each axis, which a phase of the specimen fills as its sides


def label_volume(stack: GreyVolume) -> LabelVolume:
    """Grains of a stack that holds labels.

    Sheets of one to three unlabelled voxels between grains (watershed lines) go to the nearest grain, with a
    warning, where nearly all grains are parted by such.  Wider unlabelled parts are voids.

    Raises
    ------
    UnreadableError
        No label, or one only, fractions, labels scattered like grey levels, or numbers that stand for many
        grains each.
    """
    assert stack.voxel_size is not None
    labels, names, notes = _compact(stack)
    blank = [k for k, image in enumerate(labels) if not image.any()]
    if len(names) < 3:
        raise UnreadableError(
            stack.source,
            f"it holds {'one label' if len(names) == 2 else 'no label above 0'}, as a mask does",
            "Give a volume with a number for each grain, or grey slices without --labels",
        )
    if blank:
        labels = without_blanks(labels, blank, stack.source)
        notes += (f"{FILLED}: {slice_numbers(blank)}",)
    labels, names, said = _parts_told_apart(stack.source, labels, names)
    notes += said
    if void := _least_void(labels):
        if np.shares_memory(labels, stack.values):
            labels = labels.copy()
        _mark_voids(labels, void, len(names))
        close_lines(labels)
        labels[labels == len(names)] = 0
        notes += ("grains were parted by lines of label 0; their voxels went to the nearest grain",)
    notes += outside_note(labels, ("void",))
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
    table = np.zeros(int(names[-1]) + 1, np.int32) if names[-1] < _DENSE else None
    if table is not None:
        table[names] = np.arange(len(names))
    for k, image in enumerate(values):
        whole = np.maximum(image, 0).astype(np.int64)
        out[k] = table[whole] if table is not None else np.searchsorted(names, whole)
    return out, names, notes


def _parts_told_apart(
    source: str, labels: np.ndarray, names: np.ndarray
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Labels and their numbers, a periodic volume's parts told apart; refuses those scattered like grey."""
    size, owner, sides = component_table(labels)
    largest = np.zeros(len(names), np.int64)
    np.maximum.at(largest, owner, size)
    total = np.bincount(owner, size, len(names))
    scattered = largest[1:] * _SPREAD < total[1:]
    if len(names) > 3 and total[1:][scattered].sum() > SHARE_SCATTERED * total[1:].sum():
        raise UnreadableError(
            source,
            "its labels are scattered over the volume like the grey levels of a micrograph",
            "Leave out --labels to segment it",
        )
    rest = total[1:] - largest[1:]
    _check_slices(source, labels, float(rest.sum() / total.sum()))
    goes_on = (sides & np.repeat(_periodic_axes(labels), 2)).any(axis=1)
    parts = LabelParts(np.append(0, owner), np.append(0, size), np.append(False, goes_on))
    if parts.many():
        raise UnreadableError(
            source,
            f"{(parts.per_label() > 1).sum()} of its {len(names) - 1} labels lie in several pieces: the "
            "numbers were cut to 8 bits, or are colours, classes or phases",
            "Save the labels with 16 or 32 bits and one number for each grain",
        )
    if replace(parts, at_rim=None).many():
        more = parts.sizeable() & ~parts.largest()
        number = parts.label.copy()
        number[more] = len(names) + np.arange(np.count_nonzero(more))
        names = np.append(names, names[-1] + 1 + np.arange(np.count_nonzero(more)))
        said = "it repeats itself: of labels at several of its sides each piece counts as a grain of its own"
        return renumbered(labels, number[1:].astype(np.int32)), names, (said,)
    loose = np.flatnonzero((rest > FRAGMENT * total[1:]) & (rest >= SMALL_VOXELS)) + 1
    if not loose.size:
        return labels, names, ()
    note = f"labels in several pieces, each measured as one grain: {listed(names[loose].tolist())}"
    return labels, names, (note,)


def _periodic_axes(labels: np.ndarray) -> np.ndarray:
    """Along which axes the first slice goes on behind the last one; bool of shape (3,)."""
    ends = [(labels.take(0, axis), labels.take(-1, axis)) for axis in range(3)]
    return np.array([((first == last) & (first > 0)).mean() > GOES_ON for first, last in ends])


def _check_slices(source: str, labels: np.ndarray, loose: float) -> None:
    """Refuse slices that were labelled each by itself; `loose` is the share of voxels in lesser pieces.

    What lies under a label then mostly has one number again, but another one.
    """
    same, matched = 0, 0
    for k in range(0, len(labels) - 1, max(1, len(labels) // _SLICES)):
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


def _least_void(labels: np.ndarray) -> int:
    """Edge in voxels of the cubes that fit into voids but into no line between grains; 0: there are no lines.

    In a line two grains lie within two voxels, and one of them beside.  Where lines part the grains, hardly
    any touch.
    """
    for edge in LEAST_VOIDS:
        lines, thin, wide, thin_wide, touching = 0, 0, 0, 0, 0
        for k in range(0, len(labels), max(1, len(labels) // _SLICES)):
            image, first = labels[k], max(k - edge, 0)
            gap = image == 0
            for a, b in ((image[1:], image[:-1]), (image[:, 1:], image[:, :-1])):
                touching += int(np.count_nonzero((a != b) & (a > 0) & (b > 0)))
            if not gap.any():
                continue
            void = _wide(labels[first : k + edge + 1] == 0, edge)[k - first]
            near = labels[max(k - 2, 0) : k + 3]
            highest = ndimage.maximum_filter(near.max(axis=0), 5)
            lowest = ndimage.minimum_filter(np.where(near > 0, near, NO_LABEL).min(axis=0), 5)
            beside = ndimage.maximum_filter(labels[max(k - 1, 0) : k + 2].max(axis=0), 3) > 0
            between = gap & beside & (highest != lowest)
            lines += int(np.count_nonzero(gap & ~void))
            thin += int(np.count_nonzero(between & ~void))
            wide += int(np.count_nonzero(void))
            thin_wide += int(np.count_nonzero(between & void))
        if touching > lines + wide:
            break
        if thin >= THIN * max(lines, 1) and touching <= lines and thin_wide <= THIN_WIDE * wide:
            return edge
    return 0


def _wide(gap: np.ndarray, edge: int) -> np.ndarray:
    """Parts of a gap into which a cube of so many voxels an edge fits: an opening."""
    core = ndimage.minimum_filter(gap.view(np.uint8), edge, mode="constant", cval=0)
    return np.asarray(ndimage.maximum_filter(core, edge, mode="constant", cval=0) > 0)


def _mark_voids(labels: np.ndarray, edge: int, mark: int) -> None:
    """Write `mark`, in place, where unlabelled parts are as wide as `edge`."""
    for k in range(0, len(labels), _SLICES):
        first = max(k - edge, 0)
        part = labels[first : k + _SLICES + edge]
        void = _wide((part == 0) | (part == mark), edge)[k - first :][:_SLICES]
        labels[k : k + _SLICES][void] = mark


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


def outside_note(phase: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """A warning where a phase fills a whole side of the stack, and little of its middle: the surroundings.

    ``names[k]`` is that of value k.
    """
    sides = {
        "first slice": phase[0],
        "last slice": phase[-1],
        "top": phase[:, 0],
        "bottom": phase[:, -1],
        "left": phase[:, :, 0],
        "right": phase[:, :, -1],
    }
    middle = phase[tuple(slice(n // 3, n - n // 3) for n in phase.shape)]
    notes = []
    for code, name in enumerate(names):
        full = [side for side, face in sides.items() if (face == code).mean() >= FILLS]
        if full and (middle == code).mean() < MIDDLE:
            notes.append(
                f"{name} fills the stack's {', '.join(full)}, but not its middle: what lies outside the "
                f"specimen counts as {name}; crop the slices to the specimen"
            )
    return tuple(notes)
