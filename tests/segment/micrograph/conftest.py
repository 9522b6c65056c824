"""One small file of every format, built after the vendors' files; the true pixel size is 2.5 nm."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import imagecodecs
import numpy as np
import pytest
import tifffile

TRUE_NM = 2.5
SHAPE = (80, 100)


def grains(shape: tuple[int, int] = SHAPE, dtype: str = "uint8", seed: int = 0) -> np.ndarray:
    """A noisy patchwork with many levels."""
    rng = np.random.default_rng(seed)
    cells = rng.random((shape[0] // 16 + 2, shape[1] // 16 + 2))
    image = cv2.resize(cells, shape[::-1], interpolation=cv2.INTER_NEAREST)
    image = 0.15 + 0.6 * image + 0.05 * rng.standard_normal(shape)
    top = 1.0 if np.dtype(dtype).kind == "f" else 0.9 * np.iinfo(dtype).max
    return (np.clip(image, 0, 1) * top).astype(dtype)


@pytest.fixture(scope="session")
def make_grains() -> Callable[..., np.ndarray]:
    return grains


@pytest.fixture(scope="session")
def write_imagej() -> Callable[..., None]:
    def write(path: Path, planes: np.ndarray, unit: str, per_unit: float, **facts: object) -> None:
        tifffile.imwrite(
            path, planes, imagej=True, resolution=(per_unit, per_unit), metadata={"unit": unit, **facts}
        )

    return write


# --- TIFF ------------------------------------------------------------------------------------------------


def plain_tiff(path: Path) -> None:
    tifffile.imwrite(path, grains(), resolution=(300, 300), resolutionunit="INCH", metadata=None)


def compressed_tiff(path: Path) -> None:
    tifffile.imwrite(path, grains(dtype="uint16"), compression="zlib", rowsperstrip=16, metadata=None)


def stack_tiff(path: Path) -> None:
    for k in range(3):
        tifffile.imwrite(path, grains(seed=k), append=k > 0, metadata=None)


FEI_TEXT = """[User]\r\nUser=supervisor\r\n[Beam]\r\nHV=5000\r\nBeam=EBeam\r\nScan=EScan\r\n
[EBeam]\r\nHFW={hfw}\r\n[Scan]\r\nPixelWidth={x}\r\nPixelHeight={y}\r\n[EScan]\r\nPixelWidth={x}\r\n
PixelHeight={y}\r\n[Image]\r\nResolutionX=100\r\nResolutionY={rows}\r\n[PrivateFei]\r\nDatabarHeight={bar}\r\n"""


def fei_tiff(
    path: Path, *, x: float = 2.5e-9, y: float = 2.5e-9, bar: int = 12, rows: int = 68, hfw: float = 2.5e-7
) -> None:
    text = FEI_TEXT.format(x=x, y=y, bar=bar, rows=rows, hfw=hfw)
    tifffile.imwrite(path, grains(), extratags=[(34682, "s", 0, text, True)], metadata=None)


ZEISS_TEXT = """0\r\n0\r\n0\r\n{reference}\r\n104.5\r\n6\r\n
AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {image} nm\r\nAP_PIXEL_SIZE\r\nPixel Size = {wrong} nm\r\n
DP_ZOOM\r\nZoom = Off\r\n"""


def zeiss_tiff(path: Path, *, wrong: float = 2.5, image: float = 2.5) -> None:
    """Stored at 100 columns: the reference value belongs to 1024."""
    text = ZEISS_TEXT.format(reference=2.5e-9 * 100 / 1024, image=image, wrong=wrong)
    tifffile.imwrite(path, grains(), extratags=[(34118, "s", 0, text, True)], metadata=None)


def gatan_tiff(path: Path, *, unit: str = "nm", size: float = 2.5) -> None:
    tags = [(65003, "s", 0, unit, True), (65004, "s", 0, unit, True)]
    sizes = [(65009, "d", 1, size, True), (65010, "d", 1, size, True)]
    tifffile.imwrite(path, grains(dtype="int32"), extratags=tags + sizes, metadata=None)


SIGHTX = """<?xml version="1.0"?><TemReporter><ImageFormingSystem><ModeString>{mode}</ModeString>
<SelectorValue>{magnification}</SelectorValue><SelectorUnitString>X</SelectorUnitString></ImageFormingSystem>
<Measurement><DrawImageInformation><PixelsPerMeter><Horizontal>4000</Horizontal></PixelsPerMeter>
</DrawImageInformation><InstrumentsParameter><Measurement_UnitType>{unit}</Measurement_UnitType>
</InstrumentsParameter></Measurement></TemReporter>"""


def jeol_sightx(
    path: Path, *, mode: str = "MAG", unit: str = "UnitType_Length", magnification: str = "100000"
) -> None:
    tifffile.imwrite(
        path,
        grains(dtype="uint16"),
        description=SIGHTX.format(mode=mode, unit=unit, magnification=magnification),
        resolution=(101.6, 101.6),
        resolutionunit="INCH",
        metadata=None,
    )


def tvips_tiff(path: Path) -> None:
    first = np.zeros((), tifffile.TIFF.TVIPS_HEADER_V1)
    first["Version"] = 2
    second = np.zeros((), tifffile.TIFF.TVIPS_HEADER_V2)
    second["PixelSizeX"] = second["PixelSizeY"] = TRUE_NM
    second["Magic"] = 0xAAAAAAAA
    raw = first.tobytes() + second.tobytes()
    tifffile.imwrite(path, grains(), extratags=[(37706, "B", len(raw), raw, True)], metadata=None)


def olympus_sis(path: Path) -> None:
    """A JPEG-like colour preview on page 1, the data with the tag on page 2."""
    with tifffile.TiffWriter(path) as writer:
        preview = np.repeat(grains()[..., None], 3, axis=2)
        writer.write(preview, photometric="rgb", metadata=None)
        head = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 0, 12, 1, 0, 120, b"x", 1)
        writer.write(
            grains(dtype="uint16"),
            metadata=None,
            extratags=[(33560, "B", len(head) + 8, head + struct.pack("<hhI", 1, 1, 0), True)],
        )
    _append_sis_record(path)


def _append_sis_record(path: Path) -> None:
    """Put the calibration behind the image and point the tag's entry at it."""
    raw = bytearray(path.read_bytes())
    entry = raw.find(b"SIS0") + 60
    struct.pack_into("<hhI", raw, entry, 1, 1, len(raw))
    raw += struct.pack("<10xhdd8xd2x34s32s", -9, TRUE_NM, TRUE_NM, 1000.0, b"cam", b"type")
    path.write_bytes(raw)


