"""Null and power of the spacings' own answer: test lines through simulated mosaics of one or two populations.

    python calibration/build_spacing_null.py [--mosaics 1500] [--seconds 1000] [--work build/spacing_null.csv]
    python calibration/build_spacing_null.py --fields ../shared/data/uo2_bftem

Every mosaic gives three rows, by how many of its grains are lost: the length-weighted distribution of its log
intercepts, on classes, measured as `grainstats measure` does, but along ideal lines.  A third of the mosaics
trains a logistic regression, the others of one population are what a sample is compared with.  The result is
`grainstats/infer/modality/null_spacings.npz`; docs/validation/spacings.csv has what each half of those others
says of the other half, spacings_fields.csv what all say of real fields, traced and segmented.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from power_diagram import cells_of
from scipy.spatial import cKDTree

from grainstats.infer.modality.judge import LEVEL
from grainstats.infer.modality.null_library import stored_arrays
from grainstats.infer.modality.spacing_answer import EDGES, FEWEST, inputs, p_among, shape_of
from grainstats.measure import measure_grain_map
from grainstats.measure.spacing.chords import chords_of, kaplan_meier
from grainstats.measure.spacing.intercepts import ANGLES
from segment.label_maps.reading import read_label_map
from segment.micrograph import read_micrographs
from segment.mosaics.laguerre import Mosaic, populations_of, scatter, section
from segment.pipeline import segment_micrograph
from segment.unet import load_model

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "grainstats" / "infer" / "modality" / "null_spacings.npz"
TABLES = ROOT / "docs" / "validation"
GRAIN_PX, STEP_PX = 24.0, 1.5
GRAINS = (140.0, 800.0)  # grains wanted, evenly in the log; fewer are whole
LOST = ((0.0, 0.08), (0.08, 0.25), (0.25, 0.45))  # share of grains merged with a neighbour
BLUNT_PX = 8.0  # intercepts below it vanish, the shorter the more often, where corners are drawn round
GIANTS, GIANT = 0.15, (0.03, 0.25)  # share of mosaics with one giant; its area
LONG, STRETCHED = 0.35, 0.3  # log of the root of length over width, at most; share of mosaics with it
BROAD = 0.5  # SD of log diameter, from which the table has a row of its own
SEED = 20_261_130
RIDGE = 10.0  # in units of one row
NAMES = ["sd", *(f"c{k}" for k in range(len(EDGES) - 1))]
FIELDS = (1, 3, 5)  # of a sample


def population(number: int, rng: np.random.Generator) -> dict[str, float]:
    """Of mosaic `number`: two of six have two populations."""
    share = float(rng.choice([0.25, 0.5, 0.75, 1.0, 1.5], p=[0.1, 0.1, 0.15, 0.45, 0.2]))
    if number // 3 % 3 == 2:
        two = {"size_ratio": rng.uniform(2.5, 6), "coarse_volume": rng.uniform(0.2, 0.7)}
        return {"sigma": rng.uniform(0.1, 0.4), "share": share, **two}
    return {"sigma": rng.uniform(0.05, 0.95), "share": share, "size_ratio": 1.0, "coarse_volume": 0.0}


def rows_of(number: int) -> list[dict[str, float]]:
    """What the test lines of mosaic `number` tell, by the share of grains that are lost."""
    rng = np.random.default_rng([SEED, number])
    kind = population(number, rng)
    stretch = np.exp(rng.uniform(0, LONG)) if rng.random() < STRETCHED else 1.0
    wanted = float(np.exp(rng.uniform(*np.log(GRAINS))))
    side = GRAIN_PX * np.sqrt(wanted) * np.exp(kind["sigma"] ** 2) * 0.72 * kind["size_ratio"] ** 0.3
    shape = int(side * stretch), int(side / stretch)
    sizes = populations_of(GRAIN_PX, kind["sigma"], kind["size_ratio"], kind["coarse_volume"])
    mosaic = section(scatter(sizes, np.array([*shape, 0.0]), rng, share=kind["share"]), shape)
    box = cells_of(mosaic).box
    inside = int(((box[:, :2] > 0) & (box[:, 2:] < shape)).all(axis=1).sum())
    giant = rng.uniform(*GIANT) if kind["coarse_volume"] == 0 and rng.random() < GIANTS else 0.0
    owner, line = along_lines(mosaic, side, side / np.sqrt(max(inside, 1)), stretch, giant, rng)
    found = []
    for loss, (low, high) in enumerate(LOST):
        lost = rng.uniform(low, high)
        drawn = (rng.random(line.max() + 1) < np.sqrt(1 - lost))[line]  # lines lie as far apart as grains
        kept = merged(owner[drawn], line[drawn], lost, rng)
        length, cuts = pieces(kept, line[drawn], rng.uniform(0, BLUNT_PX), rng)
        shares = dict(zip(NAMES, shape_of(kaplan_meier(length, cuts)).tolist(), strict=True))
        facts = {"number": number, "loss": loss, "two": kind["coarse_volume"] > 0, "sigma": kind["sigma"]}
        found.append(facts | {"giant": giant, "grains": inside * (1 - lost)} | shares)
    return found


def along_lines(
    mosaic: Mosaic, side: float, spacing: float, stretch: float, giant: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Owners of the points of parallel lines in all directions, and the number of the line of each.

    The window is a square of this `side` in which the mosaic is pressed to 1 / `stretch` of its height; one
    grain covers a share `giant` of the area.
    """
    parts = []
    for angle in np.deg2rad(ANGLES):
        along, across = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
        for offset in np.arange(-side + rng.uniform(0, spacing), side, spacing):
            t = np.arange(-side, side, STEP_PX) + rng.uniform(0, STEP_PX)
            place = side / 2 + offset * across + t[:, None] * along
            place = place[((place > 0) & (place < side)).all(axis=1)]
            if len(place) > 1:
                parts.append(place)
    every = np.concatenate(parts)
    tree = cKDTree(np.column_stack([mosaic.points, mosaic.height]))
    pressed = every * (stretch, 1 / stretch)
    owner = tree.query(np.column_stack([pressed, np.zeros(len(every))]))[1]
    if giant:
        centre, radius = rng.uniform(0.25, 0.75, 2) * side, np.sqrt(giant / np.pi) * side
        owner = np.where(np.hypot(*(every - centre).T) < radius, len(mosaic.points), owner)
    return owner, np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def merged(owner: np.ndarray, line: np.ndarray, lost: float, rng: np.random.Generator) -> np.ndarray:
    """Owners after a share `lost` of the grains has joined a neighbour that a line crosses into."""
    step = np.flatnonzero((np.diff(owner) != 0) & (np.diff(line) == 0))
    pairs = np.unique(np.sort(np.column_stack([owner[step], owner[step + 1]]), axis=1), axis=0)
    wanted = int(lost * len(np.unique(owner)))
    group = np.arange(int(owner.max()) + 1)
    for a, b in pairs[rng.permutation(len(pairs))[:wanted]].tolist():
        while group[a] != a:
            a = group[a]
        while group[b] != b:
            b = group[b]
        group[max(a, b)] = min(a, b)
    for k in range(len(group)):  # roots come first
        group[k] = group[group[k]]
    return np.asarray(group[owner])


