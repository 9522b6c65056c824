"""Many images, bad ones among them, killed again and again: the result equals an undisturbed run.

A campaign of small micrographs (64 - 256 px windows of generated fields) in many samples, one in a hundred
bad in one of twenty ways, is run twice: undisturbed, and killed from outside by SIGKILL at random moments
until it ends, once each with a full disk, a read-only output, a worker out of memory and one that is killed
(`soak_faults.py`). Tables and files must be equal byte by byte, failures row by row, and no temporary file
may be left. A third run of the finished folder shows what doing nothing costs.

    make soak                                            # 10,000 images, 200 samples, 20 kills: some hours
    python calibration/soak.py --images 300 --samples 12 --kills 5 --out soak_small

With ``--db`` the killed run writes into a PostgreSQL server, which ``--restart`` restarts once. With
``--minutes`` it ends in time with status 75; the same command goes on. ``--parts`` does the undisturbed run
in so many shards, so that each fits.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import tifffile
from soak_faults import FAULTS, NOT_TRIED, STRUCK, befall, befall_apart, server_restarted

from grainstats.share import Database
from segment.cells.label_edges import on_edges
from segment.mosaics.laguerre import laguerre_section

FIELD_PX = 512
N_FIELDS = 40  #: generated; windows of them are cut, turned and shaded
SCALE = {"imagej": True, "resolution": (0.5, 0.5), "metadata": {"unit": "nm"}}


def fields(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    """Grey mosaics with dark boundaries, 8 bits."""
    made = []
    for _ in range(n):
        grains = laguerre_section((FIELD_PX, FIELD_PX), 30, 0.3, rng).grain_map()
        levels = rng.integers(70, 190, grains.n_grains + 1)
        image = np.where(on_edges(grains.labels), 25, levels[grains.labels])
        image = image + rng.normal(0, 5, image.shape)
        made.append(np.clip(image, 0, 255).astype(np.uint8))
    return made


def good(path: Path, image: np.ndarray) -> None:
    """A calibrated micrograph."""
    tifffile.imwrite(path, image, **SCALE)


def _bytes(content: Callable[[bytes], bytes]) -> Callable[[Path, np.ndarray], None]:
    def write(path: Path, image: np.ndarray) -> None:
        good(path, image)
        path.write_bytes(content(path.read_bytes()))

    return write


def _instead(make: Callable[[Path], object]) -> Callable[[Path, np.ndarray], None]:
    return lambda path, image: make(path)


#: Ways in which an image is bad; each gives one named row.
BAD: dict[str, Callable[[Path, np.ndarray], None]] = {
    "cut in half": _bytes(lambda b: b[: len(b) // 2]),
    "header only": _bytes(lambda b: b[:8]),
    "empty": _bytes(lambda b: b""),
    "text": _bytes(lambda b: b"not an image\n" * 20),
    "zeros": _bytes(lambda b: b"\0" * len(b)),
    "directory of pages beyond the end": _bytes(lambda b: b[:4] + b"\xff\xff\xff\x7f" + b[8:]),
    "random bytes": _bytes(lambda b: random.Random(len(b)).randbytes(len(b))),
    "zip": _bytes(lambda b: b"PK\x03\x04" + b[4:]),
    "HDF5 without content": _bytes(lambda b: b"\x89HDF\r\n\x1a\n" + b"\0" * 200),
    "MRC of absurd size": _bytes(lambda b: b"\xff\xff\xff\x7f" * 3 + b"\0" * 1012),
    "all of one level": lambda path, image: good(path, np.full_like(image, 90)),
    "black": lambda path, image: good(path, np.zeros_like(image)),
    "too small": lambda path, image: good(path, image[:20, :20]),
    "one row": lambda path, image: good(path, image[:1]),
    "not calibrated": lambda path, image: tifffile.imwrite(path, image),
    "no number in it": lambda path, image: tifffile.imwrite(path, np.full(image.shape, np.nan, np.float32)),
    "link that leads nowhere": _instead(lambda path: path.symlink_to(path.with_name("gone"))),
    "link in a circle": _instead(lambda path: path.symlink_to(path)),
    "named pipe": _instead(lambda path: os.mkfifo(path)),
    "folder": _instead(lambda path: path.mkdir()),
}


def make_campaign(folder: Path, options: argparse.Namespace) -> int:
    """Write the images; returns how many of them are bad."""
    rng, n_bad = np.random.default_rng(options.seed), 0
    sources = fields(rng, min(N_FIELDS, options.images))
    ways = list(BAD.values())
    for number in range(options.images):
        place = folder / f"S{number % options.samples:04d}"
        place.mkdir(parents=True, exist_ok=True)
        side = int(rng.integers(64, options.largest + 1))
        y, x = rng.integers(0, FIELD_PX - side + 1, 2)
        image = np.rot90(sources[number % len(sources)][y : y + side, x : x + side], number % 4)
        path, write = place / f"{number:06d}.tif", good
        if number % options.every == options.every // 2:
            write, n_bad = ways[n_bad % len(ways)], n_bad + 1
        write(path, image)
        if path.is_file() and (path.stat().st_size or n_bad > len(ways)):
            with path.open("ab") as file:  # no two files are the same bytes, which would count once
                file.write(path.stem.encode())
    return n_bad


def command(options: argparse.Namespace, name: str, db: str | None = None) -> list[str]:
    """The run as a user starts it, into a folder of this name."""
    data, out = (str(options.out / folder) for folder in ("data", name))
    call = ["run", data, "--out", out, "--workers", str(options.workers), "--device", "cpu"]
    named = {"--model": options.model, "--db": db}
    call += [word for option, value in named.items() if value for word in (option, value)]
    return [sys.executable, "-m", "grainstats", *call]


def run(arguments: list[str]) -> tuple[float, float]:
    """Run to the end; wall and processor seconds."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the run ended with {done.returncode}: {done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - begin, spent


