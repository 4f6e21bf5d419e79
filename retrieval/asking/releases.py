"""Answer when a version was released, or what is new in it, with the section of that version in the release notes.

Its heading has both the version and the date, but headings are no answers, and the items below it say neither. The
rule is narrow: one version is named, its heading is nothing but that version with or without a date, and what else the
question names is in the names of the document.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.asking.section_blocks import Section, Span
from retrieval.asking.section_outline import (
    beginning_of,
    blocks_between,
    end_of_heading,
    first_row_below,
    heading_text,
    places_above,
    places_beside,
)
from retrieval.index.equal_terms import rows_with_form
from retrieval.index.index import Column, Index
from retrieval.index.scope import Scope
from retrieval.text.probabilities import lower_log_odds
from retrieval.text.release_headings import (
    ReleaseHeading,
    ReleaseQuestion,
    parse_release_heading,
    parse_release_question,
)
from retrieval.text.release_notes import asks_about_releases, is_release_notes
from retrieval.text.terms import split_terms
from retrieval.text.version_names import VersionOrder, version_order
from retrieval.types import Block, Document, Float32, Hit, Int64

MAX_DOCUMENTS = 60  # that have the numbers of a version, among which its heading is sought
RELEASE_PROBABILITY = 0.95  # at least, that the section of a release answers
OTHER_RELEASE_LOG_ODDS = 4.0  # that what stands below another release loses; chosen, not fitted
PENALTY = 6.0  # of a score, of which the right answer's is mostly a few above the next one's; chosen, not fitted
MAX_DATE_LENGTH = 350  # characters of a release that are shown with its date
MAX_RELEASE_LENGTH = 1_600
ReleasePages = Mapping[VersionOrder, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Release:
    """The heading of the release that a question names, and the row that answers; None if that is not in it."""

    version: str
    row: int | None


def find_release_pages(documents: Sequence[Document]) -> ReleasePages:
    """Find the documents that are about one release, as their titles say, by the order of its version."""
    pages: dict[VersionOrder, list[int]] = {}
    for number, document in enumerate(documents):
        heading = parse_release_heading(document.title)
        if heading is not None:
            pages.setdefault(version_order(heading.version), []).append(number)
    return pages


def find_release(index: Index, question: str, scope: Scope, find_pages: Callable[[], ReleasePages]) -> Release | None:
    """Find the release whose date or changes a question asks for; None if it asks for none, or several may be meant.

    `find_pages` returns what find_release_pages does. A page of its own comes before the release notes of all releases.
    """
    asked = parse_release_question(question) if index.language == "en" else None
    if asked is None:
        return None
    pages = find_pages().get(version_order(asked.version), [])
    numbers = dict.fromkeys([*_within(index, pages, scope), *_documents_with(index, asked.version, scope)])
    found = [(number, place) for number in numbers for place in _headings_of(index.documents[number], asked)]
    own = [each for each in found if each[0] in pages]
    notes = [each for each in found if is_release_notes(index.documents[each[0]].id, index.documents[each[0]].title)]
    places = next((each for each in (found, own, notes) if len({number for number, _ in each}) == 1), None)
    if places is None:
        row = None if found else _item_of(index, asked, numbers)
        return None if row is None else Release(asked.version, row)
    number, place = places[0]
    part = _part_of(index.documents[number], place, asked)
    return Release(asked.version, None if part is None else first_row_below(index, number, part))


def prefer_release(index: Index, hits: Sequence[Hit], release: Release | None) -> list[Hit]:
    """Move the row of a release to the front; all others are less probable then, and those of other releases behind.

    Without such a row, what stands below other releases goes behind and is less probable.
    """
    if release is None or not hits:
        return list(hits)
    best, last = hits[0].score, hits[-1].score
    own = [hit for hit in hits if hit.row == release.row]
    first = [replace(hit, score=best, probability=max(hit.probability, RELEASE_PROBABILITY)) for hit in own]
    near: list[Hit] = []
    behind: list[Hit] = []
    for hit in hits:
        is_other = _is_of_other(index, hit, release.version)
        if hit.row == release.row:
            continue
        if own or is_other:
            hit = replace(hit, probability=lower_log_odds(hit.probability, OTHER_RELEASE_LOG_ODDS))
        if is_other:
            behind.append(replace(hit, score=last))
        else:
            near.append(hit)
    return [*first, *near, *behind]


def release_penalties(index: Index, rows: Int64, question: str) -> Float32:
    """Compute what each row below a release loses of its score, float32 (n,), unless the question is about releases.

    What changed years ago names every subject in a few words, and may no longer hold.
    """
    if asks_about_releases(question):
        return np.zeros(len(rows), np.float32)
    return np.array([PENALTY * _is_of_release(index, row) for row in rows.tolist()], np.float32)


def _is_of_release(index: Index, row: int) -> bool:
    """Tell whether a row is in release notes, or below a heading that says when a version was released."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    if is_release_notes(document.id, document.title):
        return True
    return any(release.dated for release in _releases_above(document, sentence.section))


