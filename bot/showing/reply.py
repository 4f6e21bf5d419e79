"""Compose what is shown for an answer: pure, and the same for a terminal and a chat.

Nothing here comes from anywhere but the verified quote, its document's metadata and fixed wording.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.showing.safe_text import one_line

if TYPE_CHECKING:
    from retrieval.types import Answer, Citation, Quote

REFUSAL = "I don't know: nothing in the documents answers that."
DIFFER = "The sources differ; the newer one comes first."
CLOSEST = "The closest passages. None of them is an answer:"
BETWEEN = " › "  # the headings of a citation
WITH_LINES = (".md", ".txt", ".rst")  # files whose lines count as in an editor


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
