"""Find the items of lists whose marks are typed into paragraphs: "1. " or "- ", where the format knows no list."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from retrieval.reading.isolated.protocol import Part

MARK = re.compile(r"\s*(?:\(?([1-9]\d{0,2})[.)]|[-*])\s+(?=\S)")


class _Marked(NamedTuple):
    """A part that begins with a mark: its number, 0 for a dash, and the length of the mark."""

    part: Part
    number: int
    length: int


def with_typed_items(parts: Sequence[Part]) -> list[Part]:
    """Make items of paragraphs right below each other that begin with dashes, or with numbers that count up.

    A single number or dash may begin a sentence. Dashes below a number are inside its item.
    """
    divided = [piece for part in parts for piece in _lines(part)]
    found: list[Part] = []
    for is_marked, members in itertools.groupby(map(_mark, divided), key=lambda pair: pair[1] is not None):
        pairs = list(members)
        found += _items([mark for _, mark in pairs if mark]) if is_marked else [part for part, _ in pairs]
    return found


def _mark(part: Part) -> tuple[Part, _Marked | None]:
    match = MARK.match(part.text) if part.kind == "text" and not part.level and not part.turns else None
    return part, _Marked(part, int(match[1] or 0), match.end()) if match else None


def _items(marked: Sequence[_Marked]) -> Iterator[Part]:
    """Yield marked parts as items, but as they are where nothing beside them continues their list."""
    numbers = [mark.number for mark in marked if mark.number]
    counting = {n for pair in itertools.pairwise(enumerate(numbers)) if pair[0][1] + 1 == pair[1][1] for n, _ in pair}
    dashes = len(marked) - len(numbers)
    position = -1  # among the numbers
    for part, number, length in marked:
        position += bool(number)
        inside = position in counting
        if inside if number else (dashes > 1 or inside):
            level = 1 if number or not inside else 2
            yield replace(part, kind="item", text=part.text[length:], level=level, number=number)
        else:
            yield part


def _lines(part: Part) -> Iterator[Part]:
    """Divide a paragraph before the lines with marks, if these are the items of one list."""
    lines = part.text.split("\n")
    marks = [MARK.match(line) for line in lines]
    numbers = [int(mark[1] or 0) for mark in marks if mark]
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    is_list = steps == ({1} if any(numbers) else {0})
    if part.kind != "text" or part.turns or not is_list:
        yield part
        return
    piece: list[str] = []
    for line, mark in zip(lines, marks, strict=True):
        if mark and piece:
            yield replace(part, text="\n".join(piece))
            piece = []
        piece.append(line)
    yield replace(part, text="\n".join(piece))
