"""Is the grain size of a volume one population or two? From sizes themselves, without stereology."""

from grainstats.infer.volume_modality.judge import (
    VolumeVerdict,
    judge_volume,
    no_verdict,
    volume_modality_json,
)

__all__ = ["VolumeVerdict", "judge_volume", "no_verdict", "volume_modality_json"]
