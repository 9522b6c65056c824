"""Which arithmetic the network runs in: the faster one that this machine has and that was found to agree."""

from __future__ import annotations

from typing import Literal

from segment.unet.choices import Precision
from segment.unet.model_folder import Model

AGREEMENT = 0.995  #: measured agreement with f32 from which "auto" chooses bf16
Chosen = Literal["f32", "bf16"]


def choose_precision(model: Model, precision: Precision, *, on_cuda: bool = False) -> Chosen:
    """The one asked for; "auto": bf16 where the machine has it and it agrees with f32, else f32."""
    if precision != "auto":
        return precision
    agrees = model.bf16_agreement is not None and model.bf16_agreement >= AGREEMENT
    return "bf16" if agrees and (on_cuda or processor_has_bf16()) else "f32"


def processor_has_bf16() -> bool:
    """Whether OpenVINO finds AVX512_BF16 or AMX on this processor."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor_has(name: str) -> bool:
    """Whether the processor has this feature, by LLVM's name; False where it is not known."""
    from llvmlite.binding import get_host_cpu_features

    try:
        features = get_host_cpu_features()
    except RuntimeError:
        return False
    return bool(features.get(name, False))
