"""Find what decides the meaning of a sentence or limits it: its lead-in, outer items, header, warnings, exceptions."""

from collections.abc import Iterator, Sequence
from itertools import islice

from retrieval.asking.replies import replied_spans
from retrieval.asking.section_blocks import MAX_BLOCKS_AROUND, Section, Span, ends_with, last_sentence
from retrieval.text.cautions import is_warning_label, limits, warns
from retrieval.text.locations import table_context_at
from retrieval.text.sections import QUOTABLE
from retrieval.types import Block

TERM_LEVEL = 7  # of headings that are terms, questions or summaries, which have no sections of their own
MAX_WARNING_LENGTH = 600  # characters of a warning that is shown whole


def lead_in_of_terms(section: Section) -> int | None:
    """Find the number of the paragraph that introduces terms, the section's heading among them; None without one."""
    if section.heading is None or section.heading.level < TERM_LEVEL:
        return None
    level = section.heading.level
    below: Block | None = None
    for number in range(-1, -min(section.first - 1, MAX_BLOCKS_AROUND) - 1, -1):
        block = section.block_at(number)
        if block.kind == "heading" and (block.level < level or (block.level == level and block.start == block.end)):
            return None
        is_above_term = below is not None and below.kind == "heading" and below.level == level
        if is_above_term and block.kind == "prose" and ends_with(section.text(block), ":"):
            return number
        below = block
    return None


def announced_terms(section: Section, end: int, max_length: int) -> list[Block]:
    """Return the terms or tabs right below a section whose last line ends at `end` and announces them: "Run:".

    Each has its heading above its text; those that would make more than `max_length` characters are left out.
    """
    lead = next((block for block in reversed(section.blocks) if block.kind in QUOTABLE), None)
    if lead is None or lead.end != end or not ends_with(section.text(lead), ":"):
        return []
    blocks: list[Block] = []
    whole = length = 0  # the number of blocks in the terms so far
    for block in islice(section.blocks_below(), MAX_BLOCKS_AROUND):
        if not blocks and (block.kind != "heading" or block.level < TERM_LEVEL):
            return []
        if block.kind == "heading" and blocks:
            if block.level < blocks[0].level or (block.level == blocks[0].level and block.start == block.end):
                break
            whole = len(blocks) if block.level == blocks[0].level else whole
        length += block.end - block.start if block.kind in (*QUOTABLE, "heading", "header") else 0
        if length > max_length:
            return blocks[:whole]
        blocks.append(block)
    return blocks


def governing_spans(section: Section) -> Iterator[Span]:
    """Yield the spans of what decides the meaning of the sentence: a header, a question, a lead-in, outer items."""
    number = section.at
    block = section.block
    if block.kind == "row":
        yield from replied_spans(section)
        yield from table_context_at(section.index.documents[section.sentence.document], section.sentence.start)
        while number and section.blocks[number - 1].kind in ("row", "header", "aside"):
            number -= 1
    # A paragraph or code inside an item is governed by that item too.
    level = block.level + (block.level > 0 and block.kind != "item")
    for before in range(number - 1, -1, -1) if level else ():
        outer = section.blocks[before]
        if outer.kind == "item" and outer.level < level:
            yield outer.start, outer.end
            level = outer.level
        elif not outer.level and outer.kind in QUOTABLE:
            number = before + 1
            break
    if number and (section.blocks[number - 1].level < max(level, 1)):
        lead = section.blocks[number - 1]
        needs_lead = block.kind == "code" or level or ends_with(section.text(lead), ":", "?")
        if lead.kind in ("prose", "item") and needs_lead:
            yield last_sentence(section, number - 1)


def warning_spans(section: Section, start: int) -> Iterator[Span]:
    """Yield the spans of warnings right above what is shown from an offset on: each whole, or its first sentence."""
    number = next(number for number, block in enumerate(section.blocks) if start < block.end)
    while number:
        below_label = number > 1 and is_warning_label(section.text(section.blocks[number - 2]))
        block, label = section.blocks[number - 1], section.blocks[number - 2 if below_label else number - 1]
        if label.kind != "prose" or not (below_label or warns(section.text(block))):
            return
        yield _shown_of_warning(section, number - 1)
        if below_label:
            yield label.start, label.end
        number -= 2 if below_label else 1


def exception_spans(section: Section, own: Sequence[Span]) -> Iterator[Span]:
    """Yield the span of a sentence that limits what is shown, if it stands right after it; below a label, with that."""
    end = max(stop for _, stop in own)
    for number in (section.at, section.at + 1):
        sentences = section.sentences(number) if number < len(section.blocks) else []
        following = next((sentence for sentence in sentences if sentence.start >= end), None)
        if following is None:
            continue
        block = section.blocks[number]
        if block.kind != "prose" or not limits(section.text(block), following.start - block.start):
            return
        if not is_warning_label(section.text(block)):
            yield following.start, following.end
        elif number + 1 < len(section.blocks) and section.blocks[number + 1].kind == "prose":
            yield block.start, block.end
            yield _shown_of_warning(section, number + 1)
        return


def _shown_of_warning(section: Section, number: int) -> Span:
    """Return the span of a warning, or of its first sentence if it is long."""
    block, sentences = section.blocks[number], section.sentences(number)
    is_short = block.end - block.start <= MAX_WARNING_LENGTH or not sentences
    return block.start, block.end if is_short else sentences[0].end
