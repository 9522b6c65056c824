"""False positives, coverage and power of the group comparison, by nested simulation.

    python calibration/calibrate_comparison.py   # writes docs/validation/comparison_calibration.*

Samples, images within samples and grains within images all vary. A sample's six descriptors come from the
same grains, as they do in the laboratory, and go through the very functions behind `grainstats compare`; the
first repetitions of every scenario also run `compare_groups` and `compare_verdicts` and must agree.

`comparison_adjusted.csv` has the level with a covariate (every group its own spread) and with blocks, of the
models behind `--covariate` and `--block`; the first repetitions go through `compare_groups`, too.

`comparison_skew.csv` has the level of Welch's t where the logs of the summaries are skew (exponential).

A sample may be bimodal (3 % of its grains three times as large: nearly half of the volume). Its verdict is
drawn with the error rates of `VERDICT_RATES`, of the order of the verdict's table at some 900 grains a
sample, and the counts go through Fisher's exact test. The whole procedure rejects when any of its tests does.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from grainstats.infer.comparison.adjusted import own_spreads, random_intercept
from grainstats.infer.comparison.groups import VERDICTS, compare_groups, compare_verdicts
from grainstats.infer.comparison.tests import (
    fisher_exact,
    holm,
    joint_permutation,
    permutation,
    specimen_interval,
    welch,
)

DESCRIPTORS = (
    "diameter_mean_nm",
    "diameter_median_nm",
    "diameter_area_weighted_nm",
    "diameter_p90_nm",
    "diameter_log_sd",
    "density_per_um2",
)
LENGTHS = 4  # the first four scale with the true ratio
VERDICT_RATES = {False: (0.75, 0.05, 0.20), True: (0.05, 0.80, 0.15)}
"""Uniform, bimodal, indeterminate: for samples that are uniform (False) and bimodal (True) in truth."""
COARSE = (0.03, 3.0)
"""Share (by number) and relative size of the coarse grains of a bimodal sample."""


@dataclass(frozen=True)
class Scenario:
    """One design: samples a group, images a sample, and the spread (sd of log size) at each level."""

    name: str
    samples: tuple[int, int]
    images: int = 5
    grains: int = 80
    spread: tuple[float, float] = (0.15, 0.15)
    image_spread: float = 0.10
    tails: float | None = None  # Student t with so many df instead of normal sample effects
    ratio: float = 1.0
    bimodal: tuple[float, float] = (0.0, 0.0)  # share of the samples that are bimodal, by group


def scenarios() -> list[Scenario]:
    """No difference first, then a true ratio of 1.5."""
    base = [
        *(Scenario("normal, equal spread", (n, n)) for n in (3, 4, 6)),
        *(Scenario("unequal spread 1 : 3", (n, n), spread=(0.10, 0.30)) for n in (3, 4, 6)),
        *(Scenario("heavy tails (t, 3 df)", (n, n), tails=3) for n in (3, 4, 6)),
        Scenario("unequal groups", (3, 6)),
        Scenario("unequal groups, small one spreads 3 x", (3, 6), spread=(0.30, 0.10)),
        Scenario("two images a sample", (4, 4), images=2),
        Scenario("wide spread", (4, 4), spread=(0.30, 0.30)),
        *(Scenario("half of the samples bimodal", (n, n), bimodal=(0.5, 0.5)) for n in (3, 4, 6)),
    ]
    powered = [
        Scenario(f"sample spread {s:g}", (n, n), spread=(s, s), ratio=1.5)
        for s in (0.10, 0.15, 0.30)
        for n in (3, 4, 6)
    ]
    turned = [Scenario("bimodal: .1 and .9 of the samples", (n, n), bimodal=(0.1, 0.9)) for n in (3, 4, 6)]
    return [*base, *powered, *turned]


def simulate(
    s: Scenario, bimodal: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log sample summaries (rep, sample, descriptor), log image means (rep, sample, image), log grain sizes.

    `bimodal` (rep, sample) says which samples have coarse grains.

    The first ``samples[0]`` samples are the reference group.
    """
    repetitions, n = bimodal.shape
    spread = np.repeat(s.spread, s.samples)
    draw = (
        rng.normal(size=(repetitions, n))
        if s.tails is None
        else rng.standard_t(s.tails, (repetitions, n)) / np.sqrt(3)
    )
    centre = np.log(50) + spread * draw
    centre[:, s.samples[0] :] += np.log(s.ratio)
    image = centre[..., None] + s.image_spread * rng.normal(size=(repetitions, n, s.images))
    log = (
        image[..., None] + 0.5 * rng.standard_normal((repetitions, n, s.images, s.grains), np.float32)
    ).astype(np.float32)
    if bimodal.any():
        coarse = (rng.random(log.shape, np.float32) < COARSE[0]) & bimodal[..., None, None]
        log += np.float32(np.log(COARSE[1])) * coarse
    size = np.exp(log)
    flat = size.reshape(repetitions, n, -1)
    summaries = [
        flat.mean(-1),
        np.median(flat, -1),
        (flat**3).sum(-1) / (flat**2).sum(-1),
        np.quantile(flat, 0.9, axis=-1),
        log.reshape(repetitions, n, -1).std(-1),
        1e6 / (np.pi / 4 * (flat**2).mean(-1)),
    ]
    return np.log(np.stack(summaries, -1).astype(float)), np.log(size.mean(-1).astype(float)), log


