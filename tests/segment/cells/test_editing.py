"""Edits of label maps: what changes is what was drawn at, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segment.cells.borders import border_places, find_borders
from segment.cells.editing import cells_along, cut_cell, draw_boundary, join_cells, numbered, take_out
from segment.errors import InputError

SIDE = 40  #: of a square cell


@pytest.fixture
def squares() -> np.ndarray:
    """Five by five square cells 1 ... 25."""
    return np.kron(np.arange(1, 26, dtype=np.int32).reshape(5, 5), np.ones((SIDE, SIDE), np.int32))


def line(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, float)


def test_join_takes_the_number_of_the_largest_and_touches_nothing_else(squares):
    squares[:SIDE, SIDE : SIDE + 10] = 1
    joined = join_cells(squares, line((20, 10), (20, 70))).applied(squares)
    assert set(np.unique(joined)) == set(range(1, 26)) - {2}
    others = ~np.isin(squares, [1, 2])
    assert (joined[others] == squares[others]).all() and (joined[~others] == 1).all()


def test_a_join_within_one_cell_is_refused(squares):
    with pytest.raises(InputError, match="one cell"):
        join_cells(squares, line((10, 10), (20, 20)))


def test_a_cut_reaches_the_border_from_a_short_line_and_stays_in_its_cell(squares):
    cut = cut_cell(squares, line((95, 100), (105, 100))).applied(squares)
    assert (cut != squares).any() and (squares[cut != squares] == 13).all()
    assert np.count_nonzero(cut == 13) + np.count_nonzero(cut == 26) == SIDE**2
    assert abs(np.count_nonzero(cut == 26) - SIDE**2 / 2) <= SIDE


def test_a_cut_that_leaves_its_cell_does_not_cut_it_again():
    cells = np.full((100, 100), 1, np.int32)
    cells[20:, 30:70] = 2  # cell 1 is a U upside down around cell 2
    cut = cut_cell(cells, line((60, 5), (60, 20))).applied(cells)
    assert (cut[:, 70:] == cells[:, 70:]).all() and cut.max() == 3


def test_a_boundary_cuts_every_cell_it_crosses(squares):
    drawn = draw_boundary(squares, line((100, -1), (100, 200))).applied(squares)
    assert np.unique(drawn).size == 30
    assert (drawn[squares < 11] == squares[squares < 11]).all()


def test_a_closed_boundary_makes_a_grain_within_a_grain(squares):
    ring = line((90, 90), (90, 110), (110, 110), (110, 90), (90, 90))
    drawn = draw_boundary(squares, ring).applied(squares)
    assert drawn[100, 100] == 26 and drawn[85, 100] == 13


@pytest.mark.parametrize("edit", [cut_cell, draw_boundary])
def test_lines_that_cut_nothing_are_refused(squares, edit):
    with pytest.raises(InputError, match="divide"):
        edit(squares, line((81, 81), (81, 81)))


def test_void_is_0_and_only_there(squares):
    void = take_out(squares, np.array([100.0, 100.0])).applied(squares)
    assert ((void == 0) == (squares == 13)).all()
    with pytest.raises(InputError, match="no cell"):
        take_out(void, np.array([100.0, 100.0]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 205), st.floats(-5, 205)), min_size=2, max_size=5), st.booleans())
def test_pieces_of_a_cut_lie_within_their_cell(points, closed):
    squares = np.kron(np.arange(1, 26, dtype=np.int32).reshape(5, 5), np.ones((SIDE, SIDE), np.int32))
    drawn = line(*points, *points[:1] * closed)
    before = squares.copy()
    try:
        after = draw_boundary(squares, drawn).applied(squares)
    except InputError:
        return
    assert (squares == before).all()
    for label in range(26, int(after.max()) + 1):
        assert np.unique(squares[after == label]).size == 1
    assert np.isin(squares[after != squares], cells_along(squares, drawn)).all()


def test_changes_are_the_pixels_that_differ(squares):
    patch = join_cells(squares, line((20, 10), (20, 70)))
    where, value = patch.changes(squares)
    copy = squares.copy()
    copy[where] = value
    assert (copy == patch.applied(squares)).all() and where[0].size == SIDE**2


def test_numbers_close_up():
    assert numbered(np.array([[5, 0, 2], [9, 9, 5]], np.int32)).tolist() == [[2, 0, 1], [3, 3, 2]]


def test_places_of_borders_agree_with_their_lengths_and_follow_edits(squares):
    probability = np.random.default_rng(0).random(squares.shape, np.float32)
    borders = find_borders(squares, probability)
    places = border_places(squares, borders)
    lengths = [len(places.edges(k, squares)) for k in range(len(borders.pairs))]
    assert lengths == borders.length_px.tolist()
    assert (np.diff(borders.confidence[places.least_sure()]) >= 0).all()
    gone = int(np.flatnonzero((borders.pairs == [1, 2]).all(axis=1))[0])
    joined = join_cells(squares, line((20, 10), (20, 70))).applied(squares)
    assert not len(places.edges(gone, joined))
    picture = places.picture(squares.shape)
    assert picture[0, 39] == picture[0, 40] > 0 and picture[20, 20] == 0
