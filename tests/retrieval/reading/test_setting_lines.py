"""The comments of a configuration stand with the setting below them, and sections are headings."""

import pytest

from retrieval.reading.setting_lines import setting_groups
from tests.retrieval.reading.test_blocks import kinds

KILN = """; Settings of the kiln.

[heat]
; The highest heat in degrees. Not above 1300.
limit = 1240
; Minutes until it cools.
pause = 40
step = 5
[log]
path = /var/log/kiln
"""


def test_a_comment_belongs_to_the_setting_below_it() -> None:
    """Not to the one above, and a setting without a comment to the one before it."""
    assert kinds(KILN)[1:] == [
        ("heading", "[heat]"),
        ("prose", "; The highest heat in degrees. Not above 1300.\nlimit = 1240"),
        ("prose", "; Minutes until it cools.\npause = 40\nstep = 5"),
        ("heading", "[log]"),
        ("prose", "path = /var/log/kiln"),
    ]


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        (["# one", "# two", "a: 1", "b: 2", "# three", "c: 3"], [(0, 4), (4, 6)]),
        (["a: 1", "# two", "b: 2"], [(0, 1), (1, 3)]),
        (["heat:", "  # in degrees", "  limit: 5"], [(0, 1), (1, 3)]),
        (["// colour", '"colour": "red"', "// size", '"size": 3'], [(0, 2), (2, 4)]),
        (["# level", "#LEVEL=3", "# room", "export ROOM=4"], [(0, 2), (2, 4)]),
        (["[[boats]]", "name = 'Heron'"], [(0, 1), (1, 2)]),
        (["a: 1", "b: 2"], []),
        (["# one", "# two"], []),
        (["# Boats", "We have three boats."], []),
        (["Note:", "# 5 is closed"], [(0, 1), (1, 2)]),
        (["[1] See the map.", "Beds: 12"], []),
        ([], []),
    ],
)
def test_lines_are_grouped_only_where_all_are_of_a_configuration(
    lines: list[str], groups: list[tuple[int, int]]
) -> None:
    """Comments, sections and settings, and nothing else."""
    assert setting_groups(lines) == groups
