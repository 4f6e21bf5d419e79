"""Collect windows to train a reader on: python -m retrieval.measuring.mine_windows INDEX --golden FILE --out OUT.

INDEX is an index folder with its compiled model. The questions are golden ones about its documents, those that were
written for passages of theirs, or with --headings those that its headings ask. For each, the best passages of the index
are windows, as a reader gets them when it answers, with the place of the answer in those that are right. So what does
not answer is what the ranking confuses with an answer. Every line of OUT, a .jsonl.gz file, is a question with its
windows.

A file of --passages has a question in each line, after its document and the words that answer, separated by tabs. A
line whose question begins with "!" is a near miss: what those words answer does not answer it.
"""

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from retrieval.asking.passage_reading import PassageWindow, find_passages
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.errors import DataError
from retrieval.index.index import Index
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion, read_golden
from retrieval.measuring.heading_questions import make_heading_questions
from retrieval.measuring.visible_text import contains_fragment
from retrieval.store import opening
from retrieval.text.cleaning import clean_question
from retrieval.text.locations import HEADING_SEPARATOR
from retrieval.text.terms import split_terms

READ_PASSAGES = 8  # for each question; further down the right one is rare
FIND_PASSAGES = 24  # among which the one is sought for which a question was written
MAX_SHARED_GROUPS = 0.3  # of the groups of four words of a text that is another one
SEPARATORS = 2
NEAR_MISS = "!"
MAX_SHARED_TERMS = 0.5  # of a heading's, in the heading of another section; above, that may answer as well
Span = tuple[int, int]


