"""Which arithmetic the network runs in: the fastest that this processor has and that was found to agree."""

from __future__ import annotations

from typing import Literal

from segment.errors import InputError
from segment.unet.choices import Precision
from segment.unet.model_folder import Model

AGREEMENT = 0.995  #: measured agreement with f32 from which "auto" chooses a shorter arithmetic
VNNI = ("avx512vnni", "avxvnni", "amx-int8")  #: what multiplies 8-bit integers fast
Chosen = Literal["f32", "bf16", "int8"]


def choose_precision(model: Model, precision: Precision, *, on_cuda: bool = False) -> Chosen:
    """The one asked for; "auto": the fastest that the machine has and that agrees with f32.

    On processors with AMX that is bf16, as fast as INT8 but for a tenth there and closer to f32; on others
    with VNNI it is INT8, three quarters of the time of bf16 (docs/segmentation_speed.md); on CUDA bf16
    or f32.

    Raises
    ------
    InputError
        INT8 is asked for and the model has no INT8 weights.
    """
    if precision == "int8" and model.int8_weights is None:
        raise InputError(
            f"model {model.name}", "it has no INT8 weights", "Export it again, or use another --precision"
        )
    if precision != "auto":
        return precision
    bf16 = _agrees(model.bf16_agreement)
    if on_cuda:
        return "bf16" if bf16 else "f32"
    if bf16 and processor_has("amx-bf16"):
        return "bf16"
    if _agrees(model.int8_agreement) and model.int8_weights is not None and processor_has(*VNNI):
        return "int8"
    return "bf16" if bf16 and processor_has_bf16() else "f32"


def _agrees(measured: float | None) -> bool:
    return measured is not None and measured >= AGREEMENT


def processor_has_bf16() -> bool:
    """Whether OpenVINO finds AVX512_BF16 or AMX on this processor."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor_has(*names: str) -> bool:
    """Whether the processor has any of these features, by LLVM's names; False where they are not known."""
    from llvmlite.binding import get_host_cpu_features

    try:
        features = get_host_cpu_features()
    except RuntimeError:
        return False
    return any(features.get(name, False) for name in names)
