"""The model that cut a map, and how much boundary its segmentations of a sample have lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segment.quality.boundary_loss import Loss
    from segment.segmentation import Segmentation
    from segment.unet.model_folder import Model


def model_that_cut(segmentation: Segmentation) -> Model | None:
    """The model that a label map names; None where it is not here, or has changed since."""
    from segment.errors import ModelError
    from segment.unet.model_folder import load_model

    try:
        model = load_model(segmentation.model_name)
    except ModelError:
        return None
    return model if model.digest == segmentation.model_digest else None


def loss_of(segmentations: Sequence[Segmentation | None], model: Model | None = None) -> Loss | None:
    """Loss of a sample's images (None: cut by no model); None where it is not known.

    It is known where one model has cut all images, its files are here, and its loss was measured. Without the
    model of the run, the released one of that name is asked.
    """
    from segment.quality.boundary_loss import read_loss_table

    cut = [each for each in segmentations if each is not None]
    if len(cut) < len(segmentations) or len({(s.model_name, s.model_digest) for s in cut}) != 1:
        return None
    model = model or model_that_cut(cut[0])
    table = None if model is None else read_loss_table(model.folder)
    return None if model is None or table is None or model.digest != cut[0].model_digest else table.of(cut)
