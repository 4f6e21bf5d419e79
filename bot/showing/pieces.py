"""Make the pieces of a passage ready to show: safe text on lines of its own, as its readers see it.

A quote comes in, pieces go out, for the terminal, for Discord and for pages. Besides the words of the document they
have numbers and bullets of its lists, how many items of one are left out, and the names of its columns. How a piece
looks is left to where it is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from bot.showing.safe_text import message_lines, one_line, safe_lines
from bot.showing.table_lines import table_lines
from retrieval.text.cleaning import LINE_BREAK

if TYPE_CHECKING:
    from retrieval.types import PassagePart, Quote

GAP = "[…]"  # stands where something of the document is left out
BULLET = "•"
MAX_INDENT = 20  # columns, so that lists in lists in lists leave room for text
MAX_SHORT_LENGTH = 60  # characters; shorter paragraphs follow each other without an empty line
Span = tuple[int, int]
TABLE_KINDS = ("header", "row")
PieceKind = Literal["prose", "item", "code", "row", "heading"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a passage in the lines that its readers see; text[marked[0]:marked[1]] is the quoted sentence.

    A heading is one line, and so are prose, an item and a row, unless they have breaks of their own.

    `label` is a bullet or a number before it, "" for none. `indent` counts the columns before the label, which are
    those of the labels of the items around it. Before a piece `after_gap`, something of the document is left out.
    """

    kind: PieceKind
    text: str
    marked: Span = (0, 0)
    label: str = ""
    indent: int = 0
    language: str = ""
    after_gap: bool = False

    @property
    def is_marked(self) -> bool:
        """Tell whether the quoted sentence is in the piece."""
        return self.marked[1] > self.marked[0]

    @property
    def before(self) -> str:
        """Return the text before the quoted sentence; all text if it is not here."""
        return self.text[: self.marked[0]] if self.is_marked else self.text

    @property
    def sentence(self) -> str:
        """Return the quoted sentence, "" if it is not here."""
        return self.text[slice(*self.marked)]

    @property
    def after(self) -> str:
        """Return the text after the quoted sentence."""
        return self.text[self.marked[1] :] if self.is_marked else ""


def compose_pieces(quote: "Quote") -> tuple[Piece, ...]:
    """Compose the pieces of a quote's passage, in the order of the document."""
    pieces: list[Piece] = []
    labels: list[tuple[int, int]] = []  # of the open items: their level, and the column in which their text begins
    span = quote.citation.start, quote.citation.end
    after_gap = False
    for is_table, members in groupby(quote.passage or (_sentence_alone(quote),), lambda part: part.kind in TABLE_KINDS):
        if is_table:
            labels.clear()
            composed = _compose_rows(list(members), span[0])
        else:
            composed = [piece for part in members for piece in _compose_part(part, span, labels)]
        for piece in composed:
            after_gap |= piece.after_gap
            if piece.text or piece.is_marked:
                pieces.append(replace(piece, after_gap=after_gap and bool(pieces)))
                after_gap = False
    return tuple(pieces)


def is_apart(previous: Piece, piece: Piece) -> bool:
    """Tell whether an empty line divides two pieces that follow each other."""
    if "heading" in (previous.kind, piece.kind):
        return previous.kind != "heading"
    if "code" in (previous.kind, piece.kind):
        return True
    if piece.kind != "prose" or piece.indent:
        return False
    has_lines = "\n" in previous.text or "\n" in piece.text
    return previous.kind != "prose" or has_lines or max(len(previous.text), len(piece.text)) > MAX_SHORT_LENGTH


def _sentence_alone(quote: "Quote") -> "PassagePart":
    from retrieval.types import PassagePart

    return PassagePart(quote.citation.start, quote.citation.end, quote.text, "prose")


def _compose_rows(parts: Sequence["PassagePart"], start: int) -> list[Piece]:
    """Compose the pieces of headers and rows that follow each other; the quoted row contains `start`."""
    lines = table_lines(parts, start)
    texts = [message_lines(line.text) for line in lines]
    return [
        Piece(
            "row",
            text,
            (0, len(text)) if line.is_marked else (0, 0),
            BULLET if len(lines) > 1 else "",
            after_gap=line.after_gap or (line is lines[0] and parts[0].after_gap),
        )
        for line, text in zip(lines, texts, strict=True)
    ]


def _compose_part(part: "PassagePart", span: Span, labels: list[tuple[int, int]]) -> list[Piece]:
    """Compose the piece of a part that is not of a table, and one that counts the items left out after it."""
    piece = _compose_piece(part, span, labels)
    return [piece, Piece("item", f"{GAP} +{part.items_after}", indent=piece.indent)] if part.items_after else [piece]


def _compose_piece(part: "PassagePart", span: Span, labels: list[tuple[int, int]]) -> Piece:
    """Compose the piece of a part that is not of a table; `span` is that of the quoted sentence."""
    marked = max(span[0] - part.start, 0), min(span[1], part.end) - part.start
    marked = marked if marked[0] < marked[1] else (0, 0)
    label = "" if part.kind != "item" else f"{part.number}." if part.number else BULLET
    indent = _indent(part, label, labels)
    if part.kind == "code":
        text = safe_lines(part.text)
        marked = (0, len(text)) if marked[1] else (0, 0)
        return Piece("code", text, marked, label, indent, part.language, part.after_gap)
    written = part.text.replace("\n", " ") if part.kind == "heading" else part.text
    text, marked = _in_own_lines(written, marked)
    kind: PieceKind = "item" if label else "heading" if part.kind == "heading" else "prose"
    return Piece(kind, text, marked, label, indent, after_gap=part.after_gap)


def _in_own_lines(text: str, marked: Span) -> tuple[str, Span]:
    """Put a text on the lines that its readers see; returns it with the span of the marked part in it."""
    start, end = marked
    whole = _own_lines(text)
    if end <= start:
        return whole, (0, 0)
    before, sentence = text[:start], text[start:end]
    quoted = _own_lines(sentence)
    is_divided = before[-1:].isspace() or sentence[:1].isspace()
    begin = len(_own_lines(before)) + bool(before.strip() and is_divided)
    return whole, (begin, begin + len(quoted)) if quoted and whole.startswith(quoted, begin) else (0, len(whole))


def _own_lines(text: str) -> str:
    return "\n".join(filter(None, map(one_line, text.split(LINE_BREAK))))


def _indent(part: "PassagePart", label: str, labels: list[tuple[int, int]]) -> int:
    """Return the column in which a part begins, and keep `labels` up to date."""
    is_item = bool(label)
    while labels and labels[-1][0] >= part.level + (not is_item):
        labels.pop()
    if part.kind == "heading":
        labels.clear()
    indent = min(labels[-1][1], MAX_INDENT) if labels else 0
    if is_item:
        labels.append((part.level, indent + len(label) + 1))
    return indent
