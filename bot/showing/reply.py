"""Compose what people see of an answer: the same for the terminal and for Discord, without any input or output.

Answers come in, replies go out. Every word of a reply comes from the verified passage, from the metadata of its
document or from the fixed texts below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.showing import languages
from bot.showing.kept_sources import is_kept, translate_source
from bot.showing.languages import Message
from bot.showing.pieces import Piece, compose_pieces
from bot.showing.safe_text import one_line
from bot.showing.wording import source_text, versions_text
from retrieval.text.file_suffixes import is_plain

if TYPE_CHECKING:
    from retrieval.types import Answer, Citation, Quote

REFUSAL = Message("I don't know: nothing in the documents answers that.")
NEWER_FIRST = Message("The sources differ; the newer one comes first.")
NEWER_SECOND = Message("The sources differ; the newer one comes second.")  # it holds for a short time only
SOURCES_DIFFER = Message("The sources differ, and their dates do not say which one is newer.")
SURENESS = (  # from which probability on, falling
    (0.9, Message("sure")),
    (0.75, Message("quite sure")),
    (0.0, Message("less sure")),
)
MAX_CONFIDENCE = 0.99  # nothing that is estimated is certain
CONFIDENCE = Message("{percent} sure")
PAGE, ROW, PARAGRAPH = Message("page {number}"), Message("row {number}"), Message("paragraph {number}")
IN_VERSIONS = Message("In {versions}")
ASKED_AS = Message("Asked as: {question}")  # with its spelling mended
UNANSWERED_PART = Message("No answer found to: {question}")
CLOSEST = Message("The closest passages. None of them is an answer:")
HEADING_SEPARATOR = " › "  # in the heading of a citation
SITE_FOLDERS = ("src/content/docs/", "src/content/", "docs/")  # of site generators; not shown
ARCHIVE = ".zip/"  # in the path of a document whose lines are not those of its file
RST_SUFFIX = ".rst"  # of files that people open in an editor, too, which shows line numbers


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote ready to show: `passage`, and texts on one line that are safe to print, and empty if unknown."""

    passage: tuple[Piece, ...]
    title: str
    source: str
    published: str
    url: str
    place: str  # the path with the line, page, row or time, then all headings above the quote
    short_place: str  # the file name with the same, then the last heading only
    citation_id: str
    confidence: float
    also: tuple[str, ...]  # other places that say the same: title, source, date, place and citation id
    more: int = 0  # how many such places `also` leaves out
    has_more: bool = True  # whether more of the document can be shown around it
    spot: str = ""  # where in the document, for people: the page, time or row, or else the last heading above the quote


@dataclass(frozen=True, slots=True)
class Reply:
    """A message, excerpts, or both; `unanswered` are parts of the question without an answer, each on one line.

    `notes` say in one line each how the question was understood.
    """

    message: str
    excerpts: tuple[Excerpt, ...]
    unanswered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compose(answer: "Answer", *, show_closest: bool = False) -> Reply:
    """Compose the reply to an answer; a refusal has passages only with `show_closest`."""
    notes = _notes(answer)
    if answer.answered:
        excerpts = tuple(compose_excerpt(quote) for quote in answer.quotes)
        return Reply(_differences(answer), excerpts, tuple(map(one_line, answer.unanswered)), notes)
    if show_closest and answer.closest:
        return Reply(f"{REFUSAL()}\n{CLOSEST()}", tuple(map(compose_excerpt, answer.closest)), (), notes)
    return Reply(REFUSAL(), (), (), notes)


def _notes(answer: "Answer") -> tuple[str, ...]:
    """Say how the question was understood: for which versions, with which spelling and entries of the glossary."""
    is_of_versions = answer.versions and all(quote.citation.version for quote in answer.quotes)
    versions = [IN_VERSIONS(versions=versions_text(answer.versions))] if is_of_versions else []
    spelling = [ASKED_AS(question=one_line(answer.asked_as))] if answer.asked_as else []
    return (*versions, *spelling, *(one_line(entry) for entry in answer.glossary))


def _differences(answer: "Answer") -> str:
    """Compose the message above an answer whose sources differ, or whose first part with such sources does."""
    differing = next((part for part in answer.parts or (answer,) if part.sources_differ), None)
    return compose_difference([compose_excerpt(quote) for quote in differing.quotes]) if differing else ""


