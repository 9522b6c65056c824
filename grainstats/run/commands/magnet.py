"""`grainstats magnet`: trapped field, moment, stress and decay of discs from their current, or back."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from grainstats.run.commands.choices import JsonOption

if TYPE_CHECKING:
    from grainstats.magnet import Magnet

source = partial(Option, rich_help_panel="Current: exactly one")
decay = partial(Option, rich_help_panel="Decay")


def magnet(
    diameter: Annotated[float, Option(metavar="MM", help="Outer diameter of a disc.")],
    thickness: Annotated[float, Option(metavar="MM", help="Thickness of one disc.")],
    bore: Annotated[float, Option(metavar="MM", help="Inner diameter of a ring.")] = 0.0,
    stack: Annotated[int, Option(metavar="N", help="Number of equal discs on one axis.")] = 1,
    gap: Annotated[float, Option(metavar="MM", help="Distance between neighbouring discs.")] = 0.0,
    jc: Annotated[
        float | None, source("--jc", metavar="A_PER_M2", help="Uniform current density, A/m².")
    ] = None,
    jc_table: Annotated[
        Path | None,
        source("--jc-table", metavar="FILE", help="Measured J_c(B): two columns, units in the header."),
    ] = None,
    kim: Annotated[
        tuple[float, float] | None, source("--kim", metavar="J0 B0", help="J0 / (1 + B/B0); A/m² and tesla.")
    ] = None,
    exponential: Annotated[
        tuple[float, float] | None,
        source("--exponential", metavar="J0 B0", help="J0 exp(-B/B0); A/m² and tesla."),
    ] = None,
    field: Annotated[
        float | None,
        source("--field", metavar="T", help="What the probe reads, T; gives the current density."),
    ] = None,
    probe: Annotated[
        str, Option(metavar="middle|top|Z_MM", help="On the axis; Z_MM counts up from the stack's mid-plane.")
    ] = "middle",
    creep_rate: Annotated[
        float | None, decay("--creep-rate", metavar="S", help="Share lost per unit of ln(t/t0); needs --t0.")
    ] = None,
    t0: Annotated[
        float | None, decay("--t0", metavar="SECONDS", help="From magnetising to the first reading.")
    ] = None,
    mu: Annotated[
        float | None, decay("--mu", metavar="M", help="Interpolated creep; without it logarithmic.")
    ] = None,
    hours: Annotated[
        float | None, decay("--hours", metavar="H", help="Until when the decay is listed. Default: 24.")
    ] = None,
    lose: Annotated[
        float | None, decay("--lose", metavar="SHARE", help="Say when this share of the field is lost.")
    ] = None,
    strength: Annotated[
        float | None, Option("--strength", metavar="MPA", help="Tensile strength, against the hoop stress.")
    ] = None,
    map_file: Annotated[
        Path | None,
        Option("--map", metavar="FILE", help="Write the field around the magnet: .csv, or a .png picture."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute the trapped field of discs or rings from their current density, or the reverse.

    Examples:

    - `grainstats magnet --diameter 30 --thickness 10 --jc 1e9`
    - `grainstats magnet --diameter 30 --thickness 10 --bore 10 --jc 1e9 --json`
    """
    from grainstats.magnet import magnet as compute

    state = compute(
        diameter,
        thickness,
        bore_mm=bore,
        stack=stack,
        gap_mm=gap,
        jc=jc,
        jc_table=jc_table,
        kim=kim,
        exponential=exponential,
        field_T=field,
        probe=probe,
        creep_rate=creep_rate,
        t0_s=t0,
        mu=mu,
        hours=hours,
        lose=lose,
        strength_MPa=strength,
    )
    if map_file is not None:
        from grainstats.run.report.magnet_pictures import write_map

        write_map(map_file, state)
    for warning in state.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(json.dumps(state.as_dict(), indent=2) if as_json else _in_words(state))
    if map_file is not None and not as_json:
        print(f"field around the magnet: {map_file}")


def _in_words(state: Magnet) -> str:
    """The result for people."""
    exact = state.error_estimate == 0
    probe = f"{state.b_probe_T:.4g} T at the probe, {state.probe_mm:g} mm above the mid-plane"
    stress = f"{state.hoop_stress_MPa:.4g} MPa"
    if state.strength_MPa is not None:
        stress += f", {state.hoop_stress_MPa / state.strength_MPa:.0%} of the strength"
    facts = {
        f"current density ({'uniform' if exact else 'mean'})": f"{state.j_A_per_m2:.4g} A/m²",
        "field on the axis, largest": f"{state.b_T.max():.4g} T",
        "magnetic moment": f"{state.moment_A_m2:.4g} A m²",
        "magnetisation": f"{state.magnetisation_A_per_m:.4g} A/m",
        "stored energy": f"{state.energy_J:.4g} J",
        "largest hoop stress": stress,
    }
    if state.decay:
        hours, share = state.decay[-1]
        facts[f"left after {hours:g} h"] = f"{share:.4f} of the field"
    if state.hours_to_lose is not None:
        facts[f"{state.inputs['lose']:.1%} is lost after"] = f"{state.hours_to_lose:.4g} h"
    first = probe if exact else f"{probe} (grid error about {state.error_estimate:.1g} of it)"
    return "\n".join([first, *(f"  {name:27s}  {value}" for name, value in facts.items())])
