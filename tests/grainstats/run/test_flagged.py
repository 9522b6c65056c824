"""A verdict says so where most of its images were doubted, and stays what it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grainstats.infer import ModalityVerdict
from grainstats.run.flagged import remark_of, with_remark
from grainstats.run.wording import verdict_paragraphs
from segment.doubts import MISSED, STRANGE

VERDICT = ModalityVerdict(
    verdict="uniform",
    reason="no sign of a second population (p = 0.4)",
    p_value=0.4,
    p_values={},
    modes_nm=(40.0,),
    modes_ci_nm=((38.0, 42.0),),
    mode_fractions=(1.0,),
    mode_ratio=None,
    power=0.93,
    n_images=3,
    n_grains=900,
    n_interior=800,
    n_eff=200.0,
    more_grains=0,
    null="section",
    stability=None,
    astm_e1181="",
    delta_g=None,
    ala_g=None,
    seed=1,
)
MERGED = (f"{MISSED}, about 30% of their length: grains look merged and spacings too large",)


def test_two_of_three_flagged_images_are_said_in_the_reason_and_the_report() -> None:
    said = with_remark(VERDICT, [MERGED, (), MERGED])
    assert said.verdict == "uniform" and said.p_value == VERDICT.p_value
    assert said.reason.startswith("no sign of a second population")
    assert "in 2 of 3 boundaries are probably missing" in said.reason
    assert "rests on flagged images" in verdict_paragraphs(said)[0]


@pytest.mark.parametrize("warnings", [[MERGED, ()], [(), ("only 4 cells are in the image",)], [], [()]])
def test_half_of_the_images_or_another_warning_is_not_enough(warnings: list) -> None:
    assert with_remark(VERDICT, warnings) == VERDICT
    assert remark_of(VERDICT) == ""


def test_a_bimodal_verdict_says_it_too() -> None:
    bimodal = replace(
        VERDICT,
        verdict="bimodal",
        modes_nm=(40.0, 160.0),
        modes_ci_nm=((38.0, 42.0), (140.0, 181.0)),
        mode_fractions=(0.6, 0.4),
    )
    paragraph = verdict_paragraphs(with_remark(bimodal, [(STRANGE,)]))[0]
    assert paragraph.endswith("in 1 of 1 the image looks unlike a grain structure.")
