"""Other members of the kinds of `cases_table`, written from one made picture: what other programs write."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import openpyxl
import tifffile
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from segment.mosaics.laguerre import laguerre_section

HITACHI = "[SemImageFile]\nDataSize=1280 * 960\nPixelSize=1,6\n"
JEOL = "$CM_FULL_SIZE\t1280 960\n$$SM_MICRON_BAR\t125\n$$SM_MICRON_MARKER\t0,2um\n"
ZEISS = "0\r\n0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 1,6 nm\r\n"
FEI = "[Scan]\nPixelWidth=1,6e-9\nPixelHeight=1,6e-9\n[Image]\nResolutionX=640\nResolutionY=480\n"
PHENOM = '<F><pixelWidth unit = "µm">0,0016</pixelWidth><pixelHeight unit = "µm">0,0016</pixelHeight></F>'
OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
    '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="1280" SizeY="960" SizeZ="1" SizeC="1" '
    'SizeT="1" PhysicalSizeX="1.6" PhysicalSizeXUnit="nm"><TiffData/></Pixels></Image></OME>'
)


def grains(rng: np.random.Generator) -> np.ndarray:
    """Labels of shape (480, 640)."""
    return laguerre_section((480, 640), 30.0, 0.2, rng).grain_map().labels


def picture() -> np.ndarray:
    """Grey grains with noise, shape (480, 640)."""
    rng = np.random.default_rng(3)
    cells = grains(rng)
    grey = rng.uniform(60, 200, cells.max() + 1)[cells] + rng.normal(0, 6, cells.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


def mrc(mode: int, pixels: np.ndarray, order: str = "<", span: tuple[float, float] = (0, -1)) -> bytes:
    """An MRC file of 480 x 640 pixels of 1.6 nm; `span` is what the header says of the levels."""
    head = bytearray(1024)
    struct.pack_into(order + "4i", head, 0, 640, 480, 1, mode)
    struct.pack_into(order + "3i3f", head, 28, 640, 480, 1, 16 * 640, 16 * 480, 16)
    struct.pack_into(order + "2f", head, 76, *span)
    head[208:212] = b"MAP "
    return bytes(head) + pixels.tobytes()


def inks(grey: np.ndarray) -> np.ndarray:
    """Black ink alone."""
    return np.stack([np.zeros_like(grey)] * 3 + [255 - grey], -1)


def jpeg_with_thumbnail(grey: np.ndarray) -> bytes:
    """Inks stored as Adobe's programs do, behind a segment that holds another JPEG."""
    raw = imagecodecs.jpeg8_encode(255 - inks(grey), level=95, colorspace="CMYK", outcolorspace="CMYK")
    small = imagecodecs.jpeg8_encode(grey[::8, ::8].copy(), level=70)
    return raw[:2] + b"\xff\xe1" + struct.pack(">H", len(small) + 2) + small + raw[2:]


