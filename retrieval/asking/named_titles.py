"""Prefer what stands under the very name of a question: "the range of Cure" is not that of "Mass Cure".

Wikis have a page for each thing, and the pages say the same of all of them: "Range: 60 feet". Pages that name the thing
in passing, or whose name has more words, resemble the question as much. The rule is narrow: what takes the first place
is under a title or heading that the question has in full, and the first hit is under none, or under a part of that;
whatever else is asked stands in its own text, and not all that is asked in that of the first hit.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Index
from retrieval.index.scope import Scope, count_rows
from retrieval.text.negation import NEGATION
from retrieval.text.sections import open_headings
from retrieval.text.terms import split_terms
from retrieval.types import Hit

APART = re.compile(r"\s*\([^()]*\)\s*$|\s+[|–—]\s.*$")  # "Ember (sword)", "Ember – Wiki"
MAX_HITS = 12  # among which one is sought
MAX_GAP = 6.0  # of a score, by which it may be behind the first
MAX_SHARE, MIN_ROWS = 0.05, 10  # of the rows, that may have the rarest term of a name; the name of all is no name


def prefer_named_titles(index: Index, hits: Sequence[Hit], question: str, scope: Scope) -> list[Hit]:
    """Move the first hit to the front that is under a name of the question and has all else of it in its text.

    Scores stay with the places. Raises DamagedIndexError.
    """
    terms = split_terms(question, index.language)
    if len(hits) < 2 or not terms or set(terms) <= _own_terms(index, hits[0]):
        return list(hits)
    names = _find_names(index, hits[:MAX_HITS], question, terms, scope)
    first = hits[0]
    for place, hit in enumerate(hits[: len(names)]):
        if first.score - hit.score > MAX_GAP:
            break
        if names[0] < names[place] and set(terms) - names[place] <= _own_terms(index, hit):
            raised = replace(hit, probability=max(hit.probability, (hit.probability + first.probability) / 2))
            ordered = [raised, *hits[:place], *hits[place + 1 :]]
            return [replace(each, score=other.score) for each, other in zip(ordered, hits, strict=True)]
    return list(hits)


def _own_terms(index: Index, hit: Hit) -> set[str]:
    return set(split_terms(readable_text(index, hit.row), index.language))


def _find_names(index: Index, hits: Sequence[Hit], question: str, terms: Sequence[str], scope: Scope) -> list[set[str]]:
    """Find the terms of the titles and headings above each hit that a question has in a row.

    A heading that several sections have, such as "Price", is the name of what each page says of its thing, and one that
    negates what the question does not, or the other way round, means something else.
    """
    above = [_names_above(index, hit) for hit in hits]
    places = Counter(place for names in above for place in {*names})
    sections = Counter(name.casefold() for _, _, name in places)
    negated = bool(NEGATION.search(question))

    def terms_of(name: str) -> set[str]:
        own = split_terms(name, index.language)
        is_asked = bool(own) and any(terms[at : at + len(own)] == own for at in range(len(terms)))
        is_one = sections[name.casefold()] == 1 and bool(NEGATION.search(name)) == negated
        return set(own) if is_asked and is_one and _is_name(index, own, scope) else set()

    return [set().union(*(terms_of(name) for _, _, name in names)) for names in above]


def _names_above(index: Index, hit: Hit) -> list[tuple[int, int, str]]:
    """Return the title and the headings above a hit, without what only tells them apart.

    Each has the row of its document and the character at which it starts; -1 for a title.
    """
    sentence = index.sentence(hit.row)
    document = index.documents[sentence.document]
    above = open_headings(document.headings[: sentence.section])
    found = [(-1, document.title), *((place.start, document.text[place.start : place.end]) for place in above)]
    names = [(start, APART.sub("", name).strip() or name) for start, name in found]
    return [(sentence.document, -1 if name == names[0][1] else start, name) for start, name in names]


def _is_name(index: Index, terms: Sequence[str], scope: Scope) -> bool:
    """Tell whether terms are rare enough to be the name of something."""
    rarest = min(count_rows(index, [term], scope) for term in terms)
    return rarest <= max(MIN_ROWS, MAX_SHARE * scope.size)
