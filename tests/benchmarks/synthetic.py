"""Make an index of any size without encoding it: python tests/benchmarks/synthetic.py FOLDER ROWS [SEED].

Encoding a million sentences takes hours; this takes minutes. The text is generated (see retrieval.measuring)
from the articles of a SQuAD file, and one document in twenty is nearly a copy of another. The articles themselves are
in it as well, encoded by the real model, so that their questions have answers. For the generated rest a stand-in takes
its place, made from what the real model says of SAMPLE windows:

- each piece of the vocabulary has one vector, the mean of what it had in these windows;
- each window adds one vector to all of its pieces: what the mean of its pieces lets expect by ridge regression, and
  noise with the covariance of what remains;
- each token adds noise with the spread, coordinate by coordinate, of what then remains.

So vectors lie about as the real ones do (the ten, fifty and hundred widest directions hold 26, 60 and 78 % of their
variance, 26, 65 and 83 % of the real ones'; the nearest of 1,000 others has a cosine of 0.77, of the real ones 0.84),
but words are only the articles' own, which makes the lists of rows of a term longer than in real text, and a token does
not know its neighbours one by one. Questions are encoded by the real model.
What is measured on such an index is memory, time, and how much of exact search is found; not how right answers are.
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
from retrieval.index.build import SplitCorpus, sentence_vectors, split_corpus, window_keys
from retrieval.index.dense import build_dense
from retrieval.index.index import Column, Index, sentence_checksum, sentence_table
from retrieval.index.late_interaction import LateIndex, Segment, token_checksum
from retrieval.index.lexical import build_lexical
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
SAMPLE = 400  # windows that the real model encodes
KNOWN = 5  # times that a piece must be seen for what is said of its tokens to count
ROWS_PER_STEP = 20_000
WINDOWS_PER_STEP = 8  # so that what is worked on stays in the processor's cache
NOISE_ROWS = 1 << 15
COPIES = 20  # one document in so many is nearly a copy of the one before
TOKENS_PER_ROW = 48  # room for token vectors; memory that is not written to is not used
MOST_BYTES = 10_000_000  # as config/default.toml has it


@dataclass(frozen=True, slots=True)
class StandIn:
    """What takes the model's place, in the coordinates that token vectors are kept in: d of them, and v pieces."""

    pieces: Float32  # (v, d)
    expected: Float32  # (d, d): from the mean of a window's pieces to what the window adds
    offset: Float32  # (d,)
    noise: Float32  # (NOISE_ROWS, d), of tokens
    window_noise: Float32  # (d, d): from independent coordinates to what a window adds
    mean: Float32  # (d,), of unit token vectors
    basis: Float32  # (d, d)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a step makes of its sentences: vectors float32 (n, d), token vectors one after another, and their counts."""

    vectors: Float32
    tokens: UInt8
    sizes: Int32


