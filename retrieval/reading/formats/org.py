"""Read an Org file as text: headings, paragraphs, lists, tables and code, without drawers, plans and comments."""

import re
from collections.abc import Iterator

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Extracted, Part
from retrieval.text.raised_numbers import raise_number

HEADING = re.compile(
    r"(\*{1,12}) +(?:(?:TODO|DONE|NEXT|WAITING|CANCELLED) +)?(?:\[#\w\] +)?(\S.*?)(?:[ \t]+:[\w@#%:]+:)?$"
)
KEYWORD = re.compile(r"#\+(\w+):[ \t]*(.*)$")
BEGIN = re.compile(r"[ \t]*#\+begin_(\w+)(?:[ \t]+(\S+))?.*$", re.IGNORECASE)
DRAWER, DRAWER_END = re.compile(r"[ \t]*:[\w-]+:[ \t]*$"), re.compile(r"[ \t]*:end:[ \t]*$", re.IGNORECASE)
SKIPPED = re.compile(r"[ \t]*(?:#(?: |$)|#\+|(?:SCHEDULED|DEADLINE|CLOSED|CLOCK):|-{5,}$)")
ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-+]|(?<=[ \t])\*|(?P<number>\d{1,3})[.)])[ \t]+(?P<text>\S.*)$")
BOX = re.compile(r"\[([ xX-])\](?=[ \t])")
NOT_EXPORTED = re.compile(r"\*+ +COMMENT\b|.*:noexport:")
TERM = re.compile(r"(\S.*?)[ \t]+::(?:[ \t]+(\S.*))?$")
ROW = re.compile(r"[ \t]*\|(.*?)\|?[ \t]*$")
RULER = re.compile(r"[ \t]*\|[-+]+\|?[ \t]*$")
FIXED_WIDTH = re.compile(r"[ \t]*: ?(.*)$")
CODE_BLOCKS, ASIDE_BLOCKS = ("src", "example", "export"), ("comment",)
TERM_LEVEL = 7
INLINE = (
    (re.compile(r"\[\[[^\[\]]+\]\[([^\[\]]+)\]\]"), r"\1"),
    (re.compile(r"\[\[(?:file:)?[^\[\]\s]+\.(?:png|jpe?g|gif|svg|webp|pdf)\]\]", re.IGNORECASE), ""),
    (re.compile(r"\[\[([^\[\]]+)\]\]"), r"\1"),
    (re.compile(r"\\\\(?=\s|$)"), ""),
    (re.compile(r"\[fn:[^\[\]]*\]|<<[^<>]+>>|\{\{\{[^{}]+\}\}\}"), ""),
    (re.compile(r"(?<![\w+])\+(?=\S)([^+\n]{1,300}?)(?<=\S)\+(?!\w)"), ""),  # struck out
    (re.compile(r"(?<![\w/*_=~\\])([*/_=~])(?=\S)([^\n]{1,300}?)(?<=\S)\1(?![\w/*_=~])"), r"\2"),
)
RAISED, LOWERED = re.compile(r"\^(?:\{([^{}]{1,40})\}|(-?\d+)\b)"), re.compile(r"(?<=\w)_\{([^{}]{1,40})\}")


def read(content: bytes) -> Extracted:
    """Extract the parts and the keywords of a file. Raises RefusedError."""
    lines = [line.rstrip() for line in decode(content).split("\n")]
    keywords: dict[str, str] = {}
    for line in lines:
        if match := KEYWORD.match(line):
            keywords.setdefault(match[1].lower(), match[2])
    parts = tuple(_Reader(lines).parts())
    return Extracted(
        parts, "", keywords.get("title") or None, keywords.get("author") or None,
        date_of((keywords.get("date") or "").strip("<[")),
    )  # fmt: skip


