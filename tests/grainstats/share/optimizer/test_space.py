"""The parameter space: every kind of parameter, constraints, encoding and back, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grainstats.share.optimizer import SpaceError, parse_space, read_space
from segment.errors import InputError

RAW = {
    "parameters": {
        "temperature_degC": {"kind": "continuous", "low": 600, "high": 900, "step": 0.5},
        "param:hold_h": {"kind": "discrete", "values": [10, 1, 2, 5]},
        "powder_category": {"kind": "categorical", "values": ["milled", "raw", "sieved"]},
    },
    "constraints": [{"terms": {"temperature_degC": 1.0, "hold_h": 20.0}, "max": 950, "min": 700}],
}


def test_points_survive_encoding_and_obey_constraints() -> None:
    space = parse_space(RAW)
    points = space.candidates(500, np.random.default_rng(0))
    assert points.shape == (500, 5)
    assert len(np.unique(points, axis=0)) == 500
    for x in points:
        point = space.decode(x)
        assert space.allows(point)
        assert space.encode(point) == pytest.approx(x)
        assert 700 <= float(point["temperature_degC"]) + 20 * float(point["hold_h"]) <= 950
        assert float(point["temperature_degC"]) * 2 % 1 == 0


def test_small_spaces_are_searched_whole() -> None:
    raw = {"parameters": {k: v for k, v in RAW["parameters"].items() if k != "temperature_degC"}}
    assert len(parse_space(raw).candidates(4, np.random.default_rng(0))) == 12


def test_neighbours_differ_in_one_parameter_and_are_allowed() -> None:
    space = parse_space(RAW)
    x = space.encode({"temperature_degC": 800.0, "hold_h": 5.0, "powder_category": "raw"})
    near = [space.decode(row) for row in space.neighbours(x)]
    assert {p["powder_category"] for p in near} == {"milled", "raw", "sieved"}
    assert {p["temperature_degC"] for p in near} == {800.0, 798.5, 799.5, 800.5, 801.5}
    assert all(space.allows(p) for p in near)
    assert all(sum(p[k] != v for k, v in space.decode(x).items()) == 1 for p in near)


def test_allows_refuses_what_cannot_be_set() -> None:
    space = parse_space(RAW)
    good = {"temperature_degC": 700.5, "hold_h": 2.0, "powder_category": "raw"}
    assert space.allows(good)
    assert not space.allows({**good, "temperature_degC": 700.3})
    assert not space.allows({**good, "hold_h": 3.0})
    assert not space.allows({**good, "powder_category": "wet"})
    assert not space.allows({**good, "temperature_degC": 900.0, "hold_h": 5.0})


def test_small_settings_are_told_apart() -> None:
    space = parse_space({"parameters": {"base_mbar": {"kind": "discrete", "values": [1e-10, 5e-10, 1e-9]}}})
    assert space.allows({"base_mbar": 5e-10 * (1 + 1e-12)})
    assert not space.allows({"base_mbar": 7e-10})


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "space.toml"
    file.write_text(
        """
        [parameters.a]
        kind = "continuous"
        low = 5
        high = 1
        step = 1
        [parameters.b]
        kind = "ordinal"
        [[constraints]]
        terms = { c = 1 }
        max = 2
        [objectives]
        jc = "up"
        [colours]
        """,
        encoding="utf-8",
    )
    with pytest.raises(SpaceError) as caught:
        read_space(file)
    said = str(caught.value)
    for part in ("colours", "parameter a", "parameter b", "constraint on c", "objective jc", str(file)):
        assert part in said
    assert len(caught.value.problems) == 5


def test_impossible_constraints_and_files(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match="leave no point"):
        parse_space({**RAW, "constraints": [{"terms": {"hold_h": 1.0}, "max": 0}]})
    with pytest.raises(InputError, match="cannot be read"):
        read_space(tmp_path / "none.toml")


def test_units_are_spelled_as_the_database_spells_them() -> None:
    raw = {
        "parameters": {
            "anneal_temperature_C": {"kind": "continuous", "low": 1, "high": 3, "step": 1},
            "hold_hours": {"kind": "discrete", "values": [1]},
        },
        "constraints": [{"terms": {"anneal_temperature_°C": 1.0}, "max": 2}],
    }
    space = parse_space(raw)
    assert space.names == ("anneal_temperature_degC", "hold_h")
    assert len(space.candidates(9, np.random.default_rng(0))) == 2


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"parameters": 5}, "parameters"),
        ({"parameters": {"hold_h": 5}}, "hold_h"),
        ({"parameters": {"hold_h": {"kind": "discrete", "values": 5}}}, "hold_h"),
        ({"parameters": {"powder_category": {"kind": "categorical", "values": [["a"]]}}}, "powder_category"),
        ({**RAW, "constraints": {"terms": {"hold_h": 1.0}, "max": 5}}, "constraints"),
        ({**RAW, "constraints": ["hold_h"]}, "constraint"),
        ({**RAW, "constraints": [{"terms": {"hold_h": "one"}, "max": 5}]}, "constraint"),
        ({**RAW, "constraints": [{"terms": {"hold_h": 1.0}, "max": "five"}]}, "constraint"),
        ({**RAW, "objectives": "maximise"}, "objectives"),
        ({**RAW, "features": ["intercept_mean_nm"]}, "features"),
        ({**RAW, "features": {"use": "intercept_mean_nm"}}, "features"),
    ],
)
def test_another_shape_of_file_is_refused_in_words(wrong: dict, problem: str) -> None:
    with pytest.raises(SpaceError, match=problem):
        parse_space(wrong)


MIXTURE = {
    "parameters": {f"{c}_at%": {"kind": "continuous", "low": 0, "high": 100, "step": 0.5} for c in "abcde"},
    "constraints": [{"terms": {f"{c}_at%": 1.0 for c in "abcde"}, "min": 100, "max": 100}],
}


def test_shares_that_add_up_are_found_though_none_is_by_chance() -> None:
    space = parse_space(MIXTURE)
    points = space.candidates(200, np.random.default_rng(0))
    assert len(points) > 150 and len(np.unique(points, axis=0)) == len(points)
    assert all(space.allows(space.decode(x)) for x in points)
    assert points.mean(0) == pytest.approx(np.full(5, 0.2), abs=0.06)  # no component is preferred
    near = [space.decode(x) for x in space.neighbours(points[0])]
    here = space.decode(points[0])
    assert near and all(space.allows(p) for p in near)
    assert {sum(p[k] != v for k, v in here.items()) for p in near} == {2}


def test_constraints_know_no_unit() -> None:
    """A limit in metres holds as strictly as one in nanometres."""
    for unit, scale in (("nm", 1.0), ("m", 1e-9)):
        space = parse_space(
            {
                "parameters": {
                    f"film_{unit}": {"kind": "discrete", "values": [scale * v for v in (1, 2, 3)]}
                },
                "constraints": [{"terms": {f"film_{unit}": 1.0}, "max": 2 * scale}],
            }
        )
        assert len(space.candidates(9, np.random.default_rng(0))) == 2


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"hold_h": {"kind": "discrete", "values": [1, float("nan")]}}, "hold_h"),
        ({"hold_h": {"kind": "continuous", "low": 0, "high": float("inf"), "step": 1}}, "hold_h"),
        ({"hold_h": {"kind": "continuous", "low": 0, "high": 1e6, "step": 1e-3}}, "larger step"),
        ({"powder_category": {"kind": "categorical", "values": ["1", 1]}}, "different words"),
        ({k: {"kind": "discrete", "values": [1]} for k in ("anneal_C", "anneal_degC")}, "two spellings"),
    ],
)
def test_settings_that_cannot_be_are_refused(parameters: dict, problem: str) -> None:
    with pytest.raises(SpaceError, match=problem):
        parse_space({"parameters": parameters})


def test_small_steps_are_not_rounded_away() -> None:
    settings = {"kind": "continuous", "low": 1e-13, "high": 1e-12, "step": 1e-13}
    space = parse_space({"parameters": {"film_m": settings}})
    assert len(set(space.parameters[0].values)) == 10


def test_settings_that_go_by_factors_are_compared_by_their_logarithm() -> None:
    """0.01, 0.1, 1, 10: by differences all but the last would be one setting."""

    def codes(*values: float, kind: str = "discrete") -> list[float]:
        space = parse_space({"parameters": {"c_mM": {"kind": kind, "values": list(values)}}})
        return [float(space.encode({"c_mM": v})[0]) for v in values]

    assert codes(0.01, 0.1, 1, 10) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert codes(1, 2, 3, 4) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert codes(0, 1, 10) == pytest.approx([0, 0.1, 1])
    space = parse_space({"parameters": {"c_mM": {"kind": "discrete", "values": [0.1, 1, 10]}}})
    assert [float(space.encode({"c_mM": v})[0]) for v in (0.0, -1.0, 100.0)] == pytest.approx([-1, -1, 1.5])
    assert space.decode(np.array([0.45])) == {"c_mM": 1.0}
