"""Measure how far a model's answers can be trusted, and keep the result beside its weights.

    python calibration/calibrate_confidence.py MODEL_FOLDER [--fields DIR ...] [--mimics IMAGE ...]
        [--work DIR] [--seconds S]

Segments synthetic micrographs of every style, pictures without grains (photographs that come with
scikit-image, `not_grains` and `no_network`) and, where given, traced fields
(folders with images/ and boundary/) and real micrographs that show no grain network.  Fits three things and
writes them to MODEL_FOLDER/confidence.json, with a reliability diagram MODEL_FOLDER/reliability.png:

borders  share of borders that are true, by their mean probability (isotonic; all sets, each alike)
unlike_grains  odds that an image shows no grains, by its evidence (logistic)
missed   log of (true boundary length / length of it found), by its evidence (ridge; synthetic micrographs)

Figures are printed for images that their fit did not see: synthetic images and pictures by two halves or by
style.  What has been segmented is kept in --work: called again, the script goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import re
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from confidence_images import PHOTOGRAPHS, TEXTURES, Draw, images
from fit_confidence import (
    JudgedBorders,
    alarm_at,
    alarm_beyond,
    calibration_error,
    fit_line,
    fit_odds,
    fit_reliability,
    judge_borders,
    write_confidence,
)

from grainstats.run.atomic import write_bytes
from segment.cells.close import close_cells
from segment.grain_map import Reliability
from segment.micrograph import Micrograph
from segment.pipeline import with_voids
from segment.quality.calibration_table import Confidence, Weighing
from segment.quality.evidence import gather_evidence
from segment.quality.evidence_numbers import EVIDENCE_NAMES, Evidence
from segment.quality.score import score
from segment.quality.warnings import probability_warnings
from segment.training.synthetic.styles import STYLES
from segment.unet import Model, load_model
from segment.unet.predict import predict

FALSE_ALARMS = 0.03  #: share of clear synthetic images, and of each set of fields, that may be flagged
RATIO = 1.25  #: true over found boundary length that calls for a warning
FINE = 1.15  #: and up to which none is wanted
FALSE_MISSES = 0.05  #: share of those that may get one, among synthetic images and in each set of fields
LEAST_PASSING = 5  #: a set with fewer sets no alarm and no table: two images say nothing


@dataclass(frozen=True, eq=False)
class Case:
    """One image, segmented."""

    #: "synthetic" (group: style), "photograph", "texture", "picture" (group: what it shows), "mimic" (real,
    #: without a grain network; group: folder) or "field" (group: folder)
    kind: str
    group: str
    name: str
    evidence: Evidence | None
    refused: bool  #: the probability alone says that nothing is there, or fewer than ten cells are
    recall: float = float("nan")
    intercept_ratio: float = float("nan")
    borders: JudgedBorders | None = None

    @property
    def clear(self) -> bool:
        """Hardly a boundary is missed."""
        return self.recall >= 1 / RATIO


def segment(model: Model, kind: str, group: str, name: str, draw: Draw) -> Case:
    """Segment one image and keep what the fits need."""
    image, truth = draw()
    micrograph = Micrograph(np.ascontiguousarray(image), None, "none", Path(name), "0" * 64, "script")
    answer = with_voids(micrograph, predict(model, micrograph), "auto")
    smallest = model.smallest_px(answer.scale)
    cells = close_cells(answer, persistence=model.persistence, min_area_px=smallest, grey=micrograph.image)
    evidence = gather_evidence(micrograph, answer, cells.labels)
    refused = bool(probability_warnings(answer)) or cells.n_grains < 10
    case = Case(kind, group, name, evidence, refused)
    if truth is None:
        return case
    found = score(cells.cells(), truth)
    borders = judge_borders(cells.labels, answer.probability, truth)
    return replace(case, recall=found.recall, intercept_ratio=found.intercept_ratio, borders=borders)


def gather(
    model: Model, fields: list[Path], mimics: list[Path], per_style: int, work: Path, seconds: float
) -> list[Case]:
    """All cases; exits with status 3 where the time is over before they are complete."""
    work.mkdir(parents=True, exist_ok=True)
    begin, cases = time.monotonic(), []
    content = model.weights.with_suffix(".bin").read_bytes()
    weights = hashlib.sha256(content).hexdigest()[:12]
    for kind, group, name, draw in images(fields, per_style, mimics):
        path = work / f"{weights}_{name}.pickle"
        if not path.is_file():
            if time.monotonic() - begin > seconds:
                print(f"{len(cases)} images so far; call again to go on", file=sys.stderr)
                raise SystemExit(3)
            write_bytes(path, pickle.dumps(segment(model, kind, group, name, draw)))
        cases.append(pickle.loads(path.read_bytes()))
    return cases


def fit_borders(cases: list[Case]) -> tuple[Reliability, dict[str, float], dict[str, tuple[np.ndarray, ...]]]:
    """The table, calibration errors, and (stated, true) of the diagram.

    Synthetic truth knows every boundary, people leave out what they do not see: each set counts the same.
    Errors are of images whose half the table was not fitted on.
    """
    sets: dict[str, list[Case]] = {}
    for case in cases:
        if case.borders is not None:
            sets.setdefault(case.group if case.kind == "field" else case.kind, []).append(case)
    sets = {name: chosen for name, chosen in sets.items() if len(chosen) >= LEAST_PASSING}
    halves = [[_joined(chosen[half::2]) for chosen in sets.values()] for half in (0, 1)]
    tables = [fit_reliability(*_balanced(half)) for half in halves]
    errors, shown = {}, {}
    for place, name in enumerate(sets):
        parts = [(x, tables[1 - half](x), y) for half in (0, 1) for x, y in [halves[half][place]]]
        x, mapped, y = (np.concatenate(part) for part in zip(*parts, strict=True))
        errors[f"{name}_before"] = calibration_error(x, y)
        errors[f"{name}_after"] = calibration_error(mapped, y)
        shown |= {f"{name}, as stated": (x, y), f"{name}, calibrated": (mapped, y)}
    whole = fit_reliability(*_balanced([_joined(chosen) for chosen in sets.values()]))
    return whole, errors, shown


def _joined(cases: list[Case]) -> tuple[np.ndarray, np.ndarray]:
    borders = [case.borders for case in cases if case.borders is not None]
    return np.concatenate([b.stated for b in borders]), np.concatenate([b.true for b in borders])


def _balanced(sets: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """As many borders of each set, drawn at random, as the smallest has."""
    rng = np.random.default_rng(0)
    n = min(len(stated) for stated, _ in sets)
    chosen = [rng.permutation(len(stated))[:n] for stated, _ in sets]
    return tuple(  # type: ignore[return-value]
        np.concatenate([part[at] for part, at in zip(column, chosen, strict=True)])
        for column in zip(*sets, strict=True)
    )


def fit_strange(cases: list[Case]) -> tuple[Weighing, dict[str, bool], dict[str, float]]:
    """The stored weighing; by name whether a fit that did not see the image's half flags it; and what share
    of each folder of fields is flagged by a fit that saw no field at all."""
    judged = [case for case in cases if case.evidence is not None and not case.refused]
    fitted = [case for case in judged if case.kind != "texture"]
    halves = [_odds([case for case in fitted if _half(case) != half]) for half in (0, 1)]
    odds = {case.name: halves[_half(case)](case.evidence) for case in judged}
    clear: dict[str, list[float]] = {}
    for case in fitted:
        if case.clear or case.kind == "field":
            clear.setdefault(case.group if case.kind == "field" else "", []).append(odds[case.name])
    # Never at odds below even, and at no more than the wanted share of any set of grains.
    alarm = max(0.0, *(alarm_at(np.array(values), FALSE_ALARMS) for values in clear.values()))
    flags = {case.name: odds[case.name] >= alarm if case.name in odds else True for case in cases}
    blind = _odds([case for case in fitted if case.kind != "field"])
    unseen = {
        group: float(
            np.mean([c.name not in odds or blind(c.evidence) >= alarm for c in cases if c.group == group])
        )
        for group in dict.fromkeys(case.group for case in cases if case.kind == "field")
    }
    return replace(_odds(fitted), alarm=alarm), flags, unseen


def _half(case: Case) -> int:
    """0 or 1; photographs by what they show, fields by their number: no half knows the other's subjects."""
    if case.kind in ("photograph", "texture"):
        return (PHOTOGRAPHS + TEXTURES).index(case.group) % 2
    if case.kind == "mimic":
        return sum(case.name.rpartition("_")[0].encode()) % 2
    numbers = re.findall(r"\d+", case.name.removeprefix(case.group))
    return int(numbers[0] if case.kind == "field" else numbers[-1]) % 2


