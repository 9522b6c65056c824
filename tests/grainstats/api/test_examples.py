"""The examples in the docstrings of the public names run."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = (
    "grainstats",
    "grainstats.api.stored",
    "grainstats.api.comparing",
    "grainstats.infer.modality.judging_digest",
    "grainstats.infer.current.estimate",
    "grainstats.infer.modality.verdict",
    "grainstats.measure.measurement",
    "grainstats.magnet.trapped_field",
    "grainstats.measure.any_map",
    "segment",
    "segment.boundary_map",
    "segment.cells.close",
    "segment.errors",
    "segment.grain_map",
    "grainstats.share.quantity_units",
    "segment.label_maps.reading",
    "segment.label_maps.repairs",
    "segment.label_maps.any_file",
    "segment.label_maps.writing",
    "segment.micrograph.finding",
    "segment.micrograph.micrograph",
    "segment.micrograph.from_array",
    "segment.micrograph.reading",
    "segment.orientation.read",
    "segment.segmentation",
    "segment.unet.model_folder",
    "segment.unet.predict",
)
SLOW = (
    "grainstats.api.analysis",
    "grainstats.api.results",
    "grainstats.api.steps",
    "segment.pipeline",
)  #: the whole way


def run(name: str) -> None:
    module = import_module(name)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testmod(module, optionflags=flags)
    assert tried and not failed


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    run(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_the_whole_way_runs(name: str) -> None:
    run(name)
