"""Word counts, times and names, for the terminal and for Discord alike.

Plain values come in, text goes out. Printing is left to `terminal`, escaping to `discord_markdown`.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.showing import languages
from bot.showing.languages import Message
from bot.showing.safe_text import one_line

if TYPE_CHECKING:
    from retrieval.types import DocumentState

ISO_DATE = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")
NO_FOLDER = Message('"" (directly in the folder)')
DOCUMENTS = Message("{count} documents", "{count} document")
SENTENCES = Message("{count} sentences", "{count} sentence")
SECONDS = Message("{count} seconds", "{count} second")
UNITS = (  # of time, with their length in seconds
    (Message("{count} days", "{count} day"), 86_400),
    (Message("{count} hours", "{count} hour"), 3_600),
    (Message("{count} minutes", "{count} minute"), 60),
)
CHANGE_KINDS = {  # of files
    "added": Message("{count} added"),
    "changed": Message("{count} changed"),
    "removed": Message("{count} removed"),
    "renamed": Message("{count} renamed"),
}
VERSION, VERSIONS = Message("version {version}"), Message("versions {others} and {last}")
REMOVED = Message("{document} has been removed; this is what it said when it was indexed.")
NOT_INDEXED = Message("{document} says this, but the current index does not contain it.")
SAYS_IT_NO_LONGER = Message("{document} has changed and no longer says this; the quote is from an earlier version.")
CHANGED = Message("{document} has changed since it was indexed; it may no longer say this.")


def many(count: int, what: str) -> str:
    """Word a count in English: "1 document", "2,000 documents"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def sizes(documents: int, sentences: int) -> str:
    """Word how many documents and sentences there are."""
    return f"{DOCUMENTS(count=documents)}, {SENTENCES(count=sentences)}"


def list_counts(counts: Mapping[str, int]) -> str:
    """Word the counts that are not 0, such as "2 added, 1 changed"; "nothing" if all are."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"


def versions_text(versions: Sequence[str]) -> str:
    """Word one version or several: "version 2.2", "versions 2.1 and 2.2"."""
    *others, last = map(one_line, versions)
    return VERSIONS(others=", ".join(others), last=last) if others else VERSION(version=last)


def source_text(source: str | None, version: str | None) -> str:
    """Word where a document is from, with its version: "Handbook 2.3", "version 2.3"; "" if nothing is known."""
    if not version:
        return one_line(source or "")
    return one_line(f"{source} {version}" if source else VERSION(version=version))


def collection_name(name: str) -> str:
    """Return the name of a collection for a list; documents directly in the seeds folder belong to the one named ""."""
    return one_line(name) or NO_FOLDER()


def format_date(date: str) -> str:
    """Word a date in ISO format, of a day, a month or a year: "1 May 2024", "May 2024", "2024"; keep other texts."""
    match = ISO_DATE.fullmatch(date)
    if match is None or not 1 <= int(match["month"] or 1) <= 12:
        return date
    return languages.date(match["year"], int(match["month"] or 0), int(match["day"] or 0))


def age(created: str) -> str:
    """Word the time since a moment in ISO format."""
    passed = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(created)
    return duration(passed.total_seconds())


def duration(seconds: float) -> str:
    """Word a duration in its largest unit of which there are at least two: "25 hours", "90 seconds"."""
    for unit, size in UNITS:
        if seconds >= 2 * size:
            return unit(count=round(seconds / size))
    return SECONDS(count=max(round(seconds), 0))


def document_note(document: str, *, stored: bool, state: "DocumentState") -> str:
    """Say what became of a quoted document, "" if it still says the quote; `document` begins the sentence.

    `stored` says whether the generation in use contains the quote, `state` whether the file changed since it was read.
    """
    if state == "vanished":
        return REMOVED(document=document)
    if not stored and state == "unchanged":
        return NOT_INDEXED(document=document)
    if not stored:
        return SAYS_IT_NO_LONGER(document=document)
    if state == "changed":
        return CHANGED(document=document)
    return ""
