"""Both loops' progress: order, best so far, and what came of every proposal."""

from __future__ import annotations

from pathlib import Path

import pytest

from grainstats.share import Database, SuggestionRecord
from grainstats.share.sheets.design_loops import Loops, known_objectives, read_loops, same_settings
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError

HEADER = "sample_id,design_route,campaign,param:temp_C,param:atm_category,prop:jc_kA/cm2,prop_sd:jc_kA/cm2\n"
FIRST = (
    "A1,ai,c,850,Ar,1.0,\nR1,researcher,c,800,Ar,2.0,0.1\nA2,ai,c,860,Ar,3.0,\nR2,researcher,c,810,Ar,1.5,\n"
)
SECOND = "A3,ai,c,870,Ar,2.5,\nA4,ai,d,880,O2,9.0,\nR3,researcher,c,820,Ar,,\n"


def propose(origin: str, temp: float, atm: str = "Ar", **more: object) -> SuggestionRecord:
    settings = {"temp_degC": temp, "atm_category": atm}
    return SuggestionRecord(origin, f"by {origin}", settings, **more)  # type: ignore[arg-type]


@pytest.fixture
def both(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Two rounds, an hour apart, with proposals between them."""
    clock = iter(f"2024-05-01T{hour:02d}:00:00Z" for hour in range(24))

    def at_the_next_hour(work: object, *given: object) -> None:
        now = next(clock)
        for module in ("writing", "designs"):
            monkeypatch.setattr(f"grainstats.share.db.{module}.now", lambda: now)
        work(*given)  # type: ignore[operator]

    sheet = tmp_path / "s.csv"
    sheet.write_text(HEADER + FIRST)
    at_the_next_hour(db.put_samples, read_samples(sheet))
    interval = {"objectives": {"jc": {"value": 2.6, "ci_low": 2.0, "ci_high": 3.2}}}
    stated = {"objective": "jc_kA/cm2", "campaign": "c"}
    proposals = [
        propose("ai", 870.0, predictions=interval, **stated),
        propose("ai", 860.0, **stated),
        propose("researcher", 820.0, predictions={"objectives": {"jc": {"value": 1.0}}}, campaign="c"),
        propose("researcher", 870.0, "O2", campaign="c"),
    ]
    at_the_next_hour(db.add_suggestions, proposals)
    sheet.write_text(HEADER + FIRST + SECOND)
    at_the_next_hour(db.put_samples, read_samples(sheet))
    return db


def test_the_best_so_far_of_each_route_in_the_order_of_making(both: Database) -> None:
    loops = read_loops(both, "jc", campaign="c")
    assert [(e.sample_id, e.number, e.best) for e in loops.experiments if e.route == "ai"] == [
        ("A1", 1, 1.0),
        ("A2", 2, 3.0),
        ("A3", 3, 3.0),
    ]
    researcher = [e for e in loops.experiments if e.route == "researcher"]
    assert [(e.sample_id, e.best, e.uncertainty) for e in researcher] == [("R1", 2.0, 0.1), ("R2", 2.0, None)]
    assert (loops.unit, loops.maximise) == ("kA/cm2", True)
    assert loops.best("ai").sample_id == "A2"  # type: ignore[union-attr]
    everything = read_loops(both, "jc")
    assert everything.best("ai").sample_id == "A4"  # type: ignore[union-attr]


def test_less_is_better_where_somebody_says_so(both: Database) -> None:
    down = read_loops(both, "jc_kA/cm2:minimise", campaign="c")
    assert [e.best for e in down.experiments if e.route == "researcher"] == [2.0, 1.5]
    both.add_suggestions([propose("ai", 900.0, objective="jc:minimise", campaign="c")])
    assert not read_loops(both, "jc").maximise


def test_what_came_of_every_proposal(both: Database) -> None:
    made, known, unmeasured, open_ = read_loops(both, "jc").proposals
    assert (made["state"], made["sample_id"], made["measured"], made["route"]) == ("made", "A3", 2.5, "ai")
    assert made["predicted"] is not None and made["predicted"].holds(2.5) and not made["predicted"].holds(3.3)
    assert (known["state"], known["sample_id"], known["measured"]) == ("known", "A2", None)
    assert (unmeasured["state"], unmeasured["sample_id"], unmeasured["measured"]) == ("made", "R3", None)
    assert unmeasured["predicted"] is not None and unmeasured["predicted"].holds(1.0) is None
    assert (open_["state"], open_["sample_id"], open_["measured"]) == ("open", "", None)


def test_objectives_are_the_ones_asked_for_else_all_that_is_measured(both: Database, tmp_path: Path) -> None:
    assert known_objectives(both) == ["jc"]
    with Database.open(tmp_path / "other.db") as other:
        assert known_objectives(other) == []
        with pytest.raises(InputError, match=r"no sample has the property 'tc'.*Known are: none yet"):
            read_loops(other, "tc")
        (tmp_path / "s.csv").write_text("sample_id,design_route,prop:jc_kA/cm2,prop:tc_K\nA,ai,1,2\n")
        other.put_samples(read_samples(tmp_path / "s.csv"))
        assert known_objectives(other) == ["jc", "tc"]
        empty: Loops = read_loops(other, "tc", campaign="no such")
        assert (empty.experiments, empty.proposals) == ((), ())


def test_another_property_that_begins_alike_gives_no_direction(both: Database, tmp_path: Path) -> None:
    sheet = tmp_path / "more.csv"
    sheet.write_text("sample_id,design_route,prop:jc_onset_T\nA1,ai,2\n")
    both.put_samples(read_samples(sheet))
    both.add_suggestions([propose("ai", 900.0, objective="jc_onset:minimise", campaign="c")])
    assert read_loops(both, "jc").maximise
    assert not read_loops(both, "prop:jc_onset_T").maximise


def test_small_settings_are_told_apart() -> None:
    """A base pressure of 5e-7 mbar is not one of 1e-7."""
    proposed = {"base_mbar": 1e-7, "power_W": 50.0}
    assert same_settings(proposed, {"param:base_mbar": 1e-7 * (1 + 1e-9), "param:power_W": 50.0})
    assert not same_settings(proposed, {"param:base_mbar": 5e-7, "param:power_W": 50.0})
    assert not same_settings(proposed, {"param:base_mbar": float("nan"), "param:power_W": 50.0})
