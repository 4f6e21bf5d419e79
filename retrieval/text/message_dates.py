"""Read when a message of a chat was sent, in the lines above it as messengers and exporters write them.

A date that could be two, such as 05/12/2024, counts as none.
"""

import re
from datetime import date

from retrieval.text.locations import table_context_at
from retrieval.text.values import CLOCK, MONTH_STEMS, time_of_day
from retrieval.types import Document

DATES = re.compile(
    r"(?<!\d)(?:(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<mark>[-./])(?P<second>\d{1,2})(?P=mark)(?P<last_year>\d{4}|\d\d)"
    r"|(?P<named_day>\d{1,2})(?:\.? |-)(?:de )?(?P<name>[A-Za-z]{3,10})\.?[- ](?:de )?(?P<named_year>\d{4}|\d\d))(?!\d)"
    r"|\b(?P<name_first>[A-Z][a-z]{2,8})\.? (?P<day_behind>\d{1,2}),? (?P<year_behind>\d{4})(?!\d)"
)
CENTURY, MONTHS_OF_YEAR = 2_000, 12
MAX_LINE_LENGTH = 200  # characters that are searched


def published_at(document: Document, offset: int) -> str | None:
    """Return the date of what stands at an offset: in a chat that of its message, else the document's."""
    sent = sent_at(document, offset)
    return sent[: len("YYYY-MM-DD")] if sent else document.published


def sent_at(document: Document, offset: int) -> str:
    """Return when a message at an offset was sent, "YYYY-MM-DD" and, if it is known, " HH:MM"; "" outside of chats."""
    if document.unit != "message":
        return ""
    spans = reversed(table_context_at(document, offset))
    lines = [document.text[start : min(end, start + MAX_LINE_LENGTH)] for start, end in spans]
    day = next(filter(None, map(date_in, lines)), "")
    clock = next(filter(None, map(CLOCK.search, lines)), None)
    return f"{day} {time_of_day(clock)}" if day and clock else day


def date_in(line: str) -> str:
    """Find the date in a line, as "YYYY-MM-DD"; "" if none is certain."""
    return next((found for match in DATES.finditer(line) if (found := _as_iso(match))), "")


def _as_iso(match: re.Match[str]) -> str:
    name = match["name"] or match["name_first"]
    if name:
        stem = name[:3].lower()
        month = MONTH_STEMS.index(stem) + 1 if stem in MONTH_STEMS else 0
        day = int(match["named_day"] or match["day_behind"])
    elif match["first"]:
        day, month = int(match["first"]), int(match["second"])
        if match["mark"] != "." and day <= MONTHS_OF_YEAR and day != month:
            if month <= MONTHS_OF_YEAR:
                return ""
            day, month = month, day
    else:
        day, month = int(match["day"]), int(match["month"])
    year = int(next(filter(None, match.group("year", "last_year", "named_year", "year_behind"))))
    try:
        return date(year if year >= 100 else CENTURY + year, month, day).isoformat()
    except ValueError:
        return ""
