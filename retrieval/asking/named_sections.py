"""Answer a question for a thing as a whole with the section that has its name.

"What does moonbeam do" is answered below the heading "Moonbeam", whatever the words there are; a reader that looks for
words that define it mostly does not find them. The rule is narrow: the whole heading is in the question, whatever else
the question names is in the headings above it or in the names of the document, and no other section fits as well.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.section_blocks import section_of
from retrieval.asking.section_outline import first_row_below, heading_text, places_above
from retrieval.index.index import Index
from retrieval.text.negation import NEGATION
from retrieval.text.terms import split_terms
from retrieval.text.thing_questions import parse_thing_question
from retrieval.types import Hit

MAX_HITS = 30  # among which the section is sought
NAMED_PROBABILITY = 0.9  # at least, that the only section with the name answers
MAX_BEGINNING = 800  # characters of a section, in which its beginning is shown
GENERIC = frozenset(  # said of what a section is, and not in its heading
    split_terms(
        "policy policies rules info information details guide guidelines procedure instructions section page", "en"
    )
)
FACT = re.compile(r"[^:.!?]{1,30}:\s")


def prefer_named_section(index: Index, hits: Sequence[Hit], question: str) -> list[Hit] | None:
    """Move the best hit of the section to the front whose name a question asks for; None if there is no such section.

    Unless it is a task, hits in the beginning of the section, which is shown, come first, and sentences before facts
    such as "Range: 60 feet". Raises DamagedIndexError.
    """
    asked, is_task = parse_thing_question(question)
    if not asked or index.language != "en":
        return None
    sections: dict[tuple[int, int], list[int]] = {}
    for place, hit in enumerate(hits[:MAX_HITS]):
        section = _find_named(index, hit.row, asked, question)
        if section is not None:
            sections.setdefault(section, []).append(place)
    if len(sections) != 1:
        return None
    (places,) = sections.values()
    shown = [place for place in places if not is_task and _is_in_beginning(index, hits[place].row)] or places[:1]
    chosen = next((place for place in shown if not FACT.match(index.text(hits[place].row))), shown[0])
    first = hits[chosen]
    raised = replace(first, score=hits[0].score, probability=max(first.probability, NAMED_PROBABILITY))
    return [raised, *hits[:chosen], *hits[chosen + 1 :]]


def _find_named(index: Index, row: int, asked: frozenset[str], question: str) -> tuple[int, int] | None:
    """Find the section of a row that has the name asked for, as its document and the place of its heading.

    It is the one right around the row, or one of which the row is the first that can answer. The place of a document
    without headings is -1.
    """
    sentence = index.sentence(row)
    number, document = sentence.document, index.documents[sentence.document]
    places = list(places_above(document, sentence.section))
    names = [*(heading_text(document, place) for place in places), document.title]
    for depth, name in enumerate(names if not places else names[:-1]):
        own = frozenset(split_terms(name, "en"))
        if not own or not own <= asked or bool(NEGATION.search(name)) != bool(NEGATION.search(question)):
            continue
        if not asked <= own.union(GENERIC, *(split_terms(other, "en") for other in (*names[depth + 1 :], document.id))):
            continue
        if depth == 0 or first_row_below(index, number, places[depth]) == row:
            return number, places[depth] if places else -1
    return None


def _is_in_beginning(index: Index, row: int) -> bool:
    section = section_of(index, row)
    return section.sentence.end - section.blocks[0].start <= MAX_BEGINNING
