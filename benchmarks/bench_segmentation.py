"""Table of segmentation time and peak memory against the image's size, each size in a process of its own.

    python benchmarks/bench_segmentation.py MODEL IMAGE --edges 1024 2048 4096 8192 [--precision bf16]
    [--torch]

Prints rows of a Markdown table; what each column means is said by
calibration/segmentation/measure_segmentation.py.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from measure_segmentation import against_torch

MEASURE = Path(__file__).with_name("measure_segmentation.py")
COLUMNS = (
    "size",
    "precision",
    "wall s/Mpx",
    "processor s/Mpx",
    "network",
    "cells",
    "doubts",
    "files",
    "share",
    "peak GB",
    "load",
)


def measured(arguments: argparse.Namespace, edge: int, torch: bool) -> dict[str, Any]:
    """What the other script finds at one size."""
    command = [sys.executable, str(MEASURE), arguments.model, arguments.image, "--edge", str(edge), "--json"]
    command += ["--precision", arguments.precision] + ["--torch"] * torch
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # errors are seen
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def row(found: dict[str, Any]) -> str:
    """One size as a row: seconds of processor time a megapixel, steps and share of them."""
    steps = found["steps"]
    wall, cpu = steps["whole"]
    files = steps["labels"][1] + steps["boundary"][1]
    parts = [steps["network"][1], steps["cells"][1], steps["doubts"][1], files]
    cells = [f"{found['edge']}²", found["precision"], f"{wall:.3f}", f"{cpu:.3f}"]
    cells += [f"{part:.3f}" for part in parts]
    cells += [f"{parts[0] / cpu:.0%}", f"{found['peak_gb']:.2f}", f"{found['load']:.1f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("image")
    parser.add_argument("--edges", type=int, nargs="+", default=[1024, 2048, 4096, 8192])
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--torch", action="store_true", help="PyTorch eager f32 beside the last size")
    arguments = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" * len(COLUMNS) + "|")
    for edge in arguments.edges:
        found = measured(arguments, edge, arguments.torch and edge == arguments.edges[-1])
        print(row(found), flush=True)
    if arguments.torch:
        print(f"\n{against_torch(found)}")


if __name__ == "__main__":
    main()
