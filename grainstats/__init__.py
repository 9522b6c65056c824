"""From electron micrographs to grain-boundary spacings and a verdict: uniform, bimodal or indeterminate.

``import grainstats as gs``, then the whole way in one call (`analyze`), or step by step (`read`, `segment`,
`measure`, `judge`). Every name not below is private, except those that the packages `grainstats.measure`,
`grainstats.infer`, `grainstats.magnet` and `grainstats.share` export themselves.

Examples
--------
>>> import grainstats as gs
>>> micrograph = gs.read(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")[0]
>>> micrograph.image.shape, micrograph.pixel_size_nm
((944, 1024), 2.0)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from segment._lazy import lazily

if TYPE_CHECKING:
    from grainstats.api.analysis import analyze, example_micrographs
    from grainstats.api.comparing import Comparison, compare
    from grainstats.api.results import ImageResult, Results, SampleResult
    from grainstats.api.steps import judge, read, segment
    from grainstats.api.stored import load_results
    from grainstats.infer.current import current
    from grainstats.infer.modality.verdict import ModalityVerdict
    from grainstats.magnet import magnet
    from grainstats.measure.any_map import measure
    from grainstats.measure.measurement import Measurement

    __version__: str

_ROOMS = ("magnet", "measure")  #: packages that can be called
_public_name = lazily(  # pandas and OpenVINO take a second
    __name__,
    {
        "_version": "__version__",
        "api.analysis": "analyze example_micrographs",
        "api.comparing": "Comparison compare",
        "api.results": "ImageResult Results SampleResult",
        "api.steps": "judge read segment",
        "api.stored": "load_results",
        "infer.current": "current",
        "infer.modality.verdict": "ModalityVerdict",
        "measure.measurement": "Measurement",
    },
)

__all__ = [
    "Comparison",
    "ImageResult",
    "Measurement",
    "ModalityVerdict",
    "Results",
    "SampleResult",
    "__version__",
    "analyze",
    "compare",
    "current",
    "example_micrographs",
    "judge",
    "load_results",
    "magnet",
    "measure",
    "read",
    "segment",
]


def __getattr__(name: str) -> Any:
    """The public names, loaded when first asked for."""
    return import_module(f"{__name__}.{name}") if name in _ROOMS else _public_name(name)


def __dir__() -> list[str]:
    return __all__
