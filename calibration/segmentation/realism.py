"""Do the synthetic micrographs look like real ones?  A contact sheet, and a classifier that tells them apart.

    python calibration/segmentation/realism.py DATA --out OUT [--csv docs/validation/realism.csv]
        [--drawn docs/validation/synthetic_kinds.jpg]

DATA is the folder of `real/` and `uo2_bftem/`.  Writes OUT/<kind>.jpg, six real crops above six synthetic
ones, and a page of them, OUT/index.html: for looking, not for publishing, since the real ones are of others.
--csv keeps the classifier's balanced accuracy by kind, against the styles that stood for it in the release of
2026-11-27 and those of now; .5 means that it cannot tell.  --drawn keeps the synthetic halves alone.

The classifier knows grey levels, slopes and the power spectrum of crops of 128 px (ridge regression), and is
judged on images that it did not see.  Nothing is trained or chosen by these figures.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from segment.training.synthetic.render import synthetic_micrograph

CROP_PX, SHOWN_PX, SHOWN = 128, 240, 6
IMAGES = 24  #: synthetic images a kind and release
PER_IMAGE = 4  #: crops of each
FOLDS = 4
RIDGE = 3.0  # in units of one crop; judgement
SEED = 20_261_130


@dataclass(frozen=True)
class Kind:
    """Real images (glob below DATA) and the styles that stand for them, before and now."""

    name: str
    real: str
    before: tuple[str, ...]
    now: tuple[str, ...]


KINDS = (
    Kind("densely etched steel", "real/unlabelled/images/[4S]*Q*.png", ("etched",), ("dense_etch",)),
    Kind("etched metal with gaps", "real/steel316L_binderjet/images/*.png", ("etched",), ("pitted",)),
    Kind("etched metal with twins", "real/sus304_etched/images/*.png", ("etched",), ("pitted", "dense_etch")),
    Kind(
        "precipitates on boundaries",
        "real/carbide_network_sem/images/*.png",
        ("second_phase",),
        ("overgrown", "strung"),
    ),
    Kind("sintered ceramic", "real/fesc_fibsem/images/*.png", ("wetted",), ("ceramic", "ceramic_patches")),
    Kind("map of band contrast", "real/band_contrast/images/*.png", ("sem_lines",), ("band_contrast",)),
    Kind("bright-field TEM", "uo2_bftem/images/*", ("bf_tem",), ("bf_tem",)),
    Kind("SEM film", "real/perovskite_sem/images/*.png", ("sem_film",), ("sem_film",)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--drawn", type=Path)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    rows, drawn = [], []
    for place, kind in enumerate(KINDS):
        real = _real(chosen.data, kind.real)
        if not real:
            print(f"{kind.name}: no image in {chosen.data / kind.real}")
            continue
        now, before = (_synthetic(styles, place) for styles in (kind.now, kind.before))
        drawn.append(_strip(now))
        cv2.imwrite(str(chosen.out / f"{kind.name}.jpg"), np.vstack([_strip(real), drawn[-1]]))
        accuracy = [told_apart(real, synthetic) for synthetic in (before, now)]
        rows.append([kind.name, len(real), *(f"{one:.2f}" for one in accuracy)])
        print("{}: {} real images, accuracy {} before, {} now".format(*rows[-1]))
    _page(chosen.out, [str(row[0]) for row in rows])
    if chosen.csv:
        with chosen.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["kind", "real_images", "accuracy_before", "accuracy"], *rows])
    if chosen.drawn:
        small = cv2.resize(np.vstack(drawn), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(chosen.drawn), small, [cv2.IMWRITE_JPEG_QUALITY, 72])


def told_apart(real: list[np.ndarray], synthetic: list[np.ndarray]) -> float:
    """Balanced accuracy of a ridge regression on crops of images that it did not see.

    Fewer real images than folds are halved, and each half counts as an image.
    """
    rng = np.random.default_rng(SEED)
    if len(real) < FOLDS:
        real = [part for image in real for part in np.array_split(image, 2, axis=1)]
    sides, image_of, features = [], [], []
    for side, images in enumerate((real, synthetic)):
        for number, image in enumerate(images):
            for _ in range(max(PER_IMAGE * IMAGES // len(images), 1)):
                sides.append(side)
                image_of.append(number)
                features.append(_features(_crop(image, CROP_PX, rng)))
    x, of, fold = np.array(features), np.array(sides), np.array(image_of) % FOLDS
    hit = np.zeros(len(of), bool)
    for left_out in range(FOLDS):
        seen = fold != left_out
        centre, spread = x[seen].mean(0), x[seen].std(0) + 1e-6
        z = np.column_stack([(x - centre) / spread, np.ones(len(x))])
        share = np.where(of == 1, (of[seen] == 1).mean(), (of[seen] == 0).mean())
        weighted = z[seen] / share[seen, None]
        ridge = RIDGE * np.diag([*np.ones(x.shape[1]), 1e-6])
        slope = np.linalg.solve(weighted.T @ z[seen] + ridge, weighted.T @ (2.0 * of[seen] - 1))
        hit[~seen] = (z[~seen] @ slope > 0) == (of[~seen] == 1)
    return float((hit[of == 0].mean() + hit[of == 1].mean()) / 2)


def _features(crop: np.ndarray) -> np.ndarray:
    """Grey levels, slopes at two scales and radial power of a crop, shape (44,)."""
    grey = crop.astype(np.float32)
    grey = (grey - grey.mean()) / (grey.std() + 1e-3)
    parts = [np.histogram(grey, np.linspace(-2.5, 2.5, 17))[0] / grey.size]
    for sigma in (0.7, 2.0):
        smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
        slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
        parts.append(np.histogram(np.log(slope + 1e-3), np.linspace(-4, 3, 9))[0] / grey.size)
    window = np.outer(np.hanning(CROP_PX), np.hanning(CROP_PX))
    power = np.abs(np.fft.fftshift(np.fft.fft2(grey * window))) ** 2
    y, x = np.indices(power.shape) - CROP_PX // 2
    ring = np.minimum(np.hypot(y, x) / (CROP_PX / 2) * 12, 12).astype(int).ravel()
    mean = np.bincount(ring, power.ravel())[:12] / np.bincount(ring)[:12]
    parts.append(np.log(mean + 1e-6))
    return np.concatenate(parts)


def _real(data: Path, pattern: str) -> list[np.ndarray]:
    found = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(data.glob(pattern)))
    return [image for image in found if image is not None]


def _synthetic(styles: tuple[str, ...], place: int) -> list[np.ndarray]:
    return [
        synthetic_micrograph(
            np.random.default_rng([SEED, place, k]), (320, 320), style=styles[k % len(styles)]
        ).image
        for k in range(IMAGES)
    ]


def _crop(image: np.ndarray, edge: int, rng: np.random.Generator) -> np.ndarray:
    rows, columns = image.shape
    y, x = int(rng.integers(max(rows - edge, 0) + 1)), int(rng.integers(max(columns - edge, 0) + 1))
    part = image[y : y + edge, x : x + edge]
    short = [(0, max(edge - size, 0)) for size in part.shape]
    return np.pad(part, short, mode="reflect")


def _strip(images: list[np.ndarray]) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    return np.hstack([_crop(images[k % len(images)], SHOWN_PX, rng) for k in range(SHOWN)])


def _page(out: Path, names: list[str]) -> None:
    body = "".join(f'<h2>{name}</h2><img src="{name}.jpg" alt="{name}">' for name in names)
    title = "Real micrographs above, synthetic ones below"
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>{body}'
    )
    (out / "index.html").write_text(page + "</html>\n", encoding="utf-8")


if __name__ == "__main__":
    main()
