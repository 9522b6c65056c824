"""What tests of several rooms start from."""

from __future__ import annotations

import pytest

from grainstats.infer import ModalityVerdict


@pytest.fixture
def verdict() -> ModalityVerdict:
    """A bimodal verdict with some fields empty."""
    return ModalityVerdict(
        verdict="bimodal",
        reason="two modes: 40 and 130 nm",
        p_value=0.003,
        p_values={"dip": 0.01, "spread": 0.002},
        modes_nm=(40.0, 130.0),
        modes_ci_nm=((37.0, 44.0), (110.0, 150.0)),
        mode_fractions=(0.4, 0.6),
        mode_ratio=3.25,
        power=0.9,
        n_images=2,
        n_grains=40,
        n_interior=32,
        n_eff=20.5,
        more_grains=0,
        null="section",
        stability=None,
        astm_e1181="bimodal",
        delta_g=3.4,
        ala_g=float("nan"),
        seed=3,
    )
