"""The limiting current in a run."""

from dataclasses import dataclass, field

import numpy as np

from grainstats.run.job.one_image import with_current
from segment.mosaics.laguerre import poisson_voronoi_plane


@dataclass(frozen=True)
class _Record:
    """What `with_current` reads and fills in of an analysis."""

    seed: int = 1
    descriptors: tuple = ()
    warnings: tuple = ("old",)
    artefacts: dict = field(
        default_factory=lambda: {"labels": "images/a.b.labels.tif", "overlay": "images/a.b.overlay.png"}
    )


def test_descriptors_and_picture(tmp_path):
    grains = poisson_voronoi_plane((150, 150), 1 / 14**2, np.random.default_rng(0)).grain_map(20.0)
    image = np.zeros((150, 150), np.uint8)
    record = with_current(_Record(), image, grains, {"j0": 1.0}, tmp_path)
    names = [d.name for d in record.descriptors]
    assert "current_x_over_j0" in names
    assert "current_anisotropy" in names
    assert record.warnings[0] == "old"
    assert "grains lie across" in record.warnings[1]
    assert record.artefacts["current"] == "images/a.b.current.png"
    assert (tmp_path / "images" / "a.b.current.png").stat().st_size > 5_000


def test_no_path_is_a_warning(tmp_path):
    grains = poisson_voronoi_plane((150, 150), 1 / 14**2, np.random.default_rng(0)).grain_map(20.0)
    one = type(grains)(np.ones((50, 50), np.int32), 20.0)
    record = with_current(_Record(), np.zeros((50, 50), np.uint8), one, {"j0": 1.0}, tmp_path)
    assert record.descriptors == ()
    assert record.warnings[-1].startswith("no limiting current")
