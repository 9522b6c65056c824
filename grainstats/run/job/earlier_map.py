"""The map of an image that another recipe left: only what it says is measured again, nothing is segmented."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grainstats.share.safe_paths import is_below
from segment.errors import InputError

if TYPE_CHECKING:
    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph


def earlier_map(
    micrograph: Micrograph, model_digest: str, names: Iterable[str], out: Path
) -> GrainMap | None:
    """What the model cut of this image before, with the pixel size of now; None where nothing of use is left.

    The label map may lie at one of `names` below `out`.
    """
    from segment.label_maps.reading import read_label_map

    for name in names:
        if not is_below(out, name) or not (out / name).is_file():
            continue
        try:
            found = read_label_map(out / name, pixel_size_nm=micrograph.pixel_size_nm)
        except (InputError, OSError):
            continue  # it is cut again
        made = found.segmentation  # read only where no label has changed since
        ours = made is not None and made.model_digest == model_digest
        if made is not None and ours and found.labels.shape == micrograph.image.shape:
            return replace(found, pixel_size_source=micrograph.pixel_size_source, warnings=made.warnings)
    return None