@dataclass
class Soak:
    """How far the test has come; kept in the output folder after each step."""

    n_bad: int = -1  #: bad images; negative before they are made
    parts: int = 0  #: shards of the undisturbed run that are done
    #: wall and processor seconds of the undisturbed run, and of the one that finds everything done
    whole: list[float] = field(default_factory=lambda: [0.0, 0.0])
    again: list[float] = field(default_factory=list)
    blows: int = 0  #: kills and faults that are done
    struck: int = 0  #: kills of a run that was still alive
    faults: dict[str, str] = field(default_factory=dict)  #: what came of each
    ended: bool = False  #: the killed run has come to its end

    @classmethod
    def read(cls, out: Path) -> Soak:
        """The state in an output folder; a new one where there is none."""
        path = out / "soak.json"
        return cls(**json.loads(path.read_text())) if path.is_file() else cls()

    def keep(self, out: Path) -> None:
        """Write it."""
        (out / "soak.json").write_text(json.dumps(asdict(self)))


def strike(arguments: list[str], seconds: float) -> bool:
    """Run for so long, then kill by SIGKILL; whether it was alive to be."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(arguments, **quiet) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return True
    return False


KEPT_STATE = {".report/written.json", ".report/files-1of1.json"}
KILL = "kill"
RESTART = "server restarted"


def blows(options: argparse.Namespace) -> list[str]:
    """Kills, and the faults spread evenly among them."""
    faults = [*FAULTS, *([RESTART] if options.restart else [])]
    moments = [
        ((number + 0.5) / len(kind), name)
        for kind in ([KILL] * options.kills, faults)
        for number, name in enumerate(kind)
    ]
    return [name for _, name in sorted(moments, key=lambda moment: moment[0])]


def blow(name: str, disturbed: list[str], seconds: float, options: argparse.Namespace, state: Soak) -> None:
    """One kill or fault."""
    out = options.out / "killed"
    if name == KILL:
        state.struck += strike(disturbed, seconds)
    elif name == RESTART:
        state.faults[name] = befall(server_restarted(options.restart), out, disturbed)
    else:
        state.faults[name] = befall_apart(name, out, disturbed)


def differences(one: Path, other: Path, db: str | None = None) -> list[str]:
    """What differs between two output folders: tables, failures, pages, files of images, leftovers.

    `db` is the other's database where it is not in its folder.
    """
    with Database.open(one / "results.db") as a, Database.open(db or other / "results.db") as b:
        found = [] if a.failures().equals(b.failures()) else ["failures"]
    files = [{str(path.relative_to(out)): path for path in files_of(out)} for out in (one, other)]
    for name in sorted(files[0].keys() | files[1].keys()):
        if name in KEPT_STATE or name.startswith("results.db"):
            continue  # times of files, and the rows that the tables show
        paths = [of_out.get(name) for of_out in files]
        if None in paths or content_of(paths[0]) != content_of(paths[1]):
            found.append(name)
    return found


def content_of(path: Path) -> bytes:
    """A file's bytes; a page without the minute in which it was made, and the name of the database."""
    content = path.read_bytes()
    return (
        re.sub(rb"<footer>.*|<dt>Database</dt><dd>.*?</dd>", b"", content)
        if path.suffix == ".html"
        else content
    )


