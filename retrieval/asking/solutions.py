"""Answer a question about trouble with what solves it, and show both: below "Issue" stands what the question says.

Pages that help with trouble have sections such as "Issue", "Cause" and "Solution" beside each other. The sentences that
are most like the question are those of the issue, which whoever asks knows already.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from retrieval.asking.section_blocks import Section, Span
from retrieval.index.index import BLOCK_KINDS, BlockColumn, Column, Index
from retrieval.text.answer_types import NO_ANSWER, QUESTION
from retrieval.text.problem_headings import asks_for_role, heading_role
from retrieval.text.sections import MAX_LEVEL, QUOTABLE
from retrieval.types import Block, Document, Hit

MAX_HITS = 12  # whose solutions are sought
MAX_HEADINGS_AROUND = 60  # of a section, among which its solution or problem is sought
MAX_PROBLEM_LENGTH = 400  # characters of a problem that is shown with its solution
MAX_SOLUTION_LENGTH = 1_000
MAX_BLOCKS = 300  # from a problem to the end of what is shown of its solution


def answer_by_solutions(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Replace the hits below a problem or its cause by the beginning of its solution.

    Those that the question asks for stay. A solution keeps score and probability, since the question is that of the
    problem. Best first, as before.
    """
    answers: dict[int, Hit] = {}
    for place, hit in enumerate(hits):
        row = _solution_row(index, hit.row, question) if place < MAX_HITS else None
        answers.setdefault(hit.row if row is None else row, hit if row is None else replace(hit, row=row))
    return list(answers.values())


def find_solved(section: Section) -> tuple[list[Block], list[Span]] | None:
    """Find what is shown of the solution that a sentence is in: the blocks from its problem on, and the spans of both.

    None if it is in no solution of a problem beside it, or too far down in it.
    """
    index, sentence = section.index, section.sentence
    document = index.documents[sentence.document]
    place, role = _role_above(document, sentence.section)
    problem = _problem_before(document, place) if role == "solution" else None
    if problem is None:
        return None
    first, last = index.block_range(sentence.document)
    kinds = index.blocks[first:last, BlockColumn.KIND]
    numbers = [*(np.flatnonzero(kinds == BLOCK_KINDS.index("heading")) + first).tolist(), last]
    end = min(numbers[_end_of(document, place)], numbers[problem] + MAX_BLOCKS)
    blocks = [index.block(number) for number in range(numbers[problem], end)]
    own = numbers[place] - numbers[problem]
    reported = _beginning(blocks[: numbers[problem + 1] - numbers[problem]], MAX_PROBLEM_LENGTH, at_least=1)
    solving = _beginning(blocks[own:], MAX_SOLUTION_LENGTH, at_least=2)
    if not any(block.start <= sentence.start < block.end for block in solving):
        return None
    return blocks, [(block.start, block.end) for block in (*reported, *solving)]


def _solution_row(index: Index, row: int, question: str) -> int | None:
    """Find the first row of the solution beside the problem or cause that a row is in; None if it is in none."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    place, role = _role_above(document, sentence.section)
    if role == "solution" or (role and asks_for_role(question, role)):
        return None
    solution = _solution_after(document, place) if role else _solution_inside(document, sentence.section - 1)
    if solution is None:
        return None
    rows = index.document_rows(sentence.document)
    sections = index.table[rows, Column.SECTION]
    bounds = np.array([solution + 1, _end_of(document, solution) + 1], sections.dtype)
    start, end = np.searchsorted(sections, bounds)
    types = index.answer_types[rows[start:end]] & (QUESTION | NO_ANSWER)
    answering = np.flatnonzero(types == 0)
    return int(rows[start + answering[0]]) if len(answering) else None


def _role_above(document: Document, section: int) -> tuple[int, str]:
    """Return the place and the role of the innermost heading above a section that has a role; -1 and "" without one."""
    level = MAX_LEVEL
    for place in range(section - 1, max(section - 1 - MAX_HEADINGS_AROUND, -1), -1):
        if document.headings[place].level < level:
            level = document.headings[place].level
            if role := heading_role(_text(document, place)):
                return place, role
    return -1, ""


def _solution_after(document: Document, place: int) -> int | None:
    """Find the solution beside a heading, before the next problem of the same name."""
    name = _text(document, place).casefold()
    for other in _beside(document, range(place + 1, len(document.headings)), document.headings[place].level):
        if heading_role(_text(document, other)) == "solution":
            return other
        if _text(document, other).casefold() == name:
            return None
    return None


def _solution_inside(document: Document, place: int) -> int | None:
    """Find the solution inside of a heading that is itself the problem: all headings right inside of it have a role."""
    if place < 0 or _end_of(document, place) == place + 1:
        return None
    level = document.headings[place + 1].level
    inside = list(_beside(document, range(place + 1, _end_of(document, place)), level))
    roles = [heading_role(_text(document, other)) for other in inside]
    return inside[roles.index("solution")] if all(roles) and "solution" in roles else None


def _problem_before(document: Document, place: int) -> int | None:
    """Find the nearest problem beside a heading, above it."""
    before = _beside(document, range(place - 1, -1, -1), document.headings[place].level)
    return next((other for other in before if heading_role(_text(document, other)) == "problem"), None)


def _beside(document: Document, places: range, level: int) -> Iterator[int]:
    """Yield those of the first places whose headings have a level, up to one that is further out."""
    for place in places[:MAX_HEADINGS_AROUND]:
        if document.headings[place].level < level:
            return
        if document.headings[place].level == level:
            yield place


def _end_of(document: Document, place: int) -> int:
    """Return the place of the first heading behind one that is not inside of it."""
    level, places = document.headings[place].level, range(place + 1, len(document.headings))
    return next((other for other in places if document.headings[other].level <= level), len(document.headings))


def _text(document: Document, place: int) -> str:
    heading = document.headings[place]
    return document.text[heading.start : heading.end]


def _beginning(blocks: Sequence[Block], max_length: int, *, at_least: int) -> list[Block]:
    """Return as many of the first blocks as fit, at least some, without headings at the end."""
    shown: list[Block] = []
    length = 0
    for block in blocks:
        if block.kind not in (*QUOTABLE, "header", "heading"):
            continue
        length += block.end - block.start
        if length > max_length and len(shown) >= at_least:
            break
        shown.append(block)
    while shown and shown[-1].kind == "heading":
        shown.pop()
    return shown
