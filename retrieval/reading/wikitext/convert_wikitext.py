"""Turn the wikitext of MediaWiki into Markdown, by edits that keep the place of each word in the file.

What a template writes cannot be known: an infobox becomes a list of its facts, and "…" stands for others in a line
whose arguments do not say it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from retrieval.reading.isolated.protocol import RefusedError
from retrieval.reading.markup_in_text import as_markdown
from retrieval.reading.wikitext.literal_text import BOX_MARK, hide_literals, show_literals
from retrieval.reading.wikitext.table_edits import table_edits
from retrieval.reading.wikitext.template_edits import template_edits
from retrieval.text.cleaning import one_line
from retrieval.text.source_map import Edit, EditedText

HEADING = re.compile(r"^(={1,6})[ \t]*([^\n=](?:[^\n]{0,300}[^\n=])?)[ \t]*\1[ \t]*$", re.MULTILINE)
FILES = "file|image|media|datei|bild|fichier|archivo|ficheiro|immagine|bestand|plik|файл|ファイル|文件"
CATEGORIES = "category|kategorie|catégorie|categoría|categoria|categorie|kategoria|категория|カテゴリ|分类"
REDIRECT = re.compile(
    r"\s*#(?:REDIRECT|WEITERLEITUNG|REDIRECTION|REDIRECCIÓN|REDIRECIONAMENTO|RINVIA|DOORVERWIJZING|ПЕРЕНАПРАВЛЕНИЕ|転送"
    r"|重定向)[ \t]*:?[ \t]*\[\[(?P<target>[^\[\]\n]{1,300})\]\]",
    re.IGNORECASE,
)
SIGNS = re.compile(
    rf"'''[^\s']|\[\[(?:{FILES}|{CATEGORIES}):|\[\[[^\[\]|\n]+\|"
    r"|^\{\||^\{\{[^{}\n]+\n[ \t]*\||<ref[ >/]|#REDIRECT \[\[",
    re.IGNORECASE | re.MULTILINE,
)
PLAIN_LINK = re.compile(r"[\w,)] \[\[[^\[\]|\n]+\]\]")  # which notes have, too
MIN_SIGNS = 2  # beside which there is a heading, unless there are more
WIKI_SUFFIXES = (".wiki", ".mediawiki")
WEAK_SIGNS = re.compile(  # in a file whose name says what it is
    r"''|\[\[[^\[\]\n]+\]\]|\{\{[^{}\n]|^\{\||^(={1,6})[^=\n][^\n]*\1[ \t]*$|<nowiki|<ref[ >/]|#REDIRECT",
    re.IGNORECASE | re.MULTILINE,
)
REMOVED = re.compile(
    r"<ref\b[^<>/]{0,300}/>|<references\b[^<>]{0,300}/?>|</references>|</?nowiki ?/?>|__[A-Z]{3,30}__"
    rf"|\[\[:?(?:{FILES}|{CATEGORIES}):"
    r"(?:[^\[\]]|\[\[[^\[\]]{0,300}\]\]|\[[^\[\]]{0,300}\]){0,2000}+\]\]",
    re.IGNORECASE,
)
LANGUAGE_LINKS = re.compile(  # to the same page in wikis of other languages
    r"^[ \t]*(?:\[\[[a-z]{2,3}(?:-[a-z]{2,10}){0,2}:[^\[\]|\n]{1,300}\]\][ \t]*)+$", re.MULTILINE
)
ENCLOSED = (  # what is not seen from one mark to another
    (re.compile(r"<ref\b(?:[^<>/]|/(?!>)){0,300}>", re.IGNORECASE), re.compile("</ref ?>", re.IGNORECASE)),
    (re.compile(r"<gallery\b[^<>]{0,300}>", re.IGNORECASE), re.compile("</gallery ?>", re.IGNORECASE)),
)
PARAMETER = re.compile(
    r"\{\{\{[^{}|]{1,100}(?:\|(?P<default>[^{}]{0,1000}))?\}\}\}"
)  # of the page, where it is a template
MAX_TERM_LENGTH = 200
MAX_PASSES = 5  # of templates in templates
LINK = re.compile(r"\[\[:?(?:[^\[\]|\n]{1,300}\|)?([^\[\]|\n]{1,300})\]\]")
EXTERNAL_LINK = re.compile(r"\[(?:https?:)?//[^\s\[\]]{1,1000}(?:[ \t]+([^\[\]\n]{1,500}))?\]")
BOLD_LINE = re.compile(r"^'''(?!')((?:[^'\n]|'(?!'')){1,300})'''[ \t]*$", re.MULTILINE)
EMPHASIS = re.compile(r"'{2,5}")
RULE = re.compile(r"^-{4,}[ \t]*", re.MULTILINE)
ITEM = re.compile(r"^([*#;:]{1,6})[ \t]*", re.MULTILINE)
LIST_MARKS = "*#;:"
DEFINITION = re.compile(r"(?<![ \t])[ \t]+:[ \t]+")  # behind its term
TERM_ABOVE = re.compile(r"^;[^\n]*\n\Z", re.MULTILINE)
CODE = re.compile(
    r"<(?P<close>/?)(?:syntaxhighlight|source|pre)\b"
    r"(?:[^<>]{0,200}?\blang=[\"']?(?P<language>[\w+#-]{1,30}))?[^<>]{0,200}>",
    re.IGNORECASE,
)
TABS = re.compile(r"<(?P<close>/?)(?:tabber|tabs)\b[^<>]{0,300}>", re.IGNORECASE)
LABEL = r"(?P<label>[^\s=|<>{}\[\]][^=\n|<>{}\[\]]{0,99}?)[ \t]*+="
FIRST_TAB = re.compile(rf"\s*+{LABEL}")
TAB = re.compile(rf"\|-\|\s*+{LABEL}")
TAB_TAG = re.compile(r"<tab\b[^<>]{0,100}?\bname=[\"']?(?P<label>[^\"'<>\n]{1,100}?)[\"']?[ \t]*>", re.IGNORECASE)
TAB_END = re.compile(r"</tab>", re.IGNORECASE)
NO_TEXT_BELOW = re.compile(  # nothing but navigation and templates that are given nothing, up to a heading or the end
    r"\s*+(?:\{\{(?:nav[^{}]{0,2000}|[^{}|\n]{1,200})\}\}\s*+)*+(?:\Z|=)", re.IGNORECASE
)


def is_wikitext(text: str, suffix: str = "") -> bool:
    """Tell whether a text is wikitext without any doubt: it has links, templates or tables of it, and headings.

    Where its file is named as wikitext, one sign of it is enough, unless the text is Markdown without any doubt.
    """
    signs = len(SIGNS.findall(text))
    has_heading = HEADING.search(text) is not None
    if signs > MIN_SIGNS or (has_heading and (signs > 0 or len(PLAIN_LINK.findall(text)) > MIN_SIGNS)):
        return True
    is_named = suffix in WIKI_SUFFIXES and WEAK_SIGNS.search(text) is not None
    return is_named and as_markdown(text, 0) is None


def redirect_target(text: str) -> str:
    """Return the title to which a page of wikitext leads without text of its own; "" for any other page."""
    match = REDIRECT.match(text)
    return one_line(match["target"]) if match else ""


def check_no_redirect(text: str) -> None:
    """Raise RefusedError if a page of wikitext only leads to another one."""
    if target := redirect_target(text):
        raise RefusedError(f"only leads to another page: {target}")


def wikitext_as_markdown(text: str, body: int = 0, title: str = "") -> EditedText:
    """Rewrite text[body:] as Markdown; what an infobox says besides the title of the page becomes facts."""
    edited, comments = hide_literals(text, body)
    edited = edited.edited(comments)
    edited = edited.edited(
        edit for opening, closing in ENCLOSED for edit in _enclosed(edited.text, body, opening, closing)
    )
    edited = edited.edited([Edit(*match.span()) for match in REMOVED.finditer(edited.text, body)])
    edited = edited.edited([Edit(*match.span()) for match in LANGUAGE_LINKS.finditer(edited.text, body)])
    edited = edited.edited(list(_tabs(edited.text, body)))
    for _ in range(MAX_PASSES):
        edits = [Edit(*match.span(), match["default"] or "") for match in PARAMETER.finditer(edited.text, body)]
        edits = edits or list(template_edits(edited.text, body, title))
        if not edits:
            break
        edited = edited.edited(edits)
    edited = edited.edited(table_edits(edited.text, body))
    return show_literals(edited.edited(list(_marks(edited.text, body))), body)


def _enclosed(text: str, body: int, opening: re.Pattern[str], closing: re.Pattern[str]) -> Iterator[Edit]:
    """Remove what stands between two marks, with the marks."""
    ends = [match.end() for match in closing.finditer(text, body)]
    for match in opening.finditer(text, body):
        number = bisect_right(ends, match.end())
        if number < len(ends):
            yield Edit(match.start(), ends[number])


def _tabs(text: str, body: int) -> Iterator[Edit]:
    """Put the text of tabs below their labels, which are headings unless other text follows behind the tabs."""
    opened: list[re.Match[str]] = []
    for tag in TABS.finditer(text, body):
        if not tag["close"]:
            opened = [tag]
        elif opened:
            yield from _tab_edits(text, opened[0], tag)
            opened = []


def _tab_edits(text: str, opening: re.Match[str], closing: re.Match[str]) -> Iterator[Edit]:
    """Edit the tabs between two tags; nothing is left of tabs that only show pictures."""
    inner = opening.end(), closing.start()
    first = FIRST_TAB.match(text, *inner)
    labels = [*([first] if first else []), *TAB.finditer(text, *inner), *TAB_TAG.finditer(text, *inner)]
    ends = [*(label.start() for label in labels[1:]), closing.start()]
    if not any(text[label.end() : end].strip() for label, end in zip(labels, ends, strict=False)):
        yield Edit(opening.start(), closing.end())
        return
    is_last = NO_TEXT_BELOW.match(text, closing.end()) is not None
    before, end = (f"{BOX_MARK}tab ", f"\n\n{BOX_MARK}") if is_last else ("", "")
    yield Edit(*opening.span(), "\n")
    for number, label in enumerate(labels):
        yield Edit(*label.span(), f"{end if number else ''}\n\n{before}{label['label']}\n\n")
    yield from (Edit(*tag.span()) for tag in TAB_END.finditer(text, *inner))
    yield Edit(*closing.span(), f"{end if labels else ''}\n\n")


def _marks(text: str, body: int) -> Iterator[Edit]:
    """Rewrite headings, items, links and emphasis."""
    for heading in HEADING.finditer(text, body):
        yield Edit(heading.start(), heading.start(2), f"{'#' * len(heading[1])} ")
        yield Edit(heading.end(2), heading.end())
    yield from _items(text, body)
    yield from (Edit(*rule.span(), "\n") for rule in RULE.finditer(text, body))
    for tag in CODE.finditer(text, body):
        yield Edit(*tag.span(), "\n```\n" if tag["close"] else f"\n```{tag['language'] or ''}\n")
    for pattern in (LINK, EXTERNAL_LINK):
        for link in pattern.finditer(text, body):
            if link[1]:
                yield Edit(link.start(), link.start(1))
                yield Edit(link.end(1), link.end())
            else:
                yield Edit(*link.span())
    for line in BOLD_LINE.finditer(text, body):
        yield Edit(line.start(), line.start(1), "**")
        yield Edit(line.end(1), line.end(), "**")
    yield from (Edit(*mark.span()) for mark in EMPHASIS.finditer(text, body))


def _items(text: str, body: int) -> Iterator[Edit]:
    """Rewrite the marks of items; a list ends with its line. Lines below a term, and items in them, define it."""
    depth = line_end = 0  # of the item before
    defines = False  # whether it is below a term
    for item in ITEM.finditer(text, body):
        marks, kind = item[1], item[1][-1]
        follows = line_end + 1 == item.start()
        listed = sum(mark in "*#" for mark in marks)
        depth = min(listed, depth + 1 if follows else 1)
        newline = text.find("\n", item.end())
        line_end = newline if newline >= 0 else len(text)
        is_below = TERM_ABOVE.search(text, max(item.start() - MAX_TERM_LENGTH, 0), item.start()) is not None
        defines = marks[0] == ":" and (is_below or (defines and follows))
        if kind in "*#":
            first = ": " if is_below and defines else "  " * defines
            indent = f"{first}{'    ' * (depth - 1)}"
            yield Edit(*item.span(), f"{indent}{'- ' if kind == '*' else '1. '}")
        elif kind == ";":
            yield Edit(*item.span(), "\n")
            if definition := DEFINITION.search(text, item.end(), line_end):
                yield Edit(*definition.span(), "\n: ")
                defines = True
        else:
            yield Edit(*item.span(), ": " if defines and not depth else "" if depth else "\n")
        if text[line_end + 1 : line_end + 2].strip() and text[line_end + 1] not in LIST_MARKS:
            yield Edit(line_end, line_end, "\n")
