"""Tables -> answers: modality verdict, group comparison, intervals."""

from grainstats.infer.grains import ImageGrains
from grainstats.infer.modality import judge_modality
from grainstats.infer.null_mosaics import Population
from grainstats.infer.stability import ImageCuts, with_stability
from grainstats.infer.verdict import ModalityVerdict, modality_json

__all__ = [
    "ImageCuts",
    "ImageGrains",
    "ModalityVerdict",
    "Population",
    "judge_modality",
    "modality_json",
    "with_stability",
]