def synthetic_index(folder: Path, rows: int, seed: int = 0, articles: Path = ARTICLES) -> Path:
    """Make an index of about so many sentences in folder/index, its documents in folder/seeds; return folder/index.

    The same arguments give the same index. Nothing is made anew where there is one.
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
        settings=build_settings("en", MOST_BYTES, None, 0.85),
        cut_sentences=0, cut={}, letters_per_piece=4.0, knows_language=True,
        calibration=None, golden=None, pace=None, rejected=(),
        sources=source_states(list_files(seeds)[0], index.documents, []),
    )  # fmt: skip
    with write_lock.writing(index_folder):
        publishing.publish(index_folder, index, provenance)
    return index_folder


def documents(corpus: squad.LabelledCorpus, rows: int, seed: int) -> Iterator[ReadDocument]:
    """Yield the articles, and generated documents until there are about so many sentences."""
    articles = []
    for read, breaks in zip(corpus.reads, corpus.sentence_spans, strict=True):
        articles.append([read.document.text[a:b] for a, b in breaks])
        yield read
    rng = random.Random(seed)
    made = generate_distractors(articles, max(rows - sum(map(len, articles)), 0), seed)
    for before, read in zip([None, *made], made, strict=False):
        name = f"{read.document.id}.txt"
        text = read.document.text
        if before is not None and rng.randrange(COPIES) == 0:
            text = nearly(before.document.text, rng)
        checksum = hashlib.sha256(text.encode()).hexdigest()
        yield ReadDocument(
            replace(read.document, id=name, text=text, sha256=checksum), tuple(split_blocks(text, 0, markdown=False))
        )


def nearly(text: str, rng: random.Random) -> str:
    """Return a text with a word in about ten left out."""
    return re.sub(r" [a-z]+", lambda match: "" if rng.randrange(10) == 0 else match[0], text)


def build(reads: Sequence[ReadDocument], real: set[str], encoder: OnnxEncoder, seed: int) -> Index:
    """Return the index of documents, those named in `real` encoded by the encoder, the others by a stand-in for it."""
    stand_in = distilled(encoder, reads, seed)
    tables, checks, kinds, keys, vectors, sizes = [], [], [], [], [], []
    in_context: list[str] = []
    count = sum(read.document.text.count(".") for read in reads)
    room = np.empty((count * TOKENS_PER_ROW, encoder.dimension // 4), np.uint8)
    used = windows = 0
    for step, first in enumerate(range(0, len(reads), per_step := max(ROWS_PER_STEP // 40, 1))):
        corpus = split_corpus(reads[first : first + per_step], encoder, "en", silent)
        texts = corpus.texts
        table = sentence_table(corpus.sentences, corpus.windows)
        table[:, Column.DOCUMENT] += first
        table[:, Column.WINDOW] += windows
        rows = encoded(corpus, [read.document.id in real for read in reads[first : first + per_step]], encoder,
                       stand_in, np.random.default_rng([seed, step]))  # fmt: skip
        room[used : used + len(rows.tokens)] = rows.tokens
        used, windows = used + len(rows.tokens), windows + len(corpus.windows)
        tables.append(table)
        checks.append(np.array([sentence_checksum(text) for text in texts], np.uint64))
        kinds.append(np.array([types_in(text) for text in texts], np.uint8))
        keys.append(window_keys(corpus.windows, encoder.fingerprint))
        vectors.append(rows.vectors)
        sizes.append(rows.sizes)
        in_context.extend(corpus.search_texts)
        print(f"{len(in_context)} sentences", flush=True)
    lexical = build_lexical(in_context, "en")
    del in_context
    return Index(
        generation="gen-1",
        fingerprint=encoder.fingerprint,
        language="en",
        documents=tuple(read.document for read in reads),
        table=np.concatenate(tables),
        checksums=np.concatenate(checks),
        kinds=np.concatenate(kinds),
        window_keys=np.concatenate(keys),
        dense=build_dense(np.concatenate(vectors)),
        lexical=lexical,
        late=late_of(room[:used], np.concatenate(sizes)),
    )


def late_of(tokens: UInt8, sizes: Int32) -> LateIndex:
    """Return the token vectors of all sentences in one segment."""
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    spans = zip(starts.tolist(), sizes.tolist(), strict=True)
    checks = np.array([token_checksum(tokens[start : start + size]) for start, size in spans], np.uint64)
    return LateIndex((Segment(tokens),), starts, sizes, checks)


def encoded(
    corpus: SplitCorpus, real: list[bool], encoder: OnnxEncoder, stand_in: StandIn, rng: np.random.Generator
) -> Rows:
    """Return the rows of a step, documents that are real encoded by the encoder."""
    parts = []
    for first in range(0, len(corpus.windows), WINDOWS_PER_STEP):
        windows = corpus.windows[first : first + WINDOWS_PER_STEP]
        rows = SplitCorpus([], [], [], windows, {})
        parts.append(stood_in(rows, encoder, stand_in, rng))
    found = Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__slots__))
    tokens = np.split(found.tokens, np.cumsum(found.sizes)[:-1]) if any(real) else []
    for window in corpus.windows:
        if not real[corpus.sentences[window.first].document]:
            continue
        whole = next(encoder.encode_windows([window.text]))
        for row, span in enumerate(window.spans, window.first):
            raw, found.vectors[row] = sentence_vectors(whole, span)
            tokens[row] = quantize(encoder.project(raw))
    if tokens:
        sizes = np.array([len(one) for one in tokens], np.int32)
        return Rows(found.vectors, np.concatenate(tokens), sizes)
    return found


def stood_in(corpus: SplitCorpus, encoder: OnnxEncoder, stand_in: StandIn, rng: np.random.Generator) -> Rows:
    """Return the rows of windows as the stand-in encodes them."""
    texts = [window.text for window in corpus.windows]
    encodings = encoder._model.tokenizer.encode_batch(texts)
    bases = np.cumsum([0, *(len(text) + 1 for text in texts)])
    lengths = np.array([len(one) for one in encodings])
    ids = np.concatenate([np.array(one.ids) for one in encodings])
    shift = np.repeat(bases[:-1], lengths)
    places = np.concatenate([np.array(one.offsets) for one in encodings])
    starts, ends = places[:, 0] + shift, places[:, 1] + shift
    owners = np.repeat(np.arange(len(texts)), lengths)
    spans = np.concatenate([np.array(window.spans) + base for window, base in zip(corpus.windows, bases, strict=False)])
    rows = np.searchsorted(spans[:, 0], starts, "right") - 1
    inside = (rows >= 0) & (ends > starts) & (ends <= spans[rows, 1])
    left_out = np.setdiff1d(np.arange(len(spans)), rows[inside])  # the model's window ended before them
    window_of = np.repeat(np.arange(len(texts)), [len(window.spans) for window in corpus.windows])
    rows, ids, owners = (
        np.concatenate([rows[inside], left_out]),
        np.concatenate([ids[inside], np.zeros(len(left_out), ids.dtype)]),
        np.concatenate([owners[inside], window_of[left_out]]),
    )
    order = np.argsort(rows, kind="stable")
    rows, ids, owners = rows[order], ids[order], owners[order]
    tokens = stand_in.pieces[ids]
    tokens += added(tokens, owners, texts, stand_in, rng)[owners]
    tokens += stand_in.noise[(np.arange(len(ids)) + zlib.crc32(texts[0].encode())) % NOISE_ROWS]
    sizes = np.bincount(rows, minlength=len(spans)).astype(np.int32)
    firsts = np.cumsum(sizes, dtype=np.int64) - sizes
    vectors = np.add.reduceat(tokens, firsts, axis=0) @ stand_in.basis.T
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    tokens -= stand_in.mean
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    return Rows(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), quantize(tokens), sizes)


def added(tokens: Float32, owners: Int64, texts: Sequence[str], stand_in: StandIn, rng: np.random.Generator) -> Float32:
    """Return what each window adds to its tokens, float32 (windows, d)."""
    firsts = np.searchsorted(owners, np.arange(len(texts)))
    means = np.add.reduceat(tokens, firsts, axis=0) / np.bincount(owners, minlength=len(texts))[:, np.newaxis]
    noise = rng.standard_normal(means.shape, dtype=np.float32)
    result: Float32 = means @ stand_in.expected + stand_in.offset + noise @ stand_in.window_noise
    return result


def distilled(encoder: OnnxEncoder, reads: Sequence[ReadDocument], seed: int) -> StandIn:
    """Return what takes the encoder's place, from windows all over the documents."""
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(len(reads), min(len(reads), SAMPLE // 5), replace=False).tolist())
    texts = [window.text for window in split_corpus([reads[i] for i in chosen], encoder, "en", silent).windows][:SAMPLE]
    mean, basis = encoder._projection
    ids, tokens, owners = [], [], []
    for first in range(0, len(texts), 32):
        for number, (one, raw) in enumerate(
            zip(encoder._model.tokenizer.encode_batch(texts[first : first + 32]),
                encoder.encode_windows(texts[first : first + 32]), strict=True)
        ):  # fmt: skip
            spans = np.array(one.offsets)
            kept = ~np.array(one.special_tokens_mask, bool) & (spans[:, 1] > spans[:, 0])
            ids.append(np.array(one.ids)[kept])
            tokens.append(raw.tokens @ basis)
            owners.append(np.full(len(raw.tokens), first + number))
    return fitted(
        np.concatenate(ids), np.concatenate(tokens), np.concatenate(owners), encoder, mean @ basis, basis, rng
    )


def fitted(
    ids: Int64, tokens: Float32, owners: Int64, encoder: OnnxEncoder, mean: Float32, basis: Float32,
    rng: np.random.Generator,
) -> StandIn:  # fmt: skip
    """Return the stand-in that fits token vectors (t, d) of pieces (t,) in windows (t,)."""
    size, d = encoder._model.tokenizer.get_vocab_size(), tokens.shape[1]
    counts = np.bincount(ids, minlength=size)
    sums = np.zeros((size, d), np.float32)
    np.add.at(sums, ids, tokens)
    seen = counts > 0
    pieces = sums / np.maximum(counts, 1)[:, np.newaxis]
    spread = pieces[counts >= KNOWN]
    unseen = rng.standard_normal((int((~seen).sum()), d), dtype=np.float32)
    pieces[~seen] = spread.mean(axis=0) + unseen * spread.std(axis=0)
    known = counts[ids] >= KNOWN
    rest = (tokens - pieces[ids])[known]
    _, starts = np.unique(owners[known], return_index=True)
    per_window = np.diff(np.append(starts, len(rest)))[:, np.newaxis]
    means = np.add.reduceat(pieces[ids[known]], starts, axis=0) / per_window
    adds = np.add.reduceat(rest, starts, axis=0) / per_window
    centre, offset = means.mean(axis=0), adds.mean(axis=0)
    centred = means - centre
    ridge = np.trace(centred.T @ centred) / d
    expected = np.linalg.solve(centred.T @ centred + ridge * np.eye(d), centred.T @ (adds - offset)).astype(np.float32)
    left = adds - offset - centred @ expected
    covariance = left.T @ left / max(len(left), 1) + 1e-6 * np.eye(d)
    token_rest = rest - np.repeat(adds, per_window[:, 0], axis=0)
    noise = rng.standard_normal((NOISE_ROWS, d), dtype=np.float32) * token_rest.std(axis=0)
    return StandIn(
        pieces.astype(np.float32), expected, (offset - centre @ expected).astype(np.float32), noise.astype(np.float32),
        np.linalg.cholesky(covariance).T.astype(np.float32), mean.astype(np.float32), basis,
    )  # fmt: skip


def main() -> None:
    """Make an index and print where it is."""
    parser = argparse.ArgumentParser(description="Make a large index without encoding it.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print(synthetic_index(given.folder, given.rows, given.seed))


if __name__ == "__main__":
    main()