def main(arguments: Sequence[str]) -> int:
    """Write the windows; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.measuring.mine_windows", description="Collect windows to train a reader on."
    )
    parser.add_argument("index", type=Path, help="an index folder; its compiled model encodes")
    parser.add_argument("ranker", type=Path, help="the ranker's weights")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--golden", type=Path, help="golden questions about the documents")
    source.add_argument("--passages", type=Path, help="questions that were written for passages of the documents")
    source.add_argument("--headings", type=int, metavar="SEED", help="ask what the headings ask")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    index = opening.open_index(options.index).index
    encoder = open_encoder(models.compiled_folder(options.index, index.fingerprint), index.fingerprint, 0)
    retriever = Retriever(index, encoder, read_ranker(options.ranker))
    if options.golden:
        mined = windows_of_golden(retriever, options.golden)
    elif options.passages:
        mined = windows_of_passages(retriever, options.passages)
    else:
        mined = windows_of_headings(retriever, options.headings)
    with gzip.open(options.out, "wt", encoding="utf-8") as file:
        count = 0
        for record in mined:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    sys.stdout.write(f"{count} questions\n")
    return 0


def windows_of_golden(retriever: Retriever, path: Path) -> Iterator[dict[str, Any]]:
    """Yield golden questions with their windows; windows that show a part of an answer are left out."""
    for golden in read_golden(path):
        windows = []
        for window in _windows(retriever, golden.question):
            share = _shown_share(retriever.index, golden, window)
            if share in (0.0, 1.0):
                places = _evidence(golden, window) if share else []
                windows.append(_record(window, window.head, places))
        yield {"question": golden.question, "windows": windows}


def windows_of_passages(retriever: Retriever, path: Path) -> Iterator[dict[str, Any]]:
    """Yield the questions of a file of --passages with their windows, and near misses beside a question like them.

    Whatever may answer as well is left out, and so is a question without a window that answers, with the near misses
    beside it. Raises DataError if a line has not three fields.
    """
    beside: dict[tuple[str, str], dict[str, Any]] = {}
    for document, words, question in read_passage_questions(path):
        if question.startswith(NEAR_MISS):
            if (document, words) in beside:
                yield {"question": question.removeprefix(NEAR_MISS), "beside": beside[document, words]}
            continue
        golden = GoldenQuestion(question, (GoldenAnswer(document, (words,)),))
        windows = _windows(retriever, question, FIND_PASSAGES)
        right = [_shown_share(retriever.index, golden, window) == 1.0 for window in windows]
        records = [
            _record(window, window.head, _evidence(golden, window) if answers else [])
            for window, answers in zip(windows, right, strict=True)
        ]
        known = [_word_groups(record["text"]) for record, answers in zip(records, right, strict=True) if answers]
        kept = [
            record
            for place, (record, answers) in enumerate(zip(records, right, strict=True))
            if answers or (place < READ_PASSAGES and not _may_answer(record["text"], words, known))
        ]
        answering = next((record for record in kept if record["evidence"]), None)
        if answering is not None:
            beside.setdefault((document, words), {"question": question, "window": answering})
            yield {"question": question, "windows": kept}


def read_passage_questions(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the document, the words and the question of each line of a file of --passages. Raises DataError."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.count("\t") != SEPARATORS:
            raise DataError(f"{path}:{number}: not a document, words and a question, separated by tabs")
        document, words, question = line.split("\t")
        yield document, words, question


def _may_answer(text: str, words: str, known: Sequence[set[tuple[str, ...]]]) -> bool:
    """Tell whether a text has the words that answer, or shares much with a text that is known to answer.

    Much is more than MAX_SHARED_GROUPS of the groups of words of either.
    """
    groups = _word_groups(text)
    shared = (len(groups & other) > MAX_SHARED_GROUPS * max(1, min(len(groups), len(other))) for other in known)
    return contains_fragment(text, words) or any(shared)


def _word_groups(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))


def windows_of_headings(retriever: Retriever, seed: int) -> Iterator[dict[str, Any]]:
    """Yield questions made from headings with their windows; whatever says almost the same heading is left out."""
    index = retriever.index
    for asked in make_heading_questions(index, seed):
        terms, windows = set(split_terms(asked.heading, "en")), []
        for window in _windows(retriever, asked.question):
            sentence = index.sentence(window.hits[0].row)
            inside = sentence.document == asked.document and asked.start <= sentence.start < asked.end
            above, _, own = window.head.rpartition(HEADING_SEPARATOR)
            shared = terms & set(split_terms(own, "en"))
            if inside or len(shared) <= MAX_SHARED_TERMS * len(terms):
                head = above if inside or shared else window.head
                windows.append(_record(window, head, [(0, len(window.text))] if inside else []))
        if any(window["evidence"] for window in windows):
            yield {"question": asked.question, "windows": windows}


def _windows(retriever: Retriever, question: str, count: int = READ_PASSAGES) -> list[PassageWindow]:
    cleaned = clean_question(question)
    return find_passages(retriever.index, cleaned, retriever.rank(cleaned), count)[0]


def _record(window: PassageWindow, head: str, evidence: list[Span]) -> dict[str, Any]:
    return {"head": head, "text": window.text, "evidence": evidence}


def _shown_share(index: Index, golden: GoldenQuestion, window: PassageWindow) -> float:
    """Compute the share of the fragments of an answer that a passage shows: the largest of any answer."""
    document = index.documents[window.document].id
    shown = "\n".join(part.text for part in window.passage)
    shares = [
        sum(contains_fragment(shown, fragment) for fragment in answer.fragments) / len(answer.fragments)
        for answer in golden.answers
        if answer.document == document
    ]
    return max(shares, default=0.0)


def _evidence(golden: GoldenQuestion, window: PassageWindow) -> list[Span]:
    """Find the fragments of the answers in a window that shows one of them; the whole window if none is found."""
    found = []
    for answer in golden.answers:
        for fragment in answer.fragments:
            words = re.findall(r"\w+", fragment)
            match = re.search(r"\W+".join(map(re.escape, words)), window.text, re.IGNORECASE) if words else None
            found += [match.span()] if match else []
    return sorted(set(found)) or [(0, len(window.text))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
