"""Ask the questions of corpora and let a reader read the best passages, to fit how much its readings count.

A corpus is a SQuAD or XQuAD-R file, a file NAME.jsonl.gz with questions about the documents in NAME.corpus.jsonl.gz, or
an index folder with golden questions about its documents.
"""

import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.passage_reading import (
    ReadPassages,
    Said,
    find_passages,
    is_doubtful,
    read_closely,
    read_passages,
)
from retrieval.asking.ranker import Ranker
from retrieval.asking.retriever import Retriever
from retrieval.asking.selection import compose_shown
from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.encoding.span_reader import SpanReader
from retrieval.errors import DataError
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenQuestion, read_golden
from retrieval.measuring.levels import build_levels
from retrieval.measuring.squad import read_squad
from retrieval.measuring.visible_text import contains_fragment
from retrieval.progress import silent
from retrieval.reading.blocks import split_blocks
from retrieval.store import opening
from retrieval.text.cleaning import clean_question
from retrieval.text.sections import collect_headings
from retrieval.text.terms import split_terms
from retrieval.types import Document, Encoder, Float32, Hit, ReadDocument

MIN_COVERED_SHARE = 0.5  # of the words that a reference answer shares with its source, for a passage that is right
REPEATS = 2  # of an unanswerable question, where fewer than MANY of a file are: members ask more of them
MANY = 1 / 3
Judge = Callable[[Hit], bool]


@dataclass(frozen=True, slots=True)
class CorpusQuestion:
    """A question, whether it has an answer, and what tells whether a hit is right."""

    text: str
    answerable: bool
    is_right: Judge


@dataclass(frozen=True, slots=True)
class Asked:
    """The n passages that were read for a question, or the best one if none was, and what is known about them.

    `features` are those of their best hits, float32 (n, f), `base` their scores before the reading, `answers` the log-
    odds of the reader to compare them by, `closely` those after a closer look, `judged` those to quote them by after a
    closer look, and `moved` the log-odds by which rules raised the ranker's, float32 (n,) each; `joinable` tells which
    two can be shown as one, and `right` which two answer together, on its diagonal which answer alone, bool (n, n)
    each. `before` is the ranker's probability of the first hit, `doubtful` tells whether they were read, and `without`
    whether nothing answers.
    """

    features: Float32
    base: Float32
    answers: Float32
    closely: Float32
    judged: Float32
    moved: Float32
    right: NDArray[np.bool_]
    joinable: NDArray[np.bool_]
    before: float
    doubtful: bool
    without: bool


def ask_file(file: Path, model_index: Path, reader: SpanReader, ranker: Ranker) -> Iterator[Asked]:
    """Ask the questions of a file, with the compiled model of an index folder. Raises DataError."""
    fingerprint = opening.open_index(model_index).index.fingerprint
    encoder = open_encoder(models.compiled_folder(model_index, fingerprint), fingerprint, 0)
    asked = _ask_squad(file, encoder) if file.suffix == ".json" else _ask_documents(file, encoder)
    retriever: Retriever | None = None
    for number, (index, question) in enumerate(asked):
        if retriever is None or retriever.index is not index:
            retriever = Retriever(index, encoder, ranker)
        yield _read(index, reader, ranker, question, retriever.rank(question.text))
        _report(file.name, number)


def ask_golden(
    folder: Path, file: Path, reader: SpanReader, ranker: Ranker, elsewhere: Path | None = None
) -> Iterator[Asked]:
    """Ask golden questions of the index in a folder; those without an answer count REPEATS times if they are few.

    Some of the golden questions in `elsewhere`, about something else, are asked as well.

    Raises DataError.
    """
    index = opening.open_index(folder).index
    encoder = open_encoder(models.compiled_folder(folder, index.fingerprint), index.fingerprint, 0)
    retriever = Retriever(index, encoder, ranker)
    questions = read_golden(file)
    repeats = count_repeats(questions)
    for number, golden in enumerate(questions):

        def is_right(hit: Hit, golden: GoldenQuestion = golden) -> bool:
            return shows_answer(index, golden, hit)

        question = CorpusQuestion(clean_question(golden.question), golden.answerable, is_right)
        asked = _read(index, reader, ranker, question, retriever.rank(question.text))
        yield from [asked] * (1 if golden.answerable else repeats)
        _report(file.name, number)
    for golden in choose_far(questions, read_golden(elsewhere), repeats) if elsewhere else ():
        question = CorpusQuestion(clean_question(golden.question), False, _never)
        yield _read(index, reader, ranker, question, retriever.rank(question.text))


