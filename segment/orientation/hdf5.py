"""Small reads from HDF5 files of other programs: names without regard to case, text, numbers, groups."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.open_file import HDF5
from segment.micrograph.refusals import refuse_bomb

Group = Any  #: an h5py group, or the file itself: h5py is imported where a file is opened
MICROMETRE_NM = 1e3  #: nanometres; the steps of most makers are micrometres
_MOST_PACKED = 1100  #: pixel bytes per stored byte: deflate packs a constant 1030 times
MAX_DEPTH = 8  #: of groups in groups; EDAX APEX needs 6


def is_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 does."""
    with path.open("rb") as file:
        return file.read(len(HDF5)) == HDF5


def open_file(path: Path) -> Group:
    """The file, to be closed by the caller. `UnreadableError`: damaged or truncated."""
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise UnreadableError(
            path, f"it is truncated or damaged ({error})", "Export or copy it again"
        ) from error


def child(group: Group, *names: str) -> Any:
    """The first member of one of these names, whatever its case; None: there is none."""
    known = {name.casefold(): name for name in group}
    return next((group[known[name.casefold()]] for name in names if name.casefold() in known), None)


def datasets(group: Group) -> list[Any]:
    """All data sets below a group, in the order of the file."""
    import h5py

    found: list[Any] = []
    group.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return found


def values_of(dataset: Any) -> np.ndarray:
    """All of a data set. `UnreadableError`: it claims far more than its bytes can hold."""
    stored = dataset.id.get_storage_size()
    if not dataset.is_virtual:  # its bytes lie in other files
        refuse_bomb(Path(dataset.file.filename), dataset.nbytes, stored, _MOST_PACKED)
    return np.asarray(dataset[()])


def last_name(dataset: Any) -> str:
    """Name of a data set without its groups."""
    return str(dataset.name).rsplit("/", 1)[-1]


def groups_named(root: Group, name: str, depth: int = MAX_DEPTH) -> Iterator[Group]:
    """All groups of a name, in the order of the file."""
    import h5py

    for key in root:
        member = root.get(key)
        if not isinstance(member, h5py.Group):
            continue
        if key.casefold() == name.casefold():
            yield member
        elif depth:
            yield from groups_named(member, name, depth - 1)


def text(value: Any) -> str:
    """A data set or attribute of text, a number as text, or ``""``."""
    if value is None or hasattr(value, "keys"):
        return ""
    found = np.ravel(value[()] if hasattr(value, "id") else value)
    if not found.size:
        return ""
    one = found[0]
    return one.decode("utf-8", "replace").strip() if isinstance(one, bytes) else str(one).strip()


def one_number(value: Any) -> float | None:
    """A data set of one number; None: absent, empty or no finite number."""
    try:
        found = float(text(value))
    except ValueError:
        return None
    return found if np.isfinite(found) else None


def whole(value: Any) -> int | None:
    """As `one_number`, for counts; 0 counts as absent."""
    found = one_number(value)
    return int(found) or None if found is not None else None


def column(group: Group, *names: str) -> np.ndarray | None:
    """A data set as a flat array of numbers; None: absent."""
    found = child(group, *names)
    return None if found is None or hasattr(found, "keys") else np.ravel(values_of(found).astype(float))
