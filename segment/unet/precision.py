"""Which arithmetic the network runs in: the fastest that this processor has and that was found to agree."""

from __future__ import annotations

from typing import Literal

from segment.errors import InputError
from segment.unet.model import Model, Precision

AGREEMENT = 0.995  #: measured agreement with f32 from which "auto" chooses a shorter arithmetic
Chosen = Literal["f32", "bf16", "int8"]


def choose_precision(model: Model, precision: Precision, *, on_cuda: bool = False) -> Chosen:
    """The one asked for; "auto": bf16, else INT8, where the processor has it and it agrees with f32.

    Where a processor has both, bf16 was measured to be as fast as INT8 but for a tenth, and agrees better.
    On CUDA "auto" is bf16 or f32.

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
    if _agrees(model.bf16_agreement) and (on_cuda or processor_has_bf16()):
        return "bf16"
    if on_cuda:
        return "f32"
    if _agrees(model.int8_agreement) and model.int8_weights is not None and processor_has_vnni():
        return "int8"
    return "f32"


def _agrees(measured: float | None) -> bool:
    return measured is not None and measured >= AGREEMENT


def processor_has_bf16() -> bool:
    """Whether OpenVINO finds AVX512_BF16 or AMX on this processor."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor_has_vnni() -> bool:
    """Whether the processor multiplies 8-bit integers fast (AVX-512 or AVX VNNI, AMX)."""
    from llvmlite.binding import get_host_cpu_features

    try:
        features = get_host_cpu_features()
    except RuntimeError:  # not known for this processor
        return False
    return any(features.get(name, False) for name in ("avx512vnni", "avxvnni", "amx-int8"))