def _odds(cases: list[Case]) -> Weighing:
    unlike_grains = np.array([case.kind in ("photograph", "picture", "mimic") for case in cases])
    return fit_odds(EVIDENCE_NAMES, [case.evidence for case in cases], unlike_grains)


def fit_missed(cases: list[Case]) -> tuple[Weighing, dict[str, float]]:
    """The stored weighing, and by name the value of a fit that never saw the image's style."""
    judged = [case for case in cases if case.evidence is not None and np.isfinite(case.recall)]
    fitted = [case for case in judged if case.kind == "synthetic"]

    def fit(chosen: list[Case]) -> Weighing:
        value = -np.log([max(case.recall, 0.2) for case in chosen])
        return fit_line(EVIDENCE_NAMES, [case.evidence for case in chosen], value)

    whole = fit(fitted)
    values = {case.name: whole(case.evidence) for case in judged if case.kind == "field"}
    for style in STYLES:
        without = fit([case for case in fitted if case.group != style])
        values |= {case.name: without(case.evidence) for case in fitted if case.group == style}
    fine: dict[str, list[float]] = {}
    for case in judged:
        if case.recall > 1 / FINE:
            fine.setdefault(case.group if case.kind == "field" else "", []).append(values[case.name])
    enough = [np.array(passing) for passing in fine.values() if len(passing) >= LEAST_PASSING]
    alarms = [alarm_beyond(passing, FALSE_MISSES) for passing in enough]
    return replace(whole, alarm=max([*alarms, float(np.log(FINE))])), values


