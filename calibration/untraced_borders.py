"""How much boundary tracings leave out, told by the angles at which borders meet.

    python calibration/untraced_borders.py --data DATA --work scratch/ends.csv [--write]

Three boundaries meet at about 120 degrees; a line that is no boundary ends on one that goes straight on
(180).  So the angle opposite to the end of a border tells what it is, whatever the contrast and the network's
probability: `MEETS` is 1 for 120 degrees and 0 for 180.  Rendered micrographs, whose true boundaries are
known, say how borders meet that are none; those that a tracing lacks lie between these and the traced ones,
and how far tells which share of them is boundary: docs/validation/untraced_borders.csv.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from fit_boundary_loss import DOCS, jobs
from fit_error_rates import mostly_in, overlaps

from segment.cells.border_merging import SEED_PERSISTENCE
from segment.cells.borders import find_borders, pair_key
from segment.cells.watershed import persistence_watershed
from segment.grain_map import GrainMap
from segment.quality.boundary_loss import LEAST_CIRCLE_PX, RING, WIDER
from segment.unet import load_model

MEETS = "meets"
RADIUS = 0.25  # of the circles that an angle is read off, in the side of a square as large as a mean cell
SHORTEST_PX = 8  # border whose ends are looked at: shorter ones lie within the circles
FEWEST = 10  # ends of a laboratory from which a share is told; of a style, twice as many
KINDS = ("drawn", "left out")


def opposite(labels: np.ndarray, places: np.ndarray, cell: np.ndarray, parts: int) -> np.ndarray:
    """How borders end at pixel corners, `places` of shape (n, 2): 1 opposite to 120 degrees, 0 to 180.

    `cell` (n,) is the one on the other side.  NaN where other than `parts` cells lie on the circles.
    """
    radius = max(
        RADIUS * np.sqrt(np.count_nonzero(labels) / max(len(np.unique(labels)) - 1, 1)), LEAST_CIRCLE_PX
    )
    turn, margin = np.linspace(0, 2 * np.pi, RING, endpoint=False), int(WIDER * radius) + 3
    inside = ((places >= margin) & (places < np.array(labels.shape) - 1 - margin)).all(axis=1)
    result = np.full(len(places), np.nan)
    (y, x), cell = places[inside].T, cell[inside]
    angle = np.zeros(y.size)
    for reach in (radius, WIDER * radius):
        rows, columns = (np.round(0.5 + reach * part).astype(int) for part in (np.sin(turn), np.cos(turn)))
        ring = labels[y[:, None] + rows, x[:, None] + columns]
        simple = ((ring != np.roll(ring, 1, axis=1)).sum(axis=1) == parts) & ring.all(axis=1)
        angle += np.where(simple, 180 * (ring == cell[:, None]).mean(axis=1), np.nan)
    result[inside] = (180 - angle) / 60
    return result


def meetings(fine: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    """Ends of the borders between `fine` cells, joined to those of `found`: a row an end, with `MEETS`.

    `first` and `second` are the fine cells on both sides (of a drawn border, cells of the map), `cell` is the
    map's cell across, `merged` the one that a border lies in which is left out.
    """
    corners = [
        m[a, b] for a in (np.s_[:-1], np.s_[1:]) for b in (np.s_[:-1], np.s_[1:]) for m in (fine, found)
    ]
    small, large = (np.sort(np.stack(corners[k::2], axis=-1), axis=-1) for k in (0, 1))
    several = [1 + (np.diff(each, axis=-1) > 0).sum(axis=-1) for each in (small, large)]
    known = large[..., 0] > 0
    parts = []
    y, x = np.nonzero((several[1] == 3) & known)
    three = _distinct(large[y, x])
    for k in range(3):
        a, b = np.delete(three, k, axis=1).T
        parts.append((KINDS[0], y, x, a, b, three[:, k], a, 3))
    y, x = np.nonzero((several[0] == 3) & (several[1] == 2) & known)
    three = _distinct(small[y, x])
    cell_of = np.zeros(int(fine.max()) + 1, found.dtype)
    cell_of[fine.ravel()] = found.ravel()
    for k in range(3):
        a, b = np.delete(three, k, axis=1).T
        here = cell_of[a] == cell_of[b]
        parts.append(
            (KINDS[1], y[here], x[here], a[here], b[here], cell_of[three[here, k]], cell_of[a[here]], 2)
        )
    tables = []
    for what, y, x, a, b, cell, merged, n in parts:
        value = opposite(found, np.stack([y, x], axis=1), cell, n)
        row = {"what": what, "first": a, "second": b, "cell": cell, "merged": merged, MEETS: value}
        tables.append(pd.DataFrame(row).dropna())
    return pd.concat(tables, ignore_index=True)


def _distinct(four: np.ndarray) -> np.ndarray:
    """The three labels of rows of four sorted ones."""
    new = np.concatenate([np.ones((len(four), 1), bool), np.diff(four, axis=1) > 0], axis=1)
    return four[new].reshape(-1, 3)


def ends_of(found: GrainMap, truth: GrainMap) -> pd.DataFrame:
    """Per kind of border and whether it is in the `truth`: ends and their mean, and length over the traced.

    Looked at are ends on boundaries that are in the truth.
    """
    assert found.probability is not None
    mask = None if found.labels.min() > 0 else found.labels > 0
    fine = persistence_watershed(found.probability, SEED_PERSISTENCE, mask)
    ends, rows = meetings(fine, found.labels), []
    lies_in = [_grains(labels, truth.labels) for labels in (found.labels, fine)]
    cell_of = _grains(fine, found.labels)
    traced_px = 0.0
    for k, what in enumerate(KINDS):
        borders = find_borders((found.labels, fine)[k], found.probability)
        a, b = borders.pairs.T
        counts = np.ones(len(a), bool) if k == 0 else cell_of[a] == cell_of[b]
        there = lies_in[k][a] != lies_in[k][b]
        long = pair_key(a, b)[borders.length_px >= SHORTEST_PX]
        mine = ends[
            (ends["what"] == what)
            & np.isin(pair_key(ends["first"].to_numpy(), ends["second"].to_numpy()), long)
        ]
        first, second, cell, merged = (
            mine[name].to_numpy() for name in ("first", "second", "cell", "merged")
        )
        sides = (first, second) if k == 0 else (merged,)
        sound = np.all([lies_in[0][side] != lies_in[0][cell] for side in sides], axis=0)
        traced = lies_in[k][first] != lies_in[k][second]
        traced_px += float(borders.length_px[counts & there].sum())
        for is_traced in (True, False):
            value = mine[MEETS].to_numpy()[sound & (traced == is_traced)]
            px = float(borders.length_px[counts & (there == is_traced)].sum())
            rows.append({"what": what, "traced": is_traced, "ends": value.size, "sum": value.sum(), "px": px})
    return pd.DataFrame(rows).assign(traced_px=traced_px)


def _grains(cells: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Of every cell the grain that covers most of it; 0 for none."""
    result = np.zeros(int(cells.max()) + 1, np.int64)
    of, grain = mostly_in(*overlaps(cells, truth))
    result[of] = grain
    return result


