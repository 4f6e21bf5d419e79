"""Find what completes a sentence: the steps or the code that it introduces, its list, its paragraph, its section."""

from collections.abc import Sequence

from retrieval.asking.named_lists import names_list
from retrieval.asking.neighbours import sentences_before
from retrieval.asking.section_blocks import Section, Span, ends_with, length_of, opens_next, spans_of
from retrieval.text.anaphora import refers_above
from retrieval.text.pasted_errors import reports_error
from retrieval.text.question_forms import asks_for_all, asks_for_steps
from retrieval.text.same_question import asked_text
from retrieval.text.sections import QUOTABLE
from retrieval.text.terms import split_terms
from retrieval.text.thing_questions import asks_for_task, thing_terms
from retrieval.types import Block

MAX_SECTION_LENGTH = 800  # characters of a section below a heading that is shown whole
MIN_PASSAGE_LENGTH = 350  # up to which a paragraph below a heading is shown with its neighbours
MAX_PASSAGE_LENGTH = 1_000  # of a list or code with what introduces it
MAX_WHOLE_LIST_LENGTH = 1_600  # of a list all of which is asked for
MAX_SHORT_LIST_LENGTH = 400  # of a list that is shown whole, whatever the question
MAX_PARAGRAPH_LENGTH = 600  # of a paragraph below a heading that is shown whole
MAX_PLAIN_PARAGRAPH_LENGTH = 320  # of one in a text without headings, where a sentence is the unit


def complete(section: Section, question: str) -> list[Span]:
    """Return the spans of a row's sentence and of what completes it."""
    return _short_section(section) or _own_spans(section, question)


def _short_section(section: Section) -> list[Span]:
    """Return the spans of the whole section if it is short and has a heading."""
    blocks = [block for block in section.blocks if block.kind in (*QUOTABLE, "header")]
    return spans_of(blocks) if section.heading and length_of(blocks) <= MAX_SECTION_LENGTH else []


def _own_spans(section: Section, question: str) -> list[Span]:
    """Return the spans of the sentence and of what completes it."""
    block = section.block
    if block.kind == "row":
        return [(section.sentence.start, section.sentence.end)]
    if block.level:
        whole = _list_around(section)
        wants_steps = asks_for_steps(question) and any(item.number for item in whole)
        limit = MAX_PASSAGE_LENGTH if wants_steps else MAX_SHORT_LIST_LENGTH
        limit = MAX_WHOLE_LIST_LENGTH if asks_for_all(question) else limit
        if length_of(whole) <= limit:
            return spans_of(whole)
        is_asked_for = limit > MAX_SHORT_LIST_LENGTH and names_list(section, whole[0], question)
        return spans_of(_beginning(section, whole, limit) if is_asked_for else _item_around(section))
    if answer := _beginning_of_answer(section, question):
        return spans_of(answer)
    if section.heading and reports_error(section.text(block)):
        return spans_of(_grown_below(section))
    if block.kind == "code":
        return [(block.start, block.end)]
    own = _paragraph(section)
    if own[1] != block.end:
        return [own]
    introduced = _introduced(section)
    if own[0] == block.start and section.heading:
        return spans_of(_grown(section, 1 + len(introduced)))
    return [own, *spans_of(introduced)]


def _grown(section: Section, count: int) -> list[Block]:
    """Return the sentence's block and the `count` - 1 below it, with the blocks beside them as far as they fit.

    Those below come first, since they continue what is said; a list and code stay whole. A block that refers to what is
    above it comes with that, up to the next paragraph.
    """
    start, end = section.at, section.at + count
    while end < len(section.blocks) and length_of(section.blocks[start : end + 1]) <= MIN_PASSAGE_LENGTH:
        end += 1
    end = _end_without_openings(section, end, section.at + count)
    needs_above = refers_above(section.text(section.block))
    limit = MAX_SECTION_LENGTH if needs_above else MIN_PASSAGE_LENGTH
    while start and length_of(section.blocks[start - 1 : end]) <= limit:
        start -= 1
        if needs_above and section.blocks[start].kind == "prose":
            limit = MIN_PASSAGE_LENGTH
    return section.blocks[start:end]


