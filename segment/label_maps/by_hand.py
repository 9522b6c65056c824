"""What a person drew on an image, in whatever form: regions, outlines, lines, or numbered cells."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from segment.cells.close import grain_map_from_tracing
from segment.cells.editing import numbered
from segment.cells.label_gaps import narrower_than, nearest_labels
from segment.cells.second_phases import set_aside
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.label_maps.formats import format_of
from segment.label_maps.imagej_rois import Roi, draw_rois, holds_regions, read_rois
from segment.label_maps.pixels import read_map_pixels
from segment.label_maps.polygons import POLYGONS, Polygons, holds_polygons, read_polygons
from segment.label_maps.reading import read_label_map
from segment.label_maps.repairs import grain_map_of_labels
from segment.micrograph.micrograph import Micrograph
from segment.quality.corrected import corrected
from segment.quality.score import SMALLEST_PX
from segment.registration.misplaced import misplaced

ROIS = (".zip", ".roi")  #: of ImageJ
REGIONS = (*ROIS, *POLYGONS)
PICTURES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".npy")
FOREIGN = (".h5", ".hdf5", ".dream3d", ".csv")  #: of other programs, where they hold a label map
DRAWINGS = (*PICTURES, *REGIONS, *FOREIGN)
BEYOND = 0.1  #: share of a region's points that may lie outside the image
ENDS = "regions do not tell the size of their image: the map ends at their outermost point"
_KIND = re.compile(r"\.(labels|tracing)$|[-_. ]?roiset$", re.IGNORECASE)
_NUMBERS = "Draw all boundaries on a layer of their own, or give every grain a number, as 16-bit TIFF"
REMEDY = "Save it in the size of the image, or of the label map that run writes"


def read_drawing(path: Path, micrograph: Micrograph, *, lines: bool = False, gap_px: int = 0) -> GrainMap:
    """Cells of a drawing in the pixels of its micrograph; what lies in the cut info bar is cut as well.

    It is one of ImageJ's regions (``.roi``, ``.zip``, an overlay in a TIFF) or polygons of other programs,
    outlines of grains or lines; a mask of lines of either polarity; a label map, also of another program.
    `lines`: it shows lines; else its pixels tell. Strips without a label narrower than `gap_px`, between
    cells, are drawn boundaries and close.

    `InputError`: unreadable, of another size than the image, mirrored, turned or moved, or regions that hold
    no outline and no line.
    """
    rows, columns = micrograph.image.shape[:2]
    whole = rows + micrograph.info_bar_rows, columns
    if path.suffix.lower() in REGIONS or holds_regions(path):
        read = _of_regions(path, micrograph.path.stem, (rows, columns), whole, gap_px)
    else:
        read = _of_pixels(path, lines, gap_px)
    if read.labels.shape == whole:
        read = _first_rows(read, rows)
    if read.labels.shape != (rows, columns):
        size = "{1} x {0} pixels".format(*read.labels.shape)
        raise InputError(path, f"{size}, its image {columns} x {rows}", REMEDY)
    wrong, off = misplaced(read.labels, micrograph.image)
    if wrong is not None:
        raise InputError(path, f"it lies on its image only {wrong}", "Save it as the image lies")
    return read if off is None else replace(read, warnings=(*read.warnings, f"it lies better {off}"))


def image_stem(drawing: Path) -> str:
    """The name of the image that a drawing belongs to.

    >>> {image_stem(Path(name)) for name in ("a.png", "a.labels.tif", "a.tracing.png", "a_RoiSet.zip")}
    {'a'}
    """
    return _KIND.sub("", drawing.stem)


def with_original_beside(path: Path, drawn: GrainMap) -> GrainMap:
    """The map with what is known of ``NAME.labels.tif`` beside it, where it is a correction of that.

    Its own name is ``NAME`` and more; of several such maps the longest name counts.
    """
    if drawn.segmentation is not None:
        return drawn
    stems = {file: file.name.removesuffix(".labels.tif") for file in path.parent.glob("*.labels.tif")}
    ours = [f for f, s in stems.items() if f != path and re.match(re.escape(s) + r"[-_. ]", path.name)]
    for original in sorted(ours, key=lambda file: -len(file.name)):
        try:
            found = corrected(read_label_map(original), drawn)
        except (InputError, OSError):
            continue
        if found.segmentation is not None:
            said = (
                f"a correction of {original.name}, whose errors of segmentation count for what is left of it"
            )
            return replace(found, warnings=(*found.warnings, said))
    return drawn


def is_drawing(path: Path) -> bool:
    """Whether `read_drawing` reads a file: by its ending, or its content where others use it too."""
    suffix = path.suffix.casefold()
    if suffix in FOREIGN:
        return path.is_file() and format_of(path) is not None
    return holds_polygons(path) if suffix in POLYGONS else suffix in DRAWINGS


def _regions(path: Path, image: str) -> Polygons:
    """Outlines and lines for the image of that name, with the size of the image where the file says it."""
    if path.suffix.lower() in POLYGONS:
        return read_polygons(path, image)
    return Polygons(read_rois(path), None, ())


def _map_of(regions: list[Roi], path: Path, shape: tuple[int, int], gap_px: int = 0) -> GrainMap:
    """Outlines or lines of ImageJ, drawn on shape (rows, columns). `InputError`: they are neither."""
    drawn = draw_rois(regions, shape)
    if not drawn.any():
        raise InputError(path, "holds no outline and no line", "Trace grains or boundaries")
    if drawn.dtype == bool:
        return grain_map_from_tracing(drawn, source=str(path))
    return _closed(grain_map_of_labels(_numbered(drawn, least=SMALLEST_PX), source=path), gap_px)


def regions_alone(path: Path, pixel_size_nm: float | None = None) -> GrainMap:
    """Regions or polygons without their image; `pixel_size_nm` in nanometres, of a TIFF else its own.

    Where no file tells the image's size, the map ends at their outermost point, and a warning says so.

    `InputError`: they hold no outline and no line.
    """
    drawn = _regions(path, image_stem(path))
    regions, said = drawn.rois, drawn.notes
    if path.suffix.lower() not in REGIONS:
        image = read_map_pixels(path, pixel_size_nm, tracing=True)
        read = _map_of(regions, path, (image.image.shape[0], image.image.shape[1]))
        found, source, said = image.pixel_size_nm, image.pixel_size_source, image.notes
    else:
        ends = np.concatenate([np.ones((1, 2)), *(one.points for one in regions)]).max(axis=0)
        read = _map_of(regions, path, drawn.shape or (math.ceil(ends[1]), math.ceil(ends[0])))
        found, source = pixel_size_nm, "none" if pixel_size_nm is None else "manual"
        said += () if drawn.shape else (ENDS,)
    return replace(read, pixel_size_nm=found, pixel_size_source=source, warnings=(*said, *read.warnings))


def close_gaps(labels: np.ndarray, width_px: int) -> np.ndarray:
    """Give strips of label 0 narrower than `width_px` to the nearest cell; wider ones stay 0."""
    return np.where(narrower_than(labels == 0, width_px), nearest_labels(labels), labels)


def _of_regions(
    path: Path, image: str, shape: tuple[int, int], whole: tuple[int, int], gap_px: int
) -> GrainMap:
    drawn = _regions(path, image)
    regions = drawn.rois
    if drawn.shape not in (None, shape, whole):
        size = "drawn on {1} x {0} pixels, its image has {3} x {2}".format(*(drawn.shape or shape), *whole)
        raise InputError(path, size, "Draw on the image at its own size")
    points = np.concatenate([np.zeros((0, 2)), *(one.points for one in regions)])
    ends = np.array(whole[::-1])
    beyond = ((points < -1) | (points > ends + 1)).any(axis=1).sum() / max(len(points), 1)
    if beyond > BEYOND:
        reason = f"{beyond:.0%} of its points lie beyond the image of {ends[0]} x {ends[1]} px"
        raise InputError(path, reason, "Trace on the image at its own size, not on an enlarged copy")
    read = _map_of(regions, path, shape, gap_px)
    return replace(read, warnings=(*drawn.notes, *read.warnings))


def _of_pixels(path: Path, lines: bool, gap_px: int) -> GrainMap:
    """A label map, or where it is none a drawing of lines."""
    if lines:
        return read_label_map(path, tracing=True)
    labels, refused = None, None
    try:
        labels = read_label_map(path)
        if labels.n_grains > 2:
            return _closed(labels, gap_px)
    except InputError as error:
        refused = error
    try:
        return read_label_map(path, tracing=True)
    except InputError as error:
        if labels is not None and labels.n_grains > 2:
            return _closed(labels, gap_px)
        if refused is None or refused.reason == error.reason:
            raise
        raise InputError(path, f"{refused.reason}; as lines: {error.reason}", _NUMBERS) from error


def _first_rows(read: GrainMap, rows: int) -> GrainMap:
    """Without what was drawn on an info bar."""
    cells = _numbered(read.cells()[:rows], least=1)
    phases = None if read.second_phases is None else set_aside(cells, read.second_phases[:rows] > 0)
    valid = None if read.valid is None else read.valid[:rows]
    return replace(read, labels=cells, valid=valid, second_phases=phases)


def _closed(read: GrainMap, gap_px: int) -> GrainMap:
    if gap_px == 0:
        return read
    cells = close_gaps(read.cells(), gap_px)
    return replace(read, labels=cells, second_phases=set_aside(cells, cells > read.n_grains))


def _numbered(labels: np.ndarray, *, least: int) -> np.ndarray:
    """Labels 1 ... n; those of fewer than `least` pixels (outlines hidden under others) drop out."""
    return numbered(np.where((np.bincount(labels.ravel()) >= least)[labels], labels, 0))
