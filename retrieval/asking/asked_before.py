"""Recognise a question that the documents ask themselves, and prefer what they say below it.

A FAQ and the answers that moderators keep ask in headings. Whoever asks the same in other words shares few words with
the answer, but says much the same as its heading. So the question is compared with the headings above its candidates:
as a whole by the encoder, then word by word, since the model finds two questions alike that differ in one thing only.

The weights were chosen on questions about manuals with FAQs; no command fits them. `tests.benchmarks.kept_answers`
measures kept answers, which had no part in that.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from retrieval.asking.ranker import log_odds
from retrieval.index.index import Index
from retrieval.index.row_ranges import RowRanges, one_range
from retrieval.text.cleaning import MAX_QUESTION_LENGTH
from retrieval.text.probabilities import lower_log_odds
from retrieval.text.same_question import Difference, asked_text, compare_questions
from retrieval.text.sections import headings_above
from retrieval.text.terms import WORD, split_terms
from retrieval.types import KEPT_PREFIX, Encoder, Float32, Hit

MAX_HEADINGS = 16  # that a question is compared with
MIN_COSINE = 0.4
OTHER_QUESTION_LOG_ODDS = 3.0  # that a hit loses; chosen, not fitted
SAME = 0.95  # probability that a heading with the very words of the question has its answer below it
EVEN_ODDS = 0.5
ALIKE = 0.6  # share of the words from which on two questions are worded alike
MIN_COUNTERPART = 0.5  # similarity, on the model's scale, of a word with what stands for it in the other question
COSINE_WEIGHT, READING_WEIGHT, READ_BIAS = 6.74, 0.49, -4.12  # of the log-odds, with what a reader says
UNREAD_COSINE_WEIGHT, RANKER_WEIGHT, UNREAD_BIAS = 5.07, 0.92, -1.97  # without a reader, with the ranker's
KEPT_IDS = KEPT_PREFIX, KEPT_PREFIX[:-1] + chr(ord(KEPT_PREFIX[-1]) + 1)  # the first possible one, and that behind all
Read = Callable[[Hit], float]


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """A heading that asks: its text, the place of the best hit below it, and whether moderators keep that answer.

    `cosine` is that with the question. `same` says that both have the same words, `other` that one thing differs.
    """

    text: str
    place: int
    kept: bool
    cosine: float = 0.0
    same: bool = False
    other: bool = False


def kept_rows(index: Index) -> RowRanges:
    """Find the rows of the answers that moderators keep; documents are in the order of their ids."""
    first, end = (bisect_left(index.documents, prefix, key=lambda document: document.id) for prefix in KEPT_IDS)
    if first == end:
        return one_range(0, 0)
    return one_range(index.document_range(first)[0], index.document_range(end - 1)[1])


def find_asked(
    index: Index, encoder: Encoder, encode: Callable[[str], Float32], question: str, hits: Sequence[Hit]
) -> AskedBefore | None:
    """Find the heading above ranked hits, best first, that is most like a question; None if none is alike.

    `encode` computes the unit vector of a question.
    """
    headings = list(islice(_headings(index, hits), MAX_HEADINGS))
    if not headings:
        return None
    vector = encode(question)
    cosine, heading = max(((float(vector @ encode(one.text)), one) for one in headings), key=lambda pair: pair[0])
    difference = compare_questions(question, heading.text, index.language)
    if cosine < MIN_COSINE and not difference.is_none:
        return None
    is_other = _asks_other(encoder, question, heading.text, difference, index.language)
    return replace(heading, cosine=cosine, same=difference.is_none, other=is_other)


def put_behind(index: Index, hits: Sequence[Hit], heading: AskedBefore) -> list[Hit]:
    """Put the hits below a heading that asks something else behind all others, and lower their probability.

    That is for kept answers only: below a heading of a FAQ, other questions are often answered as well.
    """
    document = index.sentence(hits[heading.place].row).document
    below = [
        index.sentence(hit.row).document == document and heading.text in _texts_above(index, hit, kept=heading.kept)
        for hit in hits
    ]
    behind = [
        replace(hit, score=hits[-1].score, probability=lower_log_odds(hit.probability, OTHER_QUESTION_LOG_ODDS))
        for hit, is_below in zip(hits, below, strict=True)
        if is_below
    ]
    return [*(hit for hit, is_below in zip(hits, below, strict=True) if not is_below), *behind]


def prefer_asked(hits: Sequence[Hit], heading: AskedBefore, read: Read | None) -> list[Hit]:
    """Raise the probability of the hit below a heading that asks the same, and put it first if it is the best then.

    `hits` come best first. A kept answer comes first as soon as that is more probable than not. `read` gives the
    log-odds that the passage of a hit answers; None stands for no reader.
    """
    hit = hits[heading.place]
    probability = SAME if heading.same else _probability(heading.cosine, hit, read)
    if probability <= hits[0].probability and not (heading.kept and probability >= EVEN_ODDS):
        return list(hits)
    first = replace(hit, score=hits[0].score, probability=max(probability, hits[0].probability))
    return [first, *hits[: heading.place], *hits[heading.place + 1 :]]


def _headings(index: Index, hits: Sequence[Hit]) -> Iterator[AskedBefore]:
    """Yield the headings above hits that ask, each once, in the order of the hits."""
    seen: set[tuple[int, str]] = set()
    sections: set[tuple[int, int]] = set()
    for place, hit in enumerate(hits):
        sentence = index.sentence(hit.row)
        document = sentence.document
        if (document, sentence.section) in sections:
            continue
        sections.add((document, sentence.section))
        kept = index.documents[document].id.startswith(KEPT_PREFIX)
        for text in _texts_above(index, hit, kept=kept):
            if (document, text) not in seen:
                seen.add((document, text))
                yield AskedBefore(text, place, kept)


def _texts_above(index: Index, hit: Hit, *, kept: bool) -> Iterator[str]:
    """Yield the text of each heading above a hit that asks; all above a kept answer do."""
    sentence = index.sentence(hit.row)
    for heading in headings_above(index.documents[sentence.document], sentence.section):
        if len(heading) > MAX_QUESTION_LENGTH:  # it is nothing that could be asked
            continue
        line = " ".join(heading.split())
        if text := line if kept else asked_text(line):
            yield text


def _probability(cosine: float, hit: Hit, read: Read | None) -> float:
    """Estimate the probability that a hit below a heading answers a question with a cosine to the heading."""
    if read is not None:
        logit = COSINE_WEIGHT * cosine + READING_WEIGHT * read(hit) + READ_BIAS
    else:
        (odds,) = log_odds(np.array([hit.probability], np.float32)).tolist()
        logit = UNREAD_COSINE_WEIGHT * cosine + RANKER_WEIGHT * odds + UNREAD_BIAS
    return 1 / (1 + math.exp(-logit))


def _asks_other(encoder: Encoder, asked: str, stored: str, difference: Difference, language: str) -> bool:
    """Tell whether two questions that are worded alike differ in one thing, for which either has another word."""
    if difference.conflicting:
        return True
    if difference.shared < ALIKE:
        return False
    if difference.opposed:
        return True
    if not (difference.asked and difference.stored):
        return False
    encoded, stored_encoded = encoder.encode_question(asked), encoder.encode_question(stored)
    unrelated, same = encoder.similarity_range
    cosines = encoder.project(encoded.tokens) @ encoder.project(stored_encoded.tokens).T
    similarities = (cosines - unrelated) / max(same - unrelated, 1e-3)
    return all(
        _lacks_counterpart(text, side.spans.tolist(), best.tolist(), left, language)
        for text, side, best, left in (
            (asked, encoded, similarities.max(axis=1), difference.asked),
            (stored, stored_encoded, similarities.max(axis=0), difference.stored),
        )
    )


def _lacks_counterpart(
    text: str, spans: Sequence[tuple[int, int]], best: Sequence[float], left: frozenset[str], language: str
) -> bool:
    """Tell whether a word whose term is left over is like none of the other question.

    `best` has the highest similarity of the token at each of `spans` with one of the other question.
    """
    for word in WORD.finditer(text):
        tokens = [token for token, (start, end) in enumerate(spans) if start >= word.start() and end <= word.end()]
        is_left = tokens and left.intersection(split_terms(word[0], language))
        if is_left and sum(best[token] for token in tokens) / len(tokens) < MIN_COUNTERPART:
            return True
    return False
