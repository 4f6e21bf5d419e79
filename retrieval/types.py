"""Frozen records that every room shares, and the protocols of the models.

Spans are half-open and count characters (code points) of a document's text. Lines and paragraphs count from 1. Higher
scores are better. In shapes, n counts sentences, d dimensions of a vector, t tokens.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.folder_metadata import NO_METADATA, FolderMetadata

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Int8 = NDArray[np.int8]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]
UInt64 = NDArray[np.uint64]
Glossary = tuple[tuple[str, ...], ...]  # groups of forms that mean the same: ("D2B", "Driver to Buy")


class Heading(NamedTuple):
    """A heading of a document: text[start:end], of a level from 1; without text, it ends those from its level on."""

    start: int
    end: int
    level: int


class Mark(NamedTuple):
    """From `offset` on, the text is on page, row, time or line `at`; None is unknown.

    In a chat, `at` counts the messages from the one that this one replies to; None is no reply, as far as known.
    """

    offset: int
    at: int | str | None


class TableSpan(NamedTuple):
    """A table whose rows are quoted as written: its header is text[start:header_end], its last row ends at `end`.

    Without a header, `header_end` is `start`. A fact, whose first cell names the others, is a table of its own, with
    this cell as header. `groups` are spans of cells: of those that name the table, before its header, and of those that
    name the rows below them; of the latter, a row belongs to the last ones before it. A message of a chat is a fact,
    too: its author and time are the header, and its pieces the rows.
    """

    start: int
    header_end: int
    end: int
    groups: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read.

    `text` is the decoded file with universal newlines; of Markdown, what its readers see, with a `source_map` to the
    file; of other formats, the extracted text. `headings`, `marks` and `tables` are in the order of the text.
    """

    id: str  # path below the seeds folder, with "/"
    title: str
    source: str | None
    published: str | None  # YYYY, YYYY-MM or YYYY-MM-DD
    url: str | None  # "{line}" in it stands for the line of a quote
    text: str
    sha256: str  # of the file's bytes
    collection: str = ""  # the folder directly below the seeds folder, or what a footnote.toml names; "" for none
    headings: tuple[Heading, ...] = ()
    unit: Literal["", "page", "row", "time", "line", "message"] = ""  # of the marks; "message": a chat
    marks: tuple[Mark, ...] = ()
    tables: tuple[TableSpan, ...] = ()
    includes: tuple[tuple[str, str], ...] = ()  # files put into the text, and the SHA-256 of each
    source_map: str = ""  # as retrieval.text.source_map.pack_pairs writes it; "" if the text is the file
    version: str = ""  # of what it describes
    page: str = ""  # the same for the same page of other versions; "" without a version


KEPT_PREFIX = "answers/"  # of the ids of answers and messages that moderators keep
DocumentState = Literal["unchanged", "changed", "vanished"]  # of a document's file since it was indexed


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the seeds folder before it is read; size and both times show whether it may have changed."""

    id: str
    location: str  # its path as a string: building a Path for each of many files takes as long as listing them
    size: int  # bytes
    mtime_ns: int
    ctime_ns: int  # of the last change of content or name, which tools that set mtime cannot set
    just_written: bool = False  # so shortly before the listing that another change may leave the same time
    metadata: FolderMetadata = NO_METADATA
    address: str | None = None  # where it was fetched, which counts more than a url inside the file

    @property
    def path(self) -> Path:
        """Return the path of the file."""
        return Path(self.location)

    @property
    def suffix(self) -> str:
        """Return the lower-case extension, with its dot; that of a text for a file without one, such as README."""
        return os.path.splitext(self.location)[1].lower() or ".txt"  # noqa: PTH122 - a Path would be slow, see location


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that is not a document, and the reason, in one line for people.

    Two of them may pass without a change of the file: a missing library, named here, and that it could not be opened.
    """

    path: str
    reason: str
    missing_library: str = ""
    unreadable: bool = False


