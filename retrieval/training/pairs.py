"""Make pairs of a question and a window, about half of which do not answer, in an order fixed by a seed.

How a window comes not to answer: the sentences with the answer are taken out of their passage; it stands in a near
passage of the same article or set; in any passage; or the question is altered. Questions that people wrote to be
unanswerable keep their passage.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from retrieval.training.altered_questions import alter
from retrieval.training.casual_wording import keep_keywords, reword
from retrieval.training.near_passages import NearPassages, words
from retrieval.training.passage_windows import LONGEST_SENTENCE, Window, cut, grow, join_head, overlaps
from retrieval.training.reading_sets import Passage, Question, ReadingSet, Span, is_held_out

NEGATIVE_SHARES = {"removed": 0.36, "near": 0.34, "elsewhere": 0.09, "anywhere": 0.05, "altered": 0.16}
OWN_HEADING = defaultdict(float, {"answer": 0.09, "removed": 0.04})
OTHER_HEADING = 0.05
NEGATIVES = 0.5  # share of the pairs of answerable questions
NEAR_MISS = "near miss"  # a kind of pairs that only the judge learns from
NEAR_COUNT = 4  # near passages to choose from
MAX_RARE_WORDS = 0.5  # of the words of a marked sentence in another passage: more may answer as well


@dataclass(frozen=True)
class Pair:
    """A question and a window; `kind` is "answer", or says how the window comes not to answer.

    Pairs of one `group` are compared with each other: those that answer with those that do not.
    """

    question: str
    window: Window
    kind: str
    group: int = 0


class PairSource(Protocol):
    """Makes pairs of the questions of a set, which are numbered from 0."""

    def training_rows(self) -> list[int]:
        """Return the rows of the questions to train on."""

    def draw(self, row: int, rng: random.Random) -> Sequence[Pair]:
        """Draw pairs for a question that are to be compared with each other; there may be none."""


class PairMaker:
    """Makes the pairs of one set."""

    def __init__(self, data: ReadingSet) -> None:
        """Take a set; indexes of near passages are made when first needed."""
        self._data = data
        self._by_group: dict[str, list[int]] = {}
        for row, question in enumerate(data.questions):
            self._by_group.setdefault(data.passages[question.passage].group, []).append(row)

    def training_rows(self) -> list[int]:
        """Return the rows of the questions that are not held out."""
        return training_rows(self._data)

    @cached_property
    def _near(self) -> NearPassages:
        return NearPassages(f"{passage.title} {passage.text}" for passage in self._data.passages)

    def draw(self, row: int, rng: random.Random) -> Sequence[Pair]:
        """Draw a pair for a question, if it has one of the kind that was drawn."""
        pair = self.make(row, rng)
        return [pair] if pair is not None else []

    def make(self, row: int, rng: random.Random, kind: str | None = None, casual: float = 0.4) -> Pair | None:
        """Make a pair of a kind for a question, or of one drawn; None if this question has no such pair.

        `casual` is the share of the questions that are reworded.
        """
        question = self._data.questions[row]
        if kind is None:
            kind = draw_kind(rng) if question.evidence else "human"
        if kind == "altered":
            pair = self._altered(question, rng)
        else:
            window = self._window(question, kind, rng)
            pair = Pair(question.text, window, kind) if window is not None else None
        pair = pair and self._under_a_heading(pair, question, rng)
        return pair and Pair(reword(pair.question, rng, casual), pair.window, kind)

    def _under_a_heading(self, pair: Pair, question: Question, rng: random.Random) -> Pair:
        """Write a question as the heading of some windows, as headings of manuals and FAQs do.

        It is the question itself of OWN_HEADING of the windows that answer and of few of those that lost their answer,
        so that a heading alone proves nothing, and another question of the article for OTHER_HEADING of all.
        """
        draw, passage = rng.random(), self._data.passages[question.passage]
        own = OWN_HEADING[pair.kind]
        if draw < own:
            text = question.text
        elif draw < own + OTHER_HEADING:
            text = self._data.questions[rng.choice(self._by_group[passage.group])].text
        else:
            return pair
        heading = text if rng.random() < 0.4 else keep_keywords(text, rng)
        if pair.kind != "answer" and self._holds(heading, question, passage):
            return pair
        head = join_head(passage, heading[:1].upper() + heading[1:], rng)
        return Pair(pair.question, Window(head, pair.window.text, pair.window.evidence, pair.window.exact), pair.kind)

    def _window(self, question: Question, kind: str, rng: random.Random) -> Window | None:
        """Cut a window of a kind."""
        passage = self._data.passages[question.passage]
        if kind == "answer":
            return answering_window(question, passage, rng)
        if kind == "human":
            return self._best_window(question, passage, passage.sentences, rng)
        if kind == "removed":
            return self._removed(question, passage, rng)
        others = [self._data.passages[row] for row in self._other_rows(question, kind, rng)]
        others = [other for other in others if not self._may_answer(question, passage, other)]
        if not others:
            return None
        other = rng.choice(others)
        return self._best_window(question, other, other.sentences, rng)

    def _altered(self, question: Question, rng: random.Random) -> Pair | None:
        """Alter the question and keep the window that answered it."""
        passage = self._data.passages[question.passage]
        window = answering_window(question, passage, rng)
        if window is None or not question.answers:
            return None
        rows = self._by_group[passage.group]
        others = [self._data.questions[row].text for row in rng.sample(rows, min(12, len(rows)))]
        text = alter(question.text, others, f"{window.head} {window.text}", rng)
        return Pair(text, Window(window.head, window.text), "altered") if text is not None else None

    def _removed(self, question: Question, passage: Passage, rng: random.Random) -> Window | None:
        """Take the sentences with the answer out; None if the answer still stands elsewhere or nothing is left."""
        rest = [sentence for sentence in passage.sentences if not overlaps(sentence, question.evidence)]
        if not rest or any(self._holds(passage.text[start:end], question, passage) for start, end in rest):
            return None
        return self._best_window(question, passage, rest, rng)

    def _other_rows(self, question: Question, kind: str, rng: random.Random) -> Sequence[int]:
        """Find rows of other passages of a kind of negative, those worth choosing from."""
        data = self._data
        group = data.passages[question.passage].group
        if kind == "anywhere":
            return [
                row
                for row in rng.sample(range(len(data.passages)), min(2, len(data.passages)))
                if row != question.passage
            ]
        if kind == "near":
            if question.near and rng.random() < 0.7:
                return question.near
            members = data.groups[group] if group else []
            if len(members) > 2:
                nearest = self._near.nearest(question.text, NEAR_COUNT + 1, set(members))
                return [row for row in nearest if row != question.passage][:NEAR_COUNT]
        nearest = self._near.nearest(question.text, 3 * NEAR_COUNT)
        return [row for row in nearest if row != question.passage and (not group or data.passages[row].group != group)][
            :NEAR_COUNT
        ]

    def _holds(self, text: str, question: Question, passage: Passage) -> bool:
        """Tell whether a text holds one of the answers."""
        folded = text.lower()
        return any(passage.text[start:end].lower().strip(" .,;:'\"") in folded for start, end in question.answers)

    def _may_answer(self, question: Question, passage: Passage, other: Passage) -> bool:
        """Tell whether another passage holds the answer, or many rare words of the sentences that answer."""
        if other.text == passage.text or self._holds(f"{other.title} {other.text}", question, passage):
            return True
        if question.answers:
            return False
        marked = {word for start, end in question.sentences for word in words(passage.text[start:end])}
        rare = {word for word in marked if self._near.weight(word) > 0}
        return len(rare & set(words(other.text))) > MAX_RARE_WORDS * max(1, len(rare))

    def _best_window(
        self, question: Question, passage: Passage, sentences: Sequence[Span], rng: random.Random
    ) -> Window | None:
        """Cut a window around the sentence that shares the rarest words with the question, or around any."""
        asked = set(words(question.text))
        fitting = [row for row, (start, end) in enumerate(sentences) if end - start <= LONGEST_SENTENCE]
        if not fitting:
            return None

        def shared(row: int) -> float:
            start, end = sentences[row]
            return sum(self._near.weight(word) for word in asked & set(words(passage.text[start:end])))

        centre = max(fitting, key=shared) if rng.random() < 0.75 else rng.choice(fitting)
        first, last = grow(sentences, centre, centre, rng)
        return cut(passage, sentences[first : last + 1], (), True, rng)


def draw_kind(rng: random.Random) -> str:
    """Draw the kind of a pair for an answerable question."""
    if rng.random() >= NEGATIVES:
        return "answer"
    return rng.choices(list(NEGATIVE_SHARES), list(NEGATIVE_SHARES.values()))[0]


def answering_window(question: Question, passage: Passage, rng: random.Random) -> Window | None:
    """Cut a window around one of the pieces of evidence; None if it does not fit."""
    if question.answers and question.sentences:  # answers count only inside the sentences that answer
        inside = [span for span in question.answers if overlaps(span, question.sentences)]
        evidence: Sequence[Span] = inside or question.answers
    else:
        evidence = question.evidence
    target = rng.choice(evidence)
    rows = [row for row, sentence in enumerate(passage.sentences) if overlaps(sentence, [target])]
    if not rows:
        return None
    if not question.answers:  # of a long passage that answers as a whole, begin anywhere in its first part
        start = rng.choice(rows[:3])
        rows = [row for row in rows if row >= start][: rng.randint(2, 6)]
    first, last = grow(passage.sentences, rows[0], rows[-1], rng)
    if passage.sentences[last][1] - passage.sentences[first][0] > LONGEST_SENTENCE:
        return None
    window = cut(passage, passage.sentences[first : last + 1], evidence, bool(question.answers), rng)
    return window if window.evidence else None


class PairStream:
    """All pairs in the order in which they are trained on; the pair at a position depends on the seed only."""

    def __init__(self, sources: Sequence[tuple[PairSource, float]], seed: int) -> None:
        """Take the sources of the pairs, each with the share that it gives."""
        self._sources = [(source, share) for source, share in sources if share]
        self._seed = seed
        self._rows = [source.training_rows() for source, _ in self._sources]
        self._orders: dict[tuple[int, int], list[int]] = {}

    def block(self, number: int, size: int) -> list[Pair]:
        """Make the pairs of about `size` questions: those of block `number`."""
        rng = random.Random(f"{self._seed} {number}")
        total = sum(share for _, share in self._sources)
        drawn = []
        for place, (source, share) in enumerate(self._sources):
            count = round(size * share / total)
            for position in range(number * count, (number + 1) * count):
                turn, at = divmod(position, len(self._rows[place]))
                drawn.append(source.draw(self._order(place, turn)[at], rng))
        rng.shuffle(drawn)
        return [replace(pair, group=group) for group, pairs in enumerate(drawn) for pair in pairs]

    def _order(self, place: int, turn: int) -> list[int]:
        """Return the rows of the questions of a set in the order of a turn."""
        if (place, turn) not in self._orders:
            order = list(self._rows[place])
            random.Random(f"{self._seed} {place} {turn}").shuffle(order)
            self._orders[place, turn] = order
        return self._orders[place, turn]


def training_rows(data: ReadingSet, held_out: bool = False) -> list[int]:
    """Return the rows of the questions to train on, or of those held out."""
    outside = [is_held_out(passage) for passage in data.passages]
    return [row for row, question in enumerate(data.questions) if outside[question.passage] == held_out]
