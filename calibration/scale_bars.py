"""How often burned-in scale bars are read right, read wrong, or left for the user: rendered and real ones.

    python calibration/scale_bars.py docs/validation/scale_bars.csv [--real FOLDER]

Rendered: every style of `drawn_scale_bars` on the sample micrographs, with the installed
fonts, letters of 11 to 30 px, one in three saved as JPEG of quality 75 to 95.  Real: the files of
`FOLDER/microscope_files` against the pixel sizes of its expected.json, and the pictures of `FOLDER/real`,
which state none.  Writes one row an image, and beside it a table of counts by style.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pandas as pd
from drawn_scale_bars import STYLES, Lettering, draw_scale_bar
from PIL import Image

from segment.errors import InputError
from segment.micrograph import describe
from segment.micrograph.grey import to_grey
from segment.micrograph.infobar import find_info_bar
from segment.micrograph.scale_bar import ScaleBar, read_scale_bar

SEED = 29  # the threshold of confidence was chosen on the bars of 27
EACH = 60  #: images of a style
WRONG = 0.03  #: of the pixel size, as between two sources of one file
NUMBERS = (1, 2, 3, 4, 5, 10, 20, 50, 100, 200, 300, 400, 500, 0.5, 1.5, 2.5)
UNITS = ("nm", "\u00b5m", "um", "\u03bcm")
SYSTEM_FONTS = Path("/usr/share/fonts/truetype")


def fonts() -> list[Path]:
    """Upright fonts: those that come with matplotlib, and Liberation (Arial's measures) where installed."""
    own = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf")
    return [own / name for name in names] + sorted((SYSTEM_FONTS / "liberation").glob("*-Regular.ttf"))


def micrographs() -> list[np.ndarray]:
    """Grey sample images, the smallest 600 pixels wide."""
    found = []
    for path in sorted(Path("data_samples").rglob("*.tif")) + sorted(Path("data_samples").rglob("*.png")):
        with Image.open(path) as picture:
            grey, _ = to_grey(np.asarray(picture))
        if grey.dtype == np.uint8 and min(grey.shape) >= 128:
            factor = max(1, int(np.ceil(600 / grey.shape[1])))
            found.append(np.tile(grey, (factor, factor)))
    return found


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """The image after saving as JPEG."""
    memory = io.BytesIO()
    Image.fromarray(image).save(memory, "JPEG", quality=quality)
    return np.asarray(Image.open(memory))


def outcome(bar: ScaleBar | None, pixel_size_nm: float | None) -> str:
    """In words; None as true size: the real file states none to check against."""
    if bar is None:
        return "not found"
    if bar.pixel_size_nm is None:
        return "asked"
    if pixel_size_nm is None:
        return "read, unchecked"
    return "right" if abs(bar.pixel_size_nm / pixel_size_nm - 1) <= WRONG else "wrong"


def row(
    kind: str, name: str, truth: str, bar: ScaleBar | None, length: float | None, size: float | None
) -> dict:
    """What was drawn and what was read."""
    return {
        "kind": kind,
        "name": name,
        "label": truth,
        "length_px": "" if length is None else f"{length:.1f}",
        "outcome": outcome(bar, size),
        "read": "" if bar is None else bar.text,
        "confidence": "" if bar is None else f"{bar.confidence:.3f}",
        "read_px": "" if bar is None else f"{bar.length_px:.2f}",
    }


def rendered(style: str, k: int, grounds: list[np.ndarray]) -> dict:
    """One image of a style."""
    rng = np.random.default_rng([SEED, list(STYLES).index(style), k])
    image = grounds[rng.integers(len(grounds))][:720, :1024]
    image = cv2.convertScaleAbs(image, alpha=float(rng.uniform(0.6, 1.0)), beta=float(rng.uniform(0, 40)))
    number, unit = float(rng.choice(NUMBERS)), str(rng.choice(UNITS))
    label = f"{number:g}{rng.choice(['', ' '])}{unit}"
    if style == "Hitachi":
        label = (
            f"{number:.2f}um" if number < 10 else f"{number:.1f}um" if number < 100 else f"{number:g}{unit}"
        )
    letters = Lettering(rng.choice(fonts()), int(rng.integers(11, 31)), bool(rng.random() < 0.8))
    least = 70 + 6 * letters.height if style == "FEI" else 60  # its label stands within the bar
    length = int(rng.integers(least, 280))
    drawn = draw_scale_bar(style, image, length, label, letters, rng)
    if rng.random() < 1 / 3:
        drawn = as_jpeg(drawn, int(rng.integers(75, 96)))
    bar = read_scale_bar(drawn, find_info_bar(drawn))
    nanometres = number * (1.0 if label.endswith("nm") else 1e3)
    return row(style, f"{letters.font.stem} {letters.height}", label, bar, length, nanometres / length)


def real(folder: Path) -> list[dict]:
    """The microscope files, and every picture under the folder `real` beside them."""
    known = json.loads((folder / "microscope_files" / "expected.json").read_text())
    rows = []
    files = sorted((folder / "microscope_files").glob("*.tif")) + sorted((folder / "real").glob("*/images/*"))
    for path in files:
        try:
            (frame, *_) = describe(path)
        except InputError:
            continue
        size = known.get(path.name, {}).get("pixel_size_nm")
        rows.append(row("real", path.name, "", frame.scale_bar, None, size))
    return rows


def by_style(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts of each outcome, and the largest error of the length among the bars that were read."""
    counts = pd.crosstab(rows["kind"], rows["outcome"])
    read = rows[(rows["outcome"] == "right") & (rows["length_px"] != "")]
    error = (read["read_px"].astype(float) - read["length_px"].astype(float)).abs()
    counts["largest error (px)"] = error.groupby(read["kind"]).max().round(2)
    return counts.rename_axis("drawn as").reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", type=Path)
    given = parser.parse_args()
    grounds = micrographs()
    rows = [rendered(style, k, grounds) for style in STYLES for k in range(EACH)]
    rows += real(given.real) if given.real else []
    with given.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    by_style(pd.DataFrame(rows)).to_csv(given.out.with_name(f"{given.out.stem}_by_style.csv"), index=False)


if __name__ == "__main__":
    main()
