"""Measure compressions of the token vectors: python -m tests.benchmarks.compression SQUAD_FILE.

For several numbers of dimensions and bits, prints the bytes per sentence, P@1 and R@5 of late interaction alone, and
how well its best score alone separates questions with and without an answer at the level near. 32 bits means no
compression.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoding import models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.index.build import split_corpus
from retrieval.index.window_vectors import sentence_vectors
from retrieval.measuring import metrics
from retrieval.measuring.levels import build_levels, near_documents
from retrieval.measuring.squad import read_squad
from retrieval.progress import silent
from retrieval.types import Float32, ReadDocument

CHOICES = ((384, 32), (384, 8), (384, 4), (384, 2), (256, 4), (256, 2), (192, 8), (192, 4), (128, 8), (96, 8), (64, 8))
Tokens = list[Float32]


def main() -> int:
    """Print a line for each combination of dimensions and bits."""
    parser = argparse.ArgumentParser(description="Measure compressions of the token vectors.")
    parser.add_argument("file", type=Path)
    corpus = read_squad(parser.parse_args().file)
    with tempfile.TemporaryDirectory() as folder:
        source = models.find_verified(models.DEFAULT_MODEL)
        models.compile_model(source, Path(folder), silent)
        encoder = open_encoder(Path(folder), models.fingerprint(source), 0)
        questions = [unit(encoder.encode_question(question.text).tokens) for question in corpus.questions]
        levels = [level for level in build_levels(corpus, encoder, "en", silent) if level.name in ("all", "near")]
        documents = {"all": corpus.reads, "near": near_documents(corpus)}
        tokens = {name: sentence_tokens(encoder, reads) for name, reads in documents.items()}
    axes = np.linalg.svd(np.concatenate(tokens["all"])[::3], full_matrices=False)[2].T
    print("dimensions  bits  bytes/sentence   P@1    R@5    near: AUROC  refused at 95 %")
    for dimensions, bits in CHOICES:
        compress = compressor(axes[:, :dimensions], bits)
        figures: list[float] = []
        for level in levels:
            scores = late(questions, tokens[level.name], compress)
            if level.name == "all":
                ranked = [np.argsort(-row, kind="stable").tolist() for row in scores]
                ranking = metrics.ranking_figures(level.gold, ranked)
                figures += [ranking["p_at_1"], ranking["r_at_5"]]
            else:
                best = scores.max(axis=1)
                answerable = np.array(level.gold) >= 0
                scores_of_both = best[answerable].tolist(), best[~answerable].tolist()
                figures += [metrics.auroc(*scores_of_both), metrics.refused_share(*scores_of_both)]
        size = np.mean([len(sentence) for sentence in tokens["all"]]) * dimensions * bits / 8
        shown = "  ".join(f"{figure:.4f}" for figure in figures)
        print(f"{dimensions:10}  {bits:4}  {size:14.0f}  {shown}", flush=True)
    return 0


def sentence_tokens(encoder: OnnxEncoder, reads: Sequence[ReadDocument]) -> Tokens:
    """Encode every sentence to unit token vectors."""
    corpus = split_corpus(reads, encoder, "en", silent)
    tokens: Tokens = []
    for window in corpus.windows:
        (encoded,) = encoder.encode_windows([window.text])
        tokens.extend(unit(sentence_vectors(encoded, span)[0]) for span in window.spans)
    return tokens


def compressor(axes: Float32, bits: int) -> "Compressor":
    """Make the compressor to some axes and bits per coordinate; below 8 bits, the axes are rotated at random."""
    if bits < 8:
        rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(axes.shape[1], axes.shape[1])))
        axes = (axes @ rotation).astype(np.float32)
    return Compressor(axes, bits, levels(bits) if bits < 8 else np.empty(0))


class Compressor:
    """Compresses the vectors of sentences, and projects those of questions without compressing them."""

    def __init__(self, axes: Float32, bits: int, levels: NDArray[np.float64]) -> None:
        self.axes, self.bits, self.levels = axes, bits, levels

    def question(self, tokens: Float32) -> Float32:
        return unit(tokens @ self.axes)

    def stored(self, tokens: Float32) -> Float32:
        projected = unit(tokens @ self.axes)
        if self.bits == 32:
            return projected
        if self.bits == 8:
            return np.asarray(np.rint(projected * 127) / 127, np.float32)
        boundaries = (self.levels[1:] + self.levels[:-1]) / 2
        codes = np.searchsorted(boundaries, projected * np.sqrt(projected.shape[1]))
        return unit(self.levels[codes].astype(np.float32))


def levels(bits: int) -> NDArray[np.float64]:
    """Compute the levels of the best quantizer for a normal distribution (Lloyd 1982) from a large sample."""
    sample = np.sort(np.random.default_rng(0).normal(size=200_000))
    values: NDArray[np.float64] = np.quantile(sample, (np.arange(2**bits) + 0.5) / 2**bits)
    for _ in range(100):
        codes = np.searchsorted((values[1:] + values[:-1]) / 2, sample)
        values = np.array([sample[codes == code].mean() for code in range(2**bits)])
    return values


def late(questions: Tokens, sentences: Tokens, compress: Compressor) -> Float32:
    """Compute the late interaction of every question with every sentence, float32 (questions, sentences)."""
    starts = np.cumsum([0, *(len(tokens) for tokens in sentences[:-1])])
    stored = compress.stored(np.concatenate(sentences))
    rows = []
    for question in questions:
        rows.append(np.maximum.reduceat(compress.question(question) @ stored.T, starts, axis=1).mean(axis=0))
    return np.stack(rows)


def unit(rows: Float32) -> Float32:
    """Scale rows to unit length."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


if __name__ == "__main__":
    sys.exit(main())
