"""Let a reader judge the best passages: it reads each of them together with the question.

Ranked hits come in; the hits of the best passages go out in a new order with new probabilities, then all others. What
a reader sees of a passage is its text without marks, under its title and headings.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from retrieval.asking.passages import compose_passage, covers
from retrieval.asking.ranker import ReadingWeights
from retrieval.index.index import Index
from retrieval.text.locations import HEADING_SEPARATOR, heading_path
from retrieval.text.table_rows import readable_row
from retrieval.types import Float32, Hit, PassagePart, Sentence

READ_PASSAGES = 8  # further down the right one is rare, and each takes about 5 ms
PASSAGES_AT_ONCE = 2
LIKELY_GAIN = 2.0  # log-odds that few passages exceed which are not among the first
MAX_READ_LENGTH = 700  # characters; the reader cuts longer texts at their end
MARKS = str.maketrans(dict.fromkeys("*`", " "))  # of Markdown; a space each, so that offsets stay
MAX_LOG_ODDS = 12.0
NO_RIVAL_LEAD = 5.0  # of a score, as of an answer that no other passage comes near


class Reading(Protocol):
    """What a reader says of one text: `answers`, the log-odds that it answers the question."""

    @property
    def answers(self) -> float:
        """Return the log-odds that the text answers."""

    def within(self, first: int, last: int) -> float:
        """Compute the log-odds that an answer stands inside the characters first…last of the text."""


class PassageReader(Protocol):
    """Reads question and text together. Production uses an ONNX model, tests a few lines that one can work out."""

    @property
    def fingerprint(self) -> str:
        """Identify the exact weights: same fingerprint, same readings."""

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> Sequence[Reading]:
        """Read pairs of a head (title and headings) and a text, in order."""


@dataclass(frozen=True, slots=True)
class ReadHit:
    """A hit, and the reader's log-odds that its passage answers, and that its sentence does."""

    hit: Hit
    answers: float
    within: float


@dataclass(frozen=True, slots=True)
class PassageWindow:
    """A passage as a reader gets it, `head` and `text`, with its hits, best first, and where its parts begin."""

    document: int
    passage: tuple[PassagePart, ...]
    hits: list[Hit]
    head: str
    text: str
    places: tuple[tuple[PassagePart, int, int], ...]  # of each part, its half-open characters in `text`


def read_hits(
    index: Index, reader: PassageReader, weights: ReadingWeights, question: str, hits: Sequence[Hit]
) -> list[Hit]:
    """Reorder ranked hits by what the reader says of the first passages; the others follow as they were.

    Passages are read two at a time, until what is left can hardly come first, and at most READ_PASSAGES. A hit that was
    not read is at most as probable as the least probable one that was. Raises DamagedIndexError.
    """
    passages, unread = read_passages(index, reader, question, hits, weights)
    if not passages:
        return list(hits)
    judged = [order_passage(passage, weights) for passage in passages]
    judged.sort(key=lambda group: -group[0].hit.score)
    features, readings = features_of(judged)
    probabilities = weights.probabilities(features, readings).tolist()
    ordered = [read.hit for group in judged for read in group]
    read = [replace(hit, probability=probability) for hit, probability in zip(ordered, probabilities, strict=True)]
    lowest = min(probabilities)
    return read + [replace(hit, probability=min(hit.probability, lowest)) for hit in unread]


def is_worth_reading(score: float, read: Sequence[Sequence[ReadHit]], weights: ReadingWeights) -> bool:
    """Tell whether a passage whose best hit has a score may come before those that were read."""
    best = max((group[0].hit.score + weights.order * group[0].answers for group in read), default=-math.inf)
    return score + weights.order * LIKELY_GAIN > best


def order_passage(hits: Sequence[ReadHit], weights: ReadingWeights) -> list[ReadHit]:
    """Score the hits of one passage with what the reader says of it, best first."""
    judged = [replace(read, hit=replace(read.hit, score=read.hit.score + _gain(read, weights))) for read in hits]
    return sorted(judged, key=lambda read: -read.hit.score)


