"""Time rebuilds: python tests/benchmarks/index_life.py SQUAD_FILE [SENTENCES] [FILES].

Prints one JSON object per line: loading the model, the first build of SENTENCES (by default 100000) of generated text
(see retrieval.measuring.distractors), an unchanged rebuild, a dry run, a rebuild after one document changed, and dry
runs for FILES (by default 10000) small files, new and unchanged. Random vectors replace the model, because its time
says nothing about everything else. The best of three runs counts.
"""

import argparse
import json
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np

from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.measuring import squad
from retrieval.measuring.distractors import generate_distractors
from retrieval.progress import silent
from retrieval.types import Encoded, Float32
from retrieval.upkeep import rebuild as rebuilding
from retrieval.upkeep.plan import RebuildOptions, preview
from retrieval.upkeep.rebuild import rebuild

DIMENSION = 384
WINDOW_TOKENS = 250
RUNS = 3


class RandomEncoder:
    """Makes random vectors that depend on the text alone; a token is a word."""

    dimension = DIMENSION
    window_tokens = WINDOW_TOKENS
    similarity_range = (0.0, 1.0)

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def project(self, tokens: Float32) -> Float32:
        return tokens

    def encode_question(self, question: str) -> Encoded:
        return self._encode(question)

    def encode_windows(self, texts: Sequence[str]) -> list[Encoded]:
        return [self._encode(text) for text in texts]

    def _encode(self, text: str) -> Encoded:
        spans, end = [], 0
        for word in text.split()[:WINDOW_TOKENS]:
            start = text.index(word, end)
            end = start + len(word)
            spans.append((start, end))
        rng = np.random.default_rng(zlib.crc32(text.encode()))
        tokens = rng.standard_normal((len(spans), DIMENSION), dtype=np.float32)
        tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
        return Encoded(tokens[0], tokens, np.array(spans, np.int32).reshape(-1, 2))


def main() -> None:
    """Time everything and print it."""
    parser = argparse.ArgumentParser(description="Time rebuilds.")
    parser.add_argument("file", type=Path)
    parser.add_argument("sentences", type=int, nargs="?", default=100_000)
    parser.add_argument("files", type=int, nargs="?", default=10_000)
    arguments = parser.parse_args()
    corpus = squad.read_squad(arguments.file)
    both = zip(corpus.reads, corpus.sentence_spans, strict=True)
    articles = [[read.document.text[start:end] for start, end in spans] for read, spans in both]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = models.find_verified(models.DEFAULT_MODEL)
        compiled = root / "index" / "models" / models.fingerprint(source)
        models.compile_model(source, compiled, silent)
        time_best("loading the model", lambda: open_encoder(compiled, compiled.name, 0))
        with mock.patch.object(rebuilding, "open_encoder", lambda _, fingerprint, __: RandomEncoder(fingerprint)):
            time_large_corpus(root, articles, arguments.sentences)
            time_many_files(root, arguments.files)


def time_large_corpus(root: Path, articles: list[list[str]], count: int) -> None:
    """Time rebuilds of a large corpus."""
    seeds = root / "seeds"
    seeds.mkdir()
    for read in generate_distractors(articles, count):
        (seeds / f"{read.document.id}.txt").write_text(read.document.text, "utf-8")
    options = RebuildOptions(seeds, root / "index", models.DEFAULT_MODEL, "en", 1_000_000)
    time_best(f"first build of {count}", lambda: rebuild(options, silent), runs=1)
    time_best("unchanged rebuild", lambda: rebuild(options, silent))
    changed = sorted(seeds.iterdir())[count // 80]

    def edit() -> None:
        text = changed.read_text("utf-8")
        changed.write_text(f"{text}\n\nThis sentence was added at {time.time_ns()}.\n", "utf-8")

    time_best("dry run", lambda: preview(options))
    time_best("one document changed, to live", lambda: rebuild(options, silent), before=edit)


def time_many_files(root: Path, count: int) -> None:
    """Time dry runs with many files."""
    seeds = root / "files"
    seeds.mkdir()
    for number in range(count):
        text = f"# Note {number}\n\nThis note has the number {number}. It says nothing else.\n"
        (seeds / f"note-{number:06d}.md").write_text(text, "utf-8")
    index = root / "other"
    (index / "models").parent.mkdir()
    (index / "models").symlink_to(root / "index" / "models")
    options = RebuildOptions(seeds, index, models.DEFAULT_MODEL, "en", 1_000_000)
    time_best(f"dry run of {count} new files", lambda: preview(options))
    rebuild(options, silent)
    time_best(f"dry run of {count} unchanged files", lambda: preview(options))


def time_best(
    what: str, run: Callable[[], object], *, before: Callable[[], object] = lambda: None, runs: int = RUNS
) -> None:
    """Print the seconds of the best run, and its processor seconds, which do not depend on other processes."""
    best = (float("inf"), 0.0)
    for _ in range(runs):
        before()
        started = time.perf_counter(), time.process_time()
        run()
        best = min(best, (time.perf_counter() - started[0], time.process_time() - started[1]))
    print(json.dumps({"what": what, "seconds": round(best[0], 2), "processor": round(best[1], 2)}), flush=True)


if __name__ == "__main__":
    main()
