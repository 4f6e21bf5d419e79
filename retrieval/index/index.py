"""The index in memory: documents and their sentences. Row i is the same sentence in every part of it.

The three searches are left to an engine (see `search_engine`), files to `retrieval.store`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.index.search_engine import DenseSearch, LexicalSearch, TokenVectors
from retrieval.index.words import Words
from retrieval.text.code_languages import CODE_LANGUAGES
from retrieval.types import (
    Block,
    BlockKind,
    Document,
    Float32,
    Glossary,
    Int8,
    Int32,
    Int64,
    Sentence,
    UInt8,
    UInt64,
    Window,
)

BLOCK_KINDS: tuple[BlockKind, ...] = ("aside", "prose", "item", "code", "row", "heading", "header")


class Column(IntEnum):
    """The columns of the sentence table; those before WINDOW are the fields of Sentence, in the same order."""

    DOCUMENT = 0
    SECTION = 1
    PARAGRAPH = 2
    LINE = 3
    START = 4
    END = 5
    WINDOW = 6


class BlockColumn(IntEnum):
    """The columns of the block table: KIND is a position in BLOCK_KINDS, DETAIL an item's number or a code's language.

    Languages are positions in CODE_LANGUAGES.
    """

    DOCUMENT = 0
    START = 1
    END = 2
    KIND = 3
    LEVEL = 4
    DETAIL = 5


@dataclass(frozen=True, slots=True)
class Index:
    """Documents, their n sentences, and the three searches over them; immutable, so that threads can share it.

    `table` is the sentence table, int32 (n, len(Column)); the rows of a window are consecutive. `blocks` is the block
    table, int32 (b, len(BlockColumn)): every block of every document, in order. `checksums`, uint64
    (n,), holds the sentence_checksum of each sentence's text, and `answer_types`, uint8 (n,), its types_in.
    `window_keys`, uint64 (w, 2), identifies what each window contained when it was encoded, and `window_vectors`, int8
    (w, d), are the quantized vectors of the windows as wholes. `glossary` has the words that mean the same,
    and `words` those of the documents; None in indexes of before they were kept.
    """

    generation: str
    fingerprint: str
    language: str
    documents: Sequence[Document]
    table: Int32
    blocks: Int32
    checksums: UInt64
    answer_types: UInt8
    window_keys: UInt64
    window_vectors: Int8
    dense: DenseSearch
    lexical: LexicalSearch
    late: TokenVectors
    glossary: Glossary = ()
    words: Words | None = None
    have_versions: bool = True  # False if it is known that no document has a version
    hold: object | None = None  # keeps the files from being deleted for as long as this index is in use

    def __post_init__(self) -> None:
        n = len(self.table)
        counts = {
            "sentences": n,
            "checks": len(self.checksums),
            "kinds": len(self.answer_types),
            "vectors": self.dense.count,
            "terms": self.lexical.count,
            "tokens": self.late.count,
        }
        if len(set(counts.values())) > 1 or self.table.shape != (n, len(Column)):
            raise DamagedIndexError(f"the parts of {self.generation} have different numbers of rows: {counts}")
        shapes = (self.blocks.shape, self.window_vectors.shape)
        if shapes != ((len(self.blocks), len(BlockColumn)), (len(self.window_keys), self.dense.dimension)):
            raise DamagedIndexError(f"the blocks or windows of {self.generation} have other shapes: {shapes}")
        for numbers, size in (
            (self.table[:, Column.DOCUMENT], len(self.documents)),
            (self.table[:, Column.WINDOW], len(self.window_keys)),
            (self.blocks[:, BlockColumn.DOCUMENT], len(self.documents)),
            (self.blocks[:, BlockColumn.KIND], len(BLOCK_KINDS)),
        ):
            if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < size:
                raise DamagedIndexError(f"{self.generation} refers to documents or windows that it does not contain")

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.table)

    def sentence(self, row: int) -> Sentence:
        """Return the sentence of a row."""
        return Sentence(*self.table[row, : Column.WINDOW].tolist())

    def text(self, row: int) -> str:
        """Return the text of a row's sentence. Raises DamagedIndexError if it is not the text that was indexed."""
        sentence = self.sentence(row)
        text = self.documents[sentence.document].text[sentence.start : sentence.end]
        if not text or sentence_checksum(text) != int(self.checksums[row]):
            raise DamagedIndexError(
                f"sentence {row} of {self.generation} is not in its document; run: footnote rebuild"
            )
        return text

    def window_cosines(self, vector: Float32, rows: Int64) -> Float32:
        """Compute the cosine of a question's unit vector, float32 (d,), with the window of each row, float32 (n,)."""
        windows, places = np.unique(self.table[rows, Column.WINDOW], return_inverse=True)
        vectors = self.window_vectors[windows].astype(np.float32)
        lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)
        cosines: Float32 = ((vectors @ vector) / lengths).astype(np.float32)
        return cosines[places]

    def block_range(self, document: int) -> tuple[int, int]:
        """Return the half-open range of a document's blocks; a sentence is in block start + sentence.paragraph - 1."""
        documents = self.blocks[:, BlockColumn.DOCUMENT]
        first, end = np.searchsorted(documents, np.array([document, document + 1], np.int32))
        return int(first), int(end)

    def block(self, number: int) -> Block:
        """Return a block by its row in the block table."""
        _, start, end, kind_number, level, detail = self.blocks[number].tolist()
        kind = BLOCK_KINDS[kind_number]
        if kind == "code":
            return Block(start, end, kind, level, language=CODE_LANGUAGES[detail])
        return Block(start, end, kind, level, detail)

    def document_range(self, document: int) -> tuple[int, int]:
        """Return the half-open range of the rows of a document."""
        # searchsorted would copy the whole column if the type differed.
        first, end = np.searchsorted(self.table[:, Column.DOCUMENT], np.array([document, document + 1], np.int32))
        return int(first), int(end)

    def document_rows(self, document: int) -> Int64:
        """Return the rows of the sentences of a document, ascending."""
        return np.arange(*self.document_range(document), dtype=np.int64)

    def repeats_before(self, row: int) -> int:
        """Count the sentences with the same text before a row in its document."""
        first, _ = self.document_range(int(self.table[row, Column.DOCUMENT]))
        return int(np.count_nonzero(self.checksums[first:row] == self.checksums[row]))

    def window_rows(self, row: int) -> tuple[int, int]:
        """Return the half-open range of rows in a row's window."""
        windows = self.table[:, Column.WINDOW]
        window = windows[row]
        return int(np.searchsorted(windows, window, "left")), int(np.searchsorted(windows, window, "right"))


