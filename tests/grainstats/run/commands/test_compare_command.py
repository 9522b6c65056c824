"""`grainstats compare` on a small database of known content: JSON, text, report, refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.run.cli import app
from grainstats.run.report.compare_input import read_comparison_input
from grainstats.run.report.compare_report import sample_sizes
from grainstats.share import (
    AnalysisKey,
    AnalysisRecord,
    Database,
    Measured,
    MicrographFacts,
    Quantity,
    SampleRow,
    SampleSheet,
)
from segment.errors import InputError

RUNNER = CliRunner()


def fill(folder: Path, sizes: dict[str, list[float]], images: int = 3) -> str:
    """A database of one sample per number: mean diameter in nm, by route."""
    rng = np.random.default_rng(0)
    url = str(folder / "results.db")
    rows = [
        SampleRow(f"{route[0].upper()}{i}", route, campaign=f"C{i % 2}")  # type: ignore[arg-type]
        for route, values in sizes.items()
        for i in range(len(values))
    ]
    with Database.open(url) as db:
        db.put_samples(SampleSheet("test", tuple(rows)))
        for route, values in sizes.items():
            for i, mean in enumerate(values):
                _add_sample(db, folder, f"{route[0].upper()}{i}", mean, images, rng)
    return url


def _add_sample(
    db: Database, folder: Path, sample: str, mean: float, images: int, rng: np.random.Generator
) -> None:
    for number in range(images):
        name = f"{sample}_{number}"
        Image.fromarray(rng.integers(0, 255, (80, 80), np.uint8)).save(folder / f"{name}.png")
        diameter = mean * rng.lognormal(0, 0.4, 40)
        grains = pd.DataFrame(
            {
                "label": np.arange(1, 41),
                "area_nm2": np.pi / 4 * diameter**2,
                "equivalent_diameter_nm": diameter,
                "touches_frame": np.arange(40) < 8,
                "weight": np.where(np.arange(40) < 8, np.nan, 1.1),
            }
        )
        facts = MicrographFacts(name, name, f"{name}.tif", "test", 80, 80, 1.0, "metadata")
        found = Descriptor("intercept_mean_nm", mean * rng.lognormal(0, 0.05), None, None, "nm", "test")
        key = AnalysisKey(name, "model", "recipe")
        db.add_analysis(
            AnalysisRecord(
                key, facts, sample, "0", 0, grains, None, (found,), artefacts={"overlay": f"{name}.png"}
            )
        )
    ids = db.analyses().query("sample_id == @sample")["analysis_id"]
    found = [
        Descriptor("intercept_mean_nm", mean, None, None, "nm", "test"),
        Descriptor("boundary_density_per_um", 2000 / mean, None, None, "1/um", "test"),
        Descriptor("n_grains", 40.0 * images, None, None, "1", "test"),
    ]
    db.put_verdict(sample, None, [int(i) for i in ids], descriptors=found)


def test_json_says_design_effect_and_words(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47, 52, 45], "ai": [66, 70, 63, 80]})
    result = RUNNER.invoke(app, ["compare", "--db", url, "--by", "design_route", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["design"] == [
        {"level": "researcher", "n_samples": 4, "n_images": 12, "n_grains": 480},
        {"level": "ai", "n_samples": 4, "n_images": 12, "n_grains": 480},
    ]
    first = document["comparisons"][0]
    assert first["descriptor"] == "intercept_mean_nm" and first["p_permutation"] == pytest.approx(2 / 70)
    assert [c["descriptor"] for c in document["comparisons"]] == [
        "intercept_mean_nm",
        "boundary_density_per_um",
    ]
    assert "four AI-designed samples (12 micrographs, 480 grains)" in document["paragraph"]
    assert "1.52 times" in document["paragraph"]


def test_report_is_one_file_with_everything_inside(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47, 52, 45], "ai": [66, 70, 63, 80]})
    out = tmp_path / "report" / "compare.html"
    result = RUNNER.invoke(app, ["compare", "--db", url, "--out", str(out)])
    assert result.exit_code == 0, result.output
    page = out.read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64") == 8
    assert page.count('<polyline class="curve') == 8
    assert "http" not in page.replace("http-equiv", "")
    first = page[page.index('<p class="headline">') : page.index("<main>")]
    assert "1.52 times as large in AI-designed samples as in researcher-designed samples" in first
    assert "AI-designed" in result.output
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = RUNNER.invoke(app, ["compare", "--db", url, "--out", str(out), "--files", str(elsewhere)])
    assert result.exit_code == 0 and "data:image/jpeg" not in out.read_text(encoding="utf-8")


def test_one_sample_a_group_says_why_there_is_no_p(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40], "ai": [66]})
    result = RUNNER.invoke(app, ["compare", "--db", url, "--json", "--out", str(tmp_path / "c.html")])
    first, second = json.loads(result.stdout)["comparisons"]
    assert first["p_value"] is None and first["interval_from"] == "images of these specimens only"
    assert second["ci_low"] is None and "single sample" in second["reason"]
    assert "these specimens only" in (tmp_path / "c.html").read_text(encoding="utf-8")


def test_the_words_say_which_group_is_over_which(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 60, 52, 45], "ai": [42, 58, 55, 44]})
    said = RUNNER.invoke(app, ["compare", "--db", url]).stdout
    assert "effects: AI-designed to researcher-designed" in said
    assert "those of the AI-designed samples to the researcher-designed ones" in said


def test_three_groups(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47, 52, 45], "ai": [66, 70, 63, 80]})
    by = ["--by", "intercept_mean_nm", "--bins", "3", "--descriptor", "boundary_density_per_um"]
    result = RUNNER.invoke(app, ["compare", "--db", url, *by, "--out", str(tmp_path / "c.html")])
    assert result.exit_code == 0, result.output
    assert "Games-Howell" in (tmp_path / "c.html").read_text(encoding="utf-8")


def test_groups_of_a_process_parameter_are_named_with_their_unit(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47, 52, 45], "ai": [66, 70, 63, 80]})
    temperature = {f"R{i}": 600.0 + i for i in range(4)} | {f"A{i}": 700.0 + 100 * (i // 2) for i in range(4)}
    rows = [SampleRow(s, "ai", parameters=(Quantity("hot_step", t, "degC"),)) for s, t in temperature.items()]
    rows.append(SampleRow("planned", "ai", parameters=(Quantity("hot_step", 999.0, "degC"),)))
    with Database.open(url) as db:
        db.put_samples(SampleSheet("test", tuple(rows)))
    out = tmp_path / "c.html"
    by = ["--by", "param:hot_step_degC", "--bins", "2"]
    result = RUNNER.invoke(app, ["compare", "--db", url, *by, "--out", str(out)])
    page = out.read_text(encoding="utf-8")
    assert "<h1>Comparison by hot step</h1>" in page
    assert "Four samples of hot step ≤ 651.5 °C (12 micrographs" in page
    assert "without measurements: planned" in page and not re.search(r"(?<![\d.])999(?!\d)", page)
    assert "≤ 651.5 °C: 4 samples" in result.output


def test_several_groups_have_a_forest_against_the_reference_and_their_method_said_once(
    tmp_path: Path,
) -> None:
    url = fill(tmp_path, {"researcher": [40, 41, 52, 53], "ai": [66, 70]})
    rows = [
        SampleRow(s, "ai", campaign=c)
        for s, c in zip(["R0", "R1", "R2", "R3", "A0", "A1"], "aabbcc", strict=True)
    ]
    with Database.open(url) as db:
        db.put_samples(SampleSheet("test", tuple(rows)))
    out = tmp_path / "c.html"
    result = RUNNER.invoke(app, ["compare", "--db", url, "--by", "campaign", "--out", str(out)])
    assert result.exit_code == 0, result.output
    page = out.read_text(encoding="utf-8")
    forest = page[page.index('aria-label="Ratios') : page.index("</svg>", page.index('aria-label="Ratios'))]
    assert forest.count("<circle") == 4 and forest.count("point g1 ") == forest.count("point g2 ") == 2
    assert "each group / a" in forest
    words = page[page.index('<p class="words">') :].split("</p>")[0]
    assert words.count("Welch") == 1 and words.count("F(2, ") == 2
    assert "two samples of campaign c" in words


def test_one_reason_is_said_once(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 41, 52], "ai": [66]})
    rows = [SampleRow(s, "ai", campaign=c) for s, c in zip(["R0", "R1", "R2", "A0"], "aabc", strict=True)]
    with Database.open(url) as db:
        db.put_samples(SampleSheet("test", tuple(rows)))
    result = RUNNER.invoke(app, ["compare", "--db", url, "--by", "campaign", "--json"])
    assert json.loads(result.stdout)["paragraph"].count("single sample") == 1


def test_unusable_calls_are_explained(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47], "ai": [66, 70]})
    wrong = RUNNER.invoke(app, ["compare", "--db", url, "--by", "furnace"])
    assert isinstance(wrong.exception, InputError) and "no column 'furnace'" in str(wrong.exception)
    absent = RUNNER.invoke(app, ["compare", "--db", url, "--descriptor", "colour"])
    assert isinstance(absent.exception, InputError) and "intercept_mean_nm" in str(absent.exception)
    missing = RUNNER.invoke(app, ["compare", "--db", str(tmp_path / "none.db")])
    assert isinstance(missing.exception, InputError)


def test_what_makes_the_groups_is_not_compared(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47, 52, 45], "ai": [66, 70, 63, 80]})
    for asked in (["--by", "intercept_mean_nm", "--bins", "2"], ["--covariate", "intercept_mean_nm"]):
        result = RUNNER.invoke(app, ["compare", "--db", url, *asked, "--json"])
        assert [c["descriptor"] for c in json.loads(result.stdout)["comparisons"]] == [
            "boundary_density_per_um"
        ]


def test_descriptors_are_numbers_and_named_once(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47], "ai": [66, 70]})
    words = RUNNER.invoke(app, ["compare", "--db", url, "--descriptor", "campaign"])
    assert isinstance(words.exception, InputError) and "campaign" in str(words.exception)
    twice = ["--descriptor", "intercept_mean_nm"] * 2
    result = RUNNER.invoke(app, ["compare", "--db", url, *twice, "--json"])
    assert len(json.loads(result.stdout)["comparisons"]) == 1


def test_a_common_reason_without_p_is_said_once_for_two_groups(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47, 45], "ai": [66, 70, 65]})
    result = RUNNER.invoke(app, ["compare", "--db", url, "--covariate", "n_grains", "--json"])
    document = json.loads(result.stdout)
    assert all(c["p_value"] is None for c in document["comparisons"])
    paragraph = document["paragraph"]
    assert paragraph.count("n_grains is the same in all samples") == 1
    assert "mean lineal intercept" in paragraph and "boundary length per area" in paragraph


@pytest.mark.parametrize(
    ("model", "said"),
    [("other model", ["different", "R0"]), ("correction:1", ["corrected by hand count in A0"])],
)
def test_samples_that_were_measured_in_different_ways_are_named(
    tmp_path: Path, model: str, said: list[str]
) -> None:
    url = fill(tmp_path, {"researcher": [40, 47], "ai": [66, 70]})
    alike = RUNNER.invoke(app, ["compare", "--db", url, "--json"])
    assert json.loads(alike.stdout)["notes"] == []
    with Database.open(url) as db:
        facts = MicrographFacts("A0_0", "A0_0", "A0_0.tif", "test", 80, 80, 1.0, "metadata")
        key = AnalysisKey("A0_0", model, "recipe")
        db.add_analysis(AnalysisRecord(key, facts, "A0", "0", 0))
        (ours,) = db.analyses().query("micrograph_digest == 'A0_0'")["analysis_id"]
        found = Descriptor("intercept_mean_nm", 66.0, None, None, "nm", "test")
        db.put_verdict("A0", None, [int(ours)], descriptors=[found])
    (note,) = json.loads(RUNNER.invoke(app, ["compare", "--db", url, "--json"]).stdout)["notes"]
    assert "A0" in note and all(words in note for words in said)
    assert ("recipe" in note) == (model == "other model")


def test_an_image_that_counts_in_two_samples_is_pointed_at(tmp_path: Path) -> None:
    """As after two databases were merged, each with a copy: its map is one, its test lines are not."""
    url = fill(tmp_path, {"researcher": [40, 47], "ai": [66, 70]})
    with Database.open(url) as db:
        for sample, density in (("R0", 60.0), ("A1", 60.0), ("A0", 61.0)):
            own = {"equivalent_diameter_mean_nm": 50.0, "aspect_ratio_mean": 1.5}
            own |= {"boundary_density_per_um": density, "intercept_mean_nm": 40.0 + ord(sample[0])}
            found = tuple(Descriptor(n, v, None, None, "nm", "test") for n, v in own.items())
            facts = MicrographFacts(f"{sample}x", f"{sample}x", "x.tif", "test", 80, 80, 1.0, "metadata")
            key = AnalysisKey(f"{sample}x", "model", "recipe")
            db.add_analysis(AnalysisRecord(key, facts, sample, "0", 0, descriptors=found))
            ids = db.analyses().query("sample_id == @sample")["analysis_id"]
            db.put_verdict(sample, None, [int(i) for i in ids], descriptors=[found[-1]])
    (note,) = json.loads(RUNNER.invoke(app, ["compare", "--db", url, "--json"]).stdout)["notes"]
    assert note.startswith("one image counts in A1 and in R0")


def test_a_property_is_named_without_its_unit_and_has_it(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47], "ai": [66, 70]})
    hardness = {"R0": 9.0, "R1": 8.0, "A0": 7.0, "A1": 0.0}
    rows = [
        SampleRow(s, "ai" if s[0] == "A" else "researcher", properties=(Measured("hardness", v, "GPa"),))
        for s, v in hardness.items()
    ]
    with Database.open(url) as db:
        db.put_samples(SampleSheet("test", tuple(rows)))
    result = RUNNER.invoke(app, ["compare", "--db", url, "--descriptor", "prop:hardness_GPa", "--json"])
    document = json.loads(result.stdout)
    assert document["comparisons"][0]["unit"] == "GPa"
    assert "in hardness (difference −5" in document["paragraph"]


def test_properties_alone_are_compared_where_they_are_named(tmp_path: Path) -> None:
    url = str(tmp_path / "sheet.db")
    rows = [
        SampleRow(f"{route}{i}", route, properties=(Measured("jc", value, "A/m2"),))  # type: ignore[arg-type]
        for route, values in (("ai", (5.0, 6.0)), ("researcher", (2.0, 3.0)))
        for i, value in enumerate(values)
    ]
    with Database.open(url) as db:
        db.put_samples(SampleSheet("test", tuple(rows)))
    found = RUNNER.invoke(app, ["compare", "--db", url, "--descriptor", "prop:jc_A/m2", "--json"])
    assert json.loads(found.stdout)["comparisons"][0]["estimate"] == pytest.approx(5**0.5)
    unnamed = RUNNER.invoke(app, ["compare", "--db", url])
    assert isinstance(unnamed.exception, InputError) and "--descriptor" in str(unnamed.exception)
    wrong = RUNNER.invoke(app, ["compare", "--db", url, "--descriptor", "prop:jc"])
    assert isinstance(wrong.exception, InputError) and "prop:jc_A/m2" in wrong.exception.remedy


def test_no_campaign_is_no_group(tmp_path: Path) -> None:
    url = fill(tmp_path, {"researcher": [40, 47, 45, 41], "ai": [66, 70]})
    campaigns = {"R0": "a", "R1": "a", "R2": "b", "R3": "b", "A0": "", "A1": ""}
    rows = [SampleRow(s, "ai", campaign=c) for s, c in campaigns.items()]
    with Database.open(url) as db:
        db.put_samples(SampleSheet("test", tuple(rows)))
    result = RUNNER.invoke(app, ["compare", "--db", url, "--by", "campaign", "--json"])
    document = json.loads(result.stdout)
    assert document["levels"] == ["a", "b"]
    assert "left out, in no group: A0, A1" in document["comparisons"][0]["notes"]


def test_an_image_that_is_behind_no_sample_enters_neither_intervals_nor_pictures(tmp_path: Path) -> None:
    with Database.open(fill(tmp_path, {"researcher": [40], "ai": [60]})) as db:
        ids = db.analyses().query("sample_id == 'R0'")["analysis_id"].tolist()
        db.exclude({"R0_2": "blurred"})
        found = Descriptor("intercept_mean_nm", 40.0, None, None, "nm", "test")
        db.put_verdict("R0", None, ids[:2], descriptors=[found])
        assert read_comparison_input(db).images.query("sample_id == 'R0'")["analysis_id"].tolist() == ids[:2]
        sizes = sample_sizes(db, pd.Series({"R0": "researcher", "A0": "ai"}))
        assert [len(grains) for _, _, grains in sizes] == [2 * 32, 3 * 32]
