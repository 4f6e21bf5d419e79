"""Build an index from documents: split them into sentences, pack these into windows, encode and index them.

Whatever is unchanged since a previous index is copied from it. Publishing the index is left to `retrieval.store`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.index.dense import build_dense
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import Column, block_table, sentence_checksum, sentence_table
from retrieval.index.late_interaction import build_late
from retrieval.index.lexical import build_lexical
from retrieval.index.merge import Rows, merge
from retrieval.index.window_vectors import EncodeWindows, encode_here, window_keys
from retrieval.index.words import Words, change_words, count_words, pack_words
from retrieval.progress import Progress, ProgressEvent, Task, silent
from retrieval.text.answer_types import types_in, types_in_message
from retrieval.text.locations import readable_text_at
from retrieval.text.sections import heading_paths
from retrieval.text.sentences import split_sentences
from retrieval.text.windows import pack_windows, section_context
from retrieval.types import (
    Document,
    Encoder,
    Float32,
    Glossary,
    Int8,
    ReadDocument,
    Sentence,
    UInt8,
    UInt64,
    Window,
)

MAX_SPECIAL_TOKENS = 2  # that a tokenizer adds to a text


@dataclass(frozen=True, slots=True)
class UnchangedDocument:
    """A document that did not change since the previous index, by its row there."""

    row: int


@dataclass(frozen=True, slots=True)
class SplitCorpus:
    """The sentences and windows of a corpus; texts[i] and search_texts[i] belong to sentences[i].

    The lexical search looks at `search_texts`: the title and heading, then the sentence, in a table row together with
    its header. `overlong` counts the sentences that exceed the model's window, by document id, where there are any.
    """

    sentences: list[Sentence]
    texts: list[str]
    search_texts: list[str]
    windows: list[Window]
    overlong: dict[str, int]


@dataclass(frozen=True, slots=True)
class Built:
    """A new index, the corpus that was split for it, and how many windows had to be encoded."""

    index: EmbeddedIndex
    corpus: SplitCorpus
    encoded_windows: int


def build_index(
    reads: Sequence[ReadDocument | UnchangedDocument],
    encoder: Encoder,
    language: str,
    generation: str,
    *,
    glossary: Glossary = (),
    previous: EmbeddedIndex | None = None,
    progress: Progress = silent,
    encode: EncodeWindows = encode_here,
) -> Built:
    """Build the index of a generation.

    A window keeps its vectors if `previous` contains the same window of the same model. An unchanged document is copied
    from `previous`, which must have the same model, language and builder. Neither changes the resulting index.
    """
    corpus = split_corpus(reads, encoder, language, progress)
    keys = window_keys(corpus.windows, encoder.fingerprint)
    vectors, encoded_windows = _encode(corpus, keys, encoder, previous, progress, encode)
    new_rows = Rows(
        table=sentence_table(corpus.sentences, corpus.windows),
        blocks=block_table([(row, read.blocks) for row, read in enumerate(reads) if isinstance(read, ReadDocument)]),
        checksums=np.array([sentence_checksum(text) for text in corpus.texts], np.uint64),
        answer_types=_answer_types(reads, corpus),
        window_keys=keys,
        window_vectors=vectors.windows,
        vectors=vectors.sentences,
        lexical=build_lexical(corpus.search_texts, language),
        late=build_late(vectors.tokens),
    )
    documents = tuple(_document(read, previous) for read in reads)
    unchanged = [read.row if isinstance(read, UnchangedDocument) else None for read in reads]
    has_unchanged = any(row is not None for row in unchanged)
    rows = merge(previous, unchanged, new_rows) if previous is not None and has_unchanged else new_rows
    index = EmbeddedIndex(
        generation=generation,
        fingerprint=encoder.fingerprint,
        language=language,
        documents=documents,
        table=rows.table,
        blocks=rows.blocks,
        checksums=rows.checksums,
        answer_types=rows.answer_types,
        window_keys=rows.window_keys,
        window_vectors=rows.window_vectors,
        dense=build_dense(rows.vectors),
        lexical=rows.lexical,
        late=rows.late,
        glossary=glossary,
        words=_words(documents, unchanged, previous),
    )
    return Built(index, corpus, encoded_windows)


def _answer_types(reads: Sequence[ReadDocument | UnchangedDocument], corpus: SplitCorpus) -> UInt8:
    """Find the types of answers that each sentence contains, uint8 (n,)."""
    are_messages = [isinstance(read, ReadDocument) and read.document.unit == "message" for read in reads]
    types = [
        types_in_message(text) if are_messages[sentence.document] else types_in(text)
        for sentence, text in zip(corpus.sentences, corpus.texts, strict=True)
    ]
    return np.array(types, np.uint8)


def _document(read: ReadDocument | UnchangedDocument, previous: EmbeddedIndex | None) -> Document:
    if isinstance(read, ReadDocument):
        return read.document
    if previous is None:
        raise ValueError("an unchanged document needs a previous index")
    return previous.documents[read.row]


def split_corpus(
    reads: Sequence[ReadDocument | UnchangedDocument], encoder: Encoder, language: str, progress: Progress
) -> SplitCorpus:
    """Split all documents but the unchanged ones into sentences, and pack these into windows.

    Each window begins with the document's title and the section's heading.
    """
    corpus = SplitCorpus([], [], [], [], {})
    for row, read in enumerate(reads):
        progress(ProgressEvent(Task.SPLIT, row, len(reads)))
        if isinstance(read, UnchangedDocument):
            continue
        document, overlong = read.document, 0
        paths = heading_paths(document)
        for section, group in groupby(split_sentences(read, row, language), key=lambda sentence: sentence.section):
            sentences, context = list(group), section_context(document, paths[section])
            full_texts = [readable_text_at(document, sentence.start, sentence.end) for sentence in sentences]
            context_tokens, *counts = encoder.count_tokens([context, *full_texts])
            room = max(encoder.window_tokens - MAX_SPECIAL_TOKENS - context_tokens, 1)
            overlong += sum(count > room for count in counts)
            corpus.windows.extend(pack_windows(context, full_texts, sentences, counts, room, len(corpus.sentences)))
            corpus.sentences.extend(sentences)
            corpus.texts.extend(document.text[sentence.start : sentence.end] for sentence in sentences)
            corpus.search_texts.extend(context + text for text in full_texts)
        if overlong:
            corpus.overlong[document.id] = overlong
    progress(ProgressEvent(Task.SPLIT, len(reads), len(reads)))
    return corpus


def _words(documents: Sequence[Document], unchanged: Sequence[int | None], previous: EmbeddedIndex | None) -> Words:
    """Collect the words of all documents; document i is document unchanged[i] of `previous`, or a new one if None."""
    kept = {row for row in unchanged if row is not None}
    if previous is None or previous.words is None or not kept:
        return pack_words(count_words(documents))
    removed = (document for row, document in enumerate(previous.documents) if row not in kept)
    added = (document for document, row in zip(documents, unchanged, strict=True) if row is None)
    return change_words(previous.words, removed, added)


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The vectors of n sentences, float32 (n, d), their quantized token vectors, and w windows', int8 (w, d)."""

    sentences: Float32
    tokens: list[UInt8]
    windows: Int8


