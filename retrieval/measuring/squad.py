"""Read SQuAD and XQuAD-R files: each article becomes a document, each paragraph a block of prose.

A labelled question knows where its answer starts; gold_rows finds the sentence there in an index. SQuAD 2.0 has
questions without an answer as well: they count as unanswerable in every index, and not at all in figures about ranking.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import DataError
from retrieval.index.index import Column, Index
from retrieval.measuring.metrics import NO_ANSWER
from retrieval.types import Block, Document, ReadDocument


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and where its answer starts, if it has one."""

    text: str
    document: int  # row of the document
    paragraph: int  # of the document, from 0
    answer_start: int | None  # offset in the document's text; None if the question has no answer
    first: bool  # whether it is the first question about its paragraph that has an answer


@dataclass(frozen=True, slots=True)
class LabelledCorpus:
    """Documents and the questions about them.

    `sentence_spans` are the half-open spans of the sentences of each document, if the file has them.
    """

    name: str
    reads: list[ReadDocument]
    questions: list[LabelledQuestion]
    sentence_spans: list[list[tuple[int, int]]]


def read_squad(path: Path) -> LabelledCorpus:
    """Read a file. Raises DataError when it is not in the format of SQuAD."""
    corpus = LabelledCorpus(path.name, [], [], [])
    try:
        content = json.loads(path.read_text("utf-8"))
        for row, article in enumerate(content["data"]):
            text = ""
            blocks: list[Block] = []
            spans: list[tuple[int, int]] = []
            for number, paragraph in enumerate(article["paragraphs"]):
                start = len(text)
                text += paragraph["context"]
                blocks.append(Block(start, len(text), "prose"))
                spans.extend((start + int(a), start + int(b)) for a, b in paragraph.get("sentence_breaks", []))
                text += "\n\n"
                corpus.questions.extend(_read_questions(paragraph["qas"], row, number, start))
            title = str(article["title"]).replace("_", " ")
            name = f"{row:04d}-{article['title']}"
            checksum = hashlib.sha256(text.encode()).hexdigest()
            corpus.reads.append(ReadDocument(Document(name, title, None, None, None, text, checksum), tuple(blocks)))
            corpus.sentence_spans.append(spans)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise DataError(f"{path} is not a SQuAD file: {type(error).__name__}: {error}") from None
    return corpus


def _read_questions(entries: list[Any], document: int, paragraph: int, offset: int) -> Iterator[LabelledQuestion]:
    """Read the questions about a paragraph that starts at an offset of its document."""
    first = True
    for entry in entries:
        has_answer = bool(entry["answers"]) and not entry.get("is_impossible")
        answer_start = offset + int(entry["answers"][0]["answer_start"]) if has_answer else None
        yield LabelledQuestion(entry["question"], document, paragraph, answer_start, first=first and has_answer)
        first = first and not has_answer


def gold_rows(index: Index, questions: list[LabelledQuestion]) -> list[int]:
    """Find for each question the row of the sentence where its answer starts.

    It is -1 if the index lacks the sentence, and NO_ANSWER if the question has no answer.
    If the answer starts in the white space after a sentence, that sentence counts.
    """
    keys = index.table[:, Column.DOCUMENT].astype(np.int64) << 32 | index.table[:, Column.START]
    rows = []
    for question in questions:
        if question.answer_start is None:
            rows.append(NO_ANSWER)
            continue
        row = int(np.searchsorted(keys, (question.document << 32) + question.answer_start, "right")) - 1
        rows.append(row if row >= 0 and _is_answer(index, row, question.document, question.answer_start) else -1)
    return rows


def _is_answer(index: Index, row: int, document: int, answer_start: int) -> bool:
    """Return whether an answer starts in a row or in the white space after it, given that it does not start before."""
    sentence = index.sentence(row)
    return sentence.document == document and not index.documents[document].text[sentence.end : answer_start].strip()
