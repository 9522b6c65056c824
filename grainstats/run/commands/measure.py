"""`grainstats measure`: grains, intercepts, network and verdict of label maps, tracings, orientation maps."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import (
    JsonOption,
    MergeTwinsOption,
    MisorientationOption,
    PhaseOption,
    PixelSizeOption,
    TracingOption,
    TwinOption,
)
from segment.choices import Null

if TYPE_CHECKING:
    from grainstats.measure import Measurement
    from segment.grain_map import GrainMap


def measure(
    maps: Annotated[
        list[Path], Argument(metavar="MAP", help="Label or orientation maps; several are one sample.")
    ],
    pixel_size: PixelSizeOption = None,
    tracing: TracingOption = False,
    null: Annotated[
        Null, Option(help="Uniform network to compare with: plane sections, or columnar films.")
    ] = "section",
    out: Annotated[Path | None, Option("--out", help="Folder for the tables (CSV).")] = None,
    as_json: JsonOption = False,
    pixels: Annotated[
        bool, Option("--pixels", help="Give lengths in pixels, for one map of unknown scale.")
    ] = False,
    seed: Annotated[int, Option(min=0, help="Seed of the test lines and of the modes' intervals.")] = 0,
    misorientation_deg: MisorientationOption = None,
    merge_twins: MergeTwinsOption = False,
    twin: TwinOption = None,
    phase: PhaseOption = None,
) -> None:
    """Measure grain maps and judge whether the network is uniform or bimodal.

    Several maps are one sample. Exit status 1 where some maps failed (named, the rest measured).

    Examples:

    - `grainstats measure maps/film.labels.tif`
    - `grainstats measure traced.png --tracing --pixel-size 2.5 --json`
    """
    from grainstats.run.orientation_input import grain_rules
    from grainstats.share.safe_paths import told_apart
    from segment.errors import InputError
    from segment.label_maps.any_file import read_map

    if pixels and (len(maps) > 1 or pixel_size is not None):
        reason = "it is for one map without --pixel-size; maps of one sample need nanometres"
        raise InputError("--pixels", reason, "Give --pixel-size NM instead")
    unit = "px" if pixels else "nm"
    rules = grain_rules(misorientation_deg, merge_twins, twin, phase)
    read = partial(read_map, pixel_size_nm=pixel_size, tracing=tracing, rules=rules)
    names = told_apart(path.stem.removesuffix(".labels") for path in maps)
    measured = [
        m
        for path, name in zip(maps, names, strict=True)
        if (m := _measure_file(path, name, read, not tracing, unit, seed))
    ]
    failed = len(measured) < len(maps)
    measured, said = _each_area_once(measured)
    if measured:
        document = _document([m for _, m in measured], null, seed, said)
        print(json.dumps(document, indent=2) if as_json else _in_words(document))
        if out is not None:
            _write(out, measured, document)
            if not as_json:
                print(f"tables: {out}")
    if failed:
        raise typer.Exit(1)


def _each_area_once(
    measured: list[tuple[GrainMap, Measurement]],
) -> tuple[list[tuple[GrainMap, Measurement]], list[str]]:
    """Without maps of an area that is there already, a copy makes no grain and no field; and what is said."""
    from grainstats.infer import SampleImage
    from grainstats.infer.modality.odd_scales import odd_images
    from segment.registration.overlap import each_area_once, same_maps

    copies = {found.second: found.first for found in reversed(same_maps([one for one, _ in measured]))}
    fields, names = [m.places() for _, m in measured], [m.image_id for _, m in measured]
    own, said = each_area_once(fields, names, copies)
    counting = [measured[place][1] for place in own]
    images = [SampleImage.of_measurement(m).grains for m in counting]
    said += odd_images([m.image_id for m in counting], images)
    for text in said:
        print(f"warning: {text}", file=sys.stderr)
    return [measured[place] for place in own], said


def _measure_file(
    path: Path, name: str, read: Callable[[Path], GrainMap], check: bool, unit: str, seed: int
) -> tuple[GrainMap, Measurement] | None:
    """One map with its measurement; None, and the reason on standard error, where it cannot be used."""
    from grainstats.measure import measure_grain_map
    from grainstats.measure.own_size import own_label_map
    from grainstats.run.failures import said_of_file
    from segment.errors import UncalibratedError

    try:
        grain_map = read(path)
        if unit == "nm" and grain_map.pixel_size_nm is None:
            reason = "the map does not say its pixel size"
            raise UncalibratedError(path, reason, "Give --pixel-size NM, or --pixels for lengths in pixels")
        if check:
            grain_map = own_label_map(grain_map, str(path))
        measured = measure_grain_map(grain_map, unit=unit, seed=seed, image_id=name)
    except Exception as error:  # whatever one map raises, the others are measured
        print(f"error: {said_of_file(path, error)}", file=sys.stderr)
        return None
    for warning in grain_map.warnings:
        print(f"warning: {path}: {warning}", file=sys.stderr)
    return grain_map, measured


def _document(measured: list[Measurement], null: Null, seed: int, said: Sequence[str]) -> dict[str, Any]:
    """The `--json` document: the sample's summary and its modality."""
    from grainstats.measure import sample_summary
    from grainstats.run.lost_boundary import loss_of

    cut = [m.segmentation for m in measured]
    loss = None if measured[0].unit == "px" else loss_of(cut)
    if loss is None and measured[0].unit == "nm" and all(cut):
        text = (
            "no mean is corrected for lost boundary: how much the model that cut the maps loses is not known"
        )
        print(f"warning: {text} (an older one, or one of your own)", file=sys.stderr)
    document = sample_summary(measured, loss)
    document["modality"] = _modality(measured, null, seed, said)
    return document