def inks_unmarked(grey: np.ndarray) -> bytes:
    """All four inks at half strength, stored the wrong way round for what Adobe's segment says."""
    ink = np.stack([(255 - grey) // 2] * 4, -1)
    return imagecodecs.jpeg8_encode(ink, level=95, colorspace="CMYK", outcolorspace="CMYK")


def orientations(rng: np.random.Generator) -> np.ndarray:
    """Grains in the colours of an inverse pole figure, with some noise."""
    cells = grains(rng)
    colours = np.sqrt(rng.dirichlet([1, 1, 1], cells.max() + 1))[cells] + rng.normal(
        0, 0.01, (*cells.shape, 3)
    )
    return (255 * colours / colours.max(axis=2, keepdims=True)).clip(0).astype(np.uint8)


def with_hot_pixels(grey: np.ndarray) -> np.ndarray:
    """A camera's counts, with some at the end of the range."""
    counts = grey.astype(np.uint16) * 12
    counts.ravel()[:: counts.size // 40] = 65535
    return counts


def tiff(
    pixels: np.ndarray, text: str = "", code: int = 0, encoding: str = "latin-1", **more: object
) -> Callable:
    """Writer of a TIFF with a text in a private tag."""
    raw = text.encode(encoding)
    tags = [(code, 7, len(raw), raw, True)] if code else []
    return lambda path: tifffile.imwrite(path, pixels, extratags=tags, **{"metadata": None, **more})


def noisy(grey: np.ndarray) -> np.ndarray:
    """A covered part of one grey, with more noise than the camera's."""
    y, x = np.indices(grey.shape)
    noise = np.random.default_rng(4).normal(130, 22, grey.shape)
    return np.where((y - 250) ** 2 + (x - 330) ** 2 < 110**2, noise, grey).clip(0, 255).astype(np.uint8)


def rounded(grey: np.ndarray) -> np.ndarray:
    """Corners of 40 pixels cut off."""
    y, x = np.indices(grey.shape)
    y, x = np.minimum(y, y[::-1]), np.minimum(x, x[:, ::-1])
    return np.where((40 - y.clip(max=40)) ** 2 + (40 - x.clip(max=40)) ** 2 > 40**2, 0, grey).astype(np.uint8)


def with_marks(grey: np.ndarray) -> np.ndarray:
    """A round inset with a white rim, and an arrow."""
    rows, columns = np.indices(grey.shape)
    view = np.kron(grey[:90, :90], np.ones((2, 2), np.uint8))
    marked = grey.copy()
    far = np.hypot(rows - 330, columns - 450)
    marked[240:420, 360:540] = np.where(far[240:420, 360:540] < 88, view, grey[240:420, 360:540])
    along, across = (columns - 100) + (rows - 100), np.abs((columns - 100) - (rows - 100))
    head = (along > 100) & (along < 160) & (across < (160 - along) / 2)
    marked[((far > 86) & (far < 90)) | ((along > 0) & (along < 120) & (across < 4)) | head] = 255
    return marked


def with_grid(cells: np.ndarray) -> np.ndarray:
    """Boundaries in white on black, and a test grid in the same white."""
    lines = np.zeros(cells.shape, np.uint8)
    lines[:, 1:][np.diff(cells) != 0] = lines[1:][np.diff(cells, axis=0) != 0] = 255
    lines[50::100] = lines[:, 50::100] = 255
    return lines


def with_pores(cells: np.ndarray) -> np.ndarray:
    """Boundaries in white on black, and every tenth grain filled with white."""
    lines = cells % 10 == 0
    lines[:, 1:] |= np.diff(cells) != 0
    lines[1:] |= np.diff(cells, axis=0) != 0
    return lines * np.uint8(255)


def power_of_ten() -> bytes:
    """A workbook in which somebody typed 10 and a raised 5."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    raised = TextBlock(InlineFont(vertAlign="superscript"), "5")
    book.active.append(["sample_id", "design_route", "prop:jc_A/cm2"])
    book.active.append(["S1", "ai", CellRichText("10", raised)])
    book.save(file)
    return file.getvalue()


def write_members(folder: Path) -> None:
    """Write all of them."""
    grey, cells = picture(), grains(np.random.default_rng(3))
    wide = np.kron(grey, np.ones((2, 2), np.uint8))
    nibbles = (grey >> 4)[:, ::2] | (grey >> 4)[:, 1::2] << 4
    raw = {
        "range.mrc": mrc(0, grey, span=(-128, 127)),
        "nibbles.mrc": mrc(101, nibbles),
        "words.mrc": mrc(6, grey.astype(">u2") * 200, ">"),
        "half.mrc": mrc(12, grey.astype("<f2")),
        "cmyk.jpg": jpeg_with_thumbnail(grey),
        "marks.png": imagecodecs.png_encode(with_marks(grey)),
        "outlines.png": imagecodecs.png_encode(with_grid(cells) // 2),
        "grid.png": imagecodecs.png_encode(with_grid(cells)),
        "pores.png": imagecodecs.png_encode(with_pores(cells)),
        "raised.xlsx": power_of_ten(),
        "utf7.csv": "sample_id,design_route\nProbe-ü,ai\n".encode("utf-7"),
        "unmarked.jpg": inks_unmarked(grey),
        "orientations.png": imagecodecs.png_encode(orientations(np.random.default_rng(6))),
        "one_colour.png": imagecodecs.png_encode(np.stack([grey * 0, grey * 0, grey], -1)),
    }
    tiffs = {
        "as_signed.tif": tiff((grey.astype(np.uint16) * 257).view(np.int16)),
        "hot.tif": tiff(with_hot_pixels(grey)),
        "per_cm.tif": tiff(grey, imagej=True, resolution=(300, 300), metadata={"unit": "cm"}),
        "mirrored.tif": tiff(np.pad(grey, 60, mode="reflect")),
        "rounded.tif": tiff(rounded(grey)),
        "noisy.tif": tiff(noisy(grey)),
        "dithered.tif": tiff(grey > np.random.default_rng(5).integers(0, 255, grey.shape)),
        "noise.tif": tiff(np.random.default_rng(5).integers(90, 150, grey.shape, np.uint8)),
        "repeated.tif": tiff(np.pad(grey, 60, mode="edge")),
        "cmyk.tif": tiff(inks(grey), photometric="separated"),
        "hitachi.tif": tiff(wide[100:700, 200:900]),
        "jeol.tif": tiff(grey),
        "jeol_two.tif": tiff(wide),
        "padded.tif": tiff(np.pad(cells.astype(np.uint16), 40, mode="edge")),
        "reflected.tif": tiff(np.pad(cells.astype(np.uint16), 64, mode="reflect")),
        "transform.tif": tiff(np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(grey)))).astype(np.float32)),
        "typed.tif": tiff(grey, imagej=True, resolution=(72, 72), metadata={"unit": "um"}),
        "turned.tif": tiff(np.rot90(grey).copy(), FEI, 34682),
        "ome.ome.tif": tiff(grey, description=OME.encode()),
        "zeiss.tif": tiff(grey, ZEISS, 34118),
        "phenom.tif": tiff(grey, PHENOM, 34683, "utf-16"),
        "per_nm.tif": tiff(grey, imagej=True, resolution=(300, 300), metadata={"unit": "nm"}),
    }
    for name, data in raw.items():
        (folder / name).write_bytes(data)
    for name, write in tiffs.items():
        write(folder / name)
    (folder / "hitachi.txt").write_text(HITACHI)
    (folder / "jeol.txt").write_text(JEOL)
    (folder / "jeol_two.txt").write_text(JEOL + "$$SM_MICRON_MARKER\t1um\n")
