"""The rows of tables are shown without pipes and padding, each with what it means."""

import pytest

from bot.showing.table_lines import TableLine, table_lines
from retrieval.types import BlockKind, PassagePart


def passage(*texts: str) -> list[PassagePart]:
    """Make the parts of a table: "# " before a text marks a header, "… " a gap before it."""
    parts = []
    start = 0
    for text in texts:
        content = text.removeprefix("… ").removeprefix("# ")
        kind: BlockKind = "header" if "# " in text[:4] else "row"
        parts.append(PassagePart(start, start + len(content), content, kind, after_gap=text.startswith("… ")))
        start += len(content) + 1
    return parts


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("# Day      | Opens", "Monday   | 9:00"), ["Day: Monday; Opens: 9:00"]),
        (("# Day | Opens", "Monday | | late"), ["Day: Monday; late"]),
        (("# Keeper", "Ines Falk", "# Roof", "slate \\| tin"), ["Keeper: Ines Falk", "Roof: slate | tin"]),
        (("# Room | Beds", "# Ground floor", "Hall | 4", "# First floor:", "Hall | 6"),
         ["Ground floor — Room: Hall; Beds: 4", "First floor — Room: Hall; Beds: 6"]),
        (("# Fees", "# Room | Fee", "# Upstairs", "Hall | 4"), ["Fees — Upstairs — Room: Hall; Fee: 4"]),
        (("# The pump", "# People", "# Keeper", "Ines", "# Owner", "Otto", "# Parts", "# Roof", "slate"),
         ["The pump — People — Keeper: Ines", "The pump — People — Owner: Otto", "The pump — Parts — Roof: slate"]),
        (("# | Summer | \n| Room | adult", "Hall | 4"), ["Room: Hall; Summer, adult: 4"]),
        (("# Room | Fee", "Hall | 4", "# Boat | Length", "Skiff | 7"),
         ["Room: Hall; Fee: 4", "Boat: Skiff; Length: 7"]),
        (("Day: Monday; Opens: 9:00.", "Day: Friday."), ["Day: Monday; Opens: 9:00.", "Day: Friday."]),
        (("Hall | 4",), ["Hall | 4"]),
        (("# Day | Opens",), []),
    ],
)  # fmt: skip
def test_rows_are_written_with_the_headers_above_them(parts: tuple[str, ...], expected: list[str]) -> None:
    """Those of their columns, their group and their table; the row of another format is a sentence already."""
    assert [line.text for line in table_lines(passage(*parts), 0)] == expected


def test_the_found_row_and_gaps_are_marked() -> None:
    """A gap before the header of a row is one before the row; one before the first row is none."""
    parts = passage("… # Day | Opens", "Monday | 9:00", "… Friday | 8:00", "Sunday | 7:00")
    assert table_lines(parts, parts[2].start) == [
        TableLine("Day: Monday; Opens: 9:00", False, False),
        TableLine("Day: Friday; Opens: 8:00", True, True),
        TableLine("Day: Sunday; Opens: 7:00", False, False),
    ]
