"""Format the verdicts on golden questions as a table of plain text, for the terminal."""

from collections.abc import Iterable

from retrieval.measuring.tallies import MOST, Tally
from retrieval.measuring.verdicts import ANSWERABLE_VERDICTS, UNANSWERABLE_VERDICTS

GROUPS = (  # above the columns; the second is about whatever the confidence
    ("answerable", ("all", *ANSWERABLE_VERDICTS)),
    ("whatever sure", ("first", "in 5")),
    ("unanswerable", UNANSWERABLE_VERDICTS),
    ("characters shown", ("median", f"{MOST} %", "max")),
)
GUTTER = "  "


def format_tallies(rows: Iterable[tuple[str, Tally]]) -> list[str]:
    """Format named tallies as lines of equal columns, with two lines of headings."""
    named = list(rows)
    width = max((len(name) for name, _ in named), default=0)
    widths = [max(len(title), 4) for _, titles in GROUPS for title in titles]
    groups = []
    for label, titles in GROUPS:
        columns = [max(len(title), 4) for title in titles]
        groups.append(f"{label:>{sum(columns) + len(GUTTER) * (len(columns) - 1)}}")
    lines = [" " * width + GUTTER + GUTTER.join(groups)]
    lines.append(_format_line("", [title for _, titles in GROUPS for title in titles], width, widths))
    lines += [_format_line(name, list(map(str, _values(tally))), width, widths) for name, tally in named]
    return lines


def _values(tally: Tally) -> list[int]:
    """List the values of a tally in the order of the columns."""
    return [
        tally.answerable,
        *(tally.verdicts.get(verdict, 0) for verdict in ANSWERABLE_VERDICTS),
        tally.first_right,
        tally.best_right,
        *(tally.verdicts.get(verdict, 0) for verdict in UNANSWERABLE_VERDICTS),
        *tally.size_figures.values(),
    ]


def _format_line(name: str, values: list[str], width: int, widths: list[int]) -> str:
    columns = [f"{value:>{size}}" for value, size in zip(values, widths, strict=True)]
    return f"{name:{width}}" + "".join(GUTTER + column for column in columns)
