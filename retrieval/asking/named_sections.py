"""Answer a question for a thing as a whole with the section that has its name.

"What does moonbeam do" is answered below the heading "Moonbeam", whatever the words there are; a reader that looks for
words that define it mostly does not find them. The rule is narrow: the whole heading is in the question, whatever else
the question names is in the headings above it or in the names of the document, and no other section fits as well.
"""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.section_blocks import section_of
from retrieval.asking.section_outline import heading_text, places_above
from retrieval.index.index import Index
from retrieval.text.negation import NEGATION
from retrieval.text.terms import split_terms
from retrieval.text.thing_questions import thing_terms
from retrieval.types import Hit

MAX_HITS = 30  # among which the section is sought
NAMED_PROBABILITY = 0.9  # at least, that the only section with the name answers
MAX_BEGINNING = 800  # characters of a section, in which its beginning is shown


def prefer_named_section(index: Index, hits: Sequence[Hit], question: str) -> list[Hit] | None:
    """Move the best hit of the section to the front whose name a question asks for; None if there is no such section.

    Hits in the beginning of the section, which is shown, come first. Raises DamagedIndexError.
    """
    asked = thing_terms(question) if index.language == "en" else frozenset()
    if not asked:
        return None
    sections: dict[tuple[int, int], list[int]] = {}
    for place, hit in enumerate(hits[:MAX_HITS]):
        sentence = index.sentence(hit.row)
        if _is_named(index, sentence.document, sentence.section, asked, question):
            sections.setdefault((sentence.document, sentence.section), []).append(place)
    if len(sections) != 1:
        return None
    (places,) = sections.values()
    chosen = next((place for place in places if _is_in_beginning(index, hits[place].row)), places[0])
    first = hits[chosen]
    raised = replace(first, score=hits[0].score, probability=max(first.probability, NAMED_PROBABILITY))
    return [raised, *hits[:chosen], *hits[chosen + 1 :]]


def _is_named(index: Index, number: int, section: int, asked: frozenset[str], question: str) -> bool:
    """Tell whether the heading of a section is in a question, and all else of the question above it."""
    document = index.documents[number]
    names = [heading_text(document, place) for place in places_above(document, section)] or [document.title]
    own = frozenset(split_terms(names[0], "en"))
    if not own or not own <= asked or bool(NEGATION.search(names[0])) != bool(NEGATION.search(question)):
        return False
    return asked <= own.union(*(split_terms(name, "en") for name in (*names[1:], document.title, document.id)))


def _is_in_beginning(index: Index, row: int) -> bool:
    section = section_of(index, row)
    return section.sentence.end - section.blocks[0].start <= MAX_BEGINNING