def run(s: Scenario, repetitions: int, seed: int) -> dict[str, object]:
    """All rates of one scenario."""
    rng = np.random.default_rng(seed)
    bimodal = truly_bimodal(s, repetitions, seed)
    summary, image, log = simulate(s, bimodal, rng)
    n1 = s.samples[0]
    first, second = (np.moveaxis(part, 1, -1) for part in (summary[:, :n1], summary[:, n1:]))
    tested = welch(first, second)
    adjusted = holm(tested.p_value)
    verdicts, decided, all_three = judged(s, bimodal, seed)
    check_against_the_public_call(s, summary, verdicts, (adjusted, decided), min(repetitions, 40))
    low, high = tested.interval()
    truth = np.log(s.ratio) * np.array([1.0] * LENGTHS + [0.0, -2.0])
    row: dict[str, object] = {
        "scenario": s.name,
        "ratio": s.ratio,
        "bimodal_shares": "{:g} : {:g}".format(*s.bimodal),
        "samples": f"{s.samples[0]} + {s.samples[1]}",
        "images": s.images,
        "repetitions": repetitions,
        "any_rejection": rate((adjusted < 0.05).any(-1) | (decided < 0.05) | (all_three < 0.05)),
        "any_rejection_holm": rate((adjusted < 0.05).any(-1)),
        "verdicts_fisher": rate(decided < 0.05),
        "one_descriptor_welch": rate(tested.p_value[:, 0] < 0.05),
        "one_descriptor_holm": rate(adjusted[:, 0] < 0.05),
        "one_descriptor_permutation": permuted(first[:, 0], second[:, 0]),
        **jointly(summary, n1),
        "coverage_95": rate((low[:, :LENGTHS] <= truth[:LENGTHS]) & (high[:, :LENGTHS] >= truth[:LENGTHS])),
        "images_as_replicates": rate(naive(image[:, :n1], image[:, n1:])),
        "grains_as_replicates": rate(naive(log[:, :n1], log[:, n1:])),
    }
    return row


def truly_bimodal(s: Scenario, repetitions: int, seed: int) -> np.ndarray:
    """Which samples are bimodal, (rep, sample)."""
    rng = np.random.default_rng([seed, 1])
    return rng.random((repetitions, sum(s.samples))) < np.repeat(s.bimodal, s.samples)


