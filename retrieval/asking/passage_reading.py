"""Let a reader judge the best passages: it reads each together with the question, where the ranker is in doubt.

Ranked hits come in; those of the passages that were read go out in a new order, the first with new probabilities and
with the passage to show beside it, if there is one; then all others. What a reader sees of a passage is its text
without marks, under its title and headings.

The two passages that come first are read again in halves if they are long, since of a long text a reader says less
surely whether it answers.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.constrained_hits import MAX_JUDGED_HITS
from retrieval.asking.passages import compose_passage, covers, join_passages
from retrieval.asking.ranker import Ranker
from retrieval.asking.table_keys import find_unnamed_rows
from retrieval.index.index import Index
from retrieval.text.locations import HEADING_SEPARATOR, heading_path
from retrieval.text.table_rows import readable_row
from retrieval.types import Float32, Hit, PassagePart, Sentence

READ_PASSAGES = 5  # further down the right one is rare, and each takes about 5 ms
MAX_BEHIND = 6.0  # of a score: what is so far behind the first passage is not read
SURE_NOT, SURE = 0.02, 0.95  # probabilities below and from which a reading hardly changes an outcome
MAX_READ_LENGTH = 700  # characters; the reader cuts longer texts at their end
CLOSE_PASSAGES = 2  # are read closely, unless one is further behind the first than MAX_CLOSE of a score
MAX_CLOSE = 4.0
MIN_HALVED_LENGTH = 250  # characters; of a shorter text the halves say no more
MIN_HALVED_ANSWERS = -3.0  # log-odds; of what answers as little as this neither
HALF_END = re.compile(r"[.!?:]\s|\n")
MARKS = str.maketrans(dict.fromkeys("*`", " "))  # of Markdown; a space each, so that offsets stay
MAX_LOG_ODDS = 12.0
MAX_LEAD = 4.0  # of a score over the others that were read; in a small index, more says no more
MAX_JOINED_BEHIND = 3.0  # of a score: a passage of the same section that is no further behind is shown with the first


class Reading(Protocol):
    """What a reader says of one text."""

    @property
    def answers(self) -> float:
        """Return the log-odds that the text answers the question, to compare it with other texts."""

    @property
    def judged(self) -> float:
        """Return the log-odds that the text answers the question, to decide whether to quote it."""


class PassageReader(Protocol):
    """Reads question and text together. Production uses an ONNX model, tests a few lines that one can work out."""

    @property
    def fingerprint(self) -> str:
        """Identify the exact weights: same fingerprint, same readings."""

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> Sequence[Reading]:
        """Read pairs of a head (title and headings) and a text, in order."""


class Said(NamedTuple):
    """What a reader says of a passage: the bounded log-odds of Reading."""

    answers: float
    judged: float


@dataclass(frozen=True, slots=True)
class PassageWindow:
    """A passage as a reader gets it, `head` and `text`, with its hits, best first."""

    document: int
    passage: tuple[PassagePart, ...]
    hits: list[Hit]
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadPassages:
    """The n passages that were read, in the order of their best hits, and the hits in none of them.

    `base` are the scores of the best hits, float32 (n,), falling; `said` is what the reader says of the passages;
    `moved` are, for the hits of each passage, the log-odds by which rules raised them. `joinable`, bool (n, n), tells
    which two can be shown as one.
    """

    passages: list[PassageWindow]
    base: Float32
    said: list[Said]
    moved: list[Float32]
    outside: list[Hit]
    joinable: NDArray[np.bool_]

    @property
    def answers(self) -> Float32:
        """Return the log-odds by which the passages are compared, float32 (n,)."""
        return np.array([said.answers for said in self.said], np.float32)


class Order(NamedTuple):
    """The places of n passages, best first, and their new scores, float32 (n,), by place.

    `partner` is the place of the passage that is shown with the first one, or None; `lead` is by how much the score of
    the first exceeds that of the best other, at most MAX_LEAD.
    """

    places: list[int]
    scores: Float32
    partner: int | None
    lead: float


def judge_best(index: Index, reader: PassageReader, ranker: Ranker, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Order the best passages of ranked hits and judge the first, unless the probability of the first hit says enough.

    The hits of a passage stay together and in order. All others keep the ranker's probability, but none is more
    probable than the first one, and none that was not read has a higher score than one that was.

    Raises DamagedIndexError.
    """
    if ranker.reading is None or not is_doubtful(hits):
        return list(hits)
    read = read_passages(index, reader, ranker, question, hits)
    order, said = order_closely(
        ranker.reading.order,
        read.base,
        read.answers,
        read.joinable,
        lambda place: read_closely(reader, question, read.passages[place], read.said[place]),
    )
    first, *others = order.places
    passage = read.passages[first]
    lead = order.lead if others or read.outside else 0.0  # over nothing, that says nothing
    probabilities = ranker.reading.probabilities(
        np.stack([hit.features for hit in passage.hits]),
        np.tile(np.array([*said, lead], np.float32), (len(passage.hits), 1)),
        read.moved[first],
    ).tolist()
    best = probabilities[0]
    beside = None if order.partner is None else read.passages[order.partner].hits[0].row
    judged = [
        replace(hit, score=float(order.scores[first]), probability=min(probability, best), beside=beside)
        for hit, probability in zip(passage.hits, probabilities, strict=True)
    ]
    behind = [replace(hit, score=float(order.scores[place])) for place in others for hit in read.passages[place].hits]
    lowest = float(order.scores[order.places[-1]])
    behind += [replace(hit, score=min(hit.score, lowest)) for hit in read.outside]
    return judged + [replace(hit, probability=min(hit.probability, best)) for hit in behind]


