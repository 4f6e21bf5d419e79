"""Read the boxes of Markdown that unfold, <details> and <summary>: a summary is a heading above what the box hides.

If text follows behind the box, which would seem to be below the summary too, the summary is a paragraph instead.
"""

import re
from collections.abc import Iterator, Sequence

from retrieval.reading.markdown import Markup, Span
from retrieval.reading.questions import QUESTION

SUMMARY = re.compile(r"<summary\b[^<>]*>((?:(?!</?summary\b).)*+)</summary>", re.DOTALL | re.IGNORECASE)
BOX_END = re.compile(r"</details>", re.IGNORECASE)
TAGS_BEFORE, TAGS_AFTER = re.compile(r"(?:\s|<[^<>]*>)*+"), re.compile(r"(?:\s|>[^<>]*<)*+")  # the latter backwards


def divide_details(text: str, spans: Sequence[tuple[Span, Markup]]) -> list[tuple[Span, Markup]]:
    """Divide blocks of HTML that contain summaries into these and the text behind each."""
    divided: list[tuple[Span, Markup]] = []
    text_follows = False  # what comes next is a paragraph or the like, not a heading, another box or the end
    box_is_followed = False  # by a paragraph or the like, for the box that ends next
    for (start, end), markup in reversed(spans):
        is_html = markup.kind == "aside"
        summaries = list(SUMMARY.finditer(text, start, end)) if is_html else []
        if is_html and (box_end := BOX_END.search(text, summaries[-1].end() if summaries else start, end)):
            first, last = _without_tags(text, box_end.end(), end)
            box_is_followed = text_follows or last > first
        if summaries:
            paragraph = Markup(None, markup.level)
            kind = paragraph if box_is_followed else QUESTION
            divided += reversed(list(_pieces(text, summaries, end, kind, paragraph)))
            text_follows = False
        else:
            divided.append(((start, end), markup))
            text_follows = text_follows if is_html else markup.kind != "heading"
    return divided[::-1]


def _pieces(
    text: str, summaries: Sequence[re.Match[str]], end: int, last_summary: Markup, paragraph: Markup
) -> Iterator[tuple[Span, Markup]]:
    """Yield each summary, the last one as `last_summary` and the others as headings, and the text behind it."""
    for number, summary in enumerate(summaries, 1):
        is_last = number == len(summaries)
        behind = end if is_last else summaries[number].start()
        kind = last_summary if is_last else QUESTION
        for span, markup in ((summary.span(1), kind), ((summary.end(), behind), paragraph)):
            first, last = _without_tags(text, *span)
            if last > first:
                yield (first, last), markup


def _without_tags(text: str, start: int, end: int) -> Span:
    """Narrow a span by the tags and the white space at its ends."""
    before, after = TAGS_BEFORE.match(text, start, end), TAGS_AFTER.match(text[start:end][::-1])
    first, last = before.end() if before else start, end - (after.end() if after else 0)
    return first, max(first, last)
