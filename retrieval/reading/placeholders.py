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
WRITERS = "python-docx|docx4j|apache poi|openpyxl|xlsxwriter"  # programs that put themselves as the author of a file
PLACEHOLDER_SOURCE = re.compile(
    rf"{WRITERS}|reportlab|un-?named|unknown|anonymous|unspecified|author|admin"
    r"|(?:default|local|office|windows|microsoft office|home|my|test)? ?(?:user|owner)|administrator|root|none|n/a|null"
    r"|calibre(?: \(.*)?|pandoc|pypdf\d?|microsoft (?:word|office)|\W*",
    re.IGNORECASE,
)
WRITER = re.compile(WRITERS, re.IGNORECASE)
# When the template of a tool was made, whose documents keep that time.
TEMPLATE_TIMES = frozenset((
    "2013-12-23T23:15:00", "2013-01-27T09:14:16",  # python-docx, python-pptx
    "2006-08-16T00:00:00", "2006-09-16T00:00:00", "2006-09-13T11:21:51",  # PowerPoint, Canva; Excel, excelize
    "2015-06-05T18:17:20", "2015-06-05T18:19:34", "1996-10-14T23:33:28", "1996-12-17T01:32:42",  # Excel
))  # fmt: skip
BRACKETS = "()[]<>"
# When a counter of time begins, in the formats of office tools, of archives and of operating systems.
PLACEHOLDER_DATES = frozenset((
    "1601-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01", "1980-01-01",
))  # fmt: skip


def own_title(title: str | None) -> str | None:
    """Return a title on one line; None if it is the default of a tool, such as "Untitled", or a file name."""
    text = one_line(title or "")
    return None if PLACEHOLDER_TITLE.fullmatch(text.strip(BRACKETS)) else text


def own_source(source: str | None) -> str | None:
    """Return an author or publisher on one line; None if it is the default of a tool."""
    text = one_line(source or "")
    return None if PLACEHOLDER_SOURCE.fullmatch(text.strip(BRACKETS)) else text


def own_date(published: str | None) -> str | None:
    """Return a date; None if it is one that tools write where they know none."""
    return None if not published or published in PLACEHOLDER_DATES else published


def own_time(created: str | None, author: str | None) -> str | None:
    """Return when an Office file was created, in ISO format; None if that is no date of its content.

    It is none if that is when the template of a tool was made, or when a program, its author, wrote what it may have
    had for long.
    """
    is_written = WRITER.fullmatch(one_line(author or "")) is not None
    return None if not created or created[:19] in TEMPLATE_TIMES or is_written else created
