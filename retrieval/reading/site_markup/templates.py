"""Take the tags of template languages out of Markdown: Liquid, Jinja, shortcodes of Hugo, and the code of MDX.

What a template writes in the middle of a line cannot be known: "…" stands for it. Titles that a tag gives its content
are kept.
"""

import re
from collections.abc import Mapping

from retrieval.reading.markdown import Markup
from retrieval.reading.site_markup.site_changes import (
    ADMONITIONS,
    TEXT,
    Changes,
    box_title,
)

UNKNOWN = "…"  # stands for a value that only the generator knows
SIGNS = (
    "{%", "{{", "{#", "{:", "{/*", "%%", "import ", "export ", "[TOC]", "[toc]", "TOC_]", " ^", "*[", "<<< ", "d:: ",
)  # fmt: skip
TAG = re.compile(
    r"\{%-?\s*(?P<tag>/?\w+)(?P<values>(?:(?!%\}).){0,1000})%\}"
    r"|\{\{[<%]-?\s*(?P<code>/?\s*[\w./-]+)(?P<parameters>(?:(?![%>]\}\}).){0,1000})[%>]\}\}"
    r"|(?<!\$)\{\{(?![<%{])(?P<value>[^{}\n]{0,300})\}\}"
    r"|\{#(?:(?!#\}).){0,2000}#\}"
    r"|\{/\*(?:(?!\*/\}).){0,5000}\*/\}",
    re.DOTALL,
)
HIDDEN = re.compile(
    r"\{%-?\s*comment\b(?:(?!%\}).){0,200}%\}(?:(?!\{%).){0,20000}\{%-?\s*endcomment\s*-?%\}"
    r"|\{\{[<%]\s*comment\s*[%>]\}\}(?:(?!\{\{).){0,20000}\{\{[<%]\s*/\s*comment\s*[%>]\}\}|%%(?=[^%])[^%]{1,5000}%%",
    re.DOTALL,
)
RAW = re.compile(r"\{%-?\s*raw\s*-?%\}((?:(?!\{%).){0,20000})\{%-?\s*endraw\s*-?%\}", re.DOTALL)
MARKS = re.compile(  # of contents, of attributes on a line of their own, of a place or code in a file, of Logseq
    r"^[ \t]*(?:\[TOC\]|\[\[_?TOC_?\]\]|(?:[*+-][^\n]{0,80}\n[ \t]*)?\{:[^{}\n]{1,300}\})[ \t]*$"
    r"|[ \t]+\^[A-Za-z][A-Za-z0-9-]{3,40}[ \t]*$"
    r"|^<<<[ \t]*[@.\w/][^\n]{0,300}$|^[ \t]*(?:id|collapsed):: [^\n]{0,100}$",
    re.MULTILINE | re.IGNORECASE,
)
ABBREVIATION = re.compile(r"^\*\[([^\[\]\n]{1,60})\]:[ \t]+(?=\S)", re.MULTILINE)  # which pages show beside its words
MODULE = re.compile(
    r"^(?:import\s(?:[^\n;'\"]{0,300}\sfrom\s+)?['\"][^'\"\n]{1,300}['\"];?[ \t]*|import\s*\{[^{}]{0,2000}\}\s*from\s+"
    r"['\"][^'\"\n]{1,300}['\"];?[ \t]*|export\s+(?:const|let|var|function|default|async|class|\{|\*)"
    r"(?:[^\n]|\n(?![ \t]*\n)){0,20000})$",
    re.MULTILINE,
)
STRING = re.compile(r"\{\s*(['\"`])([^'\"`\n]{0,300})\1\s*\}")
NUMBER = re.compile(r"\{\s*(-?\d[\d.,_]{0,30})\s*\}")
NAME = re.compile(r"\{\s*[A-Za-z_$][\w.$?]{0,100}(?:\([^{}()\n]{0,100}\))?\s*\}")
VALUE = re.compile(
    r"(?P<name>[\w-]+)\s*[=:]\s*[\"'“](?P<named>[^\"'”\n]{0,300})[\"'”]|[\"“](?P<first>[^\"”\n]{1,300})[\"”]|(?P<word>[\w-]+)"
)
CODE_TAGS = frozenset(("highlight", "codeblock", "code"))
BOX_TAGS = frozenset(("hint", "alert", "callout", "admonition", "notice", "admon", "box", "panel", *ADMONITIONS))
TITLED_TAGS = frozenset(("tab", "details", "expand", "expander", "accordion", "collapse", "spoiler", "step", "card"))
SHOWN_NAMES = ("text", "label")  # of a value that is shown in the line
TARGET_BEFORE = ("(", "/", '"', "'", "=", "<")  # before what is no text


