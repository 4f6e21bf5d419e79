"""Compose what is shown for an answer: pure, and the same for a terminal and a chat.

Nothing here comes from anywhere but the verified quote, its document's metadata and fixed wording.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.types import Answer, Citation, Quote

REFUSAL = "I don't know: nothing in the documents answers that."
DIFFER = "The sources differ; the newer one comes first."
CLOSEST = "The closest passages. None of them is an answer:"
BETWEEN = " › "  # the headings of a citation
WITH_LINES = (".md", ".txt", ".rst")  # files whose lines count as in an editor
# Control, bidirectional and invisible characters could hide, reorder or smuggle what a reader sees. Joiners (U+200C,
# U+200D) and variation selectors stay: emoji, Persian, Mongolian and Indic text need them.
UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]+"
)
# The flags of England, Scotland and Wales are the only emoji that are spelt with invisible tag characters.
_FLAGS = re.compile(
    "(\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f)"
)
# A selector after a selector selects nothing: long runs of them carry hidden text.
_SELECTORS = re.compile(
    "(?<=[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef])"
    "[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
# Marks piled on one letter cover the lines around it. The tallest stacks of a script, Tibetan, have eight.
_MOST_MARKS = 8
_MAYBE_MARKS = re.compile(rf"[^\x00-\u02ff\w\s\U0001f000-\U0001ffff]{{{_MOST_MARKS + 1},}}")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote ready to be shown: everything on one line each and safe to print."""

    before: str
    quote: str
    after: str
    title: str
    source: str  # "" when it is not known
    published: str  # its date, the same
    url: str
    place: str  # file:line, or file and page, row or time; and the headings above
    brief: str  # the same without the folders and all headings but the last
    citation: str
    confidence: float
    also: tuple[str, ...]  # where the same is said: title, source, place and citation
    more: int = 0  # places where it is said as well


@dataclass(frozen=True, slots=True)
class Reply:
    """What is shown for an answer: a message, excerpts, or both."""

    message: str
    excerpts: tuple[Excerpt, ...]


def compose(answer: "Answer", *, show_closest: bool = False) -> Reply:
    """Return the reply to an answer; a refusal shows passages only when they are asked for."""
    if answer.answered:
        return Reply(DIFFER if answer.sources_differ else "", tuple(excerpt(quote) for quote in answer.quotes))
    if show_closest and answer.closest:
        return Reply(f"{REFUSAL}\n{CLOSEST}", tuple(excerpt(quote) for quote in answer.closest))
    return Reply(REFUSAL, ())


def one_line(text: str) -> str:
    """Return text on one line, with a replacement for each run of characters that could mislead a reader."""
    line = " ".join(text.replace("\u2800", " ").split())  # an empty Braille cell is a space that split() does not know
    parts = _FLAGS.split(line)  # every other part is a flag
    parts[::2] = [UNSAFE.sub("\ufffd", part) for part in parts[::2]]
    return _MAYBE_MARKS.sub(_thinned, _SELECTORS.sub("\ufffd", "".join(parts)))


def _thinned(match: re.Match[str]) -> str:
    """Return the characters with one replacement for all marks above the limit on each letter."""
    kept = []
    for piled, run in groupby(match[0], _takes_no_width):
        marks = "".join(run)
        kept.append(marks[:_MOST_MARKS] + "\ufffd" if piled and len(marks) > _MOST_MARKS else marks)
    return "".join(kept)


@lru_cache(maxsize=4096)
def _takes_no_width(character: str) -> bool:
    return character in "\u200c\u200d" or unicodedata.category(character) in ("Mn", "Me")


def excerpt(quote: "Quote") -> Excerpt:
    """Return a quote ready to be shown."""
    citation = quote.citation
    path, headings = one_line(citation.path), _headings(citation)
    return Excerpt(
        before=one_line(quote.before),
        quote=one_line(quote.text),
        after=one_line(quote.after),
        title=one_line(citation.title) or path,
        source=one_line(citation.source or ""),
        published=one_line(citation.published or ""),
        url=one_line(citation.url or ""),
        place=_place(citation, path, BETWEEN.join(headings)),
        brief=_place(citation, path.rpartition("/")[2], headings[-1] if headings else ""),
        citation=citation.id,
        confidence=quote.score,
        also=tuple(_also(other) for other in quote.also),
        more=quote.more,
    )


def _also(citation: "Citation") -> str:
    path = one_line(citation.path)
    title, source, published = (one_line(one or "") for one in (citation.title, citation.source, citation.published))
    named = ", ".join(filter(None, (title or path, source, published)))
    return f"{named} ({_place(citation, path, BETWEEN.join(_headings(citation)))}, {citation.id})"


def _place(citation: "Citation", path: str, headings: str) -> str:
    """Return where a person finds the quote: by line in a text, else by page, row, time or headings."""
    if citation.page is not None:
        steps = [path, f"page {citation.page}", headings]
    elif citation.time is not None:
        steps = [path, one_line(citation.time), headings]
    elif citation.row is not None:
        steps = [path, f"row {citation.row}", headings]
    elif path.lower().endswith(WITH_LINES):
        steps = [f"{path}:{citation.line}", headings]
    else:
        steps = [path, headings or f"paragraph {citation.paragraph}"]
    return ", ".join(filter(None, steps))


def _headings(citation: "Citation") -> list[str]:
    """Return the headings above a quote, without the document's title."""
    path = [one_line(heading) for heading in (citation.heading or "").split(BETWEEN) if heading]
    return path[1:] if path and path[0] == one_line(citation.title) else path
