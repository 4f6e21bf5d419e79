"""Documents in, index out: split, pack into windows, encode, index."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from threadpoolctl import threadpool_limits

from retrieval.encoding.token_quantizer import quantize
from retrieval.errors import DamagedIndexError
from retrieval.index.dense import build_dense
from retrieval.index.index import Column, Index, sentence_checksum, sentence_table
from retrieval.index.late_interaction import build_late
from retrieval.index.lexical import build_lexical
from retrieval.index.merge import Rows, merge
from retrieval.progress import Progress, ProgressEvent, Task, silent
from retrieval.text.answer_types import held_kinds
from retrieval.text.locations import read_at
from retrieval.text.sections import section_headings
from retrieval.text.sentences import split
from retrieval.text.windows import pack, section_context
from retrieval.types import Document, Encoded, Encoder, Float32, ReadDocument, Sentence, UInt8, UInt64, Window

SPECIAL_TOKENS = 2  # at most these are added to a text by the models in use


@dataclass(frozen=True, slots=True)
class UnchangedDocument:
    """A document that is as it was in the previous index: its row there."""

    row: int


@dataclass(frozen=True, slots=True)
class SplitCorpus:
    """The sentences and windows of a corpus; row i is sentences[i], its text, and what is searched for it.

    That is the title and heading, and the text; of a row of a table below a header the two written out together.
    """

    sentences: list[Sentence]
    texts: list[str]
    search_texts: list[str]
    windows: list[Window]
    overlong: dict[str, int]  # sentences longer than the model's window, by document, where there are any


@dataclass(frozen=True, slots=True)
class Built:
    """An index, what was split for it, and how many windows were encoded for it."""

    index: Index
    corpus: SplitCorpus
    encoded_windows: int


def build_index(
    reads: Sequence[ReadDocument | UnchangedDocument],
    encoder: Encoder,
    language: str,
    generation: str,
    *,
    previous: Index | None = None,
    progress: Progress = silent,
) -> Built:
    """Build the index of documents.

    A window that `previous` holds with the same text and model keeps its vectors. A kept document, which needs a
    `previous` of the same model, language and builder, is taken over as it is; the result is the same.
    """
    corpus = split_corpus(reads, encoder, language, progress)
    keys = window_keys(corpus.windows, encoder.fingerprint)
    vectors, encoded = _encode(corpus, keys, encoder, previous, progress)
    fresh = Rows(
        table=sentence_table(corpus.sentences, corpus.windows),
        checksums=np.array([sentence_checksum(text) for text in corpus.texts], np.uint64),
        kinds=np.array([held_kinds(text) for text in corpus.texts], np.uint8),
        window_keys=keys,
        vectors=vectors.sentences,
        lexical=build_lexical(corpus.search_texts, language),
        late=build_late(vectors.tokens),
    )
    kept = [one.row if isinstance(one, UnchangedDocument) else None for one in reads]
    rows = merge(previous, kept, fresh) if previous is not None and any(row is not None for row in kept) else fresh
    index = Index(
        generation=generation,
        fingerprint=encoder.fingerprint,
        language=language,
        documents=tuple(_document(one, previous) for one in reads),
        table=rows.table,
        checksums=rows.checksums,
        kinds=rows.kinds,
        window_keys=rows.window_keys,
        dense=build_dense(rows.vectors),
        lexical=rows.lexical,
        late=rows.late,
    )
    return Built(index, corpus, encoded)


def _document(one: ReadDocument | UnchangedDocument, previous: Index | None) -> Document:
    if isinstance(one, ReadDocument):
        return one.document
    if previous is None:
        raise ValueError("a document can only be kept from a previous index")
    return previous.documents[one.row]


def split_corpus(
    reads: Sequence[ReadDocument | UnchangedDocument], encoder: Encoder, language: str, progress: Progress
) -> SplitCorpus:
    """Split every document that is not kept and pack its windows; these open with the title and section's heading."""
    corpus = SplitCorpus([], [], [], [], {})
    for row, read in enumerate(reads):
        progress(ProgressEvent(Task.SPLIT, row, len(reads)))
        if isinstance(read, UnchangedDocument):
            continue
        cut = 0
        text = read.document.text
        sentences = split(read, row, language)
        contexts = [section_context(read.document, heading) for heading in section_headings(text, read.blocks)]
        for section, group in groupby(sentences, key=lambda one: one.section):
            members = list(group)
            texts = [text[one.start : one.end] for one in members]
            said = [read_at(read.document, one.start, one.end) for one in members]
            used, *counts = encoder.count_tokens([contexts[section], *said])
            room = max(encoder.window_tokens - SPECIAL_TOKENS - used, 1)
            cut += sum(count > room for count in counts)
            corpus.windows.extend(pack(contexts[section], said, members, counts, room, len(corpus.sentences)))
            corpus.sentences.extend(members)
            corpus.texts.extend(texts)
            corpus.search_texts.extend(contexts[section] + one for one in said)
        if cut:
            corpus.overlong[read.document.id] = cut
    progress(ProgressEvent(Task.SPLIT, len(reads), len(reads)))
    return corpus