def read_templates(changes: Changes, values: Mapping[str, object], *, is_mdx: bool) -> None:
    """Find the tags of a text and edit them; `values` are those of its front matter, which a template may show."""
    text, body = changes.text, changes.body
    for pattern in (HIDDEN, MARKS):
        for match in pattern.finditer(text, body):
            if not changes.is_code(match.start()):
                changes.remove(*match.span())
    for match in ABBREVIATION.finditer(text, body):
        if not changes.is_code(match.start()):
            changes.replace(*match.span(), f"\n{match[1]}: ")
    is_mdx = _remove_modules(changes, exports=is_mdx) or is_mdx
    raw = [match.span(1) for match in RAW.finditer(text, body)]
    opened: list[tuple[str, int]] = []  # the names of boxes, and the numbers of their titles
    closed = {match[1] for match in re.compile(r"\{\{[<%]\s*/\s*([\w./-]+)").finditer(text, body)}
    for match in TAG.finditer(text, body):
        if changes.is_code(match.start()) or any(start <= match.start() < end for start, end in raw):
            continue
        if match["value"] is not None or not (match["tag"] or match["code"]):
            _read_value(changes, match, values)
            continue
        name = match["tag"] or "".join(match["code"].split())
        count = len(changes.titles)
        is_pair = bool(match["tag"]) or name.strip("/") in closed
        _read_tag(changes, match, name, match["values"] or match["parameters"] or "", is_pair=is_pair)
        _follow_titles(changes, opened, name, match.start(), has_title=len(changes.titles) > count)
    if is_mdx:
        _remove_expressions(changes)


def _remove_modules(changes: Changes, *, exports: bool) -> bool:
    """Take out the lines that import and export; returns whether there are imports."""
    found = [match for match in MODULE.finditer(changes.text, changes.body) if not changes.is_code(match.start())]
    has_imports = any(match[0].startswith("import") for match in found)
    for match in found:
        if has_imports or exports:
            changes.remove(*match.span())
    return has_imports


def _remove_expressions(changes: Changes) -> None:
    """Take the expressions of MDX out; of the values that they write, only strings and numbers are known."""
    text = changes.text
    opened: list[int] = []
    for brace in re.compile(r"(?<!\\)[{}]").finditer(text, changes.body):
        start = brace.start()
        if changes.is_code(start):
            continue
        if brace[0] == "{":
            opened.append(start)
        elif opened:
            start = opened.pop()
            if not opened and text[start - 1 : start] not in ("=", "$"):
                expression = text[start : brace.end()]
                string = STRING.fullmatch(expression)
                number = NUMBER.fullmatch(expression)
                known = string[2] if string else number[1] if number else ""
                shown = known or (UNKNOWN if NAME.fullmatch(expression) else "")
                changes.replace(start, brace.end(), shown)


