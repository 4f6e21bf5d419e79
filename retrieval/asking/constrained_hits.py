"""Prefer the hits that keep to what limits a question, and doubt those that contradict it.

"When does it open on Saturdays?" is most like the sentence about weekdays beside the right one. So a first hit that
contradicts a day, a number or a version of the question, or lacks it, yields to one beside it that has it and says the
same otherwise. One that contradicts it is less probable, unless the question can be answered by yes or no; others of
its document that share no word of the question with it stay behind it: they are about something else, and beside one
of another day less probable, too (beside one of another year they often continue the story: refusal on XQuAD-R is worse
with these). A first hit that negates what the question does not, or the other way round, yields as well.

The numbers below were chosen, not fitted. On XQuAD-R, few questions are changed; there, halves and doubles of them
give the same order of the right sentences.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from retrieval.asking.alternatives import are_parallel
from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Index
from retrieval.text.constraints import (
    Constraint,
    Relation,
    asks_for_state_on_day,
    find_constraints,
    is_answered_no,
    is_yes_no,
)
from retrieval.text.month_days import has_exception, month_days_in
from retrieval.text.negation import NEGATION, negated_terms
from retrieval.text.periods import is_schedule_line
from retrieval.text.probabilities import lower_log_odds
from retrieval.text.sections import headings_above
from retrieval.text.terms import split_terms
from retrieval.types import Hit

MAX_JUDGED_HITS = 12
MAX_CONTRADICTED_GAP = 3.0  # of a score: so much better hits are, if they contradict the question, put behind others
MAX_PARALLEL_GAP = 2.0  # of a score: so much better a hit may be that yields to a parallel one
CONTRADICTED_LOG_ODDS = 4.0  # that a hit loses
MAX_LESS_COVERED = 0.15  # share of the question's terms that a hit may lack in comparison with the one that yields
NEIGHBOURS = FEATURE_NAMES.index("coverage_neighbours")


def respect_constraints(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Order hits, best first, by how they relate to the constraints of a question; they share the places' scores.

    Raises DamagedIndexError.
    """
    constraints = find_constraints(question) if index.language == "en" and hits else ()
    if not constraints:
        return list(hits)
    judged = list(hits[:MAX_JUDGED_HITS])
    relations = [_relation(index, hit, constraints) for hit in judged]
    words = frozenset(split_terms(question, "en")).difference(*(constraint.nouns for constraint in constraints))
    is_on_day = asks_for_state_on_day(question, constraints)
    chosen = _place_of_better(index, judged, relations, words, is_on_day=is_on_day)
    if chosen is not None:
        own, best = judged[chosen].probability, judged[0].probability
        judged[chosen] = replace(judged[chosen], probability=max(own, (own + best) / 2))
    is_told_on_day = is_on_day and chosen is not None  # "open from 1 to 23 December" says nothing more about the 24th
    contradicting = [
        place
        for place, hit in enumerate(judged)
        if relations[place] == Relation.CONTRADICTS
        and (is_told_on_day or not _is_no(index, hit, constraints, question))
    ]
    of_days = contradicting if any(constraint.kind in ("days", "dates") for constraint in constraints) else []
    others = {
        place
        for place in range(len(judged))
        if relations[place] == Relation.SILENT and _is_beside_other(index, hits, place, of_days, words)
    }
    groups = [1] * len(judged)
    for place, hit in enumerate(judged):
        if place in contradicting or place in others:
            judged[place] = replace(hit, probability=lower_log_odds(hit.probability, CONTRADICTED_LOG_ODDS))
        is_other = groups[0] == 2 and not _shares_words(index, hits[0].row, hit.row, words)
        groups[place] = 2 if place in contradicting or is_other else 1
        if hits[0].score - hit.score > MAX_CONTRADICTED_GAP:
            groups[place] = 3
    if chosen is not None:
        groups[chosen] = 0
    order = sorted(range(len(judged)), key=groups.__getitem__)
    ordered = [replace(judged[place], score=hit.score) for place, hit in zip(order, hits, strict=False)]
    return [*ordered, *hits[MAX_JUDGED_HITS:]]


def _place_of_better(
    index: Index, hits: Sequence[Hit], relations: Sequence[Relation], words: frozenset[str], *, is_on_day: bool
) -> int | None:
    """Find the first hit to which the very first one yields: it has the constraints and says the same otherwise.

    Whether something is open on a day of a month is told by the line with that day, wherever it is in the document.
    """
    best = hits[0]
    if relations[0] == Relation.HAS:
        return None
    document = index.sentence(best.row).document
    places = [
        place
        for place, hit in enumerate(hits)
        if relations[place] == Relation.HAS and index.sentence(hit.row).document == document
    ]
    beside = (place for place in places if _is_of_the_day(index, best.row, hits[place].row, relations[0]))
    exceptions = (place for place in places if is_on_day and has_exception(readable_text(index, hits[place].row)))
    likes = (place for place in places if _is_like(index, hits, place, relations[0], words))
    return next(chain(beside, exceptions, likes), None)


