"""Every notebook runs from its first cell to its last."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
import tifffile
from nbclient import NotebookClient

from grainstats.run.commands.starting import samples_folder
from segment.micrograph import read_micrographs

SIDE_PX = 512  #: of the sample micrographs; a quarter of each does for every cell
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all, as on a desk: results of one notebook serve the next."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corner of each sample micrograph, and the sheet of the samples."""
    whole, corners = samples_folder(), tmp_path_factory.mktemp("samples")
    shutil.copy(whole / "samples.csv", corners)
    for path in whole.glob("*-0?/*.tif"):
        (micrograph,) = read_micrographs(path)
        assert micrograph.pixel_size_nm is not None
        corner = corners / path.relative_to(whole)
        corner.parent.mkdir(exist_ok=True)
        options = {"imagej": True, "resolution": (1 / micrograph.pixel_size_nm,) * 2}
        tifffile.imwrite(corner, micrograph.image[:SIDE_PX, :SIDE_PX], metadata={"unit": "nm"}, **options)
    return corners


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(path: Path, folder: Path, samples: Path) -> None:
    if path.stem == "03_features_to_optimizer" and find_spec("botorch") is None:
        pytest.skip("extra `optimizer` (BoTorch) is not installed")
    notebook = nbformat.read(path, as_version=4)
    smaller = f"""from pathlib import Path
from grainstats.run.commands import starting
starting.samples_folder = lambda: Path({str(samples)!r})"""
    notebook.cells.insert(0, nbformat.v4.new_code_cell(smaller))
    NotebookClient(notebook, timeout=900, resources={"metadata": {"path": folder}}).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)
