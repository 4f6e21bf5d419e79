"""Select the hits to quote: one for each place, the same words once, and sources that disagree next to each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from retrieval.asking.neighbours import context_before, readable_text
from retrieval.asking.passages import compose_passage, covers, join_passages
from retrieval.asking.table_keys import find_equal_rows, row_fields
from retrieval.index.index import Index
from retrieval.text.answer_types import DATE, NUMBER, expected_type, values_in
from retrieval.text.question_forms import asks_for_all
from retrieval.text.similarity import near_duplicates
from retrieval.text.terms import split_terms
from retrieval.types import Hit, PassagePart

MAX_LIST_SECTIONS = 3  # that are shown of a document if everything of some kind is asked for
MAX_EQUAL_ROWS = 3  # of a table that are shown if a question names each as much
EQUALLY_GOOD_MARGIN = 0.05  # probability below the best hit's that `newest` accepts for a newer source


@dataclass(frozen=True, slots=True)
class SelectedHit:
    """A hit to quote, its passage, and the rows of its near-duplicates among the other hits."""

    hit: Hit
    passage: tuple[PassagePart, ...]
    duplicates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The hits to quote in order, and whether the first two disagree."""

    hits: list[SelectedHit]
    sources_differ: bool


def select_hits(index: Index, question: str, hits: Sequence[Hit], *, top: int, newest: bool = False) -> Selection:
    """Select up to `top` of the hits that answer a question, which are given best first.

    None is in the passage of another one; a near-duplicate is added to the hit that it repeats. If another document
    gives another date or number, both are selected even if `top` is 1, the newer one first. `newest` puts the newest of
    the equally good hits first. If all of something is asked for, up to MAX_LIST_SECTIONS lists of a document are, and
    of the rows of a table that a question names equally up to MAX_EQUAL_ROWS.
    """
    ordered = _newest_first(index, hits) if newest else list(hits)
    rival = next((hit for hit in ordered[1:] if _disagree(index, question, ordered[0], hit)), None)
    if rival is not None:
        first = sorted((ordered[0], rival), key=lambda hit: _published(index, hit), reverse=True)
        ordered = first + [hit for hit in ordered[1:] if hit is not rival]
    selected = select_distinct(index, question, ordered, top if rival is None else max(top, 2))
    if rival is None and top < MAX_LIST_SECTIONS and asks_for_all(question):
        selected = _with_other_sections(index, question, ordered, selected)
    if rival is None and top < MAX_EQUAL_ROWS:
        equal = find_equal_rows(index, ordered, question)
        selected = max(selected, select_distinct(index, question, equal, MAX_EQUAL_ROWS), key=len)
    return Selection(selected, rival is not None)


def _with_other_sections(
    index: Index, question: str, hits: Sequence[Hit], selected: list[SelectedHit]
) -> list[SelectedHit]:
    """Add the lists in other sections of the best hit's document, up to MAX_LIST_SECTIONS hits."""
    if not _shows_list(compose_passage(index, selected[0].hit.row, question)):
        return selected
    best = index.sentence(selected[0].hit.row)
    best_of_sections: dict[int, Hit] = {}
    for hit in hits:
        sentence = index.sentence(hit.row)
        if sentence.document == best.document and not is_shown(index, hit, selected):
            best_of_sections.setdefault(sentence.section, hit)
    best_of_sections.pop(best.section, None)
    others = select_distinct(index, question, list(best_of_sections.values()), len(best_of_sections))
    lists = [place for place in others if _shows_list(place.passage)]
    return [*selected, *lists][: max(MAX_LIST_SECTIONS, len(selected))]


def _shows_list(passage: Sequence[PassagePart]) -> bool:
    """Tell whether a passage shows items of a list or rows of a table."""
    return any(part.kind in ("item", "row") for part in passage)


def _newest_first(index: Index, hits: Sequence[Hit]) -> list[Hit]:
    """Order the hits that are as good as the best by falling date, and leave the others behind them."""
    equal = [hit for hit in hits if hit.probability >= hits[0].probability - EQUALLY_GOOD_MARGIN]
    equal.sort(key=lambda hit: _published(index, hit), reverse=True)
    return equal + [hit for hit in hits if hit not in equal]