def _read_tag(changes: Changes, match: re.Match[str], name: str, parameters: str, *, is_pair: bool) -> None:
    """Edit a tag of Liquid or a shortcode: the fence of code, the title of a box, or nothing that is seen."""
    start, end = match.span()
    kind = name.removeprefix("/").removeprefix("end").lower()
    named = {value["name"]: value["named"] for value in VALUE.finditer(parameters) if value["name"]}
    if kind in CODE_TAGS and (is_pair or name.startswith("/")):
        before, after = changes.apart(start, end)
        language = "" if name != kind else next(iter(re.findall(r"[\w+-]+", parameters)), "")
        changes.replace(start, end, f"{before}```{language}{after.removesuffix(chr(10)) or ''}")
    elif name != kind:
        changes.remove(start, end)
    elif kind in BOX_TAGS:
        _read_box(changes, match, kind, parameters, named)
    elif kind in TITLED_TAGS:
        first = next((value["first"] for value in VALUE.finditer(parameters) if value["first"]), None)
        title = named.get("title") or named.get("name") or named.get("header") or named.get("tabName") or first
        _add_title(changes, match, title, TEXT)  # a heading if a tag closes it
    elif shown := next((named[key] for key in SHOWN_NAMES if key in named), None):
        changes.replace(start, end, shown)
    else:
        is_value = match["code"] and not is_pair and kind not in ("ref", "relref") and _is_in_line(changes, match)
        changes.replace(start, end, UNKNOWN if is_value else "")


def _follow_titles(changes: Changes, opened: list[tuple[str, int]], name: str, offset: int, *, has_title: bool) -> None:
    """Open the box of a tag whose title was written last, or end what is below the title of a box that closes."""
    kind = name.removeprefix("/").removeprefix("end").lower()
    if kind not in TITLED_TAGS:
        return
    if name == kind and has_title:
        opened.append((kind, len(changes.titles) - 1))
        return
    inner = next((number for number, (tag, _) in enumerate(reversed(opened), 1) if name != kind == tag), None)
    if inner is not None:
        changes.end_title(opened[-inner][1], offset)
        del opened[-inner:]


def _read_box(changes: Changes, match: re.Match[str], kind: str, parameters: str, named: Mapping[str, str]) -> None:
    """Edit the tag that begins a box: its kind may be its name or a parameter, and so may its title."""
    words = [value["word"] for value in VALUE.finditer(parameters) if value["word"]]
    firsts = [value["first"] for value in VALUE.finditer(parameters) if value["first"]]
    stated = next((named[key] for key in ("type", "style", "kind", "context", "color") if key in named), None)
    candidates = [stated or "", *words, *firsts, kind]
    name = next((word.lower() for word in candidates if word.lower() in ADMONITIONS), "")
    others = [first for first in firsts if first.lower() not in ADMONITIONS]
    title, markup = box_title(name, named.get("title") or next(iter(others), None), is_followed=True)
    _add_title(changes, match, title, markup)


def _add_title(changes: Changes, match: re.Match[str], title: str | None, markup: Markup) -> None:
    if title:
        changes.add_title(*match.span(), title, markup)
    else:
        changes.remove(*match.span())


def _read_value(changes: Changes, match: re.Match[str], values: Mapping[str, object]) -> None:
    """Edit a value: a string, one of the front matter, or unknown; a comment is nothing."""
    start, end = match.span()
    if match["value"] is None:
        changes.remove(start, end)
        return
    name = match["value"].strip().strip("-").split("|")[0].strip()
    known = values.get(name.rpartition(".")[2]) if name.startswith(("page.", "$frontmatter.")) else None
    if name[:1] in ("'", '"') and name[-1:] == name[:1]:
        changes.replace(start, end, name[1:-1])
    elif isinstance(known, str):
        changes.replace(start, end, known)
    else:
        changes.replace(start, end, UNKNOWN if _is_in_line(changes, match) else "")


def _is_in_line(changes: Changes, match: re.Match[str]) -> bool:
    """Tell whether there is text in the line of a tag, which is not in the target of a link or an attribute."""
    text = changes.text
    start, end = match.span()
    if text[start - 1 : start] in TARGET_BEFORE or text[end : end + 1] in ("/", ")"):
        return False
    around = text[changes.line_start(start) : start] + text[end : changes.line_end(end)]
    return any(map(str.isalnum, around))
