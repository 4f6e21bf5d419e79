"""Make an index of any size with few runs of the model: python -m tests.benchmarks.synthetic FOLDER ROWS [SEED].

Encoding a million sentences takes hours; this takes minutes. The documents are the articles of a SQuAD file, encoded by
the real model, so that their questions have answers, and text generated from them (see
retrieval/measuring/distractors.py); one generated document in twenty is nearly a copy of another. For generated text, a
stand-in replaces the model. It is fitted to the real vectors of SAMPLE_WINDOWS windows:

- each piece of the vocabulary has one vector, its mean in these windows;
- each window adds one vector to all its pieces: what ridge regression predicts from the mean of the pieces, and noise
  with the covariance of the residuals;
- each token adds noise with the remaining standard deviation of each coordinate.

The vectors are distributed about like real ones: the ten, fifty and hundred widest directions have 26, 60 and 78 % of
their variance (real ones: 26, 65 and 83 %), and the nearest of 1,000 other vectors has a cosine of 0.77 (0.84). But all
words are from the articles, so that the postings of a term are longer than in real text, and tokens do not depend on
their individual neighbours. Questions are encoded by the real model. Such an index is for measuring memory, time, and
recall against exact search; it says nothing about the quality of answers.
"""

import argparse
import datetime
import hashlib
import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from retrieval.encoding import models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.encoding.token_quantizer import quantize
from retrieval.index.build import SplitCorpus, split_corpus
from retrieval.index.dense import build_dense
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import Column, block_table, quantize_vectors, sentence_checksum, sentence_table
from retrieval.index.late_interaction import LateIndex, Segment, token_checksum
from retrieval.index.lexical import build_lexical
from retrieval.index.window_vectors import sentence_vectors, window_keys
from retrieval.measuring import squad
from retrieval.measuring.distractors import generate_distractors
from retrieval.progress import silent
from retrieval.reading.blocks import split_blocks
from retrieval.reading.folder import list_files
from retrieval.store import publishing, write_lock
from retrieval.store.manifest import Provenance
from retrieval.text.answer_types import types_in
from retrieval.types import Float32, Int32, Int64, ReadDocument, UInt8
from retrieval.upkeep.changes import build_settings, source_states
from tests.support.paths import ROOT

ARTICLES = ROOT.parent / "shared" / "data" / "xquad-r" / "en.json"
SAMPLE_WINDOWS = 400  # that the real model encodes to fit the stand-in
MIN_OCCURRENCES = 5  # of a piece in these windows, for using its tokens to fit the noise
ROWS_PER_STEP = 20_000
WINDOWS_PER_STEP = 8  # few enough for the processor's cache
NOISE_ROWS = 1 << 15
DOCUMENTS_PER_COPY = 20  # one in this many is nearly a copy of the one before it
MAX_TOKENS_PER_ROW = 48  # on average; memory is only used where it is written to
MAX_FILE_BYTES = 10_000_000  # as in config/default.toml


@dataclass(frozen=True, slots=True)
class StandIn:
    """A replacement for the model with v pieces, in the d coordinates of stored token vectors."""

    pieces: Float32  # (v, d)
    expected: Float32  # (d, d): maps the mean of a window's pieces to what the window adds
    offset: Float32  # (d,)
    noise: Float32  # (NOISE_ROWS, d), of tokens
    window_noise: Float32  # (d, d): maps standard normal coordinates to what the window adds
    mean: Float32  # (d,), of unit token vectors
    basis: Float32  # (d, d)


@dataclass(frozen=True, slots=True)
class Rows:
    """The vectors of n sentences, float32 (n, d), their token vectors in one array, and the number of these per row."""

    vectors: Float32
    tokens: UInt8
    sizes: Int32