def imagej_tiff(path: Path, *, unit: str = "micron", per_unit: float = 400.0) -> None:
    tifffile.imwrite(path, grains(), imagej=True, resolution=(per_unit, per_unit), metadata={"unit": unit})


def imagej_hyperstack(path: Path) -> None:
    """ImageJ keeps the planes of a big stack behind one page."""
    planes = np.stack([grains(dtype="uint16", seed=k) for k in range(3)])
    text = "ImageJ=1.54f\nimages=3\nslices=3\nunit=nm\n"
    tifffile.imwrite(
        path,
        planes[0],
        byteorder=">",
        description=text,
        resolution=(0.4, 0.4),
        resolutionunit="NONE",
        metadata=None,
    )
    with path.open("ab") as file:
        file.write(planes[1:].astype(">u2").tobytes())


def ome_tiff(path: Path) -> None:
    """Two planes; the size in pm, to see that units are read."""
    planes = np.stack([grains(seed=k) for k in range(2)])
    metadata = {"axes": "ZYX", "PhysicalSizeX": 2500.0, "PhysicalSizeXUnit": "pm"}
    tifffile.imwrite(
        path, planes, ome=True, metadata={**metadata, "PhysicalSizeY": 2500.0, "PhysicalSizeYUnit": "pm"}
    )


def tescan_tag(path: Path) -> None:
    text = b"\1\2[MAIN]\r\nImageStripSize=12\r\nPixelSizeX=2.5e-09\r\nPixelSizeY=2.5e-09\r\n\0"
    tifffile.imwrite(path, grains(), extratags=[(50431, "B", len(text), text, True)], metadata=None)


def tescan_header(path: Path) -> None:
    tifffile.imwrite(path, grains(), metadata=None)
    text = "[MAIN]\nImageStripSize=12\nPixelSizeX=2.5E-9\nPixelSizeY=2.5E-9\n[SEM]\nWD=0.01\n"
    path.with_name(path.stem + "-tif.hdr").write_text(text)


def jeol_sem(path: Path) -> None:
    """100 px of the scan are 250 nm; 12 rows of bar below a scan of 100 x 68."""
    tifffile.imwrite(path, grains(), metadata=None)
    text = "$SEM_DATA_VERSION 1\r\n$CM_FULL_SIZE 100 68\r\n$$SM_MICRON_BAR 40\r\n$$SM_MICRON_MARKER 100nm\r\n"
    path.with_suffix(".txt").write_text(text)


HITACHI = "[SemImageFile]\r\nInstructName=S-4800\r\nDataSize={columns}x{rows}\r\nPixelSize={size}\r\nWD=8\r\n"


def hitachi(path: Path) -> None:
    tifffile.imwrite(path, grains(), metadata=None)
    path.with_suffix(".txt").write_text(HITACHI.format(columns=100, rows=80, size=2.5))


