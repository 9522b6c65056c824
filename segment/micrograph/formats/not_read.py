"""Files that are known but not read, by their first bytes: what they are, and what to do."""

import re

from segment.micrograph.open_file import OpenFile

_PICTURE = "Save it as PNG or TIFF"
_INSIDE = "Save the original image on its own, as TIFF or PNG: in such files pictures are mostly reduced"
_OME = "Export it from the microscope's program, or with Bio-Formats, as OME-TIFF"
_RAW = "Export it from the microscope's program as TIFF or MRC"
_AGAIN = "Copy the image itself, not the page or the pointer that stands for it"
#: pattern of the first bytes, what such a file is, remedy; the first that matches counts
_BY_BYTES = (
    (rb"GIF8", "a GIF, of 256 colours at most", _PICTURE),
    (rb"RIFF....WEBP", "a WebP picture", _PICTURE),
    (rb"....ftyp(hei|hev|mif|avi)", "a HEIC or AVIF picture, as phones write them", _PICTURE),
    (rb"\0\0\0\x0c(JXL|jP  )|\xff\x0a|\xff\x4f\xff\x51", "a JPEG XL or JPEG 2000", _PICTURE),
    (rb"P[1-6]\s|8BPS|gimp xcf|BM|II\xbc|qoif", "a picture of another program", _PICTURE),
    (rb"%!PS|\xc5\xd0\xd3\xc6|(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg", "a drawing", _INSIDE),
    (rb"%PDF", "a PDF", _INSIDE),
    (rb"PK\x03\x04.*(word/|ppt/|xl/|\[Content_Types\])", "an Office document", _INSIDE),
    (rb"PK\x03\x04|Rar!|7z\xbc|\x1f\x8b", "an archive", "Unpack it"),
    (rb"ZISRAWFILE", "a CZI file of Zeiss ZEN", _OME),
    (rb"\x70\0\0\0", "a LIF file of Leica", _OME),
    (rb"\xda\xce\xbe\x0a", "an ND2 file of Nikon", _OME),
    (rb"\xd0\xcf\x11\xe0", "an OIB or ZVI file, or an old Office document", _OME),
    (rb"SIMPLE  =|\{\s*(HeaderID|HEADER_BYTES)", "FITS, EDF or SMV data of a detector", _RAW),
    (rb".{128}DICM", "a DICOM file", _PICTURE),
    (rb"\x93NUMPY", "a NumPy array", "Use `gs.segment` in Python, or `grainstats measure` for a label map"),
    (rb"\s*<(!doctype html|html)|version https://git-lfs", "no image: a web page or a pointer", _AGAIN),
)


def what_it_is(opened: OpenFile) -> tuple[str, str] | None:
    """What a file is, as a clause, and what to do; None where its first bytes say nothing."""
    for pattern, what, remedy in _BY_BYTES:
        if re.match(pattern, opened.head, re.DOTALL | re.IGNORECASE):
            return what, remedy
    return None
