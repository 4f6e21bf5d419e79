"""Explain an answer: collect what the stages found while it was made, and turn it into a record for people.

A trace goes into `Retriever.ask` and comes back filled; it changes nothing. Wording the record is left to `bot`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from retrieval.asking.candidates import Candidates
from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.neighbours import readable_text
from retrieval.asking.passage_reading import MARKS, PassageReader, Reading, head_of
from retrieval.asking.quotes import cite
from retrieval.asking.ranker import Ranker
from retrieval.explanations import Considered, Explanation, Reason
from retrieval.index.index import Index
from retrieval.text.terms import split_terms
from retrieval.types import Answer, Hit

MAX_CONSIDERED = 5
MAX_REASONS = 3
MIN_REASON = 0.05  # of a score; less decides nothing
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(slots=True)
class Trace:
    """What the stages found for one question, filled while it is answered.

    `ranked` are the hits of the ranker and `final` those after the second stage; `readings` are the heads and texts
    of the passages that the reader read, with its log-odds that they answer, `halves` those that it read again in
    halves, with the log-odds that the better half answers.
    """

    asked_as: str = ""
    candidates: Candidates | None = None
    ranked: Sequence[Hit] = ()
    final: Sequence[Hit] = ()
    readings: dict[tuple[str, str], float] = field(default_factory=dict)
    halves: dict[tuple[str, str], float] = field(default_factory=dict)

    def become(self, other: "Trace") -> None:
        """Take over what another trace holds."""
        for each in fields(self):
            setattr(self, each.name, getattr(other, each.name))


@dataclass(frozen=True, slots=True)
class TracedReader:
    """A reader that writes what it says into a trace."""

    reader: PassageReader
    trace: Trace

    @property
    def fingerprint(self) -> str:
        """Identify the exact weights."""
        return self.reader.fingerprint

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> Sequence[Reading]:
        """Read pairs of a head and a text, in order."""
        readings = self.reader.read(question, windows)
        for window, reading in zip(windows, readings, strict=True):
            whole = self._whole(*window)
            if whole is None:
                self.trace.readings[window] = reading.judged
            else:
                self.trace.halves[whole] = max(reading.judged, self.trace.halves.get(whole, reading.judged))
        return readings

    def _whole(self, head: str, text: str) -> tuple[str, str] | None:
        """Return what was read as a whole that a text is a part of."""
        wholes = (read for read in self.trace.readings if head == read[0] and text in read[1] and text != read[1])
        return next(wholes, None)


def explain(index: Index, ranker: Ranker, trace: Trace, answer: Answer, *, reads: bool) -> Explanation:
    """Explain an answer by what its trace has; `reads` says whether there is a reader.

    Raises DamagedIndexError.
    """
    candidates = trace.candidates
    return Explanation(
        question=answer.question,
        asked_as=trace.asked_as or answer.question,
        versions=answer.versions,
        unseen=_unseen_words(index, candidates) if candidates else (),
        candidates=len(trace.ranked),
        considered=_considered(index, ranker, trace, candidates) if candidates else (),
        read=len(trace.readings) if reads else None,
        confidence=answer.confidence,
        threshold=answer.threshold,
    )


def _unseen_words(index: Index, candidates: Candidates) -> tuple[str, ...]:
    """Return the words of the question as it was asked that no text in the search has, in order."""
    rarest = max(candidates.rarities.values(), default=0.0)
    missing = math.log1p((candidates.corpus_size + 0.5) / 0.5)  # the rarity of a term that no text has
    words = []
    for word in WORD.findall(candidates.question):
        terms = split_terms(word, index.language)
        if rarest >= missing and terms and all(candidates.rarities.get(term, 0.0) >= missing for term in terms):
            words.append(word)
    return tuple(dict.fromkeys(words))


def _considered(index: Index, ranker: Ranker, trace: Trace, candidates: Candidates) -> tuple[Considered, ...]:
    """Describe the first hits in their final order; what solves a problem has the ranks of the problem's sentence."""
    by_meaning, by_words, by_ranker = (
        {int(row): place for place, row in reversed(list(enumerate(rows, 1)))}
        for rows in (candidates.dense_rows, candidates.lexical_rows, [hit.row for hit in trace.ranked])
    )
    ranked = {id(hit.features): hit for hit in trace.ranked}  # which every later hit shares with the one that it was
    features = np.stack([hit.features for hit in trace.ranked]) if trace.ranked else np.zeros((0, len(FEATURE_NAMES)))
    mean = features.mean(axis=0) if len(features) else features
    described = []
    for hit in trace.final[:MAX_CONSIDERED]:
        sentence, text, found = index.sentence(hit.row), readable_text(index, hit.row), ranked[id(hit.features)]
        values = dict(zip(FEATURE_NAMES, hit.features.tolist(), strict=True))
        described.append(
            Considered(
                document=index.documents[sentence.document].id,
                line=cite(index, hit.row).line,
                text=text,
                by_meaning=by_meaning.get(found.row),
                by_words=by_words.get(found.row),
                by_ranker=by_ranker[found.row],
                reasons=_reasons(ranker, (hit.features - mean).tolist()),
                covered=values.get("coverage_window", 0.0),
                reader=_reading_of(trace.readings, head_of(index, sentence), text),
                better_half=_reading_of(trace.halves, head_of(index, sentence), text),
                confidence_before=found.probability,
                confidence=hit.probability,
            )
        )
    return tuple(described)


def _reasons(ranker: Ranker, differences: Sequence[float]) -> tuple[Reason, ...]:
    """Return what most sets the score of a hit apart from the mean, the strongest first."""
    weighted = zip(FEATURE_NAMES, ranker.order, differences, strict=True)
    reasons = [Reason(name, weight * difference) for name, weight, difference in weighted]
    strong = [reason for reason in reasons if abs(reason.weight) >= MIN_REASON]
    return tuple(sorted(strong, key=lambda reason: -abs(reason.weight))[:MAX_REASONS])


def _reading_of(readings: Mapping[tuple[str, str], float], head: str, text: str) -> float | None:
    """Return the reader's probability for the first of the texts under a head with a sentence in it."""
    sentence = text.translate(MARKS)
    said = (judged for (above, read), judged in readings.items() if above == head and sentence in read)
    judged = next(said, None)
    return None if judged is None else 1 / (1 + math.exp(-min(max(judged, -50.0), 50.0)))