def hitachi_utf16(path: Path) -> None:
    """The same in UTF-16."""
    tifffile.imwrite(path, grains(), metadata=None)
    path.with_suffix(".txt").write_text(HITACHI.format(columns=100, rows=80, size=2.5), encoding="utf-16")


# --- others ----------------------------------------------------------------------------------------------


def png(path: Path) -> None:
    path.write_bytes(imagecodecs.png_encode(grains(dtype="uint16")))


def jpeg(path: Path) -> None:
    path.write_bytes(imagecodecs.jpeg_encode(grains(), level=90))


def bmp(path: Path) -> None:
    cv2.imwrite(str(path), grains())


def mrc(path: Path, *, cell_angstrom: float | None = 25.0) -> None:
    planes = np.stack([grains(dtype="int16", seed=k) for k in range(2)])
    header = bytearray(1024)
    struct.pack_into("<10i", header, 0, 100, 80, 2, 1, 0, 0, 0, 100, 80, 2)
    if cell_angstrom is not None:
        struct.pack_into("<3f", header, 40, 100 * cell_angstrom, 80 * cell_angstrom, 2 * cell_angstrom)
    header[208:212] = b"MAP "
    path.write_bytes(bytes(header) + planes.tobytes())


def ser(path: Path, *, data_type: int = 0x4122) -> None:
    image = grains(dtype="uint16")
    element = struct.pack("<ddiddihii", 0, 2.5e-9, 0, 0, 2.5e-9, 0, 2, 100, 80) + image.tobytes()
    dimension = struct.pack("<iddii", 1, 0.0, 1.0, 0, 0) + struct.pack("<i", 0)
    head = b"II\x97\x01" + struct.pack("<hiiii", 0x220, data_type, 0x4152, 1, 1)
    table = len(head) + 12 + len(dimension)
    head += struct.pack("<qi", table, 1) + dimension
    path.write_bytes(head + struct.pack("<qq", table + 16, table + 16 + len(element)) + element + b"\0" * 16)


def velox_emd(path: Path, *, unit: str = "m", size: float = 2.5e-9) -> None:
    facts = {"BinaryResult": {"PixelSize": {"width": str(size), "height": str(size)}, "Detector": "HAADF"}}
    facts["BinaryResult"] |= {"PixelUnitX": unit, "PixelUnitY": unit}
    raw = np.frombuffer(json.dumps(facts).encode().ljust(2000, b"\0"), np.uint8)
    with h5py.File(path, "w") as file:
        group = file.create_group("Data/Image/0123")
        group["Data"] = np.stack([grains(dtype="uint16", seed=k) for k in range(2)], axis=2)
        group["Metadata"] = np.repeat(raw[:, None], 2, axis=1)
        complex_group = file.create_group("Data/Image/4567")
        complex_group["Data"] = np.zeros((80, 100, 1), np.dtype([("realFloat", "f4"), ("imagFloat", "f4")]))
        complex_group["Metadata"] = raw[:, None]


def ncem_emd(path: Path, *, unit: str = "[n_m]") -> None:
    with h5py.File(path, "w") as file:
        group = file.create_group("data/stack")
        group.attrs["emd_group_type"] = 1
        group["data"] = np.stack([grains(dtype="float32", seed=k) for k in range(2)])
        for number, length in ((2, 80), (3, 100)):
            group[f"dim{number}"] = np.arange(length) * TRUE_NM
            group[f"dim{number}"].attrs["units"] = unit.encode()
        group["dim1"] = np.arange(2.0)


def _dm_tag(version: int, label: str, body: bytes, kind: int) -> bytes:
    head = struct.pack(">BH", kind, len(label)) + label.encode()
    return head + (struct.pack(">Q", len(body)) if version == 4 else b"") + body


def _dm_data(version: int, info: list[int], raw: bytes) -> bytes:
    word = ">Q" if version == 4 else ">I"
    return b"%%%%" + b"".join(struct.pack(word, n) for n in [len(info), *info]) + raw


def _dm_group(version: int, tags: list[bytes]) -> bytes:
    return b"\1\0" + struct.pack(">Q" if version == 4 else ">I", len(tags)) + b"".join(tags)


