"""Where an offset of a document's text stands, in the words of its format: page, headings, row, time."""

from bisect import bisect_right
from collections.abc import Sequence

from retrieval.records import Block, Document

BETWEEN = " › "  # headings of a path
LONGEST_HEADING = 120  # characters of each heading in a path


def headings_of(blocks: Sequence[Block]) -> tuple[tuple[int, int, int], ...]:
    """Return what a document keeps of its headings."""
    return tuple((block.start, block.end, block.level) for block in blocks if block.kind == "heading")


def heading_path(document: Document, offset: int) -> str | None:
    """Return the headings above an offset, outermost first, or None where there is none.

    The heading of a record stands above that record alone.
    """
    row = mark_at(document, offset) if document.unit == "row" else None
    last = bisect_right(document.headings, offset, key=lambda one: one[0])
    path: list[str] = []
    level = 0
    for start, end, depth in reversed(document.headings[:last]):
        if row is not None and mark_at(document, start) not in (row, None):
            break
        if not path or depth < level:
            heading = " ".join(document.text[start:end].split())
            path.append(heading if len(heading) <= LONGEST_HEADING else heading[: LONGEST_HEADING - 1] + "…")
            level = depth
        if level <= 1:
            break
    return BETWEEN.join(reversed(path)) or None


def mark_at(document: Document, offset: int) -> int | str | None:
    """Return on which page, row, time or line (whichever the document's unit says) an offset stands."""
    last = bisect_right(document.marks, offset, key=lambda one: one[0])
    return document.marks[last - 1][1] if last else None
