"""Change a text by edits, and find for a place in the changed text where it comes from.

A source map is a sequence of pairs (offset, source offset), in the order of both: from there on, the text is copied
from the source until the next pair. Text that an edit puts in comes from the place that it replaces.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

Pair = tuple[int, int]


class Edit(NamedTuple):
    """The replacement of text[start:end]."""

    start: int
    end: int
    replacement: str = ""


class EditedText(NamedTuple):
    """A text with its source map; `keeps_lines` if each of its lines is the line of the source with its number."""

    text: str
    pairs: tuple[Pair, ...] = ()
    keeps_lines: bool = True

    def edited(self, edits: Iterable[Edit]) -> "EditedText":
        """Apply edits in any order; one that begins inside another, or with a longer one, is left out."""
        pieces: list[str] = []
        pairs: list[Pair] = []
        position = length = 0
        keeps_lines = self.keeps_lines
        for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
            if edit.start < position:
                continue
            pieces += [self.text[position : edit.start], edit.replacement]
            length += edit.start - position
            if edit.replacement:
                pairs.append((length, edit.start))
                length += len(edit.replacement)
            if keeps_lines:
                keeps_lines = self.text.count("\n", edit.start, edit.end) == edit.replacement.count("\n")
            pairs.append((length, edit.end))
            position = edit.end
        if not pieces:
            return self
        pieces.append(self.text[position:])
        return EditedText("".join(pieces), compose_pairs(self.pairs, pairs), keeps_lines)

    def then(self, changed: "EditedText") -> "EditedText":
        """Return what `changed` makes of this text, with a map to the source of this text."""
        if not changed.pairs:
            return self
        return EditedText(
            changed.text, compose_pairs(self.pairs, changed.pairs), self.keeps_lines and changed.keeps_lines
        )


def source_offset(pairs: Sequence[Pair], offset: int) -> int:
    """Return the source offset of an offset."""
    number = bisect_right(pairs, offset, key=lambda pair: pair[0])
    start, source = pairs[number - 1] if number else (0, 0)
    found = source + offset - start
    return min(found, pairs[number][1]) if number < len(pairs) else found


def source_span(pairs: Sequence[Pair], start: int, end: int) -> tuple[int, int]:
    """Return the span of the source that text[start:end] comes from."""
    first = source_offset(pairs, start)
    return first, max(first, source_offset(pairs, end - 1) + 1) if end > start else first


def forward_offsets(pairs: Sequence[Pair], sources: Iterable[int]) -> list[int]:
    """Return for each source offset the first offset whose text comes from there or from behind it."""
    begins = [source for _, source in pairs]
    offsets = []
    for source in sources:
        number = bisect_right(begins, source)
        start, begin = pairs[number - 1] if number else (0, 0)
        offset = start + source - begin
        offsets.append(min(offset, pairs[number][0]) if number < len(pairs) else offset)
    return offsets


def compose_pairs(outer: Sequence[Pair], inner: Sequence[Pair]) -> tuple[Pair, ...]:
    """Compose the maps of two changes: `inner` leads to the text whose map is `outer`."""
    if not outer:
        return tuple(inner)
    composed: list[Pair] = []
    last = outer[-1][0] + inner[-1][0] + 1, outer[-1][0] + inner[-1][1] + 1  # behind everything
    for (start, middle), (end, middle_end) in pairwise([(0, 0), *inner, last]):
        composed.append((start, source_offset(outer, middle)))
        number = bisect_right(outer, middle, key=lambda pair: pair[0])
        limit = min(middle + end - start, middle_end)
        while number < len(outer) and outer[number][0] < limit:
            composed.append((start + outer[number][0] - middle, outer[number][1]))
            number += 1
    return tuple(composed)


def pack_pairs(pairs: Sequence[Pair]) -> str:
    """Write a source map as text: the differences between its numbers."""
    flat = [(a - b, c - d) for (b, d), (a, c) in pairwise([(0, 0), *pairs])]
    return " ".join(map(str, chain.from_iterable(flat)))


def unpack_pairs(packed: str) -> list[Pair]:
    """Read a source map that pack_pairs wrote."""
    numbers = list(map(int, packed.split()))
    return list(zip(accumulate(numbers[::2]), accumulate(numbers[1::2]), strict=True))
