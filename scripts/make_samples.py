"""Make data_samples/: eight synthetic micrographs of known truth, four samples, three vendors' metadata.

    python scripts/make_samples.py [OUT]

Every image is drawn by `segment.training.synthetic.render` from a seed, so the truth is known to the pixel:
the label
maps stand in truth/, the descriptors measured on them in truth.json.  Everything is invented, the material's
"anneal" and "hardness" too; the info bars say SYNTHETIC.  The seeds were chosen by eye for clear images.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import tifffile
from skimage.measure import label
from skimage.segmentation import relabel_sequential, watershed

from grainstats.measure import grain_table, measure_grain_map, sample_summary
from segment.grain_map import GrainMap
from segment.label_maps.writing import write_label_map
from segment.training.synthetic.geometry import Shape
from segment.training.synthetic.render import synthetic_micrograph

OUT = Path(__file__).resolve().parents[1] / "data_samples"
COLUMNS, ROWS = 1024, 944
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class Plan:
    """One sample: what is drawn, one image a number in `fields`, and its row of samples.csv."""

    sample_id: str
    route: str
    modality: str
    style: str
    vendor: str
    pixel_size_nm: float
    seed: int
    fields: tuple[int, ...]
    anneal_c: int
    hours: float
    shape: Shape


UNIFORM = Shape(mean_intercept=31, sigma=0.25, curvature=0.05)
BIMODAL = Shape(mean_intercept=52, sigma=0.22, size_ratio=5.0, coarse_volume=0.4, curvature=0.05)

PLANS = (
    Plan("ai-01", "ai", "uniform", "bf_tem", "imagej", 1.6, 101, (7, 3), 620, 1.0, UNIFORM),
    Plan("ai-02", "ai", "bimodal", "sem_film", "fei", 2.0, 102, (0, 1), 700, 2.0, BIMODAL),
    Plan("researcher-01", "researcher", "bimodal", "bf_tem", "imagej", 1.6, 103, (0, 5), 760, 2.0, BIMODAL),
    Plan("researcher-02", "researcher", "uniform", "sem_film", "zeiss", 2.5, 104, (0, 1), 680, 4.0, UNIFORM),
)


def main(out: Path = OUT) -> None:
    """Draw, write and measure everything."""
    truth: dict[str, object] = {}
    rows = []
    for plan in PLANS:
        maps = _write_sample(plan, out)
        truth[plan.sample_id] = _truth(plan, maps)
        rows.append(_row(plan, maps))
        print(f"{plan.sample_id}: {truth[plan.sample_id]}"[:110])
    _write_sheet(out / "samples.csv", rows)
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    total = sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
    print(f"{out}: {total / 1e6:.2f} MB")


def _write_sample(plan: Plan, out: Path) -> dict[str, GrainMap]:
    """Images and label maps of one sample; returns the maps by the image's path."""
    write = WRITERS[plan.vendor]
    maps = {}
    for number, field in enumerate(plan.fields, start=1):
        name = f"{plan.sample_id}/{plan.sample_id}-field-{number}"
        drawn = synthetic_micrograph(
            np.random.default_rng([plan.seed, field]),
            (ROWS, COLUMNS),
            style=plan.style,
            grains=plan.shape,
            pixel_size_nm=plan.pixel_size_nm,
        )
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        write(out / f"{name}.tif", drawn.image, plan.pixel_size_nm)
        label_map = out / "truth" / f"{name}.labels.tif"
        label_map.parent.mkdir(parents=True, exist_ok=True)
        maps[f"{name}.tif"] = in_one_piece(drawn.grain_map)
        write_label_map(label_map, maps[f"{name}.tif"])
    return maps


def in_one_piece(grain_map: GrainMap) -> GrainMap:
    """Every grain in one piece: where rendering bends boundaries, islands of a few pixels come off.

    An island goes to the grain beside it.
    """
    labels = grain_map.labels
    pieces = label(labels, background=0, connectivity=1)
    area = np.bincount(pieces.ravel())
    grain_of = np.zeros(area.size, np.int64)
    grain_of[pieces.ravel()] = labels.ravel()
    largest = np.zeros(int(labels.max()) + 1, np.int64)
    for piece in np.argsort(area[1:]) + 1:
        largest[grain_of[piece]] = piece
    kept = np.where(largest[labels] == pieces, labels, 0)
    whole = watershed(np.zeros(labels.shape, np.uint8), kept, mask=labels > 0)
    return replace(grain_map, labels=relabel_sequential(whole)[0].astype(np.int32))


# --- vendors' metadata -------------------------------------------------------------------------------------


def write_imagej(path: Path, image: np.ndarray, nm: float) -> None:
    """As ImageJ saves a calibrated TEM image: unit and pixels per unit."""
    tifffile.imwrite(
        path, image, imagej=True, compression="zlib", resolution=(1 / nm, 1 / nm), metadata={"unit": "nm"}
    )


