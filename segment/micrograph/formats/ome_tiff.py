"""OME-TIFF: PhysicalSizeX/Y with their units (µm where none is written), plane by plane.

One XML may describe several files; ``TiffData`` says which pages of which file are whose planes.
"""

import os
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from segment.errors import InputError
from segment.micrograph.formats.pixels import fitted
from segment.micrograph.length_units import length, number
from segment.micrograph.one_area import Channels, first_of_each_area
from segment.micrograph.open_file import Frame, OpenFile, Scale, stated_as
from segment.micrograph.open_tiff import open_tiff
from segment.micrograph.sidecar import parsed_xml, read_text
from segment.micrograph.tiffpages import image_pages, page_frames

NAME = "ome_tiff"

_DEFAULT_UNIT = "µm"
_NO_PLANE = "no plane of the OME-XML: no size taken"
_CLAIMED = "two images of the OME-XML claim this page: no size taken, give --pixel-size"
_SHARED = (
    "the OME-XML does not know the file's name, and another file here has its identity: no size taken, give "
    "--pixel-size or the names of the OME-XML back"
)
_RENAMED = "the OME-XML does not know the file's name, only its identity: renamed? Check the pixel size"
_MOST_BESIDE = 1000  #: names in a folder among which another file of one identity is sought
_SUFFIXES = re.compile(r"(\.ome)?\.(tiff?|tf[28]|btf)$", re.IGNORECASE)
_UNCLEAR = "the OME-XML describes several images and does not say which one this file holds: no size taken"


@dataclass(frozen=True)
class _Plane:
    """A page's image by number, its position in it, and what the image states."""

    image: int
    position: tuple[int, int]  #: of slice and time
    channel: int
    size: tuple[int, ...]  #: columns and rows that it has by the text
    scales: tuple[Scale, ...]
    notes: tuple[str, ...]


_Block = tuple[int, ElementTree.Element, ElementTree.Element]  #: image by number, Pixels, TiffData


def recognises(opened: OpenFile) -> bool:
    """OME-XML in the first description."""
    return opened.is_tiff and bool(opened.tiff.is_ome)


def frames(opened: OpenFile) -> list[Frame]:
    """Pages in their order, each with the size of its image; of several channels of one area the first."""
    root, own = _document(opened)
    pages = image_pages(opened)
    planes = _planes(opened, root, own)
    found: list[Frame] = []
    sets: dict[int, dict[tuple[int, int], dict[int, int]]] = {}
    for page in pages:
        plane = planes.get(page.index)
        if plane is not None:
            scales, doubts = fitted(plane.scales, plane.size, page)
            notes = plane.notes + doubts
            sets.setdefault(plane.image, {}).setdefault(plane.position, {})[plane.channel] = len(found)
        else:
            scales, notes = (), (_NO_PLANE if planes else _unclear(root),)
        found += page_frames(opened, [page], scales=scales, notes=notes)
    if opened.all_channels:
        return found
    return first_of_each_area(found, [_channels(positions) for positions in sets.values()])


def _unclear(root: ElementTree.Element) -> str:
    elsewhere = root.find("{*}BinaryOnly")
    if elsewhere is None:
        return _UNCLEAR
    return f"its OME-XML is kept in {elsewhere.get('MetadataFile')}, which is not beside it: no size taken"


def _channels(positions: dict[tuple[int, int], dict[int, int]]) -> Channels:
    """Positions that have as many channels as the first one."""
    groups = [tuple(places for _, places in sorted(channels.items())) for channels in positions.values()]
    return Channels(tuple(g for g in groups if len(g) == len(groups[0])), False)


