"""Compose what is shown for an answer: pure, and the same for a terminal and a chat.

Nothing here comes from anywhere but the verified quote, its document's metadata and fixed wording.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.records import Answer, Citation, Quote

REFUSAL = "I don't know: nothing in the documents answers that."
DIFFER = "The sources differ; the newer one comes first."
CLOSEST = "The closest passages. None of them is an answer:"
# Control, bidirectional and invisible characters could hide or reorder what a reader sees. Joiners
# (U+200C, U+200D) stay: emoji, Persian and Indic text need them.
UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote ready to be shown: everything on one line each and safe to print."""

    before: str
    quote: str
    after: str
    title: str
    source: str  # source and date, "" when neither is known
    url: str
    place: str  # file:line
    citation: str
    confidence: float
    also: tuple[str, ...]  # where the same is said: title, source, file:line and citation


@dataclass(frozen=True, slots=True)
class Reply:
    """What is shown for an answer: a message, excerpts, or both."""

    message: str
    excerpts: tuple[Excerpt, ...]


def compose(answer: "Answer", *, show_closest: bool = False) -> Reply:
    """Return the reply to an answer; a refusal shows passages only when they are asked for."""
    if answer.answered:
        return Reply(DIFFER if answer.sources_differ else "", tuple(_excerpt(quote) for quote in answer.quotes))
    if show_closest and answer.closest:
        return Reply(f"{REFUSAL}\n{CLOSEST}", tuple(_excerpt(quote) for quote in answer.closest))
    return Reply(REFUSAL, ())


def one_line(text: str) -> str:
    """Return text on one line, with every character that could mislead a reader replaced."""
    return UNSAFE.sub("\ufffd", " ".join(text.split()))


def _excerpt(quote: "Quote") -> Excerpt:
    citation = quote.citation
    return Excerpt(
        before=one_line(quote.before),
        quote=one_line(quote.text),
        after=one_line(quote.after),
        title=one_line(citation.title),
        source=_source(citation),
        url=one_line(citation.url or ""),
        place=_place(citation),
        citation=citation.id,
        confidence=quote.score,
        also=tuple(_also(other) for other in quote.also),
    )


def _also(citation: "Citation") -> str:
    named = ", ".join(filter(None, (one_line(citation.title), _source(citation))))
    return f"{named} ({_place(citation)}, {citation.id})"


def _source(citation: "Citation") -> str:
    return one_line(", ".join(filter(None, (citation.source, citation.published))))


def _place(citation: "Citation") -> str:
    return f"{one_line(citation.path)}:{citation.line}"
