"""What a microscope file says: one grey image with its pixel size and where that size came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from segment.micrograph.scale_bar import ScaleBar

PixelSizeSource = Literal["metadata", "sidecar", "scalebar", "manual", "none"]


@dataclass(frozen=True)
class ScaleConflict:
    """Two sources of the pixel size that disagree by more than 3 %."""

    chosen: str  #: the source that won, as "value nm (where)"
    rejected: str  #: the source that lost
    ratio: float  #: rejected / chosen


@dataclass(frozen=True, eq=False)
class Micrograph:
    """One grey image: a frame of a file, or an array.

    Attributes
    ----------
    image : ndarray of shape (rows, columns)
        Grey levels in the file's own dtype, colours as their luminance; the info bar is cut.
    pixel_size_nm : float or None
        Edge of the square pixel; None where no source states it.
    pixel_size_source : {"metadata", "sidecar", "scalebar", "manual", "none"}
    path : Path
    sha256 : str
        Digest of the file's bytes.
    vendor : str
        Name of the format module that read it, as ``"fei_tiff"``.
    valid : ndarray of bool, shape (rows, columns), or None
        False where nothing of the specimen is seen; None: all is.
    frame, n_frames : int
        Place in a stack, and frames of the stack.
    info_bar_rows : int
        Rows cut from the bottom.
    conflicts : tuple of ScaleConflict
        Sources of the pixel size that disagree by more than 3 %.
    notes : tuple of str
        What reading changed or noticed.
    scale_bar : ScaleBar or None
        The burned-in one, read or in doubt, with its picture.

    Examples
    --------
    >>> import numpy as np, segment
    >>> segment.micrograph_of_array(np.arange(80 * 90.0).reshape(80, 90), pixel_size_nm=2.0)
    <Micrograph array, 80 x 90 px, 2 nm/px>
    """

    image: np.ndarray
    pixel_size_nm: float | None
    pixel_size_source: PixelSizeSource
    path: Path
    sha256: str
    vendor: str
    valid: np.ndarray | None = None
    frame: int = 0
    n_frames: int = 1
    info_bar_rows: int = 0
    conflicts: tuple[ScaleConflict, ...] = ()
    notes: tuple[str, ...] = ()
    scale_bar: ScaleBar | None = None

    def __repr__(self) -> str:
        rows, columns = self.image.shape
        scale = "no pixel size" if self.pixel_size_nm is None else f"{self.pixel_size_nm:g} nm/px"
        return f"<Micrograph {self.name}, {rows} x {columns} px, {scale}>"

    @property
    def digest(self) -> str:
        """Identity of this frame: the file's SHA-256, with ``#frame`` behind it in a stack."""
        return self.sha256 if self.n_frames == 1 else f"{self.sha256}#{self.frame}"

    @property
    def scale_warnings(self) -> tuple[str, ...]:
        """Sources of the pixel size that disagree, in words."""
        return tuple(f"pixel size: {c.chosen} was taken, not {c.rejected}" for c in self.conflicts)

    @property
    def name(self) -> str:
        """File stem, with ``_frame`` in a stack; used to name outputs."""
        return self.path.stem if self.n_frames == 1 else f"{self.path.stem}_{self.frame:04d}"
