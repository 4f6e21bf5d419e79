"""Sum up the blocks of a document: its sections, what can be quoted, its headings and its tables."""

from collections.abc import Iterator, Sequence

from retrieval.types import Block, Heading, TableSpan

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


def section_headings(text: str, blocks: Sequence[Block]) -> list[str]:
    """Return the heading of each section on one line; section 0, before any heading, has ""."""
    return ["", *(" ".join(text[block.start : block.end].split()) for block in blocks if block.kind == "heading")]


def collect_headings(blocks: Sequence[Block]) -> tuple[Heading, ...]:
    """Collect the headings, in order."""
    return tuple(Heading(block.start, block.end, block.level) for block in blocks if block.kind == "heading")


def collect_tables(blocks: Sequence[Block]) -> tuple[TableSpan, ...]:
    """Collect the tables that have a header and rows, in order."""
    ends: dict[Block, int] = {}
    header: Block | None = None
    for block in blocks:
        if block.kind != "row":
            header = block if block.kind == "header" else None
        elif header is not None:
            ends[header] = block.end
    return tuple(TableSpan(header.start, header.end, end) for header, end in ends.items())
