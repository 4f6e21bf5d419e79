"""Read the markup in values of records and in cells, HTML or Markdown, as its readers see it.

A value is taken for HTML only if it has a closing tag, or one that needs none such as <br>, and for Markdown only if it
has a mark that is hardly anything else: "<player>", "5 * 3" and "_id_" stay as they are.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from retrieval.reading.formats.markdown_parts import markdown_parts
from retrieval.reading.isolated.protocol import Part
from retrieval.reading.short_lines import are_wrapped
from retrieval.text.cleaning import LINE_BREAK, one_line
from retrieval.text.markdown_marks import find_marks, without_marks

_BLOCKS = "p|div|ul|ol|li|dl|dt|dd|table|tr|td|th|h[1-6]|blockquote|pre|section|article"
_INLINE = "a|abbr|b|big|center|cite|code|del|em|font|i|ins|kbd|mark|s|small|span|strike|strong|sub|sup|tt|u|var"
HTML = re.compile(rf"</(?:{_BLOCKS}|{_INLINE})\s*>|<(?:br|hr|p|li)\s*/?>|<img\s", re.IGNORECASE)
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
LINE_END = re.compile(rf"</?(?:{_BLOCKS}|br|hr)\b[^<>]{{0,2000}}>", re.IGNORECASE)
MARKDOWN = re.compile(r"\*\*[^\s*]|~~[^\s~]|`[^`\n]+`|\]\((?:https?:|mailto:|[/#.])")
MARKDOWN_LINE = re.compile(r"^(?:#{1,6} \S| {0,3}(?:[-*+]|\d{1,3}[.)]) \S|> ?\S|```)", re.MULTILINE)
CLOSED = (".", "!", "?", ":", ";", ",", "…")
ITEM = re.compile(r"<li\b[^<>]{0,2000}>", re.IGNORECASE)
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
FENCE = re.compile(r"```[\w+#-]*[ \t]*\n")
SIZE_MARK = re.compile(r"^(?:#{1,3}|-#) +(?=\S)", re.MULTILINE)  # of a heading or small print in a message
EMOJI = re.compile(r"<a?(:\w{1,40}:)\d{10,25}>")
DISCORD_TOKENS = (  # with what Discord shows where it knows no more than the token says
    (EMOJI, r"\1"),
    (re.compile(r"<@[!&]?\d{10,25}>"), "@unknown"),
    (re.compile(r"<#\d{10,25}>"), "#unknown"),
    (re.compile(r"<(/[\w -]{1,100}):\d{10,25}>"), r"\1"),
    (re.compile(r"\|\|(?=\S)([^|]{1,2000})(?<=\S)\|\|"), r"\1"),
)


def cell_text(value: str, *, markdown: bool = False) -> str:
    """Return a value as its readers see it, its lines divided by "; "; Markdown counts only if asked for."""
    has_html = "<" in value and HTML.search(value) is not None
    has_markdown = markdown and MARKDOWN.search(value) is not None
    if not (has_html or has_markdown or ("&" in value and ENTITY.search(value))):
        return value
    text = ""
    for line in LINE_END.split(value) if has_html else [value]:
        marks = find_marks(line)
        first = "<&" if has_html else "&"
        kept = marks if has_markdown else [mark for mark in marks if line[mark.start] in first]
        if shown := one_line(without_marks(line, kept, 0, len(line))):
            text += f"{'' if not text else ' ' if text.endswith(CLOSED) else '; '}{shown}"
    return text


def text_parts(value: str, at: int | str | None, level: int) -> Iterator[Part]:
    """Yield the paragraphs, lists and code of a text at a place; its own headings are below one of a level.

    Raises RefusedError if it is Markdown, and too large.
    """
    value = value.replace("\r\n", "\n")
    if not any(pattern.search(value) for pattern in (HTML, ENTITY, MARKDOWN, MARKDOWN_LINE)):
        yield from (Part("text", _in_lines(paragraph), at=at) for paragraph in value.split("\n\n"))
        return
    for part in markdown_parts(value):
        own_level = part.level + level if part.kind == "heading" else part.level
        yield replace(part, at=at, level=own_level)


def _in_lines(paragraph: str) -> str:
    """Return a paragraph with the breaks between its lines, unless these were filled up to a width."""
    lines = paragraph.split("\n")
    return paragraph if len(lines) < 2 or are_wrapped(lines) else LINE_BREAK.join(lines)


def message_text(value: str) -> str:
    """Return the text of a chat message in its lines, without the marks that its readers do not see."""
    text = FENCE.sub("```\n", value)
    for pattern, shown in DISCORD_TOKENS:
        text = pattern.sub(shown, text)
    if "</" in text:  # as Teams writes messages
        text = TAG.sub("", LINE_END.sub("\n", ITEM.sub("\n- ", text)))
    pieces = text.split("```")
    pieces[::2] = [SIZE_MARK.sub("", piece) for piece in pieces[::2]]  # the others are code
    text = "```".join(pieces)
    marks = [mark for mark in find_marks(text) if not text.startswith(">", mark.start)]  # which say who is quoted
    return without_marks(text, marks, 0, len(text))
