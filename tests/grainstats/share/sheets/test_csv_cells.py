"""CSV in all the ways that spreadsheets save it: the same sheet, or an unclear cell named."""

from __future__ import annotations

from pathlib import Path

import pytest

from grainstats.share.db.records import SheetError
from grainstats.share.sheets.samples import read_samples

HEADER = "sample_id,design_route,prop:d_%,param:t_h\n"


def sheet(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def values(path: Path) -> tuple[str, float, float | str | None]:
    (row,) = read_samples(path).rows
    return row.sample_id, row.properties[0].value, row.parameters[0].value


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    path = sheet(tmp_path / "s.csv", (HEADER + "S1,ai,92.5,3\n").replace("\n", end), encoding)
    assert values(path) == ("S1", 92.5, 3)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("hint", ["", "sep={}\n", '"sep={}"\n'])
@pytest.mark.parametrize(
    ("number", "value"),
    [("92,5", 92.5), ("92.5", 92.5), ("9,25e1", 92.5), ("92,5 %", 92.5), ("1.234,5", 1234.5), (",5", 0.5)],
)
def test_separators_and_decimal_commas(
    tmp_path: Path, mark: str, hint: str, number: str, value: float
) -> None:
    text = hint.format(mark) + HEADER.replace(",", mark) + mark.join(["1,5", "ai", number, "3"]) + "\n"
    assert values(sheet(tmp_path / "s.csv", text)) == ("1,5", value, 3)


@pytest.mark.parametrize("numbers", [("1.234", "3"), ("92,5", "0.3"), ("1.234,5", "0.3")])
def test_numbers_that_may_be_two_are_named(tmp_path: Path, numbers: tuple[str, str]) -> None:
    text = HEADER.replace(",", ";") + ";".join(["S1", "ai", *numbers]) + "\n"
    with pytest.raises(SheetError, match=f"row 2: .*{numbers[0]!r} may mean two numbers"):
        read_samples(sheet(tmp_path / "s.csv", text))


@pytest.mark.parametrize("number", ["92,5", "1,234", "1,234.5"])
def test_a_comma_between_cells_is_no_decimal_mark(tmp_path: Path, number: str) -> None:
    with pytest.raises(SheetError, match=f"{number!r} is not a number"):
        read_samples(sheet(tmp_path / "s.csv", HEADER + f'S1,ai,"{number}",3\n'))


def test_empty_rows_above_the_header(tmp_path: Path) -> None:
    assert values(sheet(tmp_path / "s.csv", "\n,,\n" + HEADER + "\nS1,ai,92.5,3\n")) == ("S1", 92.5, 3)


def test_a_fraction_beside_per_cent_is_named(tmp_path: Path) -> None:
    text = HEADER + "S1,ai,92.5 %,3\nS2,ai,0.93,3\n"
    with pytest.raises(SheetError, match=r"row 3: .* 0\.93 beside cells with a per cent sign"):
        read_samples(sheet(tmp_path / "s.csv", text))


@pytest.mark.parametrize("other", ["\uff331", "S\uff11", "\u04051"])
def test_ids_that_look_alike_are_named(tmp_path: Path, other: str) -> None:
    text = HEADER + f"S1,ai,1,3\n{other},ai,2,3\n"
    with pytest.raises(SheetError, match="looks like 'S1' in row 2"):
        read_samples(sheet(tmp_path / "s.csv", text))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1E+05", "shortened the number 1E.05"),
        ('"S\n1"', "has several lines"),
        ("Mean", "summary of other rows"),
    ],
)
def test_ids_that_are_none(tmp_path: Path, cell: str, words: str) -> None:
    with pytest.raises(SheetError, match=words):
        read_samples(sheet(tmp_path / "s.csv", HEADER + f"{cell},ai,1,3\n"))


@pytest.mark.parametrize("name", ["Fe+Al-2", "Nb+Al2O3-", "MgB2+BN0", "Y+BaZrO3", "MgB2+SiC-5", "1.5e+05"])
def test_plus_signs_of_compounds_are_no_utf7(tmp_path, name):
    path = sheet(tmp_path / "a.csv", f"sample_id,design_route\n{name},ai\n")
    assert read_samples(path).sample_ids() == (name,)


@pytest.mark.parametrize("written", ['="001"', '"=""001"""'])
def test_a_text_formula_is_what_it_shows(tmp_path: Path, written: str) -> None:
    assert values(sheet(tmp_path / "s.csv", HEADER + f"{written},ai,92.5,3\n")) == ("001", 92.5, 3)
