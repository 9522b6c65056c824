"""What the commands cost, in fresh processes, warm: ``python benchmarks/speed_table.py``, as CSV.

Every command runs once on a small image before it is measured, so that loops are compiled and libraries in
memory.  Processor seconds are those of the command and of its workers, the least of several tries.  The
network computes in f32, as on a processor without bf16. With ``--sets`` some rows are measured anew; these
come last.
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
SETS = ((1, 512), (1, 1024), (1, 4096), (20, 512))  #: images and their edge, pixels
TRIES = 3


def draw(folder: Path, n: int, edge: int) -> None:
    """Micrographs of 1 nm a pixel, drawn in a process of their own: a child's peak counts its parent's."""
    import tifffile

    from benchmarks.segmentation import micrograph

    scale = {"resolution": (1000, 1000), "metadata": {"unit": "um"}}
    folder.mkdir()
    for number in range(1, n + 1):
        image = micrograph(edge, seed=number).image
        tifffile.imwrite(folder / f"{number}.tif", image, imagej=True, **scale)


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


def rows_of(n: int, edge: int, folder: Path, tries: int) -> list[dict[str, object]]:
    """Cost of each command on n drawn images of edge x edge px."""
    images, maps, out = folder / f"images_{n}_{edge}", folder / f"maps_{n}_{edge}", folder / "out"
    drawing = multiprocessing.get_context("spawn").Process(target=draw, args=(images, n, edge))
    drawing.start()
    recipe = folder / "f32.toml"
    recipe.write_text('precision = "f32"\n')
    drawing.join()
    commands = {
        "segment": ("segment", str(images), "--out", str(maps), "--precision", "f32"),
        "run": ("run", str(images), "--out", str(out), "--recipe", str(recipe)),
        "run again": ("run", str(images), "--out", str(out), "--recipe", str(recipe)),
        "measure": ("measure", *(str(maps / f"{number}.labels.tif") for number in range(1, n + 1))),
    }
    found: dict[str, tuple[float, float]] = {}
    for _ in range(tries):
        for name, words in commands.items():
            if name == "run":
                shutil.rmtree(out, ignore_errors=True)
            spent = cost(*words)
            found[name] = min(found.get(name, spent), spent)
    written, given = (
        sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) for place in (out, images)
    )
    return [
        {
            "pixels": f"{edge}²" if n == 1 else f"{n} × {edge}²",
            "command": name,
            "processor_s": f"{seconds:.2f}",
            "of_segment": f"{seconds / found['segment'][0]:.2f}",
            "peak_GB": f"{memory:.2f}",
            "written_of_image": f"{written / given:.1f}" if name == "run" else "",
        }
        for name, (seconds, memory) in found.items()
    ]


def kept_rows(path: Path, anew: set[object]) -> list[dict[str, object]]:
    """Rows of the table whose images are not measured anew."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file) if row["pixels"] not in anew]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path, default=OUT)
    parser.add_argument(
        "--sets", nargs="+", default=SETS, type=lambda text: tuple(map(int, text.split("x"))),
        help="number of images x edge, as 20x512",
    )  # fmt: skip
    parser.add_argument("--tries", type=int, default=TRIES)
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        rows_of(1, 256, Path(scratch), 1)  # warms up
        for n, edge in given.sets:
            rows += rows_of(n, edge, Path(scratch), given.tries)
    rows = [*kept_rows(given.csv, {row["pixels"] for row in rows}), *rows]
    with given.csv.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
