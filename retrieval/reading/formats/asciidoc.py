"""Read AsciiDoc as text: sections, paragraphs, lists, tables, boxes and code; files to be included are left out."""

import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

from msgspec.structs import replace

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Extracted, Part
from retrieval.text.cleaning import one_line
from retrieval.text.raised_numbers import raise_number

HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*?)(?:[ \t]+=+)?$")
ATTRIBUTE = re.compile(r":(!?[\w-]+!?):(?:[ \t]+(.*))?$")
REFERENCE = re.compile(r"\{([\w-]{1,60})\}")
FENCE = re.compile(r"(-{4,}+|\.{4,}+|={4,}+|\*{4,}+|_{4,}+|/{4,}+|\+{4,}+|```+|--)(\w*+)\s*$")
TABLE = re.compile(r"[|,:!]={3,}\s*$")
BLOCK_LINE = re.compile(r"\[([^\[\]]*)\]\s*$|\[\[[^\[\]]*\]\]\s*$")
MACRO = re.compile(r"(?:include|image|video|audio|toc|ifdef|ifndef|ifeval|endif)::|<<<$|'{3,}$|//(?!/)")
ATTACHES = "+"  # a line that joins what follows to the item or the term above
TITLE = re.compile(r"\.(?=[^\s.])(.+)$")
BOX = re.compile(r"(NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+(?=\S)")
ITEM = re.compile(r"[ \t]*(?:(\*{1,6}|-)|(\.{1,6})|(\d{1,3})\.)[ \t]+(\S.*)$")
BOX_OF_ITEM = re.compile(r"\[([ xX*])\](?=[ \t])")
EXPLANATION = re.compile(r"<(\d+|\.)>[ \t]+(\S.*)$")  # of a numbered line of code
TERM = re.compile(r"[ \t]*(\S.*?)(:{2,4}|;;)(?:[ \t]+(\S.*))?$")
CALLOUT = re.compile(r"[ \t]*(?://|#|--|;;)?[ \t]*<(?:\d+|\.)>[ \t]*$", re.MULTILINE)
COMMENT, CODE, VERSE = "/", ("-", ".", "`", "+"), "_"
AUTHOR = re.compile(r"[^\W\d_][\w.'-]*(?: [\w.'-]+){1,3}(?: <[^<>]+>)?(?:; .*)?$")
REVISION = re.compile(
    r"(?:v?[\d.]+,[ \t]*)?(\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]{2,8} \d{4}|[A-Z][a-z]{2,8} \d{1,2}, \d{4})"
)
TERM_LEVEL = 7
WARNINGS = ("WARNING", "CAUTION", "IMPORTANT")  # boxes whose label is shown
SUBSTITUTED = re.compile(r"\bsubs=[\"']?[^\]\"']*(?:attributes|normal)")  # in the style of code
MAX_BLOCKS_AROUND = 50  # of blocks in blocks; the marks of further ones inside are text
MAX_VALUE_LENGTH = 4_000  # characters of an attribute, in which others may be named many times
BUILT_IN = {
    "amp": "&", "apos": "'", "asterisk": "*", "backtick": "`", "backslash": "\\", "caret": "^", "cpp": "C++",
    "deg": "°", "empty": "", "endsb": "]", "gt": ">", "lt": "<", "nbsp": " ", "plus": "+", "quot": '"', "sp": " ",
    "startsb": "[", "tilde": "~", "two-colons": "::", "two-semicolons": ";;", "vbar": "|",
}  # fmt: skip
CODE_STYLE = re.compile(r"(?:source|listing|literal)(?![\w-])|,\s*\w")  # "[,ruby]" is short for "[source,ruby]"
IMAGE = re.compile(r"(?:image|icon):[^\s\[\]:][^\s\[\]]*\[([^\[\],]*)[^\[\]]*\]")
TARGET = r"(?:(?:link|xref|mailto):|(?:https?|ftp)://|\{[\w-]{1,60}\})[^\s\[\]]{0,1000}"
INLINE = (
    (IMAGE, None),
    (re.compile(r"footnote(?:ref)?:[\w-]*\[[^\[\]]*\]|indexterm2?:\[[^\[\]]*\]"), ""),
    (re.compile(r"\(\(\([^()]*\)\)\)|\[\[[^\[\]]*\]\]"), ""),
    (re.compile(rf"{TARGET}\[\"?([^\[\]]+?)\"?\^?(?:,[ \t]*[\w-]+=[^\[\]]*)?\]"), None),
    (re.compile(r"<<[^<>,]+,([^<>]+)>>|<<([^<>,]+)>>"), None),
    (re.compile(r"menu:([^\s\[\]]+)\[([^\[\]]+)\]"), r"\1 › \2"),
    (re.compile(r"(?:kbd|btn|menu|pass|stem):[^\s\[\]]*\[([^\[\]]*)\]"), None),
    (re.compile(r"\[\.?line-through\]([#*_]{1,2})(?=\S).{1,300}?\1"), ""),
    (re.compile(r"``(.{1,300}?)''"), r"“\1”"),
    (re.compile(r"(?<![\w\\])(?:\[[^\[\]]+\])?([*_`#+]{1,2})(?=\S)(.{1,300}?)(?<=\S)\1(?!\w)"), None),
)  # fmt: skip
RAISED, LOWERED = re.compile(r"\^([^\s^]{1,40})\^"), re.compile(r"(?<!~)~([^\s~]{1,40})~(?!~)")
FOOTNOTE = re.compile(r"footnote(?:ref)?:[\w-]*\[([^\[\]]+)\]")