def synthetic_index(folder: Path, rows: int, seed: int = 0, articles: Path = ARTICLES) -> Path:
    """Make an index of about `rows` sentences in folder/index, with its documents in folder/seeds; return folder/index.

    Equal arguments give equal indexes. An existing index stays as it is.
    """
    index_folder, seeds = folder / "index", folder / "seeds"
    if (index_folder / "CURRENT").is_file():
        return index_folder
    source = models.find_verified(models.DEFAULT_MODEL)
    fingerprint = models.fingerprint(source)
    compiled = models.compiled_folder(index_folder, fingerprint)
    models.compile_model(source, compiled, silent)
    encoder = open_encoder(compiled, fingerprint, 0)
    corpus = squad.read_squad(articles)
    reads = sorted(documents(corpus, rows, seed), key=lambda read: read.document.id)
    index = build(reads, {read.document.id for read in corpus.reads}, encoder, seed)
    seeds.mkdir(exist_ok=True)
    for read in reads:
        (seeds / read.document.id).write_text(read.document.text, "utf-8")
    provenance = Provenance(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        model=models.DEFAULT_MODEL,
        model_files=models.signature(source),
        settings=build_settings("en", MAX_FILE_BYTES, None, 0.85),
        cut_sentences=0, cut={}, letters_per_piece=4.0, knows_language=True,
        calibration=None, golden=None, pace=None, rejected=(),
        sources=source_states(list_files(seeds)[0], index.documents, []),
    )  # fmt: skip
    with write_lock.writing(index_folder):
        publishing.publish(index_folder, index, provenance)
    return index_folder


def documents(corpus: squad.LabelledCorpus, rows: int, seed: int) -> Iterator[ReadDocument]:
    """Yield the articles, then generated documents, with about `rows` sentences in total."""
    articles = []
    for read, spans in zip(corpus.reads, corpus.sentence_spans, strict=True):
        articles.append([read.document.text[start:end] for start, end in spans])
        yield read
    rng = random.Random(seed)
    generated = generate_distractors(articles, max(rows - sum(map(len, articles)), 0), seed)
    for before, read in zip([None, *generated], generated, strict=False):
        name = f"{read.document.id}.txt"
        text = read.document.text
        if before is not None and rng.randrange(DOCUMENTS_PER_COPY) == 0:
            text = drop_words(before.document.text, rng)
        checksum = hashlib.sha256(text.encode()).hexdigest()
        yield ReadDocument(replace(read.document, id=name, text=text, sha256=checksum), tuple(split_blocks(text, 0)))


def drop_words(text: str, rng: random.Random) -> str:
    """Leave out about one word in ten."""
    return re.sub(r" [a-z]+", lambda match: "" if rng.randrange(10) == 0 else match[0], text)


