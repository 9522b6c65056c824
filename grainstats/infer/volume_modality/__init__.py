"""Is the grain size of a volume one population or two? From sizes themselves, without stereology."""

from grainstats.infer.volume_modality.judge import judge_volume, no_verdict

__all__ = ["judge_volume", "no_verdict"]