def is_shown(index: Index, hit: Hit, selected: Iterable[SelectedHit]) -> bool:
    """Tell whether a hit's sentence is in the passage of a selected hit."""
    sentence = index.sentence(hit.row)
    return any(
        index.sentence(other.hit.row).document == sentence.document and covers(other.passage, sentence)
        for other in selected
    )


def select_distinct(index: Index, question: str, hits: Sequence[Hit], top: int) -> list[SelectedHit]:
    """Select up to `top` hits outside each other's passages, each with its near-duplicates."""
    selected: list[SelectedHit] = []
    for hit in hits:
        text = readable_text(index, hit.row)
        original = next(
            (
                place
                for place, other in enumerate(selected)
                if near_duplicates(readable_text(index, other.hit.row), text, index.language)
            ),
            None,
        )
        if original is not None:
            other = selected[original]
            selected[original] = replace(other, duplicates=(*other.duplicates, hit.row))
        elif len(selected) < top and not is_shown(index, hit, selected):
            alone = replace(hit, beside=None) if selected else hit  # what is beside it may have been shown
            selected.append(SelectedHit(hit, compose_shown(index, alone, question), ()))
    return selected


def compose_shown(index: Index, hit: Hit, question: str) -> tuple[PassagePart, ...]:
    """Compose the passage that is shown for a hit. Raises DamagedIndexError."""
    joined = None if hit.beside is None else join_passages(index, hit.row, hit.beside, question)
    return joined or compose_passage(index, hit.row, question)


def _disagree(index: Index, question: str, hit: Hit, other: Hit) -> bool:
    """Return whether a hit in another document answers the same with another date or number.

    Only for questions that ask for one. A source that is merely less exact does not disagree, and neither does another
    row or column of a table.
    """
    kind = expected_type(question)
    if kind not in (DATE, NUMBER) or index.sentence(hit.row).document == index.sentence(other.row).document:
        return False
    if not _covered_terms(index, question, hit) <= _covered_terms(index, question, other):
        return False
    texts = _asked_values(index, question, hit, other) or (index.text(hit.row), index.text(other.row))
    facts, other_facts = (values_in(text, kind) for text in texts)
    if kind == DATE and not facts | other_facts:  # "When does it open?" "At nine."
        facts, other_facts = (values_in(text, NUMBER) for text in texts)
    return not (facts <= other_facts or other_facts <= facts)


def _asked_values(index: Index, question: str, hit: Hit, other: Hit) -> tuple[str, str] | None:
    """Return the values that two hits give in the columns that a question names; None if neither is a row of several.

    Both are "" unless both are rows that begin with the same cell: other rows are about other things.
    """
    rows = [row_fields(readable_text(index, at.row)) if _is_table_row(index, at) else [] for at in (hit, other)]
    if max(map(len, rows)) < 2:
        return None
    if min(map(len, rows)) < 2 or split_terms(rows[0][0][1], "") != split_terms(rows[1][0][1], ""):
        return "", ""
    asked = set(split_terms(question, index.language))
    values = [
        {name: value for name, value in row[1:] if not asked.isdisjoint(split_terms(name, index.language))}
        for row in rows
    ]
    shared = [name for name in values[0] if name in values[1]]
    return "; ".join(values[0][name] for name in shared), "; ".join(values[1][name] for name in shared)


def _is_table_row(index: Index, hit: Hit) -> bool:
    """Tell whether a hit is a row of a table, and no message of a chat."""
    sentence = index.sentence(hit.row)
    first, _ = index.block_range(sentence.document)
    is_row = index.block(first + sentence.paragraph - 1).kind == "row"
    return is_row and index.documents[sentence.document].unit != "message"


def _covered_terms(index: Index, question: str, hit: Hit) -> frozenset[str]:
    """Find the terms of a question that occur in a hit's sentence or in the context before it."""
    text = f"{context_before(index, hit.row)} {index.text(hit.row)}"
    return frozenset(split_terms(question, index.language)) & frozenset(split_terms(text, index.language))


def _published(index: Index, hit: Hit) -> str:
    """Return the date of a hit's document; a document without one counts as the oldest."""
    return index.documents[index.sentence(hit.row).document].published or ""
