"""What is burnt into images: info bars below them, scale bars and words within; no grain and no boundary."""

import cv2
import numpy as np

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
LENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500)  #: numbers that the letters may say
_UNITS = "kV x mm nm um SE2".split()
HALO_PX = 3  #: around letters, where what lies beneath is no longer seen


def letter(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A scale bar with its length and sometimes a word, in or without a box, on an image of uint8.

    Returns the image, and (bool) the pixels of which nobody can say what lies beneath.
    """
    ink = np.zeros_like(image)
    rows, columns = image.shape
    length, thick = int(rng.uniform(0.1, 0.3) * columns), int(rng.integers(2, max(rows // 70, 4)))
    left, top = int(rng.integers(5, columns - length - 5)), int(rng.choice([0.06, 0.93]) * rows)
    cv2.rectangle(ink, (left, top), (left + length, top + thick), 255, -1)
    _write(ink, f"{rng.choice(LENGTHS)} {'nm' if rng.random() < 0.5 else 'um'}", (left, top - 6), rng)
    if rng.random() < 0.4:
        _write(ink, str(rng.choice(["(a)", "(b)", "a", "S3", "x50k"])), (8, rows // 12 + 8), rng)
    box = _bounding(ink) if rng.random() < 0.35 else np.zeros(image.shape, bool)
    bright = rng.random() < 0.7
    out = np.where(box, 0 if bright else 255, image)
    out = np.where(ink > 0, 255 if bright else 0, out).astype(np.uint8)
    around = cv2.dilate(ink, np.ones((2 * HALO_PX + 1, 2 * HALO_PX + 1), np.uint8)) > 0
    return out, around | box


def add_info_bar(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """The image (uint8) with a bar over the full width at the bottom, and the rows of the bar."""
    rows, columns = image.shape
    height = int(rng.uniform(0.05, 0.14) * rows)
    ground = int(rng.integers(0, 256)) if rng.random() < 0.2 else 255 * int(rng.random() < 0.25)
    bar = np.full((height, columns), ground, np.uint8)
    ink = 255 if ground < 128 else 0
    for x in range(8, columns - 60, int(rng.integers(70, 160))):
        words = f"{rng.integers(1, 500)} {_UNITS[rng.integers(len(_UNITS))]}"
        cv2.putText(
            bar, words, (x, int(0.65 * height)), int(rng.choice(FONTS)), height / 60, ink, 1, cv2.LINE_AA
        )
    out = image.copy()
    out[rows - height :] = bar
    return out, height


def _write(ink: np.ndarray, words: str, place: tuple[int, int], rng: np.random.Generator) -> None:
    size = ink.shape[0] / 900 * rng.uniform(0.8, 1.8)
    cv2.putText(ink, words, place, int(rng.choice(FONTS)), size, 255, int(rng.integers(1, 3)), cv2.LINE_8)


def _bounding(ink: np.ndarray) -> np.ndarray:
    box = np.zeros(ink.shape, bool)
    y, x = np.nonzero(ink)
    box[max(y.min() - 5, 0) : y.max() + 6, max(x.min() - 5, 0) : x.max() + 6] = True
    return box