def _document(opened: OpenFile) -> tuple[ElementTree.Element, str]:
    """The file's XML, or the one that it says its metadata are kept in; and the file's own identity."""
    root = parsed_xml(opened.path, opened.tiff.pages.first.description, "OME-XML")
    own, elsewhere = root.get("UUID", ""), root.find("{*}BinaryOnly")
    if elsewhere is None:
        return root, own
    name = Path(elsewhere.get("MetadataFile", "")).name
    beside = opened.path.with_name(name) if name else opened.path
    if beside == opened.path or not beside.is_file():
        return root, own
    if beside.suffix.lower() not in (".tif", ".tiff"):
        return parsed_xml(beside, read_text(beside), "OME-XML"), own
    with open_tiff(beside) as tiff:
        return parsed_xml(beside, tiff.pages.first.description, "OME-XML"), own


def _planes(opened: OpenFile, root: ElementTree.Element, own: str) -> dict[int, _Plane]:
    """By page of this file, the plane that it holds; empty where the XML does not tell."""
    images = list(root.iterfind(".//{*}Pixels"))
    blocks: list[_Block] = [
        (k, pixels, data) for k, pixels in enumerate(images) for data in pixels.iterfind("{*}TiffData")
    ]
    mine, words = _blocks_of(opened.path, own, blocks)
    if not mine and len(images) == 1:
        mine = blocks or [(0, images[0], ElementTree.Element("TiffData"))]
    planes: dict[int, _Plane] = {}
    following = 0
    for k, pixels, data in mine:
        scales, notes = _scales(pixels)
        scales, notes = () if words == (_SHARED,) else scales, notes + words
        size = tuple(_whole(pixels.get(f"Size{axis}")) or 0 for axis in "XY")
        first, count = _pages_of(data, pixels, following)
        positions = _positions(pixels, data)
        for page, (z, c, t) in zip(range(first, first + count), positions, strict=False):
            plane = _Plane(k, (z, t), c, size, scales, notes)
            if planes.setdefault(page, plane).scales != scales:
                planes[page] = replace(plane, scales=(), notes=(_CLAIMED,))
        following = first + count
    return planes


def _blocks_of(path: Path, own: str, blocks: list[_Block]) -> tuple[list[_Block], tuple[str, ...]]:
    """Blocks of planes that lie in this file: by identity or name, or nothing is said; and words.

    Some programs copy one text with one identity into all files of a set: then names count, where the file
    of that identity's name lies beside this one with the same identity. Where it is missing, both count, and
    the page has no size unless they agree.
    """
    uuids = [(block, block[2].find("{*}UUID")) for block in blocks]
    plain = [block for block, uuid in uuids if uuid is None]
    said = [(block, _name_of(uuid), (uuid.text or "").strip()) for block, uuid in uuids if uuid is not None]
    by_name = [block for block, name, _ in said if _plain(name) == _plain(path.name)]
    by_identity = [(block, name) for block, name, uuid in said if own and uuid.lower() == own.lower()]
    mine = [block for block, _ in by_identity]
    if not mine or not by_name or any(block in by_name for block in mine):
        renamed = mine and not by_name and any(name for _, name in by_identity)
        differ = len({_scales(pixels) for _, pixels, _ in blocks}) > 1
        if renamed and differ:
            return plain + mine, (_SHARED if _is_shared(path, own) else _RENAMED,)
        return plain + (mine or by_name), ()
    beside = {_identity(path, name) for _, name in by_identity if name}
    if None in beside or not beside:
        return plain + mine + by_name, ()
    return plain + (by_name if own in beside else mine), ()


def _is_shared(path: Path, own: str) -> bool:
    """Whether another file beside `path` has the same identity; of very many, some are looked at."""
    with os.scandir(path.parent) as folder:
        names = [one.name for one in islice(folder, _MOST_BESIDE) if one.is_file()]
    others = (path.with_name(name) for name in names if name != path.name and _SUFFIXES.search(name))
    return any(_identity_of(other).lower() == own.lower() for other in others)