def read(content: bytes) -> Extracted:
    """Extract the parts and the header of a document. Raises RefusedError."""
    lines = [line.rstrip() for line in decode(content).split("\n")]
    attributes = dict(BUILT_IN)
    title = source = None
    start = 0
    first = next((number for number, line in enumerate(lines) if line and not line.startswith(("//", ":"))), 0)
    match = HEADING.match(lines[first])
    for line in lines[:first]:
        _define(line, attributes)
    if match and len(match[1]) == 1:
        title, start = _inline(match[2], attributes), first + 1
        while start < len(lines) and lines[start]:
            line = lines[start]
            if AUTHOR.match(line) and source is None:
                source = re.sub(r" <[^<>]*>", "", line)
            elif revision := REVISION.match(line):
                attributes.setdefault("revdate", revision[1])
            _define(line, attributes)
            start += 1
    parts = [Part("heading", title, 1)] if title else []
    parts += _Reader(lines, attributes).parts(start)
    date = attributes.get("revdate") or attributes.get("date")
    return Extracted(tuple(parts), title=title, source=source or attributes.get("author"),
                     published=date_of(date) or date)  # fmt: skip


class _Reader:
    """Turns lines into parts; knows the attributes that were set so far."""

    def __init__(
        self, lines: Sequence[str], attributes: dict[str, str], level: int = TERM_LEVEL, around: int = 0
    ) -> None:
        self._lines = lines
        self._around = around  # the number of blocks around the lines
        self._level = level  # of terms
        self._attributes = attributes
        self._paragraph: list[str] = []
        self._item: tuple[int, int] | None = None  # level and number of the open item
        self._counts: dict[int, int] = {}  # numbers of items, by level
        self._marks: list[str] = []  # of the open lists, outermost first
        self._has_term = False  # what is open is behind a term
        self._terms: list[str] = []  # the marks behind the terms that apply, outermost first
        self._is_attached = False  # what comes next belongs to the item or the term above

    def parts(self, start: int) -> Iterator[Part]:
        """Yield the parts of the lines from one on."""
        number, style = start, ""
        while number < len(self._lines):
            line = self._lines[number]
            number += 1
            fence = FENCE.match(line) if self._around < MAX_BLOCKS_AROUND else None
            if fence and (len(fence[1]) > 2 or not self._paragraph):
                yield from self._flush()
                end = self._end_of(number, fence[1])
                yield from self._block(self._lines[number:end], fence[1], fence[2] or style)
                number, style, self._is_attached = end + 1, "", False
            elif TABLE.match(line):
                yield from self._flush()
                yield from self._ended()
                end = self._end_of(number, line)
                yield from self._table(self._lines[number:end], style)
                number, style, self._is_attached = end + 1, "", False
            elif not line or line == ATTACHES:
                has_text = bool(self._paragraph)
                yield from self._flush()
                self._is_attached = line == ATTACHES or (self._is_attached and not has_text)
            elif match := BLOCK_LINE.match(line):
                yield from self._flush()
                style = match[1] or style
                yield from self._label(style)
            elif self._is_literal(line, style):
                end = self._end_of(number, "")
                yield from self._ended() if style else ()
                code = CALLOUT.sub("", dedent("\n".join(self._lines[number - 1 : end])))
                yield Part("code", code, len(self._marks), language=_language(style))
                number, style = end, ""
            elif not _define(line, self._attributes) and not MACRO.match(line):
                yield from self._line(line)
        yield from self._flush()
        self._is_attached = False
        yield from self._ended()

    def _is_literal(self, line: str, style: str) -> bool:
        """Tell whether a line begins a paragraph that is shown as it is: its style says so, or it is indented."""
        if CODE_STYLE.match(style) and not self._paragraph:
            return not TITLE.match(line) and not MACRO.match(line)
        is_text = bool(self._paragraph) or (self._is_attached and bool(self._terms))
        return line[0].isspace() and not is_text and not (ITEM.match(line) or TERM.match(line))

    def _ended(self) -> Iterator[Part]:
        """End the terms above, unless what comes next is attached to them."""
        if self._terms and not self._is_attached:
            self._terms = []
            yield Part("heading", "", self._level)

    def _label(self, name: str) -> Iterator[Part]:
        """Yield the label of a box that warns."""
        if name in WARNINGS:
            yield from self._ended()
            yield Part("text", name.capitalize(), len(self._marks) if self._is_attached else 0)

    def _line(self, line: str) -> Iterator[Part]:
        """Take a line of text; yields what it ends."""
        heading, item, term = HEADING.match(line), ITEM.match(line), TERM.match(line)
        if heading and not self._paragraph:
            self._marks, self._counts, self._terms = [], {}, []
            yield Part("heading", self._text(heading[2]), len(heading[1]))
        elif item:
            yield from self._flush()
            mark = item[1] or item[2] or "1"
            self._marks = self._marks[: self._marks.index(mark)] if mark in self._marks else self._marks
            self._marks.append(mark)
            level = len(self._marks)
            self._counts = {inner: count for inner, count in self._counts.items() if inner <= level}
            self._counts[level] = self._counts.get(level, 0) + 1 if not item[1] else 0
            text = BOX_OF_ITEM.sub(lambda box: "[ ]" if box[1] == " " else "[x]", item[4], count=1)
            self._item, self._paragraph = (level, int(item[3] or self._counts[level])), [text]
        elif explanation := EXPLANATION.match(line):
            yield from self._flush()
            self._item, self._paragraph = (1, int(explanation[1].replace(".", "0"))), [explanation[2]]
        elif term and (not self._paragraph or self._has_term):
            yield from self._flush()
            self._marks, self._has_term, self._is_attached = [], True, not term[3]
            depth = self._terms.index(term[2]) if term[2] in self._terms else len(self._terms)
            self._terms = [*self._terms[:depth], term[2]]
            yield Part("heading", self._text(term[1]), self._level + depth)
            self._paragraph = [term[3]] if term[3] else []
        elif (title := TITLE.match(line)) and not self._paragraph:
            yield Part("aside", self._text(title[1]))
        else:
            box = None if self._paragraph else BOX.match(line)
            yield from self._label(box[1]) if box else ()
            self._paragraph.append(line[box.end() :] if box else line)

    def _flush(self) -> Iterator[Part]:
        """Yield the paragraph or item that is open."""
        source = " ".join(line.removesuffix(" +") for line in self._paragraph)
        text = self._text(source)
        if self._item is not None:
            yield Part("item", text, self._item[0], number=self._item[1])
        elif text and (self._is_attached or self._has_term):
            yield Part("text", text, len(self._marks))
        elif text:
            self._marks, self._counts = [], {}
            yield from self._ended()
            yield Part("text" if _says_more(source) else "aside", text)
        yield from (Part("text", self._text(note)) for note in FOOTNOTE.findall(source))
        self._item, self._paragraph, self._has_term = None, [], False

    def _block(self, lines: Sequence[str], mark: str, style: str) -> Iterator[Part]:
        """Yield the parts of a block between two lines of marks."""
        if mark[0] == COMMENT:
            return
        yield from self._ended()
        if mark[0] in CODE and len(mark) > 2:
            code = CALLOUT.sub("", "\n".join(lines))
            code = _substituted(code, self._attributes) if SUBSTITUTED.search(style) else code
            yield Part("code", code, len(self._marks), language=_language(style) if mark[0] in "-`" else "")
        else:
            inner = _Reader(lines, self._attributes, self._level + len(self._terms), self._around + 1).parts(0)
            depth = len(self._marks) if self._is_attached else 0
            yield from (replace(part, level=part.level + depth * (part.kind != "heading")) for part in inner)

    def _table(self, lines: Sequence[str], style: str) -> Iterator[Part]:
        """Yield the rows of a table."""
        filled = [line for line in lines if line]
        per_line = [len(re.findall(r"(?<!\\)\|", line)) for line in filled]
        declared = re.search(r"cols=\"?([^\"\]]+)", style)
        counts = [int(match[1]) if (match := re.match(r"(\d+)\*", column.strip())) else 1
                  for column in declared[1].split(",")] if declared else []  # fmt: skip
        width = sum(counts) or max(per_line[:1] or [0])
        text = "\n".join(filled)
        cells = [
            one_line(self._text(cell))
            for cell in re.split(r"(?:(?<=\s)|^)[\d.+*<^>]*[aehlmsdv]?\|", text, flags=re.MULTILINE)[1:]
        ]
        if not width or not cells:
            return
        rows = [cells[start : start + width] for start in range(0, len(cells), width)]
        has_gap = len(lines) > 1 and bool(lines[0]) and not lines[1] and per_line[0] == width
        marked = "header" in style or has_gap
        yield from table_parts(rows, ["header" if marked and number == 0 else "" for number in range(len(rows))])

    def _end_of(self, number: int, mark: str) -> int:
        """Return the number of the line that closes a block, or that behind the last one."""
        return next((n for n in range(number, len(self._lines)) if self._lines[n] == mark), len(self._lines))

    def _text(self, text: str) -> str:
        return _inline(text, self._attributes)