def judged(s: Scenario, bimodal: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Verdicts (rep, sample) as places in `VERDICTS`, and both Fisher p of every repetition (1: none)."""
    rates = np.array([VERDICT_RATES[False], VERDICT_RATES[True]])[bimodal.astype(int)]
    drawn = np.random.default_rng([seed, 2]).random(bimodal.shape)
    verdicts = (drawn[..., None] > rates.cumsum(-1)[..., :2]).sum(-1)
    counts = np.stack([(verdicts == v) for v in range(3)], -1)
    first, second = counts[:, : s.samples[0]].sum(1), counts[:, s.samples[0] :].sum(1)
    pairs = [(tuple(map(int, a)), tuple(map(int, b))) for a, b in zip(first, second, strict=True)]
    decided = np.array([_fisher((a[:2], b[:2])) for a, b in pairs])
    return verdicts, decided, np.array([_fisher(pair) for pair in pairs])


@cache
def _fisher(table: tuple[tuple[int, ...], tuple[int, ...]]) -> float:
    p_value = fisher_exact(np.array(table))
    return 1.0 if p_value is None else p_value


def rate(hits: np.ndarray) -> float:
    return float(np.mean(hits))


def naive(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Rejections of Welch's t with every image (or grain) as a replicate: what must not be done."""
    flat = [x.reshape(len(x), -1).astype(float) for x in (first, second)]
    return welch(flat[0], flat[1]).p_value < 0.05


def permuted(first: np.ndarray, second: np.ndarray) -> float | None:
    """Rejection rate of the exact permutation; None below four samples a group."""
    if min(first.shape[1], second.shape[1]) < 4:
        return None
    return rate(np.array([permutation(a, b).p_value < 0.05 for a, b in zip(first, second, strict=True)]))


def jointly(summary: np.ndarray, n1: int) -> dict[str, float | None]:
    """Rates of the joint permutation (Westfall & Young): any descriptor, and the mean diameter."""
    if min(n1, summary.shape[1] - n1) < 4:
        return {"any_rejection_joint": None, "one_descriptor_joint": None}
    hits = np.array([joint_permutation(values.T, n1) < 0.05 for values in summary])
    return {"any_rejection_joint": rate(hits.any(-1)), "one_descriptor_joint": rate(hits[:, 0])}


def check_against_the_public_call(
    s: Scenario,
    summary: np.ndarray,
    verdicts: np.ndarray,
    expected: tuple[np.ndarray, np.ndarray],
    repetitions: int,
) -> None:
    """The commands' own functions on the first repetitions give the same p: this is the user's procedure."""
    route = ["researcher"] * s.samples[0] + ["ai"] * s.samples[1]
    for k, (values, adjusted, decided) in enumerate(
        zip(np.exp(summary[:repetitions]), *expected, strict=False)
    ):
        table = pd.DataFrame(values, columns=list(DESCRIPTORS))
        table.insert(0, "design_route", route)
        table.insert(0, "sample_id", [f"S{i}" for i in range(len(route))])
        found = [c.p_holm for c in compare_groups(table, "design_route")]
        np.testing.assert_allclose(np.array(found, float), adjusted, rtol=1e-6)
        table["verdict"] = [VERDICTS[v] for v in verdicts[k]]
        counted = compare_verdicts(table, "design_route").p_value
        np.testing.assert_allclose(1.0 if counted is None else counted, decided, rtol=1e-6)


def specimens(repetitions: int, seed: int) -> pd.DataFrame:
    """Coverage of the one-sample-a-group interval: of these specimens' true ratio, and of the groups'."""
    rng = np.random.default_rng(seed)
    rows = []
    for images in (2, 3, 5, 10):
        s = Scenario("single", (1, 1), images=images, spread=(0.15, 0.15))
        own, population = [], []
        for _ in range(repetitions):
            centre = np.log(50) + 0.15 * rng.normal(size=2)
            # the mean of a log-normal is exp(mu + sigma^2 / 2): the same factor in both specimens
            sizes = np.exp(
                centre[:, None, None] + s.image_spread * rng.normal(size=(2, images, 1))
                + 0.5 * rng.normal(size=(2, images, s.grains))
            )  # fmt: skip
            log = np.log(sizes.mean(-1))
            found = specimen_interval(np.log(sizes[1].mean()) - np.log(sizes[0].mean()), [[log[0]], [log[1]]])
            if found is None:
                continue
            own.append(found[0] <= centre[1] - centre[0] <= found[1])
            population.append(found[0] <= 0 <= found[1])
        rows.append(
            {"images": images, "of_these_specimens": np.mean(own), "of_the_groups": np.mean(population)}
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Adjusted:
    """One design with a covariate, or with blocks where `block_spread` is given; no true difference."""

    name: str
    group: tuple[int, ...]  # of each sample
    spread: tuple[float, float] = (0.15, 0.15)
    blocks: tuple[int, ...] = ()
    block_spread: float = 0.0


def adjusted_designs() -> list[Adjusted]:
    """Covariates beside equal and unequal spreads; blocks of pairs, unevenly filled, and nested in groups."""
    rows = [
        Adjusted(f"covariate, spread {words}, {a} + {b}", (0,) * a + (1,) * b, spread)
        for a, b in ((3, 3), (6, 6), (3, 9), (2, 20))
        for words, spread in (("equal", (0.15, 0.15)), ("3 : 1", (0.3, 0.1)), ("1 : 3", (0.1, 0.3)))
    ]
    uneven = (0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1)
    layouts = {
        "pairs in 3 blocks": ((0, 1) * 3, (0, 0, 1, 1, 2, 2)),
        "pairs in 6 blocks": ((0,) * 6 + (1,) * 6, tuple(range(6)) * 2),
        "unevenly in 3 blocks": (uneven, (0,) * 4 + (1,) * 4 + (2,) * 4),
        "3 blocks of 2 in each group": ((0,) * 6 + (1,) * 6, tuple(np.repeat(range(6), 2).tolist())),
    }
    return rows + [
        Adjusted(f"{name}, spread of blocks {bs:g}", group, blocks=blocks, block_spread=bs)
        for name, (group, blocks) in layouts.items()
        for bs in (0.0, 0.15, 0.45)
    ]


def adjusted_level(d: Adjusted, repetitions: int, seed: int) -> dict[str, object]:
    """Share of comparisons without a difference that reject."""
    rng, group = np.random.default_rng(seed), np.array(d.group)
    hits = []
    for k in range(repetitions):
        y = 4 + np.take(d.spread, group) * rng.normal(size=group.size)
        held = rng.normal(size=group.size)
        if d.blocks:
            blocks = np.array(d.blocks)
            y = y + d.block_spread * rng.normal(size=blocks.max() + 1)[blocks]
            model = random_intercept(y, np.column_stack([np.ones(group.size), group]), blocks)
        else:
            scaled = (held - held.mean()) / held.std()
            model = own_spreads(y, np.column_stack([np.ones(group.size), group, scaled]), group)
        p_value = model.test(np.eye(model.coefficients.size)[1])[-1]
        hits.append(p_value < 0.05)
        if k < 3:
            table = pd.DataFrame({"sample_id": range(group.size), "route": group, "y_nm": np.exp(y)})
            table = table.assign(held=held, block=[f"b{b}" for b in d.blocks] or "")
            how = {"block": "block"} if d.blocks else {"covariates": ["held"]}
            (found,) = compare_groups(table, "route", ["y_nm"], **how)
            np.testing.assert_allclose(found.p_value, p_value, rtol=1e-4)
    return {"design": d.name, "repetitions": repetitions, "level": rate(np.array(hits))}


def skew_levels(repetitions: int, seed: int) -> pd.DataFrame:
    """How often Welch's t rejects without a difference, of summaries with normal and with skew logs."""
    rng, rows = np.random.default_rng(seed), []
    laws = {"normal": rng.standard_normal, "skew": lambda size: rng.exponential(size=size) - 1}
    for sizes in ((3, 3), (6, 6), (10, 10), (3, 6), (3, 10), (6, 12)):
        row: dict[str, object] = {"samples": "{} + {}".format(*sizes)}
        for name, law in laws.items():
            for words, spreads in (("equal", (1.0, 1.0)), ("1 : 3", (1.0, 3.0)), ("3 : 1", (3.0, 1.0))):
                first, second = (s * law((repetitions, n)) for s, n in zip(spreads, sizes, strict=True))
                row[f"{name}, {words}"] = rate(welch(first, second).p_value < 0.05)
        rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Run every scenario and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repetitions", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=20240601)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "validation"
    )
    parser.add_argument("--adjusted", action="store_true", help="only covariates, blocks and skew summaries")
    options = parser.parse_args()
    designs = [
        adjusted_level(d, options.repetitions, options.seed + i) for i, d in enumerate(adjusted_designs())
    ]
    pd.DataFrame(designs).round(4).to_csv(options.out / "comparison_adjusted.csv", index=False)
    skew_levels(20_000, options.seed).round(3).to_csv(options.out / "comparison_skew.csv", index=False)
    if options.adjusted:
        return
    rows = [chunked(s, options.repetitions, options.seed + i) for i, s in enumerate(scenarios())]
    table = pd.DataFrame(rows)
    single = specimens(options.repetitions, options.seed)
    table.round(4).to_csv(options.out / "comparison_calibration.csv", index=False)
    single.round(3).to_csv(options.out / "comparison_specimens.csv", index=False)


def chunked(s: Scenario, repetitions: int, seed: int, size: int = 1000) -> dict[str, object]:
    """Rates of one scenario, averaged over chunks that fit into memory."""
    parts = pd.DataFrame([run(s, size, seed + 1000 * k) for k in range(max(1, repetitions // size))])
    first = parts.iloc[0].to_dict()
    means = {str(c): float(parts[c].mean()) for c in parts.columns[6:] if parts[c].notna().all()}
    return {**{str(k): v for k, v in first.items()}, **means, "repetitions": size * len(parts)}


if __name__ == "__main__":
    main()
