"""Select the hits to quote: one for each place, the same words once, and sources that disagree next to each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from retrieval.asking.disagreement import covers_as_much, dated, hits_disagree
from retrieval.asking.neighbours import readable_text
from retrieval.asking.passages import compose_passage, covers, join_passages
from retrieval.asking.symbol_items import find_symbol_items
from retrieval.asking.table_keys import find_equal_rows
from retrieval.index.index import Index
from retrieval.text.announcements import asks_for_now, holds_for_now
from retrieval.text.question_forms import asks_for_all
from retrieval.text.similarity import near_duplicates
from retrieval.types import Hit, PassagePart

MAX_LIST_SECTIONS = 3  # that are shown of a document if everything of some kind is asked for
MAX_EQUAL_ROWS = 3  # of a table that are shown if a question names each as much, or that explain a symbol
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

    None is in the passage of another one; a near-duplicate is added to the hit that it repeats. If another document or
    message of a chat gives another date or number, both are selected even if `top` is 1, the newer one first. `newest`
    puts the newest of the equally good hits first. What holds for a short time only comes after what always holds and
    answers as well. If all of something is asked for, up to MAX_LIST_SECTIONS lists of a document are, and of the rows
    of a table that a question names equally, or the meanings of a symbol, up to MAX_EQUAL_ROWS.
    """
    ordered = _newest_first(index, hits) if newest else list(hits)
    rival = _rival(index, question, ordered)
    if rival is not None:
        newer, older = sorted((ordered[0], rival), key=lambda hit: dated(index, hit), reverse=True)
        first = [older, newer] if _holds_less(index, question, newer, older) else [newer, older]
        ordered = first + [hit for hit in ordered[1:] if hit is not rival]
    else:
        ordered = _lasting_first(index, question, ordered)
    selected = select_distinct(index, question, ordered, top if rival is None else max(top, 2))
    if rival is None and top < MAX_LIST_SECTIONS and asks_for_all(question):
        selected = _with_other_sections(index, question, ordered, selected)
    if rival is None and top < MAX_EQUAL_ROWS:
        equal = find_symbol_items(index, ordered, question) or find_equal_rows(index, ordered, question)
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


def _rival(index: Index, question: str, hits: Sequence[Hit]) -> Hit | None:
    """Find the best hit that disagrees with the first one, or a newer one that is as good."""
    rivals = [hit for hit in hits[1:] if hits_disagree(index, question, hits[0], hit)]
    equal = [hit for hit in rivals if hit.probability >= rivals[0].probability - EQUALLY_GOOD_MARGIN]
    return max(equal, key=lambda hit: dated(index, hit), default=None)


def _holds_less(index: Index, question: str, hit: Hit, other: Hit) -> bool:
    """Tell whether a hit holds for a short time only, of which the question says nothing, unlike another hit."""
    if asks_for_now(question) or not holds_for_now(index.text(hit.row)):
        return False
    return not holds_for_now(index.text(other.row))


def _lasting_first(index: Index, question: str, hits: list[Hit]) -> list[Hit]:
    """Put the first hit that is as good as the best, and always holds, before one that holds for a short time only."""
    for hit in hits[1:]:
        if hit.probability < hits[0].probability - EQUALLY_GOOD_MARGIN:
            break
        if _holds_less(index, question, hits[0], hit) and covers_as_much(index, question, hits[0], hit):
            return [hit, *(other for other in hits if other is not hit)]
    return hits


def _newest_first(index: Index, hits: Sequence[Hit]) -> list[Hit]:
    """Order the hits that are as good as the best by falling date, and leave the others behind them."""
    equal = [hit for hit in hits if hit.probability >= hits[0].probability - EQUALLY_GOOD_MARGIN]
    equal.sort(key=lambda hit: dated(index, hit), reverse=True)
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