def files_of(folder: Path) -> Iterator[Path]:
    """All files below a folder."""
    return (path for path in folder.rglob("*") if path.is_file())


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in files_of(folder))


def steps(options: argparse.Namespace, state: Soak) -> Iterator[None]:
    """One step after the other, each kept when it is done."""
    data = options.out / "data"
    if state.n_bad < 0:
        shutil.rmtree(data, ignore_errors=True)
        state.n_bad = make_campaign(data, options)
        yield
    undisturbed = command(options, "whole")
    while options.parts > 1 and state.parts < options.parts:
        part = run([*undisturbed, "--shard", f"{state.parts + 1}/{options.parts}"])
        state.whole = [a + b for a, b in zip(state.whole, part, strict=True)]
        state.parts += 1
        yield
    if state.parts <= options.parts:  # all of it, or what comes after the shards: judging, tables, report
        state.whole = [a + b for a, b in zip(state.whole, run(undisturbed), strict=True)]
        state.parts = options.parts + 1
        yield
    disturbed, all_blows = command(options, "killed", options.db), blows(options)
    typical = min(max(state.whole[0] / len(all_blows), 4), state.whole[0] / 2)  # some images are left
    while state.blows < len(all_blows):
        moment = random.Random(options.seed + state.blows).uniform(0.02, 1.5) * typical
        blow(all_blows[state.blows], disturbed, moment, options, state)
        state.blows += 1
        yield
    while not state.ended:
        state.ended = not strike(disturbed, options.minutes * 60)
        state.struck += not state.ended
        yield
    run(disturbed)  # its status
    if not state.again:
        state.again = list(run(undisturbed))
        yield


def soak(options: argparse.Namespace) -> dict[str, object] | None:
    """The whole test; a row for each thing that it shows, or None where the time has ended before."""
    end = time.monotonic() + 60 * options.minutes
    options.out.mkdir(parents=True, exist_ok=True)
    state = Soak.read(options.out)
    for _ in steps(options, state):
        state.keep(options.out)
        if time.monotonic() > end:
            return None
    return table_of(options, state)


def table_of(options: argparse.Namespace, state: Soak) -> dict[str, object]:
    """What the finished test shows."""
    data, whole, killed = (options.out / name for name in ("data", "whole", "killed"))
    with Database.open(whole / "results.db") as db:
        n_done, n_failed = len(db.analyses()), len(db.failures())
    pages = [path.stat().st_size for path in whole.glob("report*.html")]
    written = size_of(whole / "images") + size_of(whole / ".report")
    return {
        "images": options.images,
        "samples": options.samples,
        "largest edge, pixels": options.largest,
        "bad images": state.n_bad,
        "analysed": n_done,
        "named without a result": n_failed,
        "kills that struck": state.struck,
        **state.faults,
        "differences": differences(whole, killed, options.db),
        "first run, wall seconds": round(state.whole[0], 1),
        "first run, processor seconds": round(state.whole[1], 1),
        "second run, wall seconds": round(state.again[0], 2),
        "second run, processor seconds": round(state.again[1], 2),
        "bytes written per byte of image": round(written / size_of(data), 2),
        "largest page, bytes": max(pages),
    }


def write_table(path: Path, table: dict[str, object]) -> None:
    """The table as CSV; of differences their number."""
    rows = [(name, len(value) if isinstance(value, list) else value) for name, value in table.items()]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("what", "value"), *rows])


def main() -> None:
    """Run, print the table, exit 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--largest", type=int, default=256, help="pixels of an edge, from 64 up")
    parser.add_argument("--every", type=int, default=100, help="one image in so many is bad")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=25)
    parser.add_argument("--db", help="URL of an empty PostgreSQL database for the killed run")
    parser.add_argument("--restart", help="command that restarts its server")
    parser.add_argument("--model", help="a released model's name or a model folder")
    parser.add_argument("--parts", type=int, default=1, help="shards of the undisturbed run")
    parser.add_argument("--minutes", type=float, default=1e6, help="then end with status 75")
    parser.add_argument("--csv", type=Path, help="write the table there")
    parser.add_argument("--out", type=Path, default=Path("soak_out"))
    options = parser.parse_args()
    table = soak(options)
    if table is None:
        sys.exit(75)
    print(json.dumps(table, indent=2))
    if options.csv:
        write_table(options.csv, table)
    whole = table["analysed"] + table["named without a result"] == table["images"]  # type: ignore[operator]
    faulty = {table.get(name) for name in (*FAULTS, RESTART)} - {STRUCK, NOT_TRIED, None}
    sys.exit(1 if table["differences"] or faulty or not whole else 0)


if __name__ == "__main__":
    main()
