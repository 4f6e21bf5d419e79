"""Find the paragraphs, headings and asides of Markdown by its markup, as spans of the text.

`retrieval.reading.markdown_tables` divides the tables.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from retrieval.reading.isolated.protocol import RefusedError
from retrieval.reading.markdown_tables import table_spans, trim

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Span = tuple[int, int]
# What the markup says about a span: a number is the level of a heading, a header belongs to the rows below it.
Markup = Literal["aside", "item", "row", "header"] | int | None
MAX_NESTING = 100  # of lists and quotes; deeper text would be lost
MAX_LINES_OR_CELLS = 250_000


def marked_spans(text: str, body: int) -> list[tuple[Span, Markup]]:
    """Find the paragraphs, headings, asides and rows of text[body:], in order, each with its markup."""
    lines = [body, *(match.end() for match in re.compile("\n").finditer(text, body)), len(text) + 1]
    spans: list[tuple[Span, Markup]] = []
    opened = tag = ""
    in_table = False
    for token in _parser().parse(text[body:]):
        if token.type in ("table_open", "table_close"):
            in_table = token.type == "table_open"
            if in_table and token.map:
                spans += table_spans(text, [(lines[n], lines[n + 1] - 1) for n in range(*token.map)])
        elif token.type.endswith("_open"):
            opened, tag = token.type, token.tag
        if not token.map or token.nesting != 0 or in_table:
            continue
        first, last = token.map
        span = trim(text, lines[first], min(lines[last], len(text)))
        if token.type == "inline":
            span = _without_markup(text, span, token.content)
        markup: Markup = int(tag[1:]) if opened == "heading_open" else None
        if token.type != "inline":
            markup = "aside"
        if span[1] > span[0]:
            spans.append((span, markup))
    return spans


def check_size(text: str) -> None:
    """Raise RefusedError if the parser, which keeps a few KB of each line and cell, would need more than about 1 GB."""
    if max(text.count("\n"), text.count("|")) > MAX_LINES_OR_CELLS:
        raise RefusedError(f"more than {MAX_LINES_OR_CELLS:,} lines or table cells; split it up, or save it as .txt")


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    """Make the parser, once; making it takes longer than parsing a small file."""
    from markdown_it import MarkdownIt  # answering needs none

    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline parsing is not needed, and not linear
    return parser


def _without_markup(text: str, span: Span, content: str) -> Span:
    """Narrow a span of whole lines to the content between the marks of lists, quotes and headings."""
    lines = content.strip().split("\n")
    first = text.find(lines[0], *span)
    last = text.rfind(lines[-1].strip(), *span)
    if first < 0 or last < first:
        return span
    return first, last + len(lines[-1].strip())
