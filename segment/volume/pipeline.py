"""A grey stack from slices to grains and phases."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from segment.choices import Device
from segment.errors import UncalibratedError, UnreadableError
from segment.micrograph.micrograph import Micrograph
from segment.unet.model_folder import Model
from segment.unet.predict import predict
from segment.volume.alignment import aligned, find_drift
from segment.volume.common_view import LEAST_VIEW_PX
from segment.volume.components import large_components
from segment.volume.grey_levels import contrast_note, even_slices
from segment.volume.labels import outside_note
from segment.volume.phases import PHASE_NAMES, SOLID, find_phases, fractions_of, given_phases
from segment.volume.slice_defects import blank_slices, slice_defects, without_blanks
from segment.volume.stack import GreyVolume, LabelVolume, VoxelSize, few_levels, let_go
from segment.volume.watershed import NO_GRAIN, volume_watershed

Align = Literal["none", "drift", "reference"]
LARGE_SHEAR_PX = 0.25  #: steady shift per slice worth a warning
CLEARLY_LARGER = 0.65  #: share of the solid; judgement
_FLAT = 0.8  #: share of equal neighbours that no image with noise has
SMALLEST_GRAIN_PX = 8.0  #: sphere, network's pixels; best F1 in a made stack of seed 2 (volume_phases)
_CUBIC = 1.25  #: longest over shortest voxel edge up to which all three directions are seen alike
_SMALLEST_PX = 64  #: what the network needs to see


@dataclass(frozen=True)
class StackSettings:
    """What the user may choose about a grey stack."""

    align: Align = "drift"  #: correct what departs from a steady shift; all of it ("reference"); or nothing
    curtains: bool = True  #: take vertical stripes out
    n_phases: int | None = None  #: 1 solid, 2 void and solid, 3 a second phase too; None: as stand apart
    grains: bool = True  #: find grains; otherwise phases alone
    #: show the network slices along all three axes; None: where voxels are about cubic
    every_direction: bool | None = None
    device: Device = "auto"


def _finite(values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """The values with the median in place of what is no number, and how many voxels that were."""
    bad = 0 if values.dtype.kind != "f" else sum(int((~np.isfinite(s)).sum()) for s in values)
    if not bad:
        return values, ()
    good = np.isfinite(values)
    middle = np.median(values[good]) if good.any() else 0
    note = f"voxels that are no numbers: {bad}; they were given the median"
    return np.where(good, values, middle).astype(values.dtype), (note,)


def prepare_stack(stack: GreyVolume, settings: StackSettings) -> tuple[np.ndarray, tuple[str, ...]]:
    """Slices in register with even grey levels, uint8, and what was noticed.

    `UnreadableError`: all slices are blank.
    """
    values, notes = _finite(stack.values)
    blank = blank_slices(values)
    if len(blank) == len(values):
        raise UnreadableError(stack.source, "all slices are blank", "Export the stack again")
    notes += slice_defects(values, blank)
    values = without_blanks(values, blank, stack.source)
    middle = values[len(values) // 2]
    if np.mean(middle[:, 1:] == middle[:, :-1]) > _FLAT:
        notes += ("neighbouring pixels are equal as in a label volume; --labels reads it as one",)
    if settings.align != "none":
        drift = find_drift(values, keep_shear=settings.align == "drift")
        if drift.worth_moving:
            values = aligned(values, drift)
            notes += (
                f"slices were moved by up to {drift.largest_px:.1f} px to bring them into register; the rim "
                "that some do not show was cut off",
            )
            if min(values.shape[1:]) < LEAST_VIEW_PX:
                raise UnreadableError(
                    stack.source,
                    "its slices drift out of each other's view",
                    "Crop them, or give --align none",
                )
        shear = float(np.hypot(*drift.shear_px))
        if shear >= LARGE_SHEAR_PX:
            notes += (
                f"slices shift steadily by {shear:.2f} px each; this was left, since leaning structures look "
                "alike: --align reference takes it out",
            )
    even = even_slices(values, curtains=settings.curtains)
    let_go(stack.values)
    return even, notes


def segment_stack(
    stack: GreyVolume, model: Model | None, settings: StackSettings = StackSettings()
) -> tuple[LabelVolume, np.ndarray]:
    """Grains and phases of a grey stack, and its slices after preparation, uint8.

    Without a model the solid is one grain. `UncalibratedError`: the voxel size is not known.
    """
    if stack.voxel_size is None:
        raise UncalibratedError(stack.source, "its voxel size is not known", "Give --voxel-size X Y Z")
    levels = few_levels(stack.values)
    if levels is None:
        grey, notes = prepare_stack(stack, settings)
        phase = find_phases(grey, settings.n_phases)
        notes += contrast_note(grey, phase) if settings.n_phases is None else ()
    elif settings.grains:
        raise UnreadableError(
            stack.source,
            f"it has {len(levels)} grey levels, as a map of phases, in which no grain shows",
            "Give --phases-only, or the grey slices",
        )
    else:
        grey, phase = given_phases(stack.values, levels, settings.n_phases)
        notes = ("few grey levels, as in a map of phases: each is taken for a phase",)
    fractions = fractions_of(phase)
    notes += outside_note(phase, PHASE_NAMES)
    if settings.n_phases is None and len(fractions) == 2 and fractions[0][1] < CLEARLY_LARGER:
        notes += ("of two phases the larger is taken for the solid; --phases 2 takes the brighter",)
    if settings.grains and model is not None:
        every = settings.every_direction
        if every is None:
            every = sees_every_direction(grey.shape, stack.voxel_size)
        probability = boundary_volume(grey, model, (0, 1, 2) if every else (0,), device=settings.device)
        least = round(np.pi / 6 * SMALLEST_GRAIN_PX**3)
        _mark_phases(probability, phase, least)
        del phase
        labels = volume_watershed(probability, persistence=model.persistence, min_voxels=least)
        phase = _marked_phases(probability)
    else:
        labels = np.empty(phase.shape, np.int32)
        np.equal(phase, SOLID, out=labels, casting="unsafe")
    names = np.arange(int(labels.max()) + 1)
    volume = LabelVolume(labels, stack.voxel_size, names, fractions, stack.warnings + notes, phase)
    return volume, grey


def _mark_phases(probability: np.ndarray, phase: np.ndarray, least: int) -> None:
    """Write `NO_GRAIN` + phase, in place, outside solid pieces of `least` voxels: one array for both."""
    large = large_components(phase, least)
    for levels, kind, whole in zip(probability, phase, large, strict=True):
        np.minimum(levels, NO_GRAIN - 1, out=levels)
        np.copyto(levels, kind + np.uint8(NO_GRAIN), where=(kind != SOLID) | ~whole)


def _marked_phases(marked: np.ndarray) -> np.ndarray:
    """The phases that `_mark_phases` wrote, in the same memory."""
    for levels in marked:
        levels[...] = np.where(levels < NO_GRAIN, SOLID, levels - np.uint8(NO_GRAIN))
    return marked


def sees_every_direction(shape: tuple[int, ...], voxel_size: VoxelSize) -> bool:
    """Whether slices across all three axes are alike to the network: voxels are about cubic."""
    edges = voxel_size.xyz
    return max(edges) <= _CUBIC * min(edges) and min(shape) >= _SMALLEST_PX


def boundary_volume(
    grey: np.ndarray, model: Model, axes: tuple[int, ...], *, device: Device = "auto"
) -> np.ndarray:
    """Boundary probability of every voxel, uint8 (0 ... 255) of the shape of `grey`, uint8.

    Slices across each of `axes` are shown to the network, and the answers averaged.  With one axis the
    answers of neighbouring slices are averaged instead.
    """
    total = np.zeros(grey.shape, np.uint8)
    for axis in axes:
        scale: float | None = None
        middle, n = grey.shape[axis] // 2, grey.shape[axis]
        for k in (middle, *range(middle), *range(middle + 1, n)):  # the first settles the scale for all
            image = np.ascontiguousarray(grey.take(k, axis=axis))
            shown = Micrograph(image, None, "none", Path("slice"), "", "volume")
            found = predict(model, shown, device=device, scale=scale)
            scale = found.scale
            np.moveaxis(total, axis, 0)[k] += np.rint(found.probability * (255 / len(axes))).astype(np.uint8)
    return _along_z(total) if axes == (0,) else total


def _along_z(answers: np.ndarray) -> np.ndarray:
    """Every slice averaged with half of each neighbour, uint8."""
    out = np.empty_like(answers)
    last = len(answers) - 1
    for k in range(len(answers)):
        near = [answers[i].astype(np.uint16) for i in (max(k - 1, 0), k, min(k + 1, last))]
        out[k] = (near[0] + 2 * near[1] + near[2] + 2) // 4
    return out
