"""Inputs that once came out wrong, each through the command as a user types it: what comes out today.

    python calibration/cases_table.py ../shared/cases      # docs/validation/cases.csv

The inputs are kept beside the checkout and are not part of it; those in ``MADE`` are written by
`cases_members`. Each row holds the command, what is right,
what came out, and whether that is right. Rows that stand in the CSV are kept, so that it goes on where it
stopped; ``--anew`` does all again.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cases_members import write_members

DOCS = Path(__file__).parents[1] / "docs/validation"
FIELDS = ("case", "command", "right", "came out", "ok")


@dataclass(frozen=True)
class Answer:
    """What a command said, and the table of samples that it wrote."""

    status: int
    out: str
    err: str
    table: str

    @property
    def document(self) -> dict:
        return json.loads(self.out) if self.out.strip().startswith(("{", "[")) else {}


@dataclass(frozen=True)
class Case:
    """An input, its command, and how its answer is told."""

    name: str
    words: str
    right: str
    said: Callable[[Answer], str]
    ok: Callable[[Answer], bool]


def ask(words: str, cases: Path, scratch: Path) -> Answer:
    """Run ``grainstats``; ``@`` stands for the folder of the cases, ``OUT`` and ``MADE`` for `scratch`."""
    if "MADE" in words:
        write_members(scratch)
    parts = [sys.executable, "-m", "grainstats"]
    for word in words.split():
        word = word.replace("OUT", str(scratch)).replace("MADE", str(scratch))
        found = sorted(cases.glob(word[1:])) if word.startswith("@") else [word]
        parts += [str(path) for path in found]
    done = subprocess.run(parts, capture_output=True, text=True)
    table = scratch / "tables/sample_descriptors.csv"
    written = table.read_text(encoding="utf-8") if table.is_file() else ""
    return Answer(done.returncode, done.stdout, done.stderr, written)


def size(answer: Answer) -> float | None:
    """Pixel size that ``info --json`` says."""
    return answer.document["files"][0]["pixel_size_nm"]


def intercept(answer: Answer) -> float:
    """Mean intercept of ``measure --json``."""
    return float(answer.document["intercept_nm"]["mean"])


def mean_of_run(answer: Answer) -> float:
    """Mean intercept of the only sample in the tables of ``run``."""
    rows = csv.DictReader(answer.table.splitlines())
    return next(float(row["value"]) for row in rows if row["name"] == "intercept_mean_nm")


def refused(*words: str) -> tuple[Callable[[Answer], str], Callable[[Answer], bool]]:
    """A refusal in which all of `words` stand."""

    def first(answer: Answer) -> str:
        lines = [text for text in answer.err.splitlines() if any(word in text for word in words)]
        text = (lines or answer.err.strip().splitlines() or ["nothing was said"])[-1].strip("- ")
        return "refused: " + text.rpartition("cases/")[2][:150]

    return first, lambda a: a.status != 0 and all(word in a.err for word in words)


def near(value: float, get: Callable[[Answer], float | None], within: float = 0.03) -> tuple:
    """A number near `value`."""

    def found(answer: Answer) -> float | None:
        try:
            return get(answer)
        except (KeyError, ValueError, StopIteration, TypeError):
            return None

    def said(answer: Answer) -> str:
        number = found(answer)
        return "no number" if number is None else f"{number:.4g} nm"

    return said, lambda a: (number := found(a)) is not None and abs(number / value - 1) <= within


def told(words: str, get: tuple) -> tuple:
    """A number, and words on standard error or in the document."""
    said, ok = get
    return lambda a: f"{said(a)}; told" if words in a.err + a.out else f"{said(a)}; not told", (
        lambda a: ok(a) and words in a.err + a.out
    )


def says(words: str) -> tuple:
    """Words, wherever they stand."""
    return lambda a: "told" if words in a.out + a.err else "not told", lambda a: words in a.out + a.err


def no_size(words: str) -> tuple:
    """No pixel size, with the reason."""

    def said(answer: Answer) -> str:
        number = size(answer)
        reason = "told" if words in answer.out else "not told"
        return f"none; {reason}" if number is None else f"{number:g} nm"

    return said, lambda a: size(a) is None and words in a.out


def grey_levels(words: str = "") -> tuple:
    """A picture whose levels are used, at 1.6 nm or without a size, and words."""

    def ok(answer: Answer) -> bool:
        files = answer.document.get("files", [{"problem": "none"}])
        return files[0]["problem"] is None and words in answer.out

    return lambda a: "read" + ("; told" if words and words in a.out else ""), ok


def verdict(*right: str) -> tuple:
    """The word of ``measure --json`` or of ``run``."""

    def word(answer: Answer) -> str:
        if answer.document:
            return str(answer.document["modality"]["verdict"])
        return next((v for v in ("bimodal", "uniform", "indeterminate") if v in answer.out), "none")

    return word, lambda a: word(a) in right


RUN = "run {} --out OUT --workers 1 --device cpu"
MAP = "measure {} --pixel-size 1 --json"
CASES = (
    Case("01", "info @01*/black_frame.tif --json", "frame masked and said", *says("blank part at the rim")),
    Case(
        "01 run",
        RUN.format("@01*/black_frame.tif --pixel-size 1.6"),
        "about 61 nm",
        *near(61.1, mean_of_run, 0.06),
    ),
    Case(
        "02", "info @02*/u8_imod.mrc --json", "1.6 nm, read as unsigned", *told("unsigned", near(1.6, size))
    ),
    Case("03 run", RUN.format("@03*/*.tif --pixel-size 1.6"), "one field, said", *says("counted once")),
    Case(
        "04",
        MAP.format("@04*/dam1.tif"),
        "boundaries closed, said",
        *told("closed along", near(32.4, intercept)),
    ),
    Case("05", MAP.format("@05*/sat8.tif"), "refused", *refused("cut to")),
    Case("06", "measure @06*/nonsq.tif --json", "32.4 nm", *near(32.4, intercept)),
    Case(
        "07",
        "import @07*/percent.xlsx --db OUT/a.db",
        "two samples, 92.5 % and 94 %",
        lambda a: a.out.strip()[:60],
        lambda a: a.status == 0,
    ),
    Case(
        "08",
        "import @08*/formula.xlsx --db OUT/a.db",
        "named, with the remedy",
        *refused("formula without a value"),
    ),
    Case(
        "09 ids",
        "import @09*/ids000.xlsx --db OUT/a.db",
        "001 and 002",
        lambda a: a.out.strip()[:60],
        lambda a: a.status == 0,
    ),
    Case("09 nfd", "import @09*/nfd.csv --db OUT/a.db", "one name", *refused("stands in row 2 already")),
    Case("09 zwsp", "import @09*/zwsp.csv --db OUT/a.db", "named", *refused("ZERO WIDTH SPACE")),
    Case("10", "info @10*/*/j.tif --json", "1.6 nm, the conflict named", *told("cropped", near(1.6, size))),
    Case("11", "info @11*/*/i.tif --json", "none, with the reason", *no_size("72 dots per inch")),
    Case("12", "info @12*/*/t.tif --json", "1.6 nm", *near(1.6, size)),
    Case("13 m0", "info @13*/*/m0.ome.tif --json", "1.6 nm", *near(1.6, size)),
    Case("13 m1", "info @13*/*/m1.ome.tif --json", "4.8 nm", *near(4.8, size)),
    Case("14", "info @14*/*/o.ome.tif --json", "1.6 nm, said", *told("decimal comma", near(1.6, size))),
    Case("15", "info @15*/cmyk_k.jpg --json", "a grey picture", *no_size("picture")),
    Case("16", "info @16*/*/ph.tif --json", "1.6 nm", *near(1.6, size)),
    Case(
        "17 grey",
        MAP.format("@17*/tr_grey110.png --tracing"),
        "400 grains",
        lambda a: f"{a.document.get('n_grains')} grains",
        lambda a: a.document.get("n_grains") == 400,
    ),
    Case(
        "17 gaps",
        MAP.format("@17*/tr_gaps.png --tracing"),
        "gaps bridged, said",
        lambda a: f"{a.document.get('n_grains')} grains; {'told' if 'bridged' in a.err else 'not told'}",
        lambda a: a.document.get("n_grains", 0) >= 375 and "bridged" in a.err,
    ),
    Case(
        "14 map",
        RUN.format("@04*/ref.tif --pixel-size 1"),
        "a map is no micrograph",
        *refused("not a micrograph"),
    ),
    Case(
        "19",
        MAP.format("@19*/giant12.tif"),
        "not bimodal: one isolated coarse grain",
        *verdict("uniform", "indeterminate"),
    ),
    Case(
        "20 run",
        RUN.format("@20*/ai-01-12.tif --pixel-size 2"),
        "patch hidden; not bimodal",
        *verdict("uniform", "indeterminate"),
    ),
)
MADE = "info MADE/{} --json"
CASES += (
    Case("01 repeated", MADE.format("repeated.tif"), "frame masked and said", *says("repeated or")),
    Case("01 mirrored", MADE.format("mirrored.tif"), "frame masked and said", *says("or mirrored")),
    Case("01 corners", MADE.format("rounded.tif"), "corners masked and said", *says("blank part")),
    Case("02 range", MADE.format("range.mrc"), "unsigned, 1.6 nm", *told("unsigned", near(1.6, size))),
    Case("02 4 bits", MADE.format("nibbles.mrc"), "1.6 nm", *near(1.6, size)),
    Case("02 TIFF", MADE.format("as_signed.tif"), "unsigned, said", *grey_levels("read as unsigned")),
    Case("02 hot pixels", MADE.format("hot.tif"), "masked and said", *grey_levels("far from all others")),
    Case("02 mode 6", MADE.format("words.mrc"), "1.6 nm", *near(1.6, size)),
    Case("02 mode 12", MADE.format("half.mrc"), "1.6 nm", *near(1.6, size)),
    Case("03 noise", MADE.format("noise.tif"), "said", *says("white noise")),
    Case("09 UTF-7", "import MADE/utf7.csv --db OUT/a.db", "refused", *says("the text is UTF-7")),
    Case("10 Hitachi", MADE.format("hitachi.tif"), "1.6 nm, conflict", *told("cropped", near(1.6, size))),
    Case("10 JEOL", MADE.format("jeol.tif"), "none, with the reason", *no_size("or cropped (1.6 nm)")),
    Case("10 FEI", MADE.format("turned.tif"), "1.6 nm, no row lost", *told("640,", near(1.6, size))),
    Case("10 OME", MADE.format("ome.ome.tif"), "none, with the reason", *no_size("or cropped (1.6 nm)")),
    Case("11 per nm", MADE.format("per_nm.tif"), "none, with the reason", *no_size("300 dots per inch")),
    Case("11 per cm", MADE.format("per_cm.tif"), "none, with the reason", *no_size("for printing")),
    Case("12 Zeiss", MADE.format("zeiss.tif"), "1.6 nm", *near(1.6, size)),
    Case("15 TIFF", MADE.format("cmyk.tif"), "a grey picture", *grey_levels()),
    Case("15 thumbnail", MADE.format("cmyk.jpg"), "a grey picture", *grey_levels()),
    Case("15 unmarked", MADE.format("unmarked.jpg"), "a grey picture", *grey_levels()),
    Case("15 orientations", MADE.format("orientations.png"), "refused", *says("colours are a code")),
    Case("15 one colour", MADE.format("one_colour.png"), "grey, said", *grey_levels("one colour")),
    Case("15 dithered", MADE.format("dithered.tif"), "refused", *says("two levels")),
    Case("17 grid", "measure MADE/grid.png --tracing --pixel-size 1 --json", "said", *says("straight lines")),
    Case(
        "20 noise",
        "segment MADE/noisy.tif --pixel-size 1.6 --out OUT --device cpu",
        "patch hidden and said",
        *says("nothing can be seen"),
    ),
    Case("16 UTF-16", MADE.format("phenom.tif"), "1.6 nm", *near(1.6, size)),
    Case("01 map", MAP.format("MADE/padded.tif"), "padding outside, said", *says("mirrored rows or columns")),
    Case("08 raised", "import MADE/raised.xlsx --db OUT/a.db", "named", *says("shows 5 raised or lowered")),
    Case("10 two markers", MADE.format("jeol_two.tif"), "none, with the reason", *no_size("0,2um/1um")),
    Case("11 typed", MADE.format("typed.tif"), "13.9 nm, in doubt", *told("over an inch", near(13.9, size))),
    Case("01 inset", MADE.format("marks.png"), "masked and said", *says("an inset is masked")),
    Case("01 arrow", MADE.format("marks.png"), "masked and said", *says("scale bar or mark is masked")),
    Case("01 mirrored map", MAP.format("MADE/reflected.tif"), "outside, said", *says("mirrored rows")),
    Case("14 transform", MADE.format("transform.tif"), "refused", *says("as a Fourier transform")),
    Case("17 drawing", MAP.format("MADE/outlines.png"), "refused", *says("--tracing")),
    Case("17 pores", MAP.format("MADE/pores.png --tracing"), "voids, said", *says("count as voids")),
)


def write(rows: list[dict[str, str]]) -> None:
    """The CSV."""
    with (DOCS / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Run what is not in the table yet; exit 1 where anything is not right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--anew", action="store_true")
    options = parser.parse_args()
    table, known = DOCS / "cases.csv", {}
    if table.is_file() and not options.anew:
        with table.open(encoding="utf-8") as file:
            known = {row["case"]: row for row in csv.DictReader(file)}
    rows = []
    for case in CASES:
        if case.name not in known:
            with tempfile.TemporaryDirectory() as scratch:
                answer = ask(case.words, options.cases, Path(scratch))
            good = "yes" if case.ok(answer) else "no"
            made = (case.name, f"`grainstats {case.words}`", case.right, case.said(answer), good)
            known[case.name] = dict(zip(FIELDS, made, strict=True))
        rows.append(known[case.name])
        write(rows)
    sys.exit(any(row["ok"] != "yes" for row in rows))


if __name__ == "__main__":
    main()
