"""Tables -> answers: modality verdict, group comparison, intervals."""

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
