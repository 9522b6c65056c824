"""Tables -> answers: modality verdict, group comparison, intervals."""

from grainstats.infer.verdict import ModalityVerdict

__all__ = ["ModalityVerdict"]
