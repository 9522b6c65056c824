"""Error rates and power of the verdict on structures that its null library was not made from.

    python calibration/outside_table.py --work scratch/outside --seed 2 --mosaics 200
    python calibration/calibrate_outside.py --work scratch/outside --seed 2

judges the kept windows and writes docs/validation/verdict_outside.csv and .md: a row per structure and
number of grains, with the truth in the plane.  Held-out structures were used neither to train nor to
set a threshold.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from outside_families import Window
from outside_table import COUNTS, Entry, entries, kept, path_of

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.judge import decide

TABLE = Path(__file__).parents[1] / "docs" / "validation" / "verdict_outside.csv"


def image_of(window: Window) -> ImageGrains:
    """What the verdict sees of a window; places do not matter to it."""
    n = len(window.whole) + len(window.cut)
    return ImageGrains(
        window.whole.astype(float),
        np.ones(len(window.whole)),
        1.0,
        (1.0, 1.0),
        n,
        "",
        window.cut.astype(float),
    )


def rows_of(entry: Entry, path: Path, most: int) -> list[dict[str, object]]:
    """A row for each number of grains."""
    every = kept(path)
    rows = []
    for asked in COUNTS:
        chosen = [w for _, n, w in every if n == asked and len(w.whole)][:most]
        if not chosen:
            continue
        judged = [d for d, _ in decide([[image_of(w)] for w in chosen], "section")]
        verdicts = [d.verdict for d in judged]
        p = np.array([1.0 if d.p_value is None else d.p_value for d in judged])
        ratio = [w.ratio for w in chosen if np.isfinite(w.ratio)]
        rows.append(
            {
                "kind": entry.kind,
                "structure": entry.name,
                "held_out": int(entry.held_out),
                "grains": asked,
                "windows": len(chosen),
                "interior_median": int(np.median([len(w.whole) for w in chosen])),
                "ratio_in_plane": round(float(np.median(ratio)), 2) if ratio else "",
                "coarse_in_plane": round(float(np.median([w.coarse_share for w in chosen])), 3),
                **{
                    v: round(verdicts.count(v) / len(verdicts), 4)
                    for v in ("bimodal", "uniform", "indeterminate")
                },
                "p_below_05": round(float((p < 0.05).mean()), 4),
                "isolated": round(float(np.mean([d.isolated is not None for d in judged])), 4),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--most", type=int, default=200, help="windows a cell")
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    for entry in entries():
        path = path_of(entry, given.seed, given.work)
        if path.exists():
            rows += rows_of(entry, path, given.most)
            for r in rows[-3:]:
                shares = f"{r['bimodal']:.3f} {r['uniform']:.3f}"
                print(f"{entry.name:48s} {r['grains']:4} {r['windows']:4} {shares}", flush=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    with given.out.open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    given.out.with_suffix(".md").write_text(markdown(rows))


def markdown(rows: list[dict[str, object]]) -> str:
    """The table for people: share called bimodal / uniform (windows), by number of grains."""
    lines = [
        "# The verdict on structures that its null library was not made from",
        "",
        "`python calibration/calibrate_outside.py` on fresh seeds: share called bimodal / uniform (windows);",
        "the rest is indeterminate. R and f: ratio of mean sizes and coarse share of the area as they are in",
        "the plane. * held out: used neither to train nor to set a threshold. Most cells hold few windows,",
        "so that a single one proves little: a share of .05 in 20 windows has a standard error of .05.",
    ]
    for kind in dict.fromkeys(str(r["kind"]) for r in rows):
        here = [r for r in rows if r["kind"] == kind]
        lines += ["", f"## {kind}", "", "| structure | R | f | " + " | ".join(f"~{n}" for n in COUNTS) + " |"]
        lines.append("|---|---|---|" + "---|" * len(COUNTS))
        for name in dict.fromkeys(str(r["structure"]) for r in here):
            by_size = {r["grains"]: r for r in here if r["structure"] == name}
            last = by_size[max(by_size, key=lambda n: int(str(n)))]
            cells = [
                f"{by_size[n]['bimodal']:.2f} / {by_size[n]['uniform']:.2f} ({by_size[n]['windows']})"
                if n in by_size
                else ""
                for n in COUNTS
            ]
            truth = [
                str(last["ratio_in_plane"]),
                f"{last['coarse_in_plane']:.2f}" if kind != "uniform" else "",
            ]
            star = "*" if last["held_out"] else ""
            lines.append(f"| {name}{star} | {truth[0]} | {truth[1]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
