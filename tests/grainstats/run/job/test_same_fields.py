"""Copies of an area count once in a sample, whatever file they came in; in two samples they are told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.run.job.same_fields import copies_between_samples, fields_once
from grainstats.run.job.stored_sample import StoredSample


def grains_of(number: int, seed: int, *, turn: bool = False, lost: int = 0) -> pd.DataFrame:
    """Sixty grains at random places of 600 x 600 pixels; `turn`: seen upside down."""
    rng = np.random.default_rng(seed)
    y, x = rng.random((2, 60)) * 600
    y = 600 - y if turn else y
    columns = {"y_px": y, "x_px": x, "bbox_y1_px": 600, "bbox_x1_px": 600, "touches_frame": False}
    return pd.DataFrame({"analysis_id": number, **columns, "area_nm2": rng.lognormal(7, 0.7, 60)})[lost:]


def sample_of(*tables: pd.DataFrame) -> StoredSample:
    numbers = list(range(1, len(tables) + 1))
    images = pd.DataFrame({"analysis_id": numbers, "path": [f"{n}.tif" for n in numbers]})
    images = images.assign(frame=0, rows=600, columns=600, pixel_size_nm=1.0)
    empty = pd.DataFrame({"analysis_id": numbers})
    return StoredSample(images, pd.concat(tables, ignore_index=True), empty, empty, dict.fromkeys(numbers))


def test_copies_and_turned_copies_are_left_out() -> None:
    sample = sample_of(grains_of(1, 0), grains_of(2, 1), grains_of(3, 0, lost=5), grains_of(4, 1, turn=True))
    once, said = fields_once(sample)
    assert said == [f"the same area, counted once: {pair}" for pair in ("3.tif and 1.tif", "4.tif and 2.tif")]
    for table in (once.images, once.grains, once.intercepts, once.descriptors):
        assert set(table["analysis_id"]) == {1, 2}
    assert set(once.segmentations) == {1, 2}


def test_frames_of_one_file_are_told_apart() -> None:
    movie = sample_of(grains_of(1, 0), grains_of(2, 0))
    movie.images["path"], movie.images["frame"] = "movie.tif", [0, 1]
    said = fields_once(movie)[1]
    assert said == ["the same area, counted once: movie.tif, frame 2 and movie.tif, frame 1"]


def test_few_grains_are_known_by_their_exact_places() -> None:
    few = [grains_of(n, seed, lost=54) for n, seed in ((1, 0), (2, 1), (3, 0))]
    once, said = fields_once(sample_of(*few))
    assert said == ["the same area, counted once: 3.tif and 1.tif"] and set(once.grains["analysis_id"]) == {
        1,
        2,
    }
    middle = [grains_of(n, 0, lost=59).assign(area_nm2=1e3 * n) for n in (1, 2)]
    assert fields_once(sample_of(*middle))[1] == []


def test_other_fields_stay() -> None:
    sample = sample_of(*(grains_of(n, n) for n in range(1, 13)))
    once, said = fields_once(sample)
    assert once is sample and said == []


def field_at(number: int, left: float) -> pd.DataFrame:
    """What a window of 600 x 600 pixels of a wide specimen shows, from column `left` on."""
    rng = np.random.default_rng(7)
    y, x, area = rng.random(400) * 600, rng.random(400) * 1500, rng.lognormal(7, 0.7, 400)
    seen = (x > left) & (x < left + 600)
    columns = {"bbox_y1_px": 600, "bbox_x1_px": 600, "touches_frame": False, "area_nm2": area[seen]}
    return pd.DataFrame({"analysis_id": number, "y_px": y[seen], "x_px": x[seen] - left, **columns})


def test_a_field_that_overlaps_by_half_is_none_and_by_less_is_told() -> None:
    sample = sample_of(field_at(1, 0), field_at(2, 250), field_at(3, 350), field_at(4, 900))
    once, said = fields_once(sample)
    assert said[:2] == [
        f"the same area, counted once: {pair}" for pair in ("2.tif and 1.tif", "3.tif and 2.tif")
    ]
    assert set(once.grains["analysis_id"]) == {1, 4}
    assert said[2].startswith("fields overlap, grains there count twice: 3.tif and 1.tif, by 4")


@dataclass
class Stored:
    """What `copies_between_samples` asks of `Rows`."""

    samples: dict[str, pd.DataFrame]

    @property
    def sample_ids(self) -> tuple[str, ...]:
        return tuple(self.samples)

    @property
    def images(self) -> pd.DataFrame:
        rows = [
            {"analysis_id": number, "sample_id": sample, "path": f"{sample}/{number}.tif"}
            for sample, grains in self.samples.items()
            for number in grains["analysis_id"].unique()
        ]
        return pd.DataFrame(rows).assign(rows=600, columns=600, pixel_size_nm=1.0)

    def grains(self, sample_id: str) -> pd.DataFrame:
        return self.samples[sample_id]


def test_one_field_in_two_samples_is_told() -> None:
    first = pd.concat([grains_of(1, 0), grains_of(2, 1)])
    second = pd.concat([grains_of(3, 2), grains_of(4, 1, turn=True, lost=4), grains_of(5, 2, lost=3)])
    (said,) = copies_between_samples(Stored({"A": first, "B": second}))
    assert said.startswith("A/2.tif and B/4.tif show the same area: samples A and B share it; exclude it")
    assert copies_between_samples(Stored({"A": first, "B": grains_of(3, 2)})) == []
    assert copies_between_samples(Stored({"B": second})) == []


def test_a_crop_in_another_sample_is_told() -> None:
    first = pd.concat([field_at(1, 0), grains_of(2, 1)])
    (said,) = copies_between_samples(Stored({"A": first, "B": field_at(3, 200)}))
    assert said.startswith("A/1.tif and B/3.tif show the same area")
    assert copies_between_samples(Stored({"A": first, "B": field_at(3, 700)})) == []


def test_many_images_are_compared_in_parts(monkeypatch) -> None:
    from segment.micrograph import fingerprint

    prints = [np.random.default_rng(n % 7).integers(-99, 99, (64, 64)).astype(np.int8) for n in range(12)]
    monkeypatch.setattr(fingerprint, "_AT_A_TIME", 5)
    found = fingerprint.same_areas(prints)
    assert [(one.first, one.second) for one in found] == [(n, n + 7) for n in range(5)]