def report_strange(cases: list[Case], flags: dict[str, bool]) -> dict[str, float]:
    """Print and return the share flagged in each class."""
    classes: dict[str, list[Case]] = {}
    for case in cases:
        name = {"synthetic": "synthetic, clear" if case.clear else "synthetic, boundaries missed"}
        classes.setdefault(name.get(case.kind, case.group if case.kind == "field" else case.kind), []).append(
            case
        )
    print("\nflagged as no grain structure, by fits that saw neither the image nor a photograph's subject")
    for name, chosen in classes.items():
        wanted = chosen[0].kind not in ("synthetic", "field")
        wrong = [case.name for case in chosen if flags[case.name] != wanted]
        share = np.mean([flags[case.name] for case in chosen])
        plain = np.mean([case.refused or case.evidence is None for case in chosen])
        print(
            f"  {name:28s} {share:4.0%} of {len(chosen)} ({plain:.0%} since nothing is decided or there); "
            f"wrong: {', '.join(wrong) or 'none'}"
        )
    return {name: float(np.mean([flags[case.name] for case in chosen])) for name, chosen in classes.items()}


def report_missed(cases: list[Case], values: dict[str, float], alarm: float) -> dict[str, float]:
    """Print and return how well missing boundary is foretold."""
    from scipy.stats import spearmanr

    out: dict[str, float] = {}
    print(f"\nmissed boundary: true / found length above {RATIO} is to be flagged; no fit saw its style")
    groups = {"synthetic": [case for case in cases if case.kind == "synthetic"]}
    for case in cases:
        if case.kind == "field":
            groups.setdefault(case.group, []).append(case)
    for name, chosen in groups.items():
        chosen = [case for case in chosen if case.name in values]
        told = np.array([values[case.name] for case in chosen])
        ratio = 1 / np.array([max(case.recall, 0.2) for case in chosen])
        long = np.array([case.intercept_ratio for case in chosen])
        said, bad, fine = told >= alarm, ratio > RATIO, ratio < FINE
        rank = float(spearmanr(told, ratio)[0])
        numbers = {
            "rank_correlation": rank,
            "rank_correlation_intercept": float(spearmanr(told, long)[0]),
            "hit_rate": float(said[bad].mean()) if bad.any() else float("nan"),
            "hit_rate_intercept": float(said[long > RATIO].mean()) if (long > RATIO).any() else float("nan"),
            "false_alarms": float(said[fine].mean()) if fine.any() else float("nan"),
            "flagged": float(said.mean()),
        }
        print(
            f"  {name:10s} n {len(chosen)} ({bad.sum()} to flag)  "
            + "  ".join(f"{k} {v:.2f}" for k, v in numbers.items())
        )
        out |= {f"{name}_{key}": value for key, value in numbers.items() if np.isfinite(value)}
    for style in STYLES:
        chosen = [case for case in groups["synthetic"] if case.group == style and case.name in values]
        said = np.mean([values[case.name] >= alarm for case in chosen])
        print(f"    {style:20s} mean recall {np.mean([c.recall for c in chosen]):.2f}  flagged {said:.0%}")
    return out


