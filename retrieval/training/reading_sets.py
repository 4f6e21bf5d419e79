"""Read question sets: gzipped JSON lines with a passage, a question and the spans that answer it.

A record has `id`, `title`, `context`, `question`, `answers` ([{text, start}], empty where the passage does not answer),
optionally `answer_sentences` ([[start, end]], where only sentences are marked) and `answerable`. Records that say that
they are answerable but mark no span give a passage, but no question.
Spans are half-open and count characters of `context`.
"""

import gzip
import json
import re
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from retrieval.errors import DataError
from retrieval.text.sentences import sentence_spans

Span = tuple[int, int]
MACHINE_TITLE = re.compile(r"Amazon_Reviews_|Filtered_Reddit|wikipedia:|wikinews:")
HELD_OUT_EVERY = 50  # passages
MAX_OVERLAP = 0.9  # a near passage that shares more of the answer's words often answers too


@dataclass(frozen=True)
class Passage:
    """A passage of a set; `group` is the article that it belongs to, "" where the set names none.

    `pieces` are the spans of what stands for sentences, as the rows of a table do; without them, sentences are found.
    """

    title: str
    heading: str
    text: str
    group: str
    pieces: tuple[Span, ...] = ()

    @cached_property
    def sentences(self) -> list[Span]:
        """Return the spans of the sentences, in order."""
        return list(self.pieces) or sentence_spans(self.text, "en") or [(0, len(self.text))]


@dataclass(frozen=True)
class Question:
    """A question about a passage, given by its row in the set.

    `answers` are the spans of the shortest known answers, `sentences` those of sentences that answer, where answers are
    not marked. Both are empty if the passage does not answer. `near` are rows of passages close by that do not answer.
    """

    text: str
    passage: int
    answers: tuple[Span, ...]
    sentences: tuple[Span, ...]
    near: tuple[int, ...] = ()

    @property
    def evidence(self) -> tuple[Span, ...]:
        """Return what must be in a window that answers: the answers, else the sentences."""
        return self.answers or self.sentences


@dataclass
class ReadingSet:
    """The questions and passages of a file; `groups` maps the name of each article to the rows of its passages."""

    name: str
    questions: list[Question]
    passages: list[Passage]
    groups: dict[str, list[int]] = field(default_factory=dict)


def read_set(path: Path, near: dict[str, list[str]]) -> ReadingSet:
    """Read a set. `near` maps the id of a question to those of questions whose passages are near and do not answer.

    Raises DataError if the file cannot be read or a record misses a field.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        return _collect(path.name.split(".")[0], records, near)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a set of questions: {' '.join(str(error).split())[:200]}") from None


def is_held_out(passage: Passage) -> bool:
    """Tell whether the questions about a passage are kept from training, to measure with: those of one in fifty."""
    return zlib.crc32(passage.text.encode()) % HELD_OUT_EVERY == 0


def read_near(path: Path) -> dict[str, list[str]]:
    """Read the ids of near passages for the id of each question, without those that overlap the answer too much."""
    if not path.is_file():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    return {
        record["id"]: [
            other for other, overlap in zip(record["neg"], record["overlap"], strict=True) if overlap <= MAX_OVERLAP
        ]
        for record in records
    }


def _collect(name: str, records: list[dict[str, Any]], near: dict[str, list[str]]) -> ReadingSet:
    """Collect the questions and the distinct passages of records."""
    passages: dict[Passage, int] = {}
    rows = {record["id"]: passages.setdefault(passage_of(record), len(passages)) for record in records}
    questions = []
    for record in records:
        answers = tuple((a["start"], a["start"] + len(a["text"])) for a in record["answers"])
        for (start, end), answer in zip(answers, record["answers"], strict=True):
            if record["context"][start:end] != answer["text"]:
                raise ValueError(f"{record['id']}: the answer does not stand at its offset")
        sentences = tuple((start, end) for start, end in record.get("answer_sentences", ()))
        marked = bool(answers or sentences)
        answerable = record.get("answerable", marked)
        if answerable and not marked:
            continue  # its passage answers, but nobody knows where
        found = tuple(rows[other] for other in near.get(record["id"], ()) if other in rows)
        evidence = (answers, sentences) if answerable else ((), ())
        questions.append(Question(record["question"], rows[record["id"]], *evidence, found))
    groups = defaultdict(list)
    for passage, row in passages.items():
        groups[passage.group].append(row)
    return ReadingSet(name, questions, list(passages), dict(groups))


def passage_of(record: dict[str, Any]) -> Passage:
    """Return the passage of a record, with the tokenised quotes of treebanks (`` '') written as quotes."""
    title = "" if MACHINE_TITLE.match(record["title"]) else record["title"].replace("_", " ")
    text = record["context"].replace("``", '" ').replace("''", ' "')  # of the same length, so that spans stay valid
    return Passage(title, str(record.get("qtype") or ""), text, title)
