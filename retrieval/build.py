"""Documents in, index out: split, pack into windows, encode, index."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.documents import ReadDocument
from retrieval.index import COLUMNS, Index, quote_check
from retrieval.lexical import build_lexical
from retrieval.progress import Progress, silent
from retrieval.records import Encoded, Encoder, Float32, Sentence, UInt64, Window
from retrieval.sentences import split
from retrieval.vectors import build_vectors
from retrieval.windows import pack

WINDOWS_PER_STEP = 32
SPECIAL_TOKENS = 2  # at most these are added to a text by the models in use


@dataclass(frozen=True, slots=True)
class Split:
    """The sentences and windows of a corpus; row i is sentences[i] and texts[i]."""

    sentences: list[Sentence]
    texts: list[str]
    windows: list[Window]
    cut: int  # sentences longer than the model's window


def build_index(
    reads: Sequence[ReadDocument],
    encoder: Encoder,
    language: str,
    generation: str,
    *,
    previous: Index | None = None,
    progress: Progress = silent,
) -> tuple[Index, Split, int]:
    """Return the index of documents, what was split, and how many windows were encoded anew.

    A window that `previous` holds with the same text and model keeps its vectors.
    """
    corpus = split_corpus(reads, encoder, language, progress)
    keys = window_keys(corpus.windows, encoder.fingerprint)
    vectors, encoded = _sentence_vectors(corpus, keys, encoder, previous, progress)
    table = np.zeros((len(corpus.sentences), COLUMNS), np.int32)
    for row, one in enumerate(corpus.sentences):
        table[row, :6] = (one.document, one.section, one.paragraph, one.line, one.start, one.end)
    for number, window in enumerate(corpus.windows):
        table[window.first : window.first + len(window.spans), 6] = number
    documents = tuple(read.document for read in reads)
    titled = [f"{documents[s.document].title} {text}" for s, text in zip(corpus.sentences, corpus.texts, strict=True)]
    index = Index(
        generation=generation,
        fingerprint=encoder.fingerprint,
        language=language,
        documents=documents,
        table=table,
        checks=np.array([quote_check(text) for text in corpus.texts], np.uint64),
        window_keys=keys,
        vectors=build_vectors(vectors),
        lexical=build_lexical(titled, language),
    )
    return index, corpus, encoded


def split_corpus(reads: Sequence[ReadDocument], encoder: Encoder, language: str, progress: Progress) -> Split:
    """Split every document and pack its windows."""
    corpus = Split([], [], [], 0)
    cut = 0
    for row, read in enumerate(reads):
        progress("splitting", row, len(reads))
        sentences = split(read, row, language)
        texts = [read.document.text[one.start : one.end] for one in sentences]
        prefix = f"{read.document.title}. "
        counts = encoder.count_tokens([prefix, *texts])
        room = max(encoder.window_tokens - SPECIAL_TOKENS - counts[0], 1)
        cut += sum(count > room for count in counts[1:])
        corpus.windows.extend(pack(prefix, texts, sentences, counts[1:], room, len(corpus.sentences)))
        corpus.sentences.extend(sentences)
        corpus.texts.extend(texts)
    progress("splitting", len(reads), len(reads))
    return Split(corpus.sentences, corpus.texts, corpus.windows, cut)


def window_keys(windows: Sequence[Window], fingerprint: str) -> UInt64:
    """Return uint64 (w, 2): a hash of what decides each window's vectors (text, spans, model)."""
    keys = b"".join(
        hashlib.blake2b(repr((fingerprint, window.text, window.spans)).encode(), digest_size=16).digest()
        for window in windows
    )
    return np.frombuffer(keys, np.uint64).reshape(-1, 2)


def sentence_vector(encoded: Encoded, span: tuple[int, int]) -> Float32:
    """Return the unit mean of the token vectors inside a span of a window, float32 (d,).

    A sentence that the model's window cut off entirely gets the window's vector.
    """
    inside = (encoded.spans[:, 0] >= span[0]) & (encoded.spans[:, 1] <= span[1])
    mean = encoded.tokens[inside].mean(axis=0) if inside.any() else encoded.vector
    vector: Float32 = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return vector


def _sentence_vectors(
    corpus: Split, keys: UInt64, encoder: Encoder, previous: Index | None, progress: Progress
) -> tuple[Float32, int]:
    """Return the unit vectors of all sentences, float32 (n, d), and how many windows were encoded."""
    vectors = np.zeros((len(corpus.sentences), encoder.dimension), np.float32)
    known = _known_windows(previous, encoder.fingerprint)
    missing = []
    for window, key in zip(corpus.windows, keys, strict=True):
        rows = known.get(key.tobytes())
        if rows is None or previous is None:
            missing.append(window)
        else:
            kept = previous.vectors.rows(np.arange(*rows, dtype=np.int64))
            vectors[window.first : window.first + len(window.spans)] = kept
    for first in range(0, len(missing), WINDOWS_PER_STEP):
        progress("encoding", first, len(missing))
        step = missing[first : first + WINDOWS_PER_STEP]
        for window, encoded in zip(step, encoder.encode_windows([one.text for one in step]), strict=True):
            for number, span in enumerate(window.spans):
                vectors[window.first + number] = sentence_vector(encoded, span)
    progress("encoding", len(missing), len(missing))
    return vectors, len(missing)


def _known_windows(previous: Index | None, fingerprint: str) -> dict[bytes, tuple[int, int]]:
    """Return the row ranges of an index's windows by key; none for another model's index."""
    if previous is None or previous.fingerprint != fingerprint:
        return {}
    windows = previous.table[:, 6]
    numbers = np.arange(len(previous.window_keys))
    starts, ends = np.searchsorted(windows, numbers, "left"), np.searchsorted(windows, numbers, "right")
    return {
        key.tobytes(): (int(start), int(end))
        for key, start, end in zip(previous.window_keys, starts, ends, strict=True)
    }
