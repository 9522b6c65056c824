"""OpenVINO reports each import to its maker over the network; the program does not let it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WATCH = """
import segment.unet.openvino_runtime
import openvino
import openvino.tools.ovc as converter
print(converter.telemetry_utils.tm.__name__)
"""


def test_importing_openvino_sends_nothing(tmp_path: Path) -> None:
    apart = {
        name: value for name, value in os.environ.items() if name not in {"CI", "TF_BUILD", "JENKINS_URL"}
    }
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", WATCH], env=apart | home, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "openvino.tools.ovc.telemetry_stub"
    assert not (tmp_path / "intel").exists()  # where it notes how often it has reported
