"""Find the paragraphs, list items and underlined headings of plain text by its lines, as spans of the text."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from retrieval.reading.markdown import Markup, Span
from retrieval.reading.questions import LEVEL
from retrieval.reading.setting_lines import is_section, setting_groups
from retrieval.reading.short_lines import are_listed, fact_lines

LINE = re.compile(r"[^\n\x0b\x0c\x85\u2028\u2029]*[\n\x0b\x0c\x85\u2028\u2029]?")
BULLET = re.compile(r"(?P<indent>\s*)(?:[-*+•‣–◦▪▫●○■□·►→]|(?P<number>\d{1,3})[.)])\s+(?=\S)")
# A line that is a piece of its own with its mark: a box of a task, "1.2 Boats", "(a) boats", "b) boats".
MARKED = re.compile(
    r"[ \t]*(?:[☐☑☒✓✔✗] ?(?=\S)|\d{1,2}(?:\.\d{1,2}){1,3}\.?[ \t]+(?=[A-ZÄÖÜ])|(?:\([a-z\d]{1,2}|[a-z])\)[ \t]+(?=\S))"
)
STOPS, MAX_TITLE_LENGTH = ".:;,!?", 40  # before such a line, or characters of a line above it without a stop
TABLE_BORDER = re.compile(r"[ \t]*[+├└┌┬┼╔╚╠|=+─═┤┐┘┴╦╬╩╣╗╝-]{3,}[ \t]*")
TABLE_ROW = re.compile(r"[ \t]*[|│║](?P<cells>.*[|│║].*)[|│║][ \t]*")
RULER = re.compile(r"[ \t]*-{2,}(?:[ \t]+-{2,})+[ \t]*")  # below the names of aligned columns
MAX_WRAPPED_LENGTH = 130  # characters of a line; longer ones were not divided to fit a width
MIN_WORDS_OF_PROSE = 10  # of such a line, unlike an address
# Before a message of an exported chat: "12/05/2024, 10:31 - ", "[12.05.24, 10:31:05] ", "[10:31]", "10:31 <".
TIMESTAMP = re.compile(
    r"[\s\u200e]*(?:\[(?:{date},?[\sT])?{time}\]|{date},?[\sT]{time}\s[-–]|{time}\s+(?=<))\s?".format(
        date=r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", time=r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
    )
)
GAP = re.compile(r"(?<=\S) {2,}(?=\S)")  # between two columns
UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$")
MAX_TITLE_LINES, MIN_CENTRED_INDENT, MAX_OFF_CENTRE = 4, 8, 4  # lines, columns, and half columns
MIN_COLUMN_LINES, MAX_FIRST_COLUMN = 2, 32  # lines of aligned columns, and characters of the first of them
SEPARATOR = re.compile(r"^%+[ \t]*$", re.MULTILINE)
MIN_SEPARATORS = 2
MIN_BORDERS = 2  # lines across of a table
PARAGRAPH, MESSAGE, HEADING = Markup(None), Markup("prose"), Markup("heading", 1)
ENTRY = Markup("heading", LEVEL)  # names no document
LISTED = Markup("item", 1)  # below a label, which introduces it
RULE, NAMES, ROW = Markup("aside"), Markup("header"), Markup("row")


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
        stands_alone = bullet or TIMESTAMP.match(line) or (MARKED.match(line) and _may_end(text, start, end, lines))
        is_second = lines == 1  # only then look at the paragraph, or an endless one would be read again and again
        if is_second and UNDERLINE.match(line):
            spans.append(((start, end), HEADING))
            start = end = match.end()
            lines = 0
            continue
        if not line.strip() or stands_alone or (is_second and are_capitals(text[start:end]) and markup == PARAGRAPH):
            if end > start:
                is_above_text = bool(line.strip()) and not stands_alone
                is_above_list = bool(bullet) and is_second and text[end - 1] != ":"
                is_heading = (is_above_text or is_above_list) and markup == PARAGRAPH and are_capitals(text[start:end])
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
    return list(_divide_facts(text, _divide_entries(text, body, _with_title(text, spans))))


def are_capitals(line: str) -> bool:
    """Tell whether a line is written in capitals, unlike one in brackets, such as a list of keys."""
    return line.isupper() and not line.startswith(("[", "(", "{", "<"))


def _divide_entries(text: str, body: int, spans: list[tuple[Span, Markup]]) -> list[tuple[Span, Markup]]:
    """Divide paragraphs at lines of percent signs, between which a data file has its entries.

    A line without a stop that opens an entry, above an empty line and more text, is the heading of the entry.
    """
    if sum(1 for _ in SEPARATOR.finditer(text, body)) < MIN_SEPARATORS:
        return spans
    divided: list[tuple[Span, Markup]] = []
    for (start, end), markup in spans:
        for separator in SEPARATOR.finditer(text, start, end):
            divided += [(span, markup) for span in _trimmed_spans(text, start, separator.start())]
            divided.append((separator.span(), RULE))
            start, markup = separator.end(), PARAGRAPH  # which is in no item above the separator
        divided += [(span, markup) for span in _trimmed_spans(text, start, end)]
    opens = {number + 1 for number, (_, markup) in enumerate(divided) if markup == RULE}
    entries = [
        (span, ENTRY if number in opens and _may_head(text, span, markup, after) else markup)
        for number, ((span, markup), (_, after)) in enumerate(pairwise([*divided, ((0, 0), RULE)]))
    ]
    return _with_questions(text, entries)


def _with_questions(text: str, entries: list[tuple[Span, Markup]]) -> list[tuple[Span, Markup]]:
    """Make the only paragraph of an entry "Q:boats" the heading of the entry "A:boats" right behind it."""
    joined = list(entries)
    for number, ((name, first), (asked, second), (_, rule), (answer, last)) in enumerate(
        zip(entries, entries[1:], entries[2:], entries[3:], strict=False)
    ):
        keys = text[slice(*name)], text[slice(*answer)]
        are_one = (first, second, rule, last) == (ENTRY, PARAGRAPH, RULE, ENTRY) and keys[0][2:] == keys[1][2:]
        if are_one and [key[:2] for key in keys] == ["Q:", "A:"]:
            joined[number] = name, RULE
            joined[number + 1] = asked, ENTRY
            joined[number + 3] = answer, RULE
    return joined


def _may_head(text: str, span: Span, markup: Markup, after: Markup) -> bool:
    content = text[slice(*span)]
    return markup == PARAGRAPH and after != RULE and "\n" not in content and content[-1] not in STOPS


def _trimmed_spans(text: str, start: int, end: int) -> list[Span]:
    """Return a span without white space at its ends, none if nothing is left."""
    content = text[start:end]
    first, last = end - len(content.lstrip()), start + len(content.rstrip())
    return [(first, last)] if first < last else []


def _with_title(text: str, spans: list[tuple[Span, Markup]]) -> list[tuple[Span, Markup]]:
    """Divide a first paragraph of a few lines that are centred: the first line is the title."""
    if not spans or spans[0][1] != PARAGRAPH:
        return spans
    start, end = spans[0][0]
    lines = _lines(text, start, end) if text.count("\n", start, end) < MAX_TITLE_LINES else []
    indents = [first - text.rfind("\n", 0, first) - 1 for first, _ in lines]
    middles = [2 * indent + last - first for indent, (first, last) in zip(indents, lines, strict=True)]
    are_centred = (
        len(lines) > 1 and min(indents) >= MIN_CENTRED_INDENT and max(middles) - min(middles) <= MAX_OFF_CENTRE
    )
    if not are_centred or len(set(indents)) == 1:
        return spans
    return [(lines[0], HEADING), ((lines[1][0], end), MESSAGE), *spans[1:]]


def _may_end(text: str, start: int, end: int, lines: int) -> bool:
    """Tell whether a paragraph of some lines may end before a mark, which may also be part of its sentence."""
    return lines == 0 or text[end - 1] in STOPS or (lines == 1 and end - start <= MAX_TITLE_LENGTH)


def _divide_facts(text: str, spans: list[tuple[Span, Markup]]) -> Iterator[tuple[Span, Markup]]:
    """Divide paragraphs whose lines are pieces of their own: facts, rows of a table, paragraphs that are not wrapped.

    So may be the lines behind the first one of an item.
    """
    for (start, end), markup in spans:
        newline = text.find("\n", start, end) if markup == PARAGRAPH or markup.kind == "item" else -1
        below = newline + 1 if markup.kind == "item" and newline >= 0 else start
        pieces = _pieces(text, below, end) if newline >= 0 else []
        if len(pieces) < 2:
            yield (start, end), markup
            continue
        if below > start:
            yield (start, newline), markup
        yield from pieces


def _pieces(text: str, start: int, end: int) -> list[tuple[Span, Markup]]:
    """Divide lines that are pieces of their own; returns none or one if they are not."""
    lines = _lines(text, start, end)
    contents = [text[slice(*line)] for line in lines]
    if rows := _table_rows(contents):
        return [(_trimmed(text, *line), kind) for line, kind in zip(lines, rows, strict=True)]
    if groups := setting_groups(contents):
        return [
            ((lines[first][0], lines[end - 1][1]), ENTRY if is_section(contents[first]) else PARAGRAPH)
            for first, end in groups
        ]
    labels = _count_labels(text, lines)
    if columns := _aligned(text, lines[labels:], is_labelled=labels > 0):
        row = LISTED if labels else PARAGRAPH
        return [*zip(lines, (PARAGRAPH, RULE)[:labels], strict=False), *((column, row) for column in columns)]
    are_aligned = len({text[text.rfind("\n", 0, line[0]) + 1 : line[0]] for line in lines}) == 1
    if (
        (are_aligned and are_listed(contents))
        or any(map(_is_unwrapped, contents))
        or any(map(RULER.fullmatch, contents))
    ):
        rulers = [RULE if RULER.fullmatch(content) else PARAGRAPH for content in contents]
        return list(zip(lines, rulers, strict=True))
    return [((start + first, start + last), PARAGRAPH) for first, last in fact_lines(text[start:end])]


def _count_labels(text: str, lines: Sequence[Span]) -> int:
    """Count the lines above others that are indented more, as in what a program says of its options: "options:"."""
    indents = [first - text.rfind("\n", 0, first) - 1 for first, _ in lines[:3]]
    if len(indents) < 2 or text[lines[0][1] - 1] != ":" or indents[0] >= indents[1]:
        return 0
    second = text[slice(*lines[1])]
    return 2 if indents[1] < indents[-1] and (are_capitals(second) or second.startswith("{")) else 1


def _aligned(text: str, lines: Sequence[Span], *, is_labelled: bool = False) -> list[Span]:
    """Return the rows of lines that have two columns, with a gap before the same place; none if they have not.

    A line that begins below the second column continues the row above it. Below a label, a gap may be narrow, a line
    may have the first column alone, and it may begin anywhere before the second one.
    """
    written = [text[text.rfind("\n", 0, first) + 1 : last] for first, last in lines]
    starts = [{match.end() for match in GAP.finditer(line)} for line in written]
    indents = [len(line) - len(line.lstrip()) for line in written]
    if is_labelled:
        columns = [own for own in starts if own]
    else:
        columns = [own | {indent} for own, indent in zip(starts, indents, strict=True)]
    column = min(set.intersection(*columns) - {indents[0]}, default=0) if columns else 0
    rows = [column in own and indent < column for own, indent in zip(starts, indents, strict=True)]
    alone = [
        is_labelled and not own and indent < column == below
        for own, indent, below in zip(starts, indents, [*indents[1:], 0], strict=True)
    ]
    begins = [
        number
        for number, indent in enumerate(indents)
        if (rows[number] or alone[number]) and (is_labelled or indent == indents[0])
    ]
    is_wide = is_labelled or any(line[:column].endswith("   ") for line in written)
    is_first = column and column - indents[0] <= MAX_FIRST_COLUMN and begins[:1] == [0]
    if not is_first or not is_wide or sum(rows) < MIN_COLUMN_LINES:
        return []
    if any(indents[number] != column for number in range(len(lines)) if number not in begins):
        return []
    return [(lines[a][0], lines[b - 1][1]) for a, b in pairwise([*begins, len(lines)])]


def _lines(text: str, start: int, end: int) -> list[Span]:
    """Return the spans of the lines of a paragraph, without white space at their ends."""
    matches = re.compile(r"[^\n]*\S").finditer(text, start, end)
    return [(match.end() - len(match[0].lstrip()), match.end()) for match in matches]


def _is_unwrapped(line: str) -> bool:
    """Tell whether a line is a whole paragraph, as word processors save them as text."""
    return len(line) > MAX_WRAPPED_LENGTH and line.count(" ") >= MIN_WORDS_OF_PROSE


def _table_rows(lines: Sequence[str]) -> list[Markup]:
    """Return the markup of each line of a table drawn with lines and bars; none if the lines are something else."""
    borders = [TABLE_BORDER.fullmatch(line) is not None for line in lines]
    is_table = sum(borders) >= MIN_BORDERS and all(
        is_border or TABLE_ROW.fullmatch(line) for line, is_border in zip(lines, borders, strict=True)
    )
    first = borders.index(False) if is_table and not all(borders) else len(lines)
    has_header = first + 1 < len(lines) and borders[first + 1] and not all(borders[first + 1 :])
    return [
        RULE if is_border else NAMES if has_header and number == first else ROW
        for number, is_border in enumerate(borders)
    ] if is_table else []  # fmt: skip


def _trimmed(text: str, start: int, end: int) -> Span:
    """Return the span of a row without the bars around it."""
    row = TABLE_ROW.fullmatch(text, start, end)
    if row is None:
        return start, end
    cells = row["cells"]
    first = row.start("cells") + len(cells) - len(cells.lstrip())
    return first, first + len(cells.strip())


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
