"""Print what compressing the token vectors costs: python tests/benchmarks/compression.py SQUAD_FILE.

For several numbers of dimensions and bits: bytes a sentence, and P@1, R@5 of late interaction alone
and refusal at the level near by its best score alone. 32 bits are the vectors as the model makes them.
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
from retrieval.index.build import sentence_vectors, split_corpus
from retrieval.measuring import metrics
from retrieval.measuring.levels import build_levels, near_documents
from retrieval.measuring.squad import read_squad
from retrieval.progress import silent
from retrieval.types import Float32, ReadDocument

CHOICES = ((384, 32), (384, 8), (384, 4), (384, 2), (256, 4), (256, 2), (192, 8), (192, 4), (128, 8), (96, 8), (64, 8))
Tokens = list[Float32]


def main() -> int:
    """Print a line for each choice."""
    parser = argparse.ArgumentParser(description="Measure compressions of the token vectors.")
    parser.add_argument("file", type=Path)
    corpus = read_squad(parser.parse_args().file)
    with tempfile.TemporaryDirectory() as folder:
        source = models.find_verified(models.DEFAULT_MODEL)
        models.compile_model(source, Path(folder), silent)
        encoder = open_encoder(Path(folder), models.fingerprint(source), 0)
        questions = [unit(encoder.encode_question(one.text).tokens) for one in corpus.questions]
        levels = [level for level in build_levels(corpus, encoder, "en", silent) if level.name in ("all", "near")]
        kept = {"all": corpus.reads, "near": near_documents(corpus)}
        tokens = {name: sentence_tokens(encoder, kept[name]) for name in kept}
    axes = np.linalg.svd(np.concatenate(tokens["all"])[::3], full_matrices=False)[2].T
    print("dimensions  bits  bytes/sentence   P@1    R@5    near: AUROC  refused at 95 %")
    for dimensions, bits in CHOICES:
        compress = compressor(axes[:, :dimensions], bits)
        figures: list[float] = []
        for level in levels:
            scores = late(questions, tokens[level.name], compress)
            if level.name == "all":
                ranked = [np.argsort(-row, kind="stable").tolist() for row in scores]
                found = metrics.ranking_figures(level.gold, ranked)
                figures += [found["p_at_1"], found["r_at_5"]]
            else:
                best = scores.max(axis=1)
                held = np.array(level.gold) >= 0
                pair = best[held].tolist(), best[~held].tolist()
                figures += [metrics.auroc(*pair), metrics.refused_share(*pair)]
        size = np.mean([len(one) for one in tokens["all"]]) * dimensions * bits / 8
        shown = "  ".join(f"{figure:.4f}" for figure in figures)
        print(f"{dimensions:10}  {bits:4}  {size:14.0f}  {shown}", flush=True)
    return 0


def sentence_tokens(encoder: OnnxEncoder, reads: Sequence[ReadDocument]) -> Tokens:
    """Return the unit token vectors of every sentence."""
    corpus = split_corpus(reads, encoder, "en", silent)
    found: Tokens = []
    for window in corpus.windows:
        (encoded,) = encoder.encode_windows([window.text])
        found.extend(unit(sentence_vectors(encoded, span)[0]) for span in window.spans)
    return found


def compressor(axes: Float32, bits: int) -> "Compressor":
    """Return what turns vectors to axes, turned at random below 8 bits, and keeps so many bits of each coordinate."""
    if bits < 8:
        turned, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(axes.shape[1], axes.shape[1])))
        axes = (axes @ turned).astype(np.float32)
    return Compressor(axes, bits, levels(bits) if bits < 8 else np.empty(0))


class Compressor:
    """Compresses stored vectors, and turns questions alike without compressing them."""

    def __init__(self, axes: Float32, bits: int, levels: NDArray[np.float64]) -> None:
        self.axes, self.bits, self.levels = axes, bits, levels

    def question(self, tokens: Float32) -> Float32:
        return unit(tokens @ self.axes)

    def stored(self, tokens: Float32) -> Float32:
        turned = unit(tokens @ self.axes)
        if self.bits == 32:
            return turned
        if self.bits == 8:
            return np.asarray(np.rint(turned * 127) / 127, np.float32)
        bounds = (self.levels[1:] + self.levels[:-1]) / 2
        return unit(self.levels[np.searchsorted(bounds, turned * np.sqrt(turned.shape[1]))].astype(np.float32))


def levels(bits: int) -> NDArray[np.float64]:
    """Return the levels of the best quantizer of a normal distribution (Lloyd 1982), from a fine sample of it."""
    sample = np.sort(np.random.default_rng(0).normal(size=200_000))
    found: NDArray[np.float64] = np.quantile(sample, (np.arange(2**bits) + 0.5) / 2**bits)
    for _ in range(100):
        places = np.searchsorted((found[1:] + found[:-1]) / 2, sample)
        found = np.array([sample[places == level].mean() for level in range(2**bits)])
    return found


def late(questions: Tokens, sentences: Tokens, compress: Compressor) -> Float32:
    """Return the late interaction of every question with every sentence, float32 (questions, sentences)."""
    starts = np.cumsum([0, *(len(one) for one in sentences[:-1])])
    stored = compress.stored(np.concatenate(sentences))
    rows = []
    for question in questions:
        rows.append(np.maximum.reduceat(compress.question(question) @ stored.T, starts, axis=1).mean(axis=0))
    return np.stack(rows)


def unit(rows: Float32) -> Float32:
    """Return rows at unit length."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


if __name__ == "__main__":
    sys.exit(main())