class _Reader:
    """Turns lines into parts."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._paragraph: list[str] = []
        self._item: tuple[int, int] | None = None  # level and number of the open item
        self._indents: list[int] = []  # of the items of the open lists, outermost first
        self._left_out = 0  # level of the heading whose section is not exported

    def parts(self) -> Iterator[Part]:
        """Yield the parts of all lines."""
        number = 0
        while number < len(self._lines):
            line = self._lines[number]
            number += 1
            if self._is_left_out(line):
                continue
            begin, row = BEGIN.match(line), ROW.match(line)
            if (begin or row) and not line[0].isspace():
                yield from self._flush()
                self._indents = []
            if begin:
                end = self._find(number, re.compile(rf"[ \t]*#\+end_{re.escape(begin[1])}", re.IGNORECASE))
                yield from self._block(begin[1].lower(), begin[2] or "", self._lines[number:end])
                number = end + 1
            elif DRAWER.match(line):
                number = self._find(number, DRAWER_END) + 1
            elif row:
                end = self._find(number, re.compile(r"(?![ \t]*\|)"))
                yield from self._flush()
                yield from _table(self._lines[number - 1 : end])
                number = end
            elif not line or SKIPPED.match(line):
                yield from self._flush()
                self._indents = self._indents if not line else []
            else:
                yield from self._line(line)
        yield from self._flush()

    def _is_left_out(self, line: str) -> bool:
        """Tell whether a line is in a section that is not exported."""
        if heading := HEADING.match(line):
            level = len(heading[1])
            if not self._left_out or level <= self._left_out:
                self._left_out = level if NOT_EXPORTED.match(line) else 0
        return bool(self._left_out)

    def _line(self, line: str) -> Iterator[Part]:
        """Take a line of text; yields what it ends."""
        heading, item, fixed = HEADING.match(line), ITEM.match(line), FIXED_WIDTH.match(line)
        if heading:
            yield from self._flush()
            self._indents = []
            yield Part("heading", _inline(heading[2]), len(heading[1]))
        elif item:
            yield from self._flush()
            indent = len(item["indent"].expandtabs(8))
            while self._indents and self._indents[-1] >= indent:
                self._indents.pop()
            self._indents.append(indent)
            term = TERM.match(item["text"])
            if term:
                yield Part("heading", _inline(term[1]), TERM_LEVEL)
                self._paragraph = [term[2]] if term[2] else []
                return
            text = BOX.sub(lambda box: "[x]" if box[1] in "xX" else "[ ]", item["text"], count=1)
            self._item, self._paragraph = (len(self._indents), int(item["number"] or 0)), [text]
        elif fixed and not self._paragraph:
            yield Part("code", fixed[1])
        else:
            indent = len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
            if self._indents and indent <= self._indents[-1]:  # it belongs to no item
                yield from self._flush()
                self._indents = [outer for outer in self._indents if outer < indent]
            self._paragraph.append(line.strip())

    def _flush(self) -> Iterator[Part]:
        """Yield the paragraph or item that is open."""
        text = _inline(" ".join(self._paragraph))
        if self._item is not None:
            yield Part("item", text, self._item[0], number=self._item[1])
        elif text:
            yield Part("text", text, len(self._indents))
        self._item, self._paragraph = None, []

    def _block(self, kind: str, language: str, lines: list[str]) -> Iterator[Part]:
        yield from self._flush()
        if kind in CODE_BLOCKS:
            yield Part("code", "\n".join(lines), len(self._indents), language=language if kind == "src" else "")
        elif kind not in ASIDE_BLOCKS:
            yield from _Reader(lines).parts()

    def _find(self, number: int, pattern: re.Pattern[str]) -> int:
        """Return the number of the first line from one on that begins like a pattern, or that behind the last one."""
        return next((n for n in range(number, len(self._lines)) if pattern.match(self._lines[n])), len(self._lines))


def _table(lines: list[str]) -> Iterator[Part]:
    """Yield the rows of a table; those above the first line across are its header."""
    rows = [
        [_inline(cell.strip()) for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not RULER.match(line)
    ]
    ruler = next((number for number, line in enumerate(lines) if RULER.match(line) and number), 0)
    above = sum(not RULER.match(line) for line in lines[:ruler])
    yield from table_parts(rows, ["header" if number < above < len(rows) else "" for number in range(len(rows))])


def _inline(text: str) -> str:
    """Reduce a text to what its readers see."""
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    return LOWERED.sub(r"\1", RAISED.sub(lambda match: raise_number(match[1] or match[2]), text)).strip()
