"""Files that pages, docstrings and notes name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [p for p in ROOT.glob("*.md") if p.name != "CHANGELOG.md"]  # that one tells of files that were
PAGES += [*ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*/CARD.md")]
NAMED = re.compile(
    r"\b(?:tests|grainstats|segment|calibration|docs|scripts|models|benchmarks|notebooks|data_samples)"
    r"/[\w./-]+\.(?:py|md|csv|toml|json|sh|ipynb|png)\b"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_are_there(page: Path) -> None:
    named = set(NAMED.findall(page.read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