def _grown_below(section: Section) -> list[Block]:
    """Return the sentence's block, which reports an error, and those below it, which say more, as far as they fit."""
    end = section.at + 1
    while end < len(section.blocks) and length_of(section.blocks[section.at : end + 1]) <= MAX_SECTION_LENGTH:
        end += 1
    return section.blocks[section.at : _end_without_openings(section, end, section.at + 1)]


def _end_without_openings(section: Section, end: int, least: int) -> int:
    """Return the end of blocks without labels and lead-ins whose text below is not shown, at least some other end."""
    while least < end < len(section.blocks) and opens_next(section.text(section.blocks[end - 1])):
        end -= 1
    return end


def _paragraph(section: Section) -> Span:
    """Return the span of a short paragraph, else of the sentence with those that it refers to."""
    block = section.block
    if block.end - block.start <= (MAX_PARAGRAPH_LENGTH if section.heading else MAX_PLAIN_PARAGRAPH_LENGTH):
        return block.start, block.end
    before = section.index.sentence(section.row - sentences_before(section.index, section.row))
    return max(before.start, block.start), section.sentence.end


def _list_around(section: Section) -> list[Block]:
    """Return the blocks of the outermost list around the sentence."""
    start, end = section.at, section.at + 1
    while start and section.blocks[start - 1].level:
        start -= 1
    while end < len(section.blocks) and section.blocks[end].level:
        end += 1
    return section.blocks[start:end]


def _beginning(section: Section, whole: Sequence[Block], limit: int) -> list[Block]:
    """Return the first blocks of a list as far as they fit beside the sentence's item, and that item."""
    own = _item_around(section)
    first: list[Block] = []
    for block in whole:
        beside = [other for other in own if other not in first and other != block]
        if length_of([*first, block, *beside]) > limit:
            break
        first.append(block)
    return [*first, *(block for block in own if block not in first)]


def _beginning_of_answer(section: Section, question: str) -> list[Block]:
    """Return the first blocks below a heading that asks or is asked for, as they fit; none without the sentence.

    A list that does not fit is left out.
    """
    heading = "" if section.heading is None else " ".join(section.text(section.heading).split())
    if not heading or not (asked_text(heading) or _is_asked_for(heading, question, section.index.language)):
        return []
    end = len(section.blocks)
    while end > section.at and length_of(section.blocks[:end]) > MAX_SECTION_LENGTH:
        end -= 1
    while section.at < end < len(section.blocks) and section.blocks[end].level and section.blocks[end - 1].level:
        end -= 1
    end = _end_without_openings(section, end, section.at + 1)
    return section.blocks[:end] if end > section.at else []


def _is_asked_for(heading: str, question: str, language: str) -> bool:
    """Tell whether an English question asks for a thing as a whole, not for a task, whose name is a heading."""
    own = frozenset(split_terms(heading, "en")) if language == "en" else frozenset()
    return bool(own) and own <= thing_terms(question) and not asks_for_task(question)


def _item_around(section: Section) -> list[Block]:
    """Return the blocks of the sentence's item, with the items inside it, as far as they fit."""
    level, start = section.block.level, section.at
    while start and section.blocks[start].kind != "item" and section.blocks[start - 1].level >= level:
        start -= 1
    blocks = [section.blocks[start]]
    for number in range(start + 1, len(section.blocks)):
        block = section.blocks[number]
        inside = block.level > level or (block.level == level and block.kind != "item")
        if not inside or (length_of([*blocks, block]) > MAX_PASSAGE_LENGTH and number > section.at):
            break
        blocks.append(block)
    return blocks


def _introduced(section: Section) -> list[Block]:
    """Return the list, code or table right below a paragraph that introduces it, as far as it fits."""
    announced = ends_with(section.text(section.block), ":")
    length = section.block.end - section.block.start
    blocks: list[Block] = []
    for block in section.blocks[section.at + 1 :]:
        is_first_prose = announced and not blocks and block.kind == "prose"
        belongs = block.kind in ("item", "code") or block.level or (announced and block.kind in ("row", "header"))
        length += block.end - block.start
        if not (belongs or is_first_prose) or length > MAX_PASSAGE_LENGTH:
            break
        blocks.append(block)
    return blocks
