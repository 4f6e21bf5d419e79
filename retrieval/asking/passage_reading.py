"""Let a reader judge the best passage: it reads it together with the question, where the ranker is in doubt.

Ranked hits come in; they go out in the same order with new probabilities. What a reader sees of a passage is its text
without marks, under its title and headings.

Reading more passages to reorder them was tried: more of the first passages were right, but which of them answer was
told less well, so that no more questions were answered at the same precision, for four times the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from retrieval.asking.passages import compose_passage, covers
from retrieval.asking.ranker import Ranker
from retrieval.index.index import Index
from retrieval.text.locations import HEADING_SEPARATOR, heading_path
from retrieval.text.table_rows import readable_row
from retrieval.types import Hit, PassagePart, Sentence

SURE_NOT, SURE = 0.05, 0.9  # probabilities below and from which a reading hardly changes an outcome
MAX_READ_LENGTH = 700  # characters; the reader cuts longer texts at their end
MARKS = str.maketrans(dict.fromkeys("*`", " "))  # of Markdown; a space each, so that offsets stay
MAX_LOG_ODDS = 12.0


class Reading(Protocol):
    """What a reader says of one text: `answers`, the log-odds that it answers the question."""

    @property
    def answers(self) -> float:
        """Return the log-odds that the text answers."""


class PassageReader(Protocol):
    """Reads question and text together. Production uses an ONNX model, tests a few lines that one can work out."""

    @property
    def fingerprint(self) -> str:
        """Identify the exact weights: same fingerprint, same readings."""

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> Sequence[Reading]:
        """Read pairs of a head (title and headings) and a text, in order."""


@dataclass(frozen=True, slots=True)
class PassageWindow:
    """A passage as a reader gets it, `head` and `text`, with its hits, best first."""

    document: int
    passage: tuple[PassagePart, ...]
    hits: list[Hit]
    head: str
    text: str


def judge_best(index: Index, reader: PassageReader, ranker: Ranker, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Judge the passage of the first of ranked hits, unless its probability says enough.

    Its hits get new probabilities; all others are at most as probable as the first one. Raises DamagedIndexError.
    """
    if ranker.reading is None or not hits or not SURE_NOT <= hits[0].probability < SURE:
        return list(hits)
    (passage,), _ = find_passages(index, question, hits, 1)
    answers = read_window(reader, question, passage)
    features = np.stack([hit.features for hit in passage.hits])
    moved = ranker.moved(features, np.array([hit.probability for hit in passage.hits], np.float32))
    readings = np.full(len(features), answers, np.float32)
    probabilities = ranker.reading.probabilities(features, readings, moved).tolist()
    judged = dict(zip([hit.row for hit in passage.hits], probabilities, strict=True))
    best = probabilities[0]
    return [replace(hit, probability=judged.get(hit.row, min(hit.probability, best))) for hit in hits]


def read_hit(index: Index, reader: PassageReader, question: str, hit: Hit) -> float:
    """Read the passage of a hit; return the log-odds that it answers, bounded. Raises DamagedIndexError."""
    (passage,), _ = find_passages(index, question, [hit], 1)
    return read_window(reader, question, passage)


def read_window(reader: PassageReader, question: str, passage: PassageWindow) -> float:
    """Read a passage; return the log-odds that it answers, bounded."""
    (reading,) = reader.read(question, [(passage.head, passage.text)])
    return float(np.clip(reading.answers, -MAX_LOG_ODDS, MAX_LOG_ODDS))


def find_passages(
    index: Index, question: str, hits: Sequence[Hit], count: int
) -> tuple[list[PassageWindow], list[Hit]]:
    """Compose the first `count` passages of ranked hits, with the hits in each; return also the hits in none of them.

    Raises DamagedIndexError.
    """
    passages: list[PassageWindow] = []
    outside = []
    for hit in hits:
        sentence = index.sentence(hit.row)
        known = next(
            (other for other in passages if other.document == sentence.document and covers(other.passage, sentence)),
            None,
        )
        if known is not None:
            known.hits.append(hit)
        elif len(passages) < count:
            passage = compose_passage(index, hit.row, question)
            head = _head(index, sentence)
            passages.append(PassageWindow(sentence.document, passage, [hit], head, _readable(passage, sentence)))
        else:
            outside.append(hit)
    return passages, outside


def _readable(passage: Sequence[PassagePart], sentence: Sentence) -> str:
    """Join the parts of a passage to the text that is read, near the sentence."""
    headers: list[str] = []
    text, own = "", 0
    for part in passage:
        if part.kind == "header":
            headers.append(part.text)
        if part.kind in ("header", "heading"):
            continue
        if part.kind != "row":
            headers.clear()
        if part.start <= sentence.start and sentence.end <= part.end:
            own = len(text) + sentence.start - part.start
        text += (readable_row(headers, part.text) if headers else part.text) + "\n"
    first = max(min(own - MAX_READ_LENGTH // 4, len(text) - MAX_READ_LENGTH), 0)
    return text[first : first + MAX_READ_LENGTH].translate(MARKS)


def _head(index: Index, sentence: Sentence) -> str:
    """Join the title and the headings above a sentence."""
    document = index.documents[sentence.document]
    headings = heading_path(document, sentence.start) or ""
    names = headings if headings.startswith(document.title) else f"{document.title}{HEADING_SEPARATOR}{headings}"
    return names.removesuffix(HEADING_SEPARATOR).translate(MARKS)
