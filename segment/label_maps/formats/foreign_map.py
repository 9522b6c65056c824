"""What a reader of another program's label map returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ForeignMap:
    """Labels as the file holds them."""

    labels: np.ndarray  #: int, shape (rows, columns): 0 is no grain
    #: y_nm, x_nm: height and width of a pixel; None: the file does not say
    y_nm: float | None = None
    x_nm: float | None = None
    where: str = ""  #: place of the pixel size in the file
    notes: tuple[str, ...] = ()