BlockKind = Literal["prose", "item", "code", "row", "heading", "header", "aside"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, block of code, table row, heading or aside of a document: text[start:end].

    Prose, items, code and rows can be quoted. A row is one sentence, whether it repeats the names of its columns or is
    below a header. An item is the first paragraph of an item of a list; `number` is its place in an ordered list, from
    1, and 0 for anything else. `level` counts from 1 for a heading, and else the lists around the block: an item of a
    list inside another one has 2, and so has a paragraph or code below it that still belongs to it.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0
    number: int = 0
    language: str = ""  # of code, if known


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document with its blocks in the order of the text; `language` overrides that of the settings."""

    document: Document
    blocks: tuple[Block, ...]
    language: str | None = None  # two letters
    unread: str = ""  # names what of the file could not be read, such as "page 3", in words for people
    more: tuple["ReadDocument", ...] = ()  # further documents of the same file, an archive


@dataclass(frozen=True, slots=True)
class Sentence:
    """A candidate answer: text[start:end] of a document."""

    document: int  # row of the document
    section: int  # the number of headings before it
    paragraph: int
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring sentences that the model sees together, after their title and heading."""

    text: str
    first: int  # row of the first own sentence; own rows are consecutive
    spans: tuple[tuple[int, int], ...]  # of each own sentence in text


@dataclass(frozen=True, slots=True)
class Encoded:
    """The vectors of one text.

    `vector` is float32 (d,) of unit length; `tokens` float32 (t, d), not normalised, without special tokens; `spans`
    int32 (t, 2), the characters of the text that each token covers.
    """

    vector: Float32
    tokens: Float32
    spans: Int32


class Encoder(Protocol):
    """Turns texts into vectors. Production uses an ONNX model, tests a few lines that one can work out."""

    @property
    def fingerprint(self) -> str:
        """Identify the exact weights and settings: same fingerprint, same vectors."""

    @property
    def dimension(self) -> int:
        """Return d."""

    @property
    def window_tokens(self) -> int:
        """Return the maximum number of tokens in one text, including special tokens."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens."""

    @property
    def similarity_range(self) -> tuple[float, float]:
        """Return the mean cosine of two projected tokens of unrelated words, and of one word in two places."""

    def project(self, tokens: Float32) -> Float32:
        """Project token vectors (t, d) to unit rows for token_quantizer.quantize, float32 (t, k)."""

    def encode_question(self, question: str) -> Encoded:
        """Encode one question."""

    def encode_windows(self, texts: Sequence[str]) -> Iterable[Encoded]:
        """Encode texts as passages; item i belongs to texts[i]."""


class CrossEncoder(Protocol):
    """Scores passages against a question. Production uses an ONNX model, tests a few lines that one can work out."""

    @property
    def fingerprint(self) -> str:
        """Identify the exact weights and settings: same fingerprint, same scores."""

    def scores(self, question: str, passages: Sequence[str]) -> Float32:
        """Score each passage, float32 (len(passages),); only the order of the scores has a meaning."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate row with its ranking score, its probability of answering, and the features of both.

    `beside` is a row whose passage is shown with that of this one, or None.
    """

    row: int
    score: float
    probability: float
    features: Float32
    beside: int | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """The place of a quote, None where the format gives none. `id` survives a rebuild as document and sentence do."""

    id: str
    document: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    path: str
    line: int
    paragraph: int
    start: int
    end: int
    page: int | None = None
    heading: str | None = None  # the headings above it, outermost first
    row: int | None = None
    time: str | None = None  # of a recording, h:mm:ss
    source_span: tuple[int, int] | None = None  # of the quote in its file, if it is not text[start:end]
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PassagePart:
    """A piece of a passage: `text` is the document's text[start:end], all of one block.

    `level` is that of a heading, else the number of lists around the block; `number` the place of an item in its
    ordered list, from 1, and 0 for anything else; `language` that of code, "" if unknown. Between the part before
    and one `after_gap` something of the document is left out. `items_after` counts the items that follow the last part
    in its list and are left out, if several items of the list are shown.
    """

    start: int
    end: int
    text: str
    kind: BlockKind
    level: int = 0
    number: int = 0
    language: str = ""
    after_gap: bool = False
    items_after: int = 0
    source_span: tuple[int, int] | None = None  # of the part in its file, if it is not text[start:end]


@dataclass(frozen=True, slots=True)
class Quote:
    """A verified excerpt: `text` is the document's text[citation.start:citation.end].

    `passage` is what is shown: the parts of the document, in its order, that make the sentence an answer, the sentence
    among them. `before` and `after` are its text around the sentence, mostly "". `also` cites other sentences that say
    the same in almost the same words, and `more` counts those that it leaves out.
    """

    text: str
    before: str
    after: str
    score: float  # probability that it answers the question, 0 to 1
    citation: Citation
    also: tuple[Citation, ...] = ()
    more: int = 0
    passage: tuple[PassagePart, ...] = ()
    has_more: bool = True  # whether the surroundings show something that the passage leaves out


@dataclass(frozen=True, slots=True)
class Answer:
    """The quotes that answer a question, best first; none if no passage is good enough.

    If nothing answers, `closest` holds the best passages, which are not answers. If `sources_differ`, the first two
    quotes give different dates or numbers, the newer source first. `others` holds the citation ids of the next
    passages, best first. If the question consists of several, `parts` are their answers, in order, and `quotes` are
    those of all, each passage once. `glossary` has the entries of the glossary that decided ("D2B = Driver to Buy"),
    `asked_as` the question with its spelling mended or the error pasted into it, "" if neither. `versions` are
    those that the question names; only their documents were searched.
    """

    question: str
    quotes: tuple[Quote, ...]
    closest: tuple[Quote, ...]
    confidence: float
    threshold: float
    generation: str
    sources_differ: bool = False
    others: tuple[str, ...] = ()
    parts: tuple["Answer", ...] = ()
    glossary: tuple[str, ...] = ()
    asked_as: str = ""
    versions: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Tell whether there is a quote."""
        return bool(self.quotes)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Return the parts of an answered question that have no answer themselves, in their own words."""
        return tuple(part.question for part in self.parts if not part.answered)
