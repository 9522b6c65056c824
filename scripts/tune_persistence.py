"""Choose a model's seed persistence on the fields it was trained on, and report the held-out ones beside
them.

    python scripts/tune_persistence.py MODEL_FOLDER --data ../shared/data/uo2_bftem \\
        --score ../shared/eval/score.py --held-out uo2_07 uo2_09 uo2_24 [--write]

Prints F1 at 4 px, the mean-intercept ratio and the area-weighted diameter ratio for each persistence, chooses
the one of the best F1 (ties within .005: the smallest mean-intercept error) on the trained-on fields only,
measures the agreement of bf16 with f32 on them, and with --write puts both into model.toml.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np

from segment.grainmap import close_cells
from segment.micrograph import Micrograph
from segment.unet import Model, load_model

CANDIDATES = (0.02, 0.03, 0.05, 0.1)


def load_score(path: Path) -> ModuleType:
    """The one definition of segmentation quality, from its file."""
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure_field(
    score: ModuleType, model: Model, image: Path, boundary: Path
) -> tuple[np.ndarray, float, float]:
    """Figures of one field, shape (candidates, 3); the bf16 agreement; the scale."""
    micrograph = Micrograph(cv2.imread(str(image), 0), None, "none", image, "0" * 64, "script")
    answer = model.predict(micrograph, precision="f32")
    half = model.predict(micrograph, precision="bf16", scale=answer.scale)
    agreement = float(((answer.probability > 0.5) == (half.probability > 0.5)).mean())
    truth = score.truth_labels(cv2.imread(str(boundary), 0))
    edges, chord, area = score.edges(truth), score.chords(truth).mean(), _area_weighted(score.ecd(truth))
    smallest = max(round(model.min_area_px / answer.scale**2), 1)
    figures = []
    for persistence in CANDIDATES:
        cells = close_cells(answer, persistence=persistence, min_area_px=smallest).labels
        f1 = score.boundary_f1(score.edges(cells), edges, 4)[0]
        figures.append((f1, score.chords(cells).mean() / chord, _area_weighted(score.ecd(cells)) / area))
    return np.array(figures), agreement, answer.scale


def choose(figures: np.ndarray) -> int:
    """Candidate of the best mean F1; within .005 of it, of the smallest mean-intercept error.

    Parameters
    ----------
    figures : ndarray, shape (fields, candidates, 3)
    """
    f1 = figures[..., 0].mean(axis=0)
    error = np.abs(np.log(figures[..., 1])).mean(axis=0)
    return int(np.argmin(np.where(f1 >= f1.max() - 0.005, error, np.inf)))


def write_settings(folder: Path, persistence: float, agreement: float) -> None:
    """Put both values into model.toml, the rest as it is."""
    path = folder / "model.toml"
    text = path.read_text(encoding="utf-8")
    for key, value in (("persistence", f"{persistence:g}"), ("bf16_agreement", f"{agreement:.4f}")):
        line = f"{key} = {value}"
        known = re.search(rf"^{key} *=.*$", text, re.MULTILINE)
        text = (
            text.replace(known.group(0), line)
            if known
            else re.sub(r"(^weights)", rf"{line}\n\1", text, flags=re.M)
        )
    path.write_text(text, encoding="utf-8")


def _area_weighted(diameter: np.ndarray) -> float:
    return float((diameter**3).sum() / (diameter**2).sum())


def _report(name: str, figures: np.ndarray) -> None:
    for persistence, (f1, intercept, area) in zip(CANDIDATES, figures, strict=True):
        print(f"{name:10} persistence {persistence:.2f}  F1 {f1:.3f}", end="  ")
        print(f"intercept {intercept:.3f}  area-weighted {area:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--score", type=Path, required=True)
    parser.add_argument("--held-out", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    score, model = load_score(arguments.score), load_model(arguments.model)
    trained, held, agreements = [], [], []
    for image in sorted((arguments.data / "images").iterdir()):
        boundary = arguments.data / "boundary" / f"{image.stem}.png"
        figures, agreement, scale = measure_field(score, model, image, boundary)
        is_held = image.stem in arguments.held_out
        (held if is_held else trained).append(figures)
        agreements += [] if is_held else [agreement]
        print(f"{image.stem}{' (held out)' * is_held}: scale {scale:.2f}, agreement {agreement:.4f}")
        _report(image.stem, figures)
    for name, group in (("trained-on", trained), ("held out", held)):
        if group:
            _report(name, np.mean(group, axis=0))
            error = np.abs(np.log(np.array(group)[..., 1:])).mean(axis=0)
            print(f"{name:10} mean |log| intercept, area: {np.round(error, 3).tolist()}")
    best = choose(np.array(trained))
    print(f"chosen: persistence {CANDIDATES[best]}, bf16 agreement {min(agreements):.4f}")
    if arguments.write:
        write_settings(arguments.model, CANDIDATES[best], min(agreements))


if __name__ == "__main__":
    main()
