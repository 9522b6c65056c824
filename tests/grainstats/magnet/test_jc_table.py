"""Units in the header of a J_c table: read as they are written, or refused; never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from grainstats.magnet import magnet, read_jc_table
from segment.errors import InputError

ROWS = "0,10\n1,5\n"


@pytest.mark.parametrize(
    ("header", "field", "j"),
    [
        ("B (T),Jc (10^4 A/cm2)", 1.0, 1e9),
        ("B (T),Jc (×10⁵ A/cm²)", 1.0, 1e10),
        ("B (mT),Jc (1e5 A/cm2)", 1e-3, 1e10),
        ("mu0H (T),Jc (x 10^9 A m⁻²)", 1.0, 1e10),
        ("B (Gauss),Jc(4.2 K) (kA/cm2)", 1e-4, 1e8),
        ("b_T,jc_20K_kA_per_cm2", 1.0, 1e8),
        ('"B (T)","Jc (kA/mm2)"', 1.0, 1e10),
        ("T,kA/cm2", 1.0, 1e8),
    ],
)
def test_a_power_of_ten_before_the_unit_counts(tmp_path: Path, header: str, field: float, j: float) -> None:
    path = tmp_path / "jc.csv"
    path.write_text(f"{header}\n{ROWS}", encoding="utf-8")
    table = read_jc_table(path)
    assert table.b_T[1] == pytest.approx(field) and table.j_A_per_m2[0] == pytest.approx(j)


@pytest.mark.parametrize(
    "header",
    [
        "B (T),Jc x10^-5 (A/cm2)",  # the values were multiplied, or are to be: nobody knows
        "B (T),Jc (104 A/cm2)",  # 10⁴ that lost its raised figure
        "B (10^4 G),Jc (kA/cm2)",
        "T (K),Jc (kA/cm2)",  # a temperature
        "T,Jc (kA/cm2)",
        "H (kA/m),Jc (kA/cm2)",
    ],
)
def test_what_may_mean_something_else_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "jc.csv"
    path.write_text(f"{header}\n{ROWS}", encoding="utf-8")
    with pytest.raises(InputError, match="no unit of"):
        read_jc_table(path)


def test_decimal_commas_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "jc.csv"
    path.write_text("B (T);Jc (A/cm2)\n0,0;1,0e5\n0,5;5,0e4\n", encoding="utf-8")
    with pytest.raises(InputError, match="decimal points"):
        read_jc_table(path)


def test_millitesla_given_as_tesla_are_doubted() -> None:
    assert magnet(30, 6, field_T=17.6).warnings == ()
    (said,) = magnet(30, 6, field_T=2000.0).warnings
    assert "check the units" in said


def test_a_stack_in_contact_is_one_disc_of_its_height() -> None:
    """Forty slices: field, energy and moment of the whole."""
    whole, slices = magnet(30, 6, jc=1e8), magnet(30, 0.15, stack=40, jc=1e8)
    for name, within in (("b_probe_T", 1e-9), ("moment_A_m2", 1e-9), ("energy_J", 2e-3)):
        assert getattr(slices, name) == pytest.approx(getattr(whole, name), rel=within)
    kim, sliced = magnet(30, 6, kim=(1e9, 1.0)), magnet(30, 2, stack=3, kim=(1e9, 1.0))
    assert sliced.b_probe_T == pytest.approx(kim.b_probe_T, rel=2e-4)


def test_no_number_of_discs() -> None:
    with pytest.raises(InputError, match="no number of discs"):
        magnet(30, 6, stack=float("nan"), jc=1e8)
