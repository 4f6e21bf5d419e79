"""Answer a question for a thing as a whole with the section that has its name.

"What does moonbeam do" is answered below the heading "Moonbeam", whatever the words there are; a reader that looks for
words that define it mostly does not find them. The rule is narrow: the whole heading is in the question, whatever else
the question names is in the headings above it or in the names of the document, and no other section that may be
searched fits as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from retrieval.asking.section_blocks import section_of
from retrieval.asking.section_outline import first_row_below, heading_text, places_above
from retrieval.index.index import Index
from retrieval.index.scope import Scope
from retrieval.text.negation import NEGATION
from retrieval.text.terms import split_terms
from retrieval.text.thing_questions import asks_for_effect, asks_for_meaning, asks_for_task, thing_terms
from retrieval.types import Document, Hit

MAX_HITS = 30  # among which the section is sought
NAMED_PROBABILITY = 0.9  # at least, that the only section with the name answers
MAX_NAMES = 200_000  # headings that are listed, which takes three seconds; with more, only hits are compared
MAX_BEGINNING = 800  # characters of a section, in which its beginning is shown
GENERIC = frozenset(  # said of what a section is, and not in its heading
    split_terms(
        "policy policies rules info information details guide guidelines procedure instructions section page", "en"
    )
)
RULES = GENERIC & frozenset(split_terms("policy rules guide guidelines procedure instructions", "en"))
PARTS = frozenset(  # name a part of something, so that whoever names only the part has not said of what
    split_terms(
        "overview introduction intro general basic basics summary recap conclusion appendix preamble"
        " description definition detail details note notes option options parameter parameters argument arguments"
        " example examples usage synopsis syntax type types kind status content contents list table result results"
        " output input return value values name names file files path paths location variable variables setting"
        " settings glossary interval before after next previous none other miscellaneous today agenda logistics"
        " reminder reminders hint hints tip tips comparison alternative alternatives limitation limitations drawback"
        " drawbacks caveat caveats assumption assumptions prerequisite prerequisites error errors problem problems"
        " issue issues known common step steps help cause solution behavior behaviour price cost remove add change"
        " changes",
        "en",
    )
)
BEGINNINGS = frozenset(split_terms("overview introduction intro about general summary description preface", "en"))
SENTENCE = re.compile(r".*[.!?][\"'”’)\]]*", re.DOTALL)
FACT = re.compile(r"[^:.!?]{1,30}:\s")
SectionNames = Mapping[frozenset[str], Sequence[tuple[int, int]]]


def find_section_names(index: Index) -> SectionNames:
    """Find the places of all headings by their terms: the document, and the place in it.

    A document without headings has its title at the place -1. An index with more than MAX_NAMES has no list.
    """
    if sum(max(len(document.headings), 1) for document in index.documents) > MAX_NAMES:
        return {}
    terms: dict[str, frozenset[str]] = {}
    places: dict[frozenset[str], list[tuple[int, int]]] = {}
    for number, document in enumerate(index.documents):
        text = document.text if document.headings else ""
        names = [" ".join(text[heading.start : heading.end].split()) for heading in document.headings]
        for place, name in enumerate(names or [document.title], 0 if names else -1):
            own = terms.get(name)
            own = terms[name] = _terms(name) if own is None else own
            places.setdefault(own, []).append((number, place))
    return places


def prefer_named_section(
    index: Index, hits: Sequence[Hit], question: str, scope: Scope, names: Callable[[], SectionNames]
) -> list[Hit] | None:
    """Move the best hit of the section to the front whose name a question asks for; None if there is no such section.

    Unless it is a task, hits in the beginning of the section, which is shown, come first, and sentences before labels
    and facts such as "Range: 60 feet". Raises DamagedIndexError.
    """
    asked = thing_terms(question) if index.language == "en" else frozenset()
    if not asked:
        return None
    sections: dict[tuple[int, int], list[int]] = {}
    for place, hit in enumerate(hits[:MAX_HITS]):
        section = _find_named(index, hit.row, asked, question)
        if section is not None:
            sections.setdefault(section, []).append(place)
    if len(sections) != 1:
        return None
    ((section, places),) = sections.items()
    if _is_in_doubt(index, section, asked, question) or _has_rival(index, section, asked, question, scope, names()):
        return None
    is_task = asks_for_task(question)
    shown = [place for place in places if not is_task and _is_in_beginning(index, hits[place].row)] or places[:1]
    texts = {place: index.text(hits[place].row) for place in shown}
    sentences = [place for place in shown if SENTENCE.fullmatch(texts[place]) and not FACT.match(texts[place])]
    if not sentences and asked & RULES:  # "phone rules" is not answered by a number
        return None
    chosen = next(iter(sentences), next((place for place in shown if not FACT.match(texts[place])), shown[0]))
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
    places = list(places_above(document, sentence.section)) or [-1]
    for depth, place in enumerate(places):
        if not _is_named(document, place, asked, question):
            continue
        if depth == 0 or (first_row_below(index, number, place) == row and _begins_with(index, row, places[0], place)):
            return number, place
    return None


def _is_named(document: Document, place: int, asked: frozenset[str], question: str) -> bool:
    """Tell whether a section has the name asked for, and whatever else is asked stands above it.

    The folders of a document say what the whole of it is, not what a section of it is about.
    """
    name = _name(document, place)
    own = _terms(name)
    if not own or not own <= asked or bool(NEGATION.search(name)) != bool(NEGATION.search(question)):
        return False
    is_whole = place < 0 or own == _terms(document.title)
    path = document.id if is_whole else f"{document.collection} {PurePosixPath(document.id).name}"
    return asked <= own.union(GENERIC, *map(_terms, (*_names_above(document, place), path)))


def _begins_with(index: Index, row: int, inner: int, place: int) -> bool:
    """Tell whether a row inside of a chapter is about the whole of it: it, or the heading above it, has its name.

    The first of several units does not say what units are, nor does the first question of a FAQ.
    """
    document = index.documents[index.sentence(row).document]
    own, heading = _terms(_name(document, place)), heading_text(document, inner)
    return (
        own <= _terms(heading)
        or _terms(heading) <= BEGINNINGS
        or (not heading.endswith("?") and own <= _terms(index.text(row)))
    )


def _is_in_doubt(index: Index, section: tuple[int, int], asked: frozenset[str], question: str) -> bool:
    """Tell whether a section has the name of a part, and the question does not name what it is a part of.

    Nor does a section about "API" say what these letters mean; entries that define them are found otherwise.
    """
    document, place = index.documents[section[0]], section[1]
    name = _name(document, place)
    if name.isupper() and asks_for_meaning(question):
        return True
    own = _terms(name)
    wholes = map(_terms, (*_names_above(document, place), PurePosixPath(document.id).stem))
    is_part = own <= PARTS and not any(whole - own and whole <= asked for whole in wholes)
    return is_part and not asks_for_effect(question)


def _names_above(document: Document, place: int) -> list[str]:
    """Return the headings above a section, innermost first, and the title of its document."""
    above = [heading_text(document, other) for other in places_above(document, place + 1) if other != place]
    return [*above, document.title]


def _name(document: Document, place: int) -> str:
    return document.title if place < 0 else heading_text(document, place)


def _terms(text: str) -> frozenset[str]:
    return frozenset(split_terms(text, "en"))


def _has_rival(
    index: Index, section: tuple[int, int], asked: frozenset[str], question: str, scope: Scope, names: SectionNames
) -> bool:
    """Tell whether another section that may be searched has the same name and begins otherwise."""
    own = _terms(_name(index.documents[section[0]], section[1]))
    begins = _beginning(index, section, scope)
    return any(
        place != section
        and _is_named(index.documents[place[0]], place[1], asked, question)
        and _beginning(index, place, scope) not in ("", begins)
        for place in names.get(own, ())
    )


def _beginning(index: Index, section: tuple[int, int], scope: Scope) -> str:
    """Return the first text that can answer in a section; "" without one that may be searched."""
    number, place = section
    row = first_row_below(index, number, place) if place >= 0 else index.document_range(number)[0]
    if row is None or not (scope.rows is None or scope.rows.contains(np.array([row]))[0]):
        return ""
    return index.text(row)


def _is_in_beginning(index: Index, row: int) -> bool:
    section = section_of(index, row)
    return section.sentence.end - section.blocks[0].start <= MAX_BEGINNING
