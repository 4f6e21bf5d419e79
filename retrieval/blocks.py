"""Cut a document's body into blocks, and tell prose from headings and asides.

Asides are kept in the text but never offered as answers: photo captions, lists of headlines or
links, tables, code, comments. The rules for plain text look at form only (a closing credit, a
label such as "Related coverage:", a missing full stop), so they hold for text nobody marked up.
"""

import re
from collections.abc import Iterator
from typing import Literal

from retrieval.records import Block

LINE = re.compile(r"[^\n\x0b\x0c\x85\u2028\u2029]*[\n\x0b\x0c\x85\u2028\u2029]?")
BULLET = re.compile(r"\s*(?:[-*+•‣–]|\d{1,3}[.)])\s+(?=\S)")
NAVIGATION = re.compile(
    r"(?:related|recommended|see also|read (?:more|also|next|on)|further reading|more (?:on|from|about|stories)"
    r"|most read|also read|links?|external links|share this|latest)\b[^.!?]{0,40}$",
    re.IGNORECASE,
)
CREDIT = re.compile(r"[.!?…][\"'”’]?\s*[(\[](?P<credit>[^()\[\]\d]{2,60})[)\]]$")
CREDIT_WORD = re.compile(
    r"\b(?:photo|image|picture|courtesy|credit|via|getty|reuters|afp|ap|kyodo|pool)\b", re.IGNORECASE
)
CREDIT_NAME = re.compile(r"[A-Z][\w.&'’-]*(?:[ /][A-Z][\w.&'’-]*){0,4}")
POSITION = re.compile(r"\((?:L|R|C|left|right|cent(?:er|re)|top|bottom|from left|from right)\)")
SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]*_]*$")
ONLY_LINKS = re.compile(r"(?:(?:!?\[[^\]]*\]\([^)]*\)|<?https?://\S+)[\s,;|·•]*)+")
CAPTION_SENTENCES = 2
HEADING_WORDS = 12
LABEL_WORDS = 8

Span = tuple[int, int]
Kind = Literal["prose", "heading", "aside"]


def body_blocks(text: str, body: int, *, markdown: bool) -> list[Block]:
    """Return the blocks of text[body:], in order; offsets count from the start of text."""
    found = _markdown_spans(text, body) if markdown else [(span, None) for span in _plain_spans(text, body)]
    blocks: list[Block] = []
    navigating = False
    for number, (span, known) in enumerate(found):
        content = text[slice(*span)]
        if known is None:
            following = found[number + 1][0] if number + 1 < len(found) else None
            kind, navigating = _classify(content, text[slice(*following)] if following else "", navigating)
            # A Markdown heading carries a mark; there, an unmarked short line is just a short line.
            kind = "prose" if markdown and kind == "heading" else kind
        else:
            kind = known
            navigating = kind == "heading" and bool(NAVIGATION.match(content))
        blocks.append(Block(*span, kind))
    return blocks


def _plain_spans(text: str, body: int) -> list[Span]:
    """Return the paragraphs of plain text: runs of lines between blank ones; list items stand alone."""
    spans: list[Span] = []
    start = end = body
    for match in LINE.finditer(text, body):
        line = match[0]
        bullet = BULLET.match(line)
        if not line.strip() or bullet:
            if end > start:
                spans.append((start, end))
            start = end = match.start() + (bullet.end() if bullet else 0)
        if line.strip():
            start = start if end > start else start + _indent(text, start)
            end = match.start() + len(line.rstrip())
    if end > start:
        spans.append((start, end))
    return spans


def _indent(text: str, start: int) -> int:
    match = re.compile(r"\s*").match(text, start)
    return match.end() - start if match else 0


def _markdown_spans(text: str, body: int) -> list[tuple[Span, Kind | None]]:
    """Return the paragraphs and headings of Markdown with their kind where the marks tell it."""
    from markdown_it import MarkdownIt  # answering needs none

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline parsing is not needed, and not linear
    lines = [body, *(match.end() for match in re.compile("\n").finditer(text, body)), len(text) + 1]
    spans: list[tuple[Span, Kind | None]] = []
    opened = ""
    in_table = False
    for token in parser.parse(text[body:]):
        if token.type in ("table_open", "table_close"):
            in_table = token.type == "table_open"
        elif token.type.endswith("_open"):
            opened = token.type
        if not token.map or token.nesting != 0:
            continue
        first, last = token.map
        span = _trim(text, lines[first], min(lines[last], len(text)))
        if token.type == "inline":
            span = _without_marks(text, span, token.content)
        kind: Kind | None = (
            "aside" if token.type != "inline" or in_table else "heading" if opened == "heading_open" else None
        )
        if span[1] > span[0]:
            spans.append((span, kind))
    return spans


def _trim(text: str, start: int, end: int) -> Span:
    content = text[start:end]
    return end - len(content.lstrip()), start + len(content.rstrip())


def _without_marks(text: str, span: Span, content: str) -> Span:
    """Narrow a span of whole lines to the content between list, quote and heading marks."""
    lines = content.strip().split("\n")
    first = text.find(lines[0], *span)
    last = text.rfind(lines[-1].strip(), *span)
    if first < 0 or last < first:
        return span
    return first, last + len(lines[-1].strip())


def _classify(content: str, following: str, navigating: bool) -> tuple[Kind, bool]:
    """Return the kind of a paragraph, and whether a list of headlines goes on after it."""
    if not any(character.isalnum() for character in content) or ONLY_LINKS.fullmatch(content):
        return "aside", navigating
    first_line = content.split("\n", 1)[0].strip()
    words = len(first_line.split())
    if words <= LABEL_WORDS and NAVIGATION.match(first_line) and not SENTENCE_END.search(first_line):
        return "aside", True
    ends = bool(SENTENCE_END.search(content))
    if navigating and not ends:
        return "aside", True
    if _is_caption(content) or (content.startswith("<!--") and content.endswith("-->")):
        return "aside", False
    if "\n" not in content and not ends and SENTENCE_END.search(following):
        label = content.endswith(":") and words <= LABEL_WORDS
        title = ":" not in content and words <= HEADING_WORDS and content[-1] not in ",;"
        if label or title:
            return "heading", False
    return "prose", False


def _is_caption(content: str) -> bool:
    """Return whether a paragraph is a photo caption: a sentence or two closed by a credit."""
    match = CREDIT.search(content[-80:])
    if "\n" in content or not match or len(re.findall(r"[.!?]\s", content)) > CAPTION_SENTENCES:
        return False
    credit = match["credit"].strip()
    return bool(CREDIT_WORD.search(credit) or CREDIT_NAME.fullmatch(credit) or POSITION.search(content))


def prose(blocks: tuple[Block, ...]) -> Iterator[tuple[int, int, Block]]:
    """Yield (section, paragraph, block) of each prose block; a heading opens a new section."""
    section = 0
    for paragraph, block in enumerate(blocks, 1):
        if block.kind == "heading":
            section += 1
        elif block.kind == "prose":
            yield section, paragraph, block
