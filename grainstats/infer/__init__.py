"""Tables -> answers: modality verdict, group comparison, intervals."""

from typing import TYPE_CHECKING

from segment._lazy import lazily

if TYPE_CHECKING:
    from grainstats.infer.modality.image_grains import ImageGrains
    from grainstats.infer.modality.judge import judge_modality
    from grainstats.infer.modality.judge_sample import SampleImage, judge_sample
    from grainstats.infer.modality.judging_digest import judging_digest
    from grainstats.infer.modality.verdict import ModalityVerdict, modality_json

__all__ = [
    "ImageGrains",
    "ModalityVerdict",
    "SampleImage",
    "judge_modality",
    "judge_sample",
    "judging_digest",
    "modality_json",
]

__getattr__ = lazily(  # who reads a stored verdict needs no SciPy
    __name__,
    {
        "modality.image_grains": "ImageGrains",
        "modality.judge": "judge_modality",
        "modality.judge_sample": "SampleImage judge_sample",
        "modality.judging_digest": "judging_digest",
        "modality.verdict": "ModalityVerdict modality_json",
    },
)
