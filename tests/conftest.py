"""Fixtures shared by all rooms."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real micrographs and vendor files beside the checkout; skips where they are missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip("real data not found: ../shared/data is missing")
    return SHARED / "data"


@pytest.fixture(scope="session")
def shared_eval() -> Path:
    """Folder of the segmentation score, beside the real data."""
    if not (SHARED / "eval").is_dir():
        pytest.skip("segmentation score not found: ../shared/eval is missing")
    return SHARED / "eval"