def compose_difference(excerpts: Sequence[Excerpt]) -> str:
    """Compose the message above two excerpts that disagree, by what their dates of publication tell."""
    first, second = excerpts[0].published, excerpts[1].published
    known = min(len(first), len(second))  # "2023" and "2023-05" may be the same month
    if first[:known] == second[:known]:
        return SOURCES_DIFFER()
    return NEWER_FIRST() if first[:known] > second[:known] else NEWER_SECOND()


def format_confidence(probability: float) -> str:
    """Format a probability for people, never as certainty: "73% sure"."""
    return CONFIDENCE(percent=languages.percent(min(probability, MAX_CONFIDENCE)))


def format_sureness(probability: float) -> str:
    """Format a probability in a word: "sure", "quite sure" or "less sure"."""
    return next(word for least, word in SURENESS if probability >= least)()


def compose_excerpt(quote: "Quote") -> Excerpt:
    """Compose the excerpt that shows a quote."""
    citation = quote.citation
    path, headings, passage = _short_path(citation.path), _headings(citation), compose_pieces(quote)
    if is_kept(citation.source or "", citation.path):  # its headings are wordings of the question, one inside another
        headings, passage = [], tuple(piece for piece in passage if piece.kind != "heading" or piece.is_marked)
    return Excerpt(
        passage=passage,
        title=one_line(citation.title) or path,
        source=translate_source(source_text(citation.source, citation.version), citation.path),
        published=one_line(citation.published or ""),
        url=one_line(citation.url or ""),
        place=_place(citation, path, HEADING_SEPARATOR.join(headings)),
        short_place=_place(citation, path.rpartition("/")[2], headings[-1] if headings else ""),
        citation_id=citation.id,
        confidence=quote.score,
        also=tuple(_mention(other) for other in quote.also),
        more=quote.more,
        has_more=quote.has_more,
        spot=_spot(citation, headings),
    )


def _mention(citation: "Citation") -> str:
    """Format a citation in one line: title, source and date, then place and id in parentheses."""
    path = _short_path(citation.path)
    title, published = one_line(citation.title), one_line(citation.published or "")
    source = translate_source(source_text(citation.source, citation.version), citation.path)
    origin = ", ".join(filter(None, (title or path, source, published)))
    return f"{origin} ({_place(citation, path, HEADING_SEPARATOR.join(_headings(citation)))}, {citation.id})"


def _short_path(path: str) -> str:
    """Return a path without the folder that all pages of a site stand in."""
    line = one_line(path)
    return next((line.removeprefix(prefix) for prefix in SITE_FOLDERS if line.startswith(prefix)), line)


def _place(citation: "Citation", path: str, headings: str) -> str:
    """Format where a quote is in its file: by page, time, row or line, else by headings or paragraph."""
    if citation.page is not None:
        parts = [path, PAGE(number=str(citation.page)), headings]
    elif citation.time is not None:
        parts = [path, one_line(citation.time), headings]
    elif citation.row is not None:
        parts = [path, ROW(number=str(citation.row)), headings]
    elif (is_plain(path) or path.lower().endswith(RST_SUFFIX)) and ARCHIVE not in path.lower():
        parts = [f"{path}:{citation.line}", headings]
    else:
        parts = [path, headings or PARAGRAPH(number=str(citation.paragraph))]
    return ", ".join(filter(None, parts))


def _spot(citation: "Citation", headings: Sequence[str]) -> str:
    """Format where in its document a quote is, "" if nothing tells."""
    if citation.page is not None:
        return PAGE(number=str(citation.page))
    if citation.time is not None:
        return one_line(citation.time)
    if headings:
        return headings[-1]
    return "" if citation.row is None else ROW(number=str(citation.row))


def _headings(citation: "Citation") -> list[str]:
    """Return the headings above a quote, outermost first, without one that repeats the document's title."""
    headings = [heading for heading in (citation.heading or "").split(HEADING_SEPARATOR) if heading]
    repeats_title = bool(headings) and one_line(headings[0]) == one_line(citation.title)
    return [one_line(heading) for heading in headings[repeats_title:]]