def _define(line: str, attributes: dict[str, str]) -> bool:
    """Set the attribute that a line defines; returns False if it defines none."""
    match = ATTRIBUTE.match(line)
    if match:
        attributes[match[1].strip("!")] = _substituted(match[2] or "", attributes)[:MAX_VALUE_LENGTH]
    return match is not None


def _language(style: str) -> str:
    """Return the language of code with a style: "source,ruby", "ruby" of a fence."""
    name, _, language = style.partition(",")
    return language.partition(",")[0].strip() if not name or CODE_STYLE.match(style) else name


def _substituted(text: str, attributes: dict[str, str]) -> str:
    """Replace the names of attributes by their values; unknown ones stay."""
    return REFERENCE.sub(lambda match: attributes.get(match[1], match[0]), text)


def _says_more(source: str) -> bool:
    """Tell whether a paragraph is more than pictures, such as badges."""
    return any(map(str.isalnum, IMAGE.sub("", source))) or not IMAGE.search(source)


def _inline(text: str, attributes: dict[str, str]) -> str:
    """Reduce a text to what its readers see."""
    text = _substituted(text, attributes)
    for pattern, replacement in INLINE:
        if replacement is not None:
            text = pattern.sub(replacement, text)
        else:
            text = pattern.sub(lambda match: next((group for group in reversed(match.groups()) if group), ""), text)
    return LOWERED.sub(r"\1", RAISED.sub(lambda match: raise_number(match[1]), text))
