"""One area counts once: the same pixels in any container, orientation or channel are found."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from segment.grain_map import GrainMap
from segment.micrograph.fingerprint import SAME, fingerprint, same_areas
from segment.mosaics.laguerre import poisson_voronoi_plane
from segment.registration.overlap import same_maps

RISING = {
    "16 bit": lambda a: a.astype(np.uint16) * 257,
    "shifted": lambda a: a.astype(np.uint16) << 4,
    "signed": lambda a: (a.astype(np.int16) - 128).astype(np.int8),
    "float": lambda a: a / 255.0,
    "mirrored": lambda a: a[:, ::-1],
    "upside down": lambda a: a[::-1],
    "turned": lambda a: np.rot90(a),
}


@pytest.mark.parametrize("change", RISING.values(), ids=RISING)
def test_copies_in_another_container_or_turned_are_found(make_grains, change):
    image = make_grains((120, 150))
    (found,) = same_areas([fingerprint(f) for f in (image, change(image), make_grains((120, 150), seed=1))])
    assert found.second == 1 and found.correlation > 0.999


def test_a_frame_around_the_image_changes_nothing(make_grains):
    image = make_grains((120, 150))
    framed = np.pad(image, 20)
    valid = np.pad(np.ones_like(image, bool), 20)
    (found,) = same_areas([fingerprint(framed, valid), fingerprint(image)])
    assert found.correlation > 0.999


def test_copies_that_lost_something_are_found_and_other_fields_are_not(make_grains):
    fields = [make_grains((256, 320), seed=k) for k in range(40)]
    small = cv2.resize(fields[3], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    packed = cv2.imencode(".jpg", fields[7], [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    jpeg = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)
    dark = 255 - np.rot90(fields[9])
    found = same_areas([fingerprint(f) for f in [*fields, small, jpeg, dark]])
    assert [(s.first, s.second) for s in found] == [(3, 40), (7, 41), (9, 42)]
    assert found[0].correlation > 0.9 and found[2].correlation < -0.9
    assert not same_areas([fingerprint(f) for f in fields], SAME / 2)


def test_a_constant_image_is_like_no_other():
    assert not same_areas([fingerprint(np.full((80, 80), 7)), fingerprint(np.full((80, 80), 9.0))])


def test_label_maps_are_told_apart_by_their_cells():
    first, second = (
        poisson_voronoi_plane((200, 200), 1 / 300, np.random.default_rng(k)).grain_map().labels
        for k in (0, 1)
    )
    renamed = np.random.default_rng(2).permutation(first.max() + 1)[first] + (first > 0)
    maps = [GrainMap(m, None) for m in (first, second, renamed)]
    assert [(s.first, s.second) for s in same_maps(maps)] == [(0, 2)]
