"""Put the parts of an extracted file together: one text, its blocks, and where each stretch of it stands."""

from collections.abc import Sequence

from retrieval.reading.blocks import classify_paragraphs
from retrieval.reading.isolated.protocol import Part
from retrieval.reading.markdown import Markup
from retrieval.text.cleaning import INVISIBLE, one_line
from retrieval.types import Block, Mark

GAP = "\n\n"


def assemble(parts: Sequence[Part], *, by_form: bool = False) -> tuple[str, tuple[Block, ...], tuple[Mark, ...]]:
    """Return the text of parts, its blocks, and a mark wherever `at` changes.

    Rows stand on lines of their own, everything else in paragraphs. The same rules of form as in a text file tell what
    of the text is no prose; where no heading is marked, `by_form` lets form tell them as well.
    """
    shown = [(part, _shown(part)) for part in parts]
    shown = [(part, text) for part, text in shown if text]
    guess = by_form and not any(part.kind == "heading" for part in parts)
    judged = classify_paragraphs([text for _, text in shown], [_markup(part) for part, _ in shown], by_form=guess)
    pieces: list[str] = []
    blocks: list[Block] = []
    marks: list[Mark] = []
    place = 0
    before: Part | None = None
    for (part, text), (kind, level) in zip(shown, judged, strict=True):
        if before is not None:
            gap = "\n" if before.kind == part.kind == "row" else GAP
            pieces.append(gap)
            place += len(gap)
        for offset, at in ((0, part.at), *(part.turns if text == part.text else ())):
            if at != (marks[-1].at if marks else None):
                marks.append(Mark(place + offset, at))
        blocks.append(Block(place, place + len(text), kind, level))
        pieces.append(text)
        place += len(text)
        before = part
    return "".join(pieces), tuple(blocks), tuple(marks)


def _shown(part: Part) -> str:
    """Return the text of a part, safe to be one paragraph; that of an aside keeps its lines."""
    if part.kind != "aside":
        return one_line(part.text)
    lines = (INVISIBLE.sub("", line.expandtabs(4)).rstrip() for line in part.text.splitlines())
    return "\n".join(line for line in lines if line)


def _markup(part: Part) -> Markup:
    if part.kind == "heading":
        return max(part.level, 1)
    return None if part.kind == "text" else part.kind
