"""Micrograph -> grain map: reading microscope files, the U-Net at work, closed cells.

Every name that is not listed here is private, except those that its packages export themselves.

Examples
--------
>>> import segment
>>> segment.released_models()[0]
'unet-lite2'
"""

import sys
from typing import TYPE_CHECKING, Any

from segment._lazy import lazily

if TYPE_CHECKING:
    from segment.boundary_map import BoundaryMap
    from segment.cells.close import close_cells, grain_map_from_tracing
    from segment.errors import InputError
    from segment.grain_map import GrainMap
    from segment.label_maps.any_file import read_map
    from segment.label_maps.reading import read_label_map
    from segment.label_maps.repairs import grain_map_of_labels
    from segment.label_maps.writing import write_boundary_map, write_label_map
    from segment.micrograph import Micrograph, find_micrographs, micrograph_of_array, read_micrographs
    from segment.orientation import read_orientation_map
    from segment.pipeline import segment_micrograph
    from segment.segmentation import Segmentation
    from segment.unet import Model, load_model, released_models
    from segment.unet.predict import predict

    __version__: str

# OpenVINO tells Google Analytics of every import, unless this package of its own cannot be found
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

_public_name = lazily(  # OpenCV and SciPy take a second
    __name__,
    {
        "boundary_map": "BoundaryMap",
        "cells.close": "close_cells grain_map_from_tracing",
        "errors": "InputError",
        "grain_map": "GrainMap",
        "label_maps.any_file": "read_map",
        "label_maps.reading": "read_label_map",
        "label_maps.repairs": "grain_map_of_labels",
        "label_maps.writing": "write_boundary_map write_label_map",
        "micrograph": "Micrograph find_micrographs micrograph_of_array read_micrographs",
        "orientation": "read_orientation_map",
        "pipeline": "segment_micrograph",
        "segmentation": "Segmentation",
        "unet": "Model load_model released_models",
        "unet.predict": "predict",
    },
)

__all__ = [
    "BoundaryMap",
    "GrainMap",
    "InputError",
    "Micrograph",
    "Model",
    "Segmentation",
    "__version__",
    "close_cells",
    "find_micrographs",
    "grain_map_from_tracing",
    "grain_map_of_labels",
    "load_model",
    "micrograph_of_array",
    "predict",
    "read_label_map",
    "read_map",
    "read_micrographs",
    "read_orientation_map",
    "released_models",
    "segment_micrograph",
    "write_boundary_map",
    "write_label_map",
]


def __getattr__(name: str) -> Any:
    """The public names, loaded when first asked for."""
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("grainstats")
        except PackageNotFoundError:
            return "0+unknown"
    return _public_name(name)


def __dir__() -> list[str]:
    return __all__
