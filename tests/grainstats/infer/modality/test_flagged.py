"""A verdict says so where most of its images were doubted, and stays what it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grainstats.infer import ModalityVerdict
from grainstats.infer.modality.flagged import remark_of, with_remark
from grainstats.run.report.report import verdict_paragraphs
from segment.quality.warnings import MISSED, NO_GRAINS, SPURIOUS, UNDECIDED, UNLIKE_GRAINS

MERGED = (f"{MISSED}, about 30% of their length: grains look merged and spacings too large",)


@pytest.fixture
def uniform(verdict: ModalityVerdict) -> ModalityVerdict:
    return replace(
        verdict,
        verdict="uniform",
        reason="no sign of a second population (p = 0.4)",
        modes_nm=(40.0,),
        modes_ci_nm=((38.0, 42.0),),
        mode_fractions=(1.0,),
        mode_ratio=None,
        ala_g=None,  # no NaN, which equals nothing
    )


def test_two_of_three_flagged_images_are_said_in_the_reason_and_the_report(uniform: ModalityVerdict) -> None:
    said = with_remark(uniform, [MERGED, (), MERGED])
    assert said.verdict == "uniform" and said.p_value == uniform.p_value
    assert said.reason.startswith("no sign of a second population")
    assert "in 2 of 3 boundaries are probably missing" in said.reason
    assert "rests on flagged images" in verdict_paragraphs(said)[0]


@pytest.mark.parametrize("warnings", [[MERGED, ()], [(), ("only 4 cells are in the image",)], [], [()]])
def test_half_of_the_images_or_another_warning_is_not_enough(
    warnings: list, uniform: ModalityVerdict
) -> None:
    assert with_remark(uniform, warnings) == uniform
    assert remark_of(uniform) == ""


def test_a_second_population_may_be_cells_that_are_none(verdict: ModalityVerdict) -> None:
    told = (f"{SPURIOUS}, about 40% of them: pits, particles or scratches closed",)
    said = with_remark(replace(verdict, verdict="bimodal"), [told])
    assert "many cells are probably no grains" in said.reason
    undecided = with_remark(replace(verdict, verdict="indeterminate"), [told, ()])
    assert "One of two images has cells that are probably no grains" in undecided.reason
    assert "--voids" in undecided.reason


def test_a_bimodal_verdict_says_it_too(verdict: ModalityVerdict) -> None:
    paragraph = verdict_paragraphs(with_remark(verdict, [(UNLIKE_GRAINS,)]))[0]
    assert paragraph.endswith("in 1 of 1 the image looks unlike a grain structure.")


def test_an_undecided_verdict_says_what_is_in_the_way_and_what_to_do(uniform: ModalityVerdict) -> None:
    undecided = replace(uniform, verdict="indeterminate", reason="p is .04.")
    said = with_remark(undecided, [MERGED, MERGED, (), (), ()]).reason
    assert said.startswith("p is .04. Two of five images have merged grains: correct them, retake them")
    assert said.endswith("or exclude them")
    alone = with_remark(undecided, [(UNLIKE_GRAINS,)]).reason
    assert alone.endswith("The image has no grain structure that the network knows: retake it or exclude it")
    assert with_remark(undecided, [(), ()]).reason == "p is .04"


@pytest.mark.parametrize("told", [NO_GRAINS, f"{UNDECIDED}: noise, or unlike its training images"])
def test_an_image_that_shows_no_network_is_what_to_mend(verdict, told: str) -> None:
    said = with_remark(replace(verdict, verdict="indeterminate"), [(told,)])
    assert "The image has" in said.reason and "exclude it" in said.reason


def test_more_images_without_visible_grains_are_not_asked_for(uniform: ModalityVerdict) -> None:
    undecided = replace(uniform, verdict="indeterminate", more_grains=630)
    assert with_remark(undecided, [(NO_GRAINS,), (UNDECIDED,)]).more_grains is None
    assert with_remark(undecided, [(NO_GRAINS,), MERGED]).more_grains == 630
    assert with_remark(undecided, []).more_grains == 630
