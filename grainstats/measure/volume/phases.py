"""Solid and voids of a volume: porosity, connectivity, thickness."""

from __future__ import annotations

from typing import Any

import numpy as np

from grainstats.measure.volume.channels import connectivity
from grainstats.measure.volume.thickness import local_thickness
from segment.volume.stack import LabelVolume


def phase_summary(volume: LabelVolume) -> dict[str, Any]:
    """Porosity, and how solid and voids hang together, ready for `json.dumps`.

    Returns
    -------
    dict
        ``porosity`` (share of the volume that is void) and, where it is not 0, ``solid`` (grains), ``voids``
        with connectivity, percolation, tortuosity and local thickness (``thickness_nm``).
    """
    porosity = float(np.count_nonzero(volume.void) / volume.labels.size)
    found: dict[str, Any] = {"porosity": porosity, "solid": None, "voids": None}
    if porosity > 0:
        for name in ("solid", "voids"):
            mask = volume.labels > 0 if name == "solid" else volume.void
            found[name] = connectivity(mask, volume.voxel_size)
            found[name]["thickness_nm"] = local_thickness(mask, volume.voxel_size)
            del mask  # before the next one is made
    return found