def is_doubtful(hits: Sequence[Hit]) -> bool:
    """Tell whether a reading may change what comes of ranked hits."""
    return bool(hits) and SURE_NOT <= hits[0].probability < SURE


def read_passages(
    index: Index, reader: PassageReader, ranker: Ranker, question: str, hits: Sequence[Hit]
) -> ReadPassages:
    """Read the first passages of ranked hits, as far as they can still come first. Raises DamagedIndexError.

    A row of a table answers no better than another one of it that has a number of the question.
    """
    passages = find_passages(index, question, hits, READ_PASSAGES)[0]
    # What a rule put first stays before the others until a reading says otherwise, whatever its score.
    scores = np.array([passage.hits[0].score for passage in passages], np.float32)
    base = np.maximum.accumulate(scores[::-1])[::-1]
    known = {hit.row for hit in hits[:MAX_JUDGED_HITS]}  # to the rules
    near = [place for place in range(len(passages)) if base[place] >= base[0] - MAX_BEHIND]
    near = [place for place in near if passages[place].hits[0].row in known]
    kept = [passages[place] for place in near]
    readings = reader.read(question, [(passage.head, passage.text) for passage in kept])
    said = [_bounded(reading) for reading in readings]
    rows = [passage.hits[0].row for passage in kept]
    for row, named in find_unnamed_rows(index, hits[:MAX_JUDGED_HITS], question).items():
        if row in rows and named in rows:
            place, other = rows.index(row), rows.index(named)
            said[place] = Said(*map(min, said[place], said[other]))
    read = {hit.row for passage in kept for hit in passage.hits}
    outside = [hit for hit in hits if hit.row not in read]
    return ReadPassages(kept, base[near], said, _moved(ranker, kept), outside, _joinable(index, question, kept))


def _bounded(reading: Reading) -> Said:
    answers, judged = np.clip([reading.answers, reading.judged], -MAX_LOG_ODDS, MAX_LOG_ODDS).tolist()
    return Said(answers, judged)


