"""Parse the dates that web pages, e-books and PDFs give of themselves."""

import re

DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?![\d:])|(\d{4})(\d\d)(\d\d)(?:[T\d].*)?$")


def date_of(text: str | None) -> str | None:
    """Parse the date at the start of a text such as 2024-05-01T09:00:00Z or D:20240501; None if there is none.

    Returns as much of YYYY-MM-DD as the text gives.
    """
    match = DATE.match((text or "").strip().removeprefix("D:"))
    if not match:
        return None
    year, month, day = (part or "" for part in (match.groups()[:3] if match[1] else match.groups()[3:]))
    if not 1 <= int(month or 1) <= 12 or not 1 <= int(day or 1) <= 31 or not 1000 <= int(year) <= 2999:
        return None
    return "-".join(filter(None, (year, month, day)))
