"""NRRD with attached (.nrrd) or detached (.nhdr) header, raw or gzip; voxel size where it has a unit.

Format: teem.sourceforge.net/nrrd/format.html.
"""

import re
import zlib
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.length_units import to_nm
from segment.volume.stack import GreyVolume, VoxelSize

SUFFIXES = (".nrrd", ".nhdr")
_HEADER_BYTES = 1 << 20  #: in which the header must end; those of files met are below 10 kB
_TYPES = {
    "i1": "signed char, int8, int8_t",
    "u1": "uchar, unsigned char, uint8, uint8_t",
    "i2": "short, short int, signed short, signed short int, int16, int16_t",
    "u2": "ushort, unsigned short, unsigned short int, uint16, uint16_t",
    "i4": "int, signed int, int32, int32_t",
    "u4": "uint, unsigned int, uint32, uint32_t",
    "i8": "longlong, long long, long long int, signed long long, int64, int64_t",
    "u8": "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t",
    "f4": "float",
    "f8": "double",
}
_DTYPE = {name: dtype for dtype, names in _TYPES.items() for name in names.split(", ")}


def read(path: Path) -> GreyVolume:
    """The array as slices; memory-mapped where it is raw.

    `UnreadableError`: no NRRD, another encoding than raw and gzip, or a data file that is missing or short.
    """
    fields, offset = _header(path)
    try:
        sizes = [int(n) for n in fields["sizes"].split()]
        dtype = np.dtype(
            ("<" if fields.get("endian", "little") == "little" else ">") + _DTYPE[fields["type"]]
        )
        encoding, skip = fields["encoding"].lower(), int(fields.get("byte skip", 0))
        lines = int(fields.get("line skip", 0))
    except (KeyError, ValueError) as error:
        raise UnreadableError(path, f"its NRRD header lacks or garbles {error}", "Save it again") from error
    name = fields.get("data file", fields.get("datafile"))
    data = path if name is None else path.parent / name
    if not data.is_file():
        raise UnreadableError(path, f"its data file {name} is not there", "Put it beside the header")
    shape, count = tuple(sizes[::-1]), int(np.prod(sizes))
    if encoding == "raw" and lines == 0:
        start = data.stat().st_size - count * dtype.itemsize if skip == -1 else offset * (data == path) + skip
        if start < 0 or start + count * dtype.itemsize > data.stat().st_size:
            raise UnreadableError(path, f"{data.name} is too short for its header", "Copy it again")
        values: np.ndarray = np.memmap(data, dtype, "r", start, shape)
    elif encoding in ("gzip", "gz") and lines == 0 and skip <= 0:
        values = _inflated(path, data, offset if data == path else 0, count * dtype.itemsize)
        values = values.view(dtype).reshape(shape)
    else:
        raise UnreadableError(path, f"its encoding {encoding} is not read", "Save it as raw or gzip")
    return GreyVolume(values, _voxel_size(fields), str(path), "NRRD")


def _header(path: Path) -> tuple[dict[str, str], int]:
    """Fields in lower case, and where the header ends."""
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    end = re.search(rb"\r?\n\r?\n", head)
    if not head.startswith(b"NRRD") or (end is None and path.suffix.lower() == ".nrrd"):
        raise UnreadableError(path, "no NRRD header", "Save it again")
    text = head[: end.start() if end else None].decode("utf-8", "replace")
    pairs = (re.match(r"([^#:=][^:]*):\s+(.*)", line.strip()) for line in text.splitlines()[1:])
    return {m[1].lower(): m[2].strip() for m in pairs if m}, end.end() if end else len(head)


def _inflated(path: Path, data: Path, offset: int, n_bytes: int) -> np.ndarray:
    """Bytes of a gzip stream, uint8 of shape (n_bytes,), filled bit by bit."""
    out, filled, inflate = np.empty(n_bytes, np.uint8), 0, zlib.decompressobj(31)
    try:
        with data.open("rb") as file:
            file.seek(offset)
            while filled < n_bytes and (packed := file.read(_HEADER_BYTES)):
                part = np.frombuffer(inflate.decompress(packed), np.uint8)[: n_bytes - filled]
                out[filled : filled + len(part)] = part
                filled += len(part)
    except zlib.error as error:
        raise UnreadableError(path, f"{data.name} is damaged ({error})", "Copy it again") from error
    if filled < n_bytes:
        raise UnreadableError(path, f"{data.name} is too short for its header", "Copy it again")
    return out


def _voxel_size(fields: dict[str, str]) -> VoxelSize | None:
    """Lengths of the space directions, or spacings, times their units; None where no unit is written."""
    directions = re.findall(r"\(([^)]*)\)", fields.get("space directions", ""))
    told = fields.get("space units" if directions else "units", "")
    units = re.findall(r'"([^"]*)"', told)
    lengths = [float(np.linalg.norm([float(v) for v in d.split(",")])) for d in directions]
    lengths = lengths or [float(v) for v in fields.get("spacings", "").split()]
    if len(lengths) != 3 or len(units) != 3:
        return None
    return VoxelSize.of(*(to_nm(length, unit) for length, unit in zip(lengths, units, strict=True)))
