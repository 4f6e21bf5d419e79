"""Assemble the parts of an extracted file: one text, its blocks, and marks that locate its places."""

from collections.abc import Sequence

from retrieval.reading.blocks import classify_paragraphs
from retrieval.reading.isolated.protocol import Part
from retrieval.reading.markdown import Markup
from retrieval.reading.questions import divide_questions
from retrieval.text.cleaning import INVISIBLE, one_line, own_lines
from retrieval.text.code_languages import code_language
from retrieval.text.sections import MAX_LEVEL
from retrieval.types import Block, Mark

Cleaned = tuple[Part, str, Markup]  # a part with its text and what its format says about it
PARAGRAPH_GAP, ROW_GAP = "\n\n", "\n"


def assemble(parts: Sequence[Part], *, by_form: bool = False) -> tuple[str, tuple[Block, ...], tuple[Mark, ...]]:
    """Join parts to a text; returns it with its blocks and a mark wherever the place changes.

    Rows take a line each, also below a header; everything else is a paragraph. As in text files, the form of a
    paragraph tells whether it is prose; with `by_form` it also tells headings, unless the format marks any.
    """
    cleaned = _with_needed_ends([(part, _clean(part), _markup(part)) for part in parts])
    divided = _divide_questions(cleaned) if by_form else cleaned
    by_form = by_form and not any(part.kind == "heading" for part in parts)
    markups = classify_paragraphs([text for _, text, _ in divided], [markup for *_, markup in divided], by_form=by_form)
    pieces: list[str] = []
    blocks: list[Block] = []
    marks: list[Mark] = []
    start = 0
    previous: Part | None = None
    for (part, text, _), markup in zip(divided, markups, strict=True):
        if not text:
            blocks.append(markup.block(start, start))
            continue
        if previous is not None:
            gap = ROW_GAP if part.kind == "row" and previous.kind in ("header", "row") else PARAGRAPH_GAP
            pieces.append(gap)
            start += len(gap)
        for offset, at in ((0, part.at), *(part.turns if text == part.text else ())):
            if at != (marks[-1].at if marks else None):
                marks.append(Mark(start + offset, at))
        blocks.append(markup.block(start, start + len(text)))
        pieces.append(text)
        start += len(text)
        previous = part
    return "".join(pieces), tuple(blocks), tuple(marks)


def _with_needed_ends(cleaned: Sequence[Cleaned]) -> list[Cleaned]:
    """Leave out parts without text, except for the ends of headings that no other heading ends."""
    needed: list[Cleaned] = []
    level = 0  # of the heading that comes next, above all of them at the end of the document
    for part, text, markup in reversed(cleaned):
        if text or (part.kind == "heading" and part.level < level):
            needed.append((part, text, markup))
            level = part.level if part.kind == "heading" else MAX_LEVEL
    return needed[::-1]


def _divide_questions(cleaned: Sequence[Cleaned]) -> list[Cleaned]:
    """Make headings of the questions above their answers; a part that goes on at another place stays undivided."""
    pieces = divide_questions([text for _, text, _ in cleaned], [markup for *_, markup in cleaned])
    return [
        (part, text[start:end], own)
        for (part, text, markup), pieces_of_part in zip(cleaned, pieces, strict=True)
        for (start, end), own in (pieces_of_part if not part.turns else [((0, len(text)), markup)])
    ]


def _clean(part: Part) -> str:
    """Clean the text of a part so that it is one paragraph.

    An aside and a message keep their lines without the empty ones, code all of its lines between the first and the last
    with text, and prose and items those that are lines of their own.
    """
    if part.kind == "code":
        return "\n".join(_visible(line) for line in part.text.splitlines()).strip("\n")
    if part.kind == "aside" or (part.kind == "row" and "\n" in part.text):
        return "\n".join(filter(None, (_visible(line.expandtabs(4)) for line in part.text.splitlines())))
    return own_lines(part.text) if part.kind in ("text", "item") else one_line(part.text)


def _visible(line: str) -> str:
    """Drop the invisible characters of a line, except for tabs, and the white space at its end."""
    return "\t".join(INVISIBLE.sub("", piece) for piece in line.split("\t")).rstrip()


def _markup(part: Part) -> Markup:
    if part.kind == "heading":
        return Markup("heading", max(part.level, 1))
    kind = None if part.kind == "text" else part.kind
    return Markup(kind, part.level, part.number, code_language(part.language))
