"""Channels, detectors, thumbnails of one scan show one area of the specimen: it is read once, and said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from segment.micrograph.fingerprint import fingerprint, same_areas
from segment.micrograph.grey import to_grey, without_no_data
from segment.micrograph.open_file import Frame

THUMBNAIL = 0.75  #: of the rows of the picture that a reduced one has at most
ROUNDED = 2.0  #: columns by which its proportion may differ
_ONE_SMALLER = "a smaller picture of the same area left out"
CHANNELS = 0.3  #: correlation of fingerprints from which frames that a file calls channels show one area


@dataclass(frozen=True)
class Channels:
    """Frames that a file calls channels of one area, position by position."""

    #: one group a position (slice, time): places of its frames, the preferred channel first
    groups: tuple[tuple[int, ...], ...]
    #: whether the file's word is enough. Programs also write plain stacks as channels; then the pixels of the
    #: first group decide, for all groups.
    certain: bool
    names: tuple[str, ...] = ()  #: of the channels, for the note; may be empty


def first_of_each_area(frames: Sequence[Frame], sets: Sequence[Channels]) -> list[Frame]:
    """The frames, in order, without further channels of an area; its first says how many were left out."""
    left_out: set[int] = set()
    notes: dict[int, str] = {}
    for one in sets:
        n_channels = len(one.groups[0]) if one.groups else 0
        if n_channels < 2:
            continue
        same = list(range(1, n_channels))
        if not one.certain:
            same = _like_the_first([frames[k] for k in one.groups[0]])
        if same:
            left_out |= {group[k] for group in one.groups for k in same}
            note = _note([one.names[k] for k in (0, *same)] if one.names else [], len(same))
            notes |= {group[0]: note for group in one.groups}
    return [
        replace(frame, notes=(*frame.notes, notes[k])) if k in notes else frame
        for k, frame in enumerate(frames)
        if k not in left_out
    ]


def without_thumbnails(frames: Sequence[Frame]) -> list[Frame]:
    """The frames without smaller pictures of one that is there, such as the levels of a pyramid."""
    kept = list(range(len(frames)))
    print_of = cache(lambda k: fingerprint(without_no_data(to_grey(frames[k].load())[0])[0]))
    for small, one in enumerate(frames):
        for large in kept:
            if _reduced(one.shape, frames[large].shape) and same_areas([print_of(small), print_of(large)]):
                kept.remove(small)
                break
    left_out = len(frames) - len(kept)
    note = f"{left_out} smaller pictures of the same area left out" if left_out > 1 else _ONE_SMALLER
    return [replace(frames[k], notes=(*frames[k].notes, note)) if left_out else frames[k] for k in kept]


def _reduced(small: tuple[int, int], large: tuple[int, int]) -> bool:
    """Whether a picture has the proportion of a larger one, to within a pixel."""
    (rows, columns), (all_rows, all_columns) = small, large
    return rows <= THUMBNAIL * all_rows and abs(rows / all_rows * all_columns - columns) <= ROUNDED


def _like_the_first(channels: Sequence[Frame]) -> list[int]:
    """Places of the channels that show what the first one shows; none where they cannot be compared."""
    if len({channel.shape for channel in channels}) > 1:
        return []
    prints = [fingerprint(without_no_data(to_grey(channel.load())[0])[0]) for channel in channels]
    return [found.second for found in same_areas(prints, CHANNELS) if found.first == 0]


def _note(names: Sequence[str], n_more: int) -> str:
    more = "another channel" if n_more == 1 else f"{n_more} more channels"
    which = f" ({names[0]} is read, not {', '.join(names[1:])})" if len(set(names)) > 1 else ""
    return (
        f"{more} of the same area left out, it counts once{which}; "
        "with --field, or a field's name in the sheet of images, all are used"
    )
