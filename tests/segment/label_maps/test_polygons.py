"""Outlines of LabelMe, COCO and QuPath lie where they were drawn, on the image that they name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from segment.errors import InputError
from segment.label_maps.any_file import read_map
from segment.label_maps.by_hand import ENDS, read_drawing
from segment.micrograph import micrograph_of_array
from segment.training.data.pairs import find_pairs

SHAPE = (120, 160)
CELLS = np.kron(np.arange(1, 13).reshape(3, 4), np.ones((40, 40), int))
GREY = (CELLS * 15 + np.random.default_rng(0).normal(30, 4, SHAPE)).astype(np.uint8)


def outlines() -> list[list[list[float]]]:
    """Corners x, y of the twelve squares."""
    squares = []
    for label in range(1, 13):
        row, column = np.argwhere(label == CELLS)[0].tolist()
        squares.append([[column, row], [column + 40, row], [column + 40, row + 40], [column, row + 40]])
    return squares


def labelme(**changes: Any) -> Any:
    shapes = [{"label": "grain", "points": o, "shape_type": "polygon"} for o in outlines()]
    return {"shapes": shapes, "imagePath": "a.tif", "imageHeight": 120, "imageWidth": 160} | changes


def coco(**changes: Any) -> Any:
    images = [
        {"id": k, "file_name": f"in\\{name}.png", "height": 120, "width": 160}
        for k, name in ((3, "b"), (7, "a"))
    ]
    drawn = [{"image_id": 7, "category_id": 1, "segmentation": [np.ravel(o).tolist()]} for o in outlines()]
    return {"images": images, "annotations": drawn, "categories": [{"id": 1, "name": "grain"}]} | changes


def qupath() -> Any:
    features = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [o]}, "properties": {}}
        for o in outlines()
    ]
    many = {"type": "MultiPolygon", "coordinates": [[outlines()[0]], [outlines()[1]]]}
    return {"type": "FeatureCollection", "features": [{"geometry": many}, *features[2:]]}


@pytest.fixture
def image(tmp_path: Path) -> Any:
    cv2.imwrite(str(tmp_path / "a.png"), GREY)
    return replace(micrograph_of_array(GREY, pixel_size_nm=2.0), path=tmp_path / "a.png")


@pytest.mark.parametrize("content", [labelme(), coco(), qupath(), qupath()["features"]], ids=range(4))
def test_outlines_become_the_cells_that_were_drawn(content: Any, image: Any) -> None:
    path = image.path.with_suffix(".json")
    path.write_text(json.dumps(content))
    found = read_drawing(path, image)
    assert found.n_grains == 12 and not found.warnings
    pairs = np.unique(found.labels * 100 + CELLS)
    assert pairs.size == 12
    alone = read_map(path, pixel_size_nm=2.0)
    assert np.array_equal(alone.labels, found.labels)
    assert (ENDS in alone.warnings) == ("features" in content or isinstance(content, list))


def test_other_shapes_of_labelme(image: Any) -> None:
    shapes = [
        {"points": [[0, 0], [160, 120]], "shape_type": "rectangle", "label": "grain"},
        {"points": [[80, 60], [80, 90]], "shape_type": "circle", "label": "pore"},
        {"points": [[1, 1]], "shape_type": "point", "label": "grain"},
        {"points": [[10, 10], [30, 10], [30, 30], [10, 30]], "label": "grain"},
        {"points": [[130, 10], [150, 10], [150, 30]], "label": "pore"},
    ]
    path = image.path.with_suffix(".json")
    path.write_text(json.dumps(labelme(shapes=shapes[::-1])))
    found = read_map(path, pixel_size_nm=2.0)
    area = sorted(np.bincount(found.labels.ravel())[1:])
    assert area[-2] == pytest.approx(np.pi * 30**2, rel=0.02) and 400 in area
    assert any("2 kinds (grain, pore)" in text for text in found.warnings)
    lines = [{"points": [[0, y + 0.5], [160, y + 0.5]], "shape_type": "line"} for y in (40, 80)]
    path.write_text(json.dumps(labelme(shapes=lines)))
    assert read_map(path, pixel_size_nm=2.0).n_grains == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (labelme(imageWidth=320, imageHeight=240), "drawn on 320 x 240 pixels, its image has 160 x 120"),
        (labelme(shapes=[{"points": [[1, 1], [9, 9]], "shape_type": "mask"}]), "masks instead of outlines"),
        (labelme(shapes=[{"points": [[1, 1], [9, 9], [1e9, 3]]}]), "lies nowhere on an image"),
        (labelme(shapes=[]), "no outline and no line"),
        (
            coco(images=[{"id": 1, "file_name": "x.png"}, {"id": 2, "file_name": "y.png"}]),
            "0 of which are called a",
        ),
        (
            coco(annotations=[{"image_id": 7, "segmentation": {"counts": [1], "size": [2, 2]}}]),
            "masks instead",
        ),
        ({"a": 1}, "no outlines of LabelMe, COCO or GeoJSON"),
        ([[[[]]]], "no outlines of LabelMe, COCO or GeoJSON"),
    ],
)
def test_what_cannot_be_drawn_is_refused(content: Any, words: str, image: Any) -> None:
    path = image.path.with_suffix(".json")
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=words):
        read_drawing(path, image)


def test_too_deep_a_file_is_refused(image: Any) -> None:
    path = image.path.with_suffix(".geojson")
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="no outlines"):
        read_drawing(path, image)


def test_one_coco_file_holds_the_tracings_of_several_images(tmp_path: Path, image: Any) -> None:
    (tmp_path / "drawn").mkdir()
    (tmp_path / "drawn" / "all.json").write_text(json.dumps(coco()))
    (tmp_path / "drawn" / "facts.json").write_text('{"microscope": "A"}')
    (pair,) = find_pairs(tmp_path, tmp_path / "drawn")
    assert pair.truth().n_grains == 12