def lacking(rows: pd.DataFrame) -> pd.DataFrame:
    """By traced laboratory and kind of border, boundary that the tracing lacks over what it has.

    Beside it stand the least and the most, by the style that borders which are none are taken from.
    """
    total = rows.groupby(["kind", "laboratory", "what", "traced"], sort=False)[["ends", "sum", "px"]].sum()
    images = rows.drop_duplicates(["kind", "laboratory", "image"])
    traced_px = images.groupby("laboratory")["traced_px"].sum()
    lines = []
    for name, what in total.loc["traced"].index.droplevel("traced").unique():
        styles = total.loc["rendered"].xs(what, level="what")
        there, missing = (total.loc[("traced", name, what, flag)] for flag in (True, False))
        none = styles.xs(False, level="traced").query(f"ends >= {2 * FEWEST}")
        none = none["sum"] / none["ends"]
        if there["ends"] < 2 * FEWEST:
            there = styles.xs(True, level="traced").sum()
        boundary, meets = there["sum"] / there["ends"], missing["sum"] / missing["ends"]
        length, base = missing["px"] / traced_px[name], np.array([none.mean(), none.max(), none.min()])
        lacks = length * np.clip((meets - base) / (boundary - base), 0, 1)
        line = {"laboratory": name, "borders": what, "untraced": length, "ends": int(missing["ends"])}
        line |= {"how they meet": meets, "traced ones": boundary, "no boundary": none.mean()}
        told = lacks if missing["ends"] >= FEWEST else np.full(3, np.nan)
        lines.append(line | dict(zip(("lacks", "least", "most"), told, strict=True)))
    return pd.DataFrame(lines).round(3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the traced micrographs")
    parser.add_argument("--work", type=Path, required=True, help="CSV of the images; those there stay")
    parser.add_argument("--images", type=int, default=80, help="rendered ones")
    parser.add_argument("--write", action="store_true", help="into docs/validation")
    given = parser.parse_args()
    model = load_model()
    rows = pd.read_csv(given.work, dtype={"image": str}) if given.work.exists() else pd.DataFrame()
    there = set(zip(rows["laboratory"], rows["image"], strict=True)) if len(rows) else set()
    for kind, name, image, maps in jobs(given.images, given.data):
        if kind == "unseen" or (name, image) in there:
            continue
        row = ends_of(*maps(model)).assign(kind=kind, laboratory=name, image=image)
        rows = pd.concat([rows, row], ignore_index=True)
        rows.to_csv(given.work, index=False)
    table = lacking(rows)
    print(table.to_string(index=False))
    if given.write:
        table.to_csv(DOCS / "untraced_borders.csv", index=False)


if __name__ == "__main__":
    main()