def sentence_checksum(text: str) -> int:
    """Compute the 64-bit checksum of a sentence's text: its BLAKE2b hash with a digest of eight bytes."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def sentence_table(sentences: Sequence[Sentence], windows: Sequence[Window]) -> Int32:
    """Build the sentence table, int32 (n, len(Column)); row i is sentences[i], and windows are numbered from 0."""
    table = np.zeros((len(sentences), len(Column)), np.int32)
    for row, sentence in enumerate(sentences):
        table[row, : Column.WINDOW] = (
            sentence.document, sentence.section, sentence.paragraph, sentence.line, sentence.start, sentence.end
        )  # fmt: skip
    for number, window in enumerate(windows):
        table[window.first : window.first + len(window.spans), Column.WINDOW] = number
    return table


def quantize_vectors(vectors: Float32) -> Int8:
    """Quantize vectors to int8 by the largest component of each, (n, d); their directions remain within one degree."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0.0), 1e-9)
    quantized: Int8 = np.rint(vectors * (np.iinfo(np.int8).max / largest)).astype(np.int8)
    return quantized


def block_table(blocks: Sequence[tuple[int, Sequence[Block]]]) -> Int32:
    """Build the block table, int32 (b, len(BlockColumn)), from pairs of a document's row and its blocks, in order."""
    rows = [
        (
            document, block.start, block.end, BLOCK_KINDS.index(block.kind), block.level,
            CODE_LANGUAGES.index(block.language) if block.kind == "code" else block.number,
        )
        for document, document_blocks in blocks
        for block in document_blocks
    ]  # fmt: skip
    return np.array(rows, np.int32).reshape(-1, len(BlockColumn))