def features_of(passages: Sequence[Sequence[ReadHit]]) -> tuple[Float32, Float32]:
    """Collect the n hits' features, float32 (n, f), and their READING_FEATURES, float32 (n, 3).

    `passages` are the hits of each passage, best first. A passage without another has a lead of NO_RIVAL_LEAD.
    """
    features, readings = [], []
    for number, passage in enumerate(passages):
        others = [other for place, other in enumerate(passages) if place != number]
        most = max((other[0].answers for other in others), default=-MAX_LOG_ODDS)
        best = max((other[0].hit.score for other in others), default=None)
        for read in passage:
            lead = NO_RIVAL_LEAD if best is None else read.hit.score - best
            features.append(read.hit.features)
            readings.append([read.answers, most, lead])
    return np.array(features, np.float32), np.array(readings, np.float32)


def _gain(read: ReadHit, weights: ReadingWeights) -> float:
    return weights.order * read.answers + weights.within * (read.within - read.answers)


def read_passages(
    index: Index,
    reader: PassageReader,
    question: str,
    hits: Sequence[Hit],
    weights: ReadingWeights | None = None,
) -> tuple[list[list[ReadHit]], list[Hit]]:
    """Read passages of ranked hits; return their hits by passage, and the hits in no passage that was read.

    Without weights, the first READ_PASSAGES are read. Raises DamagedIndexError.
    """
    read: list[list[ReadHit]] = []
    unread = list(hits)
    while unread and len(read) < READ_PASSAGES:
        if weights is not None and not is_worth_reading(unread[0].score, read, weights):
            break
        passages, unread = find_passages(index, question, unread, PASSAGES_AT_ONCE)
        readings = reader.read(question, [(passage.head, passage.text) for passage in passages])
        read += [_read_hits(index, passage, reading) for passage, reading in zip(passages, readings, strict=True)]
    return read, unread


def find_passages(
    index: Index, question: str, hits: Sequence[Hit], count: int = READ_PASSAGES
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
            passages.append(PassageWindow(sentence.document, passage, [hit], head, *_readable(passage, sentence)))
        else:
            outside.append(hit)
    return passages, outside


def _readable(
    passage: Sequence[PassagePart], sentence: Sentence
) -> tuple[str, tuple[tuple[PassagePart, int, int], ...]]:
    """Join the parts of a passage to the text that is read, near the sentence, and locate the parts in it."""
    headers: list[str] = []
    text, places = "", []
    for part in passage:
        if part.kind == "header":
            headers.append(part.text)
        if part.kind in ("header", "heading"):
            continue
        if part.kind != "row":
            headers.clear()
        content = readable_row(headers, part.text) if headers else part.text
        places.append((part, len(text), len(text) + len(content)))
        text += content + "\n"
    own = next((start + max(sentence.start - part.start, 0) for part, start, _ in places if _holds(part, sentence)), 0)
    first = max(min(own - MAX_READ_LENGTH // 4, len(text) - MAX_READ_LENGTH), 0)
    shifted = tuple((part, start - first, end - first) for part, start, end in places)
    return text[first : first + MAX_READ_LENGTH].translate(MARKS), shifted


def _read_hits(index: Index, passage: PassageWindow, reading: Reading) -> list[ReadHit]:
    """Pair the hits of a passage with what the reader says."""
    read = []
    for hit in passage.hits:
        sentence = index.sentence(hit.row)
        part, start, end = next(place for place in passage.places if _holds(place[0], sentence))
        if part.kind not in ("row", "code"):
            start, end = start + sentence.start - part.start, start + sentence.end - part.start
        read.append(ReadHit(hit, _bounded(reading.answers), _bounded(reading.within(start, end))))
    return read


def _head(index: Index, sentence: Sentence) -> str:
    """Join the title and the headings above a sentence."""
    document = index.documents[sentence.document]
    headings = heading_path(document, sentence.start) or ""
    names = headings if headings.startswith(document.title) else f"{document.title}{HEADING_SEPARATOR}{headings}"
    return names.removesuffix(HEADING_SEPARATOR).translate(MARKS)


def _holds(part: PassagePart, sentence: Sentence) -> bool:
    return part.start <= sentence.start and sentence.end <= part.end


def _bounded(log_odds: float) -> float:
    return float(np.clip(log_odds, -MAX_LOG_ODDS, MAX_LOG_ODDS))
