"""Serial EBSD sections as a volume."""

from __future__ import annotations

from pathlib import Path

import pytest

from grainstats.measure.volume import measure_volume
from segment.errors import UncalibratedError
from segment.volume import VoxelSize
from segment.volume.orientation_sections import is_section_folder, orientation_volume


@pytest.mark.realdata
def test_twenty_sections_of_iron(shared_data: Path) -> None:
    folder = shared_data / "orientation_maps/sections"
    if not is_section_folder(folder):
        pytest.skip("the sections of iron are missing")
    volume = orientation_volume(folder, VoxelSize(400, 400, 400))
    assert volume.labels.shape == (20, 40, 35)
    assert 50 < volume.n_grains < 120
    found = measure_volume(volume)
    by_faces = found.block_area_nm2.sum() / found.volume_nm3
    assert found.lines.surface_per_nm == pytest.approx(by_faces, rel=0.05)
    with pytest.raises(UncalibratedError, match="--voxel-size"):
        orientation_volume(folder, None)
