"""Cells that span rows or columns are laid out below the names of their columns."""

import pytest

from retrieval.text.cell_spans import MAX_REPEATED_CELLS, MAX_SPAN, Slot, Spans, lay_out, parse_spans


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[(1, 1), (1, 1)], [(1, 1)]], [[(0, 0), (0, 1)], [(1, 0)]]),
        ([[(2, 1), (1, 2)], [(1, 1), (1, 1)]], [[(0, 0), (0, 1), None], [(0, 0), (1, 0), (1, 1)]]),
        ([[(1, 1), (2, 2)], [(1, 1)]], [[(0, 0), (0, 1), None], [(1, 0), (0, 1), None]]),
        ([[(3, 1), (1, 1)], [(1, 1)], [(1, 1)]], [[(0, 0), (0, 1)], [(0, 0), (1, 0)], [(0, 0), (2, 0)]]),
    ],
)
def test_a_cell_is_in_each_of_its_rows(rows: list[list[Spans]], expected: list[list[Slot]]) -> None:
    """And in the first of its columns."""
    assert list(lay_out(rows)) == expected


def test_few_cells_make_no_endless_table() -> None:
    """What hostile spans repeat is limited."""
    rows = [[(100, 1)]] * 2_000
    assert sum(map(len, lay_out(rows))) <= len(rows) + MAX_REPEATED_CELLS + MAX_SPAN


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('rowspan="2" class="a" colspan=3', (2, 3)),
        ("style='x'", (1, 1)),
        ("rowSpan={2}", (2, 1)),
        ('rowspan="0" colspan="900"', (1, 100)),
    ],
)
def test_spans_are_parsed(attributes: str, expected: Spans) -> None:
    """As HTML, wikitext and JSX write them, between 1 and 100."""
    assert parse_spans(attributes) == expected
