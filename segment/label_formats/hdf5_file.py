"""Opening HDF5 files of other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segment.micrograph.open_file import HDF5


def is_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 does."""
    with path.open("rb") as file:
        return file.read(len(HDF5)) == HDF5


def datasets(group: Any) -> Iterator[Any]:
    """All datasets below a group, in the order of the file."""
    import h5py

    found: list[Any] = []

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(item)

    group.visititems(visit)
    yield from found


def last_name(dataset: Any) -> str:
    """Name of a dataset without its groups."""
    return str(dataset.name).rsplit("/", 1)[-1]


def plain(value: Any) -> str:
    """Text of an attribute."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