def _modality(measured: list[Measurement], null: Null, seed: int, said: Sequence[str]) -> dict[str, Any]:
    """The verdict, with lengths in the measurements' unit."""
    import pandas as pd

    from grainstats.infer import SampleImage, judge_sample, modality_json
    from grainstats.infer.modality.judge_sample import which_count
    from grainstats.infer.modality.spacing_answer import spacing_answer
    from grainstats.measure.spacing.chords import chords_of

    images = [SampleImage.of_measurement(m) for m in measured]
    verdict = judge_sample(images, null=null, seed=seed, said=said)
    document = modality_json(verdict)
    unit = measured[0].unit
    judged = compress(measured, which_count(images))
    chords = chords_of(pd.concat([m.intercepts for m in judged]), unit)
    document["spacings"] = spacing_answer(chords, verdict).as_json()
    if unit == "px":
        document = {name.replace("_nm", "_px"): value for name, value in document.items()}
    return document


def _write(out: Path, measured: list[tuple[GrainMap, Measurement]], document: dict[str, Any]) -> None:
    """Tables of each map, with its angles where it has orientations, descriptors of all, and the document."""
    from grainstats.measure import descriptor_table
    from grainstats.measure.network.misorientation import misorientation_distribution
    from grainstats.run.atomic import write_bytes
    from grainstats.share.spreadsheet_text import without_formulas

    out.mkdir(parents=True, exist_ok=True)
    for grain_map, m in measured:
        segments = m.network.segments
        tables = {
            "grains": m.grains,
            "intercepts": m.intercepts,
            "segments": segments,
            "junctions": m.network.junctions,
        }
        if grain_map.orientations is not None:
            angles = misorientation_distribution(segments, grain_map.orientations, m.unit)
            tables["misorientations"] = angles
        for kind, table in tables.items():
            write_bytes(out / f"{m.image_id}.{kind}.csv", table.to_csv(index=False).encode())
    descriptors = without_formulas(descriptor_table([m for _, m in measured]))
    write_bytes(out / "descriptors.csv", descriptors.to_csv(index=False).encode())
    write_bytes(out / "summary.json", f"{json.dumps(document, indent=2)}\n".encode())


def _in_words(document: dict[str, Any]) -> str:
    """The document for people."""
    from grainstats.infer.modality.spacing_answer import SpacingAnswer
    from grainstats.run.report.wording import counted, rounded, sentence
    from grainstats.share.catalogue import field_of

    modality = document["modality"]
    lines = [
        f"{counted(document['n_grains'], 'grain')} in {counted(document['n_images'], 'map')}, "
        f"{document['n_interior']} not cut by the frame"
    ]
    shown = {name: d for name, d in document["descriptors"].items() if not name.startswith("n_")}
    labels = [field_of(name.replace("_per_px", "_per_um").replace("_px", "_nm")).en for name in shown]
    width = max(map(len, labels), default=0)
    for label, d in zip(labels, shown.values(), strict=True):
        value = "unknown" if d["value"] is None else rounded(d["value"], 4)
        ci = "" if d["ci"] is None else f"  (95 %: {rounded(d['ci'][0], 4)} to {rounded(d['ci'][1], 4)})"
        lines.append(f"  {label:{width}s}  {value} {'' if d['unit'] == '1' else d['unit']}{ci}")
    lines.append(f"network: {modality['verdict']}. {sentence(modality['reason'])}")
    if modality["spacings"]["p_value"] is not None:
        lines.append(f"  {SpacingAnswer(**modality['spacings']).in_words}")
    if modality["stability"] is not None and modality["verdict"] != "indeterminate":
        same = "no second population" if modality["verdict"] == "uniform" else "the same"
        lines.append(f"  {same} in {modality['stability']:.0%} of the maps drawn at other thresholds")
    return "\n".join(lines)
