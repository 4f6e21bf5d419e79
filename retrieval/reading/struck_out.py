"""Set apart the sentences and items of Markdown that are struck out, which no longer hold and are never quoted.

A word that is struck out inside a sentence stays in it, with its marks: the text of a Markdown document is the file.
"""

import re
from collections.abc import Iterator, Sequence

from retrieval.reading.markdown import Markup, Span
from retrieval.reading.markdown_tables import trim

MARK = re.compile(r"~~(?<!~~~)(?!~)|</?(?:del|s|strike)>", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]*_]*$")
TEXT = re.compile(r"\S")
MAX_END_LENGTH = 40  # characters in which the end of a sentence is looked for


def divide_struck_out(text: str, spans: Sequence[tuple[Span, Markup]]) -> Iterator[tuple[Span, Markup]]:
    """Divide paragraphs and items into what holds and, as asides, whole sentences that are struck out."""
    if not MARK.search(text):
        yield from spans
        return
    for (start, end), markup in spans:
        if markup.kind in (None, "item"):
            for (first, last), is_struck in _pieces(text, start, end):
                yield (first, last), markup._replace(kind="aside", number=0) if is_struck else markup
                if not is_struck:
                    markup = Markup(None, markup.level)  # an item is its first paragraph
        else:
            yield (start, end), markup


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[Span, bool]]:
    """Yield the trimmed spans of text[start:end], and whether each is struck out."""
    for first, last in _struck_spans(text, start, end):
        has_before, has_after = TEXT.search(text, start, first), TEXT.search(text, last, end)
        begins = not has_before or _ends_sentence(text, start, first)
        if begins and (not has_after or _ends_sentence(text, first, last)):
            if has_before:
                yield trim(text, start, first), False
            yield (first, last), True
            start = last
    start, end = trim(text, start, end)
    if end > start:
        yield (start, end), False


def _ends_sentence(text: str, start: int, end: int) -> bool:
    """Tell whether text[start:end] ends like a sentence, apart from white space and the marks of struck-out text."""
    last_words = text[max(start, end - MAX_END_LENGTH) : end]
    return SENTENCE_END.search(MARK.sub("", last_words).rstrip()) is not None


def _struck_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the spans between the marks of struck-out text, with their marks."""
    opened: re.Match[str] | None = None
    for mark in MARK.finditer(text, start, end):
        if opened is None:
            opened = None if mark[0].startswith("</") else mark
        elif mark[0].replace("/", "").lower() == opened[0].lower() and mark[0][:2] in ("~~", "</"):
            yield opened.start(), mark.end()
            opened = None
