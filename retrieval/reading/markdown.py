"""Find the paragraphs, items, code, headings, asides and table rows of Markdown by its markup, as spans of the text.

`retrieval.reading.markdown_tables` divides the tables.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from retrieval.reading.isolated.protocol import RefusedError
from retrieval.reading.markdown_tables import table_spans, trim
from retrieval.text.code_languages import code_language
from retrieval.text.markdown_marks import normalize_label
from retrieval.text.source_map import Edit
from retrieval.types import Block, BlockKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Span = tuple[int, int]
MAX_NESTING = 100  # of lists and quotes; deeper text would be lost
MAX_LINES_OR_CELLS = 250_000
RULES = ("code", "hr", "list", "paragraph")  # of the parser, for any text
# A text in which another rule finds something contains one of its signs. Each rule costs time at every line.
SIGNS = {
    "table": ("|",),
    "fence": ("```", "~~~"),
    "blockquote": (">",),
    "reference": ("]:",),
    "html_block": ("<",),
    "heading": ("#",),
}
UNDERLINE = re.compile(r"[-=][ \t]*$", re.MULTILINE)  # of a heading ("lheading")
SENTENCE_STOP = re.compile(r"[.!…][\"'”’»)\]*_]*$")
MIN_RULED_WORDS = 6  # of a sentence above a rule, unlike "Contact us."
KEY_LINE = re.compile(r"[a-z][a-z -]{0,30}:(?:\t|$)")  # as the command line of GitHub writes what it knows of a comment
QUOTE_MARKS = re.compile(r"[ \t]*(?:>[ ]?)+")


class Markup(NamedTuple):
    """What the markup says about a span, as in retrieval.types.Block; None leaves the kind to the form of the text."""

    kind: BlockKind | None
    level: int = 0
    number: int = 0
    language: str = ""

    def block(self, start: int, end: int) -> Block:
        """Make the block of a span; it is prose unless anything says otherwise."""
        return Block(start, end, self.kind or "prose", self.level, self.number, self.language)


class Parsed(NamedTuple):
    """The spans of a text in order, each with its markup; the labels of links, and the marks of quotes before code."""

    spans: list[tuple[Span, Markup]]
    references: frozenset[str]
    quote_marks: list[Edit]


def parse_markdown(text: str, body: int) -> Parsed:
    """Find the paragraphs, items, code, headings, asides and rows of text[body:]."""
    content = text[body:]
    lines = list(accumulate((len(line) + 1 for line in content.split("\n")), initial=body))  # their starts
    spans: list[tuple[Span, Markup]] = []
    lists = _OpenLists()
    heading: Token | None = None  # that is open
    in_table = False
    environment: dict[str, Any] = {}
    quote_marks: list[Edit] = []
    for token in _parser(_possible_rules(content)).parse(content, environment):
        if in_table:
            in_table = token.type != "table_close"
            continue
        if token.nesting:
            lists.follow(token)
            if token.nesting > 0:
                heading = token if token.type == "heading_open" else None
            if token.type == "table_open" and token.map:
                in_table = True
                rows = [(lines[n], lines[n + 1] - 1) for n in range(*token.map)]
                spans += [(span, Markup(kind)) for span, kind in table_spans(text, rows)]
            continue
        if not token.map:
            continue
        first, last = token.map
        if token.type in ("fence", "code_block"):
            markup = Markup("code", lists.depth, language=code_language(token.info))
            span = _code_span(text, lines, token)
            quote_marks += _quote_marks(text, span) if lists.quotes else []
        else:
            span = trim(text, lines[first], min(lines[last], len(text)))
            markup = Markup("aside", lists.depth)
        if token.type == "inline":
            span = _without_markup(text, span, token.content)
            markup = (_heading(heading, token.content) if heading else None) or lists.paragraph()
        if span[1] > span[0]:
            spans.append((span, markup))
    references = frozenset(map(normalize_label, environment.get("references", ())))
    return Parsed(spans, references, quote_marks)


class _OpenLists:
    """The lists around a place, and whether the next paragraph there is the first of an item."""

    def __init__(self) -> None:
        self._numbers: list[int | None] = []  # of the current item in each open list, None in a bullet list
        self._at_item = False
        self.quotes = 0  # that are open

    @property
    def depth(self) -> int:
        """Return how many lists are open."""
        return len(self._numbers)

    def follow(self, token: "Token") -> None:
        """Enter or leave a list or an item."""
        if token.type in ("paragraph_open", "paragraph_close"):
            return
        if token.type == "bullet_list_open":
            self._numbers.append(None)
        elif token.type == "ordered_list_open":
            start = token.attrGet("start")
            self._numbers.append(0 if start is None else int(start) - 1)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._numbers.pop()
        elif token.type == "list_item_open":
            number = self._numbers[-1]
            self._numbers[-1] = None if number is None else number + 1  # many writers number every item 1
            self._at_item = True
        elif token.type == "list_item_close":
            self._at_item = False
        elif token.type in ("blockquote_open", "blockquote_close"):
            self.quotes += token.nesting

    def paragraph(self) -> Markup:
        """Return the markup of the paragraph that comes next."""
        if not self._at_item:
            return Markup(None, self.depth)
        self._at_item = False
        return Markup("item", self.depth, self._numbers[-1] or 0)


def _code_span(text: str, lines: Sequence[int], token: "Token") -> Span:
    """Return the span of the lines of code, without the fences around them; the first line keeps its indentation."""
    first, last = token.map or (0, 0)
    if token.type == "fence":
        first += 1
        closed = text[lines[last - 1] : lines[last]].strip(" \t>\n")
        if last > first and closed.startswith(token.markup) and not closed.strip(token.markup[0]):
            last -= 1
    start, end = lines[first], min(lines[last], len(text))
    while start < end and not text[start : text.find("\n", start) + 1 or end].strip():
        start = text.find("\n", start) + 1 or end
    return start, start + len(text[start:end].rstrip())


def _heading(opened: "Token", content: str) -> Markup | None:
    """Return the markup of a heading; None if what dashes underline is text above a rule that lacks an empty line.

    Several lines that do not ask are text, and so is a long sentence; lines with keys and values are an aside.
    """
    if opened.markup == "-" and "\n" in content and not content.endswith(("?", "？", "؟")):
        return Markup("aside") if all(map(KEY_LINE.match, content.removeprefix("--\n").split("\n"))) else None
    is_sentence = len(content.split()) >= MIN_RULED_WORDS and SENTENCE_STOP.search(content) is not None
    return None if opened.markup == "-" and is_sentence else Markup("heading", int(opened.tag[1:]))


def _quote_marks(text: str, span: Span) -> list[Edit]:
    """Return edits that take away the marks of the quote around lines of code."""
    starts = [span[0], *(newline.end() for newline in re.compile("\n").finditer(text, *span))]
    marks = (QUOTE_MARKS.match(text, start, span[1]) for start in starts)
    return [Edit(*mark.span()) for mark in marks if mark]


def check_size(text: str) -> None:
    """Raise RefusedError if the parser, which keeps a few KB of each line and cell, would need more than about 1 GB."""
    if max(text.count("\n"), text.count("|")) > MAX_LINES_OR_CELLS:
        raise RefusedError(f"more than {MAX_LINES_OR_CELLS:,} lines or table cells; split it up, or save it as .txt")


def _possible_rules(text: str) -> tuple[str, ...]:
    """Return those rules of SIGNS that may find something in a text."""
    rules = tuple(rule for rule, signs in SIGNS.items() if any(sign in text for sign in signs))
    return (*rules, "lheading") if UNDERLINE.search(text) else rules


@lru_cache(maxsize=1 << (len(SIGNS) + 1))
def _parser(rules: tuple[str, ...]) -> "MarkdownIt":
    """Make a parser with some rules, once; making it takes longer than parsing a small file."""
    from markdown_it import MarkdownIt  # answering needs none

    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING})
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline parsing is not needed, and not linear
    parser.block.ruler.enableOnly([*RULES, *rules])
    return parser


def _without_markup(text: str, span: Span, content: str) -> Span:
    """Narrow a span of whole lines to the content between the marks of lists, quotes and headings."""
    if len(content) == span[1] - span[0] and text.startswith(content, span[0]):  # the most frequent case
        return span
    lines = content.strip().split("\n")
    first = text.find(lines[0], *span)
    last = text.rfind(lines[-1].strip(), *span)
    if first < 0 or last < first:
        return span
    return first, last + len(lines[-1].strip())
