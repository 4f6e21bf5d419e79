"""The objects of the JSON API, from which requests are checked and the OpenAPI document is made.

Answers are written by `bot.showing.answer_json`, as `ask --json` has them; here their form is declared. A field that
may be left out is UNSET by default.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from retrieval.text.cleaning import MAX_QUESTION_LENGTH

MAX_COLLECTIONS = 100
MAX_GIVEN = 20  # citations of the question before
MAX_LISTED = 500  # documents in one reply
DEFAULT_LISTED = 100

QuestionText = Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION_LENGTH, description="In your own words.")]
CitationId = Annotated[str, Meta(pattern="^[a-z2-7]{10}$", description="Stays the same when the index is rebuilt.")]
Probability = Annotated[float, Meta(ge=0, le=1)]
Offset = Annotated[int, Meta(ge=0, description="Counts characters; the end is the first one after.")]
BlockKind = Literal["prose", "item", "code", "row", "heading", "header", "aside"]


class PreviousQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The question before, so that a short follow-up is understood."""

    question: QuestionText
    quotes: Annotated[
        tuple[CitationId, ...], Meta(max_length=MAX_GIVEN, description="The ids of the citations that answered it.")
    ] = ()


class AskRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question."""

    question: QuestionText
    collections: Annotated[
        tuple[str, ...], Meta(max_length=MAX_COLLECTIONS, description="The only ones to search; none means all.")
    ] = ()
    previous: PreviousQuestion | None = None
    top: Annotated[int, Meta(ge=1, le=20, description="How many quotes at most.")] | None = None
    newest: Annotated[bool, Meta(description="Prefer the newer of two equally good quotes.")] = False
    closest: Annotated[bool, Meta(description="If there is no answer, add the closest passages.")] = False


class Citation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a quote stands; null is what the format of the document does not give."""

    id: CitationId
    document: str
    title: str
    source: str | None
    published: Annotated[str | None, Meta(description="YYYY, YYYY-MM or YYYY-MM-DD.")]
    url: str | None
    path: str
    line: int
    paragraph: int
    start: Offset
    end: Offset
    page: int | None
    heading: Annotated[str | None, Meta(description="The headings above it, outermost first.")]
    row: int | None
    time: Annotated[str | None, Meta(description="Of a recording, h:mm:ss.")]
    version: Annotated[str | None, Meta(description="Of what the document describes.")]


class PassagePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of the passage that is shown, word for word from the document."""

    text: str
    start: Offset
    end: Offset
    kind: BlockKind
    level: Annotated[int, Meta(description="Of a heading, else the number of lists around it.")] | UnsetType = UNSET
    number: Annotated[int, Meta(description="Of an item in its list, from 1.")] | UnsetType = UNSET
    language: Annotated[str, Meta(description="Of code.")] | UnsetType = UNSET
    after_gap: Annotated[bool, Meta(description="Something is left out before it.")] | UnsetType = UNSET
    items_after: Annotated[int, Meta(description="Items of its list that follow and are left out.")] | UnsetType = UNSET


class Quote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verified quote: the sentence, and the passage around it with everything that governs it."""

    text: str
    before: str
    after: str
    score: Probability
    citation: Citation
    passage: tuple[PassagePart, ...]
    also: Annotated[tuple[Citation, ...], Meta(description="Other places that say the same.")] | UnsetType = UNSET
    more: Annotated[int, Meta(description="How many places `also` leaves out.")] | UnsetType = UNSET


class QuestionPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of several questions in one, and which quotes answer it."""

    question: str
    answered: bool
    confidence: Probability
    quotes: tuple[CitationId, ...]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The object of `footnote ask --json`. Without an answer, `answered` is false and `quotes` is empty."""

    question: str
    answered: bool
    confidence: Probability
    threshold: Probability
    quotes: tuple[Quote, ...]
    generation: str
    elapsed_ms: float
    sources_differ: bool | UnsetType = UNSET
    versions: (
        Annotated[tuple[str, ...], Meta(description="Those that the question names; no other one was searched.")]
        | UnsetType
    ) = UNSET
    asked_as: Annotated[str, Meta(description="The question with its spelling mended.")] | UnsetType = UNSET
    glossary: Annotated[tuple[str, ...], Meta(description="The entries that decided.")] | UnsetType = UNSET
    parts: tuple[QuestionPart, ...] | UnsetType = UNSET
    closest: Annotated[tuple[Quote, ...], Meta(description="Passages that are not answers.")] | UnsetType = UNSET


class QuoteReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quote by its citation, and what became of its document since it was indexed."""

    quote: Quote
    in_use: Annotated[bool, Meta(description="Whether the index in use contains the quote; else an older one does.")]
    state: Literal["unchanged", "changed", "vanished"]


class SourceDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that can be quoted."""

    id: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    collection: str
    sentences: int
    version: str | None


class Sources(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Documents, newest first, and how many there are in each collection."""

    generation: str
    documents: tuple[SourceDocument, ...]
    total: Annotated[int, Meta(description="Of the documents that match, listed here or not.")]
    offset: int
    collections: dict[str, int]


class Health(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the service answers."""

    ok: bool
    generation: str
    longest_search_s: float


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a request got no answer."""

    code: str
    message: str


class ErrorReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every request gets that fails."""

    error: Problem
