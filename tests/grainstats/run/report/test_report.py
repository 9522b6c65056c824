"""The report: one file, no network, nothing unescaped, not too many pictures, and the verdict in words."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from PIL import Image

from grainstats.infer import ModalityVerdict
from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from grainstats.run.report.image_overlays import BOUNDARY_RGB, write_pictures
from grainstats.run.report.page import _environment
from grainstats.run.report.pictures import (
    MOST_IN_ALL,
    MOST_PER_SAMPLE,
    choose_images,
    image_views,
    scales_of,
)
from grainstats.run.report.report import (
    PAGE_BYTES,
    image_remarks,
    lede,
    page_files,
    split,
    verdict_paragraphs,
)
from grainstats.share import Database
from segment.grain_map import GrainMap


class Links(HTMLParser):
    """Everything in a page that names another resource, its pictures, and tags left open."""

    VOID = ("meta", "img", "input", "br")

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.links: list[str] = []
        self.images: list[dict] = []
        self.open: list[str] = []
        self.labels: list[dict] = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.sources += [attributes["src"]] if "src" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        if tag == "img":
            self.images.append(attributes)
        if tag == "svg":
            self.labels.append(attributes)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory, edge_model, write_micrograph):
    """Results of three samples, one of them with a name that wants to be a tag, one with letters alike."""
    folder = tmp_path_factory.mktemp("report")
    write_micrograph(folder / "data/S1/a.tif", 1)
    write_micrograph(folder / "data/<b>&S2/b.tif", 2)
    write_micrograph(folder / "data/<b>*S2/c.tif", 3)
    (folder / "data/S1/<script>.tif").write_text("no image")
    run_batch(Call((str(folder / "data"),), folder / "out", workers=0), Recipe(model=str(edge_model)))
    return folder / "out"


@pytest.fixture(scope="module")
def report(folder) -> str:
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def links(report) -> Links:
    found = Links()
    found.feed(report)
    return found


def test_the_report_is_complete_in_itself(report, links, folder):
    assert links.sources and all(name.startswith("data:image/") for name in links.sources)
    beside = [name for name in links.links if not name.startswith("#")]
    assert len(beside) == 3 and all((folder / unquote(name)).is_file() for name in beside)
    assert "@import" not in report and "url(" not in report and links.open == []


def test_the_page_runs_and_wears_nothing_but_its_own(report):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', report)[1]
    assert "unsafe" not in policy and "http" not in policy and policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", report, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"<[^>]+\s(style|on\w+)=", report)


def test_every_picture_has_its_boundaries_its_maps_and_its_scale_bar(links):
    views = [image for image in links.images if "width" in image]
    kinds = [image.get("class", "") for image in links.images]
    assert len(views) == kinds.count("layer") == kinds.count("map size") == kinds.count("map spacing") == 3
    assert all(image["src"].startswith("data:image/jpeg") for image in views)
    bars = [e["aria-label"] for e in links.labels if e.get("class") == "scale"]
    assert len(bars) == 6 and all(re.fullmatch(r"Scale bar: \d+ nm", text) for text in bars)
    assert all(image["alt"] for image in links.images)


def test_the_limiting_path_is_on_the_page_where_it_was_drawn(folder):
    with Database.open(folder / "results.db", create=False) as db:
        facts = db.micrographs()[["micrograph_digest", "rows", "columns", "frame", "pictures"]]
        image = db.analyses().merge(facts, on="micrograph_digest").iloc[0]
    scales = scales_of(np.array([10.0, 20.0]), 10.0, None)
    (plain,) = image_views(folder, pd.DataFrame([image]), scales, PAGE_BYTES)
    drawn = folder / "images/drawn.current.png"
    Image.new("RGB", (1500, 700), "red").save(drawn)
    image["artefacts"] = {**image["artefacts"], "current": "images/drawn.current.png"}
    (shown,) = image_views(folder, pd.DataFrame([image]), scales, PAGE_BYTES)
    drawn.unlink()
    assert plain["current"] == "" and shown["current"].startswith("data:image/jpeg")
    assert not list(image_views(folder, pd.DataFrame([image]), scales, len(plain["view"])))
    image["artefacts"] = {**image["artefacts"], "current": "../../etc/passwd"}
    (outside,) = image_views(folder, pd.DataFrame([image]), scales, PAGE_BYTES)
    assert outside["current"] == ""


def test_pictures_without_their_label_map_are_shown_without_maps(folder, edge_model, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(folder, out)
    for path in out.glob("images/**/*.labels.tif"):
        path.write_bytes(b"gone")
    (out / ".report/written.json").unlink()
    data = str(folder.parent / "data")
    run_batch(Call((data,), out, workers=0, report_only=True), Recipe(model=str(edge_model)))
    found = Links()
    found.feed((out / "report.html").read_text())
    kinds = [image.get("class", "") for image in found.images]
    assert kinds.count("layer") == 3 and not any("map" in kind for kind in kinds)


def test_names_are_escaped(report):
    assert "&lt;b&gt;&amp;S2" in report and "<b>&S2" not in report
    assert "<script>.tif" not in report and "&lt;script&gt;.tif" in report


def test_every_anchor_exists(report, links):
    ids = re.findall(r'\bid="([^"]+)"', report)
    assert {name[1:] for name in links.links if name.startswith("#")} <= set(ids)
    assert len(ids) == len(set(ids))


def test_words_of_a_bimodal_verdict(verdict: ModalityVerdict):
    told = replace(verdict, power=0.93, mode_ratio=4.0, mode_fractions=(0.62, 0.38))
    text = " ".join(verdict_paragraphs(told))
    assert "40.0 nm (37.0–44.0) and coarse grains around 130 nm (110–150)" in text
    assert (
        "62 : 38" in text
        and "at most 0.3 % look at least this bimodal (p = 0.003)" in text
        and "93 %" not in text
    )


def test_words_of_an_indeterminate_verdict_say_what_is_missing(verdict: ModalityVerdict):
    missing = replace(verdict, verdict="indeterminate", reason="only 40 grains", more_grains=60, p_value=None)
    text = " ".join(verdict_paragraphs(missing))
    assert "cannot tell" in text and "Only 40 grains." in text and "With about 60 more grains" in text
    assert "in 8 of 10 such samples" in text
    hopeless = " ".join(verdict_paragraphs(replace(missing, more_grains=None)))
    assert "More images like these would hardly decide it." in hopeless
    more_fields = replace(missing, more_grains=None, isolated_grains=2)  # its reason asks for them
    assert "would hardly decide" not in " ".join(verdict_paragraphs(more_fields))
    assert "No image" in verdict_paragraphs(None)[0]
    assert "rests on" not in text
    assert "93 % would be called bimodal" in " ".join(verdict_paragraphs(replace(missing, power=0.93)))
    other_map = " ".join(verdict_paragraphs(missing, missing.n_interior - 7))
    assert (
        f"rests on {missing.n_interior} grains" in other_map and f"with {missing.n_interior - 7}" in other_map
    )


def test_the_table_has_the_first_sentence_of_a_reason_and_the_section_all(report, verdict: ModalityVerdict):
    judged = replace(verdict, verdict="uniform", reason="none shows (p = 1). One field of a specimen")
    told = re.findall(r'<td colspan="7">(.*?)</td>', report)
    assert len(told) == 3 and not [reason for reason in told if ". " in reason]
    assert judged.short_reason == "none shows (p = 1)"
    assert "None shows (p = 1). One field of a specimen." in verdict_paragraphs(judged)[0]


def test_lede():
    assert lede(["uniform", "bimodal", "uniform"], 9, 1) == (
        "3 samples: 2 uniform, 1 bimodal. 9 images measured. 1 input gave no result."
    )
    assert lede(["indeterminate"], 1, 0) == "1 sample: indeterminate. 1 image measured."


def test_images_of_one_name_are_told_apart_by_their_sample():
    rows = [("S1", "S1/a.tif", ["dark"]), ("S2", "S2/a.tif", ["pale"]), ("S2", "S2/b.tif", ["pale"])]
    rows.append(("S2", "S2/b.tif", ["pale"]))  # another page of the file
    images = pd.DataFrame(rows, columns=["sample_id", "path", "warnings"])
    assert image_remarks(images) == ["S1/a.tif: dark", "S2/a.tif, b.tif: pale"]


def test_of_many_images_the_extreme_ones_are_shown_and_it_is_said():
    n = 50
    images = pd.DataFrame({"analysis_id": range(n), "path": [f"{i:02}.tif" for i in range(n)], "frame": 0})
    spacing = pd.DataFrame({"analysis_id": range(n), "name": "intercept_mean_nm", "value": range(n)})
    chosen = choose_images(images, spacing, 1)
    half = MOST_PER_SAMPLE // 2
    assert list(chosen["analysis_id"]) == [*range(half), *range(n - half, n)]
    assert len(choose_images(images, spacing, MOST_IN_ALL)) == 1
    assert len(choose_images(images, spacing, 3 * MOST_IN_ALL)) == 0


def test_no_page_holds_more_than_its_bytes_and_pages_are_named():
    sections = [(f"S{k}", "x" * 300_000) for k in range(40)] + [("large", "x" * 2 * PAGE_BYTES)]
    pages = split(sections)
    assert [name for page in pages for name, _ in page] == [name for name, _ in sections]
    assert all(sum(len(html) for _, html in page) <= PAGE_BYTES for page in pages[:-1])
    assert [name for name, _ in pages[-1]] == ["large"]
    assert page_files([["S1", "S2"], ["S3"]], "report.html") == [
        ("report.html", "S1", "S2"),
        ("report-2.html", "S3", "S3"),
    ]


@pytest.mark.slow
def test_many_samples_make_several_pages(tmp_path, edge_model, write_micrograph, monkeypatch):
    for number in range(3):
        write_micrograph(tmp_path / f"data/S{number}/a.tif", number)
    out = tmp_path / "out"
    monkeypatch.setattr("grainstats.run.report.report.split", lambda sections: split(sections, most=1))
    call = Call((str(tmp_path / "data"),), out, workers=0)
    run_batch(call, Recipe(model=str(edge_model)))
    pages = [out / "report.html", out / "report-2.html", out / "report-3.html"]
    for number, page in enumerate(pages):
        text = page.read_text()
        assert f">S{number}</h2>" in text and text.count('<section class="sample"') == 1
        assert all(f'href="{other.name}"' in text for other in pages)
        assert "3 samples" in text
        assert text.count('<th scope="row"><a href=') == (3 if number == 0 else 1)
    monkeypatch.undo()
    pages[0].unlink()
    run_batch(call, Recipe(model=str(edge_model)))
    assert pages[0].is_file() and not pages[1].exists() and not pages[2].exists()


def test_what_is_written_for_an_image_is_at_most_three_times_the_image(tmp_path):
    rng = np.random.default_rng(0)
    labels = (np.arange(256)[:, None] // 32 * 8 + np.arange(256) // 32 + 1).astype(np.int32)
    image = np.clip(rng.normal(120, 20, labels.shape), 0, 255).astype(np.uint8)
    names = {name: tmp_path / f"{name}.{kind}" for name, kind in (("overlay", "png"), ("view", "jpg"))}
    write_pictures(image, GrainMap(labels, 1.0), **names, layer=tmp_path / "layer.png")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2 * image.nbytes
    with Image.open(names["overlay"]) as overlay:
        shown = np.asarray(overlay.convert("RGB")).astype(int)
    assert shown.shape == (256, 256, 3)
    assert (shown[10, 31] == BOUNDARY_RGB).all()
    plain = shown[100:120, 100:120]
    assert (plain[..., 0] == plain[..., 2]).all()
    assert shown[5:25, 5:25].mean() < plain.mean()  # cut by the frame: veiled


@pytest.mark.parametrize(
    ("text", "shown"),
    [("5% of the area", "5 % of the area"), ("by 12.5%, or", "by 12.5 %, or"), ("a%20b 5%2C", "a%20b 5%2C")],
)
def test_per_cent_is_written_one_way(text, shown):
    assert _environment().from_string("{{ text }}").render(text=text) == shown
    assert _environment().from_string("{{ text }}").render(text=Markup("width: 5%;")) == "width: 5%;"
