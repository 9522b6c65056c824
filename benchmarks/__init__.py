"""Time and memory, for airspeed velocity: ``asv run``, or ``asv run -E existing`` as installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "calibration"))  # made volumes