def window_keys(windows: Sequence[Window], fingerprint: str) -> UInt64:
    """Return uint64 (w, 2): a hash of what decides each window's vectors (text, spans, model)."""
    keys = b"".join(
        hashlib.blake2b(repr((fingerprint, window.text, window.spans)).encode(), digest_size=16).digest()
        for window in windows
    )
    return np.frombuffer(keys, np.uint64).reshape(-1, 2)


def sentence_vectors(encoded: Encoded, span: tuple[int, int]) -> tuple[Float32, Float32]:
    """Return the token vectors (t, d) inside a span of a window, and their unit mean (d,).

    A sentence that the model's window cut off entirely gets the window's vector as its only token.
    """
    inside = (encoded.spans[:, 0] >= span[0]) & (encoded.spans[:, 1] <= span[1])
    tokens = encoded.tokens[inside] if inside.any() else encoded.vector[np.newaxis]
    mean = tokens.mean(axis=0)
    vector: Float32 = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return tokens, vector


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The vectors of all sentences, float32 (n, d), and their quantized token vectors."""

    sentences: Float32
    tokens: list[UInt8]


def _encode(
    corpus: SplitCorpus, keys: UInt64, encoder: Encoder, previous: Index | None, progress: Progress
) -> tuple[_Vectors, int]:
    """Return the vectors of every row, and how many windows were encoded for them: of the same ones only the first."""
    found = _Vectors(np.zeros((len(corpus.sentences), encoder.dimension), np.float32), [])
    found.tokens.extend([np.empty((0, 1), np.uint8)] * len(corpus.sentences))
    missing = _keep_known(corpus, keys, encoder.fingerprint, previous, found)
    twins: dict[tuple[object, ...], list[Window]] = {}
    for window in missing:
        twins.setdefault((window.text, window.spans), []).append(window)
    same = list(twins.values())
    with threadpool_limits(1, "blas"):  # its threads would wait, spinning, for the cores that the encoder has
        encoded_windows = encoder.encode_windows([one[0].text for one in same])
        for done, (windows, encoded) in enumerate(zip(same, encoded_windows, strict=True)):
            progress(ProgressEvent(Task.ENCODE, done, len(same)))
            for place, span in enumerate(windows[0].spans):
                tokens, vector = sentence_vectors(encoded, span)
                quantized = quantize(encoder.project(tokens))
                for row in [window.first + place for window in windows]:
                    found.sentences[row], found.tokens[row] = vector, quantized
    progress(ProgressEvent(Task.ENCODE, len(same), len(same)))
    return found, len(same)


def _keep_known(
    corpus: SplitCorpus, keys: UInt64, fingerprint: str, previous: Index | None, found: _Vectors
) -> list[Window]:
    """Fill in what an earlier index knows of the same windows; returns those that it does not know, or not any more."""
    if previous is None or previous.fingerprint != fingerprint:
        return corpus.windows
    firsts = np.searchsorted(previous.table[:, Column.WINDOW], np.arange(len(previous.window_keys) + 1, dtype=np.int32))
    numbers = {key.tobytes(): number for number, key in enumerate(previous.window_keys)}
    missing = []
    for window, key in zip(corpus.windows, keys, strict=True):
        number = numbers.get(key.tobytes())
        if number is None:
            missing.append(window)
            continue
        old = np.arange(firsts[number], firsts[number + 1], dtype=np.int64)
        new = slice(window.first, window.first + len(window.spans))
        try:
            found.tokens[new] = [previous.late.row(row) for row in old.tolist()]
        except DamagedIndexError:
            missing.append(window)
            continue
        found.sentences[new] = previous.dense.rows(old)
    return missing