def build(reads: Sequence[ReadDocument], real: set[str], encoder: OnnxEncoder, seed: int) -> EmbeddedIndex:
    """Build the index of documents; the encoder encodes those with ids in `real`, a stand-in the others."""
    stand_in = fit_stand_in(encoder, reads, seed)
    tables, checksums, kinds, keys, window_means, vectors, sizes = [], [], [], [], [], [], []
    search_texts: list[str] = []
    count = sum(read.document.text.count(".") for read in reads)
    room = np.empty((count * MAX_TOKENS_PER_ROW, encoder.dimension // 4), np.uint8)
    used = windows = 0
    for step, first in enumerate(range(0, len(reads), per_step := max(ROWS_PER_STEP // 40, 1))):
        corpus = split_corpus(reads[first : first + per_step], encoder, "en", silent)
        texts = corpus.texts
        table = sentence_table(corpus.sentences, corpus.windows)
        table[:, Column.DOCUMENT] += first
        table[:, Column.WINDOW] += windows
        rows = encode(corpus, [read.document.id in real for read in reads[first : first + per_step]], encoder,
                       stand_in, np.random.default_rng([seed, step]))  # fmt: skip
        room[used : used + len(rows.tokens)] = rows.tokens
        used, windows = used + len(rows.tokens), windows + len(corpus.windows)
        tables.append(table)
        firsts = [window.first for window in corpus.windows]
        window_means.append(quantize_vectors(np.add.reduceat(rows.vectors, firsts, axis=0)))
        checksums.append(np.array([sentence_checksum(text) for text in texts], np.uint64))
        kinds.append(np.array([types_in(text) for text in texts], np.uint8))
        keys.append(window_keys(corpus.windows, encoder.fingerprint))
        vectors.append(rows.vectors)
        sizes.append(rows.sizes)
        search_texts.extend(corpus.search_texts)
        print(f"{len(search_texts)} sentences", flush=True)
    lexical = build_lexical(search_texts, "en")
    del search_texts
    return EmbeddedIndex(
        generation="gen-1",
        fingerprint=encoder.fingerprint,
        language="en",
        documents=tuple(read.document for read in reads),
        table=np.concatenate(tables),
        blocks=block_table([(row, read.blocks) for row, read in enumerate(reads)]),
        checksums=np.concatenate(checksums),
        answer_types=np.concatenate(kinds),
        window_keys=np.concatenate(keys),
        window_vectors=np.concatenate(window_means),
        dense=build_dense(np.concatenate(vectors)),
        lexical=lexical,
        late=late_index(room[:used], np.concatenate(sizes)),
    )


def late_index(tokens: UInt8, sizes: Int32) -> LateIndex:
    """Make the late interaction index of token vectors in one segment."""
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    spans = zip(starts.tolist(), sizes.tolist(), strict=True)
    checksums = np.array([token_checksum(tokens[start : start + size]) for start, size in spans], np.uint64)
    return LateIndex((Segment(tokens),), starts, sizes, checksums)


def encode(
    corpus: SplitCorpus, real: list[bool], encoder: OnnxEncoder, stand_in: StandIn, rng: np.random.Generator
) -> Rows:
    """Encode the windows of a step; the encoder encodes the documents marked in `real`, the stand-in the others."""
    parts = []
    for first in range(0, len(corpus.windows), WINDOWS_PER_STEP):
        windows = corpus.windows[first : first + WINDOWS_PER_STEP]
        part = SplitCorpus([], [], [], windows, {})
        parts.append(encode_with_stand_in(part, encoder, stand_in, rng))
    encoded = Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__slots__))
    tokens = np.split(encoded.tokens, np.cumsum(encoded.sizes)[:-1]) if any(real) else []
    for window in corpus.windows:
        if not real[corpus.sentences[window.first].document]:
            continue
        real_window = next(encoder.encode_windows([window.text]))
        for row, span in enumerate(window.spans, window.first):
            raw, encoded.vectors[row] = sentence_vectors(real_window, span)
            tokens[row] = quantize(encoder.project(raw))
    if tokens:
        sizes = np.array([len(row_tokens) for row_tokens in tokens], np.int32)
        return Rows(encoded.vectors, np.concatenate(tokens), sizes)
    return encoded


def encode_with_stand_in(
    corpus: SplitCorpus, encoder: OnnxEncoder, stand_in: StandIn, rng: np.random.Generator
) -> Rows:
    """Encode the windows of a corpus with the stand-in."""
    texts = [window.text for window in corpus.windows]
    encodings = encoder._model.tokenizer.encode_batch(texts)
    bases = np.cumsum([0, *(len(text) + 1 for text in texts)])
    lengths = np.array([len(encoding) for encoding in encodings])
    ids = np.concatenate([np.array(encoding.ids) for encoding in encodings])
    shift = np.repeat(bases[:-1], lengths)
    offsets = np.concatenate([np.array(encoding.offsets) for encoding in encodings])
    starts, ends = offsets[:, 0] + shift, offsets[:, 1] + shift
    owners = np.repeat(np.arange(len(texts)), lengths)
    spans = np.concatenate([np.array(window.spans) + base for window, base in zip(corpus.windows, bases, strict=False)])
    rows = np.searchsorted(spans[:, 0], starts, "right") - 1
    inside = (rows >= 0) & (ends > starts) & (ends <= spans[rows, 1])
    truncated = np.setdiff1d(np.arange(len(spans)), rows[inside])  # beyond the end of the model's window
    window_of = np.repeat(np.arange(len(texts)), [len(window.spans) for window in corpus.windows])
    rows, ids, owners = (
        np.concatenate([rows[inside], truncated]),
        np.concatenate([ids[inside], np.zeros(len(truncated), ids.dtype)]),
        np.concatenate([owners[inside], window_of[truncated]]),
    )
    order = np.argsort(rows, kind="stable")
    rows, ids, owners = rows[order], ids[order], owners[order]
    tokens = stand_in.pieces[ids]
    tokens += window_vectors(tokens, owners, texts, stand_in, rng)[owners]
    tokens += stand_in.noise[(np.arange(len(ids)) + zlib.crc32(texts[0].encode())) % NOISE_ROWS]
    sizes = np.bincount(rows, minlength=len(spans)).astype(np.int32)
    firsts = np.cumsum(sizes, dtype=np.int64) - sizes
    vectors = np.add.reduceat(tokens, firsts, axis=0) @ stand_in.basis.T
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    tokens -= stand_in.mean
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    return Rows(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), quantize(tokens), sizes)


def window_vectors(
    tokens: Float32, owners: Int64, texts: Sequence[str], stand_in: StandIn, rng: np.random.Generator
) -> Float32:
    """Compute what each window adds to its tokens, float32 (windows, d)."""
    firsts = np.searchsorted(owners, np.arange(len(texts)))
    means = np.add.reduceat(tokens, firsts, axis=0) / np.bincount(owners, minlength=len(texts))[:, np.newaxis]
    noise = rng.standard_normal(means.shape, dtype=np.float32)
    result: Float32 = means @ stand_in.expected + stand_in.offset + noise @ stand_in.window_noise
    return result


def fit_stand_in(encoder: OnnxEncoder, reads: Sequence[ReadDocument], seed: int) -> StandIn:
    """Fit a stand-in for the encoder to the windows of randomly chosen documents."""
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(len(reads), min(len(reads), SAMPLE_WINDOWS // 5), replace=False).tolist())
    windows = split_corpus([reads[i] for i in chosen], encoder, "en", silent).windows[:SAMPLE_WINDOWS]
    texts = [window.text for window in windows]
    mean, basis = encoder._projection
    ids, tokens, owners = [], [], []
    for first in range(0, len(texts), 32):
        for number, (encoding, encoded) in enumerate(
            zip(encoder._model.tokenizer.encode_batch(texts[first : first + 32]),
                encoder.encode_windows(texts[first : first + 32]), strict=True)
        ):  # fmt: skip
            spans = np.array(encoding.offsets)
            is_text = ~np.array(encoding.special_tokens_mask, bool) & (spans[:, 1] > spans[:, 0])
            ids.append(np.array(encoding.ids)[is_text])
            tokens.append(encoded.tokens @ basis)
            owners.append(np.full(len(encoded.tokens), first + number))
    return fit_to_tokens(
        np.concatenate(ids), np.concatenate(tokens), np.concatenate(owners), encoder, mean @ basis, basis, rng
    )


def fit_to_tokens(
    ids: Int64, tokens: Float32, owners: Int64, encoder: OnnxEncoder, mean: Float32, basis: Float32,
    rng: np.random.Generator,
) -> StandIn:  # fmt: skip
    """Fit a stand-in to token vectors, (t, d), their pieces, (t,), and their windows, (t,)."""
    size, d = encoder._model.tokenizer.get_vocab_size(), tokens.shape[1]
    counts = np.bincount(ids, minlength=size)
    sums = np.zeros((size, d), np.float32)
    np.add.at(sums, ids, tokens)
    is_seen = counts > 0
    pieces = sums / np.maximum(counts, 1)[:, np.newaxis]
    frequent = pieces[counts >= MIN_OCCURRENCES]
    unseen = rng.standard_normal((int((~is_seen).sum()), d), dtype=np.float32)
    pieces[~is_seen] = frequent.mean(axis=0) + unseen * frequent.std(axis=0)
    is_frequent = counts[ids] >= MIN_OCCURRENCES
    residuals = (tokens - pieces[ids])[is_frequent]
    _, starts = np.unique(owners[is_frequent], return_index=True)
    per_window = np.diff(np.append(starts, len(residuals)))[:, np.newaxis]
    means = np.add.reduceat(pieces[ids[is_frequent]], starts, axis=0) / per_window
    additions = np.add.reduceat(residuals, starts, axis=0) / per_window
    centre, offset = means.mean(axis=0), additions.mean(axis=0)
    centred = means - centre
    gram = centred.T @ centred
    ridge = np.trace(gram) / d
    expected = np.linalg.solve(gram + ridge * np.eye(d), centred.T @ (additions - offset)).astype(np.float32)
    remaining = additions - offset - centred @ expected
    covariance = remaining.T @ remaining / max(len(remaining), 1) + 1e-6 * np.eye(d)
    token_residuals = residuals - np.repeat(additions, per_window[:, 0], axis=0)
    noise = rng.standard_normal((NOISE_ROWS, d), dtype=np.float32) * token_residuals.std(axis=0)
    return StandIn(
        pieces.astype(np.float32), expected, (offset - centre @ expected).astype(np.float32), noise.astype(np.float32),
        np.linalg.cholesky(covariance).T.astype(np.float32), mean.astype(np.float32), basis,
    )  # fmt: skip


def main() -> None:
    """Make an index and print its folder."""
    parser = argparse.ArgumentParser(description="Make a large index without encoding it.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    print(synthetic_index(options.folder, options.rows, options.seed))


if __name__ == "__main__":
    main()
