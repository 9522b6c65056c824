"""Memory of the whole segmentation stays bounded on large images."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from pathlib import Path
import numpy as np
from segment.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.unet import load_model

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

edge, model = int(sys.argv[2]), load_model(sys.argv[1])
rng = np.random.default_rng(0)
tile = rng.integers(0, 256, (256, 256)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
image = np.tile(tile, (edge // 2048 + 1, edge // 2048 + 1))[:edge, :edge].copy()
small = Micrograph(image[:256, :256].copy(), None, "none", Path("a"), "0", "test")
segment_micrograph(small, model)
before = peak()
large = Micrograph(image, None, "none", Path("a"), "0", "test")
_, grains = segment_micrograph(large, model, precision="f32")
print(peak() - before, grains.n_grains)
"""


EDGE = 4096  #: pixels; from 10 Mpx on the network's activations are given back
LIMIT = 64  #: bytes a pixel; some 42 are measured, and what the kernel counts for the same work varies


@pytest.mark.slow
def test_peak_memory_above_the_image(model_folder):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(model_folder), str(EDGE)],
        capture_output=True,
        text=True,
        check=True,
    )
    above, grains = (int(word) for word in done.stdout.split())
    assert grains >= 1
    assert above < LIMIT * EDGE**2