def read_closely(reader: PassageReader, question: str, passage: PassageWindow, said: Said) -> Said:
    """Return the means of what is said of a passage and of its better half, if it is long.

    Of what hardly answers, what is said stays.
    """
    if said.answers <= MIN_HALVED_ANSWERS:
        return said
    ends = [match.end() for match in HALF_END.finditer(passage.text, 0, len(passage.text) - 1)]
    if len(passage.text) < MIN_HALVED_LENGTH or not ends:
        return said
    middle = min(ends, key=lambda end: abs(end - len(passage.text) / 2))
    halves = (passage.text[:middle], passage.text[middle:])
    readings = [_bounded(reading) for reading in reader.read(question, [(passage.head, half) for half in halves])]
    return Said(*((whole + max(parts)) / 2 for whole, *parts in zip(said, *readings, strict=True)))


def _joinable(index: Index, question: str, passages: Sequence[PassageWindow]) -> NDArray[np.bool_]:
    """Tell which two passages can be shown as one."""
    joinable = np.zeros((len(passages), len(passages)), bool)
    for place, passage in enumerate(passages):
        for before, other in enumerate(passages[:place]):
            if passage.document == other.document:
                joined = join_passages(index, passage.hits[0].row, other.hits[0].row, question)
                joinable[place, before] = joinable[before, place] = joined is not None
    return joinable


def _moved(ranker: Ranker, passages: Sequence[PassageWindow]) -> list[Float32]:
    """Compute the log-odds by which rules raised the hits of passages.

    What rules took from the very first hit, since it lacks what the question names, they took from all.
    """
    moved = []
    for passage in passages:
        features = np.stack([hit.features for hit in passage.hits])
        moved.append(ranker.moved(features, np.array([hit.probability for hit in passage.hits], np.float32)))
    first = float(moved[0][0])
    return [np.minimum(each, np.float32(first)) for each in moved] if first < 0 else moved


def order_passages(weight: float, base: Float32, answers: Float32, joinable: NDArray[np.bool_]) -> Order:
    """Order n passages by their scores and by what a reader says, and find the one that is shown with the first."""
    scores: Float32 = (base + np.float32(weight) * answers).astype(np.float32)
    first, *others = np.argsort(-scores, kind="stable").tolist()
    near = [place for place in others if joinable[first, place] and scores[first] - scores[place] <= MAX_JOINED_BEHIND]
    partner = near[0] if near else None
    rivals = [float(scores[first] - scores[place]) for place in others if place != partner]
    return Order([first, *others], scores, partner, min([*rivals, MAX_LEAD]))


def order_closely(
    weight: float, base: Float32, answers: Float32, joinable: NDArray[np.bool_], look: Callable[[int], Said]
) -> tuple[Order, Said]:
    """Order n passages after a closer look at the best ones; return the order and what the look at the first says.

    `look` returns what is said of the passage at a place after a closer look.
    """
    places, scores, _, _ = order_passages(weight, base, answers, joinable)
    best = scores[places[0]]
    near = [place for place in places[:CLOSE_PASSAGES] if best - scores[place] <= MAX_CLOSE]
    said = {place: look(place) for place in near}
    closely = answers.copy()
    closely[near] = [one.answers for one in said.values()]
    order = order_passages(weight, base, closely, joinable)
    first = order.places[0]
    return order, said[first] if first in said else look(first)


def read_hit(index: Index, reader: PassageReader, question: str, hit: Hit) -> float:
    """Read the passage of a hit; return the log-odds that it answers, bounded. Raises DamagedIndexError."""
    (passage,), _ = find_passages(index, question, [hit], 1)
    (reading,) = reader.read(question, [(passage.head, passage.text)])
    return _bounded(reading).answers


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
            head = head_of(index, sentence)
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


def head_of(index: Index, sentence: Sentence) -> str:
    """Join the title and the headings above a sentence."""
    document = index.documents[sentence.document]
    headings = heading_path(document, sentence.start) or ""
    names = headings if headings.startswith(document.title) else f"{document.title}{HEADING_SEPARATOR}{headings}"
    return names.removesuffix(HEADING_SEPARATOR).translate(MARKS)