def _is_like(index: Index, hits: Sequence[Hit], place: int, first: Relation, words: frozenset[str]) -> bool:
    """Tell whether a hit says the same as the first one otherwise; `first` is the relation of that."""
    best, hit = hits[0], hits[place]
    is_close = best.score - hit.score <= MAX_PARALLEL_GAP and are_parallel(index, best.row, hit.row)
    is_covered = hit.features[NEIGHBOURS] >= best.features[NEIGHBOURS] - MAX_LESS_COVERED
    is_other = first == Relation.CONTRADICTS and _shares_words(index, best.row, hit.row, words)
    return bool(is_covered and (is_close or is_other))


def _is_of_the_day(index: Index, row: int, other: int, relation: Relation) -> bool:
    """Tell whether another row is a line of a schedule, "Fri 9–14", or has a date where a row has another one.

    Both are in one section, and the row, which relates so to the question, is no such line. A date or a schedule says
    enough without words that cover the question.
    """
    text, other_text = readable_text(index, row), readable_text(index, other)
    are_dates = relation == Relation.CONTRADICTS and month_days_in(text) and month_days_in(other_text)
    is_schedule = is_schedule_line(other_text) and not is_schedule_line(text)
    return _are_in_one_section(index, row, other) and bool(are_dates or is_schedule)


def _is_beside_other(
    index: Index, hits: Sequence[Hit], place: int, contradicting: Sequence[int], words: frozenset[str]
) -> bool:
    """Tell whether a hit is in the section of one that contradicts the question, and about something else.

    What a reader says of it is about both: "Deadlines are at noon", behind "Lectures are on Monday", does not tell when
    the lecture on Friday is.
    """
    row = hits[place].row
    near = (hits[other].row for other in contradicting if _are_in_one_section(index, hits[other].row, row))
    return any(not _shares_words(index, other, row, words) for other in near)


def _are_in_one_section(index: Index, row: int, other: int) -> bool:
    return len({(sentence.document, sentence.section) for sentence in map(index.sentence, (row, other))}) == 1


def _shares_words(index: Index, row: int, other: int, words: frozenset[str]) -> bool:
    """Tell whether another row has, itself or above it, any of the words that a row has, unless it has none.

    Rows of other documents are not compared: they have other words for the same.
    """
    own = words.intersection(split_terms(index.text(row), "en"))
    if not own or index.sentence(row).document != index.sentence(other).document:
        return True
    return any(not own.isdisjoint(split_terms(text, "en")) for text in _texts(index, other))


def _relation(index: Index, hit: Hit, constraints: Sequence[Constraint]) -> Relation:
    """Tell how a hit relates to all constraints: contradicting one counts more than having another."""
    texts = list(_texts(index, hit.row))
    relations = [_first_relation(constraint, texts) for constraint in constraints]
    return Relation.CONTRADICTS if Relation.CONTRADICTS in relations else max(relations)


def _is_no(index: Index, hit: Hit, constraints: Sequence[Constraint], question: str) -> bool:
    """Tell whether a hit answers by "no", however it contradicts the constraints.

    What stands below a heading with another year, day or number says nothing about that of the question.
    """
    own, *above = _texts(index, hit.row)
    return is_yes_no(question) and all(
        is_answered_no(question, constraint, own)
        if constraint.relation(own) == Relation.CONTRADICTS
        else constraint.relation(own) == Relation.HAS or _first_relation(constraint, above) != Relation.CONTRADICTS
        for constraint in constraints
    )


def _first_relation(constraint: Constraint, texts: Sequence[str]) -> Relation:
    """Tell how texts, nearest first, relate to a constraint: the first that says something decides."""
    return next(filter(None, map(constraint.relation, texts)), Relation.SILENT)


def _texts(index: Index, row: int) -> Iterator[str]:
    """Yield what limits a row, nearest first: itself, the headings above it, and the title."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    yield readable_text(index, row)
    yield from headings_above(document, sentence.section)
    yield document.title


def prefer_same_sense(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Let a first hit yield that negates a word that the question does not negate, or the other way round.

    A parallel hit takes its place that has the same words of the question in the same sense: "where are dogs allowed?"
    is answered by "dogs are allowed on the meadow" before "dogs are not allowed in the garden". A question for yes or
    no is answered by either. Raises DamagedIndexError.
    """
    if index.language != "en" or len(hits) < 2 or is_yes_no(question):
        return list(hits)
    best, text = hits[0], index.text(hits[0].row)
    if not (NEGATION.search(question) or NEGATION.search(text)):
        return list(hits)
    negated = negated_terms(question)
    shared = frozenset(split_terms(question, "en")) & frozenset(split_terms(text, "en"))
    if (negated_terms(text) ^ negated).isdisjoint(shared):
        return list(hits)
    for place, hit in enumerate(hits[1:MAX_JUDGED_HITS], 1):
        if best.score - hit.score > MAX_PARALLEL_GAP or not are_parallel(index, best.row, hit.row):
            continue
        other = index.text(hit.row)
        has_words = shared <= frozenset(split_terms(other, "en"))
        if has_words and (negated_terms(other) ^ negated).isdisjoint(shared):
            first = replace(hit, score=best.score, probability=best.probability)
            second = replace(best, score=hit.score, probability=hit.probability)
            return [first, *hits[1:place], second, *hits[place + 1 :]]
    return list(hits)
