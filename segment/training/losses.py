"""What training minimises: cross-entropy, and Dice of the boundary; distance from earlier answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segment.training.data.crops import Batch
from segment.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    import torch

_SURE = 0.6  #: probability from which the network contradicts an annotator who drew nothing
_SMOOTH = 50.0  #: pixels added to both sides of Dice, so that empty crops do not shake it
#: weight of the second output's distance beside the first's: voids fade first; by drawn ceramics
SECOND = 2.5


def training_loss(
    recipe: TrainingRecipe, logits: torch.Tensor, batch: Batch, *, trusting: bool
) -> torch.Tensor:
    """Cross-entropy and Dice of the boundary, cross-entropy of not-a-grain.

    Where a real crop's annotator drew nothing and the network is sure of a boundary, the pixel counts
    `recipe.doubt` only, unless `trusting` (early in training the network's opinion is worth nothing).
    Logits of shape (batch, 2, rows, columns), on the batch's device; a scalar.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    target, weight = batch.target, batch.weight.clone()
    answer = torch.sigmoid(logits[:, 0])
    if not trusting:
        real = batch.real[:, None, None]
        weight[:, 0] *= torch.where(real & (target[:, 0] == 0) & (answer.detach() > _SURE), recipe.doubt, 1.0)
    entropy = binary_cross_entropy_with_logits(logits, target, reduction="none") * weight
    loss = entropy[:, 0].mean() + 0.5 * entropy[:, 1].mean()
    return loss + recipe.dice * (1 - _dice(answer, target[:, 0], weight[:, 0])).mean()


def kept_loss(
    recipe: TrainingRecipe, logits: torch.Tensor, before: torch.Tensor, batch: Batch, *, trusting: bool
) -> torch.Tensor:
    """`training_loss` of the crops that are taught; of the others, distance from the logits `before`.

    Whatever is taught says nothing of what is no grain: that output keeps its answers on every crop.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    soft = torch.sigmoid(before)
    entropy = binary_cross_entropy_with_logits(before, soft, reduction="none")
    distance = binary_cross_entropy_with_logits(logits, soft, reduction="none") - entropy
    taught = batch.taught
    kept = distance[~taught, 0].mean((1, 2)).sum() + SECOND * distance[:, 1].mean((1, 2)).sum()
    loss = recipe.keep * kept
    if taught.any():
        weight = batch.weight[taught].clone()
        weight[:, 1] = 0
        chosen = batch._replace(target=batch.target[taught], weight=weight, real=batch.real[taught])
        loss = loss + taught.sum() * training_loss(recipe, logits[taught], chosen, trusting=trusting)
    return loss / len(taught)


def _dice(answer: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    hit = (weight * answer * target).sum((1, 2))
    size = (weight * (answer + target)).sum((1, 2))
    return (2 * hit + _SMOOTH) / (size + _SMOOTH)
