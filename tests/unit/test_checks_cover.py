"""The cover search against trying every cell."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.rules.ruleset.checks.cover import Box, Grid, bits

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Draw a small grid whose boxes are nowhere empty."""
    sizes = tuple(draw(SIZES))
    box = st.tuples(*(st.integers(1, (1 << size) - 1) for size in sizes))
    return Grid(sizes, tuple(draw(st.lists(box, max_size=8))))


def cells(box: Box) -> set[tuple[int, ...]]:
    return set(product(*(list(bits(mask)) for mask in box)))


@settings(max_examples=400, deadline=None)
@given(grids())
def test_a_hole_is_found_exactly_when_there_is_one(grid: Grid) -> None:
    covered = set().union(*map(cells, grid.boxes))
    cover = grid.cover(grid.whole, (1 << len(grid.boxes)) - 1)
    assert (cover.hole is None) == (covered == cells(grid.whole))
    if cover.hole is not None:
        assert cells(cover.hole)
        assert not cells(cover.hole) & covered


@settings(max_examples=400, deadline=None)
@given(grids(), st.data())
def test_a_box_inside_others_is_found_and_the_rows_named_cover_it(grid: Grid, data: st.DataObject) -> None:
    inside = data.draw(st.tuples(*(st.integers(1, (1 << size) - 1) for size in grid.sizes)))
    rows = data.draw(st.integers(0, (1 << len(grid.boxes)) - 1))
    covered = set().union(*(cells(grid.boxes[row]) for row in bits(rows)))
    cover = grid.cover(inside, rows)
    assert (cover.hole is None) == (cells(inside) <= covered)
    if cover.hole is None:
        assert cover.used & ~rows == 0
        assert cells(inside) <= set().union(*(cells(grid.boxes[row]) for row in bits(cover.used)))
    else:
        assert cells(cover.hole) <= cells(inside) - covered


@settings(max_examples=200, deadline=None)
@given(grids())
def test_boxes_meet_when_they_share_a_cell(grid: Grid) -> None:
    for box in grid.boxes:
        expected = {row for row, other in enumerate(grid.boxes) if cells(box) & cells(other)}
        assert set(bits(grid.meeting(box))) == expected
