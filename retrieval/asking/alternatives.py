"""Doubt an answer about something that the question does not name, if the document has only others of its kind.

"Where is it kept on macOS?" finds a sentence for Windows and one for Linux, which are equally good. No list says which
words are alternatives: two parallel sentences do, which have the same words of the question and each a word that the
other one lacks. Common words are left out, since "kids" may well be the children of the document.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Index
from retrieval.text.english import is_english
from retrieval.text.periods import is_calendar_word
from retrieval.text.probabilities import lower_log_odds
from retrieval.text.sections import headings_above
from retrieval.text.terms import split_terms
from retrieval.types import Hit

MAX_ALTERNATIVES = 5  # hits among which they are sought
MAX_SCORE_GAP = 2.0  # between equally good sentences
MIN_PARALLEL_SHARE = 0.3  # of the words of two sentences that both have
MIN_SHARED_TERMS = 2  # of the question
OTHER_NAME_LOG_ODDS = 3.0  # that a hit loses; chosen, not fitted
MIN_KNOWN_LETTERS = 4
SAME_START = 4  # letters of words that may be forms of each other: "India", "Indian"
WORD = re.compile(r"[^\W\d_](?:[^\W\d_]{2,}|\w*\d\w*)")  # also a code such as "X300"


def doubt_other_names(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Lower the probability of the first hit and of its alternatives if all lack a name in the question.

    Raises DamagedIndexError.
    """
    if index.language != "en" or len(hits) < 2 or hits[0].score - hits[1].score > MAX_SCORE_GAP:
        return list(hits)
    best = hits[0]
    names = {term for word in _names(question) for term in split_terms(word, "en")}
    missing = {term for term in names if not _is_in_window(index, best.row, term)}
    if not missing:
        return list(hits)
    own = _terms(index, best.row)
    if all(any(_resemble(term, other) for other in own) for term in missing):
        return list(hits)
    asked = frozenset(split_terms(question, "en"))
    alternatives = {hit.row for hit in hits[1 : 1 + MAX_ALTERNATIVES] if _is_alternative(index, best, hit, own, asked)}
    doubtful = alternatives | {best.row} if alternatives else alternatives
    return [
        replace(hit, probability=lower_log_odds(hit.probability, OTHER_NAME_LOG_ODDS)) if hit.row in doubtful else hit
        for hit in hits
    ]


def are_parallel(index: Index, row: int, other: int) -> bool:
    """Tell whether two rows of one document are built alike: rows of a table, items of a list, or with shared words."""
    here, there = index.sentence(row), index.sentence(other)
    if here.document != there.document:
        return False
    first, _ = index.block_range(here.document)
    kinds = [index.block(first + sentence.paragraph - 1).kind for sentence in (here, there)]
    if here.section == there.section and kinds[0] == kinds[1] and kinds[0] in ("row", "item"):
        return True
    terms, other_terms = (frozenset(split_terms(index.text(place), "en")) for place in (row, other))
    return len(terms & other_terms) >= MIN_PARALLEL_SHARE * len(terms | other_terms)


def _names(question: str) -> Iterator[str]:
    """Yield the words of a question that are capitalised, but not as its first, contain a digit, or are not English.

    The list of English words begins at MIN_KNOWN_LETTERS letters, so that "all" and "off" are not on it.
    """
    for match in WORD.finditer(question):
        if is_calendar_word(match[0]):  # which "May to September" may have without naming it
            continue
        is_strange = len(match[0]) >= MIN_KNOWN_LETTERS and not is_english(match[0])
        if (match.start() and not match[0].islower()) or not match[0].isalpha() or is_strange:
            yield match[0]


def _is_in_window(index: Index, row: int, term: str) -> bool:
    rows, _ = index.lexical.postings(term)
    first, end = index.window_rows(row)
    return bool(rows.searchsorted(first) < rows.searchsorted(end))


def _resemble(term: str, other: str) -> bool:
    """Tell whether two terms may be forms of one word."""
    return term[:SAME_START] == other[:SAME_START] or term in other or other in term


def _is_alternative(index: Index, best: Hit, hit: Hit, own: frozenset[str], asked: frozenset[str]) -> bool:
    """Tell whether a hit is as good as the best one, parallel to it, and has the same words of the question."""
    if best.score - hit.score > MAX_SCORE_GAP or not are_parallel(index, best.row, hit.row):
        return False
    other, shared = _terms(index, hit.row), asked & own
    return len(shared) >= MIN_SHARED_TERMS and shared == asked & other and bool(own - other) and bool(other - own)


def _terms(index: Index, row: int) -> frozenset[str]:
    """Return the terms of a row, of the headings above it and of the title."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    texts = (readable_text(index, row), *headings_above(document, sentence.section), document.title)
    return frozenset(term for text in texts for term in split_terms(text, "en"))
