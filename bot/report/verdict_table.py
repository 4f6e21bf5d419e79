"""Format the verdicts on golden questions as a table: plain text for the terminal, and its cells for the page."""

from collections.abc import Iterable, Sequence

from bot.showing.safe_text import one_line
from retrieval.measuring.tallies import MOST, Tally, count_by_kind, size_figures
from retrieval.measuring.verdicts import ANSWERABLE_VERDICTS, UNANSWERABLE_VERDICTS, GoldenCase

GROUPS = (  # of columns; the second counts right passages whatever the confidence
    ("answerable", ("all", *ANSWERABLE_VERDICTS)),
    ("right anyway", ("first", "best 5")),
    ("unanswerable", UNANSWERABLE_VERDICTS),
    ("characters shown", ("median", f"{MOST} %", "max")),
)
GUTTER = "  "


def named_kinds(cases: Sequence[GoldenCase]) -> list[tuple[str, Tally]]:
    """Count the verdicts for each kind of question, with the kinds' names; none if no question has a kind."""
    kinds = count_by_kind(cases)
    return [(one_line(kind) or "no kind", tally) for kind, tally in kinds.items()] if any(kinds) else []


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
    lines += [_format_line(name, list(map(str, tally_values(tally))), width, widths) for name, tally in named]
    return lines


def tally_values(tally: Tally) -> list[int]:
    """List the values of a tally in the order of the columns."""
    return [
        tally.answerable,
        *(tally.verdicts.get(verdict, 0) for verdict in ANSWERABLE_VERDICTS),
        tally.first_right,
        tally.best_right,
        *(tally.verdicts.get(verdict, 0) for verdict in UNANSWERABLE_VERDICTS),
        *size_figures(tally.sizes).values(),
    ]


def _format_line(name: str, values: list[str], width: int, widths: list[int]) -> str:
    columns = [f"{value:>{size}}" for value, size in zip(values, widths, strict=True)]
    return f"{name:{width}}" + "".join(GUTTER + column for column in columns)
