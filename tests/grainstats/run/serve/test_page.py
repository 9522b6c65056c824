"""The page in a real browser: drop an image, leave one out, run, read the report; nobody else gets in."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
import tifffile

from grainstats.run.commands.starting import samples_folder

PROGRAM = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("nicegui") is None, reason="the extra `serve` is not installed"),
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium or Chrome is installed"),
]
WAIT = 600  #: seconds for a run of one image on a busy machine


def _browser_class() -> type:
    """The driver beside this file; tests are no package."""
    spec = importlib.util.spec_from_file_location("browser", Path(__file__).with_name("browser.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Browser


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    said = (tmp_path / "said.txt").open("w+")
    command = [sys.executable, "-m", "grainstats", "serve", str(tmp_path / "page"), "--no-show"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}  # NiceGUI looks for it
    server = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environment)
    try:
        _browser_class().until(
            lambda: server.poll() is not None or "open http" in (tmp_path / "said.txt").read_text(), WAIT
        )
        shown = re.search(r"http://\S+", (tmp_path / "said.txt").read_text()).group()
        _browser_class().until(lambda: _listens(shown), WAIT)
        yield shown
    finally:
        server.terminate()
        server.wait(60)
        said.close()


def _listens(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(address.split(":")[2].split("/")[0]))) == 0


def _status(address: str, **headers: str) -> int:
    try:
        with urlopen(Request(address, headers=headers)) as answer:
            return answer.status
    except HTTPError as error:
        error.close()
        return error.code


def test_from_an_image_to_the_report(address, tmp_path):
    bare = address.split("?")[0]
    assert _status(bare) == 403
    assert _status(bare + "?token=guess") == 403
    assert _status(address, Host="example.org") == 403
    assert _status(address, Origin="http://example.org") == 403
    browser = _browser_class()(PROGRAM, tmp_path / "profile")
    try:
        browser.go(address)
        browser.until(lambda: "Start" in browser.text(), WAIT)
        assert "token" not in browser.js("location.href")
        image = tifffile.imread(samples_folder() / "ai-01" / "ai-01-field-1.tif")
        tifffile.imwrite(tmp_path / "part.tif", np.squeeze(image)[:320, :320])
        browser.give(0, [tmp_path / "part.tif"])
        browser.until(lambda: "not stated" in browser.text(), WAIT)
        browser.write("pixel size", "1.6")
        browser.until(lambda: browser.js("document.activeElement.value") == "1.6", WAIT)
        browser.click("Start")
        browser.until(lambda: "not started" not in browser.text(), WAIT)
        browser.until(lambda: "Open the report" in browser.text(), WAIT)
        assert "done" in browser.text()
        report = "fetch('/results/report.html').then(a => a.text())"
        assert (
            "images"
            in browser.ask("Runtime.evaluate", expression=report, awaitPromise=True, returnByValue=True)[
                "result"
            ]["value"]
        )
        if shots := os.environ.get("GRAINSTATS_SCREENSHOTS"):
            for width in (1440, 390):
                browser.screenshot(Path(shots) / f"serve-{width}.png", width, 1800)
    finally:
        browser.close()
    assert (tmp_path / "page" / "results" / "results.xlsx").is_file()