def _encode(
    corpus: SplitCorpus,
    keys: UInt64,
    encoder: Encoder,
    previous: EmbeddedIndex | None,
    progress: Progress,
    encode: EncodeWindows,
) -> tuple[_Vectors, int]:
    """Encode every sentence; return the vectors, and how many windows had to be encoded.

    Windows from the previous index are not encoded again, and equal windows are encoded once.
    """
    vectors = _Vectors(
        np.zeros((len(corpus.sentences), encoder.dimension), np.float32),
        [np.empty((0, 1), np.uint8)] * len(corpus.sentences),
        np.zeros((len(corpus.windows), encoder.dimension), np.int8),
    )
    equal_windows: dict[tuple[object, ...], list[int]] = {}
    for number in _copy_known_windows(corpus, keys, encoder.fingerprint, previous, vectors):
        window = corpus.windows[number]
        equal_windows.setdefault((window.text, window.spans), []).append(number)
    groups = list(equal_windows.values())
    missing = set(range(len(groups)))
    for done, (chosen, encoded) in enumerate(encode(encoder, [corpus.windows[group[0]] for group in groups])):
        progress(ProgressEvent(Task.ENCODE, done, len(groups)))
        vectors.windows[groups[chosen]] = encoded.window
        for number in groups[chosen]:
            rows = slice(corpus.windows[number].first, corpus.windows[number].first + len(encoded.tokens))
            vectors.sentences[rows], vectors.tokens[rows] = encoded.sentences, encoded.tokens
        missing.discard(chosen)
    if missing:
        raise RuntimeError(f"{len(missing)} windows were not encoded")
    progress(ProgressEvent(Task.ENCODE, len(groups), len(groups)))
    return vectors, len(groups)


def _copy_known_windows(
    corpus: SplitCorpus, keys: UInt64, fingerprint: str, previous: EmbeddedIndex | None, vectors: _Vectors
) -> list[int]:
    """Copy the vectors of the windows that the previous index contains undamaged; return the numbers of the others."""
    if previous is None or previous.fingerprint != fingerprint:
        return list(range(len(corpus.windows)))
    first_rows = np.searchsorted(
        previous.table[:, Column.WINDOW], np.arange(len(previous.window_keys) + 1, dtype=np.int32)
    )
    known_windows = {key.tobytes(): number for number, key in enumerate(previous.window_keys)}
    missing = []
    for number, (window, key) in enumerate(zip(corpus.windows, keys, strict=True)):
        known = known_windows.get(key.tobytes())
        if known is None:
            missing.append(number)
            continue
        old_rows = np.arange(first_rows[known], first_rows[known + 1], dtype=np.int64)
        new_rows = slice(window.first, window.first + len(window.spans))
        try:
            vectors.tokens[new_rows] = [previous.late.row(row) for row in old_rows.tolist()]
        except DamagedIndexError:
            missing.append(number)
            continue
        vectors.windows[number] = previous.window_vectors[known]
        vectors.sentences[new_rows] = previous.dense.rows(old_rows)
    return missing
