"""`grainstats current`: the current that a boundary network can carry, by its limiting path."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
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

if TYPE_CHECKING:
    from grainstats.infer.current import CurrentEstimate
    from segment.grain_map import GrainMap
    from segment.orientation import GrainRules

NETWORK_SOURCE, LAW_SOURCE = "boundary network", "law"  #: what errors of `current` are about


def current(
    maps: Annotated[
        list[Path], Argument(metavar="MAP", help="Label maps or orientation maps; several are one sample.")
    ],
    law: Annotated[Path, Option(metavar="FILE", help="What a boundary carries (TOML).")],
    orientations: Annotated[
        Path | None, Option(metavar="MAP", help="Orientation map of the same grid as the one label map.")
    ] = None,
    draws: Annotated[
        int | None, Option(metavar="N", min=1, help="Draws of what the law leaves open. Default: 200.")
    ] = None,
    missed_share: Annotated[
        float | None,
        Option(
            "--missed-share",
            metavar="SHARE",
            help="Share (0 to 1) of boundaries that the map misses. Default: as its model is known to.",
        ),
    ] = None,
    pixel_size: PixelSizeOption = None,
    tracing: TracingOption = False,
    out: Annotated[
        Path | None, Option("--out", help="Folder for pictures of the paths and the table of boundaries.")
    ] = None,
    as_json: JsonOption = False,
    seed: Annotated[int, Option(min=0, help="Seed of the draws.")] = 0,
    misorientation_deg: MisorientationOption = None,
    merge_twins: MergeTwinsOption = False,
    twin: TwinOption = None,
    phase: PhaseOption = None,
) -> None:
    """Compute the largest current that the boundary network can carry along x and along y.

    It is exact for columnar films, and a lower guide for bulk. Exit status 1 where some maps failed.

    Examples:

    - `grainstats current maps/film.labels.tif --law law.toml`
    - `grainstats current maps/*.labels.tif --law law.toml --draws 200 --json`
    """
    from grainstats.infer.current import current as compute
    from grainstats.infer.current import read_law
    from grainstats.run.orientation_input import grain_rules
    from segment.errors import InputError

    rules = grain_rules(misorientation_deg, merge_twins, twin, phase)
    found_law = read_law(law)
    if orientations is not None and len(maps) != 1:
        raise InputError(orientations, "it belongs to one label map", "Give one MAP with --orientations")
    read: list[tuple[Path, GrainMap]] = []
    for path in maps:
        try:
            grain_map = _read(path, orientations, pixel_size, tracing, rules)
            if len(maps) > 1:
                compute(grain_map, found_law, draws=1, seed=seed)
            read.append((path, grain_map))
        except Exception as error:  # whatever one map raises, the others count
            if isinstance(error, InputError) and error.source == LAW_SOURCE:
                raise
            print(f"error: {_named(error, path)}", file=sys.stderr)
    if not read:
        raise typer.Exit(1)
    grain_maps = [grain_map for _, grain_map in read]
    try:
        estimate = compute(grain_maps, found_law, draws=draws, missed_share=missed_share, seed=seed)
    except InputError as error:
        if error.source != NETWORK_SOURCE:
            raise
        print(f"error: {_named(error, read[0][0])}", file=sys.stderr)
        raise typer.Exit(1) from error
    for warning in [*(w for g in grain_maps for w in g.warnings), *estimate.warnings]:
        print(f"warning: {warning}", file=sys.stderr)
    if out is not None:
        _write(out, [path for path, _ in read], grain_maps, estimate)
    print(json.dumps(estimate.as_dict(), indent=2) if as_json else _in_words(estimate))
    if len(read) < len(maps):
        raise typer.Exit(1)


def _named(error: Exception, path: Path) -> str:
    """The error with the file that it is about."""
    from grainstats.run.failures import said_of, said_of_file

    known = said_of_file(path, error)
    return known if str(path) in known else f"{path}: {'. '.join(said_of(error))}."


def _read(
    path: Path, orientations: Path | None, pixel_size: float | None, tracing: bool, rules: GrainRules
) -> GrainMap:
    """A label map, with the orientations of another file where one is given, or an orientation map."""
    from grainstats.measure import check_label_map
    from grainstats.measure.own_size import at_own_size
    from segment.label_maps.any_file import read_map
    from segment.orientation import orientations_of_labels, read_orientation_map
    from segment.orientation.grains import by_phase_and_twins

    own_rules = rules if orientations is None else None
    grain_map = read_map(path, pixel_size_nm=pixel_size, tracing=tracing, rules=own_rules)
    if not tracing:
        check_label_map(grain_map, str(path))
        grain_map = _with_reliability(grain_map)
    if orientations is None:
        return grain_map if tracing else at_own_size(grain_map)
    measured = read_orientation_map(orientations, step_nm=pixel_size)
    grain_map = replace(grain_map, orientations=orientations_of_labels(measured, grain_map.labels))
    return by_phase_and_twins(grain_map, rules, str(path))


def _with_reliability(grain_map: GrainMap) -> GrainMap:
    """The map with what its borders are worth, where its model and its probability are there."""
    from grainstats.run.lost_boundary import model_that_cut

    made = grain_map.segmentation
    model = None if grain_map.probability is None or made is None else model_that_cut(made)
    if model is None or model.confidence is None:
        return grain_map
    return replace(grain_map, reliability=model.confidence.borders)


def _write(out: Path, paths: list[Path], grain_maps: list[GrainMap], estimate: CurrentEstimate) -> None:
    """Pictures of the limiting paths, the boundaries with their share of draws, and the document."""
    from grainstats.run.atomic import write_atomically, write_bytes
    from grainstats.run.report.current_pictures import picture_of_paths
    from grainstats.share.safe_paths import told_apart

    names = told_apart(path.stem.removesuffix(".labels") for path in paths)
    for name, grain_map, found in zip(names, grain_maps, estimate.maps, strict=True):
        table = found.network.segments.copy()
        for direction, share in found.share_of_draws.items():
            table[f"share_of_draws_{direction}"] = share
        write_bytes(out / f"{name}.limiting_boundaries.csv", table.to_csv(index=False).encode())
        picture = partial(picture_of_paths(found, grain_map).savefig, dpi=150, format="png")
        write_atomically(out / f"{name}.limiting_paths.png", picture)
    write_bytes(out / "current.json", f"{json.dumps(estimate.as_dict(), indent=2)}\n".encode())


def _in_words(estimate: CurrentEstimate) -> str:
    """The result for people."""
    lines = ["limiting current over j0 of the law (over the mean of all boundaries)"]
    for name, d in estimate.directions.items():
        interval = (
            "" if d.values.size == 1 else f"  95 %: {d.low:.4g} to {d.high:.4g} ({d.values.size} draws)"
        )
        mean = "" if d.j_over_mean != d.j_over_mean else f" ({d.j_over_mean:.4g})"
        lines.append(f"  along {name}   {d.j_over_j0:.4g}{mean}{interval}")
    lines.append(f"  x over y  {estimate.anisotropy:.4g}")
    across = ", ".join(f"{value:.0f} along {name}" for name, value in estimate.grains_across.items())
    lines.append(f"  grains across: {across}")
    if estimate.missed_share:
        lines.append(f"  corrected for {estimate.missed_share:.1%} of boundaries missed")
    assumed: dict[str, Any] = {k: v for k, v in estimate.law.sources.items() if v.startswith("assumed")}
    if assumed:
        lines.append(f"  assumed, without a source: {', '.join(assumed)}")
    lines.append(estimate.meaning)
    return "\n".join(lines)
