"""Find the paragraphs, list items and underlined headings of plain text by its lines, as spans of the text."""

import re
from collections.abc import Iterator

from retrieval.reading.markdown import Markup, Span
from retrieval.reading.short_lines import fact_lines

LINE = re.compile(r"[^\n\x0b\x0c\x85\u2028\u2029]*[\n\x0b\x0c\x85\u2028\u2029]?")
BULLET = re.compile(r"(?P<indent>\s*)(?:[-*+•‣–]|(?P<number>\d{1,3})[.)])\s+(?=\S)")
# Before a message of an exported chat: "12/05/2024, 10:31 - ", "[12.05.24, 10:31:05] ", "[10:31]", "10:31 <".
TIMESTAMP = re.compile(
    r"[\s\u200e]*(?:\[(?:{date},?[\sT])?{time}\]|{date},?[\sT]{time}\s[-–]|{time}\s+(?=<))\s?".format(
        date=r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", time=r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
    )
)
UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$")
PARAGRAPH, MESSAGE, HEADING = Markup(None), Markup("prose"), Markup("heading", 1)


def plain_spans(text: str, body: int) -> list[tuple[Span, Markup]]:
    """Split plain text into paragraphs: runs of lines between blank lines; list items and messages stand alone.

    A line that is underlined, or all in capitals above others or a list, is a heading. Lines that are facts stand
    alone, too.
    """
    spans: list[tuple[Span, Markup]] = []
    start = end = body
    markup = PARAGRAPH
    indents: list[int] = []  # of the items of the open lists, outermost first
    lines = 0  # of the paragraph so far
    for match in LINE.finditer(text, body):
        line = match[0]
        bullet = BULLET.match(line)
        stands_alone = bullet or TIMESTAMP.match(line)
        is_second = lines == 1  # only then look at the paragraph, or an endless one would be read again and again
        if is_second and UNDERLINE.match(line):
            spans.append(((start, end), HEADING))
            start = end = match.end()
            lines = 0
            continue
        if not line.strip() or stands_alone or (is_second and text[start:end].isupper() and markup == PARAGRAPH):
            if end > start:
                is_above_text = bool(line.strip()) and not stands_alone
                is_above_list = bool(bullet) and is_second and text[end - 1] != ":"
                is_heading = (is_above_text or is_above_list) and markup == PARAGRAPH and text[start:end].isupper()
                spans.append(((start, end), HEADING if is_heading else markup))
            start = end = match.start() + (bullet.end() if bullet else 0)
            markup = _item(bullet, indents) if bullet else MESSAGE if stands_alone else PARAGRAPH
            lines = 0
        if line.strip():
            if lines == 0 and not stands_alone:
                indents.clear()
            lines += 1
            start = start if end > start else start + _indent(text, start)
            end = match.start() + len(line.rstrip())
    if end > start:
        spans.append(((start, end), markup))
    return list(_divide_facts(text, spans))


def _divide_facts(text: str, spans: list[tuple[Span, Markup]]) -> Iterator[tuple[Span, Markup]]:
    """Divide the paragraphs whose lines are facts of their own into their lines."""
    for (start, end), markup in spans:
        facts = fact_lines(text[start:end]) if markup == PARAGRAPH and text.find("\n", start, end) > 0 else []
        yield from (((start + first, start + last), markup) for first, last in facts or [(0, end - start)])


def _item(bullet: re.Match[str], indents: list[int]) -> Markup:
    """Return the markup of an item, which is in as many lists as there are smaller indents in those above it."""
    indent = len(bullet["indent"].expandtabs(4))
    while indents and indents[-1] >= indent:
        indents.pop()
    indents.append(indent)
    return Markup("item", len(indents), int(bullet["number"] or 0))


def _indent(text: str, start: int) -> int:
    match = re.compile(r"\s*").match(text, start)
    return match.end() - start if match else 0
