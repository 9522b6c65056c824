"""What the commands cost, in fresh processes, warm: ``python benchmarks/speed_table.py``, as CSV.

Every command runs once on a small image before it is measured, so that loops are compiled and libraries in
memory.  Processor seconds are those of the command and of its workers, the least of several tries.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import shutil
import sys
import tempfile
from pathlib import Path

OUT = Path(__file__).parents[1] / "docs/validation/speed.csv"
EDGES = (512, 1024, 4096)
TRIES = 3


def draw(path: Path, edge: int) -> None:
    """A micrograph of 1 nm a pixel, drawn in a process of its own: a child's peak counts its parent's."""
    import tifffile

    from benchmarks.segmentation import micrograph

    scale = {"resolution": (1000, 1000), "metadata": {"unit": "um"}}
    tifffile.imwrite(path, micrograph(edge).image, imagej=True, **scale)


def cost(*words: str) -> tuple[float, float]:
    """Processor seconds and peak memory (GB) of one command."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    streams = [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    command = [sys.executable, "-m", "grainstats", *words]
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=streams)
    os.close(quiet)
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(words)}: status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9


def rows_of(edge: int, folder: Path, tries: int) -> list[dict[str, object]]:
    """Cost of each command on one drawn image of edge x edge px."""
    image, maps, out = folder / f"image_{edge}.tif", folder / "maps", folder / "out"
    drawing = multiprocessing.get_context("spawn").Process(target=draw, args=(image, edge))
    drawing.start()
    drawing.join()
    commands = {
        "segment": ("segment", str(image), "--out", str(maps)),
        "run": ("run", str(image), "--out", str(out)),
        "run again": ("run", str(image), "--out", str(out)),
        "measure": ("measure", str(maps / f"{image.stem}.labels.tif")),
    }
    found: dict[str, tuple[float, float]] = {}
    for _ in range(tries):
        for name, words in commands.items():
            if name == "run":
                shutil.rmtree(out, ignore_errors=True)
            spent = cost(*words)
            found[name] = min(found.get(name, spent), spent)
    written = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return [
        {
            "pixels": f"{edge}²",
            "command": name,
            "processor_s": f"{seconds:.2f}",
            "of_segment": f"{seconds / found['segment'][0]:.2f}",
            "peak_GB": f"{memory:.2f}",
            "written_of_image": f"{written / image.stat().st_size:.1f}" if name == "run" else "",
        }
        for name, (seconds, memory) in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path, default=OUT)
    parser.add_argument("--edges", type=int, nargs="+", default=EDGES)
    parser.add_argument("--tries", type=int, default=TRIES)
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        rows_of(256, Path(scratch), 1)  # warms up
        for edge in given.edges:
            rows += rows_of(edge, Path(scratch), given.tries)
    with given.csv.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
