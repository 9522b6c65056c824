"""How far reduced arithmetic agrees with f32, measured on synthetic micrographs and kept in model.toml."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from segment._threads import available_cores
from segment.unet.choose_runtime import processor_has_bf16
from segment.unet.model_folder import load_model
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.predict import infer_image

JUDGED = 24  #: synthetic micrographs that are compared
_EDGE_PX = 256  #: of each
SEED = 20261123  #: of those micrographs; no training draws it


def record_agreement(folder: Path) -> float | None:
    """Measure how far bf16 agrees with f32, and write it into the folder's model.toml.

    Returns the share of pixels on the same side of one half; None, and writes nothing, where this processor
    lacks bf16.
    """
    if not processor_has_bf16():
        return None
    agreement = measure_agreement(folder)
    write_settings(folder, {"bf16_agreement": f"{agreement:.4f}"})
    return agreement


def measure_agreement(folder: Path) -> float:
    """Share of pixels that lie on the same side of one half in bf16 as in f32."""
    model = load_model(folder)
    exact, short = (OpenVinoRuntime(str(model.weights), name, available_cores()) for name in ("f32", "bf16"))
    same = 0
    for image in _images(JUDGED):
        sides = [infer_image(model, runtime, image, None)[0] > 0.5 for runtime in (exact, short)]
        same += int(np.count_nonzero(sides[0] == sides[1]))
    return same / (JUDGED * _EDGE_PX**2)


def write_settings(folder: Path, settings: dict[str, str]) -> None:
    """Put values, as TOML writes them, into model.toml; the rest stays as it is."""
    path = folder / "model.toml"
    text = path.read_text(encoding="utf-8")
    for key, value in settings.items():
        line = f"{key} = {value}"
        text, known = re.subn(rf"^{key} *=.*$", line, text, flags=re.MULTILINE)
        text = text if known else f"{text.rstrip()}\n{line}\n"
    path.write_text(text, encoding="utf-8")


def _images(count: int) -> Iterator[np.ndarray]:
    """Synthetic micrographs, every style in turn."""
    from segment.training.synthetic.render import synthetic_micrograph
    from segment.training.synthetic.styles import STYLES

    styles = list(STYLES)
    for index in range(count):
        rng = np.random.default_rng([SEED, index])
        yield synthetic_micrograph(rng, (_EDGE_PX, _EDGE_PX), style=styles[index % len(styles)]).image
