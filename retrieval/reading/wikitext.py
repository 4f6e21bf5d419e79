"""Turn the wikitext of MediaWiki into Markdown, by edits that keep the place of each word in the file.

What a template writes cannot be known: an infobox becomes a list of its facts, and "…" stands for others in a line.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from retrieval.text.source_map import Edit, EditedText

HEADING = re.compile(r"^(={1,6})[ \t]*([^\n=](?:[^\n]{0,300}[^\n=])?)[ \t]*\1[ \t]*$", re.MULTILINE)
SIGNS = re.compile(
    r"'''[^\s']|\[\[(?:category|file|image|kategorie|datei|bild|catégorie|fichier|categoría|archivo):|\[\[[^\[\]|\n]+\|"
    r"|^\{\||^\{\{[^{}\n]+\n[ \t]*\||<ref[ >/]|#REDIRECT \[\[",
    re.IGNORECASE | re.MULTILINE,
)
PLAIN_LINK = re.compile(r"[\w,)] \[\[[^\[\]|\n]+\]\]")  # which notes have, too
REMOVED = re.compile(
    r"<ref\b[^<>/]{0,300}/>|<references\b[^<>]{0,300}/?>|</references>|</?nowiki ?/?>|__[A-Z]{3,30}__"
    r"|#REDIRECT[ \t]+\[\[[^\[\]\n]{0,300}\]\]"
    r"|\[\[:?(?:category|file|image|media|kategorie|datei|bild|catégorie|fichier|categoría|archivo):"
    r"(?:[^\[\]]|\[\[[^\[\]]{0,300}\]\]|\[[^\[\]]{0,300}\]){0,2000}+\]\]",
    re.IGNORECASE,
)
ENCLOSED = (  # what is not seen from one mark to another
    (re.compile("<!--"), re.compile("-->")),
    (re.compile(r"<ref\b(?:[^<>/]|/(?!>)){0,300}>", re.IGNORECASE), re.compile("</ref ?>", re.IGNORECASE)),
    (re.compile(r"<gallery\b[^<>]{0,300}>", re.IGNORECASE), re.compile("</gallery ?>", re.IGNORECASE)),
)
TEMPLATE = re.compile(r"\{\{(?P<name>[^{}|\n]{1,200})(?P<rest>[^{}]{0,20000})\}\}")
PARAMETER = re.compile(r"^[ \t]*\|[ \t]*(?P<key>[^=|\n]{1,60}?)[ \t]*=[ \t]*(?P<value>[^\n]*)$", re.MULTILINE)
MAX_TERM_LENGTH, MAX_LINE_LENGTH = 200, 1_000
MIN_FACTS = 2  # of a template that is an infobox; signs of wikitext
SILENT = re.compile(
    r"\s*(?:cite|citation|cn\b|sfn|efn|refn?\b|harv|when\b|who\b|clarify|dubious|reflist|main\b|see also|short desc"
    r"|use \w+ (?:dates|english)|anchor|clear|toc|defaultsort)",
    re.IGNORECASE,
)
SHOWN = re.compile(
    r"\s*(?:nowrap|nobr|lang(?:-\w+)?|abbr|small|smaller|big|em|strong|var|kbd|key|code|tt|as of)\b", re.IGNORECASE
)
MAX_PASSES = 5  # of templates in templates
LINK = re.compile(r"\[\[:?(?:[^\[\]|\n]{1,300}\|)?([^\[\]|\n]{1,300})\]\]")
EXTERNAL_LINK = re.compile(r"\[(?:https?:)?//[^\s\[\]]{1,1000}(?:[ \t]+([^\[\]\n]{1,500}))?\]")
EMPHASIS = re.compile(r"'{2,5}")
ITEM = re.compile(r"^([*#;:]{1,6})[ \t]*", re.MULTILINE)
TERM_ABOVE = re.compile(r"^;[^\n]*\n\Z", re.MULTILINE)
CODE = re.compile(
    r"<(?P<close>/?)(?:syntaxhighlight|source|pre)\b"
    r"(?:[^<>]{0,200}?\blang=[\"']?(?P<language>[\w+#-]{1,30}))?[^<>]{0,200}>",
    re.IGNORECASE,
)
TABLE = re.compile(
    r"^[ \t:]*\{\|[^\n]*\n(?P<rows>(?:(?![ \t:]*(?:\{\||\|\}))[^\n]*+\n)*+)[ \t:]*\|\}[ \t]*", re.MULTILINE
)
CELL_MARK = re.compile(r"[ \t]*(?:\|\||!!)[ \t]*")
WHITE = re.compile(r"[ \t]*")
CELL_ATTRIBUTES = re.compile(
    r"[ \t]*(?:[\w-]++[ \t]*=[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s|\"'=]++)[ \t]*)++\|(?!\|)[ \t]*"
)


def is_wikitext(text: str) -> bool:
    """Tell whether a text is wikitext without any doubt: it has links, templates or tables of it, and headings."""
    signs = len(SIGNS.findall(text))
    has_heading = HEADING.search(text) is not None
    return signs > MIN_FACTS or (has_heading and (signs > 0 or len(PLAIN_LINK.findall(text)) > MIN_FACTS))


def wikitext_as_markdown(text: str, body: int = 0) -> EditedText:
    """Rewrite text[body:] as Markdown."""
    edited = EditedText(text)
    edited = edited.edited(edit for opening, closing in ENCLOSED for edit in _enclosed(text, body, opening, closing))
    edited = edited.edited([Edit(*match.span()) for match in REMOVED.finditer(edited.text, body)])
    for _ in range(MAX_PASSES):
        edits = [edit for match in TEMPLATE.finditer(edited.text, body) for edit in _template(edited.text, match)]
        if not edits:
            break
        edited = edited.edited(edits)
    edited = edited.edited(list(_tables(edited.text, body)))
    return edited.edited(list(_marks(edited.text, body)))


def _enclosed(text: str, body: int, opening: re.Pattern[str], closing: re.Pattern[str]) -> Iterator[Edit]:
    """Remove what stands between two marks, with the marks."""
    ends = [match.end() for match in closing.finditer(text, body)]
    for match in opening.finditer(text, body):
        number = bisect_right(ends, match.end())
        if number < len(ends):
            yield Edit(match.start(), ends[number])


def _template(text: str, match: re.Match[str]) -> Iterator[Edit]:
    """Edit a template: the facts of an infobox, the text of one that only formats it, or what cannot be known."""
    start, end = match.span()
    facts = list(PARAMETER.finditer(text, match.end("name"), match.end("rest")))
    before = text[max(start - MAX_LINE_LENGTH, 0) : start].rpartition("\n")[2]
    behind = text[end : end + MAX_LINE_LENGTH].partition("\n")[0]
    is_alone = not before.strip() and not behind.strip()
    if is_alone and len(facts) >= MIN_FACTS and not SILENT.match(match["name"]):
        position = start
        for fact in facts:
            filled = fact["value"].strip()
            replaced = fact.start("value") if filled else fact.end()
            yield Edit(position, replaced, f"\n- {fact['key']}: " if filled else "")
            position = fact.end()
        yield Edit(position, end, "\n")
        return
    values = [value.strip() for value in match["rest"].split("|")[1:] if "=" not in value]
    if SHOWN.match(match["name"]) and values:
        yield Edit(start, end, values[-1])
    elif match["name"].strip().lower() in ("convert", "cvt") and len(values) > 1:
        yield Edit(start, end, f"{values[0]} {values[1]}")
    else:
        is_known = is_alone or SILENT.match(match["name"]) is not None
        yield Edit(start, end, "" if is_known else "…")


def _tables(text: str, body: int) -> Iterator[Edit]:
    """Write each table with its rows on lines of their own, and a line of dashes below the first one."""
    for table in TABLE.finditer(text, body):
        yield Edit(table.start(), table.start("rows"), "\n")
        yield from _rows(text, table.start("rows"), table.end("rows"))
        yield Edit(table.end("rows"), table.end(), "\n")


def _rows(text: str, start: int, end: int) -> Iterator[Edit]:
    cells = rows = 0  # cells of the open row, rows that are closed
    for line in re.compile(r"[^\n]*\n?").finditer(text, start, end):
        content = line[0].strip()
        mark = line.start() + len(line[0]) - len(line[0].lstrip())
        if content.startswith(("|-", "|+")) or not content:
            closing, cells, rows = _close(cells, rows), 0, rows + bool(cells)
            caption = content.startswith("|+") and content[2:].strip()
            yield Edit(line.start(), mark + 2 if caption else line.end(), f"{closing}\n" if caption else closing)
        elif content.startswith(("|", "!")):
            first = CELL_ATTRIBUTES.match(text, mark + 1, line.end()) or WHITE.match(text, mark + 1, line.end())
            yield Edit(line.start() - bool(cells), first.end() if first else mark + 1, " | " if cells else "| ")
            cells += 1
            for cell in CELL_MARK.finditer(text, mark + 1, line.end()):
                attributes = CELL_ATTRIBUTES.match(text, cell.end(), line.end())
                yield Edit(cell.start(), attributes.end() if attributes else cell.end(), " | ")
                cells += 1
        elif cells:  # a cell that goes on
            yield Edit(line.start() - 1, mark, " ")
    if cells:
        yield Edit(end, end, _close(cells, rows).removeprefix("\n"))


def _close(cells: int, rows: int) -> str:
    """Return what ends a row: below the first one, a line of dashes."""
    if not cells:
        return ""
    return "|" + "---|" * cells + "\n" if rows == 0 else ""


def _marks(text: str, body: int) -> Iterator[Edit]:
    """Rewrite headings, items, links and emphasis."""
    for heading in HEADING.finditer(text, body):
        yield Edit(heading.start(), heading.start(2), f"{'#' * len(heading[1])} ")
        yield Edit(heading.end(2), heading.end())
    for item in ITEM.finditer(text, body):
        depth, kind = len(item[1]), item[1][-1]
        is_definition = kind == ":" and TERM_ABOVE.search(text, max(item.start() - MAX_TERM_LENGTH, 0), item.start())
        mark = "- " if kind == "*" else "1. " if kind == "#" else ": " if is_definition else ""
        yield Edit(item.start(), item.end(), f"{'    ' * (depth - 1)}{mark}" if mark else "\n" if kind == ";" else "")
    for tag in CODE.finditer(text, body):
        yield Edit(*tag.span(), "\n```\n" if tag["close"] else f"\n```{tag['language'] or ''}\n")
    for pattern in (LINK, EXTERNAL_LINK):
        for link in pattern.finditer(text, body):
            if link[1]:
                yield Edit(link.start(), link.start(1))
                yield Edit(link.end(1), link.end())
            else:
                yield Edit(*link.span())
    yield from (Edit(*mark.span()) for mark in EMPHASIS.finditer(text, body))
