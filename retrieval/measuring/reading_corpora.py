"""Ask the questions of corpora, with a reader, to fit how much it counts: each with and without what answers it.

A corpus is a SQuAD or XQuAD-R file, a file NAME.jsonl.gz with questions about the documents in NAME.corpus.jsonl.gz, or
an index folder with golden questions about its documents.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.asking.passage_reading import ReadHit, read_passages
from retrieval.asking.passages import compose_passage
from retrieval.asking.ranker import Ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.encoding.span_reader import SpanReader
from retrieval.errors import DataError
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenQuestion, read_golden
from retrieval.measuring.squad import gold_rows, read_squad
from retrieval.measuring.visible_text import contains_fragment
from retrieval.reading.blocks import split_blocks
from retrieval.store import opening
from retrieval.text.cleaning import clean_question
from retrieval.text.sections import collect_headings
from retrieval.text.terms import split_terms
from retrieval.types import Document, Hit, ReadDocument

MIN_COVERED_SHARE = 0.5  # of the words that a reference answer shares with its source, for a passage that is right
WITHOUT_EVERY = 4  # golden questions of a file are mostly answerable; what members ask is less often
MAX_HITS = 60  # among which passages are sought
Judge = Callable[[Hit], bool]


@dataclass(frozen=True, slots=True)
class CorpusQuestion:
    """A question, the documents and the paragraph (from 1; None: any) that answer it, and whether a hit is right."""

    text: str
    documents: frozenset[int]
    paragraph: int | None
    is_right: Judge


@dataclass(frozen=True, slots=True)
class Asked:
    """The passages that were read for a question, and whether each hit, by row, is right; none is if `without`."""

    passages: list[list[ReadHit]]
    right: dict[int, bool]
    without: bool


def ask_file(file: Path, model_index: Path, reader: SpanReader, ranker: Ranker) -> Iterator[Asked]:
    """Ask the questions of a file, with the compiled model of an index folder. Raises DataError."""
    fingerprint = opening.open_index(model_index).index.fingerprint
    encoder = open_encoder(models.compiled_folder(model_index, fingerprint), fingerprint, 0)
    reads = _squad_documents(file) if file.suffix == ".json" else _documents(file)
    index = build_index(reads, encoder, "en", "all").index
    retriever = Retriever(index, encoder, ranker)
    questions = _squad_questions(file, index) if file.suffix == ".json" else _questions(file, index)
    for number, question in enumerate(questions):
        hits = retriever.rank(question.text)
        yield _read(index, reader, question, hits)
        kept = [hit for hit in hits if not _may_answer(index, question, hit, number % 2 == 0)]
        yield _read(index, reader, question, kept, without=True)
        _report(file.name, number)


def ask_golden(folder: Path, file: Path, reader: SpanReader, ranker: Ranker) -> Iterator[Asked]:
    """Ask golden questions of the index in a folder, every WITHOUT_EVERY-th also without the passages that answer.

    Raises DataError.
    """
    index = opening.open_index(folder).index
    encoder = open_encoder(models.compiled_folder(folder, index.fingerprint), index.fingerprint, 0)
    retriever = Retriever(index, encoder, ranker)
    for number, golden in enumerate(read_golden(file)):

        def is_right(hit: Hit, golden: GoldenQuestion = golden) -> bool:
            return _shows_answer(index, golden, hit)

        question = CorpusQuestion(clean_question(golden.question), frozenset(), None, is_right)
        hits = retriever.rank(question.text)
        yield _read(index, reader, question, hits, without=not golden.answerable)
        if golden.answerable and number % WITHOUT_EVERY == 0:
            kept = [hit for hit in hits[:MAX_HITS] if not is_right(hit)]
            yield _read(index, reader, question, kept, without=True)
        _report(file.name, number)


def _read(
    index: Index, reader: SpanReader, question: CorpusQuestion, hits: Sequence[Hit], *, without: bool = False
) -> Asked:
    """Read the best passages and judge their hits."""
    passages, _ = read_passages(index, reader, question.text, hits)
    read = [read.hit for group in passages for read in group]
    return Asked(passages, {hit.row: not without and question.is_right(hit) for hit in read}, without)


def _shows_answer(index: Index, golden: GoldenQuestion, hit: Hit) -> bool:
    """Tell whether the passage of a hit shows all fragments of an answer."""
    document = index.documents[index.sentence(hit.row).document].id
    answers = [answer for answer in golden.answers if answer.document == document]
    if not answers:
        return False
    shown = "\n".join(part.text for part in compose_passage(index, hit.row, golden.question))
    return any(all(contains_fragment(shown, part) for part in answer.fragments) for answer in answers)


def _report(name: str, number: int) -> None:
    if number % 100 == 0:
        sys.stderr.write(f"{name}: {number} questions\n")


def _may_answer(index: Index, question: CorpusQuestion, hit: Hit, in_document: bool) -> bool:
    """Tell whether a hit is in the document, or in the paragraph, that answers a question."""
    sentence = index.sentence(hit.row)
    if sentence.document not in question.documents:
        return False
    return in_document or question.paragraph is None or sentence.paragraph == question.paragraph


def _squad_documents(file: Path) -> list[ReadDocument]:
    return read_squad(file).reads


def _squad_questions(file: Path, index: Index) -> Iterator[CorpusQuestion]:
    """Yield the questions of a SQuAD file that have an answer; the sentence in which it begins is right."""
    questions = read_squad(file).questions
    for question, gold in zip(questions, gold_rows(index, questions), strict=True):
        if gold >= 0:

            def is_right(hit: Hit, row: int = gold) -> bool:
                return hit.row == row

            yield CorpusQuestion(question.text, frozenset([question.document]), question.paragraph + 1, is_right)


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


def _questions(file: Path, index: Index) -> Iterator[CorpusQuestion]:
    """Yield questions about documents; a passage of theirs with most words of the answer is right."""
    numbers = {document.id: number for number, document in enumerate(index.documents)}
    for entry in _lines(file):
        page = entry["doc_id"].partition("#")[0]
        documents = frozenset(number for name, number in numbers.items() if name.partition("#")[0] == page)
        terms = set(split_terms(entry["reference"], "en")) & set(split_terms(entry["context"], "en"))
        question = entry["question"]

        def is_right(hit: Hit, question: str = question, terms: set[str] = terms, documents: Any = documents) -> bool:
            if index.sentence(hit.row).document not in documents:
                return False
            shown = " ".join(part.text for part in compose_passage(index, hit.row, question))
            return len(terms & set(split_terms(shown, "en"))) >= MIN_COVERED_SHARE * len(terms)

        yield CorpusQuestion(question, documents, None, is_right)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines. Raises DataError."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            yield from map(json.loads, stream)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: {error}") from None
