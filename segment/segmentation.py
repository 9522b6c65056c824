"""How a model cut a map into cells: which model, at which settings, and the fine cells behind other cuts.

A `Segmentation` travels with its grain map, into label files and databases, so that anyone who has the map
can cut the same image in other ways.
"""

import io
import json
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

_FORMAT = 1  #: of the bytes
BY_HAND = -1.0  #: `FineCells.bottom` of cells drawn by hand


@dataclass(frozen=True, eq=False)
class FineCells:
    """Fine cells of one image, from which all coarser cuts are made (`segment.cells.recutting`)."""

    area_px: np.ndarray  #: int32, shape (n,)
    at_frame: np.ndarray  #: bool, shape (n,): cut by the frame or by the edge of the valid region
    #: float32, shape (n,): lowest boundary probability in each cell; `BY_HAND` where a hand drew it, so that
    #: no cut divides it or takes it in (`segment.quality.corrected`)
    bottom: np.ndarray
    parent: np.ndarray  #: int32, shape (n,): cell of the map that each one lies in, from 0
    pairs: np.ndarray  #: int32, shape (m, 2): neighbouring cells, numbered from 1, sorted, each pair once
    length_px: np.ndarray  #: int32, shape (m,): pixel edges along each border
    confidence: np.ndarray  #: float32, shape (m,): mean boundary probability along it
    lowest_pass: np.ndarray  #: float32, shape (m,): lowest probability at which one gets across it
    least_px: int  #: no cut has smaller cells, as the map has none
    nested: bool = (
        True  #: False where the map was not cut from its probability, or has none: it stands as it is
    )


_ARRAYS = tuple(one.name for one in fields(FineCells) if one.type is np.ndarray)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """By what, and how, a map's cells were cut.

    Attributes
    ----------
    model_name, model_digest : str
        The weights that answered.
    persistence : float
        Least rise of the probability between two cells.
    cells : FineCells
        The cells before weak borders were joined, from which maps at other thresholds are drawn.
    missed : tuple of float
        By class of area, the share of grains that another model, as good, loses in an image as clear
        (`segment.quality.error_rates`).
    measured : bool
        False: these shares are nominal, since none were measured for the model.
    warnings : tuple of str
        Why the answer may not be trusted.
    pictures : int
        Pictures of the field whose probabilities were fused.
    corners : float
        Corners without a third boundary, a junction (`segment.quality.boundary_loss`); 0 in older records.

    Examples
    --------
    >>> import numpy as np, segment
    >>> grey = np.random.default_rng(0).normal(128.0, 9.0, (64, 96))
    >>> image = segment.micrograph_of_array(grey)
    >>> segment.segment_micrograph(image, segment.load_model())[1].segmentation.model_name
    'unet-lite2'
    """

    model_name: str
    model_digest: str
    persistence: float
    cells: FineCells
    missed: tuple[float, ...]
    measured: bool
    warnings: tuple[str, ...] = ()
    pictures: int = 1
    corners: float = 0.0

    def to_bytes(self) -> bytes:
        """All of it, compressed; the same segmentation gives the same bytes."""
        return self._compressed

    @cached_property
    def _compressed(self) -> bytes:  # a run writes it beside the labels and into the database
        facts = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "cells"}
        facts |= {"format": _FORMAT, "least_px": self.cells.least_px, "nested": self.cells.nested}
        arrays: dict[str, Any] = {name: getattr(self.cells, name) for name in _ARRAYS}
        stream = io.BytesIO()
        text = np.frombuffer(json.dumps(facts, sort_keys=True).encode(), np.uint8)
        np.savez_compressed(stream, allow_pickle=False, facts=text, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """What `to_bytes` gave.

        Raises
        ------
        ValueError
            The bytes are damaged or of another format.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                facts: dict[str, Any] = json.loads(stored["facts"].tobytes())
                arrays = {name: stored[name] for name in _ARRAYS}
            if facts.pop("format") != _FORMAT:
                raise ValueError("another format")
            facts.pop("invented", None)  # older records
            cells = FineCells(**arrays, least_px=facts.pop("least_px"), nested=facts.pop("nested"))
            lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
            return cls(**facts | lists, cells=cells)
        except Exception as error:  # a damaged archive raises nearly anything
            raise ValueError(f"not the record of a segmentation ({error})") from error
