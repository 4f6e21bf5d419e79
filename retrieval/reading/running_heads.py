"""Take the heads and feet of pages out of plain text that was laid out for paper, as manuals and RFCs are.

Such a line comes back around the breaks between pages, alone between empty lines. What it divides goes on.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from retrieval.text.source_map import Edit, EditedText

LINE = re.compile(r"[^\n\f]*[\n\f]?")
PAGE_NUMBER = re.compile(
    r"(?:.*\s)?\[?(?:[Pp]age|Seite|Página|Pagina|Strona) \d{1,4}(?: (?:of|von|de|sur|di|van|z) \d{1,4})?\]?"
    r"|[-–—( ]*\d{1,4}[-–—) ]*"
)
SIDES = re.compile(r"\S {3,}\S")  # what stands at the left and at the right of a line
NUMBER = re.compile(r"\d+")
BULLET = re.compile(r"\s*(?:[-*+•o]|\(?\w{1,3}[.)])\s")
MIN_PAGES = 3  # on which a line comes back
MIN_EMPTY_LINES = 4  # of a break between pages, unless there is a form feed
MAX_BREAK_LINES = 30
MAX_HEADS = 4  # lines in a break: foot and head, of two lines each
MIN_FULL_LENGTH = 40  # characters of a line that does not end its paragraph
STOPS = (".", "!", "?", ":", ";", '"', "”")
FORM_FEED, WIDE_GAP = "\f", "\n\n\n"


Span = tuple[int, int]


def without_running_heads(text: str, body: int) -> EditedText:
    """Remove the heads and feet of pages from text[body:]; without any, the text is the same."""
    if FORM_FEED not in text and WIDE_GAP not in text:
        return EditedText(text)
    spans = [match.span() for match in LINE.finditer(text, body) if match[0]]
    lines = [text[slice(*span)].strip() for span in spans]
    edits = []
    for first, last in _breaks(text, spans, lines, _heads(lines)):
        ends = first == 0 or last == len(lines) or not _goes_on(text, spans[first - 1], spans[last])
        edits.append(Edit(spans[first][0], spans[last - 1][1], "\n" if ends else ""))
    return EditedText(text).edited(edits)


def _heads(lines: Sequence[str]) -> set[int]:
    """Find the lines, by number, that stand alone and come back: with a number of their own, or without any change."""
    keys: dict[int, str] = {}
    for number, (before, line, after) in enumerate(zip(["", *lines], lines, [*lines[1:], ""], strict=False)):
        if line and not before and not after and (_has_sides(line) or not line.endswith(STOPS)):
            keys[number] = _key(line) if _has_sides(line) else line
    counts = Counter(keys.values())
    return {number for number, key in keys.items() if counts[key] >= MIN_PAGES and any(map(str.isalnum, lines[number]))}


def _breaks(
    text: str, spans: Sequence[Span], lines: Sequence[str], heads: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Yield the runs of empty lines and heads between the text of two pages."""
    first = 0
    while first < len(lines):
        last = first
        while last < len(lines) and (not lines[last] or last in heads):
            last += 1
        own = [lines[number] for number in range(first, last) if lines[number]]
        if 0 < len(own) <= MAX_HEADS and last - first <= MAX_BREAK_LINES:
            is_wide = first == 0 or last - first - len(own) >= MIN_EMPTY_LINES
            if (is_wide and any(map(_has_sides, own))) or FORM_FEED in text[spans[first][0] : spans[last - 1][1]]:
                yield first, last
        first = max(last, first + 1)


def _has_sides(line: str) -> bool:
    """Tell whether a line has the number of a page, or something at the left and at the right."""
    return PAGE_NUMBER.fullmatch(line) is not None or SIDES.search(line) is not None


def _key(head: str) -> str:
    """Return what the same head has on other pages, whose numbers differ."""
    return NUMBER.sub("#", " ".join(head.split()))


def _goes_on(text: str, above: Span, below: Span) -> bool:
    """Tell whether the paragraph of a page goes on at the top of the next one."""
    before, after = text[slice(*above)].rstrip(), text[slice(*below)].rstrip()
    is_full = len(before.strip()) >= MIN_FULL_LENGTH and not before.endswith(STOPS)
    has_margin = len(before) - len(before.lstrip()) == len(after) - len(after.lstrip())
    return is_full and (has_margin or after.strip()[:1].islower()) and not BULLET.match(after)