def gatan_dm(
    path: Path,
    *,
    version: int = 4,
    units: tuple[str, ...] = ("nm", "nm"),
    sizes: tuple[float, ...] = (2.5, 2.5),
    image: np.ndarray | None = None,
    data_type: int = 10,
) -> None:
    """`units` and `sizes` in the file's own order, x before y."""
    image = grains(dtype="uint16") if image is None else image

    def number(label: str, value: int) -> bytes:
        return _dm_tag(version, label, _dm_data(version, [5], struct.pack("<I", value)), 21)

    def group(label: str, tags: list[bytes]) -> bytes:
        return _dm_tag(version, label, _dm_group(version, tags), 20)

    def axis(unit: str, size: float) -> bytes:
        text = unit.encode("utf-16-le")
        scale = _dm_tag(version, "Scale", _dm_data(version, [6], struct.pack("<f", size)), 21)
        return group(
            "", [scale, _dm_tag(version, "Units", _dm_data(version, [20, 4, len(text) // 2], text), 21)]
        )

    axes = [axis(u, s) for u, s in zip(units, sizes, strict=True)]
    data = [
        group("Calibrations", [group("Dimension", axes)]),
        _dm_tag(
            version,
            "Data",
            _dm_data(version, [20, {2: 4, 4: 5}[image.itemsize], image.size], image.tobytes()),
            21,
        ),
        number("DataType", data_type),
        group("Dimensions", [number("", n) for n in image.shape[::-1]]),
    ]
    root = _dm_group(version, [group("ImageList", [group("", [group("ImageData", data)])])])
    head = struct.pack(">IQI" if version == 4 else ">III", version, len(root), 1)
    path.write_bytes(head + root + b"\0" * 8)


def dm3(path: Path) -> None:
    gatan_dm(path, version=3)


#: name -> (suffix, builder, vendor, pixel size in nm or None, frames)
BUILDERS: dict[str, tuple[str, Callable[[Path], None], str, float | None, int]] = {
    "plain_tiff": (".tif", plain_tiff, "plain_tiff", None, 1),
    "compressed_tiff": (".tif", compressed_tiff, "plain_tiff", None, 1),
    "stack_tiff": (".tif", stack_tiff, "plain_tiff", None, 3),
    "fei_tiff": (".tif", fei_tiff, "fei_tiff", TRUE_NM, 1),
    "zeiss_tiff": (".tif", zeiss_tiff, "zeiss_tiff", TRUE_NM, 1),
    "gatan_tiff": (".tif", gatan_tiff, "gatan_tiff", TRUE_NM, 1),
    "jeol_sightx": (".tif", jeol_sightx, "jeol_sightx", TRUE_NM, 1),
    "tvips_tiff": (".tif", tvips_tiff, "tvips_tiff", TRUE_NM, 1),
    "olympus_sis": (".tif", olympus_sis, "olympus_sis", TRUE_NM, 1),
    "imagej_tiff": (".tif", imagej_tiff, "imagej_tiff", TRUE_NM, 1),
    "imagej_hyperstack": (".tif", imagej_hyperstack, "imagej_tiff", TRUE_NM, 3),
    "ome_tiff": (".ome.tif", ome_tiff, "ome_tiff", TRUE_NM, 2),
    "tescan_tag": (".tif", tescan_tag, "tescan", TRUE_NM, 1),
    "tescan_header": (".tif", tescan_header, "tescan", TRUE_NM, 1),
    "jeol_sem": (".tif", jeol_sem, "jeol_sem", TRUE_NM, 1),
    "hitachi": (".tif", hitachi, "hitachi", TRUE_NM, 1),
    "hitachi_utf16": (".tif", hitachi_utf16, "hitachi", TRUE_NM, 1),
    "png": (".png", png, "picture", None, 1),
    "jpeg": (".jpg", jpeg, "picture", None, 1),
    "bmp": (".bmp", bmp, "picture", None, 1),
    "mrc": (".mrc", mrc, "mrc", TRUE_NM, 2),
    "ser": (".ser", ser, "tia_ser", TRUE_NM, 1),
    "velox_emd": (".emd", velox_emd, "velox_emd", TRUE_NM, 2),
    "ncem_emd": (".emd", ncem_emd, "ncem_emd", TRUE_NM, 2),
    "dm3": (".dm3", dm3, "gatan_dm", TRUE_NM, 1),
    "dm4": (".dm4", gatan_dm, "gatan_dm", TRUE_NM, 1),
}


class VendorFiles:
    """Builds files on request; `build` gives options through to the format's builder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, name: str, **options: object) -> Path:
        suffix, builder, *_ = BUILDERS[name]
        path = self.folder / f"{name}{suffix}"
        builder(path, **options)
        return path


@pytest.fixture
def vendor_files(tmp_path: Path) -> VendorFiles:
    return VendorFiles(tmp_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `format_name` runs once for every format."""
    if "format_name" in metafunc.fixturenames:
        metafunc.parametrize("format_name", list(BUILDERS))


@pytest.fixture
def expected_of_format(format_name: str) -> tuple[str, float | None, int]:
    """(vendor, pixel size in nm, frames) of the built file."""
    return BUILDERS[format_name][2:]
