"""Read a SQuAD or XQuAD-R file: each article a document, each paragraph a block of prose."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.errors import DataError
from retrieval.index.index import Column, Index
from retrieval.types import Block, Document, ReadDocument


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with where its answer starts, and what it was asked about."""

    text: str
    document: int
    paragraph: int  # of the document, from 0
    answer_start: int  # character of the document's text
    first: bool  # whether it is the first question of its paragraph


@dataclass(frozen=True, slots=True)
class LabelledCorpus:
    """Documents, the questions about them, and the file's own spans of sentences where it has any."""

    name: str
    reads: list[ReadDocument]
    questions: list[LabelledQuestion]
    breaks: list[list[tuple[int, int]]]


def read_squad(path: Path) -> LabelledCorpus:
    """Read the file. Raises DataError when it is not in SQuAD's format."""
    corpus = LabelledCorpus(path.name, [], [], [])
    try:
        content = json.loads(path.read_text("utf-8"))
        for row, article in enumerate(content["data"]):
            text = ""
            blocks: list[Block] = []
            breaks: list[tuple[int, int]] = []
            for number, paragraph in enumerate(article["paragraphs"]):
                start = len(text)
                text += paragraph["context"]
                blocks.append(Block(start, len(text), "prose"))
                breaks.extend((start + int(a), start + int(b)) for a, b in paragraph.get("sentence_breaks", []))
                text += "\n\n"
                for place, asked in enumerate(paragraph["qas"]):
                    answer = start + int(asked["answers"][0]["answer_start"])
                    corpus.questions.append(LabelledQuestion(asked["question"], row, number, answer, place == 0))
            title = str(article["title"]).replace("_", " ")
            name = f"{row:04d}-{article['title']}"
            checksum = hashlib.sha256(text.encode()).hexdigest()
            corpus.reads.append(ReadDocument(Document(name, title, None, None, None, text, checksum), tuple(blocks)))
            corpus.breaks.append(breaks)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise DataError(f"{path} is not a SQuAD file: {type(error).__name__}: {error}") from None
    return corpus


def gold_rows(index: Index, questions: list[LabelledQuestion]) -> list[int]:
    """Return for each question the row of the sentence that holds its answer's start, or -1.

    Where the answer starts between two sentences, the one before it counts. -1 means that the index
    does not hold the sentence.
    """
    keys = index.table[:, Column.DOCUMENT].astype(np.int64) << 32 | index.table[:, Column.START]
    rows = []
    for asked in questions:
        row = int(np.searchsorted(keys, (asked.document << 32) + asked.answer_start, "right")) - 1
        sentence = index.sentence(row)
        text = index.documents[asked.document].text
        gap = text[sentence.end : asked.answer_start] if sentence.start <= asked.answer_start else "x"
        rows.append(row if row >= 0 and sentence.document == asked.document and not gap.strip() else -1)
    return rows