def pieces(
    owner: np.ndarray, line: np.ndarray, blunt: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of pieces of lines, and their ends at the frame; some below `blunt` go to their neighbours."""
    start = np.concatenate([[0], np.flatnonzero((np.diff(owner) != 0) | (np.diff(line) != 0)) + 1])
    length = np.diff(np.append(start, len(owner))) * STEP_PX + rng.uniform(-0.5, 0.5, len(start)) * STEP_PX
    owner, line, kept = owner[start], line[start], np.ones(len(start), bool)
    for k in np.flatnonzero(length < blunt * rng.random(len(length))):
        if 0 < k < len(line) - 1 and line[k - 1] == line[k + 1] and kept[k - 1]:
            kept[k] = False
            length[[k - 1, k + 1]] += length[k] / 2
    owner, line, length = owner[kept], line[kept], length[kept]
    new = np.concatenate([[True], (np.diff(owner) != 0) | (np.diff(line) != 0)])
    length, line = np.bincount(np.cumsum(new) - 1, length), line[new]
    first = np.concatenate([[True], np.diff(line) != 0])
    return length, first.astype(int) + np.append(first[1:], True)


def logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ridge logistic regression by Newton's method; the offset last, not penalised."""
    full = np.column_stack([x, np.ones(len(x))])
    penalty = RIDGE * np.eye(full.shape[1])
    penalty[-1, -1] = 1e-6
    beta = np.zeros(full.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-full @ beta))
        step = np.linalg.solve(
            full.T @ (full * (p * (1 - p))[:, None]) + penalty, full.T @ (y - p) - penalty @ beta
        )
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def built(rows: pd.DataFrame) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Arrays of the library, and the table of shares that are called two populations."""
    x, part = inputs(rows[NAMES].to_numpy(float)), rows["number"].to_numpy() % 3
    train = (part == 0) & (rows["giant"] == 0)
    centre, scale = x[train].mean(axis=0), x[train].std(axis=0) + 1e-6
    beta = logistic((x[train] - centre) / scale, rows["two"].to_numpy(float)[train])
    rows = rows.assign(part=part, score=(x - centre) / scale @ beta[:-1] + beta[-1])
    said = [_called(rows[rows["part"] == k], _mosaics(rows[rows["part"] == 3 - k])) for k in (1, 2)]
    arrays = {"centre": centre, "scale": scale, "beta": beta, "mosaics": _mosaics(rows[rows["part"] > 0])}
    return arrays, _table(pd.concat(said))


def _mosaics(rows: pd.DataFrame) -> np.ndarray:
    """Score, SD and log of the grains of mosaics of one population without a giant, by loss."""
    one = rows[~rows["two"] & (rows["giant"] == 0)].assign(grains=lambda rows: np.log(rows["grains"]))
    return np.array(
        [one.loc[one["loss"] == k, ["score", "sd", "grains"]] for k in range(len(LOST))], np.float32
    )


def _called(rows: pd.DataFrame, mosaics: np.ndarray) -> pd.DataFrame:
    """With whether each is called two populations, of those with enough grains."""
    rows = rows[rows["grains"] >= FEWEST]
    p = [p_among(mosaics, one.score, one.sd, one.grains) for one in rows.itertuples()]
    return rows.assign(called=np.array(p) < LEVEL)


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """By what a mosaic holds and how much of it is lost."""
    kind = np.select(
        [rows["two"], rows["giant"] > 0, rows["sigma"] < BROAD],
        ["two populations", "one population and one giant grain", f"one population, σ < {BROAD:g}"],
        f"one population, σ ≥ {BROAD:g}",
    )
    table = rows.groupby([kind, "loss"])["called"].agg(["size", "mean"]).round(3).reset_index()
    table["loss"] = ["{:.0%} - {:.0%}".format(*LOST[k]) for k in table["loss"]]
    return table.set_axis(["mosaics", "grains lost", "number", "called two"], axis=1)


def fields_table(folder: Path) -> pd.DataFrame:
    """Share of all samples of so many real fields of one population that is called two."""
    model, null, found = load_model(None), stored_arrays(LIBRARY.name), []
    maps: dict[str, list[tuple[pd.DataFrame, int]]] = {"traced": [], "segmented": []}
    for path in sorted((folder / "images").glob("*.jpg")):
        image = next(read_micrographs(path, pixel_size_nm=1.0))
        lines = read_label_map(folder / "boundary" / f"{path.stem}.png", pixel_size_nm=1.0, tracing=True)
        for kind, grain_map in (("traced", lines), ("segmented", segment_micrograph(image, model)[1])):
            measured = measure_grain_map(grain_map)
            whole = int((~measured.grains["touches_frame"]).sum())
            maps[kind].append((measured.intercepts, whole))
    for kind, each in maps.items():
        for n in FIELDS:
            said = list(_answers(each, n, null))
            found.append(
                {"fields": kind, "of a sample": n, "samples": len(said), "called two": np.mean(said)}
            )
    return pd.DataFrame(found).round(3)


def _answers(each: list[tuple[pd.DataFrame, int]], n: int, null: dict[str, np.ndarray]) -> Iterator[bool]:
    for sample in combinations(each, n):
        shape = shape_of(chords_of(pd.concat([intercepts for intercepts, _ in sample])))
        x = (inputs(shape) - null["centre"]) / null["scale"]
        score = float(x @ null["beta"][:-1] + null["beta"][-1])
        yield p_among(null["mosaics"], score, shape[0], sum(whole for _, whole in sample)) < LEVEL


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mosaics", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=1000)
    parser.add_argument("--work", type=Path, default=Path("build/spacing_null.csv"))
    parser.add_argument("--fields", type=Path)
    given = parser.parse_args()
    if given.fields is not None:
        fields_table(given.fields).to_csv(TABLES / "spacings_fields.csv", index=False)
        return
    given.work.parent.mkdir(parents=True, exist_ok=True)
    there = pd.read_csv(given.work)["number"].max() + 1 if given.work.is_file() else 0
    start = time.monotonic()
    while there < given.mosaics and time.monotonic() - start < given.seconds:
        rows = pd.DataFrame(rows_of(there))
        rows.to_csv(given.work, mode="a", index=False, header=there == 0)
        there += 1
    arrays, table = built(pd.read_csv(given.work))
    np.savez_compressed(LIBRARY, **arrays)
    table.to_csv(TABLES / "spacings.csv", index=False)
    print(there, "mosaics")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
