"""Sum up the blocks of a document: its sections, what can be quoted, its headings and its tables."""

import re
from collections.abc import Iterator, Sequence

from retrieval.text.table_rows import names_columns
from retrieval.types import Block, Document, Heading, TableSpan

BLANK_LINE = re.compile(r"\n[ \t>]*\n")
TABLE_KINDS = ("header", "row")
MAX_LEVEL = 100  # above that of every heading
QUOTABLE = ("prose", "item", "code", "row")


def quotable_blocks(blocks: Sequence[Block]) -> Iterator[tuple[int, int, Block]]:
    """Yield (section, paragraph, block) for each block that can be quoted; a heading opens a new section.

    Section 0 comes before any heading. Paragraphs count all blocks, from 1.
    """
    section = 0
    for paragraph, block in enumerate(blocks, 1):
        if block.kind == "heading":
            section += 1
        elif block.kind in QUOTABLE:
            yield section, paragraph, block


def heading_paths(document: Document) -> list[tuple[str, ...]]:
    """Return the headings above each section, outermost first, each on one line; section 0 has none."""
    paths: list[tuple[str, ...]] = [()]
    above: list[tuple[int, str]] = []  # with their levels
    for heading in document.headings:
        while above and above[-1][0] >= heading.level:
            above.pop()
        if heading.end > heading.start:
            above.append((heading.level, " ".join(document.text[heading.start : heading.end].split())))
        paths.append(tuple(text for _, text in above))
    return paths


def headings_above(document: Document, section: int) -> Iterator[str]:
    """Yield the headings above a section, innermost first, without a walk over the others of the document."""
    for heading in open_headings(document.headings[:section]):
        yield document.text[heading.start : heading.end]


def open_headings(headings: Sequence[Heading]) -> Iterator[Heading]:
    """Yield those of the headings before a place that apply to it, innermost first."""
    yield from (headings[place] for place in open_places(headings))


def open_places(headings: Sequence[Heading]) -> Iterator[int]:
    """Yield where among the headings before a place those are that apply to it, innermost first."""
    level = MAX_LEVEL
    for place in range(len(headings) - 1, -1, -1):
        heading = headings[place]
        if heading.level < level:
            level = heading.level
            if heading.end > heading.start:
                yield place


def collect_headings(blocks: Sequence[Block]) -> tuple[Heading, ...]:
    """Collect the headings, in order."""
    return tuple(Heading(block.start, block.end, block.level) for block in blocks if block.kind == "heading")


def collect_tables(text: str, blocks: Sequence[Block]) -> tuple[TableSpan, ...]:
    """Collect the tables of Markdown that have rows, in order.

    A header with several cells names columns. One with a single cell names the others of its line, which are the row,
    or else the table or a group of its rows.
    """
    tables: list[TableSpan] = []
    cells = [block for block in blocks if block.kind != "aside"]
    header: Block | None = None
    groups: list[tuple[int, int]] = []
    rows: list[Block] = []  # of the table that goes on
    for before, block, after in zip([None, *cells], cells, [*cells[1:], None], strict=False):
        is_new = before is None or before.kind not in TABLE_KINDS or BLANK_LINE.search(text, before.end, block.start)
        is_fact = block.kind == "header" and after is not None and "\n" not in text[block.start : after.start]
        is_columns = block.kind == "header" and not is_fact and names_columns(text[block.start : block.end])
        if rows and (is_new or is_fact or is_columns or (header is None and block.kind == "header")):
            tables.append(_table(header, rows, groups))
            rows = []
        if is_new:
            header, groups = None, []
        if is_fact and after is not None:
            tables.append(TableSpan(block.start, block.end, after.end, tuple(groups)))
        elif is_columns:
            if header is not None:  # another one further down
                groups = [group for group in groups if tables and group[0] >= tables[-1].end]
            header = block
        elif block.kind == "header":
            if header is None and before is not None and before.kind == "row":
                groups = groups[:-1]
            groups.append((block.start, block.end))
        elif block.kind == "row" and not (tables and tables[-1].start <= block.start < tables[-1].end):
            rows.append(block)
    if rows:
        tables.append(_table(header, rows, groups))
    return tuple(tables)


def _table(header: Block | None, rows: Sequence[Block], groups: Sequence[tuple[int, int]]) -> TableSpan:
    """Return the span of a table with rows."""
    start, header_end = (header.start, header.end) if header else (rows[0].start, rows[0].start)
    return TableSpan(start, header_end, rows[-1].end, tuple(groups))
