"""Make the recogniser of text for scale bars from that of the package rapidocr-onnxruntime (Apache-2.0).

    pip download --no-deps rapidocr-onnxruntime==1.4.4
    unzip rapidocr_onnxruntime-1.4.4-py3-none-any.whl 'rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx'
    python scripts/make_text_recogniser.py rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx

Weights are kept in half precision: 5.4 MB for 10.9.  The signs stand in the ONNX file's metadata.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import openvino

FOLDER = Path("segment/micrograph/scale_bar/text_model")
_KEY = b"\x0a\x09character\x12"  # field 1 of a metadata entry is the key, field 2 the value


def signs_of(model: bytes) -> list[str]:
    """The signs that the network tells apart, in the order of its classes from 1."""
    at = model.rindex(_KEY) + len(_KEY)
    length = shift = 0
    while True:
        byte = model[at]
        length |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return model[at : at + length].decode().splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("onnx", type=Path)
    source = parser.parse_args().onnx
    model = openvino.Core().read_model(source)
    openvino.save_model(model, FOLDER / "recogniser.xml", compress_to_fp16=True)
    signs = signs_of(source.read_bytes())
    (FOLDER / "characters.txt").write_text("\n".join(signs) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