def _identity_of(path: Path) -> str:
    """The identity in an OME-TIFF; empty where there is none."""
    try:
        with open_tiff(path) as tiff:
            description = tiff.pages.first.description
            return parsed_xml(path, description, "OME-XML").get("UUID", "") if tiff.is_ome else ""
    except (InputError, OSError, ValueError):  # no TIFF: tifffile's own error is a ValueError
        return ""


def _plain(name: str) -> str:
    """A file's name in lower case without its suffixes, which are easily changed."""
    return _SUFFIXES.sub("", name.lower())


def _identity(path: Path, name: str) -> str | None:
    """The identity in the file beside `path` of this name, in `path`'s suffix and case; else None."""
    like = _SUFFIXES.sub("", name, count=1) + path.name[len(_plain(path.name)) :]
    spellings = dict.fromkeys(one for said in (name, like) for one in (said, said.upper(), said.lower()))
    beside = next((path.with_name(one) for one in spellings if path.with_name(one).is_file()), None)
    if beside is None:
        return None
    return _identity_of(beside)


def _name_of(uuid: ElementTree.Element) -> str:
    """The file's name without folders, of either system."""
    return uuid.get("FileName", "").replace("\\", "/").rpartition("/")[2]


def _pages_of(data: ElementTree.Element, pixels: ElementTree.Element, following: int) -> tuple[int, int]:
    """First page and number of pages of a block; without any attribute it is the whole image."""
    ifd, count = (_whole(data.get(name)) for name in ("IFD", "PlaneCount"))
    every = _n_planes(pixels)
    if count is None:
        count = 1 if ifd is not None else every
    return (following if ifd is None else ifd), min(count, every)


def _positions(pixels: ElementTree.Element, data: ElementTree.Element) -> Iterator[tuple[int, int, int]]:
    """(slice, channel, time) of the planes of a block, in the image's dimension order."""
    order = [axis for axis in pixels.get("DimensionOrder", "XYZCT")[2:] if axis in "ZCT"]
    sizes = dict(zip("ZCT", _sizes(pixels), strict=True))
    at = {axis: _whole(data.get(f"First{axis}")) or 0 for axis in "ZCT"}
    for _ in range(_n_planes(pixels)):
        yield at["Z"], at["C"], at["T"]
        for axis in order:
            at[axis] += 1
            if at[axis] < sizes[axis]:
                break
            at[axis] = 0


def _scales(pixels: ElementTree.Element) -> tuple[tuple[Scale, ...], tuple[str, ...]]:
    """Pixel size, and in words what is wrong or strange with it."""
    written = {axis: text for axis in "XY" if (text := pixels.get(f"PhysicalSize{axis}")) is not None}
    units = {axis: pixels.get(f"PhysicalSize{axis}Unit", _DEFAULT_UNIT) for axis in "XY"}
    first = "X" if "X" in written else "Y"
    notes = [
        f'PhysicalSize{axis} "{text}" was read with a decimal comma: {side:.5g} nm'
        for axis, text in written.items()
        if "," in text and (side := length(text, units[axis])) is not None
    ]
    y, x = written.get("Y"), written.get(first)
    return stated_as(f"PhysicalSize{first}", y, x, units["Y"], units[first]), tuple(notes)


def _sizes(pixels: ElementTree.Element) -> tuple[int, int, int]:
    """Slices, channels and times; samples stored together (RGB) are one channel."""
    channel = pixels.find("{*}Channel")
    samples = (_whole(channel.get("SamplesPerPixel")) or 1) if channel is not None else 1
    z, c, t = (max(_whole(pixels.get(f"Size{axis}")) or 1, 1) for axis in "ZCT")
    return z, max(c // max(samples, 1), 1), t


def _n_planes(pixels: ElementTree.Element) -> int:
    z, c, t = _sizes(pixels)
    return z * c * t


def _whole(text: str | None) -> int | None:
    """A whole number of 0 or more; None where there is none."""
    value = number(text or "")
    return int(value) if value is not None and 0 <= value < 1e9 and value == int(value) else None
