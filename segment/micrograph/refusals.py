"""Errors that several readers raise in the same words."""

from pathlib import Path

from segment.errors import NotAnImageError, UnreadableError

SMALL_BYTES = 256 << 20  #: of pixels: so many are unpacked whatever the file says


def truncated(path: Path, detail: str) -> UnreadableError:
    """The error for a file that ends too early."""
    return UnreadableError(
        path, f"the file is truncated: {detail}", "Copy it again from the microscope or from a backup"
    )


def not_real_space(path: Path, reason: str) -> NotAnImageError:
    """The error for a spectrum, a diffraction pattern, or data of many dimensions."""
    return NotAnImageError(path, reason, "Give the real-space image of the specimen instead")


def refuse_bomb(path: Path, unpacked: int, stored: int, most_packed: int) -> None:
    """Refuse, before it is decoded, a file whose few bytes claim to hold very many pixels.

    An honest file of this kind reaches `most_packed` pixel bytes (`unpacked`) per byte that holds them
    (`stored`). `UnreadableError`: more than that, and more than `SMALL_BYTES`.
    """
    if unpacked > max(SMALL_BYTES, most_packed * stored):
        what = f"its {stored} bytes would unpack to {unpacked >> 20} MB of pixels, as no real image does"
        raise UnreadableError(path, what, "Export the image again")
