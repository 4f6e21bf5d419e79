"""Find the templates of wikitext that stand around nothing but text, and edit those that stand by themselves.

What a template writes cannot be known, but what its parameters say can: those with names become facts, in a list or in
a row, and sentences become text. `retrieval.reading.wikitext.template_values` edits templates inside of lines.
"""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from retrieval.reading.site_markup.site_changes import ADMONITIONS
from retrieval.reading.wikitext.literal_text import BOX_MARK
from retrieval.reading.wikitext.table_edits import outer_tables
from retrieval.reading.wikitext.template_values import (
    FUNCTION_MARK,
    SENTENCE_END,
    SILENT,
    Argument,
    Template,
    is_shown,
    is_text,
    row_edits,
    value_edits,
)
from retrieval.text.source_map import Edit

BRACES = re.compile(r"\{\{|\}\}")
MAX_TEMPLATE_LENGTH = 50_000
ARGUMENT_MARK = re.compile(r"\[\[[^\[\]]{0,500}\]\]|\{\||\|\}|\|")
KEY = re.compile(r"\s*+(?P<key>[^\s=|<>\[\]{}][^=|<>\[\]{}\n]{0,59}?)[ \t]*+=\s*+")
NUMBER = re.compile(r"\d{1,2}")  # as a key, it is that of a parameter without a name
MAX_LINE_LENGTH = 1_000
NEIGHBOUR = re.compile(r"\{\{[^{}\n]*\}\}")
TABLE_MARK = "{|"
MIN_FACTS = 2  # of a template that says what something is
LABELS = ADMONITIONS - {
    "abstract",
    "check",
    "cite",
    "example",
    "faq",
    "question",
    "quote",
    "secondary",
    "seealso",
    "summary",
}
TEXT_KEYS = frozenset(("content", "description", "message", "quote", "text"))
AUTHOR_KEYS = frozenset(("author", "by", "source", "speaker"))
TITLE_KEY = re.compile(r"(?:name|title|(?:page|box|display) ?(?:name|title)|header)\d{0,2}", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
VALUE_LINE = re.compile(r"\n[ \t]*(?P<table>\{\|)?(?P<mark>[*#:;]*)[ \t]*")
LIST_MARKS = ("*", "#")
NEXT_ITEM = re.compile(r"\n[ \t]*[*#]")
MAX_TERM_LENGTH = 40  # characters before what is said about it


def template_edits(text: str, body: int, title: str) -> Iterator[Edit]:
    """Edit each template in text[body:] that has no other one inside; `title` is that of the page."""
    tables = outer_tables(text, body)
    starts = [start for start, _ in tables]
    for start, end, is_nested in _innermost(text, body):
        template = _template(text, start, end)
        number = bisect_right(starts, start)
        is_inside = is_nested or (number > 0 and start < tables[number - 1][1])
        if _is_alone(text, start, end) and not is_inside:
            yield from _block_edits(text, template, title)
        elif is_nested and _is_list(text, template):
            yield from _fact_edits(text, template, "")
        else:
            yield from value_edits(text, template, title, is_alone=_is_alone(text, start, end) and not is_nested)


def _innermost(text: str, body: int) -> Iterator[tuple[int, int, bool]]:
    """Yield the spans of the templates without others in them, and whether another one is around them, in order."""
    opened: list[int] = []
    spans: list[tuple[int, int]] = []
    inner: set[int] = set()
    last = -1  # what opened last
    for brace in BRACES.finditer(text, body):
        if brace[0] == "{{":
            last = brace.start()
            opened.append(last)
        elif opened:
            start = opened.pop()
            if brace.end() - start <= MAX_TEMPLATE_LENGTH:
                spans.append((start, brace.end()))
                if start == last:
                    inner.add(start)
    around = -1  # the end of the outermost template
    for start, end in sorted(spans):
        if start in inner:
            yield start, end, start < around
        around = max(around, end)


def _template(text: str, start: int, end: int) -> Template:
    """Divide a template into its name and its arguments; pipes in links and tables divide nothing."""
    pipes, tables = [], 0
    for mark in ARGUMENT_MARK.finditer(text, start + 2, end - 2):
        if mark[0] == "|" and not tables:
            pipes.append(mark.start())
        elif mark[0] in ("{|", "|}"):
            tables = max(tables + (1 if mark[0] == "{|" else -1), 0)
    arguments = []
    for pipe, argument_end in itertools.pairwise([*pipes, end - 2]):
        key = KEY.match(text, pipe + 1, argument_end)
        first = key.end() if key else pipe + 1
        content = text[first:argument_end]
        last = argument_end - len(content) + len(content.rstrip())
        named = key is not None and not NUMBER.fullmatch(key["key"])
        first = min(argument_end - len(content.lstrip()), last) if content.strip() else last
        arguments.append(Argument(key["key"].replace("_", " ") if key and named else "", pipe, first, max(first, last)))
    name = text[start + 2 : pipes[0] if pipes else end - 2]
    return Template(start, end, " ".join(name.replace("_", " ").split()), tuple(arguments))


def _is_alone(text: str, start: int, end: int) -> bool:
    """Tell whether there is nothing but templates in the lines of a template."""
    before = text[max(start - MAX_LINE_LENGTH, 0) : start].rpartition("\n")[2]
    behind = text[end : end + MAX_LINE_LENGTH].partition("\n")[0]
    return not NEIGHBOUR.sub("", before).strip() and not NEIGHBOUR.sub("", behind).strip()


def _is_list(text: str, template: Template) -> bool:
    """Tell whether a template has facts on several lines."""
    named = [argument for argument in template.arguments if argument.key]
    return len(named) >= MIN_FACTS and "\n" in text[template.start : template.end] and not SILENT.match(template.name)


def _block_edits(text: str, template: Template, title: str) -> Iterator[Edit]:
    """Edit a template that is a paragraph, a list or a box, or nothing that could be read without it."""
    filled = [argument for argument in template.arguments if is_shown(text, argument)]
    named = [argument for argument in filled if argument.key]
    texts = [argument for argument in filled if argument.key.lower() in (*TEXT_KEYS, "") and is_text(text, argument)]
    label = template.name.lower()
    has_lines = any("\n" in text[before.end : after.start] for before, after in itertools.pairwise(filled))
    if SILENT.match(template.name) or label.startswith(FUNCTION_MARK):
        yield Edit(template.start, template.end)
    elif label in LABELS and (texts or (filled and not named)):
        yield from _joined(template, texts or filled, f"\n\n{BOX_MARK}{label}\n", f"\n{BOX_MARK}\n\n")
    elif texts and (len(texts) == len(named) or texts[0].key.lower() in ("quote", "text")):
        authors = [argument for argument in filled if argument.key.lower() in AUTHOR_KEYS]
        yield from _joined(template, sorted([*texts, *authors], key=lambda argument: argument.start), "\n\n", "\n\n")
    elif named and sum(bool(argument.key) for argument in template.arguments) >= MIN_FACTS:
        if "\n" in text[template.start : template.end] or "infobox" in label:
            yield from _fact_edits(text, template, title)
        else:
            yield from row_edits(text, template, "\n* ", "\n")
    elif has_lines and not named:
        yield from _lines_edits(text, template, filled)
    elif texts:
        yield from _joined(template, [a for a in filled if not a.key or a in texts], "\n\n", "\n\n")
    else:
        yield Edit(template.start, template.end)


def _joined(template: Template, arguments: Sequence[Argument], before: str, behind: str) -> Iterator[Edit]:
    """Leave nothing of a template but some of its arguments, with dashes between them."""
    position = template.start
    for argument in arguments:
        yield Edit(position, argument.start, before if position == template.start else " — ")
        position = argument.end
    yield Edit(position, template.end, behind)


def _lines_edits(text: str, template: Template, arguments: Sequence[Argument]) -> Iterator[Edit]:
    """Make an item of each line of arguments: what comes first, and what is said about it."""
    position, is_term = template.start, False
    for argument in arguments:
        gap = text[position : argument.start]
        separator = "\n* " if "\n" in gap or position == template.start else ": " if is_term else "; "
        yield Edit(position, argument.start, separator)
        content = text[argument.start : argument.end]
        is_term = separator[0] == "\n" and len(content) <= MAX_TERM_LENGTH and not content.endswith(SENTENCE_END)
        yield from _joined_lines(text, argument)
        position = argument.end
    yield Edit(position, template.end, "\n")


def _joined_lines(text: str, argument: Argument) -> Iterator[Edit]:
    for line in VALUE_LINE.finditer(text, argument.start, argument.end):
        yield Edit(*line.span(), " ")


def _fact_edits(text: str, template: Template, title: str) -> Iterator[Edit]:
    """Make an item of each argument; one that says no more than the title of the page does is left out."""
    position = template.start
    for argument in template.arguments:
        if not is_shown(text, argument) or _is_title(text, argument, title):
            continue
        is_list = _begins_list(text, argument)
        content = text[argument.start : argument.end]
        only = "" if is_list else content.strip("* \t") and content[: len(content) - len(content.lstrip("* \t"))]
        below = "\n*" if is_list else "\n\n" if content.startswith(TABLE_MARK) else " "
        key = f"{argument.key}:{below}" if argument.key else ""
        yield Edit(position, argument.pipe)
        yield Edit(argument.pipe, argument.start + len(only), f"\n* {key}")
        yield from _value_line_edits(text, argument, is_list=is_list)
        position = argument.end
    yield Edit(position, template.end, "\n")


def _begins_list(text: str, argument: Argument) -> bool:
    """Tell whether a value begins with a list of several items, or on a line of its own with one."""
    is_item = text.startswith(LIST_MARKS, argument.start)
    has_more = NEXT_ITEM.search(text, argument.start, argument.end) is not None
    return is_item and (has_more or text[argument.start - 1] == "\n")


def _value_line_edits(text: str, argument: Argument, *, is_list: bool) -> Iterator[Edit]:
    """Put lists one level deeper, below the name of their fact, and other lines into the line of the fact."""
    if text.startswith(TABLE_MARK, argument.start):
        return
    for line in VALUE_LINE.finditer(text, argument.start, argument.end):
        if line["table"]:
            return
        if line["mark"].startswith(LIST_MARKS):
            is_list = True
            yield Edit(line.start("mark"), line.start("mark"), "*")
        elif line.end() < argument.end and text[line.end()] != "\n":
            yield Edit(*line.span(), "\n** " if is_list else " ")


def _is_title(text: str, argument: Argument, title: str) -> bool:
    """Tell whether a fact only repeats the title of its page."""
    if not title or not TITLE_KEY.fullmatch(argument.key):
        return False
    shown, own = (
        re.sub(r"[\W_]+", " ", name).strip().casefold() for name in (text[argument.start : argument.end], title)
    )
    without_brackets = re.sub(r"[\W_]+", " ", IN_BRACKETS.sub("", title)).strip().casefold()
    return shown in (own, without_brackets)
