"""The table of verdicts on the terminal."""

from bot.report.verdict_table import format_tallies
from retrieval.measuring.tallies import Tally


def test_the_columns_of_a_table_are_aligned_below_their_groups() -> None:
    """Every count stands below its verdict, and names set the width of the first column."""
    tally = Tally(5, 2, {"right": 1, "silent": 4, "refused": 2}, first_right=2, best_right=3, sizes=(10, 30, 1200))
    assert format_tallies([("some steps", tally)]) == [
        "                                           answerable   right anyway       unanswerable    characters shown",
        "             all  right  partly  other  wrong  silent  first  best 5  refused  answered  median  95 %   max",
        "some steps     5      1       0      0      0       4      2       3        2         0      30  1200  1200",
    ]
