"""Tell titles, authors and dates that a tool filled in from those that somebody chose."""

import re

from retrieval.text.cleaning import one_line

PLACEHOLDER_TITLE = re.compile(
    r"untitled.{0,12}|(?:microsoft )?(?:word|powerpoint|excel)(?: (?:document|presentation))?(?: \d+)?"
    r"|microsoft (?:word|powerpoint|excel)\s*[-–].*|powerpoint presentation"
    r"|(?:new |blank |default |no )?(?:document|presentation|spreadsheet|page|title|template|slide|file|tab)"
    r"(?: ?\(?\d*\)?| title| name)"
    r"|(?:unbenannt|dokument|sans titre|sin título|senza titolo|documento|présentation)\s*\d*"
    r"|(?:https?://)?(?:localhost|127\.0\.0\.1).*|about:blank|home ?page|index|\W*"
    r"|\S*\.(?:html?|md|txt|ps)|.*\.(?:docx?|dotx?|pptx?|xlsx?|tex|dvi|indd|pdf|od[tps]|rtf|qxd|pmd|wpd)",
    re.IGNORECASE,
)
PLACEHOLDER_SOURCE = re.compile(
    r"python-docx|docx4j|apache poi|openpyxl|xlsxwriter|reportlab|un-?named|unknown|anonymous|unspecified|author|admin"
    r"|(?:default|local|office|windows|microsoft office|home|my|test)? ?(?:user|owner)|administrator|root|none|n/a|null"
    r"|calibre(?: \(.*)?|pandoc|pypdf\d?|microsoft (?:word|office)|\W*",
    re.IGNORECASE,
)
# When a counter of time begins, in the formats of office tools, of archives and of operating systems.
PLACEHOLDER_DATES = frozenset((
    "1601-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01", "1980-01-01",
))  # fmt: skip


def own_title(title: str | None) -> str | None:
    """Return a title on one line; None if it is the default of a tool, such as "Untitled", or a file name."""
    text = one_line(title or "")
    return None if PLACEHOLDER_TITLE.fullmatch(text) else text


def own_source(source: str | None) -> str | None:
    """Return an author or publisher on one line; None if it is the default of a tool."""
    text = one_line(source or "")
    return None if PLACEHOLDER_SOURCE.fullmatch(text) else text


def own_date(published: str | None) -> str | None:
    """Return a date; None if it is one that tools write where they know none."""
    return None if not published or published in PLACEHOLDER_DATES else published
