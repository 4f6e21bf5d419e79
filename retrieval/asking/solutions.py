"""Answer a question about trouble with what solves it, and show both: below "Issue" stands what the question says.

Pages that help with trouble have sections such as "Issue", "Cause" and "Solution" beside each other. The sentences that
are most like the question are those of the issue, which whoever asks knows already.
"""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.section_blocks import Section, Span, opens_next
from retrieval.asking.section_outline import (
    beginning_of,
    blocks_between,
    end_of_heading,
    first_row_below,
    heading_text,
    places_above,
    places_beside,
)
from retrieval.index.index import Index
from retrieval.text.problem_headings import asks_for_role, heading_role
from retrieval.types import Block, Document, Hit

MAX_HITS = 12  # whose solutions are sought
MAX_PROBLEM_LENGTH = 400  # characters of a problem that is shown with its solution
MAX_SOLUTION_LENGTH = 1_000


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
    index, number = section.index, section.sentence.document
    document = index.documents[number]
    place, role = _role_above(document, section.sentence.section)
    problem = _problem_before(document, place) if role == "solution" else None
    if problem is None:
        return None
    solution = blocks_between(index, number, place, end_of_heading(document, place))
    solving = beginning_of(solution, MAX_SOLUTION_LENGTH, at_least=2)
    while len(solving) > 2 and solving[-1][1] < solution[-1].end and opens_next(document.text[slice(*solving[-1])]):
        solving.pop()
    if not any(start <= section.sentence.start < end for start, end in solving):
        return None
    reported = beginning_of(blocks_between(index, number, problem, problem + 1), MAX_PROBLEM_LENGTH, at_least=1)
    blocks = blocks_between(index, number, problem, end_of_heading(document, place))
    return (blocks, [*reported, *solving]) if blocks[-1].end >= solving[-1][1] else None


def _solution_row(index: Index, row: int, question: str) -> int | None:
    """Find the first row of the solution beside the problem or cause that a row is in; None if it is in none."""
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    place, role = _role_above(document, sentence.section)
    if role == "solution" or (role and asks_for_role(question, role)):
        return None
    solution = _solution_after(document, place) if role else _solution_inside(document, sentence.section - 1)
    return None if solution is None else first_row_below(index, sentence.document, solution)


def _role_above(document: Document, section: int) -> tuple[int, str]:
    """Return the place and the role of the innermost heading above a section that has a role; -1 and "" without one."""
    roles = ((place, heading_role(heading_text(document, place))) for place in places_above(document, section))
    return next(((place, role) for place, role in roles if role), (-1, ""))


def _solution_after(document: Document, place: int) -> int | None:
    """Find the solution beside a heading, before the next problem of the same name."""
    name = heading_text(document, place).casefold()
    for other in places_beside(document, range(place + 1, len(document.headings)), document.headings[place].level):
        if heading_role(heading_text(document, other)) == "solution":
            return other
        if heading_text(document, other).casefold() == name:
            return None
    return None


def _solution_inside(document: Document, place: int) -> int | None:
    """Find the solution inside of a heading that is itself the problem: all headings right inside of it have a role."""
    if place < 0 or end_of_heading(document, place) == place + 1:
        return None
    level = document.headings[place + 1].level
    inside = list(places_beside(document, range(place + 1, end_of_heading(document, place)), level))
    roles = [heading_role(heading_text(document, other)) for other in inside]
    return inside[roles.index("solution")] if all(roles) and "solution" in roles else None


def _problem_before(document: Document, place: int) -> int | None:
    """Find the nearest problem beside a heading, above it."""
    before = places_beside(document, range(place - 1, -1, -1), document.headings[place].level)
    return next((other for other in before if heading_role(heading_text(document, other)) == "problem"), None)
