"""Prefer what stands under the very name of a question: "the range of Cure" is not that of "Mass Cure".

Wikis have a page for each thing, and the pages say the same of all of them: "Range: 60 feet". Pages that name the thing
in passing, or whose name has more words, resemble the question as much. The rule is narrow: what takes the first place
is under a title or heading that the question has in full, and the first hit is under none, or under a part of that;
whatever else is asked stands in its own text.
"""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Index
from retrieval.index.scope import Scope, count_rows
from retrieval.text.sections import headings_above
from retrieval.text.terms import split_terms
from retrieval.types import Hit

MAX_HITS = 12  # among which one is sought
MAX_GAP = 6.0  # of a score, by which it may be behind the first
MAX_SHARE, MIN_ROWS = 0.05, 10  # of the rows, that may have the rarest term of a name; the name of all is no name


def prefer_named_titles(index: Index, hits: Sequence[Hit], question: str, scope: Scope) -> list[Hit]:
    """Move the first hit to the front that is under a name of the question and has all else of it in its text.

    Scores stay with the places. Raises DamagedIndexError.
    """
    terms = split_terms(question, index.language)
    first = hits[0] if hits else None
    known = _named_terms(index, first, terms, scope) if first else set()
    for place, hit in enumerate(hits[:MAX_HITS] if terms else ()):
        if first is None or first.score - hit.score > MAX_GAP:
            break
        named = _named_terms(index, hit, terms, scope)
        if known < named and set(terms) - named <= set(split_terms(readable_text(index, hit.row), index.language)):
            raised = replace(hit, probability=max(hit.probability, (hit.probability + first.probability) / 2))
            ordered = [raised, *hits[:place], *hits[place + 1 :]]
            return [replace(each, score=other.score) for each, other in zip(ordered, hits, strict=True)]
    return list(hits)


def _named_terms(index: Index, hit: Hit, terms: Sequence[str], scope: Scope) -> set[str]:
    """Return the terms of the titles and headings above a hit that a question has in a row."""
    sentence = index.sentence(hit.row)
    document = index.documents[sentence.document]
    named: set[str] = set()
    for name in (document.title, *headings_above(document, sentence.section)):
        own = split_terms(name, index.language)
        if own and _is_name(index, own, scope) and any(terms[at : at + len(own)] == own for at in range(len(terms))):
            named.update(own)
    return named


def _is_name(index: Index, terms: Sequence[str], scope: Scope) -> bool:
    """Tell whether terms are rare enough to be the name of something."""
    rarest = min(count_rows(index, term, scope) for term in terms)
    return rarest <= max(MIN_ROWS, MAX_SHARE * scope.size)
