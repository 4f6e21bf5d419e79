"""The records that travel through the library: frozen, and without behaviour worth a test of their own.

Offsets count characters (code points) of a document's text and are half-open; lines and paragraphs
count from 1. A higher score is better.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]
UInt64 = NDArray[np.uint64]


class Heading(NamedTuple):
    """A heading of a document: text[start:end], of a level from 1."""

    start: int
    end: int
    level: int


class Mark(NamedTuple):
    """From `offset` on, the text stands on page, row, time or line `at`; None is none of them."""

    offset: int
    at: int | str | None


class TableSpan(NamedTuple):
    """A table whose rows are quoted as they stand: its header is text[start:header_end], its last row ends at `end`."""

    start: int
    header_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read.

    `text` is the whole file decoded as UTF-8 with universal newlines; for formats other than .txt and .md it is the
    extracted text. `headings`, `marks` and `tables` are in the order of the text.
    """

    id: str  # path below the seeds folder, with "/"
    title: str
    source: str | None
    published: str | None  # YYYY, YYYY-MM or YYYY-MM-DD
    url: str | None
    text: str
    sha256: str  # of the file's bytes
    collection: str = ""  # the folder directly below the seeds folder, or what a footnote.toml names; "" for none
    headings: tuple[Heading, ...] = ()
    unit: Literal["", "page", "row", "time", "line"] = ""  # of the marks
    marks: tuple[Mark, ...] = ()
    tables: tuple[TableSpan, ...] = ()


DocumentState = Literal["unchanged", "changed", "vanished"]  # of a document's file since it was indexed


@dataclass(frozen=True, slots=True)
class FolderMetadata:
    """What the footnote.toml files of a folder and of those above it say about all documents in the folder."""

    title: str | None = None
    source: str | None = None
    published: str | None = None
    url: str | None = None
    language: str | None = None  # two letters; decides where sentences end
    collection: str | None = None


NO_METADATA = FolderMetadata()


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the seeds folder before it is read; `size` and `mtime_ns` show whether it may have changed."""

    id: str
    location: str  # its path as a string: building a Path for each of many files takes as long as listing them
    size: int  # bytes
    mtime_ns: int
    just_written: bool = False  # so shortly before the listing that another change may leave the same time
    metadata: FolderMetadata = NO_METADATA

    @property
    def path(self) -> Path:
        """Return the path of the file."""
        return Path(self.location)

    @property
    def suffix(self) -> str:
        """Return the lower-case extension, with its dot."""
        return os.path.splitext(self.location)[1].lower()  # noqa: PTH122 - a Path would be slow, see location


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that was not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text between blank lines or marks; only prose and rows hold candidate answers.

    A row, a record written out with its header or below one, is one sentence. A heading has a level from 1.
    """

    start: int
    end: int
    kind: Literal["prose", "row", "heading", "header", "aside"]
    level: int = 0


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document with its blocks in the order of the text; `language` overrides that of the settings."""

    document: Document
    blocks: tuple[Block, ...]
    language: str | None = None  # two letters


@dataclass(frozen=True, slots=True)
class Sentence:
    """A candidate answer: text[start:end] of a document."""

    document: int  # row of the document
    section: int  # counts headings, from 0
    paragraph: int
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring sentences that the model sees together, after their title and heading."""

    text: str
    first: int  # row of the first own sentence; own rows are consecutive
    spans: tuple[tuple[int, int], ...]  # where each own sentence stands in text


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the model makes of one text.

    `vector` is float32 (d,), unit length; `tokens` float32 (t, d), not normalised, without special
    tokens; `spans` int32 (t, 2), the characters of the text that each token covers.
    """

    vector: Float32
    tokens: Float32
    spans: Int32


class Encoder(Protocol):
    """Turns text into vectors. Production passes the ONNX one; tests pass one that can be explained."""

    @property
    def fingerprint(self) -> str:
        """Return a name for the exact weights and settings: same fingerprint, same vectors."""

    @property
    def dimension(self) -> int:
        """Return d."""

    @property
    def window_tokens(self) -> int:
        """Return how many tokens, special ones included, fit into one text."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens."""

    @property
    def similarity_range(self) -> tuple[float, float]:
        """Return the mean cosines of projected tokens with unrelated words and with the same word elsewhere."""

    def project(self, tokens: Float32) -> Float32:
        """Return token vectors (t, d) ready for token_quantizer.quantize: unit rows, float32 (t, k)."""

    def encode_question(self, question: str) -> Encoded:
        """Encode one question."""

    def encode_windows(self, texts: Sequence[str]) -> Iterable[Encoded]:
        """Encode texts as passages; item i belongs to texts[i]."""


class CrossEncoder(Protocol):
    """Reads a question and a passage together. Production passes the ONNX one; tests pass one that can be explained."""

    @property
    def fingerprint(self) -> str:
        """Return a name for the exact weights and settings: same fingerprint, same scores."""

    def scores(self, question: str, passages: Sequence[str]) -> Float32:
        """Return a score for each passage, float32 (len(passages),); only their order means something."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate row with its ranking score, its probability, and the features of both."""

    row: int
    score: float
    probability: float
    features: Float32


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands. `id` survives a rebuild as long as document and sentence do.

    `heading` holds the headings above it, outermost first; `time` is that of a recording, h:mm:ss. What a format
    does not say is None.
    """

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
    heading: str | None = None
    row: int | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A verified excerpt: `text` is the document's text[citation.start:citation.end].

    `before` and `after` are what it needs around it, mostly nothing. `also` cites the places that
    say the same in almost the same words, and `more` counts those that are not named there.
    """

    text: str
    before: str
    after: str
    score: float  # probability that it answers the question, 0 to 1
    citation: Citation
    also: tuple[Citation, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The quotes that answer a question, best first; none when nothing is good enough.

    `closest` holds the best passages of a non-answer; they are not answers. When `sources_differ`,
    the first two quotes give another date or number each, the newer source first. `others` holds the
    ids of citations of the passages that come next, best first.
    """

    question: str
    quotes: tuple[Quote, ...]
    closest: tuple[Quote, ...]
    confidence: float
    threshold: float
    generation: str
    sources_differ: bool = False
    others: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Return whether there is a quote."""
        return bool(self.quotes)
