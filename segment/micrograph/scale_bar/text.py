"""What a line of lettering says: a small recogniser of text, run by OpenVINO on the processor.

The network is the recogniser of PP-OCRv4 (PaddleOCR authors, Apache-2.0) in the package
``rapidocr-onnxruntime`` (Apache-2.0), of which nothing but this one file is used: install it with
``--no-deps``.  Its output is a distribution over 6,625 signs per step; equal signs in succession are one
sign, class 0 is none.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

_PACKAGE = "rapidocr_onnxruntime"
_FILE = "models/ch_PP-OCRv4_rec_infer.onnx"
_ROWS = 48  #: height that the network was trained on
_MICRO = "uµμ"  #: signs that mean the same before an m: their probabilities are added
_LEAST_COLUMNS = 320  #: shorter lines are filled up, as in its training


@dataclass(frozen=True)
class Words:
    """What was read and the probability of its least certain sign."""

    text: str
    confidence: float


def read_line(line: np.ndarray) -> Words:
    """Read one line of text, uint8 of any height, with a small margin."""
    network, signs = _network()
    rows, columns = line.shape
    width = max(round(columns * _ROWS / rows), 8)
    how = cv2.INTER_CUBIC if rows < _ROWS else cv2.INTER_AREA
    scaled = cv2.resize(line, (width, _ROWS), interpolation=how)
    filled = np.zeros((_ROWS, max(width, _LEAST_COLUMNS)), np.float32)
    filled[:, :width] = scaled.astype(np.float32) / 127.5 - 1
    steps = network(np.repeat(filled[None, None], 3, axis=1))[0][0]
    micro = [k for k, sign in enumerate(signs) if sign and sign in _MICRO]
    steps[:, micro[0]] = steps[:, micro].sum(axis=1)
    steps[:, micro[1:]] = 0
    best, sure = steps.argmax(axis=1), steps.max(axis=1)
    kept = (best > 0) & np.concatenate([[True], best[1:] != best[:-1]])
    text = "".join(signs[k] for k in best[kept])
    seen = kept & (best < len(signs) - 1)  # a space is not a sign to be certain of
    return Words(text, float(sure[seen].min()) if seen.any() else 0.0)


@cache
def recogniser() -> Path | None:
    """The network's file; None where the package is not installed."""
    found = find_spec(_PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    file = Path(places[0]) / _FILE if places else None
    return file if file is not None and file.is_file() else None


@cache
def _network() -> tuple[Any, list[str]]:
    """The compiled network, and the signs that it tells apart: none, those in its metadata, a space."""
    import openvino

    file = recogniser()
    assert file is not None
    core = openvino.Core()
    model = core.read_model(file)
    signs = str(model.get_rt_info(["framework", "character"]).value).splitlines()
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    return core.compile_model(model, "CPU", settings), ["", *signs, " "]