def _releases_above(document: Document, section: int) -> Iterator[ReleaseHeading]:
    """Yield the headings above a section that name a release, innermost first."""
    above = (parse_release_heading(heading_text(document, place)) for place in places_above(document, section))
    yield from (each for each in above if each is not None)


def find_released(section: Section, question: str) -> tuple[list[Block], list[Span]] | None:
    """Find what is shown of the release that a question names for a sentence in it: blocks from its heading, and spans.

    None if the question names no release, or the sentence is not in what is shown.
    """
    index, number = section.index, section.sentence.document
    asked = parse_release_question(question) if index.language == "en" else None
    if asked is None:
        return None
    document = index.documents[number]
    above = (place for place in places_above(document, section.sentence.section) if _names(document, place, asked))
    place = next(above, None)
    part = None if place is None else _part_of(document, place, asked)
    if place is None or part is None:
        return None
    blocks = blocks_between(index, number, place, end_of_heading(document, place))
    inside = blocks_between(index, number, part, end_of_heading(document, part))
    max_length = MAX_DATE_LENGTH if asked.asks_date else MAX_RELEASE_LENGTH
    spans = beginning_of(inside, max_length, at_least=3)
    if not any(start <= section.sentence.start < end for start, end in spans):
        return None
    return blocks, [(blocks[0].start, blocks[0].end), *spans] if part != place else spans


def _within(index: Index, numbers: Sequence[int], scope: Scope) -> list[int]:
    """Return those of some documents that are in a scope."""
    if scope.rows is None or not numbers:
        return list(numbers)
    rows = np.array([index.document_range(number)[0] for number in numbers], np.int64)
    inside = scope.rows.contains(rows).tolist()
    return [number for number, is_inside in zip(numbers, inside, strict=True) if is_inside]


def _documents_with(index: Index, version: str, scope: Scope) -> list[int]:
    """Return the documents of a scope with rows that have the numbers of a version, those with most rows first."""
    numbers = version.removesuffix(".0").removesuffix(".0")
    rows = np.union1d(*(rows_with_form(index.lexical, split_terms(text, "en")) for text in (numbers, f"v{numbers}")))
    rows = rows if scope.rows is None else rows[scope.rows.contains(rows)]
    documents, counts = np.unique(index.table[rows, Column.DOCUMENT], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MAX_DOCUMENTS]
    found: list[int] = documents[order].tolist()
    return found


def _headings_of(document: Document, asked: ReleaseQuestion) -> Iterator[int]:
    """Yield the places of the headings that name the release, if the document has the names of the question."""
    names = f"{document.id} {document.title} {document.source or ''}"
    if asked.others <= frozenset(split_terms(names, "en")):
        yield from (place for place in range(len(document.headings)) if _names(document, place, asked))


def _item_of(index: Index, asked: ReleaseQuestion, numbers: Iterable[int]) -> int | None:
    """Find the item of a list in some documents that is nothing but the release and its date; None if in doubt."""
    rows = rows_with_form(index.lexical, split_terms(asked.version, "en"))
    items = []
    for number in numbers:
        first, end = index.document_range(number)
        near = rows[slice(*np.searchsorted(rows, (first, end)).tolist())]
        items += [row for row in near.tolist() if _is_item_of(index, row, asked)]
    return items[0] if len(items) == 1 else None


def _is_item_of(index: Index, row: int, asked: ReleaseQuestion) -> bool:
    """Tell whether a row is an item that names the release and its date, in a document with the question's names."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    if index.block(index.block_range(sentence.document)[0] + sentence.paragraph - 1).kind != "item":
        return False
    release = parse_release_heading(index.text(row).strip("`*: "))
    is_same = release is not None and version_order(release.version) == version_order(asked.version)
    names = f"{document.id} {document.title} {document.source or ''}"
    return release is not None and is_same and release.dated and asked.others <= frozenset(split_terms(names, "en"))


def _names(document: Document, place: int, asked: ReleaseQuestion) -> bool:
    """Tell whether a heading names the release, with its date if that is asked for."""
    heading = parse_release_heading(heading_text(document, place))
    is_same = heading is not None and version_order(heading.version) == version_order(asked.version)
    return heading is not None and is_same and (heading.dated or not asked.asks_date)


def _part_of(document: Document, place: int, asked: ReleaseQuestion) -> int | None:
    """Find the heading inside of a release for the kind of change that is asked for: the release's own without one.

    None if the release has headings for such kinds, but not for that one.
    """
    inside = range(place + 1, end_of_heading(document, place))
    if not asked.kinds or not inside:
        return place
    level = min(document.headings[other].level for other in inside)
    for other in places_beside(document, inside, level):
        if not asked.kinds.isdisjoint(split_terms(heading_text(document, other), "en")):
            return other
    return None


def _is_of_other(index: Index, hit: Hit, version: str) -> bool:
    """Tell whether a hit is below the heading of another release."""
    sentence = index.sentence(hit.row)
    above = _releases_above(index.documents[sentence.document], sentence.section)
    return any(version_order(release.version) != version_order(version) for release in above)
