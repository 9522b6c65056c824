"""Run-length view of a label map: all grain moments follow exactly from a few runs per grain and row."""

from dataclasses import dataclass

import numpy as np

from grainstats.measure.window import strips


@dataclass(frozen=True, eq=False)
class Runs:
    """Horizontal runs of equal label > 0, sorted by label, then row."""

    #: label, row, first, last: int64, shape (n_runs,): the run covers columns first ... last (inclusive) of
    #: `row`
    label: np.ndarray
    row: np.ndarray
    first: np.ndarray
    last: np.ndarray
    start: np.ndarray  #: int64, shape (n_present,): index of the first run of each label present
    present: np.ndarray  #: int64, shape (n_present,): the labels themselves, ascending


def _strip_runs(block: np.ndarray, row0: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = block.shape
    change = np.empty((rows, columns), bool)
    change[:, 0] = True
    np.not_equal(block[:, 1:], block[:, :-1], out=change[:, 1:])
    begin = np.flatnonzero(change)
    end = np.append(begin[1:], block.size) - 1
    label = block.ravel()[begin].astype(np.int64)
    row, first = np.divmod(begin, columns)
    keep = label > 0
    return label[keep], row[keep] + row0, first[keep], (end - row * columns)[keep]


def label_runs(labels: np.ndarray) -> Runs:
    """Runs of a label image, shape (rows, columns), without copying it."""
    parts = [_strip_runs(labels[a:b], a) for a, b in strips(labels.shape)]
    label, row, first, last = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(label, kind="stable")
    label, row, first, last = label[order], row[order], first[order], last[order]
    start = np.flatnonzero(np.diff(label, prepend=-1))
    return Runs(label, row, first, last, start, label[start])
