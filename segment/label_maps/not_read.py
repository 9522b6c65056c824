"""Files of programs in which people draw that are not read, and how to save what is in them."""

from pathlib import Path

_LAYER = "Export the layer of lines or labels alone as PNG, in the size of the image"
_OUTLINES = "Export outlines (LabelMe, COCO, GeoJSON), masks with a number for each grain, or ImageJ regions"
_TIFF = "Save the labels as 16- or 32-bit TIFF"
TEXTS = (".txt", ".csv", ".tsv")  #: a grid of labels, where a map is asked for; else a table of something
_SAVE = {
    **dict.fromkeys((".xcf", ".psd", ".kra", ".svg", ".ai", ".pdf", ".pptx"), _LAYER),
    **dict.fromkeys((".json", ".geojson", ".xml"), _OUTLINES),
    **dict.fromkeys((".nrrd", ".mha", ".mhd", ".nii", ".am", ".gif", *TEXTS), _TIFF),
    ".npz": "Save the array of labels alone, with numpy.save or as 16-bit TIFF",
    ".mat": "Save the labels in MATLAB: imwrite(uint16(L), 'NAME.tif')",
}


def how_to_save(path: Path) -> str | None:
    """What to do in the program that wrote the file; None: no such program is known.

    >>> how_to_save(Path("field_1.mat"))
    "Save the labels in MATLAB: imwrite(uint16(L), 'NAME.tif')"
    """
    return _SAVE.get(path.suffix.lower())