def _read(index: Index, reader: SpanReader, ranker: Ranker, question: CorpusQuestion, hits: Sequence[Hit]) -> Asked:
    """Read the passages of ranked hits, and judge the best hit of each."""
    doubtful = is_doubtful(hits)
    if doubtful:
        read = read_passages(index, reader, ranker, question.text, hits)
        given = zip(read.passages, read.said, strict=True)
        closely = [read_closely(reader, question.text, passage, said) for passage, said in given]
    else:
        passages = find_passages(index, question.text, hits, 1)[0]
        nothing = np.zeros(len(passages), np.float32)
        closely = [Said(0.0, 0.0)] * len(passages)
        alone = np.zeros((len(passages), len(passages)), bool)
        read = ReadPassages(passages, nothing, closely, [nothing] * len(passages), [], alone)
    best = [passage.hits[0] for passage in read.passages]
    features = np.array([hit.features for hit in best], np.float32).reshape(len(best), len(FEATURE_NAMES))
    moved = np.array([each[0] for each in read.moved], np.float32)
    right = _right(question, best, read.joinable)
    before = hits[0].probability if hits else 0.0
    return Asked(
        features=features,
        base=read.base,
        answers=read.answers,
        closely=np.array([said.answers for said in closely], np.float32),
        judged=np.array([said.judged for said in closely], np.float32),
        moved=moved,
        right=right,
        joinable=read.joinable,
        before=before,
        doubtful=doubtful,
        without=not question.answerable,
    )


def _right(question: CorpusQuestion, hits: Sequence[Hit], joinable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Judge each of n hits, on the diagonal, and each with those that can be shown with it, bool (n, n)."""
    right = np.diag([question.answerable and question.is_right(hit) for hit in hits]).astype(bool)
    for place, other in np.argwhere(joinable & question.answerable).tolist():
        right[place, other] = question.is_right(replace(hits[place], beside=hits[other].row))
    return right


def count_repeats(questions: Sequence[GoldenQuestion]) -> int:
    """Return how often a question without an answer counts."""
    return REPEATS if _without_answer(questions) < MANY * len(questions) else 1


def choose_far(
    questions: Sequence[GoldenQuestion], others: Sequence[GoldenQuestion], repeats: int
) -> list[GoldenQuestion]:
    """Choose the first of other questions that are answered elsewhere, half as many as what has no answer counts."""
    return [other for other in others if other.answerable][: _without_answer(questions) * repeats // 2]


def _without_answer(questions: Sequence[GoldenQuestion]) -> int:
    return sum(not question.answerable for question in questions)


def _never(_hit: Hit) -> bool:
    return False


def shows_answer(index: Index, golden: GoldenQuestion, hit: Hit) -> bool:
    """Tell whether the passage of a hit shows all fragments of an answer."""
    document = index.documents[index.sentence(hit.row).document].id
    answers = [answer for answer in golden.answers if answer.document == document]
    if not answers:
        return False
    shown = "\n".join(part.text for part in compose_shown(index, hit, golden.question))
    return any(all(contains_fragment(shown, part) for part in answer.fragments) for answer in answers)


def _report(name: str, number: int) -> None:
    if number % 100 == 0:
        sys.stderr.write(f"{name}: {number} questions\n")


def _ask_squad(file: Path, encoder: Encoder) -> Iterator[tuple[Index, CorpusQuestion]]:
    """Yield the questions of a SQuAD file with the indexes of the levels; the sentence with the answer is right."""
    corpus = read_squad(file)
    for level in build_levels(corpus, encoder, "en", silent)[1:]:
        for asked, gold in zip(corpus.questions, level.gold, strict=True):

            def is_right(hit: Hit, row: int = gold) -> bool:
                return hit.row == row

            yield level.index, CorpusQuestion(asked.text, gold >= 0, is_right)


def _documents(file: Path) -> list[ReadDocument]:
    """Read the documents beside a file of questions. Raises DataError."""
    reads = []
    for entry in _lines(file.with_name(file.name.replace(".jsonl", ".corpus.jsonl"))):
        text = entry["text"]
        blocks = tuple(split_blocks(text, 0))
        headings = collect_headings(blocks)
        reads.append(
            ReadDocument(Document(entry["id"], entry["title"], None, None, None, text, "", "", headings), blocks)
        )
    return reads


def _ask_documents(file: Path, encoder: Encoder) -> Iterator[tuple[Index, CorpusQuestion]]:
    """Yield questions about documents with indexes of each half of the pages; only one half has the answer."""
    reads = _documents(file)
    for half in (0, 1):
        kept = [read for read in reads if zlib.crc32(_page(read.document.id).encode()) % 2 == half]
        index = build_index(kept, encoder, "en", f"half {half}").index
        for entry in _lines(file):
            page = _page(entry["doc_id"])
            terms = set(split_terms(entry["reference"], "en")) & set(split_terms(entry["context"], "en"))
            question = entry["question"]

            def is_right(hit: Hit, index: Index = index, question: str = question, terms: set[str] = terms) -> bool:
                shown = " ".join(part.text for part in compose_shown(index, hit, question))
                return len(terms & set(split_terms(shown, "en"))) >= MIN_COVERED_SHARE * len(terms)

            def is_on_page(hit: Hit, index: Index = index, page: str = page, judge: Judge = is_right) -> bool:
                return _page(index.documents[index.sentence(hit.row).document].id) == page and judge(hit)

            yield index, CorpusQuestion(question, zlib.crc32(page.encode()) % 2 == half, is_on_page)


def _page(document: str) -> str:
    """Return the page of a document, which may be one of its sections."""
    return document.partition("#")[0]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines. Raises DataError."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            yield from map(json.loads, stream)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: {error}") from None
