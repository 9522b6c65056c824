"""What every runtime offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from segment.unet.graph_split import SplitNetwork
from segment.unet.precision import Chosen


class Network(Protocol):
    """A network that answers."""

    def infer_all(self, readers: Iterable[Callable[[], list[np.ndarray]]]) -> Iterator[list[np.ndarray]]:
        """Answers to many inputs, in order."""

    def release(self) -> None:
        """Give back memory that is taken again at the next inference."""


class Runtime(Protocol):
    """A model's network on some device, whole and, where it can be cut (`split`), in three parts."""

    precision: Chosen
    read_px: int  #: largest read rectangle of a tile
    deep_read_px: int  #: the same for the coarse levels
    kept: Any  #: dtype of the features that are kept between the parts

    @property
    def whole(self) -> Network: ...
    @property
    def split(self) -> SplitNetwork | None: ...
    @property
    def parts(self) -> tuple[Network, Network, Network]: ...
    def release(self) -> None: ...