def write_fei(path: Path, image: np.ndarray, nm: float) -> None:
    """As a Thermo Fisher / FEI SEM saves it: data bar below the image, its height and the pixel in tag."""
    bar = np.zeros((60, COLUMNS), np.uint8)
    cv2.rectangle(bar, (0, 0), (COLUMNS - 1, 59), 255, 1)
    for k, (head, value) in enumerate(
        [("HV", "5.00 kV"), ("mag", "50 000 x"), ("WD", "4.0 mm"), ("det", "TLD")]
    ):
        cv2.line(bar, (20 + 130 * k, 0), (20 + 130 * k, 59), 255, 1)
        cv2.putText(bar, head, (30 + 130 * k, 24), FONT, 0.5, 255, 1, cv2.LINE_AA)
        cv2.putText(bar, value, (30 + 130 * k, 48), FONT, 0.5, 255, 1, cv2.LINE_AA)
    _scale_bar(bar, 620, 20, nm, 500, 255)
    cv2.putText(bar, "SYNTHETIC", (900, 36), FONT, 0.5, 255, 1, cv2.LINE_AA)
    metres = nm * 1e-9
    text = (
        f"[Beam]\r\nHV=5000\r\nBeam=EBeam\r\nScan=EScan\r\n[EBeam]\r\nHFW={COLUMNS * metres:g}\r\n"
        f"[Scan]\r\nPixelWidth={metres:g}\r\nPixelHeight={metres:g}\r\n"
        f"[Image]\r\nResolutionX={COLUMNS}\r\nResolutionY={ROWS}\r\n[PrivateFei]\r\nDatabarHeight={len(bar)}\r\n"
    )
    _write_tagged(path, np.vstack([image, bar]), 34682, text)


def write_zeiss(path: Path, image: np.ndarray, nm: float) -> None:
    """As a Zeiss SEM saves it: bar burned in without its height, pixel at 1024 columns in tag 34118."""
    bar = np.full((76, COLUMNS), 255, np.uint8)
    cv2.rectangle(bar, (0, 0), (COLUMNS - 1, 75), 0, 1)
    _scale_bar(bar, 30, 40, nm, 500, 0)
    cv2.putText(
        bar, "EHT = 5.00 kV   Signal A = InLens   WD = 4.0 mm", (330, 30), FONT, 0.6, 0, 1, cv2.LINE_AA
    )
    cv2.putText(bar, "SYNTHETIC", (330, 60), FONT, 0.6, 0, 1, cv2.LINE_AA)
    reference = nm * 1e-9 * COLUMNS / 1024
    text = (
        f"0\r\n0\r\n0\r\n{reference:g}\r\n0\r\n0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {nm:g} nm\r\n"
        f"AP_PIXEL_SIZE\r\nPixel Size = {2 * nm:g} nm\r\n"
    )
    _write_tagged(path, np.vstack([image, bar]), 34118, text)


WRITERS: dict[str, Callable[[Path, np.ndarray, float], None]] = {
    "imagej": write_imagej,
    "fei": write_fei,
    "zeiss": write_zeiss,
}


def _scale_bar(bar: np.ndarray, x: int, y: int, nm: float, length_nm: int, level: int) -> None:
    end = x + round(length_nm / nm)
    bar[y - 1 : y + 2, x:end] = level
    for tick in (x, end - 2):
        bar[y - 7 : y + 8, tick : tick + 2] = level
    cv2.putText(
        bar, f"{length_nm} nm", (x + 40, y + 26 if level else y - 12), FONT, 0.6, level, 1, cv2.LINE_AA
    )


def _write_tagged(path: Path, image: np.ndarray, tag: int, text: str) -> None:
    tifffile.imwrite(path, image, compression="zlib", metadata=None, extratags=[(tag, "s", 0, text, True)])


# --- truth -------------------------------------------------------------------------------------------------


def _truth(plan: Plan, maps: dict[str, GrainMap]) -> dict[str, object]:
    """What measuring the true maps gives, and how they were drawn."""
    whole = sample_summary([measure_grain_map(m, unit="nm") for m in maps.values()])
    kept = (
        "equivalent_diameter_nm",
        "intercept_nm",
        "boundary_density_per_um",
        "triple_junctions_per_um2",
        "astm_g",
    )
    return {
        "modality": plan.modality,
        "pixel_size_nm": plan.pixel_size_nm,
        "style": plan.style,
        "vendor": plan.vendor,
        "size_ratio": plan.shape.size_ratio,
        "coarse_volume": plan.shape.coarse_volume,
        **{name: whole[name] for name in kept},
        "images": {name: _counts(m) for name, m in maps.items()},
    }


def _counts(grain_map: GrainMap) -> dict[str, object]:
    n_frame = int(grain_map.touches_frame.sum())
    return {
        "shape": list(grain_map.labels.shape),
        "n_grains": grain_map.n_grains,
        "n_interior": grain_map.n_grains - n_frame,
    }


def _row(plan: Plan, maps: dict[str, GrainMap]) -> dict[str, object]:
    """Process parameters, and a hardness after Hall and Petch with a little scatter; invented."""
    tables = [grain_table(m, unit="nm") for m in maps.values()]
    mean = float(np.mean(np.concatenate([t["equivalent_diameter_nm"] for t in tables])))
    scatter = np.random.default_rng(plan.seed).normal(0, 0.05)
    return {
        "sample_id": plan.sample_id,
        "design_route": plan.route,
        "campaign": "demo",
        "images": f"{plan.sample_id}/*.tif",
        "param:anneal_temperature_C": plan.anneal_c,
        "param:anneal_time_h": plan.hours,
        "prop:hardness_GPa": round(2.0 + 12.0 / np.sqrt(mean) + scatter, 2),
    }


def _write_sheet(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