def draw_diagram(shown: dict[str, tuple[np.ndarray, ...]], path: Path) -> None:
    """Reliability diagram: share of true borders against stated confidence, in ten classes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(name.rpartition(", ")[0] for name in shown))
    figure, axes = plt.subplots(
        1, len(names), figsize=(2.6 * len(names), 2.7), sharey=True, squeeze=False, dpi=100
    )
    for axis, name in zip(axes[0], names, strict=True):
        axis.plot([0, 1], [0, 1], color="0.7", lw=0.8)
        for how, colour in (("as stated", "tab:orange"), ("calibrated", "tab:blue")):
            stated, true = shown[f"{name}, {how}"]
            index = np.minimum((stated * 10).astype(int), 9)
            count = np.bincount(index, minlength=10)
            keep = count >= 20
            x, y = (np.bincount(index, v, 10)[keep] / count[keep] for v in (stated, true))
            axis.plot(x, y, "o-", ms=3, lw=1, color=colour, label=how)
        axis.set(title=name, xlabel="confidence", xlim=(0.3, 1), ylim=(0.3, 1))
    axes[0, 0].set_ylabel("share of borders that are true")
    axes[0, 0].legend(frameon=False, fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument(
        "--fields", type=Path, nargs="*", default=[], help="folders with images/ and boundary/"
    )
    parser.add_argument(
        "--mimics",
        type=Path,
        nargs="*",
        default=[],
        help="images without a grain network",
    )
    parser.add_argument("--per-style", type=int, default=30)
    parser.add_argument("--work", type=Path, default=Path("work_out/confidence"))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop segmenting after so long")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    cases = gather(
        model, arguments.fields, arguments.mimics, arguments.per_style, arguments.work, arguments.seconds
    )
    borders, errors, shown = fit_borders(cases)
    print("expected calibration error of borders: " + "  ".join(f"{k} {v:.3f}" for k, v in errors.items()))
    unlike_grains, flags, unseen = fit_strange(cases)
    shares = report_strange(cases, flags)
    print("  by a fit that saw no field: " + "  ".join(f"{k} {v:.0%}" for k, v in unseen.items()))
    shares |= {f"{name}, no field fitted": share for name, share in unseen.items()}
    missed, values = fit_missed(cases)
    told = report_missed(cases, values, missed.alarm)
    measured = {"calibration_error": errors, "flagged": shares, "missed": told}
    print(write_confidence(arguments.model, Confidence(borders, unlike_grains, missed), measured))
    draw_diagram(shown, arguments.model / "reliability.png")


if __name__ == "__main__":
    main()
